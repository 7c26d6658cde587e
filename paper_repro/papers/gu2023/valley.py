"""Local SGD in a valley ½h(x)y²: shapes, learning rates and horizons on which its slow SDE is a fair prediction."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import local_sgd, LocalMethod, RunSpec, Stream, Trace
from implicitbias.problems import AbstractLaw, TwoPoint
from paper_repro.claims import Budget, knob
from paper_repro.claims.ensembles import ensemble
from sde.zoo import exponential_valley, ExponentialValley, quadratic_valley, QuadraticValley


# Slow time over B: SGD moves by c/10, the M-fold limit M times as far, and an ensemble costs about the same for all B.
HORIZON = 0.4
# The theory is good to a few per cent up to ηM = 0.2.
LARGEST_NOISE = 0.16
# ηh is an error of its own, which few workers do not make smaller.
LARGEST_LR = 0.02
# A horizon of fewer rounds is too coarse for an equation in continuous time.
FEWEST_ROUNDS = 20

Valley = ExponentialValley | QuadraticValley

SHAPES: dict[str, Callable[..., Valley]] = {
    "e^x": lambda **noise: exponential_valley(1.0, **noise),
    "e^2x": lambda **noise: exponential_valley(2.0, **noise),
    "1+x^2": quadratic_valley,
}


@dataclass(frozen=True)
class StartKnobs:
    """Start and total batch; σ_N = 1 is a unit."""

    start: float = knob(0.3, "x_0", "start on the floor", low=0.2, high=0.8)
    total_batch: float = knob(1.0, "B", "total batch", low=1.0, high=2.0)


@dataclass(frozen=True)
class ValleyKnobs(StartKnobs):
    """The same with a shape."""

    shape: str = knob("e^x", "h", "curvature across the valley", choices=tuple(SHAPES))

    def valley(self, law: AbstractLaw = TwoPoint(), **noise: float | bool) -> Valley:
        """Return the valley; one random bit per step is noise enough."""
        return SHAPES[self.shape](law=law, **noise)


@dataclass(frozen=True)
class WorkerKnobs(ValleyKnobs):
    """The same with M workers."""

    workers: int = knob(8, "M", "workers", low=2, high=12)


@dataclass(frozen=True)
class Slide:
    """M workers with H local steps on the floor of a valley, for some rounds.

    The total batch B counts the samples of a step that differ: with shared noise all workers see the same B.
    """

    valley: Valley
    start: float
    total_batch: float
    workers: int
    lr: float
    local_steps: int
    rounds: int

    @property
    def round_time(self) -> float:
        """α = ηH."""
        return self.lr * self.local_steps

    @property
    def slow_time(self) -> float:
        """η²·steps."""
        return self.lr**2 * self.local_steps * self.rounds

    @property
    def method(self) -> LocalMethod:
        """Local SGD."""
        own = self.total_batch if self.valley.groove.shared else self.total_batch / self.workers
        return local_sgd(self.lr, self.local_steps, batch=own, workers=self.workers)

    def ensemble(self, replicas: int, stream: Stream) -> RunSpec:
        """Return the run of many replicas."""
        start = np.array([self.start, 0.0])
        return ensemble(self.valley.landscape, self.method, self.slow_time, start, replicas, stream)

    def displacement(self, trace: Trace) -> Float[np.ndarray, " replica"]:
        """Return Φ_x at the end less its start."""
        return self.valley.project(trace.w[:, -1])[:, 0] - self.start


Slides = tuple[Slide, ...]


@dataclass(frozen=True)
class SlideCase:
    """Several methods in a valley, driven by the same noise, and those that only lines are drawn through."""

    slides: Slides
    stream: Stream
    drawn: Slides = ()


def slide(
    knobs: StartKnobs, valley: Valley, workers: int, round_time: float, lr: float | None = None
) -> Slide:
    """Return Local SGD with rounds of α over the horizon, by default with the largest fair learning rate.

    The rate is lowered a little to make H whole, and the horizon moved by less than half a round.
    """
    horizon = HORIZON * knobs.total_batch
    largest = min(LARGEST_NOISE / workers, LARGEST_LR, horizon / (FEWEST_ROUNDS * round_time))
    steps = int(np.ceil(round_time / (largest if lr is None else lr)))
    return _over(knobs, valley, workers, round_time / steps, steps)


def one_step(knobs: StartKnobs, valley: Valley, workers: int, lr: float) -> Slide:
    """Return SGD, M workers that average after every step, over the horizon."""
    return _over(knobs, valley, workers, lr, 1)


def _over(knobs: StartKnobs, valley: Valley, workers: int, lr: float, steps: int) -> Slide:
    rounds = max(1, round(HORIZON * knobs.total_batch / (lr**2 * steps)))
    return Slide(valley, knobs.start, knobs.total_batch, workers, lr, steps, rounds)


def ensembles(case: SlideCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return one ensemble for each method."""
    replicas = budget.pick(smoke=250, quick=1_500, paper=20_000)
    return tuple(s.ensemble(replicas, case.stream) for s in case.slides)
