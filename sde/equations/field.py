"""Vector and matrix fields x ↦ f(x) on R^d, and the drift that a change of convention adds."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float


Field = Callable[[Float[np.ndarray, "..."]], Float[np.ndarray, "..."]]


@dataclass(frozen=True)
class SymbolicField:
    """x ↦ f(x) from SymPy expressions: (…, d) ↦ (…, *shape), compiled to NumPy on the first call.

    Parameters
    ----------
    variables
        Symbols of x_1, …, x_d.
    expressions
        Entries of f in row-major order.
    shape
        Shape of one value.
    """

    variables: tuple[Any, ...]
    expressions: tuple[Any, ...]
    shape: tuple[int, ...]

    def __call__(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "..."]:
        """Return f at every point."""
        batch = x.shape[:-1]
        values = np.empty((*batch, len(self.expressions)))
        entries = _compiled(self.variables, self.expressions)(*np.moveaxis(x, -1, 0))
        for i, entry in enumerate(entries):
            values[..., i] = entry
        return values.reshape(*batch, *self.shape)


@dataclass(frozen=True)
class CorrectedDrift:
    """a + weight·Σ_j (b^j·∇) b^j: the drift of the same process in the other convention, weight = ±½."""

    drift: Field
    diffusion: Field
    jacobian: Field
    weight: float

    def __call__(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Return the drift at every point."""
        return self.drift(x) + self.weight * noise_drift(self.diffusion(x), self.jacobian(x))


def noise_drift(
    diffusion: Float[np.ndarray, "*batch dim noise"], jacobian: Float[np.ndarray, "*batch dim noise dim"]
) -> Float[np.ndarray, "*batch dim"]:
    """Return Σ_j (b^j·∇) b^j from b and ∂b_ij/∂x_l."""
    return np.einsum("...ijl,...lj->...i", jacobian, diffusion)


@lru_cache(maxsize=256)
def _compiled(variables: tuple[Any, ...], expressions: tuple[Any, ...]) -> Callable[..., Any]:
    # Outside of the field, which so stays hashable and can be pickled.
    import sympy

    return sympy.lambdify(variables, expressions, modules=["scipy", "numpy"], cse=True)
