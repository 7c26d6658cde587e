r"""Every finite number of local steps leaves the limit of infinitely many, and goes to the max margin."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import local_gd, Stream, Trace
from implicitbias.asymptotics import direction_error
from implicitbias.local_solvers import local_flow, sweeping_process
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
    Traces,
)
from paper_repro.claims.extrapolation import divergence
from paper_repro.claims.separable import certified_case, SeparableCase
from paper_repro.claims.split_data import split_case, SplitCase, SplitKnobs


GROWTH = "growth of w per unit of log r"

# Averaged sweeping converges linearly, at least as fast as (1 − 1/M)^r on most data.
SWEEPING_ROUNDS = 200

# A limit of many steps nearer to ŵ than this share of |ŵ| cannot be told from it in the rounds of a budget.
APART = 0.01

# Log-times between which the continued run is read: what the rounds left of a residual has died out, and constants
# drop out of the difference.
FAR = (1e3, 2e3)

# Rounds differ from the flow by O(1/r²) each; all that follow differ by less than this many times the last block.
DRIFT = 4.0

# Accumulated error of the integrator in w, in units of 1 + |w|, 1e2 times what its closed forms show.
INTEGRATION = 1e-6

# Below this there is no scale on which local work is long.
LEAST_LOG_SCALE = 0.5


@dataclass(frozen=True)
class FiniteStepsKnobs(SplitKnobs):
    """Data, start, and finite local work."""

    start: str = knob("drawn", "u⁰", "start: 0, or drawn at random", choices=("origin", "drawn"))
    lr: float = knob(0.5, "η", "learning rate", low=0.1, high=0.5, log=True)
    local_steps: int = knob(40, "H", "local steps", low=20, high=100, log=True)


@dataclass(frozen=True, eq=False)
class FiniteStepsCase:
    """A run, its start, and where infinitely many local steps would lead from there."""

    data: SplitCase
    run: SeparableCase
    w0: Float[np.ndarray, " dim"]
    swept: Float[np.ndarray, " dim"]

    @cached_property
    def pooled(self) -> LinearClassification:
        """The same f on one worker: rows repeated until all weigh p_i alike."""
        sizes, rows = self.data.problem.sizes, self.data.problem.local_signed
        common = int(np.lcm.reduce(sizes))
        signed = np.concatenate([np.repeat(x, common // len(x), axis=0) for x in rows])
        return LinearClassification(
            signed, np.ones(len(signed)), workers=1, loss=self.data.problem.loss_function
        )


def setup(knobs: FiniteStepsKnobs, stream: Stream) -> FiniteStepsCase | AssumptionUnmet:
    """Return the case of the knobs: w⁰ = log(ηH)·u⁰."""
    scale = float(np.log(knobs.lr * knobs.local_steps))
    if scale < LEAST_LOG_SCALE:
        return AssumptionUnmet("ηH is so small that local work is not long on any scale")
    data = split_case(knobs, stream, loss="logistic")
    case = certified_case(data.problem, local_gd(knobs.lr, knobs.local_steps))
    if isinstance(case, AssumptionUnmet):
        return case
    return FiniteStepsCase(data, case, scale * data.start, _sweeping_limit(data))


def _sweeping_limit(data: SplitCase) -> Float[np.ndarray, " dim"]:
    u, workers = data.start, range(data.problem.workers)
    for _ in range(SWEEPING_ROUNDS):
        u = np.mean([sweeping_process(data.problem, m).run(u).end for m in workers], axis=0)
    return u


def needs(case: FiniteStepsCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run."""
    rounds = budget.pick(smoke=800, quick=50_000, paper=5_000_000)
    return (RunSpec(case.data.problem, case.run.method, rounds, start=tuple(case.w0.tolist())),)


def observe(case: FiniteStepsCase, traces: Traces) -> Observation:
    """Run, hand over to the flow of f, and read its growth between log-times 1000 and 2000."""
    (trace,) = traces
    pooled, (near, far) = case.pooled, FAR
    handed = trace.w[0, -1]
    first, second = (local_flow(pooled, 0, handed, log_time) for log_time in FAR)
    integrated = INTEGRATION * (1.0 + float(np.linalg.norm(second)))
    error = (DRIFT * _overlap(case, trace) + integrated) / (far - near)
    w = trace.w[0, 1:]
    curves = (
        Curve(
            trace.rounds[1:],
            direction_error(w, case.swept),
            "from the limit of many steps",
            method="sweeping",
        ),
        Curve(trace.rounds[1:], direction_error(w, case.data.svm.weights), "from ŵ", method="local_gd"),
    )
    growth = Measured((second - first) / (far - near), error)
    return Observation({GROWTH: growth}, curves, undecided=divergence(traces))


def _overlap(case: FiniteStepsCase, trace: Trace) -> float:
    """How far the last rounds, from about R/4 on, are from the flow."""
    start = int(np.searchsorted(trace.rounds, trace.rounds[-1] / 4))
    passed = case.run.step * float(trace.rounds[-1] - trace.rounds[start])
    flown = local_flow(case.pooled, 0, trace.w[0, start], float(np.log(passed)))
    return float(np.linalg.norm(flown - trace.w[0, -1]))


def predict(case: FiniteStepsCase) -> Prediction:
    """Growth is ŵ."""
    return Prediction({GROWTH: Predicted(case.data.svm.weights)})


def along(case: FiniteStepsCase, direction: np.ndarray) -> Prediction | AssumptionUnmet:
    """The growth log-time gives to this direction: its smallest margin grows like log r."""
    smallest = float((case.data.problem.signed @ direction).min())
    if smallest <= 0.0:
        return AssumptionUnmet("that direction separates nothing")
    growth, separator = direction / smallest, case.data.svm.weights
    if np.linalg.norm(growth - separator) < APART * np.linalg.norm(separator):
        return AssumptionUnmet("on these data that direction is ŵ, or nearly")
    return Prediction({GROWTH: Predicted(growth)})


PROOF = r"""
Fix $\eta$ and $H$. As soon as $f(w^r)$ is small, a round is a gradient step of length $\eta H$ up to a summable error
(see `zhu2024/residual-limit`), so $w^r = \hat w\log(\eta Hr)+\tilde w+o(1)$ with $\tilde w$ independent of the start
on the span of the support vectors: whatever point of $C$ the first rounds reached, $w^r/\log(\eta H r)\to\hat w$ and
the two-time slope $(w^{r}-w^{r'})/\log(r/r')\to\hat w$. On the other hand, at every fixed $r$,
$w^r/\log(\eta H)\to u^r$ as $H\to\infty$ (see `derived/sweeping-limit`) and $u^r$ converges to a point of $C$ that in
general is not on the ray of $\hat w$. Hence the limits $r\to\infty$ and $H\to\infty$ do not commute: a long but
finite local phase brings the model near that point, and it leaves when $\log r$ is comparable with $\log(\eta H)$.
Measurement. Rounds follow the flow of $f$ up to $O(1/r^2)$ each, and the flow of a convex function adds such errors
without magnifying them: the run is handed over to the flow, and the last rounds before say how well it follows.
$\square$
"""

CLAIM = Claim(
    key="derived/finite-steps-leave",
    title="Finite H leaves the limit of infinitely many local steps and goes to the max margin",
    statement=(
        r"For every finite $\eta H$ with $f(w^r)\to0$, $dw/d\log r\to\hat w$, hence $w^r/|w^r|\to\hat w/|\hat w|$, "
        r"also when infinitely many local steps from the same start end at another point of $C$; the chord falls like "
        r"$1/\log(\eta Hr)$."
    ),
    hypotheses=(
        "separable data, margin γ > 0; logistic loss",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("derived"),
    source="derived",
    knobs=FiniteStepsKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "it stays at the limit of many steps",
            "local work is long, so the limit of infinitely long work seems to describe it",
            lambda case: along(case, case.swept),
        ),
        Falsifier(
            "it stays at the average of the local separators",
            "after 10⁵ rounds the model can still be nearer to it than to ŵ",
            lambda case: along(case, case.data.mean_of_separators),
        ),
    ),
    proof=PROOF,
    see=("derived/sweeping-limit", "zhu2024/many-local-steps", "zhu2024/residual-limit"),
    axes=("communication rounds r", "distance of directions", "log", "log"),
)
