"""What a data set tells about every user's future, in arrays: the input of fits and forecasts.

A user may be several things at once: a buyer (by orders), a visitor (by active days, which carry
advertising), under contract (by fees), or still without an order.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.columns import Stream
from clvcore.data.dataset import Dataset
from clvcore.features.contracts import ContractSummary, contract_summary
from clvcore.features.purchases import PurchaseSummary, activity_summary, purchase_summary
from clvcore.value.ledger import Basis, Ledger, ledger


@dataclass(frozen=True, slots=True)
class Evidence:
    """Frames by user_id. ``users`` has every user and in each stream's column its row, or null."""

    users: pl.DataFrame
    """user_id; buyer, visitor, contract, prospect: row of the user in that frame, null if none."""
    buyers: pl.DataFrame
    """frequency, recency_days, age_days, valued, money, first_day."""
    visitors: pl.DataFrame
    """frequency, recency_days, age_days, money (shrunk revenue of an active day), first_day."""
    contracts: pl.DataFrame
    """waited_days, remaining_days, has_ended, fee_per_day, first_day."""
    prospects: pl.DataFrame
    """waited_days since acquisition without an order."""
    first_waits: tuple[np.ndarray, np.ndarray]
    """Days from acquisition to the first order or to now, and whether it came; same-day orders out."""
    purchases: PurchaseSummary
    contract_facts: ContractSummary
    refund_rate: float
    refund_rate_matched: float
    margin_share: float
    """Margin of the priced part of purchases over its revenue; 1 on revenue."""
    visit_noise: float
    book: Ledger

    @property
    def has_advertising(self) -> bool:
        """Whether any day brought advertising revenue."""
        return bool((self.visitors["money"] != 0).any())


def evidence(data: Dataset, basis: Basis) -> Evidence:
    """Everything the forecast needs to know of a data set."""
    purchases, contracts = purchase_summary(data), contract_summary(data)
    buyers = purchases.frame.with_columns(
        pl.when(pl.col("mean_order_value").is_not_null())
        .then(pl.col("frequency"))
        .otherwise(0)
        .cast(pl.Float64)
        .alias("valued"),
        pl.col("mean_order_value").fill_null(0.0).alias("money"),
        pl.col("frequency").cast(pl.Float64),
    )
    visitors, noise = _credible(activity_summary(data))
    waits = _first_waits(data, purchases)
    prospects = waits.filter(~pl.col("came")).select(col.USER, "waited_days")
    parts = {
        "buyer": buyers,
        "visitor": visitors,
        "contract": contracts.frame,
        "prospect": prospects,
    }
    late = waits.filter(pl.col("waited_days") > 0)
    book = ledger(data)
    gross = float(purchases.gross) or 1.0
    matched = float(purchases.refunds_matched)
    return Evidence(
        users=_rows_of(data.users.select(col.USER), parts),
        buyers=buyers,
        visitors=visitors,
        contracts=contracts.frame,
        prospects=prospects,
        first_waits=(late["waited_days"].to_numpy(), late["came"].to_numpy()),
        purchases=purchases,
        contract_facts=contracts,
        refund_rate=min((matched + float(purchases.refunds_unmatched)) / gross, 1.0),
        refund_rate_matched=min(matched / gross, 0.999),
        margin_share=_margin_share(book) if basis == "margin" else 1.0,
        visit_noise=noise,
        book=book,
    )


def _rows_of(users: pl.DataFrame, parts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    for name, frame in parts.items():
        rows = frame.select(col.USER).with_row_index(name)
        users = users.join(rows, on=col.USER, how="left", maintain_order="left")
    return users.sort(col.USER)


def _first_waits(data: Dataset, purchases: PurchaseSummary) -> pl.DataFrame:
    """user_id, waited_days from acquisition to the first order or to now, came."""
    zone = data.recipe.time_zone
    acquired = pl.col(col.ACQUIRED).dt.convert_time_zone(zone).dt.date()
    end = pl.coalesce("first_day", pl.lit(purchases.until))
    return (
        data.users.select(col.USER, acquired.alias("acquired"))
        .join(purchases.frame.select(col.USER, "first_day"), on=col.USER, how="left")
        .select(
            col.USER,
            (end - pl.col("acquired"))
            .dt.total_days()
            .cast(pl.Float64)
            .clip(0)
            .alias("waited_days"),
            pl.col("first_day").is_not_null().alias("came"),
        )
        .sort(col.USER)
    )


def _credible(visitors: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """Visitors with ``money``, their revenue of an active day drawn to everybody's; and the noise.

    Buehlmann credibility: weight n / (n + k) on the user's own mean over n days, with k = variance
    of a day within users / variance of the means between users.
    """
    days = visitors["frequency"].to_numpy() + 1.0
    own = visitors["revenue_per_day"].to_numpy()
    if own.size == 0 or not own.any():
        return visitors.with_columns(
            pl.lit(0.0).alias("money"), pl.col("frequency").cast(float)
        ), 0.0
    mean = float(days @ own / days.sum())
    within_user = visitors["revenue_variance"].fill_null(0.0).to_numpy()
    freedom = max(float((days - 1.0).sum()), 1.0)
    within = float((days - 1.0) @ within_user) / freedom
    users = len(days)
    spread = float(days @ (own - mean) ** 2) - (users - 1) * within
    size = max(float(days.sum() - (days**2).sum() / days.sum()), 1e-9)
    between = spread / size
    k = within / between if between > 0 else np.inf
    weight = days / (days + k) if np.isfinite(k) else np.zeros_like(days)
    money = weight * own + (1.0 - weight) * mean
    framed = visitors.with_columns(pl.Series("money", money), pl.col("frequency").cast(pl.Float64))
    return framed, within / mean**2


def _margin_share(book: Ledger) -> float:
    """Margin over revenue of the purchases whose cost is known."""
    known = book.users.filter(pl.col("margin_purchase").is_not_null())
    revenue = float((known[Stream.PURCHASE.value] - known["unpriced"]).sum())
    return float(known["margin_purchase"].sum()) / revenue if revenue > 0 else 1.0
