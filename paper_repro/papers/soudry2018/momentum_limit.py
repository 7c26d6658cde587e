"""Heavy-ball momentum has the limit of gradient descent with step η/(1 − β)."""

from dataclasses import dataclass

import numpy as np

from implicitbias import gd, Stream
from implicitbias.asymptotics import residual
from implicitbias.data import named
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    limit,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.separable import certified_case, classification
from paper_repro.papers.soudry2018.sum_loss import cautious_limit, largest_step, SumLossCase, SumLossKnobs


RESIDUAL = "limit of w(t) − ŵ log t"
# Momentum remembers 1/(1 − β) iterations: with β = 0.95 the shortest run is 100 times as long.
MOST_MOMENTUM = 0.95


@dataclass(frozen=True)
class MomentumKnobs(SumLossKnobs):
    """Data, loss, effective step, and momentum."""

    beta: float = knob(0.9, "β", "heavy-ball momentum", low=0.3, high=MOST_MOMENTUM)


@dataclass(frozen=True)
class MomentumCase:
    """Heavy ball with step η, and gradient descent with the effective step η/(1 − β)."""

    effective: SumLossCase
    beta: float


def setup(knobs: MomentumKnobs, stream: Stream) -> MomentumCase | AssumptionUnmet:
    """Choose η so that the effective step is a share of the largest."""
    problem = classification(named(knobs.data, stream).with_workers(None), knobs.loss)
    sum_step = knobs.share * largest_step(problem)
    method = gd(len(problem.signed) * sum_step * (1 - knobs.beta), momentum=knobs.beta)
    case = certified_case(problem, method)
    return (
        case if isinstance(case, AssumptionUnmet) else MomentumCase(SumLossCase(case, sum_step), knobs.beta)
    )


def needs(case: MomentumCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    rounds = budget.pick(smoke=3_000, quick=100_000, paper=10_000_000)
    return (RunSpec(case.effective.separable.problem, case.effective.separable.method, rounds),)


def observe(case: MomentumCase, traces: Traces) -> Observation:
    """Extrapolate w(t) − ŵ log t to t → ∞ with the exponent κ, over the last two decades."""
    (trace,) = traces
    rho = residual(trace.w[0, 1:], case.effective.separable.svm.weights, np.log(trace.rounds[1:]))
    end = cautious_limit(trace.rounds[1:], rho, case.effective.separable.exponent)
    distance = np.linalg.norm(rho - case.effective.limit, axis=1)
    curve = Curve(trace.rounds[1:], distance, "|w(t) − ŵ log t − w̃|", method="momentum")
    return Observation({RESIDUAL: end}, (curve,))


def predict(case: MomentumCase) -> Prediction:
    """(η/(1 − β)) exp(−x_i·w̃) = α_i on the support."""
    times = np.array([1e2, 1e5])
    kappa = case.effective.separable.exponent
    line = Curve(times, times**-kappa, f"slope −κ = −{kappa:.3f}", "theory")
    return Prediction({RESIDUAL: Predicted(case.effective.limit)}, (line,))


def rescaled(case: MomentumCase, factor: float) -> Prediction:
    """The limit of gradient descent with another effective step."""
    moved = case.effective.limit + case.effective.separable.svm.weights * np.log(factor)
    return Prediction({RESIDUAL: Predicted(moved)})


PROOF = r"""Heavy ball reads $v_t = -\eta\sum_{k\ge0}\beta^k\nabla\mathcal L(w_{t-k})$, $w_{t+1} = w_t + v_t$. As
$\mathcal L(w_t) \to 0$, so do the gradients and $v_t$; ratios of consecutive losses tend to 1, and $|v_t| =
O(\mathcal L(w_t))$. Hence $z_t = w_t + \frac\beta{1-\beta}v_{t-1}$ has $z_{t+1} = z_t - \frac\eta{1-\beta}
\nabla\mathcal L(w_t)$ with $\nabla\mathcal L(w_t) = \nabla\mathcal L(z_t) + O(\mathcal L(z_t)^2)$: an inexact
gradient descent whose relative error vanishes, so $1/\mathcal L$ grows at least linearly, as in
`zhu2024/residual-limit`. Now $\mathcal L(w_t) = O(1/t)$:
the iterates move by $O(1/t)$ an iteration, and $|\nabla\mathcal L(w_{t-k}) -
\nabla\mathcal L(w_t)| = O(k\,t^{-2})$ up to an exponentially small share of old iterates. The weights sum to
$1/(1-\beta)$, so $w_{t+1} = w_t - \frac{\eta}{1-\beta}\nabla\mathcal L(w_t) + O(t^{-2})$: gradient descent with step
$\eta/(1-\beta)$ and a summable error, to which the proof of the residual limit applies word for word."""

CLAIM = Claim(
    key="soudry2018/momentum-limit",
    title="Momentum changes neither direction nor rate: it is gradient descent with step η/(1 − β)",
    statement=(
        r"Heavy ball $v \leftarrow \beta v - \eta\nabla\mathcal L(w)$, $w \leftarrow w + v$ with $\mathcal L(w(t)) \to "
        r"0$ has $w(t) = \hat w\log t + \tilde w + o(1)$ with $\frac{\eta}{1-\beta}\exp(-x_n\cdot\tilde w) = "
        r"\alpha_n$ on the support vectors."
    ),
    hypotheses=(
        "separable data, margin γ > 0, and a loss that tends to 0",
        "exponential or logistic loss, effective step η/(1 − β) below the bound of Lemma 1",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference(
        "soudry2018", "Figure 1 shows momentum 0.9; the limit is proved here", ("JMLR 19(70)",)
    ),
    source="derived",
    proof=PROOF,
    knobs=MomentumKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "η for η/(1 − β)", "momentum seems to be forgotten", lambda case: rescaled(case, 1 - case.beta)
        ),
        Falsifier(
            "η/(1 − β)²",
            "as if momentum accelerated, as it does on quadratics",
            lambda case: rescaled(case, 1 / (1 - case.beta)),
        ),
    ),
    see=("soudry2018/residual-limit",),
    axes=("iterations t", "distance to the predicted limit w̃", "log", "log"),
)
