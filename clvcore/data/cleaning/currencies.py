"""Money in several currencies: told apart row by row, and converted exactly where there is a rate.

A rate is what one unit of the foreign currency is worth in the data set's currency. The product
is exact; it is rounded once, to the four places of money, half away from zero. Rates by date hold
from their day until the next one in the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from operator import add

import polars as pl

from clvcore import columns as col
from clvcore.data.cells import amounts
from clvcore.data.cells.rates import Rates
from clvcore.data.cells.roles import CURRENCY, MONEY_ROLES
from clvcore.data.cells.table import Cells
from clvcore.data.cleaning.noticed import Noticed
from clvcore.data.cleaning.quality import total
from clvcore.data.dataset import Severity
from clvcore.errors import DataError
from clvcore.messages import listed, say


class MixedCurrenciesError(DataError):
    """Error raised when money of several currencies has no rates."""

    def __init__(self, text: str, found: tuple[str, ...], sums: "Sums | None" = None) -> None:
        """The sentence, the currencies that were found, and what they sum up to."""
        super().__init__(text)
        self.found = found
        self.sums = sums


@dataclass(frozen=True, slots=True)
class Sums:
    """Rows and money of each currency of a column; those of pieces of a table add up."""

    column: str
    source: str
    own: str
    rows: Mapping[str, int]
    money: Mapping[str, Decimal]

    def __add__(self, other: "Sums") -> "Sums":
        codes = sorted({*self.rows, *other.rows})
        rows = {code: self.rows.get(code, 0) + other.rows.get(code, 0) for code in codes}
        none = Decimal(0)
        money = {code: self.money.get(code, none) + other.money.get(code, none) for code in codes}
        return replace(self, rows=rows, money=money)

    def error(self) -> MixedCurrenciesError:
        """The error that names them all, the most frequent one first."""
        ranked = sorted(self.rows, key=lambda code: (-self.rows[code], code))
        parts = [
            say(
                "data.clean.currency_rows",
                currency=code,
                rows=say("units.rows_many", rows=self.rows[code]),
                money=f"{self.money[code]:,.2f}",
            )
            for code in ranked
        ]
        foreign = next((code for code in ranked if code != self.own), self.own)
        text = say(
            "data.mixed_currencies",
            column=self.column,
            source=self.source,
            currencies=listed(parts, most=5),
            foreign="USD" if foreign == "$" else foreign,
            own=self.own,
        )
        return MixedCurrenciesError(text, tuple(ranked), self)


def mixed_of(errors: Sequence[MixedCurrenciesError]) -> MixedCurrenciesError:
    """The one error about all parts of a table."""
    sums = [one.sums for one in errors if one.sums is not None]
    return reduce(add, sums).error() if sums else errors[0]


@dataclass(frozen=True, slots=True)
class Converted:
    """Money in the data set's currency."""

    money: pl.Series
    """Exact; null where a row is in a currency that is left out."""
    other: pl.Series
    """Rows in a currency that is left out."""
    noticed: tuple[Noticed, ...] = ()


def named(cells: Cells, role: str) -> pl.Series | None:
    """The currency that each row names; null where it names none, None where no row does."""
    if _has_column(cells):
        codes = in_column(cells)
    elif cells.whole and not _distinct(cells, role):
        return None
    else:
        codes = beside(cells.text(role))
    return codes if cells.whole or codes.null_count() < len(codes) else None


def in_column(cells: Cells) -> pl.Series:
    """The currency that each row names in a column of its own."""
    return cells.text(CURRENCY).str.to_uppercase().replace(amounts.SYMBOLS)


def beside(text: pl.Series) -> pl.Series:
    """The currency that stands beside each number."""
    if not text.str.contains(r"[^0-9.,+\-]").any():  # a cheap look first
        return pl.repeat(None, len(text), dtype=pl.String, eager=True)
    words = text.to_frame("t").select(
        pl.coalesce(
            pl.col("t").str.extract(r"(\p{Sc})"),
            pl.col("t").str.extract(r"^[-(\s]*([A-Z]{3})[-\s]*\d"),
            pl.col("t").str.extract(r"\d\s*([A-Z]{3})\)?$"),
        )
    )["t"]
    return words.replace(amounts.SYMBOLS)


def _has_column(cells: Cells) -> bool:
    """Whether rows name their currency in a column of its own, in the whole table."""
    if cells.whole and CURRENCY not in cells.roles.constants:
        return CURRENCY in cells.whole and cells.whole[CURRENCY].filled > 0
    words = cells.text(CURRENCY)
    return words.null_count() < len(words)


def _distinct(cells: Cells, role: str) -> frozenset[str]:
    """The currencies that the whole table names, where its rows are a piece of it."""
    source = CURRENCY if _has_column(cells) else role
    if source in cells.whole:
        return cells.whole[source].symbols
    codes = in_column(cells) if source == CURRENCY else beside(cells.text(role))
    return frozenset(codes.drop_nulls().unique().to_list())


def only_currency(cells: Cells) -> str | None:
    """The one currency that a table names; None where it names none or several."""
    for role in MONEY_ROLES.get(cells.raw.name, ()):
        codes = named(cells, role) if cells.has(role) or cells.has(CURRENCY) else None
        if codes is not None:
            found = _distinct(cells, role)
            return next(iter(found)) if len(found) == 1 else None
    return None


def converted(cells: Cells, role: str, money: pl.Series, at: pl.Series | None = None) -> Converted:
    """Exact money of a table in the data set's currency.

    Args:
        cells: The table.
        role: Role of the column whose cells may name the currency.
        money: Exact money of each row as the file has it.
        at: Moment of each row, for rates that change; the last rate holds where there is none.

    Raises:
        MixedCurrenciesError: rows name several currencies, and there is neither a rate for them nor the
            choice of one.
        DataError: a row is older than the first rate of its currency.
    """
    nobody = pl.zeros(len(money), dtype=pl.Boolean, eager=True)
    codes = named(cells, role)
    own, rates = cells.currency_code, cells.choices.rates
    if codes is None or not own:
        return Converted(money, nobody)
    meant = _meant(own, rates)
    codes = codes.to_frame("c").select(meant.alias("c"))["c"]
    distinct = pl.DataFrame({"c": sorted(_distinct(cells, role))}, schema={"c": pl.String})
    named_ones = distinct.select(meant.alias("c"))["c"].unique().sort().to_list()
    codes = _filled(cells, codes, own, named_ones)
    foreign = [code for code in named_ones if code != own]
    if not foreign:
        return Converted(money, nobody)
    open_ones = [code for code in foreign if code not in rates]
    alone = len(named_ones) == 1
    if open_ones and alone and not cells.choices.keep_currency:
        return Converted(money, nobody)  # one currency all through: the intake warns of it
    if open_ones and not cells.choices.keep_currency:
        raise _mixed(cells, role, money, codes)
    other = codes.is_in(open_ones)
    frame = pl.DataFrame({"money": money, "code": codes, "rate": _factors(cells, codes, at)})
    exact = frame.select(
        pl.when(~pl.lit(other)).then(pl.col("money") * pl.col("rate")).cast(amounts.EXACT)
    ).to_series()
    told = _told(
        cells, frame.with_columns(exact.alias("exact")), [c for c in foreign if c in rates]
    )
    return Converted(exact, other, told)


def _meant(own: str, rates: Rates) -> pl.Expr:
    """Codes, with the dollar that a bare sign can only mean."""
    dollars = [code for code in rates if code.endswith("D")]
    meant = own if own.endswith("D") else dollars[0] if len(dollars) == 1 else "$"
    return pl.col("c").replace({"$": meant})


def _filled(cells: Cells, codes: pl.Series, own: str, named_ones: list[str]) -> pl.Series:
    """Codes also where a row names none: that of its order, or the only one of the table."""
    if not codes.null_count():
        return codes
    if len(named_ones) == 1:
        return codes.fill_null(named_ones[0])
    ids = {"order": cells.text(col.ORDER), "user": cells.text(col.USER)}
    frame = pl.DataFrame({"c": codes, **ids})
    of_order = pl.col("c").drop_nulls().first().over("order", "user")
    known = pl.when(pl.col("order").is_not_null()).then(of_order)
    return frame.select(pl.coalesce("c", known, pl.lit(own)).alias("c"))["c"]


def _factors(cells: Cells, codes: pl.Series, at: pl.Series | None) -> pl.Series:
    """What a unit of each row's currency is worth."""
    rates = cells.choices.rates
    days = codes.to_frame("code").with_row_index("row")
    days = days.with_columns(
        (pl.Series([None], dtype=pl.Date) if at is None else _days(cells, at)).alias("day")
    )
    steps = pl.DataFrame(
        [
            (code, None if day == "" else day, rate)
            for code, known in rates.items()
            for day, rate in (known if isinstance(known, Mapping) else {"": known}).items()
        ],
        schema={"code": pl.String, "from": pl.String, "rate": pl.Decimal(38, 12)},
        orient="row",
    ).with_columns(pl.col("from").str.to_date().fill_null(pl.date(1, 1, 1)))
    latest = pl.col("day").fill_null(pl.date(9999, 1, 1))
    foreign = days.filter(pl.col("code").is_in(list(rates))).with_columns(latest).sort("day")
    found = foreign.join_asof(
        steps.sort("from"),
        left_on="day",
        right_on="from",
        by="code",
        strategy="backward",
        check_sortedness=False,
    )
    early = found.filter(pl.col("rate").is_null()).sort("row")
    if early.height:
        code, day = early["code"][0], early["day"][0]
        line = cells.lines()[early["row"][0]]
        raise DataError(
            say(
                "data.clean.no_rate_yet", currency=code, day=day, line=line, source=cells.raw.source
            )
        )
    ones = pl.repeat(Decimal(1), len(codes), dtype=pl.Decimal(38, 12), eager=True)
    return ones.scatter(found["row"], found["rate"])


def _days(cells: Cells, at: pl.Series) -> pl.Series:
    return at.dt.convert_time_zone(cells.time_zone).dt.date()


def _mixed(cells: Cells, role: str, money: pl.Series, codes: pl.Series) -> MixedCurrenciesError:
    sums = (
        pl.DataFrame({"c": codes, "m": money})
        .group_by("c")
        .agg(pl.len(), pl.col("m").sum().cast(amounts.EXACT))
        .sort("c")
    )
    return Sums(
        column=cells.column(CURRENCY) if cells.has(CURRENCY) else cells.column(role),
        source=cells.raw.source,
        own=cells.currency_code,
        rows=dict(zip(sums["c"], sums["len"], strict=True)),
        money=dict(zip(sums["c"], sums["m"], strict=True)),
    ).error()


def _told(cells: Cells, frame: pl.DataFrame, foreign: list[str]) -> tuple[Noticed, ...]:
    """What was converted: rows and money of each currency before and after."""
    found = []
    for place, code in enumerate(foreign):
        rows = frame.filter((pl.col("code") == code) & pl.col("money").is_not_null())
        if not rows.height:
            continue
        after = rows.select(amounts.as_money(pl.col("exact")))["exact"]
        before = rows.select(amounts.as_money(pl.col("money")))["money"]
        rates = {"low": rows["rate"].min(), "high": rows["rate"].max()}
        found.append(
            Noticed(
                severity=Severity.NOTE,
                rule="clean.converted",
                table=cells.raw.name,
                rows=rows.height,
                money=total(after),
                currency=cells.currency_code,
                place=(5, place),
                gaps={"named": code, "before": total(before), **rates},
            )
        )
    return tuple(found)
