"""What is still to come, as one pure function of parameters, sufficient statistics and levers.

This is the seam between a forecast and a what-if. Everything here is jnp on arrays, so it can be
compiled, differentiated with respect to every lever and parameter, and mapped over draws. Call it
within `clvcore.value.precision.double`.

    outlook(population, rows, levers, horizon_days)  ->  Outlook        by distinct row
    group_totals(outlook(...), rows, n_groups)       ->  Totals         by group, with variance

``population`` holds fitted parameters, never data. ``rows`` holds distinct histories by group with
their number of users and the first two sums of their money, so that the cost does not depend on
the number of users (`clvcore.value.cells` builds them). ``levers`` are neutral by default.

A user's value in one stream is Y times a money unit: orders times order value, active days times
revenue of a day, days under contract times fee a day. The unit is ``offset + slope z`` with z the
user's own money figure; so for a row

    E[value of a user]   = mean   (offset + slope z)
    E[value^2]           = square (offset + slope z)^2

and sums over the users of a row need only n, sum z and sum z^2. Discounting is
continuous at an annual rate; it scales the square by the square of what it does to the mean.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

import jax

from clvcore.value import streams
from clvcore.value.models.beta_geometric import Scalar
from clvcore.value.population import (
    Cells,
    HistoryCells,
    Levers,
    Moments,
    Outlook,
    Population,
    Totals,
    Unit,
    WaitCells,
)

WAYS = {
    "purchase": ("buyers", "prospects"),
    "advertising": ("visitors",),
    "service": ("contracts",),
}
"""Stream of money -> the ways in which it comes: fields of `Totals` and of `Outlook`."""


def outlook(
    population: Population,
    cells: Cells,
    levers: Levers,
    horizon_days: Scalar,
    *,
    fine: bool = True,
) -> Outlook:
    """Moments of what every distinct history will bring within the horizon.

    Args:
        population: fitted parameters, or one draw of them.
        cells: distinct histories.
        levers: what is changed.
        horizon_days: how far ahead.
        fine: whether integrals over the dropout are to seven digits, or to four at half the cost.
    """
    return Outlook(
        *(
            unit(way, population, getattr(cells, way), levers, horizon_days, fine=fine)
            for way in Outlook._fields
        )
    )


def unit(
    way: str,
    population: Population,
    cell: Any,
    levers: Levers,
    horizon_days: Scalar,
    *,
    fine: bool = True,
) -> Unit:
    """The same for one of the fields of `Outlook`, with the cells of its name."""
    if way == "visitors":
        return streams.visitors(population, cell, levers, horizon_days, fine=fine)
    if way == "contracts":
        return streams.contracts(population, cell, levers, horizon_days)
    purchase = streams.worth_per_order(population, levers)
    if way == "prospects":
        return streams.prospects(population, cell, levers, purchase, horizon_days, fine=fine)
    return streams.buyers(population, cell, levers, purchase, horizon_days, fine=fine)


def group_totals(view: Outlook, cells: Cells, n_groups: int) -> Totals:
    """Mean and variance of the value to come of every group of users."""
    found = {
        way: group_total(getattr(view, way), getattr(cells, way), n_groups) for way in view._fields
    }
    return Totals(*(added(found[way] for way in WAYS[stream]) for stream in Totals._fields))


def added(parts: Iterable[Moments]) -> Moments:
    """The moments of what independent parts bring together."""
    return Moments(*(sum(moments) for moments in zip(*parts, strict=True)))


@partial(jax.jit, static_argnames="n_groups")
def group_total(unit: Unit, cell: HistoryCells | WaitCells, n_groups: int) -> Moments:
    """The part of `group_totals` that comes in one way."""
    first = unit.offset * cell.users + unit.slope * cell.money
    second = (
        unit.offset**2 * cell.users
        + 2.0 * unit.offset * unit.slope * cell.money
        + unit.slope**2 * cell.money_square
    )
    by_group = [unit.mean * first, (unit.square - unit.mean**2) * second]
    return Moments(*(jax.ops.segment_sum(part, cell.group, n_groups) for part in by_group))
