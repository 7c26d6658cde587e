"""In the limit of short rounds the first round with f ≤ γ/(70ηHM) grows with ηH, up to 70M/γ³."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from implicitbias import LinearClassification, local_gd, max_margin, RecordAt, run, Stream, Trace
from implicitbias.bounds import crawshaw_threshold
from paper_repro.claims import (
    AssumptionUnmet,
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
from paper_repro.papers.derived.drift.setting import drift_case, DriftKnobs


GROWTH = "onset at the next ηH / onset"
RANGE = "onset at the largest ηH / onset at the smallest"
LEVEL = "largest onset / (70 M b_x³/γ³)"
# Values of ηH from a little above the largest for which round 0 is already past the threshold.
STEPS = 4
FIRST = 4.0
# The run goes on a little beyond the level, to show an overshoot if there is one.
BEYOND = 1.2
# Records of the run bracket the onset; each refinement runs the bracket again and divides it by so many.
REFINEMENT = 16


@dataclass(frozen=True)
class OnsetKnobs:
    """Separable data on several workers, and the largest step."""

    data: str = knob("A-prime", "X", "data set", choices=("A-prime", "O", "random"))
    workers: int = knob(2, "M", "workers that share the random data", low=2, high=4)
    local_steps: int = knob(4, "H", "local steps", low=1, high=16, log=True)
    reach: float = knob(0.5, "a", "largest ηH b_x²", low=0.3, high=1.0)


@dataclass(frozen=True)
class OnsetCase:
    """One problem at increasing learning rates."""

    problem: LinearClassification
    local_steps: int
    rates: tuple[float, ...]
    margin: float

    def threshold(self, lr: float) -> float:
        """γ/(70 b_x³ ηHM)."""
        problem = self.problem
        return crawshaw_threshold(
            self.margin, lr=lr, local_steps=self.local_steps, workers=problem.workers, row_norm=problem.radius
        ).value

    @property
    def level(self) -> float:
        """70 M b_x³/γ³, where f = 1/(γ²ηHr) meets the threshold: ηH cancels."""
        return 1.0 / (self.margin**2 * self.local_steps * self.threshold(1.0))


def setup(knobs: OnsetKnobs, stream: Stream, loss: str = "exponential") -> OnsetCase | AssumptionUnmet:
    """Return the problem with rates from just above those without an onset to a/(H b_x²)."""
    drift = drift_case(DriftKnobs(knobs.data, knobs.workers, loss), stream)
    case = OnsetCase(drift.problem, knobs.local_steps, (), max_margin(drift.problem).margin)
    at_start = case.threshold(1.0) / float(drift.problem.loss(np.zeros(drift.problem.dim)))
    largest = knobs.reach / (knobs.local_steps * drift.problem.radius**2)
    rates = np.geomspace(FIRST * at_start, largest, STEPS)
    if rates[0] >= 0.5 * largest:
        return AssumptionUnmet("round 0 is past the threshold for every ηH b_x² ≤ a: there is no onset")
    return dataclasses.replace(case, rates=tuple(map(float, rates)))


def logistic(knobs: OnsetKnobs, stream: Stream) -> OnsetCase | AssumptionUnmet:
    """Return orthogonal samples with the logistic loss; H is left at 1, since ηH decides."""
    return setup(OnsetKnobs(data="O", local_steps=1, reach=knobs.reach), stream, "logistic")


def needs(case: OnsetCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run for every rate, to a little beyond the level."""
    rounds = min(int(BEYOND * case.level), budget.pick(smoke=25_000, quick=100_000, paper=1_000_000))
    return tuple(
        RunSpec(case.problem, local_gd(lr, case.local_steps), rounds, record=RecordAt.log(60))
        for lr in case.rates
    )


def observe(case: OnsetCase, traces: Traces) -> Observation:
    """Find the first round at or below the threshold, exactly, for every rate."""
    found = [onset(case, trace, case.threshold(lr)) for lr, trace in zip(case.rates, traces, strict=True)]
    if None in found:
        unknown = Measured(1.0, np.inf)
        return Observation(
            {GROWTH: unknown, RANGE: unknown, LEVEL: unknown}, undecided="a run ended before its onset"
        )
    onsets = np.array(found, dtype=float)
    steps = np.array(case.rates) * case.local_steps
    quantities = {
        GROWTH: Measured(onsets[1:] / onsets[:-1]),
        RANGE: Measured(onsets[-1] / onsets[0]),
        LEVEL: Measured(onsets.max() / case.level),
    }
    return Observation(
        quantities, (Curve(steps, onsets, "first round past the threshold", method="local_gd"),)
    )


def onset(case: OnsetCase, trace: Trace, threshold: float) -> int | None:
    """Return the first round with f ≤ threshold, or ``None`` if the run ended before; f falls along the run."""
    origin = 0
    while (past := np.flatnonzero(trace.loss[0] <= threshold)).size:
        after = int(past[0])
        if after == 0 or trace.rounds[after] - trace.rounds[after - 1] == 1:
            return origin + int(trace.rounds[after])
        origin += int(trace.rounds[after - 1])
        gap = int(trace.rounds[after] - trace.rounds[after - 1])
        finer = RecordAt.every(max(1, gap // REFINEMENT))
        assert trace.method is not None
        trace = run(
            case.problem, trace.method, gap, start=trace.w[0, after - 1], record=finer, progress=False
        )
    return None


def predict(case: OnsetCase) -> Prediction:
    """The onset never falls as ηH grows, and stays below its level."""
    steps = np.array(case.rates) * case.local_steps
    level = Curve(steps, np.full(STEPS, case.level), r"level $70\,M b_x^3/\gamma^3$", "reference")
    start = float(case.problem.loss(np.zeros(case.problem.dim)))
    lower = case.level - 1.0 / (case.margin**2 * start * steps)
    flow = Curve(steps, lower, r"bound of the flow: level $-\,1/(\gamma^2 f(0)\,\eta H)$", "theory")
    at_least = Predicted(1.0, relation=Relation.AT_LEAST)
    # A round strays from the flow by the share O(M b_x ηH f/γ) ~ 1/r of its length: a logarithm of rounds in all.
    allowance = case.problem.workers * case.problem.radius / case.margin * np.log(case.level) / case.level
    at_most = Predicted(1.0, allowance, Relation.AT_MOST, "rounds of finite length against the flow")
    return Prediction({GROWTH: at_least, LEVEL: at_most}, (level, flow))


def ratio(value: float) -> Prediction:
    """Another dependence of the onset on ηH."""
    return Prediction({RANGE: Predicted(value)})


PROOF = r"""In the limit of short rounds Local GD is the flow $\dot w = -\nabla f$ in the time $s = \eta Hr$.
For the exponential loss $\log f$ is a log-sum-exp of linear functions, hence convex, and the flow of $f$ runs
along the flow of $\log f$; so $|\nabla\log f|$ does not increase, and $F := 1/f$, with $\dot F = |\nabla\log
f|^2$, is concave in $s$. The threshold is reached when $F(s) = K\eta H$, $K = 70M/\gamma$ (with $b_x = 1$),
that is in round $r = s/(\eta H) = Ks/F(s)$. As $F$ is concave with $F(0) > 0$, $s/F(s)$ increases with $s$, and
$s$ with $\eta H$: the onset grows. As $|\nabla\log f| \ge \gamma$, $F(s) \ge F(0) + \gamma^2s$, so $r \le
70M/\gamma^3 - 1/(\gamma^2f(0)\,\eta H)$: it levels off.
A round of finite length strays from the flow by the share $O(Mb_x\eta Hf/\gamma) \sim 1/r$ of its length, in all
by a logarithm of rounds: an estimate, which the check grants as its allowance.
For the logistic loss $\log f$ is not convex, and the
onset can overshoot the level and fall again."""

CLAIM = Claim(
    key="derived/onset",
    title="In the limit of short rounds f ≤ γ/(70ηHM) is reached later for larger ηH, by round 70M/γ³",
    statement=(
        r"In the limit of short rounds, the gradient flow: "
        r"for the exponential loss from $w^0 = 0$, the first round with $f(w^r) \le \gamma/(70\,b_x^3\,\eta HM)$, "
        r"from which on Local GD is gradient descent with a harmless error, does not decrease as $\eta H \le "
        r"1/b_x^2$ grows, and levels off at $70 M b_x^3/\gamma^3$: a larger $\eta H$ does not bring the asymptotic "
        r"phase nearer in rounds. Rounds of finite length stray from the flow; of the level $L = 70Mb_x^3/\gamma^3$ "
        r"they are allowed the share $\frac{Mb_x}\gamma\frac{\log L}L$ more, a correction estimated, not proved."
    ),
    hypotheses=(
        "separable data, exponential loss, w⁰ = 0",
        r"$\eta Hb_x^2 \le 1$, where a round is close to the gradient flow",
    ),
    reference=Reference("derived", "onset of the asymptotic phase; the threshold is a lemma of crawshaw2025"),
    source="derived",
    proof=PROOF,
    knobs=OnsetKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier("the onset does not depend on ηH", "the level 70M/γ³ does not", lambda case: ratio(1.0)),
        Falsifier(
            "the onset is proportional to ηH",
            "the known upper bound on it, of order ηHM/γ³, is",
            lambda case: ratio(case.rates[-1] / case.rates[0]),
        ),
        Falsifier(
            "the same for the logistic loss",
            "both losses share their limits, but on orthogonal samples the logistic onset overshoots",
            setup=logistic,
        ),
    ),
    see=("crawshaw2025/drift-threshold",),
    axes=("ηH", "first round past the threshold", "log", "linear"),
)
