"""Steps that never raise the loss cannot beat 1/t; only steps that raise it gain 1/T²."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from implicitbias import gd, RecordAt, Stream, Trace
from implicitbias.data import opposed_pair
from implicitbias.statistics import fit_rate
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.verdict import Relation
from paper_repro.papers.wu2024.setting import LargeStepCase, log_spaced, logistic_case


SLOPE = "slope of log f in log t, best of all steps that never raise it"
# Steps tried: the largest ones raise the loss, and are dropped.
RATES = np.geomspace(1.0, 64.0, 7)
# A rise comes in the first steps, if at all: they are all recorded. One that is missed would only let faster runs in.
WATCHED = 10
RECORDS = 40
# Slopes are fitted over the last two decades.
DECADES = 100
# Budgets of the runs whose step grows with them, η = γ²T.
BUDGETS = 10


@dataclass(frozen=True)
class PairKnobs:
    """The two rows of the theorem."""

    margin: float = knob(0.06, "γ", "margin of the pair", low=0.04, high=0.095)


@dataclass(frozen=True)
class PairCase:
    """The pair of rows; fixed steps, or steps that grow with the budget."""

    run: LargeStepCase
    follows: bool = False


def setup(knobs: PairKnobs, stream: Stream) -> PairCase:
    """Return the pair, to be run with many fixed steps."""
    del stream
    return PairCase(logistic_case(opposed_pair(knobs.margin), 1.0))


def raising(knobs: PairKnobs, stream: Stream) -> PairCase:
    """Return the pair, to be run with the step η = γ²T, which raises the loss before it settles."""
    return dataclasses.replace(setup(knobs, stream), follows=True)


def needs(case: PairCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run per fixed step, or one per budget."""
    steps = budget.pick(smoke=5_000, quick=30_000, paper=1_000_000)
    if case.follows:
        return tuple(_run(case, case.run.margin**2 * t, int(t)) for t in log_spaced(400, 4_000, BUDGETS))
    return tuple(_run(case, float(lr), steps) for lr in RATES)


def _run(case: PairCase, lr: float, steps: int) -> RunSpec:
    kept = np.union1d(np.arange(WATCHED), log_spaced(WATCHED, steps, RECORDS))
    return RunSpec(case.run.problem, gd(lr), steps, record=RecordAt.these(kept.tolist()))


def rises(trace: Trace) -> bool:
    """Whether some record is above the one before."""
    return bool((np.diff(trace.log_loss[0]) > 0.0).any())


def observe(case: PairCase, traces: Traces) -> Observation:
    """Fit the slope of the least loss, over all steps that never raised it, against the time."""
    if case.follows:
        times = np.array([trace.rounds[-1] for trace in traces])
        return Observation({SLOPE: _slope(times, np.array([trace.loss[0, -1] for trace in traces]))})
    monotone = [trace for trace in traces if not rises(trace)]
    times, best = traces[0].rounds[1:], np.min([trace.loss[0, 1:] for trace in monotone], axis=0)
    late = times >= times[-1] / DECADES
    curves = [Curve(times, best, f"best of {len(monotone)} steps that never raise it", method="gd")]
    for trace in [trace for trace in traces if rises(trace)][-1:]:
        assert trace.method is not None
        label = f"η = {trace.method.first_lr:.3g} raises it first"
        curves.append(Curve(times, trace.loss[0, 1:], label, "reference"))
    return Observation({SLOPE: _slope(times[late], best[late])}, tuple(curves))


def _slope(times: np.ndarray, losses: np.ndarray) -> Measured:
    """Fit the slope, and add what a fit may miss: with x = γ²ηt, f = (1 + O(log x/x))/x, so that 1/x is about f.

    Such a factor moves the slope by O(log x/x), here f log(1/f), and too slowly for a fit to notice.
    """
    fitted = fit_rate(times.astype(float), losses)
    error = max(fitted.interval.high - fitted.slope, fitted.slope - fitted.interval.low)
    return Measured(fitted.slope, error - losses[-1] * np.log(losses[-1]))


def predict(case: PairCase) -> Prediction:
    """At least −1."""
    times = np.array([1e3, 3e4])
    level = case.run.margin**-2 / 16.0
    lines = (
        Curve(times, level / times, "slope −1", "theory"),
        Curve(times, 1e3 * level / times**2, "slope −2", "falsifier"),
    )
    return Prediction({SLOPE: Predicted(-1.0, relation=Relation.AT_LEAST)}, lines)


CLAIM = Claim(
    key="wu2024/monotone-loss",
    title="Steps that never raise the loss cannot beat 1/t",
    statement=(
        r"For $x_1 = (\gamma, \sqrt{1-\gamma^2})$, $x_2 = (\gamma, -\sqrt{1-\gamma^2}/2)$ and $0 < \gamma < 0.1$: if "
        r"gradient descent with a constant step on the logistic loss never raises it, $f(w_t) \ge c_0/t$ with $c_0$ a "
        r"function of $\gamma$ alone. The $1/T^2$ of `wu2024/accelerated-loss` needs steps that raise the loss first. "
        r"Checked as a slope, over a grid of steps: $c_0$ is not explicit."
    ),
    hypotheses=("the two rows above, mean logistic loss, w₀ = 0", "f(w_{t+1}) ≤ f(w_t) for all t"),
    reference=Reference("wu2024", "Theorem 3", ("COLT 2024",)),
    source="stated",
    knobs=PairKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier(
            "slope −2 without any increase of the loss",
            "the accelerated bound seems to need a long run, not a rise",
            lambda case: Prediction({SLOPE: Predicted(-2.0)}),
        ),
        Falsifier(
            "also with η = γ²T, which raises the loss first",
            "a rise looks like wasted time",
            setup=raising,
        ),
    ),
    see=("wu2024/accelerated-loss",),
    axes=("step t", "loss", "log", "log"),
)
