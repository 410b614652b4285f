"""Where the table of a file begins and ends: the header below a title, the totals at the end."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from itertools import pairwise

import polars as pl

from clvcore.data.cells import amounts
from clvcore.data.cells.stored import as_in_file
from clvcore.data.dataset import RawTable
from clvcore.errors import MappingError, UploadError
from clvcore.messages import say

MOST_COLUMNS = 4096
"""More columns than any sensible table has."""
PREAMBLE, TOTAL = "preamble", "total"
SAMPLE = 200
"""Lines that are looked at to find the header."""
_MOST_PREAMBLE = 50
_MOST_TOTALS = 12
_NUMBER = re.compile(r"[-+(\u2212]?\s?\W?\s?\d[\d.,' \u00a0\u202f]*([eE][-+]?\d+)?\s?\W?\)?")
_YEAR = re.compile(r"(19|20)\d\d|\d")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")
_WORDS = (
    "grand total|sub-?total|totals?|sum|summe|gesamt(summe|betrag|ergebnis)?|insgesamt|zwischensumme"
    "|somme|total général|totale|totaal|suma|razem|celkem|summa|toplam|итого|всего"
    "|合计|总计|小计|合計|総計|小計|총계|합계|소계"
)
_TOTAL = re.compile(rf"\W*({_WORDS})\W*", re.IGNORECASE)
_TOTAL_LINE = re.compile(
    rf"\W*({_WORDS})\b.*|\W*\d[\d,. ]* rows?( selected| affected| in set.*)?\.?\W*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Top:
    """Where a table begins."""

    place: int
    """Which of the rows comes first."""
    named: bool
    """Whether that row names the columns."""


def top_of(rows: Sequence[Sequence[str]]) -> Top:
    """Where the table begins among the first rows of a file.

    The header is the first row that has as many cells as most rows, nearly all of them filled, none
    of them a number or a date. A row that looks like data where the header should stand is one:
    then no row names the columns.

    Example:
        >>> top_of([["Sales 2024", "", ""], ["user", "item", "price"], ["u1", "p1", "2"]])
        Top(place=1, named=True)
        >>> top_of([["u1", "2024-01-05", "2"], ["u2", "2024-01-06", "3"]])
        Top(place=0, named=False)
    """
    if not rows:
        return Top(0, named=True)
    usual = Counter(len(row) for row in rows).most_common(1)[0][0]
    fills = sorted(_n_filled(row) for row in rows if len(row) == usual)
    enough = 0.6 * fills[len(fills) // 2]
    for place, row in enumerate(rows[:_MOST_PREAMBLE]):
        if len(row) != usual or _n_filled(row) < enough:
            continue
        below = rows[place + 1 : place + 6]
        if _is_names(row) and (_is_counted(row) or not _looks_like(row, below)):
            if _is_title(row, below[:1]):
                continue
            return Top(place, named=True)
        earlier = [n for n, one in enumerate(rows[:place]) if _n_filled(one) > 1 and _is_names(one)]
        return Top(earlier[0], named=True) if earlier else Top(place, named=False)
    return Top(0, named=True)


def _n_filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _is_names(row: Sequence[str]) -> bool:
    return not any(_is_value(cell.strip()) for cell in row)


def _is_value(cell: str) -> bool:
    """Whether a cell is a number or a date, which hardly ever names a column; a year may."""
    if not any(char.isdigit() for char in cell):
        return False
    return bool((_NUMBER.fullmatch(cell) and not _YEAR.fullmatch(cell)) or _DATE.fullmatch(cell))


def _looks_like(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a cell with digits, such as u17, looks like all those below it."""
    alike = [other for other in below if len(other) == len(row)]
    return len(alike) > 1 and any(
        any(char.isdigit() for char in cell)
        and all(_shape(other[place]) == _shape(cell) for other in alike)
        for place, cell in enumerate(row)
    )


def _is_counted(row: Sequence[str]) -> bool:
    """Whether the cells are one word with numbers that rise by one, as in c1, c2, c3."""
    parts = [re.fullmatch(r"(\D+)(\d+)", cell.strip()) for cell in row]
    words = {part[1] for part in parts if part is not None}
    numbers = [int(part[2]) for part in parts if part is not None]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return len(numbers) == len(row) and len(words) == 1 and steps == {1}


def _shape(cell: str) -> str:
    return re.sub(r"[^\W\d]+", "a", re.sub(r"\d+", "9", cell.strip()))


def _is_title(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row whose last cells are empty stands above a fuller row of names."""
    return (
        bool(below)
        and len(below[0]) == len(row)
        and not row[-1].strip()
        and bool(below[0][-1].strip())
        and _n_filled(below[0]) > _n_filled(row)
        and _is_names(below[0])
    )


def named(cells: Sequence[str], *, source: str) -> list[str]:
    """Names of the columns, each its own; a column without a name is called after its place.

    Raises:
        MappingError: two columns have the same name.
        UploadError: there are more columns than a table has.
    """
    if len(cells) > MOST_COLUMNS:
        raise UploadError(say("data.read.too_wide", source=source, n=len(cells), most=MOST_COLUMNS))
    names = [cell.strip() or f"column_{place}" for place, cell in enumerate(cells, 1)]
    double = [name for name, times in Counter(names).items() if times > 1]
    if double:
        raise MappingError(say("data.double_column", column=double[0], source=source))
    return names


Earlier = Callable[[int], Iterable[pl.Series]]
"""place of a column -> its cells in the pieces of the table before the last one, piece by piece"""


def _nothing(_: int) -> Iterable[pl.Series]:
    return ()


def without_totals(raw: RawTable, *, joint: str = ",", earlier: Earlier = _nothing) -> RawTable:
    """The table with its lines of totals at the end set aside.

    A total is a last row that says so where it leaves other cells empty; or one without the ids that
    every other row has, whose number is the sum of the column; or a last line that is no record and
    begins with such a word.

    Args:
        raw: The table, or its last piece.
        joint: What stands between the cells of a line.
        earlier: The columns of the pieces before it; they are only looked at where a last row may
            be a sum.
    """
    raw = _without_broken_totals(raw)
    frame = raw.frame
    lines = raw.lines
    if lines is None:
        lines = pl.Series("line", range(1, frame.height + 1), dtype=pl.Int64)
    kept = frame.height
    while (
        kept > 1 and frame.height - kept < _MOST_TOTALS and _says_total(frame.head(kept), earlier)
    ):
        kept -= 1
    if kept > 2 and _is_sum(frame.head(kept), earlier):
        kept -= 1
    if kept == frame.height:
        return raw
    lost = [joint.join(cell or "" for cell in row) for row in as_in_file(frame.slice(kept)).rows()]
    aside = pl.DataFrame(
        {"line": lines.slice(kept), "text": lost, "why": [TOTAL] * len(lost)},
        schema=raw.aside.schema,
    )
    return replace(
        raw, frame=frame.head(kept), lines=lines.head(kept), aside=pl.concat([raw.aside, aside])
    )


def _without_broken_totals(raw: RawTable) -> RawTable:
    last = 0 if raw.lines is None or not len(raw.lines) else int(raw.lines[-1])
    totals = (pl.col("line") > last) & pl.col("text").map_elements(
        lambda text: bool(_TOTAL_LINE.fullmatch(text)), return_dtype=pl.Boolean
    )
    tail = raw.broken.tail(_MOST_TOTALS).filter(totals) if raw.broken.height else raw.broken
    if not tail.height:
        return raw
    broken = raw.broken.join(tail, on="line", how="anti", maintain_order="left")
    told = tail.with_columns(why=pl.lit(TOTAL)).cast(dict(raw.aside.schema))
    return replace(raw, broken=broken, aside=pl.concat([raw.aside, told]))


def _says_total(frame: pl.DataFrame, earlier: Earlier) -> bool:
    """Whether the last row calls itself a total, and leaves cells empty or holds the sum of a column."""
    cells = [(cell or "").strip() for cell in frame.row(-1)]
    filled = [cell for cell in cells if cell]
    if not any(_TOTAL.fullmatch(cell) for cell in filled[:2]):
        return False
    if not all(_TOTAL.fullmatch(cell) or _is_quantity(cell) for cell in filled):
        return False
    return len(filled) < len(cells) or any(
        _adds_up(frame, place, earlier) for place, cell in enumerate(cells) if _is_quantity(cell)
    )


def _is_quantity(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell)) or bool(
        re.fullmatch(r"\W?\s?[A-Z]{3}\s?\d.*|\d.*[A-Z]{3}", cell)
    )


def _is_sum(frame: pl.DataFrame, earlier: Earlier) -> bool:
    """Whether the last row has none of the ids that all others have, but the sum of a column."""
    last = frame.row(-1)
    above = frame.head(frame.height - 1)
    places = [place for place, cell in enumerate(last) if (cell or "").strip()]
    if not places or 2 * len(places) > len(last) or 0 in places:
        return False
    if above.to_series(0).null_count() or not all(
        _is_quantity(last[place] or "") for place in places
    ):
        return False
    if any(piece.null_count() for piece in earlier(0)):
        return False
    return any(_adds_up(frame, place, earlier) for place in places)


def _adds_up(frame: pl.DataFrame, place: int, earlier: Earlier) -> bool:
    """Whether the last cell of a column is the sum of all others."""
    return any(_is_the_sum(frame.to_series(place), earlier(place), mark) for mark in (".", ","))


def _is_the_sum(column: pl.Series, before: Iterable[pl.Series], mark: amounts.Mark) -> bool:
    numbers = _exact(column, mark)
    total = numbers[-1]
    if numbers.null_count() or not total:
        return False
    with localcontext(Context(prec=60)):
        rest = Decimal(numbers.head(len(numbers) - 1).sum() or 0)
        for piece in before:
            other = _exact(piece, mark)
            if other.null_count():
                return False
            rest += Decimal(other.sum() or 0)
        return rest == total


def _exact(column: pl.Series, mark: amounts.Mark) -> pl.Series:
    return amounts.exact(amounts.bare(column.fill_null("0")), mark)
