"""Curves of a training."""

import polars as pl

from clvcore.charts import training

CURVE = pl.DataFrame(
    {"epoch": [0.5, 1.0, 1.5, 2.0], "loss": [8.0, 7.0, 6.0, 5.0], "ndcg": [None, 0.05, None, 0.08]}
)
BARS = {"item-kNN": 0.06, "popularity": 0.031, "own history": 0.03}


def test_only_whole_epochs_are_points_of_the_validation_curve():
    figure = training.validation(CURVE, BARS)
    assert list(figure.data[0].x) == [1.0, 2.0]
    assert list(figure.data[0].y) == [0.05, 0.08]


def test_every_baseline_has_a_line_and_near_ones_share_a_label():
    figure = training.validation(CURVE, BARS)
    assert sorted(shape.y0 for shape in figure.layout.shapes) == [0.03, 0.031, 0.06]
    texts = [note.text for note in figure.layout.annotations]
    assert "popularity, own history" in texts
    assert "item-kNN" in texts


def labelled(epochs, name):
    """The label of a baseline that the model's curve ends just above."""
    curve = pl.DataFrame({"epoch": range(1, epochs + 1), "loss": 1.0, "ndcg": 0.081})
    notes = training.validation(curve, {name: 0.078}).layout.annotations
    return next(note for note in notes if note.text == name)


def test_the_label_of_a_baseline_keeps_out_of_the_way_of_the_curve():
    before, below = labelled(6, "EASE"), labelled(30, "EASE")
    assert (before.x, before.xanchor, before.yshift > 0) == (0, "left", True)
    assert (below.x, below.xanchor, below.yshift > 0) == (1, "right", False)
    free = training.validation(CURVE, {"EASE": 0.03}).layout.annotations[0]
    assert (free.x, free.xanchor, free.yshift > 0) == (1, "right", True)


def test_the_axis_holds_the_highest_value_and_begins_at_zero():
    low, high = training.validation(CURVE, {"item-kNN": 0.2}).layout.yaxis.range
    assert low == 0
    assert high > 0.2


def test_a_run_that_has_not_completed_an_epoch_has_an_empty_curve():
    figure = training.validation(CURVE.head(1), {})
    assert len(figure.data[0].x) == 0


def test_the_loss_is_shown_at_every_step_that_was_written():
    (search,) = training.loss(CURVE, CURVE.clear()).data
    assert list(search.y) == [8.0, 7.0, 6.0, 5.0]


def test_the_final_model_has_a_line_of_its_own_and_the_table_has_both():
    search, final = training.loss(CURVE, CURVE.head(2)).data
    assert list(final.y) == [8.0, 7.0]
    assert search.line.color != final.line.color
    numbers = training.loss_numbers(CURVE, CURVE.head(2))
    assert numbers.group_by("stage").len().sort("len")["len"].to_list() == [2, 4]
