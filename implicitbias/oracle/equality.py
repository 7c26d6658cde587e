"""Least distance with a known active set: one orthogonal factor, refined until extended residuals vanish."""

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float, Int

from implicitbias.oracle.extended import combination, EXTENDED, margins


# |R_ii| below this share of its column: dependent in double precision (eps, times a growth of 1e3).
DEPENDENT = 2e-13

# Each refinement gains 16 − log10(cond) digits; 8 suffice up to cond ≈ 1e13.
REFINEMENTS = 8


@dataclass(frozen=True, eq=False)
class LeastDistanceProblem:
    """Minimise |v|²/2 subject to x_i·(v/root) ≥ h_i for all i.

    Attributes
    ----------
    signed : array, shape (n, d)
        Rows x_i.
    level : array, shape (n,)
        h_i, in extended precision.
    root : array, shape (d,)
        Square roots of the diagonal metric D, in extended precision: v = D^{1/2} w.
    """

    signed: Float[np.ndarray, "sample dim"]
    level: np.ndarray
    root: np.ndarray

    def rows(self, index: Int[np.ndarray, " active"]) -> Float[np.ndarray, "active dim"]:
        """Rows x_i/root of the problem in v, rounded to double precision."""
        return self.signed[index] / self.root.astype(float)


@dataclass(frozen=True, eq=False)
class LeastDistance:
    """A point v = Σ β_i x_i/root in extended precision.

    Attributes
    ----------
    point : array, shape (d,)
        v.
    multipliers : array, shape (n,)
        β.
    slack : array, shape (n,)
        x_i·(v/root) − h_i.
    """

    point: np.ndarray
    multipliers: np.ndarray
    slack: np.ndarray


def solve_on(problem: LeastDistanceProblem, active: Int[np.ndarray, " active"]) -> LeastDistance | None:
    """Solve v = Σ_P β_i x_i, x_i·v = h_i (i ∈ P), whatever the sign of β; None if the rows of P are dependent.

    The augmented system [−I Xᵀ; X 0] is refined as a whole (bjorck1967), so that the limit is accurate as long as
    the condition of X_P itself, not its square, stays below 1e13.
    """
    block, root = problem.signed[active], problem.root
    if len(active) > block.shape[1]:
        return None
    columns = problem.rows(active).T
    q, r = scipy.linalg.qr(columns, mode="economic", check_finite=False)
    if (np.abs(np.diag(r)) <= DEPENDENT * np.linalg.norm(columns, axis=0)).any():
        return None
    point, beta, last = np.zeros(len(root), EXTENDED), np.zeros(len(active), EXTENDED), np.inf
    for _ in range(REFINEMENTS):
        stationary = (combination(block, beta) / root - point).astype(float)
        missing = (problem.level[active] - margins(block, point / root)).astype(float)
        inner = scipy.linalg.solve_triangular(r, missing, trans="T") - q.T @ stationary
        move = q @ inner + stationary
        size = float(np.linalg.norm(move))
        if not size < last:
            break
        point, beta, last = point + move, beta + scipy.linalg.solve_triangular(r, inner), size
    multipliers = np.zeros(len(problem.signed), EXTENDED)
    multipliers[active] = beta
    return LeastDistance(point, multipliers, margins(problem.signed, point / root) - problem.level)


def independent_subset(
    problem: LeastDistanceProblem, active: Int[np.ndarray, " active"]
) -> Int[np.ndarray, " independent"]:
    """Return a largest independent subset of the rows, by pivoted QR of the rows at unit length."""
    if len(active) == 0:
        return active
    columns = problem.rows(active).T
    columns = columns / np.linalg.norm(columns, axis=0)
    r, pivots = scipy.linalg.qr(columns, mode="r", pivoting=True, check_finite=False)
    rank = int(np.count_nonzero(np.abs(np.diag(r)) > DEPENDENT))
    return np.sort(active[pivots[:rank]])
