"""Positive multipliers: do all support vectors pull, for at least one choice of the multipliers?"""

import numpy as np
import scipy.optimize
from jaxtyping import Float

from implicitbias.errors import NotCertified


# Share of Σ a_i below which a multiplier counts as zero: LP feasibility is 1e-10, polished multipliers are better.
ZERO_MULTIPLIER = 1e-9

# Tightest feasibility tolerance that HiGHS accepts.
LP_FEASIBILITY = 1e-10

# Singular values below this share of the largest belong to exactly dependent rows (eps times a growth of 1e4).
RANK = 1e-12


def span_basis(rows: Float[np.ndarray, "sample dim"]) -> Float[np.ndarray, "dim rank"]:
    """Orthonormal basis Q of span{x_i}, from the rows at unit length (so that scale does not decide rank)."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    if len(rows) <= rows.shape[1]:
        q, r = np.linalg.qr(unit.T)
        left, singular, _ = np.linalg.svd(r, full_matrices=False)
        return q @ left[:, singular > RANK * singular[0]]
    _, singular, right = np.linalg.svd(unit, full_matrices=False)
    return right[singular > RANK * singular[0]].T


def centred_multipliers(
    rows: Float[np.ndarray, "sample dim"], duals: Float[np.ndarray, " sample"]
) -> Float[np.ndarray, " sample"]:
    """Multipliers a' ≥ 0 with Σ a'_i x_i = Σ a_i x_i and the largest possible min_i a'_i.

    They are unique, hence equal to ``duals``, when the rows are independent. Otherwise a linear program decides:
    max t subject to Σ a'_i x_i = Σ a_i x_i, a'_i ≥ t.

    Raises
    ------
    NotCertified
        The linear program failed.
    """
    basis = span_basis(rows)
    if basis.shape[1] == len(rows):
        return duals
    coordinates, shares = rows @ basis, duals / duals.sum()
    scale = np.abs(coordinates).max()
    system = np.hstack([coordinates.T / scale, np.zeros((basis.shape[1], 1))])
    floor = np.hstack([-np.eye(len(rows)), np.ones((len(rows), 1))])
    result = scipy.optimize.linprog(
        np.append(np.zeros(len(rows)), -1.0),
        A_ub=floor,
        b_ub=np.zeros(len(rows)),
        A_eq=system,
        b_eq=coordinates.T @ shares / scale,
        bounds=(0, None),
        method="highs",
        options={"primal_feasibility_tolerance": LP_FEASIBILITY, "dual_feasibility_tolerance": LP_FEASIBILITY},
    )
    if result.x is None:
        raise NotCertified(
            f"multipliers of {len(rows)} dependent support vectors: the linear program ended with "
            f"'{result.message}'; remove duplicate rows"
        )
    return result.x[:-1] * duals.sum()


def all_positive(rows: Float[np.ndarray, "sample dim"], duals: Float[np.ndarray, " sample"]) -> bool:
    """Whether some multipliers a' with Σ a'_i x_i = Σ a_i x_i are positive on every row."""
    return bool(centred_multipliers(rows, duals).min() > ZERO_MULTIPLIER * duals.sum())
