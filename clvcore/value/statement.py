"""The ledger in one table: from what was bought to CLV, line by line, and each line adds up.

    purchases, before refunds
    + refunds that belong to a purchase, + refunds that belong to none         0 or below
    + advertising, + services
    + discount                   what stating money as of the acquisition took off
    = LTV
    + cost of winning users, + spend that won nobody                           0 or below
    = CLV

Once with what has come (realised), once with what is still to come (forecast), and with both; the
cost is the same whichever of them is held against it.
"""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.value.users import LtvPart, UserValue, ltv_holding

LINES = (
    "purchases",
    "refunds_matched",
    "refunds_unmatched",
    "advertising",
    "service",
    "discount",
    "ltv",
    "cac",
    "unattributed",
    "clv",
)
PARTS: tuple[LtvPart, ...] = ("realised", "forecast", "both")


@dataclass(frozen=True, slots=True)
class Statement:
    """The ledger of a data set."""

    frame: pl.DataFrame
    """`LINES` in their order: line, realised, forecast, both. Null is unknown. Costs are below 0; on
    margin every line of money is margin."""
    users: int
    """Users of whom it is known what they brought, whose money this is."""
    users_unknown: int
    """The others: on margin, those none of whose purchases has a known cost."""

    def amount(self, line: str, part: str) -> Decimal | None:
        """One number of it."""
        return self.frame.filter(pl.col("line") == line)[part].item()


def statement(value: UserValue) -> Statement:
    """The ledger of all users whose LTV is known, and of all spend."""
    known = _known(value)
    costs = value.acquisition
    came, ahead = _realised(value, known), _ahead(value, known)
    both = {line: _plus(came[line], ahead[line]) for line in came}
    cost = -_total(value.frame, "cac") if costs.is_known else None
    lost = -Decimal(costs.unattributed[col.AMOUNT].sum()) if costs.is_known else None
    columns = []
    for part, lines in zip(PARTS, (came, ahead, both), strict=True):
        end = _ending(value, known, part)
        clv = _plus(_plus(end["ltv"], cost), lost)
        columns.append(lines | end | {"cac": cost, "unattributed": lost, "clv": clv})
    frame = pl.DataFrame(
        [
            {"line": line} | {part: one[line] for part, one in zip(PARTS, columns, strict=True)}
            for line in LINES
        ],
        schema={"line": pl.String, **dict.fromkeys(PARTS, col.MONEY)},
    )
    return Statement(frame, known.height, value.frame.height - known.height)


def _ending(value: UserValue, known: pl.DataFrame, part: LtvPart) -> dict[str, Decimal | None]:
    """LTV that holds the part, and what discounting took off it; null where any of it is unknown."""
    held = ltv_holding(value, part).join(known, on=col.USER, how="semi")
    return {name: _unless_unknown(value, held, name) for name in ("discount", "ltv")}


def _known(value: UserValue) -> pl.DataFrame:
    """Users of whom it is known what they brought, on the basis of the worth."""
    if not value.has_money:
        return value.frame.clear()
    blind = pl.col("margin").is_null() if value.basis == "margin" else pl.lit(value=False)
    return value.frame.filter(~blind)


def _realised(value: UserValue, known: pl.DataFrame) -> dict[str, Decimal | None]:
    """Money that came, at its face, on the basis; refunds stand apart from what they take back."""
    book = value.forecast.known.book.users.join(known, on=col.USER, how="semi")
    if book.is_empty() and not value.frame.is_empty():
        return dict.fromkeys(LINES[:5])
    own = "margin_" if value.basis == "margin" else ""
    bought = _total(book, "margin_purchase" if own else "purchase")
    refunds, matched = (_total(book, f"{own}{name}") for name in ("refunded", "refunded_matched"))
    return {
        "purchases": bought - refunds,
        "refunds_matched": matched,
        "refunds_unmatched": refunds - matched,
        "advertising": _total(book, "advertising"),
        "service": _total(book, "service"),
    }


def _ahead(value: UserValue, known: pl.DataFrame) -> dict[str, Decimal | None]:
    """Money that is still to come, worth now; refunds split as those that came."""
    evidence = value.forecast.known
    kept, refunds = (
        _unless_unknown(value, known, name) for name in ("forecast_purchase", "forecast_refunds")
    )
    share = evidence.refund_rate_matched / evidence.refund_rate if evidence.refund_rate else 0.0
    matched = None
    if refunds is not None:
        matched = (refunds * Decimal(repr(share))).quantize(Decimal("0.0001"))
    return {
        "purchases": _plus(kept, None if refunds is None else -refunds),
        "refunds_matched": matched,
        "refunds_unmatched": _plus(refunds, None if matched is None else -matched),
        "advertising": _unless_unknown(value, known, "forecast_advertising"),
        "service": _unless_unknown(value, known, "forecast_service"),
    }


def _total(frame: pl.DataFrame, name: str) -> Decimal:
    return Decimal(frame[name].sum())


def _unless_unknown(value: UserValue, known: pl.DataFrame, name: str) -> Decimal | None:
    is_unknown = known[name].is_null().any() or (known.is_empty() and not value.frame.is_empty())
    return None if is_unknown else _total(known, name)


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other
