"""Double precision for this part of the process only: likelihoods and money need it, towers do not."""

from contextlib import AbstractContextManager

import jax


def double() -> AbstractContextManager[object]:
    """A block in which JAX computes in float64; compiled functions are kept apart by precision."""
    return jax.enable_x64(True)  # noqa: FBT003  the parameter has no public name
