"""Whether all support vectors pull, for at least one choice of the multipliers."""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import NotCertified
from implicitbias.oracle.linear_program import largest_least_share


# Share of Σ a_i below which a multiplier counts as zero: LP feasibility is 1e-10, polished multipliers are better.
ZERO_MULTIPLIER = 1e-9

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
    centred = largest_least_share(coordinates.T / scale, coordinates.T @ shares / scale)
    if centred is None:
        raise NotCertified(
            f"multipliers of {len(rows)} dependent support vectors: the linear program for min_i a_i found no "
            "feasible point within 1e-10; remove duplicate rows"
        )
    return centred * duals.sum()


def all_positive(rows: Float[np.ndarray, "sample dim"], duals: Float[np.ndarray, " sample"]) -> bool:
    """Whether some multipliers a' with Σ a'_i x_i = Σ a_i x_i are positive on every row."""
    return bool(centred_multipliers(rows, duals).min() > ZERO_MULTIPLIER * duals.sum())
