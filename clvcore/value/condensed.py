"""Distinct histories condensed to a few that stand for all, where only spread has to be known.

Intervals need every group's total under many draws of the parameters. How a total moves from draw
to draw is a smooth matter of histories, so histories that are alike can stand together: each group
is cut into boxes that bring about the same, a box becomes one history in its middle, and is weighted
so that it brings at the fitted parameters what its users do. The number of boxes is bounded, so that
a draw costs the same for a thousand users and for a million.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from clvcore.value.boxes import boxes, middles
from clvcore.value.models.rows import padded, padded_size
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
    slots,
)
from clvcore.value.posterior import expected, total_draws, totals
from clvcore.value.precision import double

MOST_BOXES = 256
"""Boxes of all groups of a stream together, as long as each group has `FEWEST_BOXES`."""
FEWEST_BOXES = 8

FILLED_WITH_ONE = ("valued", "pair_age", "waited", "remaining")
"""What may not be 0 in a row, not even of nobody."""

Rows = Float[np.ndarray, " rows"]
Cell = HistoryCells | WaitCells
StandFor = Literal["money", "staying"]


class Situated(NamedTuple):
    """What a forecast is evaluated at: everything but the histories."""

    population: Population
    """Fitted parameters."""
    levers: Levers
    horizon_days: float

    def expected(self, cells: Cells) -> Outlook:
        """Every row's moments."""
        with double():
            found = expected(self.population, cells, self.levers, self.horizon_days)
            return Outlook(**found)

    def totals(self, cells: Cells, n_slots: int) -> Totals:
        """Moments of every group's total: leaves [slots]."""
        return Totals(**self.streams(cells, n_slots, Totals._fields))

    def streams(
        self, cells: Cells, n_slots: int, streams: Iterable[str], draws: Population | None = None
    ) -> dict[str, Moments]:
        """The same of some streams only; under each draw of parameters, leaves [draws, slots]."""
        with double():
            rest = (cells, self.levers, self.horizon_days, n_slots, streams)
            if draws is None:
                return totals(self.population, *rest)
            return total_draws(draws, *rest)

    def drawn(self, draws: Population, cells: Cells, n_slots: int) -> Totals:
        """Moments of every group's total under each draw: leaves [draws, slots]."""
        return Totals(**self.streams(cells, n_slots, Totals._fields, draws))


def condensed(at: Situated, cells: Cells, n_groups: int, *, stand_for: StandFor = "money") -> Cells:
    """Few histories for every group, which bring in the mean what all do.

    Args:
        at: where the mean of every group is exact; near it, the error of what it moves by is second
            order in the size of the boxes.
        cells: distinct histories.
        n_groups: number of groups.
        stand_for: whether it is money that has to be right, or how many users are still here at the
            horizon.
    """
    n_halvings = int(np.log2(max(FEWEST_BOXES, MOST_BOXES // n_groups)))
    with double():
        boxed = [
            _boxed(cell, _part(unit, cell, stand_for), np.asarray(unit.p_alive), n_halvings)
            for cell, unit in zip(cells, at.expected(cells), strict=True)
        ]
        middles = Cells._make(cell for cell, _ in boxed)
        return Cells._make(
            _weighed(cell, ratio(brought, _part(unit, cell, stand_for)))
            for (cell, brought), unit in zip(boxed, at.expected(middles), strict=True)
        )


def drawn_totals(at: Situated, draws: Population, cells: Cells, n_groups: int) -> Totals:
    """Moments of every group's total under each draw, by stream: leaves [draws, slots].

    Found on few histories, and exact at the fitted parameters.
    """
    few, n_slots = condensed(at, cells, n_groups), slots(n_groups)
    parts = (at.drawn(draws, few, n_slots), at.totals(cells, n_slots), at.totals(few, n_slots))
    return jax.tree.map(lambda drawn, exact, rough: np.asarray(drawn) * ratio(exact, rough), *parts)


def ratio(exact: Array | np.ndarray, rough: Array | np.ndarray) -> np.ndarray:
    """By what ``rough`` has to be multiplied; 1 where there is nothing to multiply."""
    above, below = np.asarray(exact), np.asarray(rough)
    return np.divide(above, below, out=np.ones_like(above), where=below != 0.0)


def _part(unit: Unit, cell: Cell, stand_for: StandFor) -> Rows:
    """Every row's part in the mean of its group."""
    users, money = np.asarray(cell.users), np.asarray(cell.money)
    if stand_for == "staying":
        return np.asarray(unit.stays) * users
    return np.asarray(unit.mean) * (
        np.asarray(unit.offset) * users + np.asarray(unit.slope) * money
    )


def _boxed(
    cell: Cell, part: Rows, alive: Rows, n_halvings: int
) -> tuple[Cell, Float[np.ndarray, " boxes"]]:
    """One history for every box, in the middle of what its users bring, and what that is."""
    used = np.flatnonzero(np.asarray(cell.users) > 0)
    if not len(used):
        return cell, part
    part, alive = part[used], alive[used]
    size = np.abs(part)
    weight = size + max(1e-9 * float(size.max()), 1e-300)
    group = np.asarray(cell.group)[used].astype(np.int64)
    if isinstance(cell, HistoryCells):
        pair = np.asarray(cell.pair)[used]
        x, age = (np.asarray(one)[pair] for one in (cell.pair_frequency, cell.pair_age))
        recency, slope = (np.asarray(one)[used] for one in (cell.recency, cell.valued))
        numbers = {"frequencies": x, "pair_age": age, "recency": recency, "valued": slope}
        features = np.stack([np.log1p(x), age, alive])
    else:
        waited, remaining = (np.asarray(one)[used] for one in (cell.waited, cell.remaining))
        soon, slope = 1.0 / (1.0 + remaining), np.ones(len(used))  # without an agreed end: 0
        numbers = {"waited": waited, "remaining": soon}
        features = np.stack([np.log1p(waited), soon])
    box = boxes(group, features, weight, n_halvings)
    rows = {name: middles(box, weight, values) for name, values in numbers.items()}
    rows["group"] = middles(box, weight, group.astype(np.float64))  # the same for all in a box
    shown = rows.get("valued", np.ones(box.max() + 1))
    for name, power in (("users", 0), ("money", 1), ("money_square", 2)):
        total = np.bincount(box, slope**power * np.asarray(getattr(cell, name))[used])
        rows[name] = total / np.where(shown > 0, shown, 1.0) ** power
    if "remaining" in rows:
        with np.errstate(divide="ignore"):
            rows["remaining"] = 1.0 / rows["remaining"] - 1.0
    brought = np.bincount(box, part)
    n_rows = padded_size(len(brought))
    return _filled(type(cell), rows, n_rows), np.pad(brought, (0, n_rows - len(brought)))


def _filled(kind: type[Cell], rows: dict[str, Rows], n_rows: int) -> Cell:
    """The rows as cells, filled up with rows of nobody."""
    full = {
        name: padded(values, n_rows, 1.0 if name in FILLED_WITH_ONE else 0.0)
        for name, values in rows.items()
    }
    group = jnp.asarray(np.rint(full.pop("group")), jnp.int32)
    if kind is WaitCells:
        return WaitCells(**full, group=group)
    own = jnp.asarray(np.arange(n_rows), jnp.int32)
    return HistoryCells(**full, pair=own, pair_number=own, pair_group=group)


def _weighed(cell: Cell, factor: Rows) -> Cell:
    """The rows with their users and money multiplied."""
    parts = ("users", "money", "money_square")
    scaled = {name: np.asarray(getattr(cell, name)) * factor for name in parts}
    return cell._replace(**{name: jnp.asarray(one) for name, one in scaled.items()})
