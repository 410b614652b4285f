"""``clv value`` on a folder of files, as an analyst calls it."""

import json

import polars as pl
import pytest
from click.testing import CliRunner

from clvcore.cli.value import value
from clvcore.errors import ConfigError

EVENTS = """user_id,at,kind,amount,order_id
ann,2024-01-02,purchase,30.00,o1
ann,2024-02-02,purchase,20.00,o2
ann,2024-02-05,refund,-5.00,o2
bob,2024-01-03,purchase,10.00,o3
cat,2024-02-10,purchase,7.50,o4
"""
USERS = """user_id,acquired_at,channel,plan
ann,2024-01-02,search,basic
bob,2024-01-03,search,
cat,2024-02-10,direct,plus
"""
SPEND = """date,channel,amount
2024-01-04,search,7.01
2024-03-04,search,2.00
"""


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Calls the command on a folder in a workspace of its own."""
    monkeypatch.setenv("CLV_HOME", str(tmp_path / "home"))
    folder = tmp_path / "shop"
    folder.mkdir()
    tables = {"events": EVENTS, "users": USERS, "spend": SPEND}
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    (folder / "recipe.json").write_text('{"name": "shop", "currency": "EUR"}')

    def invoke(*options):
        return CliRunner().invoke(value, [str(folder), *options], catch_exceptions=False)

    return invoke


def test_json_adds_up_and_names_both_sides_of_every_sum(call):
    got = json.loads(call("--json").output)
    total, groups = got["total"], got["groups"]
    assert (total["ltv"], total["cac"], total["clv"]) == (62.5, 9.01, 53.49)
    assert total["cac_unattributed"] == 2.0
    assert round(sum(group["clv"] for group in groups), 4) == total["clv"]
    assert {group["channel"] for group in groups} == {"search", "direct", "unattributed spend"}
    assert all(side["equal"] for side in got["reconciliation"].values())
    assert got["reconciliation"]["spend"]["table"] == 9.01
    assert (got["basis"], got["horizon_days"], got["simulated"]) == ("revenue", 365.0, False)


def test_text_says_what_the_numbers_are(call):
    text = call("--by", "plan").output
    assert "CLV = LTV - CAC" in text
    assert "unattributed spend" in text
    assert "unknown" in text
    assert "62.50" in text


def test_out_writes_every_user_exactly(call, tmp_path):
    assert call("--out", str(tmp_path / "users.csv")).exit_code == 0
    written = pl.read_csv(tmp_path / "users.csv", infer_schema=False)
    assert written["user_id"].to_list() == ["ann", "bob", "cat"]
    assert written["ltv"].to_list() == ["45.0000", "10.0000", "7.5000"]


def test_a_grouping_that_is_not_there_is_refused_with_what_is(call):
    with pytest.raises(ConfigError, match="plan"):
        call("--by", "colour")


def test_margin_without_costs_is_refused(call):
    with pytest.raises(ConfigError, match="unit cost"):
        call("--basis", "margin")
