"""Maximum likelihood of a few positive parameters: Newton steps in a trust region, exact curvature.

Parameters are searched on the log scale, so they stay above 0 and their posterior is closer to a
normal one. Everything is float64, whatever the rest of the process uses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from clvcore.messages import listed, say
from clvcore.value.models.newton import Local, climb
from clvcore.value.precision import double

Params = TypeVar("Params", bound=tuple[Any, ...])

WIDEST = 12.0
"""Log-parameters further than this from their start are called unbounded."""
TAIL = 5.0
"""Degrees of freedom of the proposals."""
MOST_EVALUATIONS = 30_000_000
"""Rows times proposals that are affordable; there are always as many proposals as draws."""
FLATTEST = 3.0
"""Widest proposals, on the log scale: further along a flat direction nothing changes any more."""
WEAK_LOG_ERROR = 1.5
"""A standard error above this on the log scale: the parameter may be four times off either way."""


@dataclass(frozen=True, slots=True)
class Fit(Generic[Params]):
    """A fitted model, and how far it can be trusted."""

    params: Params
    """A NamedTuple of floats on their natural scale."""
    log_likelihood: float
    converged: bool
    standard_errors: Params
    """From the curvature at the optimum, by the delta method; NaN where the curvature is flat."""
    message: str
    """One sentence: converged, stopped early, or which parameters the data cannot tell."""
    log_covariance: np.ndarray
    """Covariance of the log-parameters (Laplace), [params, params]."""

    log_posterior: Callable[[np.ndarray], np.ndarray] = field(repr=False)
    """Log-likelihood plus log-prior of log-parameters, [points, params] -> [points]."""
    n_rows: int
    """Distinct rows behind the fit times what one costs: the price of one evaluation."""

    def draws(self, n_draws: int, rng: np.random.Generator) -> Params:
        """Parameters from the posterior: each field an array of ``n_draws`` values.

        Proposals from a t distribution about the optimum with the Laplace covariance are weighted by
        the posterior itself and resampled: where the data hold a parameter to one side only (dropout
        near 0, say), a normal distribution would reach far into what they rule out.
        """
        centre = np.log(np.asarray(self.params, dtype=np.float64))
        n_proposals = max(n_draws, min(8 * n_draws, MOST_EVALUATIONS // self.n_rows))
        normal = rng.standard_normal((n_proposals, len(centre)))
        stretch = np.sqrt(TAIL / rng.chisquare(TAIL, (n_proposals, 1)))
        steps = normal * stretch
        points = centre + steps @ _square_root(self.log_covariance).T
        reach = 1.0 + (steps**2).sum(axis=1) / TAIL
        log_weight = self.log_posterior(points) + 0.5 * (TAIL + len(centre)) * np.log(reach)
        log_weight = np.where(np.isfinite(log_weight), log_weight, -np.inf)
        weight = np.exp(log_weight - log_weight.max())
        places = (rng.random() + np.arange(n_draws)) / n_draws
        chosen = np.searchsorted(np.cumsum(weight) / weight.sum(), places)
        kept = rng.permutation(np.minimum(chosen, n_proposals - 1))
        return type(self.params)(*np.exp(points[kept]).T)


class Prior(NamedTuple):
    """Independent normal beliefs about the log-parameters, for histories too short to stand alone."""

    mean: np.ndarray
    deviation: np.ndarray


def maximise(
    log_likelihood: Callable[[Float[Array, " params"], Any], Float[Array, ""]],
    rows: Any,
    start: Params,
    *,
    prior: Prior | None = None,
    plain: Callable[[Float[Array, " params"], Any], Float[Array, ""]] | None = None,
    price: int = 1,
) -> Fit[Params]:
    """The parameters under which ``rows`` are most likely, from ``start``.

    Args:
        log_likelihood: of log-parameters and rows; a function of a module, so that it is compiled
            once.
        rows: compressed rows, a pytree of arrays.
        start: where to begin, natural scale; also the shape of the answer.
        prior: added to the log-likelihood while searching; the one reported is without it.
        plain: the same log-likelihood where only its value is asked for, if that is cheaper.
        price: evaluations of an ordinary row that one row costs; fewer proposals are then drawn.
    """
    value_of = plain or log_likelihood
    belief = prior or Prior(np.zeros(len(start)), np.full(len(start), np.inf))
    with double():
        held = jax.tree.map(jnp.asarray, (rows, belief))

        def at(point: np.ndarray) -> Local:
            value, slope, curve = _evaluate(log_likelihood, jnp.asarray(point), *held)
            return Local(point, float(value), np.asarray(slope), np.asarray(curve))

        origin = np.log(np.asarray(start, dtype=np.float64))
        best, converged = climb(at, origin)
        alone = float(value_of(jnp.asarray(best.point), held[0]))
    covariance = _covariance(best.curve)
    errors = np.sqrt(np.diag(covariance))
    params = np.exp(best.point)
    bounded = bool((np.abs(best.point - origin) < WIDEST).all())
    return Fit(
        params=type(start)(*params.tolist()),
        log_likelihood=alone,
        converged=converged and bounded,
        standard_errors=type(start)(*(params * errors).tolist()),
        message=message_of(_names(start), errors, converged=converged and bounded),
        log_covariance=covariance,
        log_posterior=partial(_at_points, value_of, held),
        n_rows=price * max(np.size(leaf) for leaf in jax.tree.leaves(rows)),
    )


def best_start(
    log_likelihood: Callable[[Float[Array, " params"], Any], Float[Array, ""]],
    rows: Any,
    starts: Sequence[Params],
) -> Params:
    """The start under which ``rows`` are most likely, so that a search begins on the right slope."""
    flat = Prior(np.zeros(len(starts[0])), np.full(len(starts[0]), np.inf))
    heights = _at_points(log_likelihood, (rows, flat), np.log(np.array(starts, dtype=np.float64)))
    return starts[int(np.argmax(np.where(np.isfinite(heights), heights, -np.inf)))]


def _at_points(
    log_likelihood: Callable[..., Any], held: tuple[Any, Prior], points: np.ndarray
) -> np.ndarray:
    with double():
        return np.asarray(_heights(log_likelihood, jnp.asarray(points), *held))


@partial(jax.jit, static_argnums=0)
def _heights(
    log_likelihood: Callable[..., Any],
    points: Float[Array, "points params"],
    rows: Any,
    belief: Prior,
) -> Float[Array, " points"]:
    """Log-likelihood plus log-prior at each point, one after the other."""
    return jax.lax.map(lambda point: _objective(log_likelihood, point, rows, belief), points)


def _objective(
    log_likelihood: Callable[..., Any], point: Float[Array, " params"], rows: Any, belief: Prior
) -> Float[Array, ""]:
    away = (point - belief.mean) / belief.deviation
    return log_likelihood(point, rows) - 0.5 * jnp.sum(away**2)


@partial(jax.jit, static_argnums=0)
def _evaluate(
    log_likelihood: Callable[..., Any], point: Float[Array, " params"], rows: Any, belief: Prior
) -> tuple[Any, ...]:
    """Value, gradient and Hessian of log-likelihood plus log-prior."""

    def slope_and_value(log_params: Any) -> tuple[Any, tuple[Any, Any]]:
        objective = partial(_objective, log_likelihood, rows=rows, belief=belief)
        value, slope = jax.value_and_grad(objective)(log_params)
        return slope, (value, slope)

    curve, (value, slope) = jax.jacfwd(slope_and_value, has_aux=True)(point)
    return value, slope, curve


def _covariance(curve: np.ndarray) -> np.ndarray:
    """Inverse of the negative curvature; directions without curvature get a very wide variance."""
    bend, axes = np.linalg.eigh(-curve)
    variance = 1.0 / np.maximum(bend, 1.0 / WIDEST**2)
    return (axes * variance) @ axes.T


def _square_root(covariance: np.ndarray) -> np.ndarray:
    """A matrix whose square is the covariance, no direction wider than `FLATTEST`."""
    spread, axes = np.linalg.eigh(covariance)
    return axes * np.sqrt(np.clip(spread, 0.0, FLATTEST**2))


def _names(params: tuple[Any, ...]) -> Sequence[str]:
    return getattr(params, "_fields", ())


def message_of(names: Sequence[str], log_errors: np.ndarray, *, converged: bool) -> str:
    """One sentence on how a fit ended, with the parameters that the data can hardly tell."""
    if not converged:
        return say("value.not_converged")
    weak = [n for n, error in zip(names, log_errors, strict=True) if error > WEAK_LOG_ERROR]
    return say("value.weak", names=listed(weak)) if weak else say("value.converged")
