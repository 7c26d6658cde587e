"""Dependent support vectors: many multipliers prove ŵ, the residual picks one of them."""

from dataclasses import dataclass

import numpy as np

from implicitbias import local_gd, Stream
from implicitbias.asymptotics import residual
from implicitbias.data import Samples
from implicitbias.oracle.multipliers import centred_multipliers
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
from paper_repro.claims.extrapolation import divergence, residual_at_infinity
from paper_repro.claims.separable import certified_case, classification, LOSSES, SeparableCase


LIMIT = "limit of w − ŵ log(ηHr)"
# Margin of the samples off the support: θ − 1 = 1.5 leaves κ to the curvature.
NEXT_MARGIN = 2.5


@dataclass(frozen=True)
class DependentKnobs:
    """Which kind of dependence, and the method."""

    kind: str = knob(
        "three in a plane", "X", "data set", choices=("three in a plane", "shared by both workers")
    )
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.2, "η", "learning rate", low=0.1, high=0.5, log=True)
    local_steps: int = knob(10, "H", "local steps", low=1, high=100, log=True)


def setup(knobs: DependentKnobs, stream: Stream) -> SeparableCase | AssumptionUnmet:
    """Return two workers whose support vectors (1, t) are more than the plane has dimensions."""
    problem = classification(dependent(knobs.kind, stream), knobs.loss)
    return certified_case(problem, local_gd(knobs.lr, knobs.local_steps))


def dependent(kind: str, stream: Stream) -> Samples:
    """Return rows (1, t) with t of both signs, so that ŵ = (1, 0), and two rows off the margin.

    Three different t, or two of which the first is held by both workers; n = (1, 4), so that weights differ.
    """
    draw = stream.at("claim/dependent-support").generator()
    left, right, third = -draw.uniform(0.7, 1.5), draw.uniform(0.7, 1.5), draw.uniform(-0.6, 0.6)
    heights = [left, right, left if kind == "shared by both workers" else third]
    on_margin = np.column_stack([np.ones(3), heights])
    off_margin = np.column_stack([np.full(2, NEXT_MARGIN), draw.uniform(-1, 1, 2)])
    rows = np.vstack([on_margin, off_margin])
    return Samples(
        rows, np.ones(5), "dependent", "three support vectors in a plane", np.array([0, 1, 1, 1, 1])
    )


def needs(case: SeparableCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    return (RunSpec(case.problem, case.method, budget.pick(smoke=3_000, quick=100_000, paper=10_000_000)),)


def observe(case: SeparableCase, traces: Traces) -> Observation:
    """Extrapolate the residual."""
    (trace,) = traces
    rho = residual(trace.w[0, 1:], case.svm.weights, trace.log_time[1:])
    curves = tuple(
        Curve(trace.rounds[1:], np.linalg.norm(rho - end, axis=1), label, role, method)
        for end, label, role, method in (
            (case.residual_limit, "to argmin J", "measured", "local_gd"),
            (least_squares(case), "to least squares with other multipliers", "falsifier", None),
        )
    )
    end = residual_at_infinity(trace, case.svm.weights, case.exponent)
    return Observation({LIMIT: end}, curves, divergence(traces))


def predict(case: SeparableCase) -> Prediction:
    """The minimiser of J(w) = Σ_S p_i exp(−x_i·w) + ŵ·w, by Newton's method."""
    return Prediction({LIMIT: Predicted(case.residual_limit)})


def least_squares(case: SeparableCase) -> np.ndarray:
    """Least squares solution of x_i·w = −log(α_i/p_i), with the multipliers α that are as equal as can be."""
    rows = case.problem.signed[case.svm.support]
    alpha = centred_multipliers(rows, case.svm.duals[case.svm.support])
    shares = case.problem.sample_weights[case.svm.support]
    return np.linalg.lstsq(rows, -np.log(alpha / shares), rcond=None)[0]


PROOF = r"""Where the support vectors are dependent, $\hat w = \sum\alpha_ix_i$ has many solutions $\alpha \ge 0$ and
$p_i\exp(-x_i\cdot w) = \alpha_i$ can be solved for one of them at most. Let $J(w) = \sum_Sp_ie^{-x_i\cdot w}+\hat
w\cdot w$ on $\mathrm{span}(X_S)$: it is strictly convex there, and it is coercive if and only if some $\alpha$ is
positive on all of $S$, so it has a unique minimiser $\tilde w$. $\nabla J(\tilde w) = 0$ reads $\hat w =
\sum\alpha_ix_i$ with $\alpha_i = p_ie^{-x_i\cdot\tilde w} > 0$: this $\alpha$ is the one. In log-time the residual
follows $d\rho/d\tau = -\nabla J(\rho) + O(e^{-(\theta-1)\tau}) + O(e^{-\tau})$ on that span, hence $\rho\to\tilde
w$."""

CLAIM = Claim(
    key="derived/dependent-support",
    title="With more support vectors than dimensions, the residual minimises J",
    statement=(
        r"For dependent support vectors, $w^r-\hat w\log(\eta Hr)$ tends (on their span) to the unique minimiser "
        r"of $J(w) = \sum_Sp_i\exp(-x_i\cdot w)+\hat w\cdot w$. It selects the multipliers $\alpha_i = "
        r"p_i\exp(-x_i\cdot\tilde w)$ among all that represent $\hat w$."
    ),
    hypotheses=(
        "separable data; some multipliers are positive on every support vector",
        "exponential or logistic loss, f(w^r) → 0",
        "the support vectors span the data",
    ),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=DependentKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "any multipliers will do",
            "a solver returns some α, and the equations look linear in w",
            lambda case: Prediction({LIMIT: Predicted(least_squares(case))}),
        ),
    ),
    see=("zhu2024/residual-limit",),
    axes=("communication rounds r", "distance of ρ", "log", "log"),
)
