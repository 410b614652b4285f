"""The command: on the small shop, without fitting anything; and once, slowly, on a sample."""

import json

import pytest
from click.testing import CliRunner

from clvcore.cli.whatif import whatif
from clvcore.errors import ConfigError
from clvcore.runs.workspace import Workspace
from clvcore.value import users
from tests.scenario import world


@pytest.fixture
def ask(monkeypatch):
    """Run the command on the small shop, with or without spend; its output."""

    def run(*arguments: str, spend: bool = True) -> str:
        data = world.dataset(spend=spend)
        monkeypatch.setattr(Workspace, "resolve", lambda _, __: data)
        monkeypatch.setattr(
            users,
            "user_value",
            lambda found, **options: world.user_value(found, basis=options["basis"]),
        )
        return (
            CliRunner()
            .invoke(whatif, ["small", *arguments], catch_exceptions=False, env={"COLUMNS": "200"})
            .output
        )

    return run


def test_the_answer_is_one_sentence_and_the_tables_behind_it(ask):
    text = ask("--set", "retention=+5%", "--set", "channel:ads.cac=+1")
    assert "small (simulated data)" in text
    assert "With retention=+5%, channel:ads.cac=+1, CLV of all users rises by EUR" in text
    assert "80% interval of the change" in text
    for name in ("ads", "email", "organic", "unattributed spend", "total"):
        assert name in text
    assert "odds of leaving after an order" in text
    assert "cost of winning a user" in text
    assert "elasticity of 0" in text


def test_json_has_base_after_and_delta_of_the_total_and_of_every_group(ask):
    found = json.loads(ask("--set", "retention=+5%", "--json"))
    assert (found["name"], found["simulated"], found["currency"]) == ("small", True, "EUR")
    assert found["scenario"] == "retention=+5%"
    for key in ("forecast", "ltv", "cac", "clv", "clv_low", "clv_high"):
        assert found["after"][key] - found["base"][key] == pytest.approx(
            found["delta"][key], abs=1e-3
        ) or key.startswith("clv_")
    assert {row["channel"] for row in found["groups"]} == {
        "ads",
        "email",
        "organic",
        "unattributed spend",
    }
    for side in ("base", "after", "delta"):
        total = sum(row[side]["clv"] for row in found["groups"])
        assert total == pytest.approx(found[side]["clv"], abs=1e-6)
    assert found["levers"][0]["parameter"] == "stay_buyers"
    assert found["levers"][0]["after"] == pytest.approx(1.05 * found["levers"][0]["base"])
    assert {"lever", "step", "effect", "elasticity"} == set(found["sensitivities"][0])


def test_what_depends_on_an_unknown_cost_is_null_and_a_dash(ask):
    found = json.loads(ask("--set", "retention=+5%", "--json", spend=False))
    assert found["base"]["cac"] is None
    assert found["delta"]["clv"] is None
    assert found["delta"]["ltv"] > 0
    assert "LTV of all users rises" in ask("--set", "retention=+5%", spend=False)


def test_without_a_change_the_sensitivities_are_told(ask):
    text = ask()
    assert "Nothing is changed" in text
    assert "order_value" in text


def test_a_common_scope_and_another_grouping(ask):
    text = ask("--set", "order_value=-10%", "--scope", "channel=ads", "--by", "country")
    assert "With channel:ads.order_value=-10%, CLV of all users falls" in text
    assert "NL" in text


def test_a_change_that_moves_nothing_is_told_so(ask):
    assert "stays at EUR" in ask("--set", "cac=+0%")


def test_margin_is_a_basis_and_then_a_lever(ask):
    text = ask("--set", "margin=+5pt", "--basis", "margin")
    assert "contribution margin of purchases" in text


def test_an_unknown_lever_is_refused_before_anything_is_computed(ask):
    with pytest.raises(ConfigError, match="no lever 'loyalty'"):
        ask("--set", "loyalty=+5%")


@pytest.mark.slow
@pytest.mark.parametrize("sample", ["storefront", "stream"])
def test_a_sample_can_be_asked_from_end_to_end(sample, tmp_path, monkeypatch):
    monkeypatch.setenv("CLV_HOME", str(tmp_path))
    result = CliRunner().invoke(
        whatif, [sample, "--set", "retention=+5%", "--json"], catch_exceptions=False
    )
    found = json.loads(result.output)
    assert found["delta"]["clv"] > 0
    assert found["base"]["clv"] == pytest.approx(
        found["base"]["ltv_realised"] + found["base"]["forecast"] - found["base"]["cac"], abs=1e-3
    )
