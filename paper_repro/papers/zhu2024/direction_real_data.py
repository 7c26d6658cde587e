"""Real data: continued in log-time, the limit is seen that exact rounds would reach beyond every budget."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import Exponential, FastForwardSpec, local_gd, max_margin, MaxMargin, NotSeparable, Stream
from implicitbias.asymptotics import (
    direction_error,
    log10_accurate_round,
    predicted_onset,
    unit,
)
from implicitbias.data import by_label, iid, named
from implicitbias.oracle import convergence_exponent, residual_limit
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
    Status,
    Traces,
)
from paper_repro.claims.extrapolation import divergence, unit_vector
from paper_repro.claims.judges import BLUNTEST_LIMIT


DIRECTION, RATE = "direction of dw/dτ, τ = log(ηHr)", "exponent of the chord in τ"
RESIDUAL = "w − ŵτ along the support vectors, over |w̃|"
SEPARABLE = ("breast-cancer", "digits-0-8", "iris-0-1", "wine-0-1")

# Log-times of the two-time slopes: the slowest of these data, κ = 7·10⁻⁴, have forgotten their start by e^{−70}.
FAR = (1e5, 1e6)
# Log-times of the picture begin here.
FIRST = 10.0

# Exact rounds before the flow takes over: with ηHb² ≤ 0.1 the first round is a small step, as f(0) = 1; a few more
# tell how well rounds are followed.
HANDOVER = {"smoke": 100, "quick": 100, "paper": 10_000}

# Rounding of |w| at the last log-time, in the residual and in differences of models, with a decade to spare.
ROUNDING = 1e-14


@dataclass(frozen=True)
class RealDataKnobs:
    """A real data set, standardised with a bias feature, and how it is split over workers."""

    data: str = knob("wine-0-1", "X", "data set", choices=SEPARABLE)
    split: str = knob("label", "m(i)", "split over workers", choices=("label", "iid"))
    workers: int = knob(2, "M", "workers", low=2, high=4)
    step: float = knob(0.05, "ηHb²", "length of a round, b the longest row", low=0.02, high=0.1, log=True)
    local_steps: int = knob(10, "H", "local steps", low=1, high=20, log=True)


@dataclass(frozen=True)
class ControlKnobs(RealDataKnobs):
    """The control: two classes of iris that no hyperplane separates."""

    data: str = knob("iris-1-2", "X", "data set", choices=("iris-1-2",))


@dataclass(frozen=True, eq=False)
class RealDataCase:
    """A real problem, its separator and limit, and when exact rounds would come near them."""

    problem: LinearClassification
    knobs: RealDataKnobs
    svm: MaxMargin
    exponent: float

    @property
    def lr(self) -> float:
        """η."""
        return self.knobs.step / (self.knobs.local_steps * self.problem.radius**2)

    @property
    def onset(self) -> float:
        """Round from which Local GD is surely gradient descent with a harmless error."""
        return predicted_onset(
            self.svm.margin,
            self.knobs.workers,
            lr=self.lr,
            local_steps=self.knobs.local_steps,
            row_norm=self.problem.radius,
        )

    @property
    def log10_visible(self) -> float:
        """log₁₀ of the round from which the residual is within a quarter of its error at the onset."""
        return log10_accurate_round(self.exponent, 1.0, max(self.onset, 1.0), BLUNTEST_LIMIT)

    @cached_property
    def along_support(self) -> Float[np.ndarray, " rank"]:
        """w̃ in coordinates of the span of the support vectors; elsewhere it depends on the history."""
        return self.inside(residual_limit(self.problem, self.svm))

    def inside(self, w: Float[np.ndarray, " dim"]) -> Float[np.ndarray, " rank"]:
        """Return the coordinates of w in the span of the support vectors."""
        return w @ self.svm.support_basis


def setup(knobs: RealDataKnobs, stream: Stream) -> RealDataCase | AssumptionUnmet:
    """Split the data; certify margin and exponent before anything runs."""
    samples = named(knobs.data)
    deal = by_label(samples, knobs.workers) if knobs.split == "label" else iid(samples, knobs.workers, stream)
    problem = LinearClassification(samples.features, samples.labels, workers=deal, loss=Exponential())
    try:
        svm = max_margin(problem)
    except NotSeparable as error:
        return AssumptionUnmet(str(error))
    if not svm.nondegenerate:
        return AssumptionUnmet(
            "a support vector has multiplier zero: the residual is unbounded (degenerate data)"
        )
    return RealDataCase(problem, knobs, svm, convergence_exponent(problem, svm))


def needs(case: RealDataCase, budget: Budget) -> tuple[FastForwardSpec, ...]:
    """A few exact rounds, continued to τ = 10⁶."""
    times = np.union1d(np.geomspace(FIRST, FAR[-1], 26), FAR)
    method = local_gd(case.lr, case.knobs.local_steps)
    return (FastForwardSpec(case.problem, method, tuple(times.tolist()), handover=HANDOVER[budget.value]),)


def observe(case: RealDataCase, traces: Traces) -> Observation:
    """Two-time slopes of the model and of its chord, and the residual at the end."""
    (trace,) = traces
    near, far = (int(np.argmin(np.abs(trace.log_time - tau))) for tau in FAR)
    w, chord = trace.w[0], np.asarray(trace.extras["chord"])[0]
    rho, error = (np.asarray(trace.extras[name])[0] for name in ("residual", "residual_error"))
    blur = error + ROUNDING * np.linalg.norm(w, axis=1)
    slope = Measured((w[far] - w[near]) / (FAR[1] - FAR[0]), (blur[near] + blur[far]) / (FAR[1] - FAR[0]))
    # chord·τ = C(1 + O(|ρ|/(|ŵ|τ))), C known to within the error of ρ.
    relative = (
        np.linalg.norm(rho, axis=1) + blur
    ) * case.svm.margin / trace.log_time + blur / np.linalg.norm(
        rho - (rho @ case.svm.direction)[:, None] * case.svm.direction, axis=1
    )
    decades = float(np.log(FAR[1] / FAR[0]))
    rate = Measured(
        float(np.log(chord[far] / chord[near])) / decades, float(relative[near] + relative[far]) / decades
    )
    size = float(np.linalg.norm(case.along_support))
    quantities = {
        DIRECTION: unit_vector(slope),
        RATE: rate,
        RESIDUAL: Measured(case.inside(rho[far]) / size, float(blur[far]) / size),
    }
    local = average_direction(case)
    curves = (
        Curve(trace.log_time, chord, "chord to ŵ", method="local_gd"),
        Curve(
            trace.log_time, direction_error(w, local), "chord to the average of the local SVMs", "falsifier"
        ),
        Curve(trace.log_time, chord[far] * FAR[1] / trace.log_time, "slope −1", "reference"),
    )
    return Observation(quantities, curves, undecided=divergence(traces), note=date(case))


def date(case: RealDataCase) -> str:
    """Return when exact rounds alone would have shown the limit."""
    return (
        f"γ = {case.svm.margin:.3g}, κ = {case.exponent:.2g}: exact rounds alone would show it from round "
        f"10^{case.log10_visible:.0f} on"
    )


def average_direction(case: RealDataCase) -> Float[np.ndarray, " dim"]:
    """Return the direction of the average of the local SVMs; a worker with one label has x/|x|² of least norm."""
    return unit(np.mean([max_margin(rows).weights for rows in case.problem.local_signed], axis=0))


def predict(case: RealDataCase) -> Prediction:
    """ŵ/|ŵ| whatever the split, 1/τ, and w̃ as far as the data fix it."""
    size = float(np.linalg.norm(case.along_support))
    return Prediction(
        {
            DIRECTION: Predicted(case.svm.direction),
            RATE: Predicted(-1.0),
            RESIDUAL: Predicted(case.along_support / size),
        }
    )


def average_of_local(case: RealDataCase) -> Prediction:
    """The average of the local SVMs."""
    return Prediction({DIRECTION: Predicted(average_direction(case))})


def degenerate_rate(case: RealDataCase) -> Prediction:
    """The chord falls like log τ/τ."""
    del case
    near, far = FAR
    return Prediction(
        {RATE: Predicted(-1.0 + float(np.log(np.log(far) / np.log(near)) / np.log(far / near)))}
    )


def pooled_weights(case: RealDataCase) -> Prediction | AssumptionUnmet:
    """Every sample weighs 1/n."""
    if len(set(case.problem.sizes.tolist())) == 1:
        return AssumptionUnmet("workers of equal size: 1/(M n_m) is 1/n")
    wrong = case.inside(residual_limit(case.problem.signed, case.svm))
    return Prediction({RESIDUAL: Predicted(wrong / float(np.linalg.norm(case.along_support)))})


AVERAGE = Falsifier(
    "the average of the local SVMs",
    "many local steps solve every worker's own problem, and the server averages",
    average_of_local,
)

CLAIM = Claim(
    key="zhu2024/direction-real-data",
    title="Real data: continued in log-time, Local GD turns to the global max margin like 1/log(ηHr)",
    statement=(
        r"On separable real data, split by label or at random, the direction of Local GD tends to the global "
        r"max-margin separator, with an error $\propto 1/\tau$, $\tau=\log(\eta Hr)$ [the theorem is known to us "
        r"second-hand; whether the source tried these data is unknown]. In the span of the support vectors $w-\hat "
        r"w\tau$ tends to $\tilde w$; outside it, which on these data is not empty, its limit depends on the start. "
        r"No exact run decides this: with the exponent $\kappa = \min(\lambda_{\min}^+(A_S),\theta-1)$ of the "
        r"approach, here a few hundredths or less, and the onset $70M(b_x/\gamma)^3$, the round from which the "
        r"limit could be seen lies beyond every budget. The verdict comes from exact rounds continued in log-time "
        r"to $\tau=10^6$, round $10^{434294}$, with the error of that continuation. (What is integrated is "
        r"$w-\hat w\tau$: with a wrong $\hat w$ it would grow like $\tau$ instead of coming to rest.)"
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential loss, ηHb² ≤ 0.1, f(w^r) → 0",
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
    falsifiers=(
        AVERAGE,
        Falsifier(
            "the direction error falls like log τ/τ",
            "so it does on degenerate data, and rounds up to any budget cannot tell the two apart",
            degenerate_rate,
        ),
        Falsifier(
            "every sample weighs 1/n",
            "the loss is usually written as an average over all samples",
            pooled_weights,
        ),
    ),
    see=("zhu2024/direction-limit", "zhu2024/control-iris"),
    axes=("log-time τ = log(ηHr)", "distance of directions", "log", "log"),
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
    falsifiers=(AVERAGE,),
    expects=Status.NOT_APPLICABLE,
    see=("zhu2024/direction-real-data",),
)
