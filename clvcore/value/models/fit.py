"""Maximum likelihood of a few positive parameters: Newton steps in a trust region, exact curvature.

Parameters are searched on the log scale, so they stay above 0 and their posterior is closer to a
normal one. Everything is float64, whatever the rest of the process uses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from clvcore.messages import listed, say
from clvcore.value.precision import double

Params = TypeVar("Params", bound=tuple[Any, ...])

MOST_STEPS = 200
DECREMENT = 1e-9
"""Converged when a further Newton step would raise the log-likelihood by less than this."""
WIDEST = 12.0
"""Log-parameters further than this from their start are called unbounded."""
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

    def draws(self, n_draws: int, rng: np.random.Generator) -> Params:
        """Parameters from the Laplace posterior: each field an array of ``n_draws`` values."""
        centre = np.log(np.asarray(self.params, dtype=np.float64))
        normal = rng.standard_normal((n_draws, len(centre)))
        logs = centre + normal @ _square_root(self.log_covariance).T
        return type(self.params)(*np.exp(logs).T)


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
) -> Fit[Params]:
    """The parameters under which ``rows`` are most likely, from ``start``.

    Args:
        log_likelihood: of log-parameters and rows; a function of a module, so that it is compiled
            once.
        rows: compressed rows, a pytree of arrays.
        start: where to begin, natural scale; also the shape of the answer.
        prior: added to the log-likelihood while searching; the one reported is without it.
    """
    belief = prior or Prior(np.zeros(len(start)), np.full(len(start), np.inf))
    with double():
        held = jax.tree.map(jnp.asarray, (rows, belief))

        def at(point: np.ndarray) -> _Local:
            value, slope, curve = _evaluate(log_likelihood, jnp.asarray(point), *held)
            return _Local(point, float(value), np.asarray(slope), np.asarray(curve))

        origin = np.log(np.asarray(start, dtype=np.float64))
        best, converged = _climb(at, origin)
        alone = float(log_likelihood(jnp.asarray(best.point), held[0]))
    covariance = _covariance(best.curve)
    errors = np.sqrt(np.diag(covariance))
    params = np.exp(best.point)
    bounded = bool((np.abs(best.point - origin) < WIDEST).all())
    return Fit(
        params=type(start)(*params.tolist()),
        log_likelihood=alone,
        converged=converged and bounded,
        standard_errors=type(start)(*(params * errors).tolist()),
        message=_message(_names(start), errors, converged=converged and bounded),
        log_covariance=covariance,
    )


class _Local(NamedTuple):
    """What is known at one point of the search."""

    point: np.ndarray
    value: float
    slope: np.ndarray
    curve: np.ndarray


@partial(jax.jit, static_argnums=0)
def _evaluate(
    log_likelihood: Callable[..., Any], point: Float[Array, " params"], rows: Any, belief: Prior
) -> tuple[Any, ...]:
    """Value, gradient and Hessian of log-likelihood plus log-prior."""

    def objective(log_params: Any) -> Any:
        away = (log_params - belief.mean) / belief.deviation
        return log_likelihood(log_params, rows) - 0.5 * jnp.sum(away**2)

    def slope_and_value(log_params: Any) -> tuple[Any, tuple[Any, Any]]:
        value, slope = jax.value_and_grad(objective)(log_params)
        return slope, (value, slope)

    curve, (value, slope) = jax.jacfwd(slope_and_value, has_aux=True)(point)
    return value, slope, curve


def _climb(at: Callable[[np.ndarray], _Local], origin: np.ndarray) -> tuple[_Local, bool]:
    """The highest point found, and whether nothing higher is near it."""
    here, radius = at(origin), 1.0
    for _ in range(MOST_STEPS):
        step, gain = _trusted_step(here, radius)
        if gain < DECREMENT and radius > np.linalg.norm(step):
            return here, bool(np.isfinite(here.value))
        there = at(here.point + step)
        ratio = (there.value - here.value) / gain if np.isfinite(there.value) else -1.0
        if ratio < 0.25:
            radius = 0.25 * float(np.linalg.norm(step))
        elif ratio > 0.75:
            radius = min(2.5 * radius, 8.0)
        if ratio > 1e-4:
            here = there
        elif radius < 1e-10:  # float64 cannot tell the neighbours apart any more
            return here, gain < 1e-6
    return here, False


def _trusted_step(here: _Local, radius: float) -> tuple[np.ndarray, float]:
    """The best step of at most ``radius`` on the local quadratic, and the gain it promises."""
    bend, axes = np.linalg.eigh(-here.curve)
    slope = axes.T @ here.slope
    floor = max(0.0, -bend[0]) + 1e-12 * max(1.0, abs(bend[-1]))

    def moved(damping: float) -> np.ndarray:
        return slope / (bend + damping)

    damping = floor if bend[0] <= 0 else 0.0
    if np.linalg.norm(moved(damping)) > radius:
        low, high = damping, floor + float(np.linalg.norm(slope)) / radius + abs(bend[-1])
        for _ in range(60):
            damping = 0.5 * (low + high)
            too_long = np.linalg.norm(moved(damping)) > radius
            low, high = (damping, high) if too_long else (low, damping)
        damping = high
    step = moved(damping)
    gain = float(slope @ step - 0.5 * (bend * step) @ step)
    return axes @ step, gain


def _covariance(curve: np.ndarray) -> np.ndarray:
    """Inverse of the negative curvature; directions without curvature get a very wide variance."""
    bend, axes = np.linalg.eigh(-curve)
    variance = 1.0 / np.maximum(bend, 1.0 / WIDEST**2)
    return (axes * variance) @ axes.T


def _square_root(covariance: np.ndarray) -> np.ndarray:
    spread, axes = np.linalg.eigh(covariance)
    return axes * np.sqrt(np.maximum(spread, 0.0))


def _names(params: tuple[Any, ...]) -> Sequence[str]:
    return getattr(params, "_fields", ())


def _message(names: Sequence[str], log_errors: np.ndarray, *, converged: bool) -> str:
    if not converged:
        return say("value.not_converged")
    weak = [n for n, error in zip(names, log_errors, strict=True) if error > WEAK_LOG_ERROR]
    return say("value.weak", names=listed(weak)) if weak else say("value.converged")
