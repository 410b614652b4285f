"""A sentence about one thing does not speak of several."""

import re
import string

import pytest

from clvcore.messages import catalogue, say
from clvcore.messages.counted import agreed

CHOICE = re.compile(r"(?<!\{)\{(\w+):([^{}|]*)\|([^{}|]*)\}")
COUNTED = re.compile(r"(?<!\{)\{(\w+)(?:[:!][^{}|]*)?\} (?:[a-z-]+ ){0,3}?([a-z-]*[a-z]s|people)\b")
"""A gap with a word in the plural close behind it."""
NO_PLURALS = {
    "always", "as", "does", "ends", "has", "holds", "is", "its", "less", "lies", "needs", "plus",
    "says", "stands", "takes", "tells", "this", "us", "was", "wins",
}  # fmt: skip
NO_COUNTS = {
    "currency", "encoder", "file", "kind", "level", "lever", "measure", "one", "other", "reach", "share",
    "source", "table", "version", "what",
}  # fmt: skip
"""Gaps of names, shares and money."""
NEVER_ONE = {
    ("cli.train.bar", "speed"): "a rate",
    ("data.again_kind_gone", "before"): "a share",
    ("data.again_kind_new", "after"): "a share",
    ("data.again_kind_share", "after"): "a share",
    ("data.again_missing", "after"): "a share",
    ("data.again_money", "after"): "money",
    ("data.again_rejected", "after"): "a share",
    ("data.again_rejected", "before"): "a share",
    ("data.again_volume", "after"): "a number behind what it counts",
    ("page_budget.curve", "users"): "a rate, with a decimal",
    ("page_budget.curve_unspent", "users"): "a rate, with a decimal",
    ("page_data.answer_money", "money"): "money",
    ("page_quality.never.spread", "top"): "a share",
    ("page_quality.novelty_answer", "own"): "bits, with decimals",
    ("page_quality.worst.no_group", "least"): "thirty",
    ("page_budget.split_note", "residual"): "a share of a cent",
    ("page_value.reconciled", "events"): "money",
    ("page_value.reconciled_no_spend", "events"): "money",
    ("report.model.chart", "k"): "part of the name of a metric",
    ("report.model.table", "k"): "part of the name of a metric",
    ("scenario.budget.cli.search", "residual"): "a share of a cent",
    ("scenario.kept.bad_name", "longest"): "eighty",
}


def plurals(text: str) -> set[tuple[str, str]]:
    """Counts that a plural follows whatever they are, and the plural."""
    left = CHOICE.sub("", text)
    return {
        (gap, word)
        for gap, word in COUNTED.findall(left)
        if gap not in NO_COUNTS and word not in NO_PLURALS
    }


def test_a_noun_behind_a_count_has_a_singular():
    seen = {(key, gap) for key, text in catalogue().items() for gap, _ in plurals(text)}
    assert seen == set(NEVER_ONE)


def test_a_sentence_without_one_is_found():
    assert plurals("{n:,} new events for {name}") == {("n", "events")}
    assert plurals("{n:,} new {n:event|events} for {name}") == set()


def test_words_that_a_count_decides_differ_and_are_whole():
    for text in catalogue().values():
        assert all(one != many for _, one, many in CHOICE.findall(text))
        gaps = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for value in (1, 2):
            assert not CHOICE.search(agreed(text, dict.fromkeys(gaps, value)))


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1000, "1,000 rows"), (21, "21 rows")],
)
def test_only_one_is_one(count, told):
    assert say("units.rows_many", rows=count) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [("1", "1 row was"), ("1,234", "1,234 rows were"), ("1.2k", "1.2k rows were")],
)
def test_a_count_that_is_written_out_decides_too(count, told):
    assert say("page_data.known.found", rows=count, source="x.csv").startswith(told)


def test_a_count_within_a_sentence_decides_the_words_far_from_it():
    told = {"money": "EUR 1.00", "table": "events"}
    one = say("data.clean.outlier_found", rows=say("units.rows_many", rows=1), **told)
    assert one.endswith("in 1 row of events, bearing EUR 1.00; it counts.")
    many = say("data.clean.outlier_found", rows=say("units.rows_many", rows=11), **told)
    assert many.endswith("in 11 rows of events, bearing EUR 1.00; they count.")
