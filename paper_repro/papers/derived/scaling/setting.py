"""What the claims on fixed points share: different quadratics on the workers, and scalings measured once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Adaptive, Quadratics, RecordAt, RMSProp, RunSpec, savic, Stream
from implicitbias.problems import AbstractProblem
from implicitbias.scaled.fixed_points import worker_gradients
from paper_repro.claims import knob


# d_min, d_max; eigenvalues of every A_m. With η ≤ 0.2 steps contract: ηλ/d_min < 2.
FLOOR, CEILING = 0.3, 1.0
LEAST, LARGEST = 0.5, 2.0
# Longer than any run: D̂ is measured at the start and never again.
FROZEN = 10**9
# e^{−36} of the start is its rounding.
DECADES = 36.0
# Rounding of some hundred contracting steps of size 1.
ROUNDING = 1e-12


@dataclass(frozen=True)
class WorkersKnobs:
    """Workers with different quadratics, and the learning rate."""

    workers: int = knob(3, "M", "workers", low=2, high=5)
    dim: int = knob(3, "d", "dimension", low=2, high=5)
    lr: float = knob(0.15, "η", "learning rate", low=0.1, high=0.2)


@dataclass(frozen=True)
class WorkersCase:
    """Different quadratics, and a learning rate."""

    problem: Quadratics
    lr: float
    scope: str = "global"

    @property
    def diagonals(self) -> Float[np.ndarray, "worker dim"]:
        """D̂_m = clip(|∇f_m(0)|), what each worker measures at the start."""
        gradients = [self.problem.worker_gradient(np.zeros(self.problem.dim), m) for m in range(self.workers)]
        return np.clip(np.abs(gradients), FLOOR, CEILING)

    @property
    def workers(self) -> int:
        """M."""
        return self.problem.workers

    def run(self, lr: float) -> RunSpec:
        """Return the run from 0, with D̂ measured there, until it rests."""
        options = {"beta": 0.0, "floor": FLOOR, "ceiling": CEILING, "refresh": FROZEN}
        scaling: Adaptive = RMSProp(scope=self.scope, **options)  # pyright: ignore[reportArgumentType]
        rounds = int(np.ceil(DECADES * CEILING / (lr * LEAST)))
        return RunSpec(self.problem, savic(lr, 1, scaling), rounds, RecordAt.last())


def pooled_diagonal(problem: AbstractProblem) -> Float[np.ndarray, " dim"]:
    """Return the one D̂ that all workers measure at 0: gradients are clipped before their squares are averaged."""
    clipped = np.clip(worker_gradients(problem, np.zeros(problem.dim)), -CEILING, CEILING)
    return np.maximum(np.sqrt(np.mean(np.square(clipped), axis=0)), FLOOR)


def workers_case(knobs: WorkersKnobs, stream: Stream) -> WorkersCase:
    """Return the case of the knobs."""
    return WorkersCase(different_quadratics(knobs.workers, knobs.dim, stream), knobs.lr)


def different_quadratics(workers: int, dim: int, stream: Stream) -> Quadratics:
    """Return ½(x − c_m)ᵀA_m(x − c_m), eigenvalues of A_m between ``LEAST`` and ``LARGEST``, eigenvectors random."""
    draw = stream.at("quadratics").generator()
    turns = np.linalg.qr(draw.normal(size=(workers, dim, dim)))[0]
    values = draw.uniform(LEAST, LARGEST, size=(workers, 1, dim))
    hessians = (turns * values) @ turns.swapaxes(1, 2)
    return Quadratics((hessians + hessians.swapaxes(1, 2)) / 2.0, draw.normal(size=(workers, dim)))
