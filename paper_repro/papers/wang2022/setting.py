"""One round of FedAvg from x*: what the claims on the average drift share."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import RecordAt, RunSpec, Stream, Trace
from implicitbias.recursions import worker_curvatures
from paper_repro.claims import knob
from paper_repro.claims.unlike_workers import FederatedCase, unlike_case, unlike_quadratics, UnlikeKnobs


# One round errs by a few hundred roundings of its models, over ηH.
ROUNDING = 1e-13


@dataclass(frozen=True)
class DriftKnobs:
    """Unlike quadratics, and the learning rate."""

    workers: int = knob(4, "M", "workers", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    apart: float = knob(1.0, "δ", "distance of the workers' minimisers", low=0.3, high=10.0, log=True)
    share: float = knob(0.1, "s", "η as a share of 2/max λ(A_m)", low=0.02, high=0.5, log=True)


def unlike(knobs: DriftKnobs, stream: Stream) -> FederatedCase:
    """Return FedAvg with unequal weights on unlike quadratics."""
    sizes = UnlikeKnobs("quadratics", knobs.workers, knobs.dim, knobs.apart, knobs.share, server_rate=1.0)
    return unlike_case(sizes, stream)


def equal_hessians(knobs: DriftKnobs, stream: Stream) -> FederatedCase:
    """Return the same with one Hessian for all workers."""
    case = unlike(knobs, stream)
    problem = unlike_quadratics(knobs.workers, knobs.dim, stream, knobs.apart, alike=True)
    return replace(
        case, problem=problem, method=replace(case.method, lr=2.0 * knobs.share / problem.smoothness)
    )


def with_steps(case: FederatedCase, steps: int, share: float = 1.0) -> FederatedCase:
    """Return H local steps on every worker, with a share of η."""
    return case.with_method(replace(case.method, lr=share * case.lr, local_steps=steps))


def from_the_optimum(case: FederatedCase) -> RunSpec:
    """Return one round from x*."""
    return RunSpec(case.problem, case.method, 1, RecordAt.last(), tuple(map(float, case.minimiser)))


def drift(case: FederatedCase, trace: Trace) -> Float[np.ndarray, " dim"]:
    """Return (x^1 − x*)/(ηH) of that round; its length is ρ."""
    return (trace.w[0, -1] - trace.w[0, 0]) / (case.lr * case.steps[0])


def rounding(case: FederatedCase) -> float:
    """Return the error of a measured drift."""
    return ROUNDING * (1.0 + float(np.abs(case.own_minimisers).max())) / (case.lr * case.steps[0])


def closed(case: FederatedCase) -> float:
    """Return ρ = |Σ p_m W_m(x* − b_m)|/(ηH)."""
    away = case.minimiser - case.own_minimisers
    moved = np.einsum("m,mij,mj->i", case.weights, case.responses, away)
    return float(np.linalg.norm(moved)) / (case.lr * case.steps[0])


def gradients(case: FederatedCase) -> Float[np.ndarray, "worker dim"]:
    """Return ∇f_m(x*)."""
    hessians, pulls = worker_curvatures(case.problem)
    return hessians @ case.minimiser - pulls


def dissimilarity(case: FederatedCase) -> float:
    """Return ζ = √(Σ p_m |∇f_m(x*)|²)."""
    return float(np.sqrt(case.weights @ (gradients(case) ** 2).sum(axis=1)))


def pull(case: FederatedCase) -> Float[np.ndarray, " dim"]:
    """Return ½ Σ p_m A_m∇f_m(x*)."""
    hessians, _ = worker_curvatures(case.problem)
    return 0.5 * np.einsum("m,mij,mj->i", case.weights, hessians, gradients(case))
