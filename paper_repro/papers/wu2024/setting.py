"""Gradient descent on the logistic loss with a large step, every iterate recorded."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias import Exponential, gd, LinearClassification, Logistic, max_margin, RecordAt, Stream
from implicitbias.data import gaussian_separable, opposed_pair, Samples, separable
from paper_repro.claims import Budget, knob, RunSpec


# Pictures need no more steps than these, equally spaced in log t.
SHOWN = 80
# Steps after which the opposed pair is past its unstable phase, of 68 steps, and near its asymptote.
TELLING_STEPS = 250


@dataclass(frozen=True)
class LargeStepKnobs:
    """Separable rows of length at most 1, and the step."""

    data: str = knob("planted", "X", "data set", choices=("planted", "gaussian", "opposed"))
    samples: int = knob(12, "n", "samples, planted or Gaussian", low=6, high=20)
    dim: int = knob(3, "d", "dimension, planted or Gaussian", low=2, high=5)
    margin: float = knob(0.05, "γ", "margin, planted or opposed", low=0.03, high=0.3, log=True)
    lr: float = knob(300.0, "η", "learning rate", low=1.0, high=1000.0, log=True)


@dataclass(frozen=True)
class LargeStepCase:
    """A logistic problem on one machine, its margin, and the step."""

    problem: LinearClassification
    margin: float
    lr: float

    @property
    def samples(self) -> int:
        """Number of samples n."""
        return len(self.problem.signed)

    def exponential_risk(self, w: Float[np.ndarray, "record dim"]) -> Float[np.ndarray, " record"]:
        """Return E(w) = Σ p_i e^{−x_i·w}, infinite where it overflows."""
        return Exponential().value(self.problem.margins(w)) @ self.problem.sample_weights

    def phase_end(self, w: Float[np.ndarray, "record dim"], *, risk: float = np.inf) -> int | None:
        """Return the first record with f ≤ 1/η and E ≤ ``risk``; ``None`` if there is none."""
        stable = (self.problem.loss(w) <= 1.0 / self.lr) & (self.exponential_risk(w) <= risk)
        return int(stable.argmax()) if stable.any() else None


def large_step_case(knobs: LargeStepKnobs, stream: Stream) -> LargeStepCase:
    """Return the case of the knobs."""
    return logistic_case(rows(knobs, stream), knobs.lr)


def logistic_case(samples: Samples, lr: float) -> LargeStepCase:
    """Return gradient descent with this step on these samples, their margin certified."""
    problem = LinearClassification(samples.features, samples.labels, loss=Logistic())
    return LargeStepCase(problem, max_margin(problem).margin, lr)


def rows(knobs: LargeStepKnobs, stream: Stream) -> Samples:
    """Return separable samples of length at most 1."""
    if knobs.data == "opposed":
        return opposed_pair(knobs.margin)
    if knobs.data == "gaussian":
        return gaussian_separable(stream, knobs.samples, knobs.dim)
    return separable(stream, samples=knobs.samples, dim=knobs.dim, margin=knobs.margin).samples


def telling_case(knobs: LargeStepKnobs, stream: Stream) -> LargeStepCase:
    """Return the opposed pair with η = 64, whatever the knobs: there every factor of the bounds shows at once."""
    del knobs
    return large_step_case(LargeStepKnobs(data="opposed", margin=0.09, lr=64.0), stream)


def few_steps(case: LargeStepCase, budget: Budget) -> tuple[RunSpec, ...]:
    """The start of a run, with every iterate: as much as the telling case needs."""
    del budget
    return (RunSpec(case.problem, gd(case.lr), TELLING_STEPS, record=RecordAt.every(1)),)


def every_step(case: LargeStepCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from 0 with every iterate: means over all of them, and rises from each to the next, are asked for."""
    steps = budget.pick(smoke=300, quick=3_000, paper=100_000)
    return (RunSpec(case.problem, gd(case.lr), steps, record=RecordAt.every(1)),)


def log_spaced(first: int, last: int, count: int = SHOWN) -> Int[np.ndarray, " step"]:
    """Return about ``count`` integers from ``first`` to ``last``, equally spaced in their logarithm."""
    return np.unique(np.round(np.geomspace(first, last, count)).astype(int))
