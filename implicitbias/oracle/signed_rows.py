"""What every oracle is given: signed rows x_i = label_i · feature_i and their weights p_i."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from implicitbias import checks
from implicitbias.data.samples import Samples
from implicitbias.display import in_brief
from implicitbias.errors import BadInput


@runtime_checkable
class HasSignedRows(Protocol):
    """A finite classification problem, seen as its signed rows and their weights."""

    @property
    def signed(self) -> Float[np.ndarray, "sample dim"]:
        """Row i is label_i · feature_i."""
        ...

    @property
    def sample_weights(self) -> Float[np.ndarray, " sample"]:
        """p_i = 1/(M n_m), summing to 1."""
        ...


@dataclass(frozen=True, eq=False)
class SignedRows:
    """Signed rows x_i ∈ R^d with weights p_i > 0, Σ p_i = 1, checked once.

    Attributes
    ----------
    signed : array, shape (n, d)
        Row i is x_i = label_i · feature_i.
    sample_weights : array, shape (n,)
        p_i = 1/(M n_m), the weight of sample i in f(w) = Σ p_i ℓ(x_i·w).
    """

    signed: Float[np.ndarray, "sample dim"]
    sample_weights: Float[np.ndarray, " sample"]

    __repr__ = in_brief

    @property
    def radius(self) -> float:
        """b_x = max_i |x_i|."""
        return float(row_norms(self.signed).max())


def row_norms(rows: Float[np.ndarray, "sample dim"]) -> Float[np.ndarray, " sample"]:
    """|x_i| for every row, without overflow or underflow of the squares."""
    scale = max(float(np.abs(rows).max(initial=0.0)), np.finfo(float).tiny)
    return scale * np.sqrt(np.einsum("ij,ij->i", rows / scale, rows / scale))


def signed_rows(problem_or_signed: ArrayLike | HasSignedRows | Samples) -> SignedRows:
    """Read and check the rows x_i and weights p_i of a problem, of samples, or of a bare array (p_i = 1/n).

    Samples that are distributed over workers weigh p_i = 1/(M n_{m(i)}), others 1/n.

    Raises
    ------
    BadInput
        Not two-dimensional, empty, not finite, or with a row x_i = 0.
    """
    if isinstance(problem_or_signed, HasSignedRows):
        rows = check_rows(problem_or_signed.signed)
        return SignedRows(rows, _check_weights(problem_or_signed.sample_weights, len(rows)))
    if isinstance(problem_or_signed, Samples):
        return _rows_of_samples(problem_or_signed)
    rows = check_rows(problem_or_signed)
    return SignedRows(rows, np.full(len(rows), 1.0 / len(rows)))


def _rows_of_samples(samples: Samples) -> SignedRows:
    rows = check_rows(samples.signed)
    workers = np.zeros(len(rows), dtype=np.int64) if samples.workers is None else samples.workers
    sizes = np.bincount(workers)
    return SignedRows(rows, 1.0 / (len(sizes) * sizes[workers]))


ROWS_CURE = "pass a LinearClassification, Samples, or the rows labels[:, None] * features"


def check_rows(signed: ArrayLike) -> Float[np.ndarray, "sample dim"]:
    """Return ``signed`` as a float array of shape (n, d) with finite, non-zero rows.

    Raises
    ------
    BadInput
        Not two-dimensional, empty, not finite, or with a row x_i = 0.
    """
    rows = checks.real_array("signed", signed, ROWS_CURE)
    if rows.ndim != 2 or rows.size == 0:
        raise BadInput(
            f"signed = array of shape {rows.shape}: rows x_i = label_i · feature_i need shape (n, d) with "
            f"n, d ≥ 1; {ROWS_CURE}"
        )
    if not np.isfinite(rows).all():
        i, j = np.argwhere(~np.isfinite(rows))[0]
        raise BadInput(
            f"signed[{i}, {j}] = {rows[i, j]}: every entry must be finite; drop or impute sample {i}"
        )
    empty = np.flatnonzero(~rows.any(axis=1))
    if empty.size:
        raise BadInput(
            f"signed[{empty[0]}] = 0: x_i·w = 0 for every w, so no w separates; drop the row or add a bias feature"
        )
    return rows


def _check_weights(sample_weights: ArrayLike, samples: int) -> Float[np.ndarray, " sample"]:
    weights = np.asarray(sample_weights, dtype=float)
    if weights.shape != (samples,) or not np.isfinite(weights).all() or not (weights > 0).all():
        raise BadInput(
            f"sample_weights = {weights}: needs one finite p_i > 0 for each of the {samples} rows; "
            "use p_i = 1/(M n_m)"
        )
    return weights
