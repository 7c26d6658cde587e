"""How D averages: the weight of a bias-corrected sample, and what one refresh does to D̂ without the right clip."""

from dataclasses import dataclass

import numpy as np

from implicitbias import Adam, Adaptive, Quadratics, RecordAt, RMSProp, RunSpec, savic, Stream
from implicitbias.scaled.drift import averaging_weight, growth_bound, plus_growth
from paper_repro.claims import (
    bound,
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    Traces,
)
from paper_repro.papers.derived.scaling.setting import different_quadratics


WEIGHT = "weight 1 − β_t of the sample at refresh t"
GROWTH = "D̂⁺/D̂ at one refresh"
REFRESHES = 8
# The weight is a quotient of differences of squares, whose last digits are rounding.
ROUNDING = 1e-11
# Rounding of one refresh.
ONE_REFRESH = 1e-14


@dataclass(frozen=True)
class WeightKnobs:
    """β, and how many steps lie between refreshes."""

    beta: float = knob(0.95, "β", "weight of the past", low=0.5, high=0.999)
    local_steps: int = knob(4, "H", "local steps", low=2, high=10)


@dataclass(frozen=True)
class WeightCase:
    """Quadratics, and Adam on them."""

    problem: Quadratics
    beta: float
    local_steps: int

    def run(self, rounds: int) -> RunSpec:
        """Return the run of so many rounds, whose state holds D."""
        scaling = Adam(beta=self.beta, floor=None, pooling="square_of_mean")
        return RunSpec(self.problem, savic(0.05, self.local_steps, scaling), rounds, RecordAt.every(1))


def setup(knobs: WeightKnobs, stream: Stream) -> WeightCase:
    """Return the case of the knobs."""
    return WeightCase(different_quadratics(2, 3, stream), knobs.beta, knobs.local_steps)


def needs(case: WeightCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return the run of 1, 2, … rounds."""
    del budget
    return tuple(case.run(rounds) for rounds in range(1, REFRESHES + 1))


def observe(case: WeightCase, traces: Traces) -> Observation:
    """(D⁺² − D²)/(h² − D²) of the coordinate where h² and D² differ most, at every refresh."""
    weights, before = [], np.zeros(case.problem.dim)
    for t, trace in enumerate(traces):
        assert trace.final is not None and trace.final.scaling is not None
        after = trace.final.scaling[0, 0] ** 2
        h = case.problem.gradient(trace.w[0, t]) ** 2
        k = int(np.argmax(np.abs(h - before)))
        weights.append((after[k] - before[k]) / (h[k] - before[k]))
        before = after
    t = np.arange(1.0, REFRESHES + 1)
    return Observation(
        {WEIGHT: Measured(np.array(weights))}, (Curve(t, np.array(weights), "read off D", method="adam"),)
    )


def predict(case: WeightCase) -> Prediction:
    """(1 − β)/(1 − β^{t+1}), t counting refreshes."""
    return counted(case, 1)


def counted(case: WeightCase, per_refresh: int) -> Prediction:
    """Return the weights if every refresh counted so many times."""
    values = np.array([averaging_weight(case.beta, per_refresh * t) for t in range(REFRESHES)])
    line = Curve(np.arange(1.0, REFRESHES + 1), values, "(1 − β)/(1 − β^(t+1))", "theory")
    return Prediction(
        {WEIGHT: Predicted(values, ROUNDING, reason="rounding of differences of squares")}, (line,)
    )


@dataclass(frozen=True)
class JumpKnobs:
    """β and the floor of a scaling with d_max = 1."""

    beta: float = knob(0.99, "β", "weight of the past", low=0.9, high=0.999)
    floor: float = knob(0.05, "d_min", "floor; d_max = 1", low=0.01, high=0.2, log=True)


@dataclass(frozen=True)
class JumpCase:
    """One refresh from a given D with a given sample."""

    knobs: JumpKnobs
    scaling: Adaptive
    sample: float

    @property
    def spread(self) -> float:
        """κ = d_max/d_min, with d_max = 1."""
        return 1.0 / self.knobs.floor

    def run(self) -> RunSpec:
        """Return one round on ½(x − h)², whose gradient at 0 is −h."""
        return RunSpec(
            Quadratics([[[1.0]]], [[self.sample]]), savic(1e-3, 1, self.scaling), 1, RecordAt.last()
        )


def plus(knobs: JumpKnobs, stream: Stream) -> JumpCase:
    """Return D̂ = |D| + d_min from D = 0, with h = d_max."""
    del stream
    return JumpCase(knobs, RMSProp(beta=knobs.beta, floor=knobs.floor, flooring="plus", ceiling=1.0), 1.0)


def clipped(knobs: JumpKnobs, stream: Stream) -> JumpCase:
    """Return D = d_min, and h ten times d_max, clipped before it enters D."""
    del stream
    return JumpCase(knobs, _from_the_floor(knobs, ceiling=1.0), 10.0)


def unclipped(knobs: JumpKnobs, stream: Stream) -> JumpCase:
    """Return the same without the clipping of h."""
    del stream
    return JumpCase(knobs, _from_the_floor(knobs, ceiling=None), 10.0)


def _from_the_floor(knobs: JumpKnobs, ceiling: float | None) -> Adaptive:
    return RMSProp(beta=knobs.beta, floor=knobs.floor, ceiling=ceiling, initial=knobs.floor)


def one_round(case: JumpCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return the one run."""
    del budget
    return (case.run(),)


def growth(case: JumpCase, traces: Traces) -> Observation:
    """Return D̂ after the refresh over D̂ before."""
    final = traces[0].final
    assert final is not None and final.scaling is not None
    before = case.scaling.clipped(np.full(1, case.scaling.initial))
    return Observation({GROWTH: Measured(float(case.scaling.clipped(final.scaling)[0, 0, 0] / before[0]))})


def plus_jumps(case: JumpCase) -> Prediction:
    """1 + √(1−β)κ."""
    return _growth(plus_growth(case.knobs.beta, case.spread), Relation.EQUAL)


def at_most_sharp(case: JumpCase) -> Prediction:
    """At most √(1 + (1−β)(κ² − 1))."""
    return _growth(growth_bound("squared", case.knobs.beta, case.spread).value, Relation.AT_MOST)


def first_order(case: JumpCase) -> Prediction:
    """1 + (1−β)(κ − 1) at most: L1 of the linear rule."""
    return _growth(growth_bound("linear", case.knobs.beta, case.spread).value, Relation.AT_MOST)


def _growth(value: float, relation: Relation) -> Prediction:
    allowance = ONE_REFRESH * value
    return Prediction({GROWTH: Predicted(value, allowance, relation, "rounding of one refresh")})


def _counting_steps(case: WeightCase) -> Prediction:
    return counted(case, case.local_steps)


WEIGHTS = Claim(
    key="derived/corrected-weight",
    title="The bias correction of D counts refreshes, not iterations: sample t weighs (1 − β)/(1 − β^(t+1))",
    statement=(
        r"$D^2$ corrected for its start is the mean of the squared samples with weights $\beta^{t-s}$; its "
        r"recursion is "
        r"$D^2\leftarrow\beta_tD^2+(1-\beta_t)h^2$ with $1-\beta_t=\frac{1-\beta}{1-\beta^{t+1}}$, $t$ the number of "
        r"refreshes before."
    ),
    hypotheses=("D is refreshed at synchronisations, H steps apart",),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"$\hat v_{t+1}=\frac{\sum_{s\le t}\beta^{t-s}h_s^2}{\sum_{s\le t}\beta^{t-s}}$, and the denominator is "
        r"$\frac{1-\beta^{t+1}}{1-\beta}$; the last sample has the numerator 1. For $t\ll\frac1{1-\beta}$ "
        r"the weight is "
        r"about $\frac1{t+1}$: early refreshes move $D$ by $O(1)$."
    ),
    knobs=WeightKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("t counts iterations", "other libraries count steps", _counting_steps),
        Falsifier(
            "no correction",
            "the weight of a running mean is 1 − β",
            lambda case: Prediction({WEIGHT: Predicted(np.full(REFRESHES, 1.0 - case.beta), ROUNDING)}),
        ),
    ),
    axes=("refresh t", "weight of its sample", "linear", "linear"),
)

CLIPPED = Claim(
    key="derived/clip-the-sample",
    title="Clipping D̂ is not enough: the samples must be clipped, or one refresh exceeds every bound",
    statement=(
        r"With $|h|\le d_{\max}$ enforced before $h$ enters $D$, $\hat D^+\le\sqrt{1+(1-\beta)(\kappa^2-1)}\,\hat D$, "
        r"$\kappa=d_{\max}/d_{\min}$, attained at $|D|=d_{\min}$; without it a sample of $10d_{\max}$ breaks the bound."
    ),
    hypotheses=("squared rule, D̂ = max(d_min, |D|)", "|D| ≤ d_max at the start"),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=r"$\hat D_+^2\le\beta\hat D^2+(1-\beta)d_{\max}^2$; divide by $\hat D^2\ge d_{\min}^2$.",
    knobs=JumpKnobs(),
    setup=clipped,
    needs=one_round,
    observe=growth,
    predict=at_most_sharp,
    judge=bound,
    falsifiers=(
        Falsifier("samples not clipped", "D̂ is clipped anyway", setup=unclipped),
        Falsifier("the bound of the linear rule", "both average with weight 1 − β", first_order),
    ),
    see=("derived/added-floor",),
)

PLUS = Claim(
    key="derived/added-floor",
    title="Added instead of taken as a maximum, the floor lets one refresh multiply D̂ by 1 + √(1 − β)κ",
    statement=(
        r"$\hat D=|D|+d_{\min}$, from $D=0$ with $h=d_{\max}$: one refresh multiplies $\hat D$ by "
        r"$1+\sqrt{1-\beta}\,\kappa$, not by $1+O(1-\beta)$. No averaging condition of order $1-\beta$ holds."
    ),
    hypotheses=("squared rule, floor added outside the root",),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=r"$D_+=\sqrt{1-\beta}\,d_{\max}$, so that $\hat D_+/\hat D=(\sqrt{1-\beta}\,d_{\max}+d_{\min})/d_{\min}$.",
    knobs=JumpKnobs(),
    setup=plus,
    needs=one_round,
    observe=growth,
    predict=plus_jumps,
    judge=closed_form,
    falsifiers=(Falsifier("the bound of the maximum", "both floors keep D̂ ≥ d_min", at_most_sharp),),
    see=("derived/clip-the-sample",),
)
