"""Charts about recommendations show the numbers they are given."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.charts import template
from clvcore.charts.ranking import compared, for_whom, history

METRICS = pl.DataFrame(
    {
        "model": ["popularity", "two_tower"],
        "mean": [0.03, 0.09],
        "low": [0.02, 0.07],
        "high": [0.05, 0.1],
        "users": [640, 640],
    }
)


def test_the_model_stands_out_and_the_best_is_on_top():
    worse, better = compared(METRICS, subject="two_tower", measure="NDCG@10").data
    assert better.name == "two-tower model"  # the last row is drawn on top
    assert better.marker.color == template.ACCENT
    assert worse.marker.color == template.BASE


def test_an_interval_reaches_from_its_low_to_its_high():
    row = compared(METRICS, subject="two_tower", measure="NDCG@10").data[1]
    assert row.x[0] - row.error_x.arrayminus[0] == 0.07
    assert row.x[0] + row.error_x.array[0] == 0.1
    assert "640" in row.hovertext[0]


def test_the_axis_begins_at_zero_and_names_the_measure():
    axis = compared(METRICS, subject="two_tower", measure="NDCG@10").layout.xaxis
    assert axis.rangemode == "tozero"
    assert axis.title.text == "NDCG@10"


def test_a_metric_without_an_interval_is_a_dot_alone():
    bare = METRICS.with_columns(low=pl.lit(None, pl.Float64), high=pl.lit(None, pl.Float64))
    for row in compared(bare, subject="two_tower", measure="coverage").data:
        assert not row.error_x.visible
        assert "no interval" in row.hovertext[0]


GROUPS = pl.DataFrame(
    {
        "name": ["few", "few", "many", "many"],
        "place": [0, 0, 1, 1],
        "model": ["item_knn", "two_tower", "two_tower", "item_knn"],
        "mean": [0.1, 0.2, 0.3, 0.4],
        "low": [0.05, 0.15, 0.2, 0.3],
        "high": [0.2, 0.3, 0.4, 0.5],
        "users": [5, 5, 50, 50],
    }
)


def test_groups_show_both_models_side_by_side_from_top_to_bottom():
    made = for_whom(GROUPS, subject="two_tower", measure="NDCG@10")
    model, other = made.data
    assert (model.marker.color, other.marker.color) == (template.ACCENT, template.BASE)
    assert (list(model.x), list(other.x)) == ([0.2, 0.3], [0.1, 0.4])
    assert list(made.layout.yaxis.ticktext) == ["few", "many"]
    assert made.layout.yaxis.range[0] > made.layout.yaxis.range[1]  # the first is on top
    assert "n = 5 users" in model.hovertext[0]
    assert all(below > above for below, above in zip(other.y, model.y, strict=True))


def test_a_history_has_a_row_for_each_kind_with_what_was_taken_in_colour():
    moment = datetime(2024, 3, 1, tzinfo=UTC)
    events = pl.DataFrame(
        {
            col.AT: [moment, moment, moment],
            col.KIND: ["view", "view", "purchase"],
            col.TITLE: ["Cup", None, "Tea"],
            col.AMOUNT: [None, None, Decimal("3.50")],
        },
        schema={
            col.AT: col.TIME,
            col.KIND: col.KIND_TYPE,
            col.TITLE: pl.String,
            col.AMOUNT: col.MONEY,
        },
    )
    purchases, views = history(events, currency="EUR").data
    assert (purchases.name, purchases.marker.color) == ("purchases", template.ACCENT)
    assert (views.name, views.marker.color) == ("views", template.BASE)
    assert "3.50 EUR" in purchases.hovertext[0]
    (views_of_one_moment,) = views.hovertext
    assert "Cup<br>no item<br>2 events" in views_of_one_moment


def test_what_is_nearly_at_the_same_time_is_one_dot_that_tells_how_much_it_is():
    start = datetime(2024, 1, 1, tzinfo=UTC)
    moments = [*(start + timedelta(hours=hour) for hour in range(8)), start + timedelta(days=250)]
    events = pl.DataFrame(
        {
            col.AT: moments,
            col.KIND: ["purchase"] * 9,
            col.TITLE: [f"Tea {n}" for n in range(9)],
            col.AMOUNT: [Decimal("1.25")] * 9,
        },
        schema={
            col.AT: col.TIME,
            col.KIND: col.KIND_TYPE,
            col.TITLE: pl.String,
            col.AMOUNT: col.MONEY,
        },
    )
    (dots,) = history(events, currency="EUR").data
    many, last = dots.hovertext
    assert "Tea 4<br>and 3 more<br>8 events" in many
    assert "10.00 EUR" in many
    assert "Tea 8" in last
    assert dots.marker.size[0] > dots.marker.size[1]
