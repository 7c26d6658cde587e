r"""The valley ½(1 + x²)y² with label noise: its sharpness 1 + x² falls along Γ by an ODE, faster with local steps.

dx/dt = −(δ²/2B) x [1 + (M − 1)ψ(2α(1 + x²))],   in slow time t = η²·steps, δ = 1.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import local_sgd, RunSpec, Stream, Trace
from implicitbias.problems import TwoPoint
from paper_repro.claims import knob
from paper_repro.claims.ensembles import ensemble
from sde.equations import Convention, SDE
from sde.formulas import drift_factor
from sde.references import flow
from sde.zoo import quadratic_valley, QuadraticValley


# Coarse and fine learning rate: the limit η → 0 is extrapolated from the two.
LR = 0.05
# Steps that every run takes a multiple of, so that its rounds are whole.
MULTIPLE = 80


@dataclass(frozen=True)
class ValleyKnobs:
    """The method and the start; label noise δ = 1."""

    workers: int = knob(8, "M", "workers", low=4, high=8)
    total_batch: float = knob(4.0, "B", "total batch", low=4.0, high=8.0)
    start: float = knob(1.0, "x(0)", "position in the valley", low=0.8, high=1.2)


@lru_cache(maxsize=1)
def valley() -> QuadraticValley:
    """Return the valley; its landscape is compiled once."""
    return quadratic_valley(normal=0.0, label=1.0, law=TwoPoint())


@dataclass(frozen=True)
class ValleyCase:
    """The knobs, and the stream that all runs share: replica, worker and step decide the noise."""

    knobs: ValleyKnobs
    stream: Stream

    @property
    def slow_time(self) -> float:
        """Slow time of a long training, about 0.8·B: SGD loses half of x²."""
        unit = LR**2 * MULTIPLE
        return unit * round(0.8 * self.knobs.total_batch / unit)

    def spec(
        self,
        lr: float,
        local_steps: int,
        replicas: int,
        slow_time: float | None = None,
        workers: int | None = None,
        total_batch: float | None = None,
    ) -> RunSpec:
        """Return a run to a slow time; M, B and the time are the case's own by default."""
        count = workers or self.knobs.workers
        method = local_sgd(lr, local_steps, (total_batch or self.knobs.total_batch) / count, workers=count)
        start = np.array([self.knobs.start, 0.0])
        return ensemble(valley().landscape, method, slow_time or self.slow_time, start, replicas, self.stream)

    def sharpness(
        self,
        *alphas: float,
        slow_time: float | None = None,
        workers: int | tuple[int, ...] | None = None,
        total_batch: float | tuple[float, ...] | None = None,
    ) -> Float[np.ndarray, " alpha"]:
        """Return tr ∇²L at a slow time for every α, by the slow ODE; M and B are the case's own, or one for each α."""
        return slow_sharpness(
            self.knobs.start,
            slow_time or self.slow_time,
            workers or self.knobs.workers,
            total_batch or self.knobs.total_batch,
            alphas,
        )


def setup(knobs: ValleyKnobs, stream: Stream) -> ValleyCase:
    """Return the case of the knobs."""
    return ValleyCase(knobs, stream.child("labels"))


def sharpness_of(trace: Trace) -> Float[np.ndarray, " replica"]:
    """Return tr ∇²L = 1 + x² at Φ(θ̄) at the end of a run."""
    return 1.0 + valley().project(trace.w[:, -1])[:, 0] ** 2


# Falsifiers ask for the same values again.
@lru_cache(maxsize=256)
def slow_sharpness(
    start: float,
    slow_time: float,
    workers: int | tuple[int, ...],
    total_batch: float | tuple[float, ...],
    alphas: tuple[float, ...],
) -> Float[np.ndarray, " alpha"]:
    """Return 1 + x² at a slow time for every α, by the slow ODE."""
    m, b, alpha = np.array(workers), np.array(total_batch), np.array(alphas)
    equation = SDE(
        lambda x: -x / (2.0 * b) * np.asarray(drift_factor(m, alpha, 1.0 + x**2)),
        lambda x: np.zeros((*x.shape, 0)),
        dim=len(alphas),
        noises=0,
        convention=Convention.ITO,
        name="slow ODEs of the valley",
    )
    return 1.0 + flow(equation, slow_time, np.full(len(alphas), start)).value ** 2
