"""Laws of the intake: nothing is lost, nothing is invented, and nothing raises but a ClvError."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore import columns as col
from clvcore.data.cells.amounts import Marks, bare, decimal_mark, exact, marks_of
from clvcore.data.cells.moments import moments
from clvcore.data.cells.stored import stored
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.errors import ClvError
from clvcore.report.tables import safe_for_sheets

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=6
)
CELL = st.one_of(TEXT, st.sampled_from(["a,b", 'say "x"', "two\nlines", "gap\n\nline", ";", "-1"]))
MONEY = st.decimals(-10_000, 10_000, places=2)
USER = st.sampled_from(["1", "2", "007", ""])
TIME = st.sampled_from(["2025-01-01", "2025-01-02 10:00", "2025-06-01T00:00:00Z", "soon", ""])


def written(rows):
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=12))
def test_what_a_csv_writer_writes_is_read_back(rows):
    raw = read(
        written([("id", "first", "second"), *((str(n), *row) for n, row in enumerate(rows))]),
        table="items",
        source="x.csv",
    )
    found = [tuple(cell or "" for cell in row) for row in raw.frame.iter_rows()]
    assert found == [(str(n), *row) for n, row in enumerate(rows)]
    assert raw.broken.height == 0


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_clear_error(content):
    try:
        raw = read(content, table="events", source="x")
    except ClvError:
        return
    else:
        assert raw.frame.height + raw.broken.height > 0


@settings(deadline=None, max_examples=20)
@given(
    st.lists(
        st.tuples(USER, TIME, st.one_of(MONEY.map(str), st.just("x"))), min_size=1, max_size=20
    )
)
def test_every_row_and_every_cent_is_accounted_for(rows):
    rows = [("9", "2025-01-01", "0.25"), *rows]
    raw = read(written([("user", "time", "amount"), *rows]), table="events", source="x.csv")
    intake = bring_in({"events": raw}, Recipe("law", "EUR", options={"decimal": "."}))
    account = intake.dataset.accounts[0]
    readable = sum((Decimal(amount) for *_, amount in rows if amount != "x"), Decimal(0))
    assert account.rows_in == len(rows)
    assert account.rows_in == account.accepted + account.rejected + account.ignored
    assert account.money_in == readable
    assert account.money_in == (
        account.money_accepted + account.money_rejected + account.money_ignored
    )
    events = intake.dataset.events
    assert events.height == account.accepted
    assert (events[col.AMOUNT].sum() or 0) == account.money_accepted
    assert sum(frame.height for frame in intake.rejects.values()) == account.rejected
    assert set(events[col.USER]) <= set(intake.dataset.users[col.USER])


@settings(deadline=None, max_examples=8)
@given(st.lists(st.tuples(USER, TIME, MONEY.map(str)), min_size=1, max_size=12), st.randoms())
def test_the_order_of_the_rows_changes_no_account(rows, random):
    def account(rows):
        rows = [("user", "time", "amount"), ("9", "2025-01-01", "0.25"), *rows]
        raw = read(written(rows), table="events", source="x.csv")
        recipe = Recipe("law", "EUR", options={"decimal": "."})
        return bring_in({"events": raw}, recipe).dataset.accounts

    mixed = list(rows)
    random.shuffle(mixed)
    assert account(mixed) == account(rows)


@given(
    st.lists(MONEY, min_size=1), st.sampled_from(["{:,.2f}", "{:.2f}", "€ {:,.2f}", "{:,.2f} EUR"])
)
def test_amounts_come_back_from_either_decimal_mark(values, form):
    english = [form.format(value) for value in values]
    german = [cell.translate(str.maketrans(",.", ".,")) for cell in english]
    for cells, mark in ((english, "."), (german, ",")):
        numbers = bare(pl.Series(cells))
        assert decimal_mark(numbers) == mark
        assert exact(numbers, mark).to_list() == values


@given(st.lists(st.floats(-1e9, 1e9), min_size=1), st.sampled_from([".", ","]))
def test_what_is_stored_as_a_number_is_it_under_every_mark_and_tells_none(values, mark):
    texts = [repr(value) for value in values]
    among = bare(pl.Series([stored(text) for text in texts]))
    assert exact(among, mark).to_list() == exact(pl.Series(texts), ".").to_list()
    assert marks_of(among) == Marks()


@given(
    st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)), min_size=1, max_size=8),  # noqa: DTZ001 - local times
    st.sampled_from(["%Y-%m-%d %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S.%f"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
)
def test_local_times_are_placed_as_python_places_them(times, form, zone):
    order = "mdy" if form.startswith("%m") else "dmy"
    found = moments(pl.Series([f"{time:{form}}" for time in times]), time_zone=zone, order=order)
    expected = [time.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for time in times]
    assert found.at.to_list() == expected


@given(st.integers(10**9, 4 * 10**9))
def test_seconds_milliseconds_and_microseconds_are_the_same_moment(seconds):
    cells = pl.Series([str(seconds), f"{seconds}000", f"{seconds}000000"])
    found = moments(cells, time_zone="UTC", order="dmy").at
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert found.to_list() == [expected] * 3


@given(st.lists(st.one_of(TEXT, st.sampled_from(["=1+1", "@x", "+cmd", "-2+3", "\tx", "-5.00"]))))
def test_no_text_in_a_list_of_rejects_is_a_formula(cells):
    safe = safe_for_sheets(pl.DataFrame({"c": cells}, schema={"c": pl.String}))["c"].to_list()
    for before, after in zip(cells, safe, strict=True):
        assert after.removeprefix("'") == before.removeprefix("'")
        is_number = after.lstrip("+-").replace(".", "").replace(",", "").isdecimal()
        assert is_number or after[:1] not in set("=+-@\t\r") or not after
