"""How sound a data set is, is told by plain facts that agree with the account."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from clvcore.data.again.append import append
from clvcore.data.clean import Intake, bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.messages import say
from clvcore.report.html import html_bytes
from clvcore.report.quality import quality_of
from clvcore.report.sections.quality import quality_answer
from clvcore.report.soundness import soundness

MADE_AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EVENTS = """user,item,time,kind,amount,channel
1,a,2025-01-01,view,,mail
1,a,2025-01-01,purchase,5.00,mail
1,a,2025-01-01,purchase,5.00,mail
2,b,2025-01-05,purchase,,
2,b,2025-01-06,refund,2.00,mail
,b,2025-01-06,purchase,3.00,mail
"""
ITEMS = "item,name\na,<b>Mug</b>\nb,<b>Mug</b>\nc,\n"


def raws(**tables):
    return {
        name: read(text.encode(), table=name, source=f"{name}.csv") for name, text in tables.items()
    }


@pytest.fixture(scope="module")
def data():
    return bring_in(raws(events=EVENTS, items=ITEMS), Recipe("small", "EUR")).dataset


@pytest.fixture(scope="module")
def quality(data):
    return quality_of(data)


def test_an_empty_cell_counts_only_where_the_column_can_bear_a_value(quality):
    (amount,) = [one for one in quality.columns if (one.table, one.name) == ("events", "amount")]
    assert (amount.rows, amount.filled, amount.distinct) == (4, 3, 2)  # the view bears none


def test_every_fact_is_counted(quality):
    facts = {one.name: (one.value, one.of) for one in quality.facts}
    assert facts["same_events"] == (1, 5)
    assert facts["same_titles"] == (1, 2)
    assert facts["bare_items"] == (1, 3)
    assert facts["idle_items"] == (1, 3)
    assert facts["silent_days"] == (3, 6)
    assert facts["longest_silence"] == (3, None)
    assert facts["no_channel"] == (2, 2)
    assert facts["below_zero"] == (1, 2)


def test_every_sum_agrees_and_is_that_of_the_account(data, quality):
    assert all(check.holds for check in quality.checks)
    money = {(one.table, one.name): one.one for one in quality.checks}
    assert money["events", "rows"] == data.accounts[0].rows_in
    assert money["events", "table"] == data.accounts[0].money_accepted


def test_a_sum_that_does_not_agree_is_said(data, quality):
    broken = quality_of(replace(data, accounts=(replace(data.accounts[0], rejected=7),)))
    assert quality_answer(broken) == say("page_data.again_sums_differ", broken=1, sums=3)
    assert quality_answer(quality).startswith("All 4 sums agree")


def test_columns_that_waver_are_followed_over_time(quality):
    assert quality.empty.columns == ["begin", "column", "share"]
    amount = quality.empty.filter(pl.col("column") == "amount")
    assert dict(zip(amount["begin"], amount["share"], strict=True)) == {
        date(2024, 12, 30): pytest.approx(1 / 3),
        date(2025, 1, 6): 0,
    }


def test_the_file_tells_totals_findings_and_where_the_data_came_from_as_text(data):
    added = append(Intake(data, {}), raws(events=EVENTS)).intake.dataset
    page = html_bytes(soundness(added, made_at=MADE_AT)).decode()
    assert "default-src &#39;none&#39;" in page
    assert f"to the data set {data.id}" in page
    assert say("page_data.accounts") in page
    assert "No user in 2 rows of events" in page
    assert "<b>Mug" not in page


def test_the_same_data_set_gives_the_same_file(data):
    first, second = (html_bytes(soundness(data, made_at=MADE_AT)) for _ in range(2))
    assert first == second
