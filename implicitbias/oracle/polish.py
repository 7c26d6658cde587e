"""From a guess of the active set to the exact solution: min |v|²/2 subject to x_i·v ≥ h_i, to the last bit.

On the right active set P the solution solves the linear system  v = Σ_P β_i x_i, x_i·v = h_i (i ∈ P).  It is solved
by an orthogonal factor in double precision, with residuals in extended precision (bjorck1967), and the set is
corrected by exchanging rows: a negative β_i leaves, a violated row enters. If exchanges cycle, or the rows of P are
dependent, non-negative least squares on the rows in question decides (lawson1974, chapter 23).
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.optimize
from jaxtyping import Float, Int

from implicitbias.oracle.extended import combination, EXTENDED, length, margins
from implicitbias.oracle.signed_rows import row_norms


# Residual below which a row counts as satisfied, in units of the level: well above 1e-17, well below CERTIFIED.
SATISFIED = 1e-14

# Rounding of an extended product x_i·v, in units of eps·|x_i||v|; smaller violations are noise.
ROUNDING = 4.0

# |R_ii| below this share of its column: dependent in double precision (eps, times a growth of 1e3).
DEPENDENT = 2e-13

# Each refinement gains 16 − log10(cond) digits; 8 suffice up to cond ≈ 1e13.
REFINEMENTS = 8

# Block exchanges almost always end within five; after this many non-negative least squares takes over.
EXCHANGES = 12

# Rounds of non-negative least squares with row generation; each strictly increases |v|.
GENERATIONS = 40


@dataclass(frozen=True, eq=False)
class LeastDistance:
    """Solution of min |v|²/2 subject to x_i·(v/root) ≥ h_i, in extended precision.

    Attributes
    ----------
    point : array, shape (d,)
        v.
    multipliers : array, shape (n,)
        β ≥ 0 with v = Σ β_i x_i/root.
    slack : array, shape (n,)
        x_i·(v/root) − h_i.
    """

    point: np.ndarray
    multipliers: np.ndarray
    slack: np.ndarray


def polish(
    signed: Float[np.ndarray, "sample dim"],
    level: np.ndarray,
    root: np.ndarray,
    active: Int[np.ndarray, " active"],
) -> LeastDistance | None:
    """Exact solution of min |v|²/2 subject to x_i·(v/root) ≥ h_i, starting from a guess of the active rows.

    Parameters
    ----------
    signed : array, shape (n, d)
        Rows x_i.
    level : array, shape (n,)
        Levels h_i in extended precision.
    root : array, shape (d,)
        Square roots of the metric D, in extended precision; the rows of the problem are x_i/root.
    active : integer array
        Guess of the rows with β_i > 0.

    Returns
    -------
    LeastDistance or None
        None when no active set was found (the constraints may be incompatible). The caller certifies.
    """
    exchanges, seen = EXCHANGES, np.asarray(active, dtype=int)
    sizes = row_norms(signed / root.astype(float))
    for _ in range(EXCHANGES + GENERATIONS):
        if exchanges == 0:
            positive = nonnegative_active_set(signed[seen] / root.astype(float), level[seen].astype(float))
            if positive is None:
                return None
            active = seen[positive]
        solution = _solve_on(signed, level, root, active)
        if solution is None or len(active) == 0:
            if exchanges == 0:
                return None
            exchanges = 0
            continue
        leave = solution.multipliers[active] < 0
        noise = ROUNDING * np.finfo(EXTENDED).eps * sizes * length(solution.point)
        enter = np.flatnonzero(solution.slack < -np.maximum(SATISFIED * np.abs(level).max(), noise))
        enter = np.setdiff1d(enter, active)
        if not leave.any() and not enter.size:
            return solution
        seen = np.union1d(active, enter)
        active = np.union1d(active[~leave], enter)
        exchanges = max(exchanges - 1, 0)
    return None


def nonnegative_active_set(
    rows: Float[np.ndarray, "sample dim"], level: Float[np.ndarray, " sample"]
) -> Int[np.ndarray, " active"] | None:
    """Rows with β_i > 0 in min |v|²/2 subject to x_i·v ≥ h_i; None if the constraints look incompatible.

    Non-negative least squares of [rowsᵀ; hᵀ] β on (0, …, 0, 1). The rows are first scaled by b_x, then by the
    distance found, which balances the two parts of the residual and makes the second solve accurate.
    """
    scale, positive = np.abs(rows).max(), None
    level = level / np.abs(level).max()
    for _ in range(2):
        try:
            beta, residual = scipy.optimize.nnls(
                np.vstack([rows.T / scale, level]), _last_unit(rows.shape[1] + 1)
            )
        except RuntimeError:
            return positive
        remainder = 1.0 - level @ beta
        if residual <= 0 or remainder <= 0:
            return positive
        positive = np.flatnonzero(beta > 0)
        distance = np.linalg.norm(rows.T @ beta) / scale / remainder
        if positive.size == 0 or not 0 < distance < np.inf:
            return positive
        scale = scale / distance
    return positive


def _last_unit(size: int) -> np.ndarray:
    unit = np.zeros(size)
    unit[-1] = 1.0
    return unit


def _solve_on(
    signed: np.ndarray, level: np.ndarray, root: np.ndarray, active: np.ndarray
) -> LeastDistance | None:
    """Solve v = Σ_P β_i x_i, x_i·v = h_i on P by QR with extended residuals; None if the rows are dependent."""
    block = signed[active]
    if len(active) > block.shape[1]:
        return None
    columns = (block / root.astype(float)).T
    q, r = scipy.linalg.qr(columns, mode="economic", check_finite=False)
    if (np.abs(np.diag(r)) <= DEPENDENT * np.linalg.norm(columns, axis=0)).any():
        return None
    point, beta, last = np.zeros(len(root), EXTENDED), np.zeros(len(active), EXTENDED), np.inf
    for _ in range(REFINEMENTS):
        stationary = (combination(block, beta) / root - point).astype(float)
        missing = (level[active] - margins(block, point / root)).astype(float)
        inner = scipy.linalg.solve_triangular(r, missing, trans="T") - q.T @ stationary
        move = q @ inner + stationary
        size = float(np.linalg.norm(move))
        if not size < last:
            break
        point, beta, last = point + move, beta + scipy.linalg.solve_triangular(r, inner), size
    multipliers = np.zeros(len(signed), EXTENDED)
    multipliers[active] = beta
    return LeastDistance(point, multipliers, margins(signed, point / root) - level)
