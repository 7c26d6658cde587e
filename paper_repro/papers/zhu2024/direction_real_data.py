"""Real data: the limit is predicted with its date, and the date lies beyond every budget."""

import math
from dataclasses import dataclass

import numpy as np

from implicitbias import local_gd, Logistic, max_margin, MaxMargin, NotSeparable, Stream
from implicitbias.asymptotics import (
    direction_error,
    log10_accurate_round,
    normalised_margin,
    predicted_onset,
    unit,
)
from implicitbias.data import by_label, iid, named
from implicitbias.oracle import convergence_exponent
from implicitbias.problems import LinearClassification
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Status,
    Traces,
)
from paper_repro.claims.extrapolation import at_infinity, divergence, slope_in_log_time, unit_vector
from paper_repro.claims.judges import BLUNTEST_LIMIT


DIRECTION = "direction of dw/dlog r as r → ∞"
SEPARABLE = ("breast-cancer", "digits-0-8", "iris-0-1", "wine-0-1")


@dataclass(frozen=True)
class RealDataKnobs:
    """A real data set, standardised with a bias feature, and how it is split over workers."""

    data: str = knob("iris-0-1", "X", "data set", choices=SEPARABLE)
    split: str = knob("label", "m(i)", "split over workers", choices=("label", "iid"))
    workers: int = knob(2, "M", "workers", low=2, high=4)
    lr: float = knob(0.1, "η", "learning rate", low=0.02, high=0.2, log=True)
    local_steps: int = knob(10, "H", "local steps", low=1, high=20, log=True)


@dataclass(frozen=True)
class ControlKnobs(RealDataKnobs):
    """The control: two classes of iris that no hyperplane separates."""

    data: str = knob("iris-1-2", "X", "data set", choices=("iris-1-2",))


@dataclass(frozen=True)
class RealDataCase:
    """A real problem, and when the theory says that its limit can be seen."""

    problem: LinearClassification
    knobs: RealDataKnobs
    svm: MaxMargin
    exponent: float
    onset: float

    @property
    def log10_visible(self) -> float:
        """log₁₀ of the round from which the residual is within a quarter of its error at the onset."""
        return log10_accurate_round(self.exponent, 1.0, max(self.onset, 1.0), BLUNTEST_LIMIT)

    def undecided(self, rounds: int) -> str:
        """Return why a run of so many rounds cannot decide, with the predicted round; empty if it can."""
        if math.log10(rounds) >= self.log10_visible:
            return ""
        return (
            f"predicted before the run: γ = {self.svm.margin:.3g}, κ = {self.exponent:.2g}, onset at round "
            f"{self.onset:.2g}, the limit to be seen from round 10^{self.log10_visible:.0f} on; the run ends at "
            f"round {rounds}"
        )


def setup(knobs: RealDataKnobs, stream: Stream) -> RealDataCase | AssumptionUnmet:
    """Split the data; certify margin, exponent and onset before anything runs."""
    samples = named(knobs.data)
    deal = by_label(samples, knobs.workers) if knobs.split == "label" else iid(samples, knobs.workers, stream)
    problem = LinearClassification(samples.features, samples.labels, workers=deal, loss=Logistic())
    try:
        svm = max_margin(problem)
    except NotSeparable as error:
        return AssumptionUnmet(str(error))
    if not svm.nondegenerate:
        return AssumptionUnmet(
            "a support vector has multiplier zero: the residual is unbounded (degenerate data)"
        )
    onset = predicted_onset(
        svm.margin, knobs.workers, lr=knobs.lr, local_steps=knobs.local_steps, row_norm=problem.radius
    )
    return RealDataCase(problem, knobs, svm, convergence_exponent(problem, svm), onset)


def needs(case: RealDataCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    method = local_gd(case.knobs.lr, case.knobs.local_steps)
    return (RunSpec(case.problem, method, budget.pick(smoke=100, quick=2_000, paper=1_000_000)),)


def observe(case: RealDataCase, traces: Traces) -> Observation:
    """Extrapolate the two-time slope if the prediction says that the run is long enough."""
    (trace,) = traces
    undecided = divergence(traces) or case.undecided(int(trace.rounds[-1]))
    rounds, slope = slope_in_log_time(trace)
    end = unit_vector(Measured(slope[-1], np.inf) if undecided else at_infinity(rounds, slope, case.exponent))
    w = trace.w[0, 1:]
    curves = (
        Curve(trace.rounds[1:], direction_error(w, case.svm.weights), "chord to ŵ", method="local_gd"),
        Curve(trace.rounds[1:], normalised_margin(w, case.problem.signed) / case.svm.margin, "margin/γ"),
    )
    return Observation({DIRECTION: end}, curves, undecided)


def predict(case: RealDataCase) -> Prediction:
    """ŵ/|ŵ|, whatever the split."""
    return Prediction({DIRECTION: Predicted(case.svm.direction)})


def average_of_local(case: RealDataCase) -> Prediction:
    """The average of the local SVMs."""
    average = np.mean([max_margin(rows).weights for rows in case.problem.local_signed], axis=0)
    return Prediction({DIRECTION: Predicted(unit(average))})


FALSIFIERS = (
    Falsifier(
        "the average of the local SVMs",
        "many local steps solve every worker's own problem, and the server averages",
        average_of_local,
    ),
)

CLAIM = Claim(
    key="zhu2024/direction-real-data",
    title="Real data: where Local GD goes is predicted, but the date lies beyond every budget",
    statement=(
        r"On separable real data, split by label or at random, the direction of Local GD tends to the global "
        r"max-margin separator [the theorem is known to us second-hand; whether the source tried these data is "
        r"unknown]. When that can be seen is computed first: the exponent $\kappa = "
        r"\min(\lambda_{\min}^+(A_S),\theta-1)$ of the approach, and the round $70M(b_x/\gamma)^3$ from which a "
        r"round of local steps is a harmless perturbation of gradient descent. On data with $\kappa$ of a few "
        r"hundredths no run decides, and the honest verdict is INCONCLUSIVE with the predicted round. (The support "
        r"vectors do not span these data: outside their span $w-\hat w\log(\eta Hr)$ has a limit that depends on "
        r"the start.)"
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "logistic loss, f(w^r) → 0",
        "every support vector has a positive multiplier",
    ),
    reference=Reference("zhu2024", "theorem on classification; number unknown", ("v1", "v2")),
    source="second-hand",
    knobs=RealDataKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=FALSIFIERS,
    expects=Status.INCONCLUSIVE,
    see=("zhu2024/direction-limit", "zhu2024/control-iris"),
    axes=("communication rounds r", "chord to ŵ; margin in units of γ", "log", "linear"),
)

CONTROL = Claim(
    key="zhu2024/control-iris",
    title="Control: iris 1 and 2 are not separable, and the check says so before it runs",
    statement=(
        r"Without a separating hyperplane there is no $\hat w$ and the theorem says nothing. The classes 1 and 2 "
        r"of iris are such data: multipliers $\lambda\ge0$, $\sum\lambda_i=1$, with $\sum\lambda_ix_i = 0$ certify "
        r"that no margin exists. A toolkit that reported a verdict here would be wrong."
    ),
    hypotheses=("separable data, margin γ > 0: NOT met by these data",),
    reference=Reference(
        "zhu2024", "hypothesis of the theorem on classification; number unknown", ("v1", "v2")
    ),
    source="second-hand",
    knobs=ControlKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=FALSIFIERS,
    expects=Status.NOT_APPLICABLE,
    see=("zhu2024/direction-real-data",),
)
