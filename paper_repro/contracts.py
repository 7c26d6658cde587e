"""What a loss and a problem of yours must keep for the toolkit to be right about them, as assertions.

Derivatives are compared with differences, logarithms with what they are logarithms of, batches with single points.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from implicitbias import checks
from implicitbias.losses import AbstractLoss
from implicitbias.problems import AbstractProblem
from implicitbias.problems.twice_differentiable import AbstractTwiceDifferentiable
from implicitbias.stream import Stream


# Margins to look at: no whole numbers, where losses in pieces are joined; and the largest that runs meet.
MARGINS = np.arange(-30.03, 60.0, 0.25)
FARTHEST = np.array([-1e4, 1e4])
# Central differences: their error is h² times a third derivative, rounding adds 1e-16 of the value over h.
DIFFERENCE = 1e-5
DIFFERENCE_TOLERANCE = 1e-5
# The same number, computed in two orders.
ROUNDING = 1e-9
# Below it a double has lost digits, and its logarithm with them.
SMALLEST = 1e-290
POINTS = 5


def assert_loss(loss: AbstractLoss) -> None:
    """Fail unless ℓ keeps the contract of a loss: ℓ > 0 decreases, its parts fit together, logarithms stay finite.

    Parameters
    ----------
    loss
        ``value`` = ℓ, ``slope`` = −ℓ′, ``log_value`` and ``log_slope`` their logarithms, ``curvature`` = ℓ″, and
        ``smoothness`` = sup ℓ″.

    Raises
    ------
    BadInput
        For what is no ``AbstractLoss``.
    AssertionError
        Naming the part, the margin, both numbers.
    """
    checks.instance("loss", loss, AbstractLoss, "derive it from implicitbias.losses.AbstractLoss")
    z, h = MARGINS, DIFFERENCE
    for name in ("log_value", "log_slope"):
        far = getattr(loss, name)(FARTHEST)
        _agree(f"{name} is finite", FARTHEST, np.isfinite(far), far, "a finite number")
    log_value, log_slope = loss.log_value(z), loss.log_slope(z)
    value, slope, curvature = loss.value(z), loss.slope(z), loss.curvature(z)
    _logarithm("value", value, log_value)
    _logarithm("slope", slope, log_slope)
    falls = (loss.log_value(z - h) - loss.log_value(z + h)) / (2 * h)
    _close("slope is −ℓ′ (both over ℓ)", z, np.exp(log_slope - log_value), falls)
    flattens = (loss.log_slope(z - h) - loss.log_slope(z + h)) / (2 * h)
    known = slope > SMALLEST
    relative = np.divide(curvature, slope, where=known, out=flattens.copy())
    _close("curvature is ℓ″ (both over −ℓ′)", z, relative, flattens)
    bounded = (curvature >= 0) & (curvature <= loss.smoothness * (1 + ROUNDING))
    _agree("0 ≤ curvature ≤ smoothness", z, bounded, curvature, loss.smoothness)


def assert_problem(problem: AbstractProblem, stream: Stream = Stream(0)) -> None:
    """Fail unless gradients (and Hessians) of every worker are those of its loss, for one point and for many.

    Parameters
    ----------
    problem
        Yours. Its ``worker_hvp`` is looked at if it has one.
    stream
        Draws the points, with standard normal coordinates.

    Raises
    ------
    BadInput
        For what is no ``AbstractProblem``.
    AssertionError
        Naming the function, the worker, both numbers.
    """
    checks.instance(
        "problem", problem, AbstractProblem, "derive it from implicitbias.problems.AbstractProblem"
    )
    draws = stream.at("contract").generator()
    w, v = draws.normal(size=(2, POINTS, problem.dim))
    for m in range(problem.workers):
        _derivative(f"worker_gradient·v of worker {m}", lambda x, m=m: problem.worker_loss(x, m),
                    lambda x, m=m: (problem.worker_gradient(x, m) * v).sum(axis=-1), w, v)  # fmt: skip
        _one_by_one(f"worker_loss of worker {m}", lambda x, m=m: problem.worker_loss(x, m), w)
        _one_by_one(f"worker_gradient of worker {m}", lambda x, m=m: problem.worker_gradient(x, m), w)
        if isinstance(problem, AbstractTwiceDifferentiable):
            _derivative(f"worker_hvp of worker {m}", lambda x, m=m: problem.worker_gradient(x, m),
                        lambda x, m=m: problem.worker_hvp(x, v, m), w, v)  # fmt: skip


def _logarithm(name: str, number: Float[np.ndarray, " point"], log: Float[np.ndarray, " point"]) -> None:
    """Compare a positive number with its logarithm; where it underflows, so must the exponential of that."""
    lost = (number >= 0) & (number <= SMALLEST)
    expected = np.log(number, where=number > SMALLEST, out=np.full_like(log, -np.inf))
    near = np.isclose(expected, log, rtol=ROUNDING, atol=ROUNDING)
    small = log <= np.log(SMALLEST) + ROUNDING
    _agree(f"log_{name} is the logarithm of {name}", MARGINS, near | (lost & small), log, expected)


def _derivative(name: str, function: Callable, derivative: Callable, w: np.ndarray, v: np.ndarray) -> None:
    """Compare a derivative along v with differences."""
    h = DIFFERENCE
    steps = (np.asarray(function(w + h * v)) - np.asarray(function(w - h * v))) / (2 * h)
    _close(name, np.arange(len(w)), derivative(w), steps)


def _one_by_one(name: str, function: Callable, w: np.ndarray) -> None:
    """Compare a batch of points with the points alone."""
    batch, alone = np.asarray(function(w)), np.array([function(point) for point in w])
    assert batch.shape == alone.shape, f"{name}: shape {batch.shape} for a batch, must be {alone.shape}"
    near = np.isclose(batch, alone, rtol=ROUNDING, atol=ROUNDING)
    _agree(f"{name}: a batch is its points", np.arange(len(w)), near, batch, alone)


def _close(name: str, at: np.ndarray, given: np.ndarray, expected: np.ndarray) -> None:
    size = 1.0 + np.abs(expected)
    _agree(name, at, np.abs(given - expected) <= DIFFERENCE_TOLERANCE * size, given, expected)


def _agree(
    name: str,
    at: Float[np.ndarray, " point"],
    fine: Bool[np.ndarray, "point ..."],
    given: object,
    expected: object,
) -> None:
    """Fail at the first point that is not fine, with both numbers."""
    fine = np.asarray(fine)
    if fine.all():
        return
    first = tuple(np.argwhere(~fine)[0])
    pair = [np.broadcast_to(np.asarray(x, dtype=object), fine.shape)[first] for x in (given, expected)]
    raise AssertionError(f"{name}: at {at[first[0]]:.6g} it is {pair[0]}, and should be {pair[1]}")
