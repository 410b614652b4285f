"""The ledger in one table: from what was bought to CLV, line by line, and each line adds up.

    purchases, before refunds
    + refunds that belong to a purchase, + refunds that belong to none         0 or below
    + advertising, + services
    + discount                   what stating money as of the acquisition took off
    = LTV
    + cost of winning users, + spend that won nobody                           0 or below
    = CLV

Each line has what has come (realised), what is still to come (forecast) and both. The part of it that
the worth is about is `UserValue.part`, and the discount and CLV are of that part.
"""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.value.users import UserValue

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
PARTS = ("realised", "forecast")
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Statement:
    """The ledger of a data set."""

    frame: pl.DataFrame
    """`LINES` in their order: line, realised, forecast, both. Null is unknown. Costs are below 0; on
    margin every line is margin. Discount, LTV, cost and CLV stand only in the column of the part that
    LTV holds."""
    users: int
    """Users whose LTV is known, whose money this is."""
    users_unknown: int
    """Users whose LTV is unknown on this basis."""

    def amount(self, line: str, part: str) -> Decimal | None:
        """One number of it."""
        return self.frame.filter(pl.col("line") == line)[part].item()


def statement(value: UserValue) -> Statement:
    """The ledger of all users whose LTV is known, and of all spend."""
    known = value.frame.filter(pl.col("ltv").is_not_null())
    costs = value.acquisition
    came, ahead = _realised(value, known), _ahead(value, known)
    lines: dict[str, dict[str, Decimal | None]] = {
        line: {
            "realised": came[line],
            "forecast": ahead[line],
            "both": _plus(came[line], ahead[line]),
        }
        for line in came
    }
    nothing = dict.fromkeys(("realised", "forecast", "both"))
    ltv = _total(known, "ltv")
    cost = -_total(value.frame, "cac") if costs.is_known else None
    lost = -Decimal(costs.unattributed[col.AMOUNT].sum()) if costs.is_known else None
    of_part = {
        "discount": _total(known, "discount"),
        "ltv": ltv if known.height or value.frame.is_empty() else None,
        "cac": cost,
        "unattributed": lost,
    }
    of_part["clv"] = _plus(_plus(of_part["ltv"], cost), lost)
    lines |= {line: nothing | {value.part: amount} for line, amount in of_part.items()}
    frame = pl.DataFrame(
        [{"line": line, **lines[line]} for line in LINES],
        schema={"line": pl.String, **dict.fromkeys(nothing, col.MONEY)},
    )
    return Statement(frame, known.height, value.frame.height - known.height)


def _realised(value: UserValue, known: pl.DataFrame) -> dict[str, Decimal | None]:
    """Money that came, at its face, on the basis; refunds stand apart from what they take back."""
    book = value.forecast.known.book.users.join(known, on=col.USER, how="semi")
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
        _unless_unknown(known, name) for name in ("forecast_purchase", "forecast_refunds")
    )
    share = evidence.refund_rate_matched / evidence.refund_rate if evidence.refund_rate else 0.0
    matched = None
    if refunds is not None:
        matched = (refunds * Decimal(repr(share))).quantize(Decimal("0.0001"))
    return {
        "purchases": _plus(kept, None if refunds is None else -refunds),
        "refunds_matched": matched,
        "refunds_unmatched": _plus(refunds, None if matched is None else -matched),
        "advertising": _unless_unknown(known, "forecast_advertising"),
        "service": _unless_unknown(known, "forecast_service"),
    }


def _total(frame: pl.DataFrame, name: str) -> Decimal:
    return Decimal(frame[name].sum())


def _unless_unknown(frame: pl.DataFrame, name: str) -> Decimal | None:
    return None if frame[name].is_null().any() else _total(frame, name)


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other
