"""Numbers and tables as a report writes them: exact, with a dash where something is unknown."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from clvcore.charts.numbers import UNKNOWN
from clvcore.report.story import Align, Table

_NUMBERS = {"money", "count", "ratio", "score", "share", "number"}


def money(amount: Decimal | float | None) -> str:
    """An amount to the cent.

    Example:
        >>> money(Decimal("-1234.5")), money(None) == UNKNOWN
        ('-1,234.50', True)
    """
    return UNKNOWN if amount is None else f"{amount:,.2f}"


def count(n: int | None) -> str:
    """How many, exactly."""
    return UNKNOWN if n is None else f"{n:,}"


def ratio(x: float | None) -> str:
    """A ratio with two places."""
    return UNKNOWN if x is None else f"{x:.2f}"


def score(x: float | None) -> str:
    """A metric or a similarity with four places."""
    return UNKNOWN if x is None else f"{x:.4f}"


def share(x: float | None) -> str:
    """A fraction in percent with one place."""
    return UNKNOWN if x is None else f"{100 * x:,.1f}%"


def word(text: object) -> str:
    """Text as it stands."""
    return UNKNOWN if text is None or text == "" else str(text)


_WRITTEN = {
    "money": money,
    "count": count,
    "ratio": ratio,
    "score": score,
    "share": share,
    "number": word,  # written already
    "word": word,
}


def table(
    caption: str,
    rows: pl.DataFrame | Sequence[Mapping[str, Any]],
    columns: Mapping[str, tuple[str, str]],
    *,
    has_total: bool = False,
    folded: bool = False,
) -> Table:
    """A table of named columns.

    Args:
        caption: what it shows.
        rows: in their order.
        columns: by column the heading and how its cells are written: money, count, ratio, score,
            share, number (as it stands, on the right) or word.
        has_total: whether the last row is a total.
        folded: whether a reader has to unfold it.
    """
    listed = rows.to_dicts() if isinstance(rows, pl.DataFrame) else rows
    hows = [how for _, how in columns.values()]
    aligned: tuple[Align, ...] = tuple("right" if how in _NUMBERS else "left" for how in hows)
    written = tuple(
        tuple(_WRITTEN[how](row[name]) for name, how in zip(columns, hows, strict=True))
        for row in listed
    )
    headings = tuple(heading for heading, _ in columns.values())
    return Table(caption, headings, aligned, written, has_total=has_total, folded=folded)
