"""The models behind ``clv value``: those of the forecast, and every other beside them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore.messages import say

if TYPE_CHECKING:
    from clvcore.value.comparison import Compared
    from clvcore.value.models.fit import Fit
    from clvcore.value.users import UserValue

WORDS = ("model", "explains")
NUMBERS = ("log_likelihood", "aic", "p_value", "p_alive", "expected", "stays", "discounted")


def fitted_models(worth: "UserValue") -> dict[str, Any]:
    """Every model of the forecast with its parameters, for JSON."""
    fits = worth.forecast.fits
    found = {
        "orders": fits.orders,
        "order_value": fits.spend,
        "first_order": fits.first_order,
        "active_days": fits.visits,
        "contract": fits.contract,
    }
    return {name: None if fit is None else _fit(fit) for name, fit in found.items()}


def compared(rows: "Sequence[Compared]") -> list[dict[str, Any]]:
    """Every model of a comparison, for JSON; null is unknown."""
    return [
        {
            "model": row.model,
            "of": row.of,
            "time": row.time,
            "step_days": row.step_days,
            "by": row.known,
            "users": row.users,
            "used": row.is_used,
            "weak": row.is_weak,
            "aic": row.aic,
            "p_value": row.p_value,
            "expected": None if row.expected is None else _finite(row.expected),
            "message": row.message,
        }
        | ({} if row.fit is None else _fit(row.fit))
        for row in rows
    ]


def tell_models(console: Console, rows: "Sequence[Compared]", days: str) -> None:
    """Every model of a comparison, and what has to be said about some of them."""
    if not rows:
        console.print(Text(say("value.cli_no_models")))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in WORDS:
        table.add_column(say(f"cli.column.{name}"))
    for name in NUMBERS:
        table.add_column(say(f"cli.column.{name}"), justify="right")
    for row in rows:
        marks = ("*" if row.is_used else "") + ("!" if row.is_weak else "")
        table.add_row(
            Text(f"{_name(row)} {marks}".rstrip()),
            say(f"value.explains.{row.of}_{row.time}"),
            *_numbers(row),
        )
    console.print(table)
    for row in rows:
        if row.is_weak:
            told = say("value.compared.because", model=_name(row), why=_why(row))
            console.print(Text(f"! {told}"))
    console.print(Text(say("value.cli_models", days=days), style="dim"))
    console.print()


def _why(row: "Compared") -> str:
    if row.message != say("value.converged"):
        return row.message
    return say("value.no_dropout", model=say("value.model_orders"))


def _numbers(row: "Compared") -> list[str]:
    if row.fit is None or row.expected is None:
        return ["-"] * len(NUMBERS)
    found = row.expected
    return [
        f"{row.fit.log_likelihood:,.1f}",
        f"{row.aic:,.1f}",
        "-" if row.p_value is None else f"{row.p_value:.3g}",
        f"{found.p_alive:.3f}",
        f"{found.occasions:,.1f}",
        f"{found.days:,.1f}",
        f"{found.discounted:,.1f}",
    ]


def _name(row: "Compared") -> str:
    name = say(f"value.compared.{row.model.replace('-', '_')}")
    return name if row.known is None else say("value.compared.by", model=name, name=row.known)


def _fit(fit: "Fit[Any]") -> dict[str, Any]:
    return {
        "params": fit.params._asdict(),
        "standard_errors": fit.standard_errors._asdict(),
        "log_likelihood": fit.log_likelihood,
        "converged": fit.converged,
        "message": fit.message,
    }


def _finite(expected: Any) -> dict[str, float]:
    return {
        "p_alive": expected.p_alive,
        "occasions": expected.occasions,
        "days": expected.days,
        "discounted": expected.discounted,
    }
