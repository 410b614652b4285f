"""What has to be said about the money of a data set, a sentence each."""

import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset
from clvcore.messages import listed, say
from clvcore.value.acquisition import Acquisition
from clvcore.value.forecast import Forecast


def bears_money(data: Dataset) -> bool:
    """Whether any event bears money; without any event there is nothing that could."""
    return data.events.is_empty() or bool(data.events[col.AMOUNT].is_not_null().any())


def value_notes(
    data: Dataset, made: Forecast, costs: Acquisition, frame: pl.DataFrame
) -> list[str]:
    """What has to be said about the money of this data set."""
    notes = []
    if not bears_money(data):
        notes.append(say("value.no_money"))
    if not costs.is_known:
        notes.append(say("value.no_spend"))
    strangers = _strangers(data)
    if strangers:
        lost = costs.unattributed.filter(pl.col(col.CHANNEL).is_in(strangers))[col.AMOUNT].sum()
        notes.append(say("value.strangers", channels=listed(strangers), money=lost))
    if costs.by_campaign and not _shares_campaigns(data):
        notes.append(say("value.no_campaigns"))
    counts = dict(frame["cac_source"].cast(pl.String).value_counts().iter_rows())
    notes += [
        say(f"value.cac_{source}", n=counts[source], period=say(f"value.period.{costs.period}"))
        for source in ("organic", "idle", "unnamed")
        if counts.get(source)
    ]
    book = made.known.book
    if made.basis == "margin" and book.unpriced_rows:
        n_blind = int(frame["margin"].is_null().sum())
        notes.append(
            say("value.unpriced", rows=book.unpriced_rows, money=book.unpriced_money, users=n_blind)
        )
    if made.known.contract_facts.ends == "inferred" and not made.known.contracts.is_empty():
        notes.append(say("value.inferred_ends", days=round(made.known.contract_facts.period_days)))
    if made.known.refund_rate >= 1.0:
        notes.append(say("value.all_refunded"))
    unmatched = made.known.purchases.refunds_unmatched
    if unmatched:
        notes.append(say("value.unmatched_refunds", money=unmatched))
    return notes


def _strangers(data: Dataset) -> list[str]:
    """Channels that have spend and that no user came by."""
    if data.spend is None:
        return []
    spent = data.spend.filter(pl.col(col.AMOUNT) != 0)[col.CHANNEL].drop_nulls().unique()
    return sorted(set(spent) - set(data.users[col.CHANNEL].drop_nulls().unique()))


def _shares_campaigns(data: Dataset) -> bool:
    """Whether any campaign has both spend and users, or nobody knows for lack of spend."""
    if data.spend is None:
        return True
    spent, won = (set(frame[col.CAMPAIGN].drop_nulls()) for frame in (data.spend, data.users))
    return bool(spent & won)
