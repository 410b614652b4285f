"""What a report says is what the rooms computed, to the cent."""

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from clvcore.charts.numbers import headline_money
from clvcore.report.compose import PARTS, compose
from clvcore.report.sections.model import model_section
from clvcore.report.sections.recommendations import N, recommendations_section
from clvcore.report.sections.value import answer, headlines
from clvcore.value.reconciliation import reconcile
from tests.report.conftest import MADE_AT
from tests.report.material import RUN, ranking, trained


def section(report, key):
    return next(one for one in report.sections if one.key == key)


def tables(section):
    blocks = section.blocks
    return [one for block in blocks for one in [*(c.table for c in block.charts), *block.tables]]


def test_the_totals_are_those_of_the_breakdown_to_the_cent(report, told):
    total = told.groups[0].total.row(0, named=True)
    for told_by in tables(section(report, "value"))[1:3]:
        row = dict(zip(told_by.columns, told_by.rows[-1], strict=True))
        assert told_by.has_total
        for name in ("CLV", "LTV", "CAC"):
            assert row[f"{name} (EUR)"] == f"{total[name.lower()]:,.2f}"
        assert row["low"] == f"{total['forecast_low']:,.2f}"
    headline = {one.name: one.value for one in report.headlines}
    assert headline["CLV"] == headline_money(total["clv"], "EUR")
    assert headline["Users"] == f"{total['users']:,}"


def test_both_sides_of_every_sum_stand_beside_each_other_to_the_last_place(report, told):
    sides = tables(section(report, "value"))[-1]
    assert [(row[1], row[2]) for row in sides.rows] == [
        (f"{side.ours:,.4f}", f"{side.table:,.4f}") for side in reconcile(told.worth)
    ]
    assert {row[3] for row in sides.rows} == {"equal"}


def test_every_row_and_every_cent_is_accounted_for(report, shop):
    accounts = tables(section(report, "data"))[1]
    events = next(one for one in shop.accounts if one.table == "events")
    row = next(row for row in accounts.rows if row[0] == "events")
    counted = [int(cell.replace(",", "")) for cell in row[1:5]]
    assert counted == [events.rows_in, events.accepted, events.rejected, events.ignored]
    assert row[6] == f"{events.money_accepted:,.2f}"


def test_the_scenario_is_told_with_its_change_and_its_interval(report, told):
    delta = told.outcome.delta.total.row(0, named=True)
    scenario = section(report, "scenario")
    assert "retention +5% and CAC -10%" in scenario.answer
    row = tables(scenario)[0].rows[-1]
    assert row[4] == f"{delta['clv']:,.2f}"
    assert row[5:7] == (f"{delta['clv_low']:,.2f}", f"{delta['clv_high']:,.2f}")


def test_what_is_not_there_is_said_in_one_sentence(told):
    bare = compose(replace(told, trained=None, outcome=None), made_at=MADE_AT)
    assert "No model has been trained" in section(bare, "model").answer
    assert "need a trained model" in section(bare, "recommendations").answer
    assert section(bare, "scenario").answer.startswith("No scenario was set")
    assert bare.run_id is None
    failed = compose(replace(told, outcome=None, no_outcome="Too far."), made_at=MADE_AT)
    assert section(failed, "scenario").answer == "Too far."
    asked = {one.name: one.meaning for one in failed.filters}
    assert asked["Scenario"] == "Too far."
    assert {one.name: one.meaning for one in bare.filters}["Scenario"] == "none"


def test_only_the_parts_that_are_asked_for_are_told_in_the_order_of_the_story(told):
    some = compose(told, made_at=MADE_AT, parts=["value", "data"], title="Autumn")
    assert [one.key for one in some.sections] == ["data", "value", "definitions"]
    assert some.title == "Autumn"
    whole = compose(told, made_at=MADE_AT)
    assert [one.key for one in whole.sections] == [*PARTS, "definitions"]
    assert whole.run_id == RUN


@pytest.mark.parametrize(
    ("gap", "verdict"),
    [
        ((0.01, 0.02, 0.03), "beats every baseline"),
        ((-0.03, -0.02, -0.01), "does not reach the strongest baseline"),
        ((-0.01, 0.0, 0.01), "cannot be told apart"),
    ],
)
def test_the_model_is_called_what_its_interval_says(shop, gap, verdict):
    told = model_section(trained(shop, ranking(*gap)), data_name="shop")
    assert verdict in told.answer


def test_a_model_that_was_not_judged_is_not_praised(shop):
    told = model_section(trained(shop, None), data_name="shop")
    assert RUN in told.answer
    assert [table.folded for table in tables(told)] == [True]  # its settings alone


def test_the_examples_are_the_busiest_the_middle_and_the_quietest_user(shop):
    model = trained(shop, None)
    told = recommendations_section(model, shop, ids=True)
    shown = [block.heading.removeprefix("User ") for block in told.blocks[2:]]
    events = np.diff(model.seen.start)
    ids = model.seen.users.ids
    counts = dict(zip(ids, events, strict=True))
    enough = sorted(n for n in events if n >= 5)
    assert [counts[user] for user in shown] == [enough[-1], enough[(len(enough) - 1) // 2], 5]
    for user, block in zip(shown, told.blocks[2:], strict=True):
        latest = block.tables[1].rows
        assert len(latest) == min(8, shop.events.filter(pl.col("user_id") == user).height)
        assert len(block.tables[0].rows) == N


def words_of(section):
    """All that a section says, in its tables too."""
    said = [section.answer]
    for block in section.blocks:
        said += [block.heading, block.text, *block.notes]
    for one in tables(section):
        said += [one.caption, *(cell for row in one.rows for cell in row)]
    return " ".join(said)


def test_a_report_names_no_user_by_id_unless_it_is_asked_to(told):
    def named(report):
        said = " ".join(words_of(one) for one in report.sections)
        ids = map(re.escape, told.data.users["user_id"])
        return {user for user in ids if re.search(rf"(?<!\w){user}(?!\w)", said)}

    numbered = compose(told, made_at=MADE_AT)
    assert named(numbered) == set()
    headings = [block.heading for block in section(numbered, "recommendations").blocks]
    assert headings[2:] == ["User 1", "User 2", "User 3"]
    assert "What user 1 would want next" in words_of(section(numbered, "recommendations"))
    assert len(named(compose(told, made_at=MADE_AT, ids=True))) == 3


def test_what_is_recommended_most_is_counted_over_all_lists(shop):
    model = trained(shop, None)
    top = recommendations_section(model, shop).blocks[0].charts[0]
    shares = [float(row[3].rstrip("%")) for row in top.table.rows]
    assert shares == sorted(shares, reverse=True)
    assert int(top.table.rows[0][2]) / len(model.seen.users) == pytest.approx(
        shares[0] / 100, abs=6e-4
    )


def test_money_that_no_event_bears_is_said_to_be_unknown(told):
    data = told.worth.data
    silent = data.events.with_columns(pl.lit(None, data.events["amount"].dtype).alias("amount"))
    worth = replace(told.worth, data=replace(data, events=silent))
    total = told.groups[0].total
    assert answer(worth, total).startswith("The events bear no money")
    texts = {one.name: one.about for one in headlines(worth, total)}
    assert texts["LTV"] == texts["CLV"] == "Unknown: the events bear no money."
    assert texts["CAC"].startswith("All spend")
