"""Charts of value draw the numbers they are given, and nothing else."""

from decimal import Decimal

import polars as pl
import pytest

from clvcore.charts.scenario import tornado
from clvcore.charts.value import Step, value_by_group, waterfall
from clvcore.scenario.levers import Lever
from clvcore.scenario.sensitivity import Sensitivity


def groups(cac):
    known = cac is not None
    return pl.DataFrame(
        {
            "group": ["email", "display", "unattributed spend"],
            "users": [120, 12, 0],
            "ltv": [Decimal(900), Decimal(100), Decimal(0)],
            "cac": cac or [None] * 3,
            "clv": [Decimal(800), Decimal(-150), Decimal(-40)] if known else [None] * 3,
            "ltv_to_cac": [9.0, 0.4, None] if known else [None] * 3,
        },
        schema_overrides={"cac": pl.Decimal(38, 4), "clv": pl.Decimal(38, 4)},
    )


def drawn(cac):
    return value_by_group(groups(cac), by="channel", currency="EUR", basis="revenue")


def test_bars_are_ltv_and_marks_are_cac_with_spend_that_won_nobody_in_its_own_row():
    bars, marks, labels = drawn([Decimal(100), Decimal(250), Decimal(40)]).data
    assert list(bars.x) == [900, 100, 0]
    assert list(marks.x) == [100, 250, 40]
    assert list(labels.x) == [900, 250, 40], "words stand behind the longer of the two"
    assert labels.text[1].strip() == "CLV -EUR 150"


def test_every_bar_carries_its_group_so_that_a_click_can_choose_it():
    bars = drawn([Decimal(100), Decimal(250), Decimal(40)]).data[0]
    assert [told[0] for told in bars.customdata] == list(bars.y)


def test_small_groups_are_faint():
    strong, faint, _ = drawn(None).data[0].marker.opacity
    assert faint < strong


def test_without_a_known_cac_there_is_no_mark_and_no_clv():
    bars, labels = drawn(None).data
    assert bars.name == "LTV"
    assert not any("CLV" in text for text in labels.text)


def test_the_steps_of_a_waterfall_end_at_their_sum():
    steps = [Step("Purchases", Decimal("10.5")), Step("CAC", Decimal("-4.5"))]
    made = waterfall(steps, total="CLV", currency="EUR").data[0]
    assert list(made.y) == [10.5, -4.5, 6.0]
    assert made.measure[-1] == "total"


@pytest.mark.parametrize("effects", [(5.0, -20.0), (5.0, 20.0)])
def test_the_strongest_lever_comes_first(effects):
    found = [
        Sensitivity(lever, "+1%", effect, None)
        for lever, effect in zip((Lever.PRICE, Lever.CAC), effects, strict=True)
    ]
    words = {"price": "Price", "cac": "CAC"}
    made = tornado(found, what="clv", currency="EUR", words=words)
    assert list(made.data[0].y) == ["CAC +1%", "Price +1%"]
    low, high = made.layout.xaxis.range
    assert low <= min(*effects, 0.0)
    assert high > max(*effects)
