"""Events as they were read, before anything is decided: what each choice would do to rows and money.

The rules that hold for a row are one number, so that rows fall into a few dozen patterns, and the
account under any choice is a sum over the patterns.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.moments import Moments
from clvcore.data.cells.rules import FOUND, RULES, bit, verdict, verdicts_of
from clvcore.data.cells.table import Cells
from clvcore.data.cleaning.finders import Bounds, bits_of
from clvcore.data.cleaning.noticed import Noticed, told
from clvcore.data.cleaning.quality import IGNORING, MONEY_IN, WHY, total
from clvcore.data.cleaning.returns import PURCHASE, REFUND, pairs
from clvcore.data.dataset import Account, Finding, Severity

BITS = "_bits"
ROW = "_row"
TURNED = "_turned"
"""Column that tells purchases below zero, which count as refunds."""
_IDLE = "_idle"
_TABLE = "events"
_NONE = Decimal("0.0000")
_SEVERITY = {"duplicate": Severity.NOTE, "free": Severity.NOTE, "returns": Severity.NOTE}


@dataclass(frozen=True, slots=True)
class Scan:
    """Events with what is wrong and what is remarkable about each."""

    cells: Cells
    rows: pl.DataFrame
    """Every row, in the order of the file. `WHY` is null where the row can be used."""
    times: Moments
    pairs: pl.DataFrame
    """Returns and the purchases that they take back, see `clvcore.data.cleaning.returns`."""
    patterns: pl.DataFrame
    """Number of rows and their money by `WHY` and `BITS`."""
    told: tuple[Noticed, ...] = ()
    """What was noticed while the cells were read."""

    def decided(self, choices: Mapping[str, str]) -> pl.DataFrame:
        """The rows with their verdict, and with what is left of their money where parts came back."""
        why = pl.coalesce(WHY, pl.lit(verdicts_of(self.rows[BITS], choices)))
        judged = self.rows.with_columns(why)
        if choices["returns"] != "net" or not self.pairs.height:
            return judged
        return netted(judged, self._live(choices))

    def account(self, choices: Mapping[str, str]) -> Account:
        """What would become of rows and money under these choices."""
        rows = dict.fromkeys(("accepted", "rejected", "ignored"), 0)
        money = dict.fromkeys(rows, _NONE)
        for why, bits, number, sum_, idle in self.patterns.iter_rows():
            rule = why or verdict(bits, choices)
            fate = "accepted" if rule is None else "ignored" if rule in IGNORING else "rejected"
            rows[fate] += number
            money[fate] += sum_
            if fate == "accepted":
                money["accepted"] -= idle
                money["ignored"] += idle
        if choices["returns"] == "net" and self.pairs.height:
            live = self._live(choices)
            gone = live.height + self._whole(live)
            rows["accepted"] -= gone
            rows["ignored"] += gone
        raw = self.cells.raw
        rows["rejected"] += raw.broken.height
        rows["ignored"] += raw.aside.height
        return Account(
            table=_TABLE,
            rows_in=sum(rows.values()),
            accepted=rows["accepted"],
            rejected=rows["rejected"],
            ignored=rows["ignored"],
            money_in=sum(money.values(), _NONE),
            money_accepted=money["accepted"],
            money_rejected=money["rejected"],
            money_ignored=money["ignored"],
        )

    def held(self, rule: str) -> pl.Expr:
        """Rows that can be used and for which a rule holds."""
        return pl.col(WHY).is_null() & (pl.col(BITS) & bit(rule) != 0)

    def _live(self, choices: Mapping[str, str]) -> pl.DataFrame:
        """Pairs of which no other rule leaves out a part."""
        stays = verdicts_of(self.rows[BITS], choices).is_null()
        both = stays.gather(self.pairs[REFUND]) & stays.gather(self.pairs[PURCHASE])
        return self.pairs.filter(both)

    def _whole(self, live: pl.DataFrame) -> int:
        """How many purchases came back whole."""
        gone = _by_purchase(live)
        paid = self.rows[col.AMOUNT].gather(gone[PURCHASE])
        return int((paid == gone["_gone"]).sum())


def netted(judged: pl.DataFrame, live: pl.DataFrame) -> pl.DataFrame:
    """The rows without the returns of ``live``, and with what is left of their purchases.

    Args:
        judged: Rows by `ROW`, with their verdict.
        live: Pairs of which no other rule leaves out a part.
    """
    gone = _by_purchase(live)
    back = live[REFUND]
    judged = judged.join(gone, left_on=ROW, right_on=PURCHASE, how="left", maintain_order="left")
    whole = pl.col("_gone") == pl.col(col.AMOUNT)
    left = pl.col(col.AMOUNT) - pl.col("_gone")
    pieces = pl.col(col.QUANTITY) - pl.col("_pieces")
    judged = judged.with_columns(
        pl.when(whole | pl.col(ROW).is_in(back.to_list()))
        .then(pl.lit("returns"))
        .otherwise(WHY)
        .alias(WHY),
        pl.coalesce(left, col.AMOUNT).cast(col.MONEY).alias(col.AMOUNT),
        pl.coalesce(pieces, col.QUANTITY).alias(col.QUANTITY),
    )
    return judged.drop("_gone", "_pieces")


def _by_purchase(live: pl.DataFrame) -> pl.DataFrame:
    summed = live.group_by(PURCHASE).agg(
        pl.col(col.AMOUNT).sum().cast(col.MONEY).alias("_gone"),
        pl.when(pl.col(col.QUANTITY).is_not_null().any())
        .then(pl.col(col.QUANTITY).sum())
        .alias("_pieces"),
    )
    return summed.sort(PURCHASE)


def scan(
    cells: Cells,
    frame: pl.DataFrame,
    times: Moments,
    now: datetime | None,
    told: tuple[Noticed, ...] = (),
    bounds: Bounds | None = None,
) -> Scan:
    """The scan of canonical events that carry `WHY` they cannot be used, and `MONEY_IN`."""
    usable = frame[WHY].is_null()
    rows = frame.with_row_index(ROW)
    sound = rows if usable.all() else rows.filter(usable)
    bits = bits_of(sound, now, bounds)
    if sound.height < rows.height:
        spread = pl.zeros(rows.height, dtype=pl.Int32, eager=True)
        bits = spread.scatter(usable.arg_true(), bits)
    rows = rows.with_columns(bits.alias(BITS))
    return Scan(cells, rows, times, pairs(sound), patterns_of(rows), told)


def patterns_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Number of rows and their money by `WHY` and `BITS`."""
    idle = pl.when(pl.col(col.STREAM).is_null() & pl.col(col.AMOUNT).is_not_null())
    patterns = rows.group_by(WHY, BITS).agg(
        pl.len(),
        pl.col(MONEY_IN).sum().cast(col.MONEY),
        idle.then(pl.col(MONEY_IN)).sum().fill_null(Decimal(0)).cast(col.MONEY).alias(_IDLE),
    )
    return patterns.sort(WHY, BITS)


def flagged(found: Scan, judged: pl.DataFrame) -> Iterator[Noticed]:
    """What the rules found among the rows that stay; of returns also how many were matched."""
    kept = judged.filter(pl.col(WHY).is_null() & (pl.col(BITS) != 0))
    currency = found.cells.currency_code
    for place, rule in enumerate(RULES):
        rows = kept.filter(pl.col(BITS) & bit(rule) != 0)
        if rule == "no_product":  # that one is told where the item is lost
            continue
        pairs = found.pairs if rule == "returns" else found.pairs.clear()
        if rows.height or pairs.height:
            yield flag(rule, rows, currency, place, pairs.height, total(pairs[col.AMOUNT]))


def flag(
    rule: str, rows: pl.DataFrame, currency: str, place: int, matched: int, money: Decimal
) -> Noticed:
    """What a rule found among the rows that stay; of returns also how many were matched."""
    gaps = {"matched": matched, "matched_money": money, "turned": 0}
    if rule == "returns" and TURNED in rows.columns:
        gaps["turned"] = int(rows[TURNED].sum())
    return Noticed(
        severity=_SEVERITY.get(rule, Severity.WARNING),
        rule=FOUND.get(rule, f"{rule}_found"),
        table=_TABLE,
        rows=rows.height,
        money=total(rows[MONEY_IN]),
        currency=currency,
        place=(4, place),
        gaps=gaps if rule == "returns" else {},
    )


def returns_found(
    rows: pl.DataFrame, matched: int, money: Decimal, currency: str, turned: int = 0
) -> Finding:
    """What there is to tell of the refunds that stay, in one finding.

    Args:
        rows: The refunds.
        matched: How many returns have a purchase that they take back.
        money: Money of these.
        currency: Of all money.
        turned: How many of the refunds stood in the file as purchases below zero.
    """
    one = flag("returns", rows, currency, 0, matched, money)
    return told(replace(one, gaps={**one.gaps, "turned": turned}))
