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

    def invoke(*options, **changed):
        for name, text in changed.items():
            (folder / f"{name}.csv").write_text(text, "utf-8")
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


def test_the_ledger_names_refunds_and_ends_at_clv(call):
    """ann's 5.00 came back for order o2; 67.50 was bought, 9.01 spent, 2.00 of it on nobody."""
    ledger = {row["line"]: row for row in json.loads(call("--json").output)["ledger"]}
    assert {name: row["realised"] for name, row in ledger.items()} == {
        "purchases": 67.5,
        "refunds_matched": -5.0,
        "refunds_unmatched": 0.0,
        "advertising": 0.0,
        "service": 0.0,
        "discount": 0.0,
        "ltv": 62.5,
        "cac": -7.01,
        "unattributed": -2.0,
        "clv": 53.49,
    }
    assert "refunds of a purchase that is here" in call().output


def test_ltv_may_hold_what_is_to_come_and_says_so(call):
    options = ("--ltv", "both", "--discount-rate", "0.1", "--discount-to", "acquisition")
    got = json.loads(call(*options, "--json").output)
    assert (got["ltv"], got["discount_to"]) == ("both", "acquisition")
    both = {row["line"]: row["both"] for row in got["ledger"]}
    assert got["total"]["ltv"] == both["ltv"] > 62.0
    assert got["total"]["discount"] == both["discount"] < 0
    text = call(*options).output
    assert "to date and in the next 365 days together" in text
    assert "discounted at 10 % a year" in text


def test_costs_are_told_by_campaign_and_period_with_a_lag(call):
    users = USERS.replace("channel,plan", "channel,campaign,plan").replace(
        "search,", "search,brand,"
    )
    users = users.replace("direct,", "direct,,")
    spend = (
        "date,channel,campaign,amount\n2023-12-28,search,brand,7.00\n2024-03-04,search,sale,2.00\n"
    )
    options = ("--cac-by", "campaign", "--cac-by", "period", "--lag-days", "7")
    got = json.loads(call(*options, "--json", users=users, spend=spend).output)
    assert (got["cac_by_campaign"], got["cac_lag_days"], got["cac"]["by"]) == (
        *(True, 7),
        ["campaign", "period"],
    )
    paid = [row for row in got["cac"]["rows"] if row["source"] == "paid"]
    assert [(row["campaign"], row["users"], row["spend"]) for row in paid] == [("brand", 2, 7.0)]
    assert got["cac"]["total"]["spend_unattributed"] == 2.0
    text = call(*options).output
    assert "Users pay for the spend of 7 days before they came." in text
    assert "paid for" in text


def test_payback_is_told_for_every_cohort(call):
    rows = json.loads(call("--json").output)["payback"]["groups"]
    assert [(row["group"], row["cac"], row["months"], row["state"]) for row in rows] == [
        ("2024-01", 7.01, 1, "paid_back"),
        ("2024-02", 0.0, None, "free"),
    ]
    assert "months to payback" in call("--show", "payback").output


ONE_EACH = "user_id,at,kind,amount\n" + "".join(
    f"u{n},2024-0{1 + n % 5}-01,purchase,{n + 10}\n" for n in range(9)
)
BACK = "".join(f"u{n},2024-07-01,refund,-{n + 30}\n" for n in range(9))


@pytest.mark.parametrize(
    ("events", "spend", "sentence"),
    [
        ("user_id,at,kind\nann,2024-01-02,view\nbob,2024-01-05,view\n", SPEND, "bear no money"),
        (ONE_EACH, SPEND, "leans on a weak prior"),
        (ONE_EACH + BACK, SPEND, "expected to leave nothing"),
        (EVENTS, "date,channel,amount\n2024-01-04,radio,7.01\n", "No user came by radio"),
        ("user_id,at,kind,amount\nann,2024-01-02,purchase,3\n", SPEND, "nobody came back"),
    ],
)
def test_what_cannot_be_told_is_one_sentence_and_the_rest_is_shown(call, events, spend, sentence):
    got = call("--show", "cac", "--show", "payback", "--show", "ledger", events=events, spend=spend)
    assert got.exit_code == 0
    assert sentence in got.output
    assert "to the last place" in got.output
    assert "unattributed spend" in got.output


def test_without_a_spend_table_costs_are_unknown_and_users_are_shown(call, tmp_path):
    (tmp_path / "shop" / "spend.csv").unlink()
    got = call("--show", "cac", "--show", "payback")
    assert "There is no spend table" in got.output
    assert "Checked: LTV by stream equals the money of the events, to the last place." in got.output
    assert "spend table, to the last place" not in got.output


def test_every_model_stands_beside_that_of_the_forecast(call):
    got = json.loads(call("--covariate", "plan", "--json").output)["comparison"]
    assert [(row["model"], row["by"], row["used"]) for row in got] == [
        ("mbg-nbd", None, True),
        ("bg-nbd", None, False),
        ("pareto-nbd", None, False),
        ("mbg-nbd", "plan", False),
        ("bg-bb", None, False),
    ]
    assert all({"params", "standard_errors", "log_likelihood", "aic"} <= {*row} for row in got[:3])
    assert json.loads(call("--json").output)["comparison"] is None
    with pytest.raises(ConfigError, match="plan"):
        call("--covariate", "colour")
