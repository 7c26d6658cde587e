"""One round of Local GD as inexact gradient descent: w ← w − ηH(∇f(w) + b), b the drift of the round."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.engine.definition import round_step
from implicitbias.engine.state import initial_state
from implicitbias.errors import BadInput
from implicitbias.methods import GradientSteps, LocalMethod
from implicitbias.problems import AbstractProblem, AbstractTwiceDifferentiable, LinearClassification
from implicitbias.problems.abstract import apply


@dataclass(frozen=True)
class RoundDrift:
    """Drift of one round, with the rounding of its measurement.

    Attributes
    ----------
    value
        b = (w − w⁺)/(ηH) − ∇f(w), w⁺ the model after one round from w.
    rounding
        Bound on the Euclidean error of ``value``.
    """

    value: Float[np.ndarray, "point dim"]
    rounding: Float[np.ndarray, " point"]

    __repr__ = in_brief


def round_drift(
    problem: AbstractProblem, method: LocalMethod, w: Float[np.ndarray, "point dim"]
) -> RoundDrift:
    """Measure b = (w − w⁺)/(ηH) − ∇f(w) at every row of w, from one round by definition.

    Each of the H steps rounds its model by at most ε|w|/2, hence b by ε|w|/(2η) in all; twice that covers the
    rounding of the gradients as long as a step moves less than |w|.

    Parameters
    ----------
    problem, method
        f, and plain Local GD with a constant learning rate and one H for all workers.
    w : array (point, dim)
        Where the round starts.

    Raises
    ------
    BadInput
        If the method is not plain Local GD.
    """
    lr, steps = plain_steps(problem, method)
    state = initial_state(problem, method, w, np.arange(len(w)))
    moved = w - round_step(problem, method, state).w
    rounding = np.finfo(float).eps * np.linalg.norm(w, axis=1) / lr
    return RoundDrift(moved / (lr * steps) - problem.gradient(w), rounding)


def leading_drift(
    problem: AbstractTwiceDifferentiable, method: LocalMethod, w: Float[np.ndarray, "*batch dim"]
) -> Float[np.ndarray, "*batch dim"]:
    """−(η(H − 1)/2)(1/M) Σ_m ∇²f_m ∇f_m: the drift up to O((ηH)²M²f³) on separable data (derived).

    After j local steps worker m stands at w − jη∇f_m + …, and j averages to (H − 1)/2.
    """
    lr, steps = plain_steps(problem, method)
    products = [problem.worker_hvp(w, problem.worker_gradient(w, m), m) for m in range(problem.workers)]
    return -0.5 * lr * (steps - 1) * np.mean(products, axis=0)


def leading_drift_error(
    problem: LinearClassification, method: LocalMethod, w: Float[np.ndarray, "point dim"]
) -> Float[np.ndarray, " point"]:
    """(ηH)²/6 (1/M) Σ_m (φ_m C₂² |∇f_m| + e^{b_x D_m} C₃ |∇f_m|²), a bound on |b − `leading_drift`| (derived).

    C_k = (1/n_m) Σ |x_i|^k ℓ″(x_i·w), D_m = ηH|∇f_m| bounds the local path, φ_m = (e^{b_x D_m} − 1)/(b_x D_m).
    It assumes the exponential or logistic loss, and local steps that do not raise f_m. With one sample per
    worker it is attained as H → ∞, f → 0.
    """
    lr, steps = plain_steps(problem, method)
    terms = []
    for m, rows in enumerate(problem.local_signed):
        lengths = np.linalg.norm(rows, axis=1)
        curvature = problem.loss_function.curvature(apply(rows, w)) / len(rows)
        slope = np.linalg.norm(problem.worker_gradient(w, m), axis=-1)
        reach = problem.radius * lr * steps * slope
        # expm1(x)/x = 1 at x = 0, where the gradient is zero and so is the term.
        growth = np.expm1(reach) / np.where(reach > 0.0, reach, 1.0)
        second, third = curvature @ lengths**2, curvature @ lengths**3
        terms.append(growth * second**2 * slope + np.exp(reach) * third * slope**2)
    return (lr * steps) ** 2 / 6.0 * np.mean(terms, axis=0)


def plain_steps(problem: AbstractProblem, method: LocalMethod) -> tuple[float, int]:
    """Return η and H of plain Local GD.

    Raises
    ------
    BadInput
        If the method has mini-batches, momentum, exact solves, another aggregation, a schedule, a learning rate that
        depends on the loss, or unequal H_m.
    """
    steps = set(method.steps(problem.workers, 0))
    plain = LocalMethod(lr=method.lr, local_steps=method.local_steps)
    if method != plain or not isinstance(method.local_solver, GradientSteps) or len(steps) > 1:
        raise BadInput(
            f"method = {method!r}: the drift is defined for plain Local GD with one H; use local_gd(η, H)"
        )
    rates = method.schedule(np.arange(2))
    if method.normalised or rates[0] != rates[1]:
        raise BadInput(f"lr = {method.lr!r}: the drift is measured in units of a constant η; give a number")
    return float(rates[0]), steps.pop()
