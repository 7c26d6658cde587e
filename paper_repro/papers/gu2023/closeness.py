"""After the first phase θ̄ stays within √(αη log(1/η)) of Γ, over all rounds of a slow horizon."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import local_sgd, RecordAt, RunSpec, Stream, Trace
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Observation,
    Predicted,
    Prediction,
    Reference,
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import mean_of, rounds_for
from paper_repro.papers.derived.curved_minima.setting import CURVATURE, mixed_circle, START
from sde.formulas import first_phase_rounds
from sde.landscapes import Landscape


SLOPE = "slope of log max dist(θ̄_r, Γ) on log η"
LARGEST_LR, REFINEMENTS = 0.05, 5
SLOW_TIME = 0.4
# The largest of so many replicas is a quantile at about δ = 1/5; groups give independent slopes.
GROUP = 5


@dataclass(frozen=True)
class ClosenessKnobs:
    """The method at its largest learning rate 1/20; B = 1 is a unit of slow time."""

    workers: int = knob(4, "M", "workers", low=1, high=4)
    local_steps: int = knob(
        8, "H", "local steps at the largest η; α = ηH is the same for all", choices=(4, 8, 16, 20)
    )


@dataclass(frozen=True)
class ClosenessCase:
    """The landscape, M, α, and the source of noise."""

    landscape: Landscape
    workers: int
    local_steps: int
    stream: Stream

    @property
    def rates(self) -> Float[np.ndarray, " rate"]:
        """η, halved again and again."""
        return LARGEST_LR / 2.0 ** np.arange(REFINEMENTS)

    @property
    def round_time(self) -> float:
        """α = ηH."""
        return LARGEST_LR * self.local_steps


def setup(knobs: ClosenessKnobs, stream: Stream) -> ClosenessCase:
    """Return the case of the knobs."""
    return ClosenessCase(
        mixed_circle().landscape, knobs.workers, knobs.local_steps, stream.child("closeness")
    )


def needs(case: ClosenessCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run at every learning rate, over the same slow time, with all rounds."""
    replicas = GROUP * budget.pick(smoke=16, quick=60, paper=2000)
    return tuple(_run(case, k, replicas) for k in range(REFINEMENTS))


def _run(case: ClosenessCase, k: int, replicas: int) -> RunSpec:
    lr, steps = float(case.rates[k]), case.local_steps * 2**k
    method = local_sgd(lr, steps, 1.0 / case.workers, workers=case.workers)
    start, noise = tuple(START.tolist()), case.stream.child(f"rate-{k}")
    rounds = rounds_for(method, SLOW_TIME)
    return RunSpec(case.landscape, method, rounds, RecordAt.every(1), start, replicas, noise)


def observe(case: ClosenessCase, traces: Traces) -> Observation:
    """Take the largest distance over rounds and over the replicas of a group; fit a slope to each group."""
    largest = np.array([_largest(case, trace) for trace in traces])
    logs, groups = np.log(case.rates), np.log(largest.reshape(REFINEMENTS, -1, GROUP).max(axis=2))
    centred = logs - logs.mean()
    slopes = centred @ groups / (centred @ centred)
    sizes = [mean_of(one) for one in groups]
    low, middle, high = (
        np.exp([float(s.value) + side * float(s.error) for s in sizes]) for side in (-1.0, 0.0, 1.0)
    )
    curve = Curve(
        case.rates, middle, f"largest of {GROUP} replicas and all rounds", "measured", "local_sgd", low, high
    )
    return Observation({SLOPE: mean_of(slopes)}, (curve,))


def _largest(case: ClosenessCase, trace: Trace) -> Float[np.ndarray, " replica"]:
    """Return max |r − 1| over the rounds after the first phase."""
    lr = trace.slow_time[-1] / trace.time[-1]
    phase = first_phase_rounds(1.0, 1.0, CURVATURE, lr, 1.0, case.round_time)
    radius = np.hypot(trace.w[..., 0], trace.w[..., 1])
    return np.abs(radius[:, math.ceil(float(phase)) :] - 1.0).max(axis=1)


def predict(case: ClosenessCase) -> Prediction:
    """The slope of √(αη log(α/(ηδ))) over these rates, as far below ½ as the logarithm says, give or take as much."""
    slope = _bound_slope(case)
    size = np.sqrt(case.round_time * case.rates * _logarithm(case))
    # The stationary variance of the mean is η/(2hB), and the largest of n normal numbers √(2 log n) times as large.
    scale = np.sqrt(1.0 / (CURVATURE * case.round_time))
    lines = (
        Curve(case.rates, scale * size, "√(η log(α/(ηδ))/(hB))", "theory"),
        Curve(case.rates, scale * size[0] * (case.rates / case.rates[0]), "slope 1", "falsifier"),
        Curve(case.rates, scale * size[0] * (case.rates / case.rates[0]) ** 0.25, "slope ¼", "falsifier"),
    )
    reason = "the constant in the logarithm is open: without it the slope is ½"
    return Prediction({SLOPE: Predicted(slope, 0.5 - slope, reason=reason)}, lines)


def _logarithm(case: ClosenessCase) -> Float[np.ndarray, " rate"]:
    return np.log(case.round_time * GROUP / case.rates)


def _bound_slope(case: ClosenessCase) -> float:
    logs = np.log(case.rates)
    return float(np.polyfit(logs, 0.5 * (logs + np.log(_logarithm(case))), 1)[0])


def slope(power: float) -> Callable[[ClosenessCase], Prediction]:
    """Return the prediction of another power of η."""
    return lambda case: Prediction({SLOPE: Predicted(power)})


CLAIM = Claim(
    key="gu2023/closeness",
    title="Over a slow horizon the largest distance of θ̄ to Γ falls with η like √(η log(1/η))",
    statement=(
        r"With probability $1-\delta$, for all rounds $O(\frac1\alpha\log\frac1\eta)\le r\le "
        r"O(\frac1{\alpha\eta})$, "
        r"$\|\bar\theta_r-\Phi(\bar\theta_r)\|=O(\sqrt{\alpha\eta\log(\alpha/(\eta\delta))})$ [recalled]. Checked "
        r"on the circle with mixed noise is the power of $\eta$: the largest distance over rounds, and over a few "
        r"replicas, has on the log-log scale a slope as far below $\frac12$ as the logarithm says."
    ),
    hypotheses=("α = ηH fixed as η → 0; start on Γ", "the first phase is over; slow time O(1)"),
    reference=Reference("gu2023", "closeness of the iterates to Γ; theorem number unknown", ("v2",)),
    source="recalled",
    knobs=ClosenessKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("slope 1", "the mean of θ̄ − Φ is O(η)", slope(1.0)),
        Falsifier("slope ¼", "that is the exponent of the weak error in the proof", slope(0.25)),
    ),
    see=("gu2023/first-phase",),
    axes=("learning rate η", "largest distance to Γ", "log", "log"),
)
