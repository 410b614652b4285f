"""Users who differ by what is known of them: channel, segment, anything that does not change.

What is known of a user, z, moves the scales of the population that the user is drawn from:

    BG/NBD, MBG/NBD    alpha = alpha0 exp(-g z),   a = a0 exp(h z),   b = b0 exp(l z)
    Pareto/NBD         alpha = alpha0 exp(-g z),   beta = beta0 exp(-h z)

so exp(g) is by what the rate of orders is multiplied for each unit of z. Coefficients are reported as
these factors, whose logarithm is searched: 1 changes nothing. Whether z tells anything at all is asked
by the likelihood ratio against the population without it, which is chi-squared where it does not.

References:
    Fader, Hardie (2007): Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD
    models, brucehardie.com/notes/019.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.stats import chi2

from clvcore.value.models import beta_geometric, bg_nbd, mbg_nbd, pareto_nbd
from clvcore.value.models.beta_geometric import BgNbdParams, NbdParams
from clvcore.value.models.departure import log_gone_odds
from clvcore.value.models.fit import Fit, maximise, message_of
from clvcore.value.models.pareto_nbd import ParetoParams
from clvcore.value.models.repeat import OrderModel, OrderParams, fit
from clvcore.value.models.rows import HistoryRows, distinct, padded, padded_size
from clvcore.value.precision import double

Vector = Float[np.ndarray, " users"]
Known = Float[np.ndarray, "users covariates"]

COIN = ("rate", "leaving", "staying")
"""What z moves in BG/NBD and MBG/NBD: 1 / alpha, a and b."""
MOMENT = ("rate", "leaving")
"""What z moves in Pareto/NBD: 1 / alpha and 1 / beta, the mean rates of orders and of leaving."""


class KnownRows(NamedTuple):
    """Distinct histories of users of whom the same is known, padded with nobody."""

    rows: HistoryRows
    group: Int[Array, " rows"]
    known: Float[Array, "groups covariates"]


class Factor(NamedTuple):
    """By what a unit of a covariate multiplies a rate."""

    factor: float
    log_error: float
    """Standard error of its logarithm."""


@dataclass(frozen=True, slots=True)
class Moderated:
    """A population that depends on what is known of a user, and whether that is worth it."""

    fit: Fit[Any]
    """params: those where z is 0, then the factors: rate_0 for the first covariate and so on."""
    without: Fit[Any]
    """The same model without covariates, on the same users."""
    factors: dict[tuple[str, str], Factor]
    """By what is moved (``COIN`` or ``MOMENT``) and by the covariate's name."""
    likelihood_ratio: float
    """Twice the gain in log-likelihood."""
    degrees: int
    """Factors that were fitted for it."""
    p_value: float
    """Chance of such a gain, or a larger one, where covariates tell nothing."""

    def params_of(self, z: Float[np.ndarray, " covariates"]) -> OrderParams:
        """The population of users of whom z is known: for any function of `repeat` and the models."""
        logs = np.log(np.asarray(self.fit.params, dtype=np.float64))
        with double():
            moved = _moved(type(self.without.params), jnp.asarray(logs), jnp.asarray(z[None]))
            return type(moved)(*(float(jnp.squeeze(part)) for part in moved))


def one_hot(labels: Sequence[str]) -> tuple[Known, tuple[str, ...]]:
    """Indicators of all values but the commonest, which is what the others are compared with."""
    values, counts = np.unique(np.asarray(labels), return_counts=True)
    rest = np.delete(values, int(np.argmax(counts)))
    return (np.asarray(labels)[:, None] == rest).astype(np.float64), tuple(map(str, rest))


def known_rows(frequency: Vector, recency: Vector, age: Vector, z: Known) -> KnownRows:
    """The distinct histories by what is known of their users."""
    known, group = np.unique(z, axis=0, return_inverse=True)
    group = group.reshape(-1)
    keys, index = distinct(frequency, recency, age, group)
    total = np.bincount(index, minlength=len(keys)).astype(np.float64)
    size, most = padded_size(len(keys)), int(frequency.max(initial=0))
    counts = np.zeros((len(known), most + 1))
    np.add.at(counts, (group, frequency.astype(np.int64)), 1.0)
    exceed = counts.sum(axis=1, keepdims=True) - np.cumsum(counts, axis=1)
    width = padded_size(most) - most
    with double():
        rows = HistoryRows(
            padded(keys[:, 0], size, 0.0),
            padded(keys[:, 1], size, 0.0),
            padded(keys[:, 2], size, 1.0),
            padded(total, size, 0.0),
            jnp.asarray(np.pad(exceed[:, :-1], ((0, 0), (0, width)))),
        )
        return KnownRows(rows, padded(keys[:, 3], size, 0.0).astype(jnp.int32), jnp.asarray(known))


def fit_moderated(
    model: OrderModel,
    history: tuple[Vector, Vector, Vector],
    z: Known,
    names: Sequence[str],
) -> Moderated:
    """The population under which the histories are most likely, given what is known of users.

    Args:
        model: of repeat orders.
        history: frequency, recency and age of every user.
        z: what is known of them, a column each; see `one_hot`.
        names: of the columns.

    Raises:
        FitError: nobody bought twice.
    """
    seen = known_rows(*history, z)
    nothing = known_rows(*history, z[:, :0])
    without = fit(model, nothing.rows._replace(exceed=nothing.rows.exceed[0]))
    parts = MOMENT if model == "pareto-nbd" else COIN
    pairs = [(part, name) for part in parts for name in names]
    fields = [f"{part}_{number}" for part in parts for number in range(len(names))]
    Moderation = namedtuple("Moderation", [*without.params._fields, *fields])  # noqa: PYI024  fields by data
    start = Moderation(*without.params, *np.ones(len(pairs)))
    height, plain = _HEIGHTS[model]
    found = maximise(height, seen, start, plain=plain, price=pareto_nbd.PRICE)
    errors = np.sqrt(np.diag(found.log_covariance))
    gain = max(2.0 * (found.log_likelihood - without.log_likelihood), 0.0)
    told = [*without.params._fields, *(f"{part} ({name})" for part, name in pairs)]
    return Moderated(
        fit=replace(found, message=message_of(told, errors, converged=found.converged)),
        without=without,
        factors=dict(zip(pairs, map(Factor, found.params[4:], errors[4:].tolist()), strict=True)),
        likelihood_ratio=gain,
        degrees=len(pairs),
        p_value=float(chi2.sf(gain, len(pairs))),
    )


def _bg_height(log_params: Float[Array, " params"], seen: KnownRows) -> Float[Array, ""]:
    params = _moved(BgNbdParams, log_params, seen.known)
    return beta_geometric.log_height(params, seen.rows, bg_nbd.TOSSES, seen.group)


def _mbg_height(log_params: Float[Array, " params"], seen: KnownRows) -> Float[Array, ""]:
    params = _moved(NbdParams, log_params, seen.known)
    return beta_geometric.log_height(params, seen.rows, mbg_nbd.TOSSES, seen.group)


def _pareto_height(log_params: Float[Array, " params"], seen: KnownRows) -> Float[Array, ""]:
    params = _moved(ParetoParams, log_params, seen.known)
    return pareto_nbd.log_height(params, seen.rows, seen.group)


def _plain_pareto_height(log_params: Float[Array, " params"], seen: KnownRows) -> Float[Array, ""]:
    params = _moved(ParetoParams, log_params, seen.known)
    return pareto_nbd.log_height(params, seen.rows, seen.group, odds_of=log_gone_odds)


_HEIGHTS: dict[OrderModel, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "bg-nbd": (_bg_height, _bg_height),
    "mbg-nbd": (_mbg_height, _mbg_height),
    "pareto-nbd": (_pareto_height, _plain_pareto_height),
}


def _moved(kind: type, log_params: Any, known: Any) -> Any:
    """The population of every group, from the logs of base and factors."""
    base, factors = log_params[:4], log_params[4:]
    moves = known @ factors.reshape(-1, known.shape[1]).T  # [groups, what is moved]
    if kind is ParetoParams:
        r, alpha, s, beta = base
        return kind(
            jnp.exp(r), jnp.exp(alpha - moves[:, 0]), jnp.exp(s), jnp.exp(beta - moves[:, 1])
        )
    r, alpha, a, b = base
    return kind(
        jnp.exp(r), jnp.exp(alpha - moves[:, 0]), jnp.exp(a + moves[:, 1]), jnp.exp(b + moves[:, 2])
    )
