"""How many users a channel wins at a steady weekly spend: one response curve a channel.

New users of week t are negative binomial with mean ``base + beta * hill(adstock_t)``, where
``adstock_t = (1 - carry) * spend_t + carry * adstock_(t-1)`` and
``hill(x) = x^shape / (x^shape + half^shape)``. At a steady spend the adstock is the spend, so
the curve counts all that is carried over.

The curve is an effect of spend only where spend was not set by the demand that it met; that cannot
be seen in the data.

References:
    Jin, Wang, Sun, Chan & Koehler 2017, "Bayesian methods for media mix modeling with carryover and
        shape effects": geometric adstock (2.1), Hill function (2.2), informative priors (3).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import expit

from clvcore.messages import say
from clvcore.scenario.weekly import Weekly
from clvcore.value.models.fit import Fit, Prior, maximise

FEWEST_WEEKS = 26
FEWEST_USERS = 30
LEAST_VARIATION = 0.15
"""Standard deviation of weekly spend over its mean, below which spend counts as constant."""
DRAWS = 400
LAGS = 26
"""Weeks that spend is followed: half a year; at a carry-over of 0.8, 0.3 % is left after it."""
SMALLEST = 1e-6
"""Share of the usual spend that stands for none, so that slopes stay finite."""


class ResponseParams(NamedTuple):
    """All above 0: numbers, or arrays [draws]."""

    base: Any
    """Users a week without spend."""
    lift: Any
    """Users a week that the usual spend adds; ``beta = lift / hill(usual)``. Data tell it far better
    than ``beta``, which lies beyond what was spent."""
    half: Any
    """Spend at which half of ``beta`` is reached, in usual spends."""
    shape: Any
    carried: Any
    """Odds of carrying over, ``carry / (1 - carry)``."""
    size: Any
    """Of the negative binomial; the smaller, the more the weeks scatter."""


class WeekRows(NamedTuple):
    """What is fitted: spend in usual spends."""

    spend: Any
    """[weeks, lags] of every week and of the weeks before it, the latest first; `windows` makes it."""
    users: Any
    """[weeks] won in the week."""


def windows(spend: Float[np.ndarray, " weeks"]) -> Float[np.ndarray, "weeks lags"]:
    """Spend of every week and of the `LAGS` - 1 before it; before the first it ran as usual, at 1."""
    padded = np.concatenate([np.ones(LAGS - 1), spend])
    return np.lib.stride_tricks.sliding_window_view(padded, LAGS)[:, ::-1]


def adstock(spend: Float[Array, "weeks lags"], carry: Float[Array, ""]) -> Float[Array, " weeks"]:
    """Spend with what is carried over from earlier weeks, in usual spends.

    Args:
        spend: `windows` of it; what lies further back counts as usual.
        carry: share of the adstock that is still there a week later.
    """
    lags = jnp.arange(spend.shape[1])
    return spend @ ((1.0 - carry) * carry**lags) + carry ** spend.shape[1]


def log_likelihood(log_params: Float[Array, "6"], rows: WeekRows) -> Float[Array, ""]:
    """Log-probability of the users won."""
    p = ResponseParams(*jnp.exp(log_params))
    stock = jnp.maximum(adstock(rows.spend, p.carried / (1.0 + p.carried)), SMALLEST)
    ln_half = jnp.log(p.half)
    hill = jax.nn.sigmoid(p.shape * (jnp.log(stock) - ln_half))
    mean = p.base + p.lift * hill / jax.nn.sigmoid(-p.shape * ln_half)
    n, lgamma = rows.users, jax.scipy.special.gammaln
    odds = jnp.log1p(mean / p.size)
    return jnp.sum(
        lgamma(n + p.size) - lgamma(p.size) - lgamma(n + 1.0)
        - p.size * odds + n * (jnp.log(mean) - jnp.log(p.size) - odds)
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """The curve of one channel, and how sure it is. Spend is a week's, in units of the currency."""

    weekly: Weekly
    fit: Fit[ResponseParams] = field(repr=False)
    drawn: ResponseParams = field(repr=False)
    """From the posterior: arrays [draws]."""

    @property
    def channel(self) -> str:
        """Whose curve it is."""
        return self.weekly.channel

    def users(self, spend: Sequence[float] | np.ndarray) -> Float[np.ndarray, "points draws"]:
        """Users won a week at each steady spend, under each draw."""
        p, hill = self.drawn, self._hill(spend)
        return np.asarray(p.base) + self._beta() * hill

    def slope(self, spend: Sequence[float] | np.ndarray) -> Float[np.ndarray, "points draws"]:
        """Users that a further unit of weekly spend wins, ``dN / ds``, under each draw."""
        hill = self._hill(spend)
        at = self._usuals(spend) * self.weekly.usual
        return self._beta() * hill * (1.0 - hill) * np.asarray(self.drawn.shape) / at

    def _usuals(self, spend: Sequence[float] | np.ndarray) -> Float[np.ndarray, "points 1"]:
        at = np.asarray(spend, dtype=np.float64)[:, None] / self.weekly.usual
        return np.maximum(at, SMALLEST)

    def _hill(self, spend: Sequence[float] | np.ndarray) -> Float[np.ndarray, "points draws"]:
        p = self.drawn
        return expit(np.asarray(p.shape) * (np.log(self._usuals(spend)) - np.log(p.half)))

    def _beta(self) -> Float[np.ndarray, " draws"]:
        p = self.drawn
        return np.asarray(p.lift) / expit(-np.asarray(p.shape) * np.log(p.half))


@dataclass(frozen=True, slots=True)
class NoCurve:
    """A channel whose spend tells nothing about its users, and why: one sentence."""

    channel: str
    reason: str


def prior_for(weekly: Weekly) -> Prior:
    """Beliefs on the scale of the data: most users come with spend, half of what can be won near it."""
    won = max(float(weekly.users.mean()), 0.1)
    middle = ResponseParams(0.2 * won, 0.7 * won, 1.0, 1.2, 0.35, 10.0)
    width = ResponseParams(1.0, 0.6, 0.6, 0.3, 0.8, 1.0)
    return Prior(np.log(np.array(middle)), np.array(width))


def response(
    weekly: Weekly, *, rng: np.random.Generator, n_draws: int = DRAWS
) -> Response | NoCurve:
    """The response curve of a channel, or why there is none."""
    reason = _why_not(weekly)
    if reason:
        return NoCurve(weekly.channel, reason)
    prior = prior_for(weekly)
    rows = WeekRows(windows(weekly.spend / weekly.usual), weekly.users.astype(np.float64))
    start = ResponseParams(*np.exp(prior.mean).tolist())
    fit = maximise(log_likelihood, rows, start, prior=prior)
    if not fit.converged:
        return NoCurve(weekly.channel, say("scenario.budget.not_converged"))
    return Response(weekly, fit, fit.draws(n_draws, rng))


def _why_not(weekly: Weekly) -> str:
    """Why there is no curve; empty where there is one."""
    weeks, users = len(weekly.spend), int(weekly.users.sum())
    if not weekly.spend.any():
        return say("scenario.budget.unpaid")
    if weeks < FEWEST_WEEKS:
        return say("scenario.budget.few_weeks", weeks=weeks, least=FEWEST_WEEKS)
    if users < FEWEST_USERS:
        return say("scenario.budget.few_users", users=users, least=FEWEST_USERS)
    if weekly.spend.std() < LEAST_VARIATION * weekly.usual:
        return say("scenario.budget.constant")
    return ""
