"""Modified Local GD with exact projections: anchoring at the start selects the nearest point of C."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import modified_local_gd, projection, Stream
from implicitbias.statistics import fit_rate
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.split_data import split_case, SplitCase, SplitKnobs


SLOPE = "slope of log distance in log r"

# The first rounds find out which constraints bind.
FROM_ROUND = 10

# Distances below this share of |ŵ| are rounding of the projections.
RESOLVED = 1e-9

# A wrong limit nearer to the right one than this share of |ŵ| cannot be told from it in the rounds of a budget.
APART = 0.05


@dataclass(frozen=True, eq=False)
class AnchoredCase:
    """Data, the anchor u⁰, and the limit it is supposed to lead to."""

    data: SplitCase
    target: Float[np.ndarray, " dim"]
    anchored: bool = True

    @property
    def size(self) -> float:
        """|ŵ|."""
        return 1.0 / self.data.svm.margin


def setup(knobs: SplitKnobs, stream: Stream) -> AnchoredCase | AssumptionUnmet:
    """Return the case of the knobs, with P_C(u⁰) as target."""
    data = split_case(knobs, stream)
    if data.start.any():
        target = data.feasible.project(data.start).point
        if np.linalg.norm(target - data.start) <= APART * np.linalg.norm(target):
            return AssumptionUnmet("the start lies in C, or nearly: nothing moves")
        return AnchoredCase(data, target)
    return AnchoredCase(data, data.svm.weights)


def needs(case: AnchoredCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run."""
    rounds = budget.pick(smoke=500, quick=2_500, paper=100_000)
    method = modified_local_gd(projection()) if case.anchored else projection()
    return (RunSpec(case.data.problem, method, rounds, start=case.data.start_entries),)


def observe(case: AnchoredCase, traces: Traces) -> Observation:
    """Fit the rate at which the distance to the target falls."""
    (trace,) = traces
    distance = np.linalg.norm(trace.w[0] - case.target, axis=1)
    late = (trace.rounds >= FROM_ROUND) & (distance > RESOLVED * case.size)
    curve = Curve(trace.rounds[1:], distance[1:], "distance to the limit", method="modified_local_gd")
    if np.count_nonzero(late) < np.count_nonzero(trace.rounds >= FROM_ROUND):
        # Reached to rounding: faster than any power.
        return Observation(
            {SLOPE: Measured(-1.0, np.inf)}, (curve,), undecided="the limit is reached exactly"
        )
    fitted = fit_rate(trace.rounds[late].astype(float), distance[late], relative_error=RESOLVED)
    spread = max(fitted.interval.high - fitted.slope, fitted.slope - fitted.interval.low)
    return Observation({SLOPE: Measured(fitted.slope, spread)}, (curve,))


def predict(case: AnchoredCase) -> Prediction:
    """1/r."""
    rounds = np.array([1e1, 1e4])
    line = Curve(rounds, case.size / rounds, "|ŵ|/r", "theory")
    return Prediction({SLOPE: Predicted(-1.0)}, (line,))


def without_anchor(knobs: SplitKnobs, stream: Stream) -> AnchoredCase | AssumptionUnmet:
    """a_r = 0: the parallel projection method, whose limit is another point of C."""
    case = setup(knobs, stream)
    if isinstance(case, AssumptionUnmet):
        return case
    u = case.data.start
    for _ in range(ROUNDS_TO_THE_LIMIT):
        u = np.mean([own.project(u).point for own in case.data.worker_sets], axis=0)
    if np.linalg.norm(u - case.target) < APART * case.size / 10:
        return AssumptionUnmet("on these data plain projections end near the same point")
    return AnchoredCase(case.data, case.target, anchored=False)


def always_max_margin(knobs: SplitKnobs, stream: Stream) -> AnchoredCase | AssumptionUnmet:
    """An anchor u⁰ ≠ 0, outside C, and ŵ as its limit."""
    case = setup(knobs, stream)
    if isinstance(case, AssumptionUnmet):
        return case
    data = case.data if case.data.start.any() else _with_anchor(case.data)
    away = np.linalg.norm(data.feasible.project(data.start).point - data.svm.weights)
    if away < APART * case.size:
        return AssumptionUnmet("this anchor's nearest point of C is ŵ")
    return AnchoredCase(data, data.svm.weights)


def _with_anchor(data: SplitCase) -> SplitCase:
    """Anchor at twice ŵ less a longest row, turned: most of these lie outside C and see another face of it."""
    across = data.problem.signed - np.outer(data.problem.signed @ data.svm.direction, data.svm.direction)
    longest = across[np.argmax(np.linalg.norm(across, axis=1))]
    return SplitCase(data.problem, data.svm, longest / np.linalg.norm(longest) * (2.0 / data.svm.margin))


# Rounds after which plain projections from a start of size |ŵ| have settled to well below APART.
ROUNDS_TO_THE_LIMIT = 100


CLAIM = Claim(
    key="zhu2024/anchored-projections",
    title="Anchored projections converge to the max margin, observed like 1/r; from another anchor to P_C(u⁰)",
    statement=(
        r"Modified Local GD with exact, weakly regularised local solves in their limit $\lambda\to0$, "
        r"$u^{r+1} = a_r u^0 + (1-a_r)\frac1M\sum_m P_m(u^r)$ with $a_r = 1/(r+2)$ and $u^0 = 0$, converges to "
        r"$\hat w$; from an anchor $u^0 \ne 0$ to $P_C(u^0)$ [second-hand]. The distance falls like $1/r$: the rate is "
        r"observed here, not proved and not known to us from the paper. The aggregation weights of the paper are not "
        r"known to us either; these reach the stated limit."
    ),
    hypotheses=("separable data, margin γ > 0", "local problems solved exactly: no learning rate enters"),
    reference=Reference("zhu2024", "modified Local GD; theorem number and rate unknown", ("v1", "v2")),
    source="second-hand",
    knobs=SplitKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier("a_r = 0", "averaging projections reaches C as well, so why anchor", setup=without_anchor),
        Falsifier(
            "the limit is ŵ from every anchor",
            "the anchor's weight a_r tends to zero, so it seems to be forgotten",
            setup=always_max_margin,
        ),
    ),
    see=("zhu2024/many-local-steps", "derived/anchored-proximal-floor", "lieder2021/halpern-bound"),
    axes=("communication rounds r", "distance", "log", "log"),
)
