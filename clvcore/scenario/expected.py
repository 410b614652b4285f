"""What is expected of every group as things are, which changes are measured against."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from clvcore.scenario.retention import Staying, staying
from clvcore.value.forecast import Forecast, situated
from clvcore.value.population import Cells, slots
from clvcore.value.precision import double


class Expected(NamedTuple):
    """Expectations within a horizon, by slot; those of several groups are sums."""

    horizon_days: float
    order_money: Float[np.ndarray, " slots"]
    """Of orders to come, before refunds and costs."""
    orders: Float[np.ndarray, " slots"]
    """Number of orders to come."""
    staying: Staying
    """Users still here at the horizon, in each of the three ways: leaves [slots]."""


def expected(made: Forecast, cells: Cells, n_groups: int, horizon_days: float) -> Expected:
    """What is expected of the groups of ``cells``."""
    n_slots = slots(n_groups)
    whole = made.population._replace(refund_rate=0.0, margin=1.0)
    at = situated(whole, horizon_days, 0.0, n_groups)
    view = at.expected(cells)
    orders = np.zeros(n_slots)
    for unit, cell in ((view.buyers, cells.buyers), (view.prospects, cells.prospects)):
        n_orders = np.asarray(unit.count) * np.asarray(cell.users)
        orders += np.bincount(np.asarray(cell.group), n_orders, n_slots)
    with double():
        here = staying(made.population, cells, np.zeros((3, n_slots)), horizon_days, n_slots)
    return Expected(
        horizon_days,
        order_money=np.asarray(at.totals(cells, n_slots).purchase.mean),
        orders=orders,
        staying=Staying(*map(np.asarray, here)),
    )
