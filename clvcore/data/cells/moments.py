"""Times as files write them become moments in UTC; the order of day and month is one per column and file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import polars as pl

from clvcore import columns as col

DateOrder = Literal["dmy", "mdy"]
Unit = Literal["s", "ms", "us", "ns"]
UNITS: dict[Unit, int] = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Units in which files count the time since 1970, and how many of each make a second."""

_DIGITS: dict[Unit, int] = {"s": 10, "ms": 13, "us": 16, "ns": 19}
"""The most digits that a count from 1970 has in each unit, in this century and the next."""
_EPOCH = r"^-?\d{9,10}(\.\d+)?$|^\d{12,13}(\.0*)?$|^\d{15,16}$|^\d{18,19}$"
_NUMERIC = r"^(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})(?:\D|$)"
_ISO = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$"
COUNTED_DAY = "day "
"""In front of a day that is counted from 1, as in ``day 12 16:31``."""
_COUNTED = rf"^{COUNTED_DAY}(\d{{1,6}})( \d{{2}}:\d{{2}})?$"
_OFFSET = r"^(.*\d:\d{2}.*?)\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"
_FORMATS = (
    "%Y-%m-%d %H:%M:%S",  # first, as polars reads it four times as fast as the next
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
)
_LENGTH = len("2025-03-01 14:30:00")
_WITH_MONTH_NAMES = tuple(
    f"{day}{clock}"
    for day in ("%d %b %y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
    for clock in (" %H:%M:%S", " %H:%M", "", " %I:%M:%S %p", " %I:%M %p")
)
_HOUR = pl.duration(hours=1)


@dataclass(frozen=True, slots=True)
class Moments:
    """A column of times, read."""

    at: pl.Series
    """Moments in UTC; null where a cell is empty or no time."""
    skipped: int
    """Local times that the clocks never showed (spring); read as an hour later."""
    repeated: int
    """Local times that the clocks showed twice (autumn); the first of the two is taken."""


@dataclass(frozen=True, slots=True)
class Dates:
    """How many cells of a column tell how its times are written; those of its pieces add up."""

    filled: int = 0
    counted: int = 0
    """Numbers with as many digits as a count from 1970 has."""
    numeric: int = 0
    """Dates of three numbers with the year last."""
    dotted: int = 0
    day_first: int = 0
    month_first: int = 0

    def __add__(self, other: "Dates") -> "Dates":
        pairs = ((getattr(self, one.name), getattr(other, one.name)) for one in fields(self))
        return Dates(*(mine + theirs for mine, theirs in pairs))

    @property
    def is_epoch(self) -> bool:
        """Whether most cells count from 1970."""
        return 2 * self.counted > self.filled

    @property
    def is_silent(self) -> bool:
        """Whether no date says a word about the order of day and month."""
        return self.day_first == self.month_first == 0

    @property
    def is_telling(self) -> bool:
        """Whether dates that are not dotted, where the order is open, say which it is."""
        return self.day_first != self.month_first and self.dotted < self.numeric

    @property
    def order(self) -> DateOrder | None:
        """The order of day and month; None where it cannot be told."""
        if not self.numeric:
            return "dmy"
        if self.day_first == self.month_first:
            return "dmy" if self.dotted == self.numeric else None
        return "dmy" if self.day_first > self.month_first else "mdy"


def orders_of(files: Mapping[str, Dates]) -> dict[str, DateOrder | None]:
    """The order of day and month in each file; None where it cannot be told.

    A file whose dates do not tell (the first days of a month) is read as the other files that write
    dates alike, where all of these that tell agree.

    Example:
        >>> early, late = (dates_of(pl.Series([day])) for day in ("03/04/2025", "25/04/2025"))
        >>> orders_of({"early.csv": early, "late.csv": late})
        {'early.csv': 'dmy', 'late.csv': 'dmy'}
    """
    told = {one.order for one in files.values() if one.is_telling}
    (shared,) = told if len(told) == 1 else (None,)
    return {
        file: shared if one.order is None and one.is_silent else one.order
        for file, one in files.items()
    }


def date_order(cells: pl.Series) -> DateOrder | None:
    """The order of day and month in a whole column; None where 03/04/2025 cannot be told.

    Example:
        >>> date_order(pl.Series(["03/04/2025", "25/04/2025"]))
        'dmy'
        >>> date_order(pl.Series(["03/04/2025"])) is None
        True
    """
    return dates_of(cells).order


def dates_of(cells: pl.Series) -> Dates:
    """What the cells of a column, or of a piece of it, tell about how its times are written.

    A first number above 12 is a day, a second number above 12 makes the first one a month; the
    majority of the cells that tell decides. Dots are written between day, month and year only in
    that order.
    """
    known = cells.drop_nulls()
    counted = int(known.str.contains(_EPOCH).sum())
    numeric = known.filter(known.str.contains(_NUMERIC))
    if not len(numeric):
        return Dates(len(known), counted)
    parts = (
        numeric.str.extract_groups(_NUMERIC)
        .struct.unnest()
        .drop_nulls()
        .with_columns(pl.col("1", "3").cast(pl.Int16))
    )
    return Dates(
        filled=len(known),
        counted=counted,
        numeric=parts.height,
        dotted=int((parts["2"] == ".").sum()),
        day_first=int((parts["1"] > 12).sum()),
        month_first=int((parts["3"] > 12).sum()),
    )


def open_date(cells: pl.Series) -> str | None:
    """A date that means another day with the month first, of cells that do not tell; None without any.

    Example:
        >>> open_date(pl.Series(["2025-01-01", "01/01/2025", "02/01/2025"]))
        '02/01/2025'
    """
    numeric = cells.filter(cells.str.contains(_NUMERIC))
    parts = numeric.str.extract_groups(_NUMERIC).struct.unnest()
    telling = numeric.filter(parts["1"].cast(pl.Int16) != parts["3"].cast(pl.Int16))
    return next(iter([*telling.head(1), *numeric.head(1)]), None)


def counts_days(cells: pl.Series) -> bool:
    """Whether there are cells that count days from a day which they do not tell."""
    return bool(cells.str.contains(_COUNTED).any())


def dated(cells: pl.Series, first_day: str) -> pl.Series:
    """Counted days as dates; other cells stay as they are.

    Example:
        >>> dated(pl.Series(["day 1 08:00", "day 32 16:31", "x"]), "2017-01-01").to_list()
        ['2017-01-01 08:00', '2017-02-01 16:31', 'x']
    """
    parts = cells.str.extract_groups(_COUNTED).struct.unnest()
    begin = pl.lit(first_day).str.to_date("%Y-%m-%d")
    day = begin + pl.duration(days=pl.col("1").cast(pl.Int64) - 1)
    dates = parts.select(day.dt.to_string("%Y-%m-%d") + pl.col("2").fill_null("")).to_series()
    return cells.to_frame("c").select(pl.coalesce(dates, "c")).to_series().alias(cells.name)


def is_epoch(cells: pl.Series) -> bool:
    """Whether most cells are numbers with as many digits as a count from 1970 has."""
    known = cells.drop_nulls()
    return 2 * int(known.str.contains(_EPOCH).sum()) > len(known)


def unit_of(cells: pl.Series) -> Unit:
    """The unit of most numbers that count from 1970, by their digits.

    Example:
        >>> unit_of(pl.Series(["1735689600000", "1735689600123"]))
        'ms'
    """
    digits = cells.drop_nulls().str.extract(r"^-?(\d+)").str.len_bytes()
    usual = digits.drop_nulls().mode().sort()[0]
    return next(unit for unit, most in _DIGITS.items() if usual <= most)


def moments(
    cells: pl.Series,
    *,
    time_zone: str,
    order: DateOrder,
    unit: Unit | None = None,
    epoch: bool | None = None,
) -> Moments:
    """The moments that the cells mean.

    Known are seconds, milli-, micro- and nanoseconds since 1970, ISO 8601 with and without
    offset, compact dates, and day, month and year in either ``order``, with clock or without. A
    time without offset is local in ``time_zone``; a date alone is its first moment there. A
    ``unit`` says that the cells count from 1970 in it; the number of digits tells otherwise.
    ``epoch`` says whether the column counts from 1970 where these cells are a piece of it.

    Example:
        >>> read = moments(pl.Series(["2025-07-01 12:00"]), time_zone="Europe/Berlin", order="dmy")
        >>> read.at.to_list()[0].isoformat()
        '2025-07-01T10:00:00+00:00'
    """
    if unit is not None:
        return Moments(_counted(cells, unit), 0, 0)
    if is_epoch(cells) if epoch is None else epoch:
        return Moments(_from_epoch(cells), 0, 0)
    naive, east = _local(cells, order)
    return _in_utc(naive, east, time_zone)


def _local(cells: pl.Series, order: DateOrder) -> tuple[pl.Series, pl.Series]:
    """Naive times, and how many seconds east of Greenwich each was written; null where it does not say.

    Most files write all times in the first of the formats, which has no room for an offset: what
    fills it whole is read at once, and only the rest is taken apart.
    """
    fits = cells.str.len_bytes() == _LENGTH
    read = _read_by(cells, _FORMATS[0])
    rest = (~(fits & read.is_not_null()) & cells.is_not_null()).arg_true()
    east = pl.repeat(None, len(cells), dtype=pl.Int64, eager=True)
    if not len(rest):
        return read, east
    text = _as_iso(cells.gather(rest), order)
    parts = text.str.extract_groups(_OFFSET).struct.unnest()
    local = text.to_frame("t").select(pl.coalesce(parts["1"], "t")).to_series().str.strip_chars()
    return read.scatter(rest, _parsed(local)), east.scatter(rest, _seconds(parts["2"]))


def _counted(cells: pl.Series, unit: Unit) -> pl.Series:
    number = cells.str.strip_chars().cast(pl.Decimal(38, 6), strict=False)
    number = number.set(number.abs() >= 10**20, value=None)
    micros = (number.cast(pl.Float64) * (1_000_000 / UNITS[unit])).round()
    return micros.cast(pl.Int64, strict=False).cast(col.TIME)


def _from_epoch(cells: pl.Series) -> pl.Series:
    digits = cells.str.extract(r"^-?(\d+)").str.len_bytes()
    value = pl.col("v")
    per_digit = (
        pl.when(pl.col("d") <= 10)
        .then((value * 1_000_000).round())
        .when(pl.col("d") <= 13)
        .then(value * 1_000)
        .when(pl.col("d") <= 16)
        .then(value)
        .otherwise((value / 1_000).floor())
    )
    number = cells.str.replace(_EPOCH, "${0}").cast(pl.Decimal(38, 6), strict=False)
    valid = cells.str.contains(_EPOCH)
    return (
        pl.DataFrame({"v": number.cast(pl.Float64), "d": digits, "ok": valid})
        .select(pl.when("ok").then(per_digit).cast(pl.Int64).cast(col.TIME))
        .to_series()
    )


def _as_iso(cells: pl.Series, order: DateOrder) -> pl.Series:
    """Dates with the year in front and hyphens, clocks behind a space."""
    plain = cells.str.contains(_ISO)
    found = cells.str.replace("T", " ", literal=True)
    other = (~plain).arg_true()
    if not len(other):
        return found
    return found.scatter(other, _turned(cells.gather(other), order))


def _turned(cells: pl.Series, order: DateOrder) -> pl.Series:
    day_month = "-${2}-${1}" if order == "dmy" else "-${1}-${2}"
    numeric = r"^(\d{1,2})[./-](\d{1,2})[./-]"
    return (
        cells.str.strip_chars()
        .str.replace(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})", "${1}-${2}-${3}")
        .str.replace(
            r"^(\d{4})(\d{2})(\d{2})[Tt ]?(\d{2})(\d{2})(\d{2})(\D.*)?$",
            "${1}-${2}-${3} ${4}:${5}:${6}${7}",
        )
        .str.replace(r"^(\d{4})(\d{2})(\d{2})(\D|$)", "${1}-${2}-${3}${4}")
        .str.replace(numeric + r"(\d{4})", "${3}" + day_month)
        .str.replace(numeric + r"([0-6]\d)(\D|$)", "20${3}" + day_month + "${4}")
        .str.replace(numeric + r"([7-9]\d)(\D|$)", "19${3}" + day_month + "${4}")
        .str.replace(r"^(\d{4}-\d{1,2}-\d{1,2})(?:[Tt]|,?\s+)(\d)", "${1} ${2}")
        .str.replace(r"(\d:\d{2}:\d{2}),(\d)", "${1}.${2}")
        .str.replace(r"(?i)(\d)\s*([ap])\.?m\.?$", "${1} ${2}m")
    )


def _parsed(local: pl.Series) -> pl.Series:
    """Naive times; further formats are tried in turn on the cells that are still unread."""
    read = _read_by(local, _FORMATS[0])
    unread = (read.is_null() & local.is_not_null()).arg_true()
    if not len(unread):
        return read
    rest = local.gather(unread)
    found = _first_of(rest, _FORMATS[1:])
    if rest.filter(found.is_null()).str.contains(r"[A-Za-z]{3}").any():
        named = (
            rest.str.replace_all(r"(\d)-|-(\d)", "${1} ${2}")
            .str.replace(r"^(?i)(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+", "")
            .str.replace_all(r"[,.]", " ")
            .str.replace_all(r"\s+", " ")
            .str.strip_chars()
        )
        found = _or_else(found, _first_of(named, _WITH_MONTH_NAMES))
    return read.scatter(unread, found)


def _first_of(cells: pl.Series, formats: Sequence[str]) -> pl.Series:
    """Times by the first of the formats that reads them."""
    found = _read_by(cells, formats[0])
    for form in formats[1:]:
        if not found.null_count():
            break
        found = _or_else(found, _read_by(cells, form))
    return found


def _or_else(first: pl.Series, second: pl.Series) -> pl.Series:
    return first.to_frame("f").select(pl.coalesce("f", second)).to_series()


def _read_by(local: pl.Series, form: str) -> pl.Series:
    return local.str.to_datetime(form, time_unit="us", strict=False)


def _seconds(offset: pl.Series) -> pl.Series:
    """Seconds east of Greenwich; null where a time names no offset."""
    parts = offset.str.extract_groups(r"^([+-])(\d{2}):?(\d{2})?$").struct.unnest()
    hours, minutes = (parts[name].cast(pl.Int64) for name in ("2", "3"))
    size = hours * 3600 + minutes.fill_null(0) * 60
    return (
        pl.DataFrame({"o": offset, "sign": parts["1"], "size": size})
        .select(
            pl.when(pl.col("o").is_null())
            .then(None)
            .when(pl.col("sign") == "-")
            .then(-pl.col("size"))
            .otherwise(pl.col("size").fill_null(0))
        )
        .to_series()
    )


def _in_utc(naive: pl.Series, offset: pl.Series, time_zone: str) -> Moments:
    local, east = pl.col("local"), pl.col("east")
    frame = pl.DataFrame({"local": naive, "east": offset})
    absolute = (local - pl.duration(seconds=east)).dt.replace_time_zone("UTC")
    if time_zone == "UTC" or frame["east"].null_count() == 0:
        return Moments(frame.select(_absolute_or(absolute, east, local)).to_series(), 0, 0)

    def placed(times: pl.Expr, ambiguous: Literal["earliest", "latest"]) -> pl.Expr:
        there = times.dt.replace_time_zone(time_zone, ambiguous=ambiguous, non_existent="null")
        return there.dt.convert_time_zone("UTC")

    frame = frame.with_columns(
        first=placed(local, "earliest"), last=placed(local, "latest"), absolute=absolute
    )
    gap = local.is_not_null() & east.is_null() & pl.col("first").is_null()
    # the clock was moved forward over this time: read it by the offset before the change
    bridged = placed(local - _HOUR, "earliest") + _HOUR
    found = frame.select(
        at=pl.when(east.is_not_null()).then("absolute").when(gap).then(bridged).otherwise("first"),
        gap=gap,
        twice=east.is_null() & (pl.col("first") != pl.col("last")),
    )
    return Moments(found["at"], int(found["gap"].sum()), int(found["twice"].sum()))


def _absolute_or(absolute: pl.Expr, east: pl.Expr, local: pl.Expr) -> pl.Expr:
    """Times by their offset where they name one, as UTC where they do not."""
    plain = local.dt.replace_time_zone("UTC")
    return pl.when(east.is_not_null()).then(absolute).otherwise(plain)
