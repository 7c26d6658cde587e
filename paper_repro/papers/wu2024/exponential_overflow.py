"""With a large step the exponential loss overflows where the logistic loss converges."""

from dataclasses import dataclass

import numpy as np

from implicitbias import Exponential, gd, LinearClassification, RecordAt, Stream, Trace
from implicitbias.data import opposed_pair
from implicitbias.engine.trace import Status
from paper_repro.claims import (
    bound,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.verdict import Relation
from paper_repro.papers.wu2024.setting import LargeStepCase, logistic_case


EXPONENTIAL = "the exponential loss overflows"
LOGISTIC = "the logistic loss overflows"
SMALL = "the exponential loss overflows, η = 1"
STABLE = "η f(w_T), logistic loss"
# The control: from 0 the exponential loss of these rows is safe below ηH = γ/(M b_x³) for sure, and in fact at 1.
SMALL_STEP = 1.0
# The first steps, in which the exponential loss overflows, are all recorded.
FIRST = 10


@dataclass(frozen=True)
class OverflowKnobs:
    """Two rows that undo each other, and a large step."""

    margin: float = knob(0.05, "γ", "margin of the pair", low=0.03, high=0.09)
    lr: float = knob(64.0, "η", "learning rate", low=16.0, high=1000.0, log=True)


@dataclass(frozen=True)
class OverflowCase:
    """The same rows with either loss."""

    logistic: LargeStepCase
    exponential: LinearClassification


def setup(knobs: OverflowKnobs, stream: Stream) -> OverflowCase:
    """Return the opposed pair with both losses."""
    del stream
    samples = opposed_pair(knobs.margin)
    exponential = LinearClassification(samples.features, samples.labels, loss=Exponential())
    return OverflowCase(logistic_case(samples, knobs.lr), exponential)


def needs(case: OverflowCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Both losses with the large step, and the exponential one with a small step."""
    steps = budget.pick(smoke=5_000, quick=20_000, paper=1_000_000)
    kept = np.union1d(np.arange(FIRST), RecordAt.log(60).rounds(steps))
    record = RecordAt.these(kept.tolist())
    runs = ((case.exponential, case.logistic.lr), (case.logistic.problem, case.logistic.lr))
    return tuple(
        RunSpec(problem, gd(lr), steps, record=record)
        for problem, lr in (*runs, (case.exponential, SMALL_STEP))
    )


def observe(case: OverflowCase, traces: Traces) -> Observation:
    """Read how every run ended, and whether the logistic one is in its stable phase, from which it converges."""
    exponential, logistic, small = traces
    end = case.logistic.lr * float(logistic.loss[0, -1])
    # A loss still above 1/η decides nothing: the phase may end later.
    stable = Measured(end, 0.0 if end <= 1.0 else np.inf)
    quantities = {
        EXPONENTIAL: _overflows(exponential),
        LOGISTIC: _overflows(logistic),
        SMALL: _overflows(small),
    }
    curves = (
        Curve(logistic.rounds + 1, logistic.loss[0], "logistic loss", method="gd"),
        Curve(
            exponential.rounds + 1, exponential.loss[0], "exponential loss, until it overflows", "falsifier"
        ),
        Curve(small.rounds + 1, small.loss[0], "exponential loss, η = 1", "reference"),
    )
    return Observation({**quantities, STABLE: stable}, curves)


def _overflows(trace: Trace) -> Measured:
    return Measured(float(trace.status is Status.DIVERGED))


def predict(case: OverflowCase) -> Prediction:
    """Only the exponential loss with the large step overflows; the logistic loss gets below 1/η."""
    del case
    ends = {EXPONENTIAL: Predicted(1.0), LOGISTIC: Predicted(0.0), SMALL: Predicted(0.0)}
    return Prediction({**ends, STABLE: Predicted(1.0, relation=Relation.AT_MOST)})


CLAIM = Claim(
    key="wu2024/exponential-overflow",
    title="With a large step the exponential loss overflows where the logistic loss converges",
    statement=(
        r"The results for any $\eta$ need a loss with bounded slope: the raw exponential loss may blow up. On the two "
        r"rows $(\gamma, \sqrt{1-\gamma^2})$, $(\gamma, -\sqrt{1-\gamma^2}/2)$ with $\eta \ge 16$ it does, within a "
        r"few steps: each step serves the row that lags, by a multiple of its loss, and throws the other one farther "
        r"back. The logistic loss, with slopes at most 1, comes below $1/\eta$, from where it converges."
    ),
    hypotheses=("the two rows above, w₀ = 0", "η ≥ 16 for the overflow"),
    reference=Reference("wu2024", "remark on the exponential loss at Proposition 5", ("COLT 2024",)),
    source="stated",
    knobs=OverflowKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "the logistic loss overflows too",
            "both losses share their tail, and the step is far above 2/smoothness",
            lambda case: Prediction({LOGISTIC: Predicted(1.0)}),
        ),
        Falsifier(
            "the exponential loss converges for every η",
            "on separable data with aligned rows it does: no step makes a margin negative",
            lambda case: Prediction({EXPONENTIAL: Predicted(0.0)}),
        ),
    ),
    see=("wu2024/stable-phase",),
    axes=("step t + 1", "loss", "log", "log"),
)
