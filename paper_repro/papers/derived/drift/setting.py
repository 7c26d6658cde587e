"""Runs of Local GD along which the drift b_r = (w^r − w^{r+1})/(ηH) − ∇f(w^r) is measured."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Exponential, LinearClassification, local_gd, LocalMethod, Stream
from implicitbias.data import iid, lagging_orthonormal, named
from paper_repro.claims import Budget, knob, RunSpec
from paper_repro.claims.separable import classification, LOSSES


# Margin of the workers that are ahead of the lagging one: their loss e^{−40} is below its rounding.
AHEAD = 40.0


@dataclass(frozen=True)
class DriftKnobs:
    """Separable data on several workers, and the steps of Local GD."""

    data: str = knob(
        "A-prime", "X", "data set", choices=("A", "A-prime", "O", "lagging-orthonormal", "random")
    )
    workers: int = knob(3, "M", "workers that share the random data", low=2, high=6)
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.2, "η", "learning rate", low=0.02, high=0.5, log=True)
    local_steps: int = knob(10, "H", "local steps", low=1, high=100, log=True)


@dataclass(frozen=True)
class DriftCase:
    """A run of plain Local GD, from w⁰ = 0 or from a model that one worker lags behind."""

    problem: LinearClassification
    method: LocalMethod
    start: tuple[float, ...] | None = None

    @property
    def lr(self) -> float:
        """η."""
        return self.method.first_lr

    @property
    def local_steps(self) -> int:
        """H."""
        return self.method.steps(self.problem.workers, 0)[0]

    def worker_losses(self, w: Float[np.ndarray, "record dim"]) -> Float[np.ndarray, "record worker"]:
        """Return f_m(w)."""
        return np.stack([self.problem.worker_loss(w, m) for m in range(self.problem.workers)], axis=-1)


def drift_case(knobs: DriftKnobs, stream: Stream) -> DriftCase:
    """Return the run of the knobs from w⁰ = 0."""
    samples = named(knobs.data, stream)
    if samples.workers is None:
        samples = dataclasses.replace(samples, workers=iid(samples, knobs.workers, stream))
    return DriftCase(classification(samples, knobs.loss), local_gd(knobs.lr, knobs.local_steps))


def lagging_case(workers: int, loss: str, lr: float, local_steps: int, worker_loss: float) -> DriftCase:
    """Return one orthonormal sample per worker, all ahead but the first, whose loss is ``worker_loss``."""
    problem = classification(lagging_orthonormal(workers), loss)
    behind = -np.log(worker_loss if isinstance(problem.loss_function, Exponential) else np.expm1(worker_loss))
    return DriftCase(problem, local_gd(lr, local_steps), (float(behind), *[AHEAD] * (workers - 1)))


def one_run(case: DriftCase, rounds: int) -> tuple[RunSpec, ...]:
    """One run from the start of the case."""
    return (RunSpec(case.problem, case.method, rounds, start=case.start),)


def until_rounding(case: DriftCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from 0 until rounding hides the drift; from a lagging start, where the drift is largest, one round."""
    if case.start is not None:
        return one_run(case, 1)
    return one_run(case, budget.pick(smoke=3_000, quick=20_000, paper=200_000))
