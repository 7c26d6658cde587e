"""With one orthogonal sample per worker, everything is known in closed form."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from implicitbias import (
    Exponential,
    LinearClassification,
    max_margin,
    MaxMargin,
    projection,
    RecordAt,
    Stream,
)
from implicitbias.data import orthogonal
from implicitbias.formulas import local_flow, OrthogonalSet
from implicitbias.oracle import residual_limit, support_hessian
from paper_repro.claims import (
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
    RunSpec,
    Traces,
)


SEPARATOR, MULTIPLIERS, LIMIT = "ŵ", "α", "w̃"
HESSIAN, PROJECTIONS, FLOW = "A_S", "u after 1 … 20 averaged projections", "w after a local flow"

# Every quantity is of size ≤ 100 after scaling by c ≤ 4 and ≥ 1/4, and computed in a few dozen operations from
# certified data (KKT residuals ≤ 1e-12).
ALLOWANCE = 1e-9
ROUNDS = 20
FLOW_TIME = 30.0
# Tolerance of the integrator of the local flow; contraction keeps the error of its steps from growing.
TOLERANCE = 1e-12


@dataclass(frozen=True)
class OrthogonalKnobs:
    """How many workers, and how different their samples are."""

    workers: int = knob(3, "M", "workers", low=2, high=8)
    spread: float = knob(2.0, "c", "longest sample; the shortest is its inverse", low=1.2, high=4.0)


@dataclass(frozen=True)
class OrthogonalCase:
    """The set, and the problem with exponential loss."""

    exact: OrthogonalSet
    problem: LinearClassification

    @cached_property
    def svm(self) -> MaxMargin:
        """The certified separator."""
        return max_margin(self.problem)


def setup(knobs: OrthogonalKnobs, stream: Stream) -> OrthogonalCase:
    """Space the lengths c_m evenly in log c, from 1/c to c."""
    del stream
    scales = tuple(float(c) for c in knobs.spread ** np.linspace(-1, 1, knobs.workers))
    samples = orthogonal(scales)
    problem = LinearClassification(
        samples.features, samples.labels, workers=samples.workers, loss=Exponential()
    )
    return OrthogonalCase(OrthogonalSet(scales), problem)


def needs(case: OrthogonalCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Twenty averaged projections."""
    del budget
    return (RunSpec(case.problem, projection(), ROUNDS, RecordAt.every(1)),)


def observe(case: OrthogonalCase, traces: Traces) -> Observation:
    """Ask the oracle, the projections and an integrator."""
    (trace,) = traces
    quantities = {
        SEPARATOR: Measured(case.svm.weights),
        MULTIPLIERS: Measured(case.svm.duals),
        LIMIT: Measured(residual_limit(case.problem, case.svm)),
        HESSIAN: Measured(support_hessian(case.problem, case.svm)),
        PROJECTIONS: Measured(trace.w[0]),
        FLOW: Measured(integrated_flows(case)),
    }
    gap = np.abs(1 - trace.w[0] / case.exact.weights).max(axis=1)
    return Observation(quantities, (Curve(trace.rounds, gap, "max |1 − c_m u_m|", method="projection"),))


def integrated_flows(case: OrthogonalCase) -> np.ndarray:
    """The coordinate of each worker after its own flow from 0, integrated in log(1 + t)."""
    from scipy.integrate import solve_ivp

    def end(worker: int) -> float:
        def field(log_time: float, w: np.ndarray) -> np.ndarray:
            return -np.exp(log_time) * case.problem.worker_gradient(w, worker)

        span = (0.0, float(np.log1p(FLOW_TIME)))
        start = np.zeros(case.problem.dim)
        return float(solve_ivp(field, span, start, "DOP853", rtol=TOLERANCE, atol=TOLERANCE).y[worker, -1])

    return np.array([end(worker) for worker in range(case.problem.workers)])


def predict(case: OrthogonalCase) -> Prediction:
    """All closed forms."""
    exact = case.exact
    iterates = np.stack([exact.projection_iterate(r) for r in range(ROUNDS + 1)])
    values = {
        SEPARATOR: exact.weights,
        MULTIPLIERS: exact.duals,
        LIMIT: exact.residual_limit,
        HESSIAN: np.eye(case.problem.dim),
        PROJECTIONS: iterates,
        FLOW: np.asarray(local_flow(0.0, np.array(exact.scales), FLOW_TIME)),
    }
    reason = "rounding of certified data; the flow contracts the errors of the integrator"
    quantities = {name: Predicted(value, ALLOWANCE, reason=reason) for name, value in values.items()}
    rounds = np.arange(ROUNDS + 1)
    shrink = Curve(rounds, (1 - 1 / case.problem.workers) ** rounds, "(1 − 1/M)^r", "theory")
    return Prediction(quantities, (shrink,))


def changed(
    name: str, value: Callable[[OrthogonalCase], np.ndarray]
) -> Callable[[OrthogonalCase], Prediction]:
    """Return the prediction with one quantity replaced."""

    def wrong(case: OrthogonalCase) -> Prediction:
        right = predict(case).quantities
        return Prediction({**right, name: replace(right[name], value=value(case))})

    return wrong


PROOF = r"""The sample $c_me_m$ of worker $m$ involves the coordinate $w_m$ alone, so all decouples. The constraint
$c_mw_m \ge 1$ is active at the shortest $w$: $\hat w_m = 1/c_m$, $\hat w = \sum\alpha_mc_me_m$ gives $\alpha_m =
1/c_m^2$, and $1/\gamma^2 = |\hat w|^2 = \sum 1/c_m^2$. With $p_m = 1/M$, $p_m\exp(-c_m\tilde w_m) = \alpha_m$ gives
$\tilde w_m = -\log(M/c_m^2)/c_m$, and $A_S = \sum\alpha_mc_m^2e_me_m^\top = I$. Worker $m$ projects by $u_m \leftarrow
\max(u_m, 1/c_m)$ and leaves the other coordinates; the average over workers is $u_m \leftarrow u_m +
\frac1M(\frac1{c_m}-u_m)$, hence $u_m^r = \frac1{c_m}(1-(1-\frac1M)^r)$ from $0$, which tends to $\hat w$: a lucky case,
since averaged projections in general stop at another feasible point. The local flow $\dot w = ce^{-cw}$ has
$\frac{d}{dt}e^{cw} = c^2$, hence $\varphi_T(w) = \frac1c\log(e^{cw}+c^2T)$."""

CLAIM = Claim(
    key="derived/orthogonal-closed-forms",
    title="One orthogonal sample per worker: separator, limit, projections and local flow in closed form",
    statement=(
        r"If worker $m$ of $M$ owns the single sample $c_me_m$, then $\hat w_m = 1/c_m$, $\alpha_m = 1/c_m^2$, "
        r"$\tilde w_m = -\log(M/c_m^2)/c_m$, $A_S = I$; averaged projections from $0$ give $u_m^r = "
        r"(1-(1-1/M)^r)/c_m$, and the local flow of the exponential loss is $\varphi_T(w) = \log(e^{cw}+c^2T)/c$."
    ),
    hypotheses=("one orthogonal sample per worker", "exponential loss (w̃ is the same for the logistic loss)"),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=OrthogonalKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "w̃ without M",
            "p = 1/n_m, as on a single machine",
            changed(LIMIT, lambda case: 2 * np.log(case.exact.scales) / np.array(case.exact.scales)),
        ),
        Falsifier(
            "one round of projections suffices",
            "every worker solves its own part exactly",
            changed(
                PROJECTIONS, lambda case: np.vstack([0 * case.exact.weights] + ROUNDS * [case.exact.weights])
            ),
        ),
        Falsifier(
            "flow with c T for c² T",
            "the chain rule brings a second factor c",
            changed(FLOW, lambda case: np.log1p(np.array(case.exact.scales) * FLOW_TIME) / case.exact.scales),
        ),
    ),
    axes=("communication rounds r", "relative distance to ŵ", "linear", "log"),
)
