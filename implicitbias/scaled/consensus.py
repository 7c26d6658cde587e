"""L3 and L5: how far workers part between synchronisations, V_t = (1/M) Σ |x_t^m − x̂_t|² in the norm of D̂.

L3, identical data, ηL_D ≤ 2:           E V_t ≤ (t − t_p) η²σ_D²(1 − 1/M)
L5, heterogeneous, ηL_D(H − 1) ≤ 1/8:   Σ V_t ≤ η²(H − 1)² Σ (6.3 L_D Δ_t + 3.15 σ_dif,D²), sums over one round

Derived, SAVIC-type. L3 is attained along a flat coordinate at the floor that carries all the noise.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.bounds import Bound
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractProblem, Quadratics
from implicitbias.scaled.fixed_points import minimiser, worker_diagonals
from implicitbias.scaled.metric import identical_workers, MetricConstants
from implicitbias.scaled.noise import Additive
from implicitbias.scaled.one_step import within


NONEXPANSIVE_LIMIT = 2.0
CONSENSUS_LIMIT = 1 / 8

GAP = 6.3
DISSIMILARITY = 3.15
# With weights that grow by 8/7 at most inside the round: times (8/7)(1 − 3/64)/(1 − (8/7)·3/64), rounded up.
WEIGHT_GROWTH = 8 / 7
WEIGHTED_GAP = 7.25
WEIGHTED_DISSIMILARITY = 3.63


def expected_consensus(
    problem: Quadratics,
    diagonal: Float[np.ndarray, " dim"],
    lr: float,
    steps: int,
    noise: Additive,
) -> Float[np.ndarray, " step"]:
    """E V after 0, …, ``steps`` local steps from a common point: (1 − 1/M) tr(D C_k), exact.

    C_{k+1} = P C_k Pᵀ + η²D^{-1}ΣD^{-1}, P = I − ηD^{-1}A, is the covariance of one worker, whatever the start.

    Parameters
    ----------
    problem
        One quadratic for all workers.
    diagonal, lr, steps
        D, η and the number of steps since the synchronisation.
    noise
        Its covariance Σ.

    Raises
    ------
    BadInput
        If the workers differ: then V depends on the start.
    """
    if not identical_workers(problem):
        raise BadInput(f"problem = {problem!r}: its workers differ; give every worker the same A and c")
    entries = worker_diagonals(problem, diagonal)[0]
    step = np.eye(problem.dim) - lr * problem.hessians[0] / entries[:, None]
    kick = lr**2 * noise.covariance / (entries[:, None] * entries)
    covariance, traces = np.zeros_like(kick), [0.0]
    for _ in range(steps):
        covariance = step @ covariance @ step.T + kick
        traces.append(float(np.diag(covariance) @ entries))
    return (1.0 - 1.0 / problem.workers) * np.array(traces)


def consensus_bound(
    steps: int, lr: float, workers: int, constants: MetricConstants, *, share: float | None = None
) -> Bound:
    """L3: E V ≤ (t − t_p)η²σ_D²(1 − 1/M) after t − t_p local steps.

    A gradient step with ηL_D ≤ 2 does not expand the distance of two workers, and each adds 2η²σ_D² to its square.

    Parameters
    ----------
    steps, lr, workers
        t − t_p, η, M.
    constants
        In the metric of D, or crude.
    share
        What stands for 1 − 1/M, to try a wrong one.
    """
    factor = 1.0 - 1.0 / workers if share is None else share
    hypotheses = (
        ("σ_D² < ∞", bool(np.isfinite(constants.noise))),
        within("η L_D ≤ 2", lr * constants.smoothness, NONEXPANSIVE_LIMIT),
    )
    named = {"t − t_p": steps, "η": lr, "M": workers, "L_D": constants.smoothness, "σ_D²": constants.noise}
    return Bound(
        "consensus, identical data (L3)", named, hypotheses, steps * lr**2 * constants.noise * factor
    )


@dataclass(frozen=True)
class RoundSums:
    """Σ w_t V_t, Σ w_t Δ_t and Σ w_t over the local steps t_p ≤ t < t_p + H of one round.

    Attributes
    ----------
    consensus, gap, weight
        The three sums.
    growth
        The largest w_t/w_s, s < t.
    lr, local_steps
        η and H of the round.
    """

    consensus: float
    gap: float
    weight: float
    growth: float
    lr: float
    local_steps: int


def round_sums(
    problem: AbstractProblem,
    start: Float[np.ndarray, " dim"],
    diagonal: Float[np.ndarray, " dim"],
    lr: float,
    local_steps: int,
    *,
    growth: float = 1.0,
    at: Float[np.ndarray, " dim"] | None = None,
) -> RoundSums:
    """Run one round with exact gradients and sum, with weights w that grow by ``growth`` from its first to its last.

    Parameters
    ----------
    problem, start, diagonal, lr, local_steps
        f, the common model, D, η, H.
    growth
        1 as in T3, up to 8/7 as in T4.
    at : array (dim,), optional
        x*, if already known.
    """
    x = minimiser(problem) if at is None else at
    entries = worker_diagonals(problem, diagonal)[0]
    checks.integer("local_steps", local_steps, 1, "give H ≥ 1")
    weights = growth ** (np.arange(local_steps) / max(local_steps - 1, 1))
    points, consensus, gaps = np.tile(start, (problem.workers, 1)), [], []
    for _ in range(local_steps):
        mean = points.mean(axis=0)
        consensus.append(float(((points - mean) ** 2 * entries).sum(axis=1).mean()))
        gaps.append(float(np.subtract(*problem.loss(np.stack([mean, x])))))
        gradients = [problem.worker_gradient(point, m) for m, point in enumerate(points)]
        points = points - lr * np.array(gradients) / entries
    sums = weights @ np.array([consensus, gaps, np.ones(local_steps)]).T
    return RoundSums(*sums.tolist(), growth=max(growth, 1.0), lr=lr, local_steps=local_steps)


def round_consensus_bound(
    sums: RoundSums,
    constants: MetricConstants,
    *,
    gap: float | None = None,
    dissimilarity: float | None = None,
    power: float = 2.0,
) -> Bound:
    """L5: Σ w_tV_t ≤ η²(H−1)² Σ w_t(6.3 L_D Δ_t + 3.15 σ_dif,D²); 7.25 and 3.63 with weights that grow.

    V_t ≤ η²(t − t_p) Σ_s mean |g_s^m|², mean |g^m|² ≤ 3L_D²V + 6L_DΔ + 3σ_dif,D², and Σ(t − t_p) ≤ (H−1)²; the V
    on the right is absorbed by 1/(1 − 3/64).

    Parameters
    ----------
    sums
        Of one round.
    constants
        In the metric of D, or crude.
    gap, dissimilarity, power
        The coefficients and the power of H − 1, to try wrong ones.
    """
    weighted = sums.growth > 1.0
    first = (WEIGHTED_GAP if weighted else GAP) if gap is None else gap
    second = (
        (WEIGHTED_DISSIMILARITY if weighted else DISSIMILARITY) if dissimilarity is None else dissimilarity
    )
    rough, apart = constants.sample_smoothness, sums.local_steps - 1
    value = (
        sums.lr**2
        * float(apart) ** power
        * (first * rough * sums.gap + second * constants.dissimilarity * sums.weight)
    )
    hypotheses = (
        within("η L_D (H − 1) ≤ 1/8", sums.lr * rough * apart, CONSENSUS_LIMIT),
        within("weights grow by 8/7 at most", sums.growth, WEIGHT_GROWTH),
    )
    named = {"η": sums.lr, "H": sums.local_steps, "L_D": rough, "σ_dif,D²": constants.dissimilarity}
    return Bound("consensus over a round, heterogeneous data (L5)", named, hypotheses, value)
