"""Rows that a rule of cleaning is about: one small function for each, over whole columns."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.data.cells.rules import RULES, bit

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Behaviour before it is a slip, most often an empty time stored as 0."""
AHEAD = timedelta(days=1)
"""How far the clock of a file may be ahead of ours."""
FAR = 6.0
"""Robust standard deviations of the logarithm beyond which an amount is far from the others."""
TENFOLD = 2.302585
"""An amount below ten times the median, or above a tenth of it, is never far from the others."""
BOT_MOMENTS, BOT_HOUR, BOT_HOURS, BOT_ITEM = 120, 240, 22, 200
"""Moments at which a user did something: in all, to be judged; in one clock hour; clock hours of one day; on the one item."""
TEST = r"(?i)(^|[^a-z])(test|dummy|testuser|testkunde|testorder|testbestellung)([^a-z]|$)|@example\.(com|org|net)$"
_TEST_WORDS = ["test", "dummy", "@example"]
_PENNY = Decimal("0.0100")
_SAME = (col.USER, col.ITEM, col.AT, col.KIND, col.QUANTITY, col.AMOUNT, col.ORDER, col.RATING)
_KEY = "_key"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Logarithms of money and of quantity above which a purchase is far from the others."""

    amount: float | None = None
    quantity: float | None = None


def bits_of(rows: pl.DataFrame, now: datetime | None, bounds: Bounds | None = None) -> pl.Series:
    """For each row the rules that hold for it, as one number.

    Args:
        rows: Canonical events, beside ``_code``, ``_no_product`` and ``_priced_below`` of
            `clvcore.data.cleaning.events`.
        now: The moment of the intake; None where the future is not to be judged.
        bounds: Of all purchases, where the rows are a piece of them.
    """
    late = pl.lit(value=False) if now is None else pl.col(col.AT) > now + AHEAD
    held: dict[str, pl.Expr | pl.Series] = {
        "early_time": pl.col(col.AT) < EARLIEST,
        "future_time": late,
        "duplicate": repeated(rows),
        "test_order": tests(rows),
        "bot": pl.col(col.USER).is_in(bots(rows).to_list()),
        "no_product": pl.col("_no_product"),
        "free": is_purchase() & (pl.col(col.AMOUNT) == 0),
        "negative_price": pl.col("_priced_below"),
        "outlier": outlying(rows, bounds),
        "returns": pl.col(col.KIND) == Kind.REFUND.value,
    }
    numbers = [
        pl.when(pl.lit(mask) if isinstance(mask, pl.Series) else mask)
        .then(pl.lit(bit(name), dtype=pl.Int32))
        .otherwise(pl.lit(0, dtype=pl.Int32))
        for name, mask in held.items()
        if name in RULES
    ]
    return rows.select(pl.sum_horizontal(numbers).cast(pl.Int32).alias("_bits")).to_series()


def is_purchase() -> pl.Expr:
    """Whether an event is a purchase."""
    return pl.col(col.KIND) == Kind.PURCHASE.value


def repeated(rows: pl.DataFrame) -> pl.Series:
    """Rows that say the same as an earlier one: user, item, time, kind, quantity, money, order.

    The same things bought in another order or at another second are bought again.
    """
    twins = rows.select(col.USER, col.AT).hash_rows(seed=0).is_duplicated()
    places = twins.arg_true()
    twins = rows.select(pl.repeat(value=False, n=pl.len())).to_series()
    if not len(places):
        return twins
    same = rows.select(*_SAME, "_code")[places]  # only they are compared in full
    return twins.scatter(places, ~same.select(pl.struct(pl.all()).is_first_distinct()).to_series())


def tests(rows: pl.DataFrame) -> pl.Expr:
    """Orders that somebody made to try the shop: by the name of user or thing, or for one cent."""
    words = [name for name in (col.USER, "_code", col.TITLE, col.ORDER) if name in rows.columns]
    named = [
        pl.col(name).str.contains(TEST)
        if rows[name].str.contains_any(_TEST_WORDS, ascii_case_insensitive=True).any()
        else pl.lit(value=False)
        for name in words
    ]
    return pl.any_horizontal(named) | (is_purchase() & (pl.col(col.AMOUNT) == _PENNY))


def outlying(rows: pl.DataFrame, bounds: Bounds | None = None) -> pl.Series:
    """Purchases whose money or quantity lies far above the usual one (median and MAD of logs)."""
    size = sizes(rows)
    bounds = bounds_of(size[col.AMOUNT], size[col.QUANTITY]) if bounds is None else bounds
    return size.select(beyond(bounds)).to_series()


def sizes(rows: pl.DataFrame) -> pl.DataFrame:
    """Logarithms of money and quantity of purchases; null for other rows and where there is none."""
    size = rows.select(
        pl.when(is_purchase()).then(pl.col(name).cast(pl.Float64).abs()).log().alias(name)
        for name in (col.AMOUNT, col.QUANTITY)
    )
    return size.select(pl.when(pl.all().is_finite()).then(pl.all()))


def beyond(bounds: Bounds) -> pl.Expr:
    """Whether one of the `sizes` lies above its bound."""
    known = ((col.AMOUNT, bounds.amount), (col.QUANTITY, bounds.quantity))
    far = [pl.col(name) > bound for name, bound in known if bound is not None]
    return pl.any_horizontal(pl.lit(value=False), *far).fill_null(value=False)


def bounds_of(amounts: pl.Series, quantities: pl.Series) -> Bounds:
    """The bounds that the sizes of all purchases set.

    References:
        Iglewicz, Hoaglin 1993, "How to Detect and Handle Outliers" (modified z-scores).
    """
    return Bounds(_bound(amounts), _bound(quantities))


def _bound(logs: pl.Series) -> float | None:
    middle = logs.median()
    if not isinstance(middle, float):
        return None
    spread = (logs - middle).abs().median()
    return middle + max(FAR * 1.4826 * float(spread or 0), TENFOLD)  # ty: ignore[invalid-argument-type] : a median of floats is one


def bots(rows: pl.DataFrame) -> pl.Series:
    """Users who behave like programs: too much in an hour, no pause in a day, or one thing only."""
    keys = rows[col.USER].hash()  # numbers are counted in a third of the time
    counts = keys.value_counts(name="len").filter(pl.col("len") >= BOT_MOMENTS)
    if not counts.height:
        return pl.Series(dtype=pl.String)
    busy = keys.is_in(counts[keys.name].implode())
    moments = (
        rows.select(col.USER, col.AT, "_code")
        .filter(busy & pl.col(col.USER).is_not_null())
        .unique([col.USER, col.AT])
        .with_columns(hour=pl.col(col.AT).dt.truncate("1h"), day=pl.col(col.AT).dt.date())
    )
    hours = moments.group_by(col.USER, "day", "hour").len()
    fast = hours.filter(pl.col("len") >= BOT_HOUR)[col.USER]
    days = hours.group_by(col.USER, "day").agg(pl.len(), events=pl.col("len").sum())
    restless = days.filter((pl.col("len") >= BOT_HOURS) & (pl.col("events") >= BOT_MOMENTS))
    single = moments.group_by(col.USER).agg(
        pl.len(), items=pl.col("_code").n_unique(), days=pl.col("day").n_unique()
    )
    single = single.filter(
        (pl.col("items") == 1)
        & (pl.col("len") >= BOT_ITEM)
        & (pl.col("len") >= pl.col("days") * BOT_ITEM / 4)
    )
    return pl.concat([fast, restless[col.USER], single[col.USER]]).unique().sort()
