"""How answers are compared: paths to rounding, statistics by their intervals."""

import math

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.outcome import Finding, Status
from paper_repro.conformance.task import Task


# Of the largest number of a path: double precision in any order of summation stays two digits below, single
# precision is five digits above.
RELATIVE = 1e-12
EPS = float(np.finfo(np.float64).eps)
FEWEST_DIGITS, MOST_DIGITS = 6, 17  # a double has no more than 17


def rounding(task: Task) -> float:
    """Return how far two correct answers may differ, relative to the largest number.

    A local step sums n_m products and then d, each off by ε/2 at most; where rounds contract, the errors of all
    steps add up to no more than their number times that.
    """
    terms = task.dim + max(len(rows) for rows in task.labels)
    return RELATIVE + EPS * terms * max(task.local_steps) * task.rounds


def same_path(
    expected: Float[np.ndarray, "round dim"], observed: Float[np.ndarray, "round dim"], tolerance: float
) -> Finding:
    """Compare paths round by round, relative to the largest number expected."""
    errors = relative_errors(expected, observed).max(axis=1)
    error = float(errors.max())
    if error <= tolerance:
        rounds = "the round" if len(errors) == 1 else f"all {len(errors)} rounds"
        return Finding(
            expected, observed, error, tolerance, Status.PASSED,
            f"{rounds} as expected, to {error:.1e} of |x| (allowed {tolerance:.1e})",
        )  # fmt: skip
    first = int(np.flatnonzero(errors > tolerance)[0])
    if not np.isfinite(observed[first]).all():
        message = f"round {first + 1}: {shown(observed[first], errors[first])} is not finite"
        return Finding(expected, observed, error, tolerance, Status.FAILED, message)
    message = (
        f"round {first + 1}: {shown(observed[first], errors[first])} instead of "
        f"{shown(expected[first], errors[first])}, off by {errors[first]:.1e} of |x| (allowed {tolerance:.1e})"
    )
    if first + 1 < len(errors):
        message += f"; the worst round is off by {error:.1e}"
    return Finding(expected, observed, error, tolerance, Status.FAILED, message)


def same_vector(
    name: str,
    expected: Float[np.ndarray, " dim"],
    observed: Float[np.ndarray, " dim"],
    tolerance: float,
) -> Finding:
    """Compare two vectors, relative to the largest entry expected."""
    error = float(relative_errors(expected[None], observed[None]).max())
    least = max(error, tolerance)
    message = (
        f"{name} is {shown(observed, least)}, expected {shown(expected, least)}: off by {error:.1e} "
        f"(allowed {tolerance:.1e})"
    )
    status = Status.PASSED if error <= tolerance else Status.FAILED
    return Finding(expected, observed, error, tolerance, status, message)


def relative_errors(
    expected: Float[np.ndarray, "round dim"], observed: Float[np.ndarray, "round dim"]
) -> Float[np.ndarray, "round dim"]:
    """Return |observed − expected| over the largest |expected|; what is not finite is infinitely far."""
    scale = float(np.abs(expected).max()) or 1.0
    with np.errstate(invalid="ignore", over="ignore"):
        errors = np.abs(observed - expected) / scale
    return np.where(np.isfinite(errors), errors, math.inf)


def shown(values: Float[np.ndarray, " dim"], error: float) -> str:
    """Return a number, or a vector in brackets, to six digits, or to as many as show an error of this size."""
    known = math.ceil(-math.log10(min(max(error, EPS), 1.0))) + 1
    digits = min(max(FEWEST_DIGITS, known), MOST_DIGITS)
    texts = [f"{value:.{digits}g}" for value in values]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
