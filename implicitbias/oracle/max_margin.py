"""The one door of the oracle: guess the active set, polish, certify, or say why not."""

from collections.abc import Iterator
from typing import cast, get_args, Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from implicitbias import checks
from implicitbias.data.samples import Samples
from implicitbias.errors import BadInput, NotCertified
from implicitbias.oracle.certificate import kkt_certificate
from implicitbias.oracle.equality import LeastDistance, LeastDistanceProblem
from implicitbias.oracle.extended import combination, EXTENDED, length
from implicitbias.oracle.finite_newton import squared_hinge_path
from implicitbias.oracle.linf import max_margin_linf
from implicitbias.oracle.polish import polish
from implicitbias.oracle.quadratic_program import interior_point_multipliers
from implicitbias.oracle.separability import require_separable
from implicitbias.oracle.separator import MaxMargin, split_by_slack
from implicitbias.oracle.signed_rows import HasSignedRows, signed_rows


# Entries n·d up to which an interior point (dense, through a sparse factor) is quicker than its set-up is slow.
INTERIOR_POINT_ENTRIES = 10**6

FirstGuess = Literal["auto", "interior-point", "squared-hinge"]


def max_margin(
    problem_or_signed: ArrayLike | HasSignedRows | Samples,
    norm: str | ArrayLike = "l2",
    *,
    first_guess: FirstGuess = "auto",
) -> MaxMargin:
    """Hard-margin separator  ŵ = argmin |w| subject to x_i·w ≥ 1 for all i,  with a proof of optimality.

    γ = 1/|ŵ| = max_{|u| = 1} min_i x_i·u. The dual is the shortest vector of the convex hull of the rows,
    γ = min |Σ λ_i x_i|_* over λ ≥ 0, Σ λ_i = 1, so any λ proves an upper bound on γ and any w a lower one.

    Parameters
    ----------
    problem_or_signed : problem, samples, or array of shape (n, d)
        Rows x_i = label_i · feature_i.
    norm : "l2", "linf" or array of shape (d,)
        |w|: Euclidean; max_j |w_j| (its dual is the l1 norm); or sqrt(wᵀDw) for a diagonal D > 0.
    first_guess : "auto", "interior-point" or "squared-hinge"
        Where the first guess of the support vectors comes from (not used by "linf"): cvxpy with Clarabel, or the
        squared-hinge path; "auto" takes the former up to n·d = 10⁶. The answer depends on neither.

    Returns
    -------
    MaxMargin

    Raises
    ------
    BadInput
        Wrong shape, non-finite entries, a zero row, an unknown norm, or D not positive.
    NotSeparable
        A certificate λ shows that no w has x_i·w > 0 for all i.
    NotCertified
        An optimality residual stayed above 1e-12; the message names it. Never an uncertified answer.

    Notes
    -----
    vapnik1998 for the problem, lawson1974 for least-distance programming. Whatever the first guess, the active set
    is corrected until the optimality conditions hold in extended precision.
    """
    if first_guess not in get_args(FirstGuess):
        raise BadInput(f"first_guess = {first_guess!r}: must be one of {', '.join(get_args(FirstGuess))}")
    rows = signed_rows(problem_or_signed).signed
    if isinstance(norm, str) and norm == "linf":
        return max_margin_linf(rows)
    metric = _metric(norm, rows.shape[1])
    root = np.sqrt(metric.astype(EXTENDED))
    problem, failure = LeastDistanceProblem(rows, np.ones(len(rows), EXTENDED), root), None
    for method, active in _first_guesses(rows / np.sqrt(metric), first_guess):
        solution = polish(problem, active)
        if solution is None:
            continue
        answer = _answer(rows, root, solution, method, cast("str | np.ndarray", norm))
        if answer.certificate.failure is None:
            return answer
        failure = answer.certificate
    if (
        failure is not None and failure.primal_violation < 1.0
    ):  # then x_i·w > 0: separable, but not well enough
        failure.require()
    require_separable(rows)
    raise NotCertified(
        "max_margin: no active set satisfied the optimality conditions within the exchanges allowed; "
        "rescale the features or drop near-duplicates of opposite label"
    )


def _metric(norm: str | ArrayLike, dim: int) -> Float[np.ndarray, " dim"]:
    if isinstance(norm, str):
        if norm != "l2":
            raise BadInput(
                f"norm = {norm!r}: must be 'l2', 'linf', or a positive diagonal D of shape ({dim},)"
            )
        return np.ones(dim)
    metric = checks.real_array("norm", norm, "give 'l2', 'linf', or a positive diagonal D")
    if metric.shape != (dim,) or not np.isfinite(metric).all() or not (metric > 0).all():
        raise BadInput(
            f"norm = {metric}: the diagonal D of wᵀDw needs {dim} finite entries > 0; clip it from below"
        )
    return metric


def _first_guesses(
    rows: Float[np.ndarray, "sample dim"], first_guess: FirstGuess
) -> Iterator[tuple[str, Int[np.ndarray, " active"]]]:
    """Candidate active sets; the next is computed only if the one before could not be certified."""
    small = rows.size <= INTERIOR_POINT_ENTRIES
    if first_guess == "interior-point" or (first_guess == "auto" and small):
        guess = interior_point_multipliers(rows)
        if guess is not None:
            yield "cvxpy/Clarabel", _active_rows(rows, *guess)
    if first_guess != "interior-point":
        yield "squared-hinge path", _active_rows(rows, *squared_hinge_path(rows))
    if small:
        yield "none", np.arange(0)


def _active_rows(rows: np.ndarray, weights: np.ndarray, duals: np.ndarray) -> Int[np.ndarray, " active"]:
    """Rows whose share of the multipliers exceeds their slack: one of the two is nearly zero for each row."""
    shares = duals / max(float(duals.sum()), np.finfo(float).tiny)
    return np.flatnonzero(shares > rows @ weights - 1.0)


def _answer(
    rows: np.ndarray, root: np.ndarray, solution: LeastDistance, method: str, norm: str | np.ndarray
) -> MaxMargin:
    combined = combination(rows, solution.multipliers) / root
    certificate = kkt_certificate(solution.slack, solution.multipliers, solution.point, combined, method)
    support, undecided = split_by_slack(solution.slack)
    return MaxMargin(
        weights=(solution.point / root).astype(float),
        margin=float(1 / length(solution.point)),
        duals=solution.multipliers.astype(float),
        support=support,
        undecided=undecided,
        certificate=certificate,
        slack=solution.slack.astype(float),
        signed=rows,
        norm=norm if isinstance(norm, str) else np.asarray(norm, dtype=float),
    )
