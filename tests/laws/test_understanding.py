"""Laws of understanding: no crash on any table, no guess where both readings fit, one row decides."""

import csv
import io
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore.data.cells.amounts import EXACT, bare, decimal_mark, exact
from clvcore.data.cells.choices import Choices
from clvcore.data.cells.moments import date_order
from clvcore.data.cells.roles import ROLES
from clvcore.data.cells.table import Cells
from clvcore.data.files.read import combined, read
from clvcore.data.meaning.understanding import understand
from clvcore.errors import ClvError

LOW = st.integers(1, 12)
EITHER = st.builds("{:02}/{:02}/{}".format, LOW, LOW, st.integers(1990, 2040))
GROUPED = st.builds("{},{:03}".format, st.integers(1, 999), st.integers(0, 999))
WORDS = st.sampled_from(
    ["", "u1", "view", "1", "5", "19.90", "12,345", "1.234,56", "2025-01-05", "03/04/2025",
     "25/04/2025", "1735689600", "1735689600123", "4006381333931", "€ 5", "$7", "07:00", "é", "=1",
     "9" * 40, "-0", "1e9", "nan", "2025-13-45", "99999999999999999999"]
)  # fmt: skip
NAMES = st.sampled_from(
    ["user", "client", "item", "time", "date", "amount", "price", "c1", "c2", "x"]
)


@given(st.lists(EITHER, min_size=1, max_size=20))
def test_dates_that_fit_either_order_are_never_guessed(cells):
    assert date_order(pl.Series(cells)) is None


@given(st.lists(EITHER, max_size=20), st.integers(13, 28), LOW, st.booleans())
def test_one_date_more_that_tells_decides(cells, day, month, day_first):
    telling = f"{day}/{month:02}/2025" if day_first else f"{month:02}/{day}/2025"
    expected = "dmy" if day_first else "mdy"
    assert date_order(pl.Series([*cells, telling])) == expected
    assert date_order(pl.Series([telling, *cells])) == expected


@given(st.lists(GROUPED, min_size=1, max_size=20))
def test_numbers_that_fit_either_mark_are_never_guessed(cells):
    assert decimal_mark(bare(pl.Series(cells))) is None


@given(st.lists(GROUPED, max_size=20), st.integers(0, 999), st.integers(0, 99), st.booleans())
def test_one_number_more_that_tells_decides(cells, whole, cents, comma):
    telling = f"{whole},{cents:02}" if comma else f"1,{whole:03}.{cents:02}"
    mark = decimal_mark(bare(pl.Series([*cells, telling])))
    assert mark == ("," if comma else ".")
    value = Decimal(f"{whole}.{cents:02}") + (0 if comma else 1000)
    assert exact(bare(pl.Series([telling])), mark).to_list() == [value]


@given(st.lists(st.one_of(st.none(), st.text(max_size=12), WORDS), max_size=20))
def test_any_text_is_an_exact_number_or_nothing(cells):
    column = pl.Series(cells, dtype=pl.String)
    for mark in (".", ","):
        numbers = exact(bare(column), mark)
        assert numbers.dtype == EXACT
        assert len(numbers) == len(column)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_any_table_is_understood_or_refused_in_a_sentence(data):
    table = data.draw(st.sampled_from(list(ROLES)))
    names = data.draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    row = st.lists(st.one_of(WORDS, st.text(max_size=5)), min_size=len(names), max_size=len(names))
    rows = data.draw(st.lists(row, min_size=1, max_size=8))
    buffer = io.StringIO()
    csv.writer(buffer).writerows([names, *rows])
    try:
        raw = read(buffer.getvalue().encode(), table=table, source="x.csv")
        found = understand(raw)
    except ClvError:
        return
    columns = list(found.map.roles.values())
    assert set(columns) <= set(raw.frame.columns)
    assert len(columns) == len(set(columns)), "a column plays one role"
    assert not set(columns) & set(found.unused)
    required = {role.name for role in ROLES[table] if role.required}
    open_roles = {one.role for one in found.questions if one.about == "role"}
    assert required <= {*found.map.roles, *open_roles}
    assert not open_roles & set(found.map.roles)
    for question in found.questions:
        assert question.about in {"role", "currency"} or len(question.answers) == 2


CENTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=6)


def written(cents, mark):
    """An amount with two places and its thousands parted, as a German or an English hand writes it."""
    text = f"{Decimal(cents).scaleb(-2):,.2f}"
    return text.translate(str.maketrans(",.", ".,")) if mark == "," else text


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(CENTS, st.sampled_from([",", "."])), min_size=1, max_size=5))
def test_files_of_any_hands_in_any_order_add_up_to_the_cent(files):
    raws = [
        read(
            "\n".join(
                ["user;time;amount", *(f"u;2025-01-01;{written(one, mark)}" for one in cents)]
            ).encode(),
            table="events",
            source="same.csv" if place % 2 else f"{place}.csv",
        )
        for place, (cents, mark) in enumerate(files)
    ]
    raws = list({one.files[0].sha256: one for one in raws}.values())
    expected = sum(
        sum(Decimal(one.translate(str.maketrans("", "", ",."))) for one in raw.frame["amount"])
        for raw in raws
    )
    raw = combined(raws)
    assert not understand(raw, currency="EUR").questions
    cells = Cells(raw, understand(raw, currency="EUR").map, "UTC", Choices())
    numbers, wrong = cells.numbers("amount")
    assert not wrong.any()
    assert sum(numbers.to_list()) == expected.scaleb(-2)
