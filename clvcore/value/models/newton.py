"""The top of a smooth function of a few numbers: Newton steps in a trust region, exact curvature."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

MOST_STEPS = 200
DECREMENT = 1e-9
"""Converged when a further Newton step would raise the log-likelihood by less than this."""


class Local(NamedTuple):
    """What is known at one point of the search."""

    point: np.ndarray
    value: float
    slope: np.ndarray
    curve: np.ndarray


def climb(at: Callable[[np.ndarray], Local], origin: np.ndarray) -> tuple[Local, bool]:
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


def _trusted_step(here: Local, radius: float) -> tuple[np.ndarray, float]:
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
