"""Newton's method for the coefficients: z = b + X Xᵀc with every (z_i, c_i) on the graph of the loss's slope.

The unknown is Minty's t = z − g·c with g_i = |x_i|². As λ → 0 the graph becomes that of a constraint (c = 0
or z = level) and the iteration a primal-dual active set; for any λ, five to ten steps. Neither a homotopy in λ
nor a start near the answer is needed: t = b, where every sample is alone, serves.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy
from jaxtyping import Float

from implicitbias.local_solvers.tail_graph import AbstractTailGraph, Samples


# Residual at which to stop, in units of the terms it is the difference of: a few roundings.
SETTLED = 8 * float(np.finfo(float).eps)

# Five to ten in practice, 35 on the worst of hundreds of random problems.
NEWTON_STEPS = 100

# Decrease of |residual| asked of a step of length α: (1 − 1e-4 α), the customary share.
SUFFICIENT = 1e-4

# 2⁻²⁰: below it a step that fails to decrease is rounding noise.
SHORTEST_STEP = 1e-6


@dataclass(frozen=True, eq=False)
class SampleKernel:
    """G = X Xᵀ of one worker, used through its smaller side.

    Attributes
    ----------
    rows : array, shape (n, d)
        X.
    """

    rows: Float[np.ndarray, "local dim"]

    @cached_property
    def squares(self) -> Samples:
        """The diagonal |x_i|²."""
        return np.einsum("ij,ij->i", self.rows, self.rows)

    @cached_property
    def stiffness(self) -> Samples:
        """g_i = |x_i|², and 1 for an empty row, whose margin no coefficient moves."""
        return np.where(self.squares > 0, self.squares, 1.0)

    @cached_property
    def gram(self) -> Float[np.ndarray, "local local"] | None:
        """Return G if n ≤ d, else None."""
        return self.rows @ self.rows.T if self.rows.shape[0] <= self.rows.shape[1] else None

    def apply(self, coefficients: Samples) -> Samples:
        """Return G c."""
        return self.rows @ (coefficients @ self.rows) if self.gram is None else self.gram @ coefficients

    def damped_solve(self, root: Samples, right: Samples) -> Samples:
        """Return (I + S G S)⁻¹ right, S = diag(root)."""
        if self.gram is not None:
            matrix = root[:, None] * self.gram * root
            return _solve_shifted(matrix, right)
        scaled = root[:, None] * self.rows
        return right - scaled @ _solve_shifted(scaled.T @ scaled, right @ scaled)


def balance(graph: AbstractTailGraph, kernel: SampleKernel, base: Samples) -> Samples:
    """Return c with z = b + G c and every (z_i, c_i) on the graph, or as near as the iteration gets.

    Parameters
    ----------
    graph
        The loss's slope, scaled.
    kernel
        G.
    base
        b, the margins at the centre.
    """
    state = _meet(graph, kernel, base, base)
    for _ in range(NEWTON_STEPS):
        if state.settled(kernel, base):
            break
        further = _search(graph, kernel, base, state, _direction(graph, kernel, state))
        if further is None:
            break
        state = further
    return state.coefficients


@dataclass(frozen=True, eq=False)
class _State:
    intercept: Samples
    margins: Samples
    coefficients: Samples
    residual: Samples

    def settled(self, kernel: SampleKernel, base: Samples) -> bool:
        lengths = np.sqrt(kernel.squares)
        terms = 1.0 + np.abs(self.margins) + np.abs(base) + lengths * (lengths @ self.coefficients)
        return bool((np.abs(self.residual) <= SETTLED * terms).all())


def _meet(graph: AbstractTailGraph, kernel: SampleKernel, base: Samples, intercept: Samples) -> _State:
    rise = graph.rise(intercept, kernel.stiffness)
    coefficients = rise / kernel.stiffness
    margins = intercept + rise
    return _State(intercept, margins, coefficients, base + kernel.apply(coefficients) - margins)


def _direction(graph: AbstractTailGraph, kernel: SampleKernel, state: _State) -> Samples:
    """Return dt = dz − g dc with dc = −κ dz on the graph's tangent and z + dz = b + G(c + dc)."""
    root = np.sqrt(graph.decay(state.margins) * state.coefficients)
    change = -root * kernel.damped_solve(root, root * state.residual)
    return state.residual + kernel.apply(change) - kernel.stiffness * change


def _search(
    graph: AbstractTailGraph, kernel: SampleKernel, base: Samples, state: _State, direction: Samples
) -> _State | None:
    """First of α = 1, 1/2, … that shortens the residual; its Jacobian in t is regular, so one exists."""
    size, length = np.linalg.norm(state.residual), 1.0
    while length > SHORTEST_STEP:
        trial = _meet(graph, kernel, base, state.intercept + length * direction)
        if np.linalg.norm(trial.residual) <= (1.0 - SUFFICIENT * length) * size:
            return trial
        length /= 2.0
    return None


def _solve_shifted(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    matrix.flat[:: len(matrix) + 1] += 1.0
    return scipy.linalg.solve(matrix, right, assume_a="pos", check_finite=False)
