"""The values of the forecast: fitted parameters, sufficient statistics, levers, and what comes out.

All are NamedTuples of jnp arrays, so that they pass through jit, vmap and jvp.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from clvcore.value.models.beta_geometric import NbdParams, Scalar
from clvcore.value.models.gamma_gamma import SpendParams
from clvcore.value.models.repeat import OrderParams
from clvcore.value.models.waiting import WaitParams

Rows = Float[Array, " rows"]


class Levers(NamedTuple):
    """What a scenario may change; each a number, or one number for each group. 1 changes nothing.

    Factors: 1.05 is five percent more. A factor on dropout acts on the odds of leaving at an order
    (and so keeps the chance below 1); a factor on churn acts on the hazard of a contract.
    """

    dropout: Scalar = 1.0
    order_rate: Scalar = 1.0
    order_value: Scalar = 1.0
    refund_rate: Scalar = 1.0
    margin: Scalar = 1.0
    activity_rate: Scalar = 1.0
    """Rate of active days, which carry advertising."""
    activity_dropout: Scalar = 1.0
    advertising: Scalar = 1.0
    """Advertising revenue of an active day."""
    churn: Scalar = 1.0
    fee: Scalar = 1.0
    conversion: Scalar = 1.0
    """Hazard of a first order."""
    discount_rate_annual: Scalar | None = 0.0
    """None says at compile time that nothing is discounted, which saves work."""


def slots(n_groups: int) -> int:
    """Groups that programs are compiled for: 8, 64, 512 and on, so that few have to be."""
    size = 8
    while size < n_groups:
        size *= 8
    return size


def unmoved(n_groups: int, discount_rate_annual: float = 0.0) -> Levers:
    """Levers that change nothing, a factor for every slot; without discounting its work is saved.

    To be called within `clvcore.value.precision.double`.
    """
    one = jnp.ones(slots(n_groups))
    factors = dict.fromkeys(Levers._fields[:-1], one)
    return Levers(**factors, discount_rate_annual=discount_rate_annual or None)


class Population(NamedTuple):
    """Fitted parameters of all streams: floats, or arrays with a leading axis of draws."""

    orders: OrderParams
    spend: SpendParams
    first_order: WaitParams
    visits: NbdParams
    contract: WaitParams
    refund_rate: Scalar
    """Share of gross purchase money that is given back."""
    refund_rate_matched: Scalar
    """The part of it that is already off the order values."""
    margin: Scalar
    """Contribution margin as a share of net purchase money; 1 on revenue."""
    visit_noise: Scalar
    """Variance of a day's advertising revenue over its squared mean."""


class HistoryCells(NamedTuple):
    """Distinct (frequency, recency, age, group) with users, (frequency, age, group), and frequency.

    Buyers by orders, visitors by active days.
    """

    recency: Rows
    valued: Rows
    """Orders behind the user's mean order value; 1 for visitors."""
    users: Rows
    money: Rows
    """Sum of z over the users."""
    money_square: Rows
    """Sum of z^2."""
    pair: Int[Array, " rows"]
    """Index into the pairs below: expectations depend on recency only through P(alive)."""
    pair_number: Int[Array, " pairs"]
    """Index into the frequencies below: the chance of leaving at an order depends on nothing else."""
    pair_age: Float[Array, " pairs"]
    pair_group: Int[Array, " pairs"]
    frequencies: Float[Array, " frequencies"]

    @property
    def group(self) -> Int[Array, " rows"]:
        """Group of every row."""
        return self.pair_group[self.pair]

    @property
    def pair_frequency(self) -> Float[Array, " pairs"]:
        """Frequency of every pair."""
        return self.frequencies[self.pair_number]


class WaitCells(NamedTuple):
    """Distinct (days waited, days that may remain, group) with users: contracts, or no order yet."""

    waited: Rows
    remaining: Rows
    """Days to the agreed end of a contract; inf without one."""
    users: Rows
    money: Rows
    """Sum of the fees a day over the users; 0 for users without an order."""
    money_square: Rows
    group: Int[Array, " rows"]


class Cells(NamedTuple):
    """The sufficient statistics of a data set, by stream."""

    buyers: HistoryCells
    prospects: WaitCells
    """Users without an order, by days since acquisition."""
    visitors: HistoryCells
    contracts: WaitCells


class Unit(NamedTuple):
    """Moments of one user's value in one stream, for each row; see the module's first lines."""

    mean: Rows
    square: Rows
    offset: Scalar
    slope: Rows
    nothing: Rows
    """P(value is 0)."""
    count: Rows
    """E[orders, active days or days under contract], undiscounted."""
    p_alive: Rows
    """P(still here now)."""
    stays: Rows
    """P(still here at the horizon)."""
    days: Rows
    """E[days here within the horizon]."""


class Outlook(NamedTuple):
    """Every stream's moments by row."""

    buyers: Unit
    prospects: Unit
    visitors: Unit
    contracts: Unit


class Moments(NamedTuple):
    """Mean and variance of a group's total under given parameters: users are then independent."""

    mean: Float[Array | np.ndarray, " groups"]
    variance: Float[Array | np.ndarray, " groups"]


class Totals(NamedTuple):
    """Value to come of every group, by stream of money."""

    purchase: Moments
    advertising: Moments
    service: Moments
