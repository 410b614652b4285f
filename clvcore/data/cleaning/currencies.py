"""Money in several currencies: told apart row by row, and converted exactly where there is a rate.

A rate is what one unit of the foreign currency is worth in the data set's currency. The product
is exact; it is rounded once, to the four places of money, half away from zero. Rates by date hold
from their day until the next one in the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from clvcore import columns as col
from clvcore.data.cells import amounts
from clvcore.data.cells.rates import Rates
from clvcore.data.cells.roles import CURRENCY, MONEY_ROLES
from clvcore.data.cells.table import Cells
from clvcore.data.cleaning.quality import amount, finding, total
from clvcore.data.dataset import Finding, Severity
from clvcore.errors import DataError
from clvcore.messages import listed, say


class MixedCurrenciesError(DataError):
    """Error raised when money of several currencies has no rates."""

    def __init__(self, text: str, found: tuple[str, ...]) -> None:
        """The sentence, and the currencies that were found."""
        super().__init__(text)
        self.found = found


@dataclass(frozen=True, slots=True)
class Converted:
    """Money in the data set's currency."""

    money: pl.Series
    """Exact; null where a row is in a currency that is left out."""
    other: pl.Series
    """Rows in a currency that is left out."""
    findings: tuple[Finding, ...] = ()


def named(cells: Cells, role: str) -> pl.Series | None:
    """The currency that each row names; null where it names none, None where no row does."""
    words = cells.text(CURRENCY).str.to_uppercase()
    if not words.null_count() < len(words):
        text = cells.text(role)
        if not text.str.contains(r"[^0-9.,+\-]").any():  # a cheap look first
            return None
        words = text.to_frame("t").select(
            pl.coalesce(
                pl.col("t").str.extract(r"(\p{Sc})"),
                pl.col("t").str.extract(r"^[-(\s]*([A-Z]{3})[-\s]*\d"),
                pl.col("t").str.extract(r"\d\s*([A-Z]{3})\)?$"),
            )
        )["t"]
    codes = words.replace(amounts.SYMBOLS)
    return codes if codes.null_count() < len(codes) else None


def only_currency(cells: Cells) -> str | None:
    """The one currency that a table names; None where it names none or several."""
    for role in MONEY_ROLES.get(cells.raw.name, ()):
        codes = named(cells, role) if cells.has(role) or cells.has(CURRENCY) else None
        if codes is not None:
            found = codes.drop_nulls().unique().to_list()
            return found[0] if len(found) == 1 else None
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
    codes = codes.to_frame("c").select(_meant(own, rates).alias("c"))["c"]
    codes = _filled(cells, codes, own)
    foreign = [code for code in codes.unique().sort().to_list() if code != own]
    if not foreign:
        return Converted(money, nobody)
    open_ones = [code for code in foreign if code not in rates]
    alone = codes.n_unique() == 1
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


def _filled(cells: Cells, codes: pl.Series, own: str) -> pl.Series:
    """Codes also where a row names none: that of its order, or the only one of the table."""
    if not codes.null_count():
        return codes
    only = codes.drop_nulls().unique()
    if len(only) == 1:
        return codes.fill_null(only[0])
    frame = pl.DataFrame({"c": codes, "order": cells.text(col.ORDER)})
    of_order = pl.col("c").drop_nulls().first().over("order")
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
        .agg(pl.len(), pl.col("m").cast(pl.Float64).sum())
        .sort("len", "c", descending=[True, False])
    )
    parts = [
        say(
            "data.clean.currency_rows",
            currency=code,
            rows=say("units.rows_one") if rows == 1 else say("units.rows_many", rows=rows),
            money=f"{summed:,.2f}",
        )
        for code, rows, summed in sums.rows()
    ]
    own = cells.currency_code
    foreign = next(code for code in sums["c"] if code != own)
    text = say(
        "data.mixed_currencies",
        column=cells.column(CURRENCY) if cells.has(CURRENCY) else cells.column(role),
        source=cells.raw.source,
        currencies=listed(parts, most=5),
        foreign="USD" if foreign == "$" else foreign,
        own=own,
    )
    return MixedCurrenciesError(text, tuple(sums["c"].to_list()))


def _told(cells: Cells, frame: pl.DataFrame, foreign: list[str]) -> tuple[Finding, ...]:
    """What was converted: rows and money of each currency before and after."""
    found = []
    for code in foreign:
        rows = frame.filter((pl.col("code") == code) & pl.col("money").is_not_null())
        if not rows.height:
            continue
        after = rows.select(amounts.as_money(pl.col("exact")))["exact"]
        low, high = rows["rate"].min(), rows["rate"].max()
        found.append(
            finding(
                Severity.NOTE,
                "clean.converted" if low == high else "clean.converted_by_day",
                cells.raw.name,
                rows=rows.height,
                money=total(after),
                named=code,
                before=amount(total(rows.select(amounts.as_money(pl.col("money")))["money"]), code),
                currency=cells.currency_code,
                low=_short(low),
                high=_short(high),
            )
        )
    return tuple(found)


def _short(rate: Any) -> str:
    return f"{Decimal(rate).normalize():f}"
