"""The case of the claims about exact local solves: separable data split over workers, and where to start."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import max_margin, MaxMargin, Stream
from implicitbias.data import iid, named, Samples, separable
from implicitbias.oracle import MarginSet
from implicitbias.problems import LinearClassification
from paper_repro.claims.knobs import knob
from paper_repro.claims.separable import classification


# Samples per worker of the data drawn at random. The gap θ − 1 from the margin to the next sample is as wide as
# rows of length one allow, less a tenth, and at most 1: terms r^(−(θ−1)) hide limits where it is narrow.
PER_WORKER = 4
WIDEST_GAP, SHARE = 1.0, 0.9

# |u⁰|/|ŵ| of a start drawn at random: far enough that the limits it leads to differ visibly from those of u⁰ = 0.
START_SIZE = 1.5


@dataclass(frozen=True)
class SplitKnobs:
    """Which data, how split, and where to start."""

    data: str = knob("A", "X", "data set", choices=("A", "A-prime", "random"))
    workers: int = knob(3, "M", "workers, if the data are random", low=2, high=4)
    dim: int = knob(3, "d", "dimension, if the data are random", low=2, high=4)
    margin: float = knob(0.5, "γ", "margin, if the data are random (rows of length ≤ 1)", low=0.2, high=0.75)
    start: str = knob("origin", "u⁰", "start: 0, or drawn at random", choices=("origin", "drawn"))


@dataclass(frozen=True, eq=False)
class SplitCase:
    """A separable problem over several workers, its separator, and a start u⁰."""

    problem: LinearClassification
    svm: MaxMargin
    start: Float[np.ndarray, " dim"]

    @cached_property
    def feasible(self) -> MarginSet:
        """C = {u : x_i·u ≥ 1 for all i}, the intersection of the C_m."""
        return MarginSet(self.problem.signed)

    @cached_property
    def worker_sets(self) -> tuple[MarginSet, ...]:
        """C_m of every worker."""
        return tuple(MarginSet(rows) for rows in self.problem.local_signed)

    @cached_property
    def mean_of_separators(self) -> Float[np.ndarray, " dim"]:
        """Average of the workers' own hard-margin separators, where one round leads from 0."""
        origin = np.zeros(self.problem.dim)
        return np.mean([own.project(origin).point for own in self.worker_sets], axis=0)

    @property
    def start_entries(self) -> tuple[float, ...]:
        """u⁰ as a tuple, for run specifications."""
        return tuple(self.start.tolist())


def split_samples(knobs: SplitKnobs, stream: Stream) -> Samples:
    """Return the samples of the knobs, distributed over workers."""
    if knobs.data != "random":
        return named(knobs.data)
    count, gap = PER_WORKER * knobs.workers, min(WIDEST_GAP, SHARE * (1.0 / knobs.margin - 1.0))
    planted = separable(stream, samples=count, dim=knobs.dim, margin=knobs.margin, support=knobs.dim, gap=gap)
    return planted.samples.with_workers(iid(count, knobs.workers, stream))


def split_case(knobs: SplitKnobs, stream: Stream, loss: str = "exponential") -> SplitCase:
    """Return the case of the knobs."""
    problem = classification(split_samples(knobs, stream), loss)
    svm = max_margin(problem)
    start = np.zeros(problem.dim)
    if knobs.start == "drawn":
        start = drawn_direction(stream, problem.dim) * (START_SIZE / svm.margin)
    return SplitCase(problem, svm, start)


def drawn_direction(stream: Stream, dim: int, number: int = 0) -> Float[np.ndarray, " dim"]:
    """Return a uniformly distributed unit vector; another one for every ``number``."""
    normal = stream.at("start", number).generator().standard_normal(dim)
    return normal / np.linalg.norm(normal)
