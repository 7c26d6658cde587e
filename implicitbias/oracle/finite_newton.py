"""First guess of the support vectors for large data: the squared-hinge path followed to the hard margin.

w_C = argmin |w|²/2 + (C/2) Σ (1 − x_i·w)₊²  tends to ŵ as C → ∞, and its multipliers a_i = C (1 − x_i·w_C)₊ to
those of ŵ. For fixed C, Newton's method on the active set F = {i : x_i·w < 1} ends after finitely many steps
(mangasarian2002, keerthi2005); each step is one Cholesky factor of size min(|F|, d).
"""

import numpy as np
import scipy
from jaxtyping import Float

from implicitbias.oracle.signed_rows import row_norms


# Growth of C between two solves: the active set then changes by few rows, so each solve takes few Newton steps.
PENALTY_GROWTH = 10.0

# From here on I/C no longer regularises the factor (1e-14 is the rounding of its diagonal).
LAST_PENALTY = 1e14

# Violation of x_i·w ≥ 1 at which the active set is taken for that of the hard margin.
HARD_ENOUGH = 1e-7

# |Σ λ_i x_i|/b_x at which the multipliers certify that nothing separates.
NO_MARGIN = 1e-11

# A Newton step that fails to decrease after this many halvings is rounding noise.
HALVINGS = 30

# Finite in theory, about ten in practice.
NEWTON_STEPS = 100

# Largest n for which all inner products are formed once (0.5 GB).
GRAM_ROWS = 8000


def squared_hinge_path(
    rows: Float[np.ndarray, "sample dim"],
) -> tuple[Float[np.ndarray, " dim"], Float[np.ndarray, " sample"]]:
    """Approximate (ŵ, a) of min |w|²/2 subject to x_i·w ≥ 1; on non-separable rows a/Σa tends to a certificate.

    Parameters
    ----------
    rows : array, shape (n, d)
        Rows x_i of any scale.

    Returns
    -------
    weights : array, shape (d,)
    duals : array, shape (n,)
    """
    radius = row_norms(rows).max()
    rows = rows / radius
    gram = rows @ rows.T if len(rows) <= GRAM_ROWS else None
    weights, penalty = np.zeros(rows.shape[1]), 1.0
    while True:
        weights = _minimise(rows, gram, weights, penalty)
        hinge = np.maximum(1.0 - rows @ weights, 0.0)
        hopeless = np.linalg.norm(weights) <= NO_MARGIN * penalty * hinge.sum()
        if hinge.max() <= HARD_ENOUGH or hopeless or penalty >= LAST_PENALTY:
            return weights / radius, penalty * hinge / radius**2
        penalty *= PENALTY_GROWTH


def _minimise(rows: np.ndarray, gram: np.ndarray | None, weights: np.ndarray, penalty: float) -> np.ndarray:
    products = rows @ weights
    for _ in range(NEWTON_STEPS):
        active = np.flatnonzero(products < 1.0)
        if active.size == 0:
            return weights
        try:
            target = _ridge_solution(rows, gram, active, penalty)
        except np.linalg.LinAlgError:  # dependent rows at a penalty where I/C has drowned in rounding
            return weights
        target_products = rows @ target
        if np.array_equal(np.flatnonzero(target_products < 1.0), active):
            return target
        step = _decreasing_step(weights, products, target, target_products, penalty)
        if step == 0.0:
            return weights
        weights = weights + step * (target - weights)
        products = products + step * (target_products - products)
    return weights


def _ridge_solution(
    rows: np.ndarray, gram: np.ndarray | None, active: np.ndarray, penalty: float
) -> np.ndarray:
    """Minimiser of |w|²/2 + (C/2) Σ_F (1 − x_i·w)², through the smaller of its two normal equations."""
    block = rows[active]
    if len(active) <= rows.shape[1]:
        kernel = block @ block.T if gram is None else gram[np.ix_(active, active)]
        return block.T @ _regularised_solve(kernel, np.ones(len(active)), penalty)
    return _regularised_solve(block.T @ block, block.sum(axis=0), penalty)


def _regularised_solve(gram: np.ndarray, right: np.ndarray, penalty: float) -> np.ndarray:
    """Solve (G + I/C) x = b by Cholesky, in place."""
    gram[np.diag_indices_from(gram)] += 1.0 / penalty
    # The transpose of a C-ordered symmetric matrix is the Fortran order that LAPACK overwrites without a copy.
    factor = scipy.linalg.cho_factor(gram.T, overwrite_a=True, check_finite=False)
    return scipy.linalg.cho_solve(factor, right, check_finite=False)


def _decreasing_step(weights, products, target, target_products, penalty: float) -> float:
    """Largest step 2^{-k} along the Newton direction that decreases the objective; 0 if none does."""

    def objective(step: float) -> float:
        point = weights + step * (target - weights)
        hinge = np.maximum(1.0 - products - step * (target_products - products), 0.0)
        return 0.5 * point @ point + 0.5 * penalty * hinge @ hinge

    start, step = objective(0.0), 1.0
    for _ in range(HALVINGS):
        if objective(step) < start:
            return step
        step /= 2.0
    return 0.0
