"""Laws of adding files: nothing twice, nothing lost, whatever the order and however they were split."""

import csv
import io
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore.data.again.append import append
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read

RECIPE = Recipe("law", "EUR", options={"decimal": "."})
ROW = st.tuples(
    st.sampled_from(["1", "2", "3", ""]),
    st.sampled_from(["a", "b", ""]),
    st.sampled_from(["2025-01-01", "2025-01-01 10:00", "2025-01-02", "2025-02-01", "soon"]),
    st.sampled_from(["1.00", "2.50", "-1.00", "x", ""]),
)
ROWS = st.lists(ROW, min_size=1, max_size=14)


def raws(rows):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([("user", "item", "time", "amount"), *rows])
    return {"events": read(buffer.getvalue().encode(), table="events", source="x.csv")}


def brought(rows):
    return bring_in(raws(rows), RECIPE).dataset


def whole(rows):
    return [("9", "z", "2025-01-01", "0.25"), *rows]


@settings(deadline=None, max_examples=40)
@given(ROWS)
def test_adding_the_same_file_again_changes_nothing(rows):
    data = brought(whole(rows))
    again = append(data, raws(whole(rows))).dataset
    assert again.id == data.id
    assert again.accounts[0].ignored == data.accounts[0].accepted


@settings(deadline=None, max_examples=40)
@given(ROWS, st.integers(0, 20), st.randoms())
def test_files_that_were_split_give_the_whole_in_any_order(rows, seed, random):
    """Rows that are the same stay in one file; parted they cannot be told from a double export."""
    rows = whole(rows)
    parts = [[], [], []]
    for row in rows:
        parts[crc32(repr((row, seed)).encode()) % 3].append(row)
    for place, part in enumerate(parts):  # each must have an event that can be used
        part.append(("8", f"own {place}", "2025-01-03", "1.00"))
    random.shuffle(parts)
    data = brought(parts[0])
    for part in parts[1:]:
        data = append(data, raws(part)).dataset
    together = brought([row for part in parts for row in part])
    assert data.id == together.id
    assert data.accounts == together.accounts


@settings(deadline=None, max_examples=40)
@given(ROWS, ROWS)
def test_rows_and_money_reconcile_whatever_is_added(one, other):
    made = append(brought(whole(one)), raws(whole(other))).dataset
    account = made.accounts[0]
    assert account.rows_in == len(one) + len(other) + 2
    assert account.rows_in == account.accepted + account.rejected + account.ignored
    assert account.money_in == (
        account.money_accepted + account.money_rejected + account.money_ignored
    )
    assert made.events.height == account.accepted
    assert (made.events["amount"].sum() or 0) == account.money_accepted
