"""Laws of adding files: nothing twice, nothing lost, whatever the order and however they were split."""

import csv
import io
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore.data.again.append import append
from clvcore.data.cells.rules import RULES
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
    return bring_in(raws(rows), RECIPE)


def whole(rows):
    return [("9", "z", "2025-01-01", "0.25"), *rows]


@settings(deadline=None, max_examples=10)
@given(ROWS)
def test_adding_the_same_file_again_changes_nothing(rows):
    data = brought(whole(rows))
    again = append(data, raws(whole(rows))).intake.dataset
    assert again.id == data.dataset.id
    assert again.accounts[0].ignored == data.dataset.accounts[0].accepted


@settings(deadline=None, max_examples=10)
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
        data = append(data, raws(part)).intake
    together = brought([row for part in parts for row in part])
    assert data.dataset.id == together.dataset.id
    assert data.dataset.accounts == together.dataset.accounts


@settings(deadline=None, max_examples=10)
@given(ROWS, ROWS)
def test_rows_and_money_reconcile_whatever_is_added(one, other):
    made = append(brought(whole(one)), raws(whole(other))).intake.dataset
    account = made.accounts[0]
    assert account.rows_in == len(one) + len(other) + 2
    assert account.rows_in == account.accepted + account.rejected + account.ignored
    assert account.money_in == (
        account.money_accepted + account.money_rejected + account.money_ignored
    )
    assert made.events.height == account.accepted
    assert (made.events["amount"].sum() or 0) == account.money_accepted


BOUGHT = st.tuples(
    st.sampled_from(["1", "2", "test"]),
    st.sampled_from(["a", "b", "POST"]),
    st.integers(1, 12),
    st.sampled_from(["purchase", "purchase", "refund", "view"]),
    st.sampled_from(["1", "2", "-1", ""]),
    st.sampled_from(["0", "5", "10", "20", "-10", "x", ""]),
    st.sampled_from(["o1", "C1", ""]),
    st.sampled_from(["Mug", "Cup", ""]),
)
CHOICES = st.fixed_dictionaries(
    {
        name: st.sampled_from(list(RULES[name].choices))
        for name in ("returns", "duplicate", "test_order", "no_product", "free", "negative_price")
    }
)
USERS = "user,acquired_at\n1,2024-12-01\n"
LATER_USERS = "user,acquired_at\n3,2024-12-05\n2,\n"


def tables(rows, users):
    buffer = io.StringIO()
    head = ("user", "item", "time", "event", "quantity", "amount", "order", "title")
    csv.writer(buffer).writerows([head, *rows])
    texts = {"events": buffer.getvalue(), "users": users}
    return {
        table: read(text.encode(), table=table, source=f"{table}.csv")
        for table, text in texts.items()
    }


def dated(row, day):
    return (*row[:2], f"2025-01-{day:02}", *row[3:])


@settings(deadline=None, max_examples=6)
@given(st.lists(BOUGHT, min_size=1, max_size=16), st.integers(1, 12), CHOICES)
def test_next_months_file_gives_what_both_give_in_one_table(rows, cut, choices):
    """Whatever is chosen: returns find their purchase, and names are told by all files."""
    recipe = Recipe("law", "EUR", options={"decimal": ".", "rules": choices})
    months = ([], [])
    for row in rows:
        months[row[2] > cut].append(dated(row, row[2]))
    for month, day in zip(months, (1, cut + 1), strict=True):  # each has an event that can be used
        month.append(("9", "a", f"2025-01-{day:02}", "purchase", "1", "3", "own", ""))
    first, second = tables(months[0], USERS), tables(months[1], LATER_USERS)
    both = tables(months[0] + months[1], USERS + LATER_USERS.split("\n", 1)[1])
    whole = bring_in(both, recipe)
    made = append(bring_in(first, recipe), second)
    for table, frame in whole.dataset.tables().items():
        assert made.intake.dataset.tables()[table].equals(frame), table
    assert made.intake.dataset.accounts == whole.dataset.accounts
    kept, known = (one.memory.rows.drop("_line", "_file") for one in (made.intake, whole))
    assert kept.equals(known)
    assert made.intake.memory.names.equals(whole.memory.names)
    left = made.intake.ignored.get("events", [])
    assert len(left) == whole.dataset.accounts[0].ignored
    again = append(made.intake, second)
    assert again.intake.dataset.id == made.intake.dataset.id
    assert again.came[0].accepted == 0


@settings(deadline=None, max_examples=8)
@given(st.lists(BOUGHT, min_size=1, max_size=12), st.lists(BOUGHT, max_size=12), CHOICES)
def test_the_new_file_is_accounted_for_to_the_row_and_the_cent(rows, others, choices):
    recipe = Recipe("law", "EUR", options={"decimal": ".", "rules": choices})
    own = ("9", "a", "2025-01-01", "purchase", "1", "3", "own", "")
    first = bring_in(tables([own, *(dated(row, row[2]) for row in rows)], USERS), recipe)
    second = tables([own, *(dated(row, row[2]) for row in (*others, *rows[::2]))], LATER_USERS)
    made = append(first, second)
    data, came = made.intake.dataset, made.came[0]
    for one in (came, data.accounts[0]):
        assert one.rows_in == one.accepted + one.rejected + one.ignored
        assert one.money_in == one.money_accepted + one.money_rejected + one.money_ignored
    assert came == data.lineage[-1].origins[0].account
    assert came.rows_in == len(others) + len(rows[::2]) + 1
    assert made.there["events"] >= 1
    assert data.events.height == data.accounts[0].accepted
    assert (data.events["amount"].sum() or 0) == data.accounts[0].money_accepted
    assert len(made.intake.ignored["events"]) == data.accounts[0].ignored
    assert len(made.intake.rejects.get("events", [])) == data.accounts[0].rejected
