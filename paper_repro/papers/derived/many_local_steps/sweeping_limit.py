r"""At a fixed round, many local steps sweep: w^r/log(ηH) → u^r of the averaged sweeping process."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.data import sweeping_example
from implicitbias.local_solvers import local_flow, margin_set, sweeping_distance_bound, sweeping_process
from implicitbias.problems import LinearClassification
from paper_repro.claims import (
    AssumptionUnmet,
    bound,
    Claim,
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
from paper_repro.claims.separable import classification
from paper_repro.claims.split_data import split_case, SplitKnobs


DISTANCE = "|w^r/log(ηH) − u^r|"

# Log-scales of the picture, as shares of the one that is judged; the last is judged.
SHARES = (0.01, 0.03, 0.1, 0.3, 1.0)

# Accumulated error of the integrator in w, in units of 1 + |w|, 1e2 times what its closed forms show.
INTEGRATION = 1e-6


@dataclass(frozen=True)
class SweepingKnobs(SplitKnobs):
    """Data, start, how many rounds, and how many local steps."""

    rounds: int = knob(3, "r", "rounds, fixed while log(ηH) grows", low=1, high=4)
    log_scale: float = knob(3e3, "Λ", "log(ηH)", low=1e3, high=1e4, log=True)


@dataclass(frozen=True, eq=False)
class SweepingCase:
    """A problem, its start u⁰, and the scale Λ."""

    problem: LinearClassification
    start: Float[np.ndarray, " dim"]
    separator: Float[np.ndarray, " dim"]
    rounds: int
    log_scale: float

    @cached_property
    def path(self) -> list[Float[np.ndarray, " dim"]]:
        """u⁰, …, u^r of the averaged sweeping process."""
        points = [self.start]
        for _ in range(self.rounds):
            points.append(
                _mean(self.problem, lambda m, u: sweeping_process(self.problem, m).run(u).end, points[-1])
            )
        return points

    def flow(self, log_scale: float) -> Float[np.ndarray, " dim"]:
        """w^r/Λ of local flows for time e^Λ, averaged, from w⁰ = Λu⁰."""
        w = log_scale * self.start
        for _ in range(self.rounds):
            w = _mean(self.problem, lambda m, v: local_flow(self.problem, m, v, log_scale), w)
        return w / log_scale

    def bound(self, log_scale: float) -> float:
        """Sum over rounds of the mean over workers of the local bounds: all maps are nonexpansive."""
        workers = range(self.problem.workers)
        return sum(
            float(np.mean([sweeping_distance_bound(self.problem, m, u, log_scale) for m in workers]))
            for u in self.path[:-1]
        )


def _mean(problem: LinearClassification, local, point: np.ndarray) -> np.ndarray:
    return np.mean([local(m, point) for m in range(problem.workers)], axis=0)


def setup(knobs: SweepingKnobs, stream: Stream) -> SweepingCase:
    """Return the case of the knobs."""
    data = split_case(knobs, stream)
    return SweepingCase(data.problem, data.start, data.svm.weights, knobs.rounds, knobs.log_scale)


def observe(case: SweepingCase, traces: Traces) -> Observation:
    """Distance of the flow, at the largest Λ, from the sweeping process."""
    del traces
    scales = np.array(SHARES) * case.log_scale
    apart = np.array([np.linalg.norm(case.flow(scale) - case.path[-1]) for scale in scales])
    size = 1.0 + float(np.linalg.norm(case.path[-1]))
    curve = Curve(scales, apart, "local flows against sweeping", method="local_gd")
    return Observation({DISTANCE: Measured(float(apart[-1]), INTEGRATION * size)}, (curve,))


def predict(case: SweepingCase) -> Prediction:
    """The bound of the proof, of order Λ^(−1/2)."""
    scales = np.array(SHARES) * case.log_scale
    line = Curve(scales, np.array([case.bound(s) for s in scales]), "bound", "theory")
    at_most = Predicted(case.bound(case.log_scale), INTEGRATION, Relation.AT_MOST, "error of the integrator")
    return Prediction({DISTANCE: at_most}, (line,))


def elsewhere(case: SweepingCase, point: np.ndarray) -> Prediction | AssumptionUnmet:
    """The distance to u^r if w^r/Λ went to another point: at least what the bound leaves of it."""
    least = float(np.linalg.norm(case.path[-1] - point)) - case.bound(case.log_scale)
    if least <= case.bound(case.log_scale):
        return AssumptionUnmet("that point is too near to the sweeping process to be told from it")
    return Prediction({DISTANCE: Predicted(least, 0.0, Relation.AT_LEAST)})


def projections(case: SweepingCase) -> Prediction | AssumptionUnmet:
    """The parallel projection method in place of the sweeping process."""
    u = case.start
    for _ in range(case.rounds):
        u = _mean(case.problem, lambda m, v: margin_set(case.problem, m).project(v).point, u)
    return elsewhere(case, u)


def released(knobs: SweepingKnobs, stream: Stream) -> SweepingCase:
    """The worker with x = (2, 1) and (1, 0), from (−3, 1): the first constraint is released on the way."""
    del stream
    problem, start = classification(sweeping_example(), "exponential"), np.array([-3.0, 1.0])
    return SweepingCase(problem, start, np.array([1.0, 0.0]), 1, knobs.log_scale)


PROOF = r"""
One worker. In local time $t = e^{\Lambda s}$ the flow of $f_m = \frac1{n}\sum_i e^{-x_i\cdot w}$ reads, for
$v = w/\Lambda$, $\dot v = \sum_i \beta_i x_i$ with $\beta_i = e^{\Lambda(s - x_i\cdot v)}/n$: a penalty for
$x_i\cdot v \ge s$. The sweeping process has $\dot\Phi = \sum_i b_i x_i$, $b_i \ge 0$, $b_i > 0$ only where
$x_i\cdot\Phi = s$. Hence $\frac12\frac{d}{ds}|v-\Phi|^2 = \sum_i(\beta_i - b_i)\,x_i\cdot(v-\Phi) \le
\sum_i(\beta_i - b_i)(x_i\cdot v - s)$, and $x_i\cdot v - s = -\log(n\beta_i)/\Lambda$, so each term is
$(b_i - \beta_i)\log(n\beta_i)/\Lambda \le (b_i\log_+(nb_i) + \frac1{en})/\Lambda$. Before $s_0 = \min_i x_i\cdot u$
the sweeping process rests and $y e^{-\Lambda y}\le 1/(e\Lambda)$ gives $\frac12|v-\Phi|^2 \le 1/(e\Lambda^2)$ at
$s_0$. Together
$$|v(1)-\Phi(1)|^2 \le
\frac2\Lambda\Big[\frac{1-s_0}{e} + \frac1{e\Lambda} + \int_{s_0}^1\sum_i b_i\log_+(nb_i)\,ds\Big].$$
Rounds. The flow of a convex function is nonexpansive, so errors of rounds add up:
$|v^{r} - u^{r}| \le \sum_{k<r}\frac1M\sum_m\varepsilon_m(u^k)$, which is $O(\Lambda^{-1/2})$ for every fixed $r$.
Local gradient steps with $\eta\to0$ at fixed $\eta H$ are the flow. $\square$
"""

CLAIM = Claim(
    key="derived/sweeping-limit",
    title="At a fixed round, many local steps sweep: w/log(ηH) tends to the averaged sweeping process",
    statement=(
        r"Let $\Lambda = \log(\eta H)\to\infty$ with $r$ fixed and $w^0 = \Lambda u^0$. Then $w^r/\Lambda\to u^r$, "
        r"$u^{r+1} = \frac1M\sum_m\Phi_m(u^r)$, with $\Phi_m(u)$ the end of $-\dot u\in N_{C_m(s)}(u)$, "
        r"$C_m(s) = \{u : x\cdot u\ge s\}$, at $s = 1$; the distance is at most the explicit bound of the proof, "
        r"$O(\Lambda^{-1/2})$."
    ),
    hypotheses=(
        "every worker's data separable",
        "exponential loss; local steps so small that they follow the flow",
    ),
    reference=Reference("derived", "the sweeping process is that of moreau1977"),
    source="derived",
    knobs=SweepingKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "the limit is ŵ",
            "at every fixed H the direction tends to ŵ, but for r → ∞",
            lambda case: elsewhere(case, case.separator),
        ),
        Falsifier(
            "local steps project",
            "a released constraint has pushed, and the push remains; without release sweeping is projecting",
            predict=projections,
            setup=released,
        ),
    ),
    proof=PROOF,
    see=("derived/proximal-projection", "zhu2024/many-local-steps", "derived/finite-steps-leave"),
    axes=("log-scale Λ = log(ηH)", "|w^r/Λ − u^r|", "log", "log"),
)
