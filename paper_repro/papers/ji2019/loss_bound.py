"""f(w_t) − inf f ≤ e^{|v̄|}/t + (|v̄|² + ln²t/γ_⊥²)/(2 Σ_{j<t} η_j), separable or not."""

from dataclasses import dataclass

import numpy as np

from implicitbias import LocalMethod, Stream
from implicitbias.loss_bounds import mixed_loss_bound
from paper_repro.claims import (
    bound,
    Budget,
    Claim,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.verdict import Relation
from paper_repro.papers.derived.mixed_data.setting import MixedCase
from paper_repro.papers.ji2019.setting import excess_loss, falling, non_separable_case, ScheduleKnobs


SHARE = "(f(w_t) − inf f) / bound"
WITHOUT_GROWTH = "(f(w_t) − inf f) / bound without ln²t"


@dataclass(frozen=True)
class BoundCase:
    """Mixed data, and gradient descent with a schedule."""

    data: MixedCase
    method: LocalMethod


def setup(knobs: ScheduleKnobs, stream: Stream) -> BoundCase:
    """Return the case of the knobs."""
    data = non_separable_case(knobs, stream)
    return BoundCase(data, data.method if knobs.schedule == "constant" else falling(knobs.lr))


def needs(case: BoundCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from 0."""
    steps = budget.pick(smoke=10_000, quick=100_000, paper=10_000_000)
    return (RunSpec(case.data.problem, case.method, steps),)


def observe(case: BoundCase, traces: Traces) -> Observation:
    """Measure the loss above its infimum, in units of the bound and of what a bounded comparator would leave."""
    (trace,) = traces
    steps, time = trace.rounds[1:], trace.time[1:]
    excess = excess_loss(case.data, trace.w[0, 1:])
    norm = float(np.linalg.norm(case.data.minimiser))
    bounds = [
        mixed_loss_bound(case.data.split.margin, minimiser_norm=norm, steps=int(t), time=float(s))
        for t, s in zip(steps, time, strict=True)
    ]
    values = np.array([b.value for b in bounds])
    without = values - np.array([b.constants["ln²t/(2γ_⊥² Σ η)"] for b in bounds])
    quantities = {SHARE: Measured(excess / values), WITHOUT_GROWTH: Measured(excess / without)}
    curves = (
        Curve(steps, excess, "f(w_t) − inf f", method="gd"),
        Curve(steps, values, "bound", "theory"),
        Curve(steps, without, "bound without ln²t", "falsifier"),
    )
    return Observation(quantities, curves)


def predict(case: BoundCase) -> Prediction:
    """At most the bound."""
    del case
    return Prediction({SHARE: Predicted(1.0, relation=Relation.AT_MOST)})


CLAIM = Claim(
    key="ji2019/loss-bound",
    title="Separable or not: f(w_t) − inf f ≤ e^{|v̄|}/t + (|v̄|² + ln²t/γ_⊥²)/(2 Σ η_j)",
    statement=(
        r"Rows that no $w$ separates span $U$; $\bar v$ minimises $f$ there, and the other rows have margin "
        r"$\gamma_\perp$ across it. Gradient descent from $w_0 = 0$ with $\eta_j \le 1$: $f(w_t) - \inf f \le "
        r"\frac{e^{|\bar v|}}t + \frac{|\bar v|^2 + \ln^2t/\gamma_\perp^2}{2\sum_{j<t}\eta_j}$."
    ),
    hypotheses=("row norms at most 1", "exponential or logistic loss, w₀ = 0", "steps η_j ≤ 1"),
    reference=Reference("ji2019", "Theorem 3", ("COLT 2019",)),
    source="stated",
    knobs=ScheduleKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "without ln²t",
            "with a finite minimiser a comparator stays bounded; across U it must grow",
            lambda case: Prediction({WITHOUT_GROWTH: Predicted(1.0, relation=Relation.AT_MOST)}),
        ),
    ),
    see=("ji2019/loss-limit", "ji2019/direction"),
    axes=("step t", "loss above its infimum", "log", "log"),
)
