"""Bars of what came in."""

from datetime import date, timedelta

import polars as pl

from clvcore.charts import data as charts
from clvcore.columns import Kind

FRAME = pl.DataFrame(
    {
        "begin": [date(2025, 3, 3), date(2025, 3, 3), date(2025, 3, 10)],
        "kind": ["purchase", "view", "purchase"],
        "events": [2, 5, 1],
        "money": [50, 0, 20],
    }
)


def test_bars_of_events_add_up_to_the_events():
    figure = charts.volumes(FRAME, "events", unit="events", step="week")
    assert sum(sum(bar.y) for bar in figure.data) == 8  # 2 + 5 + 1
    assert figure.layout.yaxis.rangemode == "tozero"


def test_kinds_without_money_have_no_bar_of_money():
    figure = charts.volumes(FRAME, "money", unit="EUR", step="week")
    assert [bar.name for bar in figure.data] == ["purchases"]


def test_every_kind_has_a_colour_of_its_own():
    kinds = [kind.value for kind in Kind]
    frame = pl.DataFrame({"begin": [date(2025, 3, 3)] * len(kinds), "kind": kinds}).with_columns(
        events=1, money=0
    )
    figure = charts.volumes(frame, "events", unit="events", step="week")
    assert len({bar.marker.color for bar in figure.data}) == len(kinds)


def weekly(n_weeks):
    weeks = [date(2025, 1, 6) + timedelta(weeks=n) for n in range(n_weeks)]
    frame = pl.DataFrame({"begin": weeks, "kind": "view"}).with_columns(events=1, money=0)
    return charts.volumes(frame, "events", unit="events", step="week").layout.xaxis


def test_few_bars_have_their_days_below_them():
    figure = charts.volumes(FRAME, "events", unit="events", step="week")
    assert list(figure.layout.xaxis.ticktext) == ["3 Mar 2025", "10 Mar 2025"]
    assert len(weekly(6).ticktext) == 6
    assert list(weekly(8).ticktext) == ["6 Jan 2025", "20 Jan 2025", "3 Feb 2025", "17 Feb 2025"]


def test_many_bars_have_months_below_them():
    axis = weekly(40)
    assert axis.ticktext is None
    assert axis.tickformatstops[2].value == "%b\n%Y"
