"""Is there a w with x_i·w > 0 for all i? Certified either way (Gordan's alternative)."""

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float
from numpy.typing import ArrayLike

from implicitbias.data.samples import Samples
from implicitbias.display import in_brief
from implicitbias.errors import NotCertified, NotSeparable
from implicitbias.oracle.equality import LeastDistanceProblem
from implicitbias.oracle.extended import combination, EXTENDED, length, margins
from implicitbias.oracle.finite_newton import squared_hinge_path
from implicitbias.oracle.linear_program import largest_least_margin
from implicitbias.oracle.polish import polish
from implicitbias.oracle.signed_rows import HasSignedRows, row_norms, signed_rows


# |Σ λ_i x_i| ≤ 1e-9 b_x: a margin that small is beyond what any claim of the theory could use.
NO_MARGIN = 1e-9

# |Σ λ_i x_i|/b_x that is rounding: below it, looking further for a separator is idle.
ZERO_COMBINATION = 1e-14

# Entries n·d up to which non-negative least squares (one row per pivot) is the quickest exact route.
PIVOTING_ENTRIES = 10**6

# Weight below this share of the largest is dropped when a certificate is sharpened on its own rows.
NEGLIGIBLE = 1e-7


@dataclass(frozen=True, eq=False)
class Separability:
    """Answer with proof: either w with x_i·w > 0 for all i, or λ ≥ 0, Σ λ_i = 1, with Σ λ_i x_i = 0.

    Attributes
    ----------
    separable : bool
    witness : array, shape (d,), or None
        Unit w with min_i x_i·w > 0 beyond rounding, when separable.
    multipliers : array, shape (n,), or None
        λ on the simplex; |Σ λ_i x_i| is an upper bound on the margin.
    margin_lower, margin_upper : float
        Certified bounds  margin_lower ≤ max_{|w| ≤ 1} min_i x_i·w ≤ margin_upper.
    """

    separable: bool
    witness: Float[np.ndarray, " dim"] | None
    multipliers: Float[np.ndarray, " sample"] | None
    margin_lower: float
    margin_upper: float

    __repr__ = in_brief


def separability(problem_or_signed: ArrayLike | HasSignedRows | Samples) -> Separability:
    """Decide max_{|w| ≤ 1} min_i x_i·w > 0, with a witness w or a certificate λ of the opposite (gordan1873).

    Columns and rows are scaled first, which changes neither alternative; both proofs are checked in the original
    units, in extended precision. Non-separable means: the margin is at most 1e-9 b_x, b_x = max_i |x_i|, and no
    separator was found.

    Parameters
    ----------
    problem_or_signed : problem, samples, or array of shape (n, d)
        What has the rows x_i, or the rows.

    Returns
    -------
    Separability

    Raises
    ------
    BadInput
        Wrong shape, non-finite entries, or a zero row.
    NotCertified
        Neither proof could be completed.
    """
    rows = signed_rows(problem_or_signed).signed
    columns = np.abs(rows).max(axis=0)
    columns[columns == 0] = 1.0
    sizes = row_norms(rows / columns)
    scaled = rows / columns / sizes[:, None]
    lower, upper, witness, multipliers = 0.0, np.inf, None, None
    for guess_weights, guess_multipliers in _alternatives(scaled):
        trial = _unit(guess_weights / columns)
        if (value := _margin_lower(rows, trial)) > lower:
            lower, witness = value, trial
        shares = guess_multipliers / sizes
        shares = shares / shares.sum()
        if (value := float(length(combination(rows, shares)))) < upper:
            upper, multipliers = value, shares
        if lower > 0 or upper <= ZERO_COMBINATION * row_norms(rows).max():
            break
    if lower > 0 or upper <= NO_MARGIN * row_norms(rows).max():
        return Separability(lower > 0, witness, multipliers, lower, upper)
    raise NotCertified(
        f"separability: the margin lies in [{lower:.3g}, {upper:.3g}] with b_x = {row_norms(rows).max():.3g}; no "
        f"separator was found and {upper:.3g} exceeds {NO_MARGIN:g} b_x; rescale the features"
    )


def require_separable(signed: Float[np.ndarray, "sample dim"]) -> None:
    """Raise `NotSeparable`, with the size of the certificate, unless some w has x_i·w > 0 for all i."""
    answer = separability(signed)
    if not answer.separable and answer.multipliers is not None:
        raise NotSeparable(
            f"signed = {len(signed)} rows in dimension {signed.shape[1]}: not linearly separable, the margin is "
            f"at most |Σ λ_i x_i| = {answer.margin_upper:.3g} with λ ≥ 0, Σ λ_i = 1, on "
            f"{np.count_nonzero(answer.multipliers)} rows; remove the conflicting samples or add features"
        )


def _alternatives(rows: np.ndarray):
    """Pairs (w, λ) from ever more patient solvers; rows have length 1."""
    if rows.size <= PIVOTING_ENTRIES:
        yield from _nearest_point(rows)
        vertex = largest_least_margin(rows)
        if vertex is not None and vertex.multipliers.any():
            yield vertex.weights, vertex.multipliers
        solution = polish(LeastDistanceProblem(rows, *_unit_levels(rows)), np.arange(0))
        if solution is not None:
            yield solution.point.astype(float), solution.multipliers.astype(float)
    weights, duals = squared_hinge_path(rows)
    yield weights, duals
    yield from _nearest_point(rows, np.flatnonzero(duals > NEGLIGIBLE * duals.max()))


def _unit_levels(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.ones(rows.shape[0], EXTENDED), np.ones(rows.shape[1], EXTENDED)


def _nearest_point(rows: np.ndarray, used: np.ndarray | None = None):
    """Nearest point of the convex hull to 0, by non-negative least squares of [rowsᵀ; 1] λ on (0, 1)."""
    used = np.arange(len(rows)) if used is None else used
    system = np.vstack([rows[used].T, np.ones(len(used))])
    target = np.zeros(rows.shape[1] + 1)
    target[-1] = 1.0
    try:
        solution, _ = scipy.optimize.nnls(system, target)
    except RuntimeError:
        return
    if solution.any():
        multipliers = np.zeros(len(rows))
        multipliers[used] = solution
        yield rows.T @ multipliers, multipliers


def _unit(vector: np.ndarray) -> np.ndarray:
    size = np.abs(vector).max()
    return vector / size / np.linalg.norm(vector / size) if size > 0 else vector


def _margin_lower(rows: np.ndarray, weights: np.ndarray) -> float:
    """min_i x_i·w/|w| less the rounding of its evaluation; negative when w proves nothing."""
    if not weights.any() or not np.isfinite(weights).all():
        return -np.inf
    size = length(weights)
    rounding = (rows.shape[1] + 2) * np.finfo(EXTENDED).eps * row_norms(rows) * size
    return float(((margins(rows, weights) - rounding) / size).min())
