"""L2 and L4: one local step of a scaled method, both sides of the inequality by exact conditional expectation.

Workers at x^m with mean x̂ step by x^m − ηD^{-1}g^m. In the norm of D, with a = ημ_D:

    L2, identical f_m, ηL_D ≤ 1/4:   E|x̂⁺ − x*|² ≤ (1 − a)|x̂ − x*|² − (η/2)Δ + 2ηL_D V + η²σ_D²/M
    L4, f_m(·, z) smooth, ηL_D ≤ 1/8: E|x̂⁺ − x*|² ≤ (1 − a)|x̂ − x*|² − ηΔ + (5/4)ηL_D V + 4η²σ*_D²/M

Δ = f(x̂) − f*, V = (1/M) Σ |x^m − x̂|²_D, σ*_D² the noise at x*. Derived, SAVIC-type; the coefficients are arguments,
so that nearby wrong ones can be tried.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.bounds import Bound
from implicitbias.display import in_brief
from implicitbias.problems import AbstractProblem
from implicitbias.scaled.fixed_points import minimiser
from implicitbias.scaled.metric import MetricConstants
from implicitbias.scaled.noise import AbstractNoise, Exact


IDENTICAL_LIMIT = 1 / 4
HETEROGENEOUS_LIMIT = 1 / 8
# η computed as limit/L may exceed it by a rounding or two.
LIMIT_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class OneStep:
    """One step from given local states.

    Attributes
    ----------
    expected
        E|x̂⁺ − x*|²_D, exact.
    distance, gap, consensus
        |x̂ − x*|²_D, Δ and V before the step.
    lr, workers
        η and M.
    """

    expected: Float[np.ndarray, "*batch"] | float
    distance: Float[np.ndarray, "*batch"] | float
    gap: Float[np.ndarray, "*batch"] | float
    consensus: Float[np.ndarray, "*batch"] | float
    lr: float
    workers: int

    __repr__ = in_brief


def expected_step(
    problem: AbstractProblem,
    points: Float[np.ndarray, "*batch worker dim"],
    diagonal: Float[np.ndarray, " dim"],
    lr: float,
    noise: AbstractNoise = Exact(),  # noqa: B008 -- a frozen description without state
    at: Float[np.ndarray, " dim"] | None = None,
) -> OneStep:
    """Return what one step from the local states x^m does in expectation over its gradients.

    E|x̂⁺ − x*|²_D = |x̂ − ηD^{-1}(1/M)Σ∇f_m(x^m) − x*|²_D + (η²/M²) Σ_m Σ_k Var g^m_k/d_k.

    Parameters
    ----------
    problem
        Twice differentiable, or ``at`` is given.
    points : array (…, worker, dim)
        x^m; leading axes are a batch of states.
    diagonal : array (dim,)
        D.
    lr
        η.
    noise
        Law of the gradients.
    at : array (dim,), optional
        x*, if already known.

    Raises
    ------
    BadInput, NotCertified
    """
    x = minimiser(problem) if at is None else at
    mean = points.mean(axis=-2)
    gradients = np.stack(
        [problem.worker_gradient(points[..., m, :], m) for m in range(problem.workers)], axis=-2
    )
    moved = mean - lr * gradients.mean(axis=-2) / diagonal
    spread = (noise.variances(problem, points) / diagonal).sum(axis=(-2, -1)) / problem.workers**2
    return OneStep(
        expected=_square(moved - x, diagonal) + lr**2 * spread,
        distance=_square(mean - x, diagonal),
        gap=problem.loss(mean[None])[0] - problem.loss(x[None])[0],
        consensus=np.mean(_square(points - mean[..., None, :], diagonal), axis=-1),
        lr=lr,
        workers=problem.workers,
    )


def identical_side(
    step: OneStep,
    constants: MetricConstants,
    *,
    gap: float = 1 / 2,
    consensus: float = 2.0,
    noise: float = 1.0,
) -> Float[np.ndarray, "*batch"] | float:
    """Right-hand side of L2: (1 − ημ)R − gap·ηΔ + consensus·ηLV + noise·η²σ²/M.

    Parameters
    ----------
    step
        The step, or a batch of them.
    constants
        In the metric of D, or crude.
    gap, consensus, noise
        The coefficients; those of the lemma by default.
    """
    return _side(step, constants, constants.smoothness, constants.noise, gap, consensus, noise)


def heterogeneous_side(
    step: OneStep,
    constants: MetricConstants,
    *,
    gap: float = 1.0,
    consensus: float = 5 / 4,
    noise: float = 4.0,
) -> Float[np.ndarray, "*batch"] | float:
    """Right-hand side of L4: (1 − ημ)R − gap·ηΔ + consensus·ηLV + noise·η²σ*²/M, L of almost every f_m(·, z).

    The arguments are those of `identical_side`.
    """
    rough, spread = constants.sample_smoothness, constants.minimiser_noise
    return _side(step, constants, rough, spread, gap, consensus, noise)


def identical_step_bound(step: OneStep, constants: MetricConstants, *, identical: bool) -> Bound:
    """L2 of a single state as a `Bound` on E|x̂⁺ − x*|²_D.

    Parameters
    ----------
    step
        Of one state, no batch.
    constants
        In the metric of D, or crude.
    identical
        Whether all f_m are one function (`identical_workers`).
    """
    hypotheses = (
        ("f_m = f for every worker", identical),
        ("σ_D² < ∞", bool(np.isfinite(constants.noise))),
        within("η L_D ≤ 1/4", step.lr * constants.smoothness, IDENTICAL_LIMIT),
    )
    value = float(identical_side(step, constants))
    return Bound("one step, identical data (L2)", _named(step, constants), hypotheses, value)


def heterogeneous_step_bound(step: OneStep, constants: MetricConstants) -> Bound:
    """L4 of a single state as a `Bound` on E|x̂⁺ − x*|²_D; the parameters are those of `identical_step_bound`."""
    hypotheses = (within("η L_D ≤ 1/8", step.lr * constants.sample_smoothness, HETEROGENEOUS_LIMIT),)
    value = float(heterogeneous_side(step, constants))
    return Bound("one step, heterogeneous data (L4)", _named(step, constants), hypotheses, value)


def within(said: str, value: float, limit: float) -> tuple[str, bool]:
    """Return a hypothesis value ≤ limit, met up to rounding."""
    return said, bool(value <= limit * (1.0 + LIMIT_ROUNDING))


def _side(
    step: OneStep,
    constants: MetricConstants,
    smoothness: float,
    variance: float,
    gap: float,
    consensus: float,
    noise: float,
) -> np.ndarray | float:
    return (
        (1.0 - step.lr * constants.strong_convexity) * step.distance
        - gap * step.lr * step.gap
        + consensus * step.lr * smoothness * step.consensus
        + noise * step.lr**2 * variance / step.workers
    )


def _named(step: OneStep, constants: MetricConstants) -> dict[str, float]:
    return {
        "η": step.lr,
        "M": step.workers,
        "L_D": constants.smoothness,
        "μ_D": constants.strong_convexity,
        "σ_D²": constants.noise,
        "|x̂ − x*|²_D": float(step.distance),
        "Δ": float(step.gap),
        "V": float(step.consensus),
    }


def _square(vectors: np.ndarray, diagonal: np.ndarray) -> np.ndarray | float:
    return (vectors**2 * diagonal).sum(axis=-1)
