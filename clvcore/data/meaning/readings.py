"""How the cells of a column are read: decided on all of them, or asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from clvcore.data.cells import amounts, moments
from clvcore.data.cells.by_file import Way, files_by_way
from clvcore.data.cells.choices import ColumnChoices
from clvcore.data.cells.roles import CURRENCY, MONEY_ROLES, Role
from clvcore.data.cells.stored import is_stored
from clvcore.data.cells.table import Cells
from clvcore.data.cells.zones import UTC, named_zone, quiet_hours
from clvcore.data.meaning.proposals import About, Answer, Question
from clvcore.messages import listed, say

FILES = 3
"""Names of files in a sentence."""
DOLLAR = "$"
"""A sign of many currencies."""
_NUMERIC_DATE = r"^(\d{1,2})[./-](\d{1,2})[./-]"
_CLOCK = r"\d:\d{2}"
_DISTANCE = r"(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?)$"
_OFFSET = rf"\d:\d{{2}}.*{_DISTANCE}"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a column is read."""

    says: tuple[str, ...]
    decided: ColumnChoices
    question: Question | None = None
    files: Mapping[str, ColumnChoices] = field(default_factory=dict)
    """file -> how the column is read there, where files differ"""


def read_column(cells: Cells, role: Role) -> Reading:
    """How the column of a role is read."""
    if role.evidence == "time":
        return _time(cells, role.name)
    if role.evidence == "number":
        return _number(cells, role.name)
    distinct = cells.text(role.name).drop_nulls().n_unique()
    return Reading((say("data.known.reads_words", count=f"{distinct:,}"),), ColumnChoices())


def _time(cells: Cells, role: str) -> Reading:
    text = cells.values(role)
    own = cells.choices.of_column(cells.raw.name, cells.column(role))
    if moments.counts_days(text):
        return _counted(cells, role, text, own)
    told = cells.orders(role, text)
    is_counted = all(is_epoch for _, is_epoch in told.values())
    unit = own.epoch or (moments.unit_of(text) if is_counted else None)
    if unit is not None:
        return Reading((say(f"data.known.reads_epoch_{unit}"),), ColumnChoices(epoch=unit))
    zone = _zone(cells, role, text)
    orders = {file: order for file, (order, _) in told.items() if order is not None}
    if len(orders) < len(told):
        open_ = [file for file in told if file not in orders]
        return Reading(zone, own, _date_question(cells, role, text, open_))
    by_order = files_by_way(orders)
    by_file = {
        order: _order(cells.files.cells(text, files), order, said=_is_said(cells, role, files))
        for order, files in by_order.items()
    }
    says = *_by_files(by_file, by_order), *zone, *_near_midnight(cells, role, text, orders)
    if len(by_order) == 1:
        return Reading(says, ColumnChoices(date_order=next(iter(by_order)), zone=own.zone))
    files = {file: ColumnChoices(date_order=order) for file, order in orders.items()}
    return Reading(says, ColumnChoices(zone=own.zone), files=files)


def _is_said(cells: Cells, role: str, files: Sequence[str]) -> bool:
    """Whether a person said the order of day and month in these files."""
    table, column = cells.raw.name, cells.column(role)
    return all(cells.choices.of_file(table, column, file).date_order for file in files)


def _by_files(
    told: Mapping[Way, tuple[str, ...]], files: Mapping[Way, Sequence[str]]
) -> Iterator[str]:
    """What is told of files that are read in different ways; of all of them where they are alike."""
    for way, says in told.items():
        if len(told) == 1:
            yield from says
        else:
            names = listed(files[way], most=FILES)
            yield from (say("data.known.reads_in", files=names, reads=one) for one in says)


def _date_question(cells: Cells, role: str, text: pl.Series, files: Sequence[str]) -> Question:
    """Both readings of a date that can be either."""
    column = cells.column(role)
    example = moments.open_date(cells.files.cells(text, files)) or ""
    told = {"column": column, "example": example}
    answers = tuple(
        Answer(one, say(f"data.known.means_{one}", when=_date(example, one)))
        for one in ("dmy", "mdy")
    )
    return _asked("date_order", "asks_dates", cells, role, files, told, answers)


def _asked(
    about: About,
    key: str,
    cells: Cells,
    role: str,
    files: Sequence[str],
    told: Mapping[str, object],
    answers: tuple[Answer, ...],
) -> Question:
    """A question about a column, or about its part in some of several files."""
    column, several = cells.column(role), len(cells.files.names) > 1
    text = say(f"data.known.{key}", **told)
    if several:
        text = say("data.known.asks_in", files=listed(files, most=FILES), question=text)
    about_files = tuple(files) if several else ()
    return Question(about, cells.raw.name, role, column, text, answers, files=about_files)


def _counted(cells: Cells, role: str, text: pl.Series, own: ColumnChoices) -> Reading:
    """Days that are counted: from the first day that was said, or the question for it."""
    if own.first_day is None:
        column = cells.column(role)
        asked = say("data.known.asks_first_day")
        return Reading((), own, Question("first_day", cells.raw.name, role, column, asked, ()))
    dates = moments.dated(text, own.first_day)
    told = say("data.known.reads_days", first=date.fromisoformat(own.first_day))
    decided = ColumnChoices(first_day=own.first_day, zone=own.zone)
    return Reading((told, *_zone(cells, role, dates)), decided)


def _date(cell: str, order: moments.DateOrder) -> object:
    return moments.moments(pl.Series([cell]), time_zone="UTC", order=order).at[0]


def _order(text: pl.Series, order: moments.DateOrder, *, said: bool) -> tuple[str, ...]:
    """Which part of a numeric date is the day, and a date that tells so."""
    parts = text.str.extract_groups(_NUMERIC_DATE).struct.unnest().cast(pl.Int16)
    if parts["1"].null_count() == len(text):
        return (say("data.known.reads_dates"),)
    if said:
        return (say(f"data.known.reads_{order}"),)
    telling = text.filter((parts["1"] if order == "dmy" else parts["2"]) > 12)
    if not len(telling):
        return (say(f"data.known.reads_{order}"),)
    return (say(f"data.known.reads_{order}_since", example=telling[0]),)


def _zone(cells: Cells, role: str, text: pl.Series) -> tuple[str, ...]:
    """Whose clock the times are of, and what speaks for it."""
    zone, column = cells.zone_of(role), cells.column(role)
    clocks = int(text.str.contains(_CLOCK).sum())
    offsets = int(text.str.contains(_OFFSET).sum())
    if clocks and offsets == clocks:
        return (say("data.known.reads_offset"),)
    if offsets:
        return (say("data.known.reads_some_offset", zone=zone),)
    if not cells.choices.of_column(cells.raw.name, column).zone and named_zone(column):
        return (say("data.zone.by_name", zone=zone),)
    quiet = quiet_hours(text.drop_nulls())
    if quiet is None:
        return (say("data.known.reads_local", zone=zone),)
    told = {"begin": f"{quiet[0]:02}:00", "end": f"{quiet[1]:02}:00"}
    return (say("data.known.reads_local", zone=zone), say("data.zone.quiet", **told))


def _near_midnight(
    cells: Cells, role: str, text: pl.Series, orders: Mapping[str, moments.DateOrder]
) -> tuple[str, ...]:
    """Times that fall on another day than the file writes, as days are those of the data set."""

    def read(column: pl.Series, zone: str) -> pl.Series:
        return cells.files.read(
            column, orders, lambda one, order: moments.moments(one, time_zone=zone, order=order).at
        )

    clocked = text.str.contains(_CLOCK).fill_null(value=False)
    if not clocked.any():
        return ()
    at = read(text, cells.zone_of(role))
    written = read(text.str.replace(rf"\s*{_DISTANCE}", ""), UTC)
    there = at.dt.convert_time_zone(cells.time_zone)
    moved = pl.DataFrame({"text": text, "there": there, "written": written}).filter(
        clocked & (pl.col("there").dt.date() != pl.col("written").dt.date())
    )
    if not moved.height:
        return ()
    cell, when, _ = moved.row(0)
    share = f"{moved.height / int(clocked.sum()):.0%}"
    return (say("data.zone.day_moves", zone=cells.time_zone, example=cell, when=when, share=share),)


def _number(cells: Cells, role: str) -> Reading:
    column = cells.column(role)
    bare = cells.bare(role)
    found = cells.marks(role, bare)
    if open_ := [file for file, mark in found.items() if mark is None]:
        own = cells.choices.of_column(cells.raw.name, column)
        return Reading((), own, _mark_question(cells, role, bare, open_))
    stored = cells.files.told(is_stored(cells.raw.frame[column]), pl.Series.any)
    marked = cells.files.told(bare.str.contains(r"[.,]"), pl.Series.any)
    ways: dict[str, amounts.Mark | None] = {
        file: None
        if cells.raw.is_number(column, file) or (stored[file] and not marked[file])
        else mark
        for file, mark in found.items()
    }
    by_way = files_by_way(ways)
    told = {way: _mark(cells.files.cells(bare, files), way) for way, files in by_way.items()}
    says = tuple(_by_files(told, by_way))
    if any(stored[file] and mark is not None for file, mark in ways.items()):
        says = *says, say("data.known.reads_stored")
    of_texts = [mark for mark in by_way if mark is not None]
    if len(of_texts) < 2:
        return Reading(says, ColumnChoices(decimal=next(iter(of_texts), None)))
    files = {file: ColumnChoices(decimal=mark) for file, mark in ways.items() if mark is not None}
    return Reading(says, ColumnChoices(), files=files)


def _mark(bare: pl.Series, mark: amounts.Mark | None) -> tuple[str, ...]:
    """What numbers with this decimal mark are, and one that tells so; None is that of no text."""
    if mark is None:
        return (say("data.known.reads_numbers"),)
    marked = bare.filter(bare.str.contains(r"[.,]"))
    if not len(marked):
        return (say("data.known.reads_whole"),)
    key = "comma" if mark == "," else "point"
    telling = marked.filter(
        marked.str.contains(rf"[{mark}]\d*$") & amounts.exact(marked, mark).is_not_null()
    )
    if not len(telling):
        return (say(f"data.known.reads_{key}_said"),)
    return (say(f"data.known.reads_{key}", example=telling[0]),)


def _mark_question(cells: Cells, role: str, bare: pl.Series, files: Sequence[str]) -> Question:
    """Both readings of a number that can be either, or of two numbers that contradict each other."""
    column, bare = cells.column(role), cells.files.cells(bare, files)
    read = pl.DataFrame(
        {"cell": bare, ",": amounts.exact(bare, ","), ".": amounts.exact(bare, ".")}
    ).filter(pl.col("cell").str.contains(r"[.,]"))
    both = read.filter(pl.col(",").is_not_null() & pl.col(".").is_not_null())
    if both.height:
        example = both["cell"][0]
        answers = tuple(
            Answer(mark, say("data.known.means_number", number=both[mark][0].normalize()))
            for mark in (",", ".")
        )
        key, told = "asks_mark", {"column": column, "example": example}
    else:
        fits = {mark: read.filter(pl.col(mark).is_not_null())["cell"][0] for mark in (",", ".")}
        answers = tuple(
            Answer(mark, say("data.known.means_kept", cell=cell)) for mark, cell in fits.items()
        )
        key, told = "asks_marks", {"column": column, "one": fits[","], "other": fits["."]}
    return _asked("decimal", key, cells, role, files, told, answers)


def currencies_of(cells: Cells) -> list[str]:
    """Names of money in a column of currencies, or else beside the amounts."""
    named = cells.text(CURRENCY).str.to_uppercase().drop_nulls().unique().to_list()
    if named:
        return sorted(named)
    found = {
        name
        for role in MONEY_ROLES.get(cells.raw.name, ())
        for name in amounts.currencies(cells.text(role))
    }
    return sorted(found)


def currency_question(cells: Cells, named: list[str]) -> Question | None:
    """The question for the currency, where there is money and nothing tells what it is in."""
    roles = [role for role in MONEY_ROLES.get(cells.raw.name, ()) if cells.has(role)]
    if not roles or (named and named != [DOLLAR]):
        return None
    key = "data.known.asks_dollar" if named else "data.known.asks_currency"
    column = cells.column(roles[0])
    text = say(key, column=column)
    return Question("currency", cells.raw.name, roles[0], column, text, ())
