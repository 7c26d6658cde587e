"""Progressive rescaling: the margin gap falls exponentially in t, like the inverse of the radius."""

from dataclasses import dataclass, replace

import numpy as np

from implicitbias import (
    LinearClassification,
    max_margin,
    normalised_gd,
    prgd,
    RecordAt,
    Rescaling,
    Stream,
    Trace,
)
from implicitbias.asymptotics import unit
from implicitbias.statistics import fit_rate
from paper_repro.claims import (
    AssumptionUnmet,
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
from paper_repro.claims.separable import SeparableCase
from paper_repro.claims.unit_rows import (
    gap_constant,
    GAP_ROUNDING,
    gaps,
    planted,
    unit_case,
    unit_problem,
    UnitRowKnobs,
)
from paper_repro.papers.wang2024.phase import phase_of


EXPONENT = "exponent of the margin gap in the radius R"
RUNAWAY = "the same, with a growth that no phase can undo"

# Normalised steps before the first rescaling, T_0, in units of 1/(eλ): v has then come e⁵ times closer to v*.
WARM_UP = 5.0
# Phases end when the radius has grown by this: steps of size 1 are then lost in the rounding of w.
LARGEST_GROWTH = 1e9
# The least number of phases in which an exponent, and its drift, can be read.
FEWEST_PHASES = 12
# Gaps below are within a few per mille of rounding.
SMALLEST_GAP = 1e4 * GAP_ROUNDING


@dataclass(frozen=True)
class RescalingKnobs(UnitRowKnobs):
    """Data, normalised steps, and phases."""

    data: str = knob("random", "X", "data set", choices=("random", "A"))
    rate: float = knob(1.0, "e", "normalised step", low=0.7, high=1.0)
    every: int = knob(20, "T", "steps from one rescaling to the next", low=15, high=30)
    share: float = knob(
        0.8, "s", "growth of R_k beyond 1, as a share of the certified one", low=0.4, high=0.9
    )


@dataclass(frozen=True)
class RescalingCase:
    """Rows of length at most 1, their margin, and normalised steps with two ways to rescale.

    ``constant`` is the limit of the gap times |w| without rescaling.
    """

    problem: LinearClassification
    margin: float
    rate: float
    rescaling: Rescaling
    runaway: Rescaling
    constant: float
    start: tuple[float, ...] | None = None

    def ends(self, rescaling: Rescaling, phases: int) -> tuple[int, ...]:
        """Return the last steps of that many phases, but for the first quarter, in which the start still shows."""
        most = int(np.log(LARGEST_GROWTH) / np.log(rescaling.growth))
        last = max(min(most, phases), FEWEST_PHASES)
        return tuple(rescaling.start + k * rescaling.every - 1 for k in range(last // 4 + 1, last + 1))

    def run(self, rescaling: Rescaling, phases: int) -> RunSpec:
        """Return the method with that rescaling, recorded at the end of every phase."""
        ends = self.ends(rescaling, phases)
        return RunSpec(
            self.problem, prgd(self.rate, rescaling), ends[-1], record=RecordAt.these(ends), start=self.start
        )


def setup(knobs: RescalingKnobs, stream: Stream) -> RescalingCase | AssumptionUnmet:
    """Return the case of the knobs, with a growth that the steps of a phase undo."""
    separable = unit_case(knobs, stream, normalised_gd(knobs.rate))
    return separable if isinstance(separable, AssumptionUnmet) else rescaled_case(separable, knobs)


def rescaled_case(separable: SeparableCase, knobs: RescalingKnobs) -> RescalingCase:
    """Return rescaling from the norm that the warm-up reaches, by a certified growth and by a runaway one."""
    phase, margin = phase_of(separable), separable.svm.margin
    start = int(np.ceil(WARM_UP / (knobs.rate * phase.curvature)))
    certified = phase.largest_growth(knobs.rate, knobs.every)
    growths = 1.0 + knobs.share * (certified - 1.0), phase.runaway_growth(knobs.rate, knobs.every)
    kept, runaway = (Rescaling(margin * knobs.rate * start, c, knobs.every, start) for c in growths)
    return RescalingCase(separable.problem, margin, knobs.rate, kept, runaway, gap_constant(separable))


def outside_span(knobs: RescalingKnobs, stream: Stream) -> RescalingCase:
    """Return data whose support vectors do not span them, with a growth that a phase undoes in their span.

    The start is as far outside the span as the warm-up reaches along ŵ, in a direction that other samples have.
    """
    problem = unit_problem(planted(knobs, stream, spanning=False))
    svm = max_margin(problem)
    case = rescaled_case(SeparableCase(problem, normalised_gd(knobs.rate), svm), knobs)
    outside = svm.signed - (svm.signed @ svm.support_basis) @ svm.support_basis.T
    farthest = outside[np.argmax(np.linalg.norm(outside, axis=1))]
    return replace(case, start=tuple((case.rescaling.radius * unit(farthest)).tolist()))


def needs(case: RescalingCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Rescaling by the certified growth, and by the runaway one."""
    return *needs_one(case, budget), case.run(case.runaway, FEWEST_PHASES)


def needs_one(case: RescalingCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Rescaling by the certified growth."""
    return (case.run(case.rescaling, budget.pick(smoke=20, quick=70, paper=1_000)),)


def observe(case: RescalingCase, traces: Traces) -> Observation:
    """Fit the exponents of the gaps in the radii."""
    kept, runaway = traces
    one = observe_one(case, (kept,))
    label = f"{case.runaway.growth:.2g}-fold growth a phase"
    other = Curve(*_seen(case, runaway), label, "falsifier")
    quantities = {**one.quantities, RUNAWAY: exponent(case, runaway, case.runaway)}
    return Observation(quantities, (*one.curves, other))


def observe_one(case: RescalingCase, traces: Traces) -> Observation:
    """Fit the exponent of the gap in the radius of the certified growth."""
    (kept,) = traces
    label = f"{case.rescaling.growth:.3g}-fold growth a phase"
    curve = Curve(*_seen(case, kept), label, method="prgd")
    return Observation({EXPONENT: exponent(case, kept, case.rescaling)}, (curve,))


def _seen(case: RescalingCase, trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    times, gap = gaps(trace, case.problem.signed, case.margin)
    return times[gap > SMALLEST_GAP], gap[gap > SMALLEST_GAP]


def exponent(case: RescalingCase, trace: Trace, radii: Rescaling) -> Measured:
    """Return d log gap/d log R, with the drift that it still shows."""
    times, gap = _seen(case, trace)
    radius = np.array([radii.radius_at(int(t)) for t in times])
    fitted = fit_rate(radius, gap, relative_error=GAP_ROUNDING / float(gap.min()))
    low, high = fitted.interval.low, fitted.interval.high
    return Measured(fitted.slope, max(high - fitted.slope, fitted.slope - low))


def predict(case: RescalingCase) -> Prediction:
    """−1: the gap falls like 1/R_k."""
    times = np.array(case.ends(case.rescaling, 70))
    radius = np.array([case.rescaling.radius_at(int(t)) for t in times])
    alone = case.constant / (case.margin * case.rate * times)
    curves = (
        Curve(times, case.constant / radius, "limit constant over R", "theory"),
        Curve(times, alone, "without rescaling, over γΣe instead", "reference"),
    )
    return Prediction({EXPONENT: Predicted(-1.0)}, curves)


PROOF = r"""Write $w = au + v$ with $u = \gamma\hat w$, $v\perp u$. Where the support dominates, $v$ performs gradient
descent on $g(v) = \log\sum_Sp_ie^{-x_i\cdot v}$, whose minimiser is $v^* = \Pi_\perp\tilde w$
(`derived/normalised-limit`); the projection on the ball changes $v$ by a factor $1 - O(1/R_k)$. A rescaling takes $v$
to $cv$, with $c = R_{k+1}/R_k$ up to $O(1/R_k)$. Let $\lambda$ be the smallest eigenvalue of $\nabla^2g(v^*)$ and $D$
the largest distance of support vectors across $u$. As $|\nabla^3g[h,h,z]| \le D|z|\,\nabla^2g[h,h]$,
$\nabla^2g(v)\ge\lambda e^{-D|v-v^*|}$: from $|v-v^*|\le\delta$ the $T$ steps of a phase lead to $|v-v^*|\le q\delta$,
$q = (1-e\lambda e^{-D\delta})^T$, and the next rescaling to at most $cq\delta + (c-1)|v^*|$. This is at most $\delta$
if $c\le(\delta+|v^*|)/(q\delta+|v^*|)$, and some $c > 1$ is allowed: then $v$ stays bounded for good, within a phase
map that contracts, while $|w| = R_k$. The margin gap times $|w|$ is $\gamma|w| - \min_ix_i\cdot w = -\min_Sx_i\cdot v
+ O(|v|^2/R_k)$: it tends to a constant, and the gap to that constant over $R_k = R_0c^k$, $t = T_0 + kT$.

If $c|v| - eT\max|\Pi_\perp x_i| > |v|$ at the end of a phase, $|v|$ grows forever, in the end by the factor $c$ of
$|w|$: the direction stands still. Outside the span of the support vectors nothing pulls $v$ back at all."""

CLAIM = Claim(
    key="wang2024/progressive-rescaling",
    title="Rescaled progressively, normalised steps close the margin gap exponentially: like 1/R",
    statement=(
        r"Normalised steps, rescaled to $|w| = R_k = R_0c^k$ at $t = T_0 + kT$ and projected on that ball, have a "
        r"margin gap $e^{-\Omega(t)}$ if the support vectors span the data [second-hand]. Ours: it is a constant "
        r"over $R_k$, exponent $-1$, for every growth $c$ that the $T$ steps of a phase can undo, and has a "
        r"plateau beyond."
    ),
    hypotheses=(
        "separable data, margin γ > 0, rows of length at most 1",
        "exponential loss, one worker, e ≤ 1",
        "every support vector has a positive multiplier, and the support vectors span the data",
        "growth below the certified one",
    ),
    reference=Reference("wang2024", "Theorem 6.2 as we know it; the exponent is proved here"),
    source="second-hand",
    proof=PROOF,
    knobs=RescalingKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier(
            "any growth will do",
            "a larger radius seems to mean a smaller gap",
            lambda case: Prediction({RUNAWAY: Predicted(-1.0)}),
        ),
        Falsifier(
            "without the support vectors spanning the data",
            "the margin is a matter of the support vectors alone, but rescaling also grows what they do not see",
            setup=outside_span,
            needs=needs_one,
            observe=observe_one,
        ),
    ),
    see=("ji2021/margin-bound", "derived/normalised-limit"),
    axes=("iterations t", "margin gap γ − min x_i·w/|w|", "linear", "log"),
)
