"""κ times the learning rate, for as many steps, is κ² times the slow time."""

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
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.gu2023.valley import one_step, SlideCase, Slides, ValleyKnobs
from paper_repro.papers.gu2023.valley_drift import first_order, LEFT_OUT, ratios, units, with_gain
from sde.formulas import finite_drift_factor


MOVED = "displacement of Φ_x over that at η by its slow equation"
# η/√B: a thousand steps over the horizon.
LR = 0.02


@dataclass(frozen=True)
class RateKnobs(ValleyKnobs):
    """The same with a factor of the learning rate."""

    factor: float = knob(2.0, "κ", "factor of the learning rate", low=1.5, high=3.0)


def setup(knobs: RateKnobs, stream: Stream) -> SlideCase:
    """Return SGD at η and at κη, for as many steps."""
    slow = one_step(knobs, knobs.valley(), 1, LR * np.sqrt(knobs.total_batch))
    return SlideCase((slow, replace(slow, lr=knobs.factor * slow.lr)), stream)


def needs(case: SlideCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return both ensembles."""
    replicas = budget.pick(smoke=1_000, quick=20_000, paper=200_000)
    return tuple(s.ensemble(replicas, case.stream) for s in case.slides)


def observe(case: SlideCase, traces: Traces) -> Observation:
    """Mean displacements in one unit."""
    unit = units(case.slides)[0]
    found = [
        mean_of(s.displacement(trace) / unit, comparisons=len(traces))
        for s, trace in zip(case.slides, traces, strict=True)
    ]
    return Observation(
        {MOVED: Measured(np.array([m.value for m in found]), np.array([m.error for m in found]))}
    )


def after(power: float) -> Callable[[SlideCase], Prediction]:
    """Return the prediction that the slow time is κ^power times as long."""

    def predict(case: SlideCase) -> Prediction:
        slow, fast = case.slides
        kappa = fast.lr / slow.lr
        # Rounds of one step: κ^power times as many at η take that slow time.
        long = replace(slow, rounds=round(slow.rounds * kappa**power))
        return Prediction({MOVED: _moved((slow, long), case.slides)})

    return predict


def _moved(slides: Slides, run: Slides) -> Predicted:
    # SGD's discrete steps, 1/(1 − ηh/2), are known exactly and no part of what is claimed.
    rates = np.array([slide.lr for slide in run])
    steps = with_gain(slides, lambda m, a, h: finite_drift_factor(1.0, rates, 1.0, h))
    own, unit = units(slides), units(run)
    allowance = first_order(run) * np.abs(unit / unit[0])
    return Predicted(ratios(slides, steps) * own / unit[0], allowance, reason=LEFT_OUT)


CLAIM = Claim(
    key="derived/learning-rate-squared",
    title="κ times the learning rate, for as many steps, is κ² times the slow time: SGD drifts κ² times as far",
    statement=(
        r"Along the minima SGD moves in slow time $\eta^2\cdot$steps. With $\kappa\eta$ for $\eta$, the same "
        r"batch and the same number of steps, it gets as far as with $\eta$ in $\kappa^2$ times as many steps: "
        r"in the valley $e^{cx}$, $\kappa^2$ times as far."
    ),
    hypotheses=("κηh small", "the drift of the noise moves SGD, the gradient being 0 on Γ"),
    reference=Reference("gu2023", "slow time η²·steps", ("v2",)),
    source="derived",
    proof=(
        r"The slow SDE of SGD, "
        r"$d\zeta=P_\zeta(B^{-1/2}\Sigma_\parallel^{1/2}dW-\frac1{2B}\nabla^3L[\hat\Sigma]dt)$, does not "
        r"contain $\eta$; $n$ steps at $\kappa\eta$ take $t=\kappa^2\eta^2n$. A step moves $\Phi$ by "
        r"$\frac{\eta^2}{2B}\partial^2\Phi[\Sigma]$: of second order in $\eta$, since $\partial\Phi\,\nabla "
        r"L=0$."
    ),
    knobs=RateKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=after(2.0),
    judge=statistical,
    falsifiers=(
        Falsifier("κ", "conventional time η·steps, which the gradient keeps", predict=after(1.0)),
        Falsifier("κ³", "one power of η too many", predict=after(3.0)),
    ),
    see=("derived/small-batch", "gu2023/drift-ratio"),
)
