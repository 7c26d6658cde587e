"""Separable data over unequal workers, and Local GD with the loss (1+z)^{−p}."""

from dataclasses import dataclass
from functools import cached_property

from implicitbias import (
    LinearClassification,
    local_gd,
    LocalMethod,
    max_margin,
    MaxMargin,
    PolynomialTail,
    Stream,
)
from implicitbias.data import iid, named, Samples, separable
from implicitbias.oracle import tail_direction, TailDirection
from paper_repro.claims import knob


# Random rows: a wide margin, so that the limit is far from ŵ and near in time; two workers of unequal size.
SAMPLES, DIM, MARGIN = 8, 3, 0.5
SIZES = (1 / 3, 2 / 3)


@dataclass(frozen=True)
class TailKnobs:
    """Data, tail and steps."""

    data: str = knob("A-prime", "X", "data set", choices=("A", "A-prime", "random"))
    power: float = knob(2.0, "p", "exponent of the tail", low=1.0, high=4.0)
    share: float = knob(0.5, "ηL/2", "step as a share of 2/smoothness", low=0.1, high=0.9)
    local_steps: int = knob(10, "H", "local steps", low=1, high=30, log=True)


@dataclass(frozen=True)
class TailCase:
    """A problem with a polynomial tail, Local GD, the certified limit, and the separator that it is not."""

    problem: LinearClassification
    method: LocalMethod
    power: float

    @cached_property
    def svm(self) -> MaxMargin:
        """ŵ."""
        return max_margin(self.problem)

    @cached_property
    def limit(self) -> TailDirection:
        """v*."""
        return tail_direction(self.problem, self.power, self.svm)

    @property
    def exponent(self) -> float:
        """How Δw/Δs^a comes near v* in powers of s: s^{−2a}, s^{−μ} with μ the least curvature of Ψ, and 1/s."""
        return min(2.0 * self.limit.growth, float(self.limit.spectrum[0]), 1.0)


def tail_case(knobs: TailKnobs, stream: Stream) -> TailCase:
    """Return the case of the knobs."""
    samples, loss = tail_samples(knobs.data, stream), PolynomialTail(knobs.power)
    problem = LinearClassification(samples.features, samples.labels, workers=samples.workers, loss=loss)
    lr = knobs.share * 2.0 / problem.smoothness
    return TailCase(problem, local_gd(lr, knobs.local_steps), knobs.power)


def tail_samples(data: str, stream: Stream) -> Samples:
    """Return a theory set, or planted rows on two workers of unequal size."""
    if data != "random":
        return named(data)
    samples = separable(stream, samples=SAMPLES, dim=DIM, margin=MARGIN, gap=0.5).samples
    return samples.with_workers(iid(samples, 2, stream, sizes=SIZES))
