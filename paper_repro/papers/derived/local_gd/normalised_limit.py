"""Normalised gradient descent settles on the residual limit of gradient descent, in the clock log(1/(γ²f))."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import normalised_gd, PowerDecay, Stream, Trace
from implicitbias.asymptotics import residual
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
from paper_repro.claims.separable import SeparableCase
from paper_repro.claims.unit_rows import unit_case, UnitRowKnobs


LIMIT = "limit of w + ŵ log(γ²f)"
BY_STEPS = "limit of w − ŵ γ² Σ e_j"

# Rounding of w and of ŵ log f, numbers of size |w|, and of the sums behind them.
ROUNDING = 64 * np.finfo(float).eps
# What is left is read off two records, at half the clock and at its end; the exponent holds in the limit only.
SAFETY = 4.0


@dataclass(frozen=True)
class NormalisedKnobs(UnitRowKnobs):
    """Data, and the steps e_t = e (t + 1)^(−a)."""

    rate: float = knob(1.0, "e", "normalised step at t = 0", low=0.3, high=1.0)
    power: float = knob(0.0, "a", "e_t = e (t + 1)^(−a)", low=0.0, high=0.5)


def setup(knobs: NormalisedKnobs, stream: Stream) -> SeparableCase | AssumptionUnmet:
    """Return the case of the knobs."""
    return unit_case(knobs, stream, normalised_gd(PowerDecay(knobs.rate, power=knobs.power)))


def needs(case: SeparableCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    return (RunSpec(case.problem, case.method, budget.pick(smoke=500, quick=2_000, paper=20_000)),)


def clock(case: SeparableCase, trace: Trace) -> Float[np.ndarray, " record"]:
    """τ = log(1/(γ²f)), which is log t along gradient descent with η = 1."""
    return -trace.log_loss[0] - 2.0 * np.log(case.svm.margin)


def observe(case: SeparableCase, traces: Traces) -> Observation:
    """Read off both residuals at the end, with what e^{−κτ} leaves of their way."""
    (trace,) = traces
    tau, weights, w = clock(case, trace), case.svm.weights, trace.w[0]
    rho = residual(w, weights, tau)
    by_steps = residual(w, weights, case.svm.margin**2 * trace.time)
    quantities = {LIMIT: at_the_end(tau, rho, case.exponent, float(np.linalg.norm(w[-1])))}
    quantities[BY_STEPS] = Measured(by_steps[-1], quantities[LIMIT].error)
    distance = np.linalg.norm(rho - case.residual_limit, axis=1)
    seen = (tau > 0) & (distance > ROUNDING * np.linalg.norm(w, axis=1))
    return Observation(
        quantities, (Curve(tau[seen], distance[seen], "|ρ − w̃| measured", method="normalised_gd"),)
    )


def at_the_end(
    tau: Float[np.ndarray, " record"], rho: Float[np.ndarray, "record dim"], exponent: float, size: float
) -> Measured:
    """Return the last residual and, if it nears its limit like e^{−κτ}, how much is left of its way."""
    middle = int(np.searchsorted(tau, tau[-1] / 2.0))
    shrunk = float(np.exp(-exponent * (tau[-1] - tau[middle])))
    left = float(np.linalg.norm(rho[-1] - rho[middle])) * shrunk / (1.0 - shrunk) if shrunk < 1.0 else np.inf
    return Measured(rho[-1], SAFETY * left + ROUNDING * size)


def predict(case: SeparableCase) -> Prediction:
    """The w̃ of gradient descent: p_i exp(−x_i·w̃) = α_i on the support."""
    tau = np.linspace(0.0, 30.0 / case.exponent, 20)
    slope = Curve(tau, np.exp(-case.exponent * tau), f"slope −κ = −{case.exponent:.3f}", "theory")
    return Prediction({LIMIT: Predicted(case.residual_limit)}, (slope,))


def unscaled(case: SeparableCase) -> Prediction:
    """The limit if the clock were log(1/f)."""
    moved = case.residual_limit + case.svm.weights * 2.0 * np.log(case.svm.margin)
    return Prediction({LIMIT: Predicted(moved)})


PROOF = r"""Normalised steps are gradient descent on $F = \log f = \log\sum_i p_ie^{-x_i\cdot w}$, which is convex
with $\nabla^2F \preceq 1$ for $|x_i| \le 1$: steps $e_t \le 1$ do not increase it, and $|\nabla F| \ge \gamma$ (pair
it with the unit max-margin vector: $-\nabla F$ is a convex combination of the $x_i$), so $F \to -\infty$ as $\sum e_j
= \infty$.

Write $w = au + v$ with $u = \gamma\hat w$ and $v \perp u$. On the support $x_i\cdot w = \gamma a + x_i\cdot v$, and
the other samples carry a share of $f$ that vanishes exponentially as $a$ grows; up to this, $F = -\gamma a + g(v)$
with $g(v) = \log\sum_Sp_ie^{-x_i\cdot v}$, and $v$ performs gradient descent on $g$ alone: $v_{t+1} = v_t - e_t\nabla
g(v_t)$. As the support vectors span the data and have positive multipliers, $g$ has one minimiser, which $v_t$
approaches geometrically in $\sum e_j$, whatever the steps $e_t \le 1$ are: discretisation leaves no trace in it.
$\nabla g(v) = 0$ reads $\sum_Sq_i\,\Pi_\perp x_i = 0$ with $q_i = p_ie^{-x_i\cdot v}/e^{g}$, so that $\sum_Sq_ix_i =
\gamma u$, and $\alpha_i = q_i/\gamma^2$ are the multipliers: $v = \Pi_\perp\tilde w$ of the residual limit.

For the part along $u$ take $\rho = w + \hat w\log(\gamma^2f)$. On the support $p_ie^{-x_i\cdot\rho} = p_ie^{-x_i\cdot
w}/(\gamma^2f) \to q_i/\gamma^2 = \alpha_i$, which are the equations of $\tilde w$. The Hessian of $g$ at the
minimiser is $\gamma^2A_S$ across $\hat w$ and $\tau = \log(1/(\gamma^2f))$ moves by about $\gamma^2e_t$ a step, hence
the error $e^{-\kappa\tau}$ with the $\kappa$ of gradient descent."""

CLAIM = Claim(
    key="derived/normalised-limit",
    title="Normalised steps settle on the residual limit of gradient descent, only exponentially faster",
    statement=(
        r"For $w_{t+1} = w_t - e_t\nabla f(w_t)/f(w_t)$ with $e_t \le 1$, $\sum e_t = \infty$ and rows of length "
        r"at most 1: $w_t + \hat w\log(\gamma^2f(w_t)) \to \tilde w$, the limit of $w - \hat w\log(\eta t)$ of "
        r"gradient descent. The clock $\log(1/(\gamma^2f))$ grows like $\gamma^2\sum e_j$, not like $\log t$; so "
        r"does $\gamma|w_t|$, and the margin gap times $\gamma\sum e_j$ tends to $\tilde w\cdot\hat w/|\hat w|^2 -"
        r" \min_Sx_i\cdot\tilde w$."
    ),
    hypotheses=(
        "separable data, margin γ > 0, rows of length at most 1",
        "exponential loss, one worker",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("derived", "proof on this page"),
    source="derived",
    proof=PROOF,
    knobs=NormalisedKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier("log(1/f) for log(1/(γ²f))", "the loss itself looks like the natural clock", unscaled),
        Falsifier(
            "γ²Σ e_j for log(1/(γ²f))",
            "both grow at the same rate, but what happens before the separator dominates shifts them apart for good",
            lambda case: Prediction({BY_STEPS: Predicted(case.residual_limit)}),
        ),
    ),
    see=("zhu2024/residual-limit", "nacson2019/normalised-gd"),
    axes=("clock log(1/(γ²f))", "distance to the limit w̃ of gradient descent", "linear", "log"),
)
