"""Users become sufficient statistics: distinct histories by group, with counts and sums of money."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import polars as pl
from jaxtyping import Float, Int

from clvcore.value.evidence import Evidence
from clvcore.value.models.rows import distinct, padded, padded_size
from clvcore.value.population import Cells, HistoryCells, WaitCells
from clvcore.value.precision import double

Vector = Float[np.ndarray, " users"]
Groups = Int[np.ndarray, " users"]


def cells_of(known: Evidence, group: Groups) -> tuple[Cells, dict[str, Int[np.ndarray, "_"]]]:
    """The sufficient statistics by group, and each stream's row of its users.

    Args:
        known: the evidence; its ``users`` give the order of ``group``.
        group: number of every user's group.
    """
    built, rows = {}, {}
    for name in ("buyer", "visitor", "contract", "prospect"):
        member = known.users[name].is_not_null().to_numpy()
        picked = known.users[name].drop_nulls().to_numpy().astype(np.int64)
        place = np.empty(len(picked), dtype=np.int64)
        place[picked] = np.flatnonzero(member)
        built[name], rows[name] = _stream_cells(name, known, group[place])
    cells = Cells(built["buyer"], built["prospect"], built["visitor"], built["contract"])
    return cells, rows


def history_cells(
    frequency: Vector, recency: Vector, age: Vector, valued: Vector, money: Vector, group: Groups
) -> tuple[HistoryCells, Groups]:
    """Distinct histories by group, padded with no users, and the row of every user.

    Args:
        frequency: repeat orders (or active days).
        recency: days from first to last.
        age: days from first to the end of observation.
        valued: number of orders that ``money`` is the mean of; 1 where it is a plain figure.
        money: mean order value, or advertising revenue of an active day; 0 where ``valued`` is 0.
        group: number of the user's group.
    """
    pairs, pair_of_user = distinct(frequency, age, group)
    keys, row_of_user = distinct(pair_of_user, recency, valued)
    frequencies, number = np.unique(pairs[:, 0], return_inverse=True)
    size, n_pairs, n_numbers = map(padded_size, (len(keys), len(pairs), len(frequencies)))
    with double():
        cells = HistoryCells(
            recency=padded(keys[:, 1], size, 0.0),
            valued=padded(keys[:, 2], size, 1.0),
            **_sums(row_of_user, money, len(keys), size),
            pair=padded(keys[:, 0], size, 0.0).astype(jnp.int32),
            pair_number=padded(number.astype(np.float64), n_pairs, 0.0).astype(jnp.int32),
            pair_age=padded(pairs[:, 1], n_pairs, 1.0),
            pair_group=padded(pairs[:, 2], n_pairs, 0.0).astype(jnp.int32),
            frequencies=padded(frequencies, n_numbers, 0.0),
        )
    return cells, row_of_user


def wait_cells(
    waited: Vector, remaining: Vector, money: Vector, group: Groups
) -> tuple[WaitCells, Groups]:
    """Distinct waits by group, padded with no users, and the row of every user.

    Args:
        waited: days waited so far.
        remaining: days to an agreed end, inf without one.
        money: fee a day; 0 for users without an order.
        group: number of the user's group.
    """
    keys, row_of_user = distinct(waited, remaining, group)
    size = padded_size(len(keys))
    with double():
        cells = WaitCells(
            waited=padded(keys[:, 0], size, 1.0),
            remaining=padded(keys[:, 1], size, np.inf),
            **_sums(row_of_user, money, len(keys), size),
            group=padded(keys[:, 2], size, 0.0).astype(jnp.int32),
        )
    return cells, row_of_user


def _sums(row: Groups, money: Vector, n_rows: int, size: int) -> dict[str, jnp.ndarray]:
    """Users, sum of z and sum of z^2 by row."""
    weights = {"users": np.ones(len(row)), "money": money, "money_square": money**2}
    return {
        name: padded(np.bincount(row, weight, n_rows).astype(np.float64), size, 0.0)
        for name, weight in weights.items()
    }


def _stream_cells(name: str, known: Evidence, group: Groups) -> Any:
    """Cells of one stream for its own users."""
    if name in ("buyer", "visitor"):
        frame = known.buyers if name == "buyer" else known.visitors
        parts = [frame[part].to_numpy() for part in ("frequency", "recency_days", "age_days")]
        valued = frame["valued"].to_numpy() if name == "buyer" else np.ones(frame.height)
        return history_cells(*parts, valued, frame["money"].to_numpy(), group)
    if name == "prospect":
        waited = known.prospects["waited_days"].to_numpy()
        return wait_cells(waited, np.full(len(waited), np.inf), np.zeros(len(waited)), group)
    # an ended contract has no days left
    frame = known.contracts.with_columns(
        pl.when(~pl.col("has_ended")).then("remaining_days").otherwise(0.0).alias("remaining_days")
    )
    parts = [frame[part].to_numpy() for part in ("waited_days", "remaining_days", "fee_per_day")]
    return wait_cells(*parts, group)
