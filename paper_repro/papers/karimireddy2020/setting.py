"""SCAFFOLD on unlike quadratics: the case that its claims share."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import initial_state, round_step, Scaffold, Stream
from paper_repro.claims import knob
from paper_repro.claims.unlike_workers import FederatedCase, unlike_case, UnlikeKnobs


@dataclass(frozen=True)
class ScaffoldKnobs:
    """Workers with unlike losses; rounds short enough for the controls to follow."""

    data: str = knob("quadratics", "f_m", "losses of the workers", choices=("quadratics", "regression"))
    workers: int = knob(4, "M", "workers", low=2, high=5)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    apart: float = knob(1.0, "ζ", "distance of the workers' minimisers", low=0.3, high=10.0, log=True)
    share: float = knob(0.2, "s", "η as a share of 2/max λ(A_m)", low=0.1, high=0.5)
    local_steps: int = knob(8, "H", "local steps of the busiest worker", low=2, high=10, log=True)
    server_rate: float = knob(0.8, "η_g", "rate of the server", low=0.5, high=1.0)


def scaffold_case(knobs: ScaffoldKnobs, stream: Stream) -> FederatedCase:
    """Return SCAFFOLD (option II) with unequal H_m and weights p_m."""
    sizes = (knobs.data, knobs.workers, knobs.dim, knobs.apart, knobs.share, knobs.local_steps)
    return with_option(unlike_case(UnlikeKnobs(*sizes, knobs.server_rate), stream), "path")


def with_option(case: FederatedCase, option: str) -> FederatedCase:
    """Return SCAFFOLD with that update of its controls."""
    return case.with_method(replace(case.method, correction=Scaffold(option)))  # pyright: ignore[reportArgumentType]


def measured_round(case: FederatedCase) -> Float[np.ndarray, "n n"]:
    """Return the matrix of one round on (x, c_1, …, c_M), column by column, from one round at 0 and at unit vectors."""
    workers, dim = case.problem.workers, case.problem.dim
    states = np.vstack([np.zeros(dim * (workers + 1)), np.eye(dim * (workers + 1))])
    models, controls = states[:, :dim], states[:, dim:].reshape(-1, workers, dim)
    start = initial_state(case.problem, case.method, models, np.arange(len(states)))
    after = round_step(case.problem, case.method, replace(start, controls=controls))
    assert after.controls is not None
    moved = np.hstack([after.w, after.controls.reshape(len(states), -1)])
    return (moved[1:] - moved[0]).T


def radius(matrix: Float[np.ndarray, "n n"]) -> float:
    """Return the spectral radius."""
    return float(np.abs(np.linalg.eigvals(matrix)).max())
