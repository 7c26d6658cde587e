"""Workers that take turns lead to the joint max margin, on the path of Local GD with M times its step."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from implicitbias import max_margin, projection, RecordAt, Sequential, sequential_gd, Stream
from implicitbias.asymptotics import residual, unit
from implicitbias.oracle import residual_limit as limit_of
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
from paper_repro.claims.extrapolation import at_infinity, divergence, slope_in_log_time, unit_vector
from paper_repro.claims.separable import certified_case, classification, LOSSES, SeparableCase
from paper_repro.claims.split_data import split_samples, SplitKnobs


LIMIT = "limit of w − ŵ log(ηHMr)"
DIRECTION = "direction of the limit"

# Cycles until projections in turn have settled, and what the last tenth of them may still move them by, relatively.
CYCLES = 200
SETTLED = 1e-6


@dataclass(frozen=True)
class SequentialKnobs:
    """Knobs of a cyclic run on jointly separable data."""

    data: str = knob("A-prime", "X", "data set", choices=("A", "A-prime", "random"))
    margin: float = knob(0.5, "γ", "margin, if the data are random (rows of length ≤ 1)", low=0.4, high=0.75)
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.4, "η", "learning rate", low=0.2, high=0.5, log=True)
    local_steps: int = knob(2, "H", "steps on a worker before the next one", low=1, high=4)


def setup(knobs: SequentialKnobs, stream: Stream) -> SeparableCase | AssumptionUnmet:
    """Return the case of the knobs, or which hypothesis its data break."""
    samples = split_samples(SplitKnobs(data=knobs.data, margin=knobs.margin), stream)
    return certified_case(classification(samples, knobs.loss), sequential_gd(knobs.lr, knobs.local_steps))


def needs(case: SeparableCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as many cycles as the budget allows."""
    cycles = budget.pick(smoke=400, quick=2_500, paper=50_000)
    return (RunSpec(case.problem, case.method, cycles),)


def observe(case: SeparableCase, traces: Traces) -> Observation:
    """Extrapolate ρ(r) and the two-time slope of w with the exponent κ of Local GD."""
    (trace,) = traces
    rounds, rho = trace.rounds[1:], residual(trace.w[0, 1:], case.svm.weights, trace.log_time[1:])
    slope = at_infinity(*slope_in_log_time(trace), case.exponent)
    quantities = {LIMIT: at_infinity(rounds, rho, case.exponent), DIRECTION: unit_vector(slope)}
    distance = np.linalg.norm(rho - case.residual_limit, axis=1)
    curve = Curve(rounds, distance, "|ρ − w̃| measured", method="sequential_gd")
    return Observation(quantities, (curve,), divergence(traces))


def predict(case: SeparableCase) -> Prediction:
    """The w̃ of Local GD, with p_i = 1/(M n_m) and log(ηHMr); the direction ŵ follows."""
    rounds = np.array([1.0, 3e3])
    line = Curve(rounds, rounds**-case.exponent, f"slope −κ = −{case.exponent:.3f}", "theory")
    return Prediction({LIMIT: Predicted(case.residual_limit)}, (line,))


def without_workers(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The prediction with log(ηHr) for log(ηHMr)."""
    if case.problem.workers == 1:
        return AssumptionUnmet("M = 1: ηHMr and ηHr are the same")
    moved = case.residual_limit + case.svm.weights * np.log(case.problem.workers)
    return Prediction({LIMIT: Predicted(moved)})


def uniform_weights(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The prediction with p_i = 1/n."""
    if len(set(case.problem.sizes)) == 1:
        return AssumptionUnmet("equal n_m: 1/n and 1/(M n_m) are the same")
    return Prediction({LIMIT: Predicted(limit_of(case.problem.signed))})


def last_task(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The separator of the last worker alone."""
    own = max_margin(case.problem.local_signed[-1]).weights
    if np.allclose(unit(own), case.svm.direction):
        return AssumptionUnmet("the last worker's separator is that of all")
    return Prediction({DIRECTION: Predicted(unit(own))})


def projected(case: SeparableCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Projections in turn: the limit of weakly regularised training on the same workers."""
    del budget
    method = dataclasses.replace(projection(), aggregation=Sequential())
    return (RunSpec(case.problem, method, CYCLES, record=RecordAt.these([CYCLES * 9 // 10])),)


def projected_direction(case: SeparableCase, traces: Traces) -> Observation:
    """Where projections in turn lead; they approach a point of C geometrically."""
    del case
    earlier, end = traces[0].w[0, -2:]
    left = float(np.linalg.norm(end - earlier)) + SETTLED * float(np.linalg.norm(end))
    return Observation({DIRECTION: unit_vector(Measured(end, left))})


PROOF = r"""One cycle moves $w$ by at most $\eta H\sum_m f_m$ up to a factor $1 + O(\eta HMf)$: along it the loss of
no worker grows by more than the factor $e^{\eta HMf(1+o(1))}$, for $|\nabla f_m| \le f_m$ ($|x_i|\le1$ after
rescaling). Since $|\nabla f_m(v)-\nabla f_m(w)| \le f_m(w)(e^{|v-w|}-1)$, all $HM$ gradients of the cycle are those
at its start, up to $O(\eta HM^2f^2)$ each:
$$w^{r+1} = w^r - \eta H\sum_m\nabla f_m(w^r) + O((\eta HMf)^2) = w^r - \eta HM(\nabla f(w^r) + b_r),\quad |b_r| =
O(\eta HMf^2).$$
This is gradient descent on $f$ with step $\eta HM$ and the error term of Local GD, in whatever order the workers
come: with $|\nabla f| \ge \frac12\gamma f$ in the end, $f = O(1/r)$, the errors are summable, and the proof of
`zhu2024/residual-limit` applies with $\eta HM$ for $\eta H$. Hence $w^r = \hat w\log(\eta HMr) + \tilde w + o(1)$
with $p_ie^{-x_i\cdot\tilde w} = \alpha_i$, $p_i = 1/(Mn_m)$; or, which is the same, with $\log(\eta Hr)$ and $p_i =
1/n_m$. The model inside a cycle differs by $O(f) = O(1/r)$. Projections in turn instead stop at the first point of
$C$ they find."""

CLAIM = Claim(
    key="jung2025/sequential-limit",
    title="Workers in turn lead to the joint max margin: Local GD with M times its step, whatever the order",
    statement=(
        r"Unregularised gradient descent on jointly separable workers, $H$ steps on each in turn, converges in "
        r"direction to the joint max margin [second-hand]. Ours: after $r$ cycles $w^r = \hat w\log(\eta HMr) + \tilde "
        r"w + o(1)$ with the $\tilde w$ of Local GD, $p_i\exp(-x_i\cdot\tilde w) = \alpha_i$, $p_i = 1/(Mn_{m(i)})$."
    ),
    hypotheses=(
        "jointly separable data, margin γ > 0",
        "exponential or logistic loss, f(w^r) → 0",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("jung2025", "cyclic tasks, direction; the limit is proved here", ("v2",)),
    source="second-hand",
    proof=PROOF,
    knobs=SequentialKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier("only the last task counts", "a model seems to forget what it saw before", last_task),
        Falsifier(
            "projections in turn reach ŵ",
            "weakly regularised training takes turns as well, but it stops at the first point of C",
            predict=lambda case: Prediction({DIRECTION: Predicted(case.svm.direction)}),
            needs=projected,
            observe=projected_direction,
        ),
        Falsifier(
            "log(ηHr) with p_i = 1/(M n_m)",
            "a round of Local GD is a step ηH; a cycle is M of them",
            without_workers,
        ),
        Falsifier(
            "p_i = 1/n",
            "the mean over all samples looks natural, but a task has a mean of its own",
            uniform_weights,
        ),
    ),
    see=("zhu2024/residual-limit", "evron2023/sequential-projections"),
    axes=("cycles r", "distance to the predicted limit w̃", "log", "log"),
)
