"""Workers that share their batch never disagree: without independent noise local steps gain nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from implicitbias import Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    statistical,
    Traces,
)
from paper_repro.papers.gu2023.valley import LARGEST_LR, slide, SlideCase, WorkerKnobs
from paper_repro.papers.gu2023.valley_drift import (
    first_order,
    Gain,
    LEFT_OUT,
    measured_ratios,
    RATIO,
    ratios,
    with_gain,
)
from sde.formulas import drift_factor, finite_drift_factor


APART = "distance between M workers and one"
# Averages of equal numbers, rounded once a round, on a path that contracts across the valley.
ROUNDING = 1e-10


@dataclass(frozen=True)
class SharedKnobs(WorkerKnobs):
    """The same with the time of a round."""

    round_time: float = knob(1.0, "α", "time of a round", low=0.3, high=1.0)


def setup(knobs: SharedKnobs, stream: Stream) -> SlideCase:
    """Return M workers that all see the same B samples, and one that sees them alone."""
    many = slide(knobs, knobs.valley(shared=True), knobs.workers, knobs.round_time, LARGEST_LR)
    return SlideCase((many, replace(many, workers=1)), stream)


def needs(case: SlideCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return an ensemble of each; their fluctuations are large beside a drift that gains nothing."""
    replicas = budget.pick(smoke=500, quick=12_000, paper=100_000)
    return tuple(s.ensemble(replicas, case.stream) for s in case.slides)


def observe(case: SlideCase, traces: Traces) -> Observation:
    """Mean displacement of Φ_x, and whether the paths are the same."""
    many, one = traces
    quantities = {
        RATIO: measured_ratios(case.slides[:1], traces[:1]),
        APART: Measured(float(np.abs(many.w - one.w).max())),
    }
    return Observation(quantities)


def predict(case: SlideCase) -> Prediction:
    """1, with the factor 1/(1 − ηh/2) of SGD's discrete steps, and 0."""
    same = Predicted(0.0, ROUNDING, reason="rounding of the averages")
    lr = case.slides[0].lr
    return Prediction({RATIO: _ratio(case, lambda m, a, h: finite_drift_factor(1, lr, 1, h)), APART: same})


def gains(gain: Gain) -> Callable[[SlideCase], Prediction]:
    """Return the prediction with a factor over SGD."""
    return lambda case: Prediction({RATIO: _ratio(case, gain)})


def _ratio(case: SlideCase, gain: Gain) -> Predicted:
    # What discrete steps do to one worker; there is no disagreement that a round could resolve.
    many, one = case.slides
    found = ratios((many,), with_gain((many,), gain))
    return Predicted(found, first_order((one,)), reason=LEFT_OUT)


CLAIM = Claim(
    key="derived/shared-batch",
    title="Workers that share their batch never disagree, and gain nothing over SGD",
    statement=(
        r"If all workers compute their gradients on the same $B$ samples, Local SGD is SGD with batch $B$, "
        r"path by path, for every $H$ and $M$: the drift ratio is $1$, not $1+(M-1)\psi(2\alpha h)$. What "
        r"local steps gain comes from the disagreement of workers whose noise is independent."
    ),
    hypotheses=("the same noise for all workers at every step",),
    reference=Reference("gu2023", "the hypothesis of independent workers, broken", ("v2",)),
    source="derived",
    proof=(
        r"Workers that start a round together and see the same gradients stay together: the disagreement $C$ "
        r"is $0$, the average is any one of them, and its path is that of SGD with their batch. By the "
        r"derivation of the slow SDE drift-II is $-\frac12\partial\Phi\,\nabla^3L[C]$ over $\eta$, hence $0$."
    ),
    knobs=SharedKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("1 + (M − 1)ψ(2αh)", "M and α are what they were", predict=gains(drift_factor)),
        Falsifier(
            "M", "each worker keeps its own small batch's noise", predict=gains(lambda m, a, h: m + 0.0 * h)
        ),
    ),
    see=("gu2023/drift-ratio",),
)
