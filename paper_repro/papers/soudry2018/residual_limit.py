"""Theorem 4: w(t) − ŵ log t converges, to the w̃ with η exp(−x_i·w̃) = α_i on the support vectors."""

from collections.abc import Callable

import numpy as np

from implicitbias.asymptotics import residual
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    limit,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.papers.soudry2018.sum_loss import cautious_limit, sum_loss_case, SumLossCase, SumLossKnobs


LOSS = "limit of η t L(w(t))"
RESIDUAL = "limit of w(t) − ŵ log t"

Altered = Callable[[SumLossCase], Prediction | AssumptionUnmet]


def needs(case: SumLossCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    rounds = budget.pick(smoke=3_000, quick=100_000, paper=10_000_000)
    return (RunSpec(case.separable.problem, case.separable.method, rounds),)


def observe(case: SumLossCase, traces: Traces) -> Observation:
    """Extrapolate both sequences to t → ∞ with the exponent κ, over the last two decades."""
    (trace,) = traces
    time = trace.rounds[1:]
    scaled = case.sum_step * time * case.samples * trace.loss[0, 1:]
    rho = residual(trace.w[0, 1:], case.separable.svm.weights, np.log(time))
    kappa = case.separable.exponent
    quantities = {name: cautious_limit(time, y, kappa) for name, y in ((LOSS, scaled), (RESIDUAL, rho))}
    distance = np.linalg.norm(rho - case.limit, axis=1)
    scale = case.separable.svm.margin**2
    curves = (
        Curve(time, distance, "|w(t) − ŵ log t − w̃|", method="gd"),
        Curve(time, np.abs(scale * scaled - 1), "|γ² η t L − 1|"),
    )
    return Observation(quantities, curves)


def predict(case: SumLossCase) -> Prediction:
    """1/γ², and the w̃ of the paper."""
    envelope = np.array([1e2, 1e5])
    line = Curve(
        envelope, envelope**-case.separable.exponent, f"slope −κ = −{case.separable.exponent:.3f}", "theory"
    )
    return _limits(1 / case.separable.svm.margin**2, case.limit, (line,))


def mean_for_sum(case: SumLossCase) -> Prediction:
    """The step n·η of the mean read as the step η of the sum."""
    n, svm = case.samples, case.separable.svm
    return _limits(1 / (n * svm.margin**2), case.limit + svm.weights * np.log(n))


def unscaled(case: SumLossCase) -> Prediction:
    """1/γ for 1/γ², and exp(−x_i·w̃) = α_i, without the step."""
    svm = case.separable.svm
    return _limits(1 / svm.margin, case.limit - svm.weights * np.log(case.sum_step))


def _limits(loss: float, end: np.ndarray, curves: tuple[Curve, ...] = ()) -> Prediction:
    return Prediction({LOSS: Predicted(loss), RESIDUAL: Predicted(end)}, curves)


CLAIM = Claim(
    key="soudry2018/residual-limit",
    title="w(t) − ŵ log t converges to w̃; the loss constant 1/(γ²ηt) follows",
    statement=(
        r"For gradient descent with step $\eta < 2/(\beta\sigma_{\max}^2(X))$ on $\mathcal L(w) = \sum_n \ell(x_n "
        r"\cdot w)$, almost every separable data set whose support vectors span the data has $w(t) = \hat w \log t + "
        r"\tilde w + o(1)$ with $\eta \exp(-x_n\cdot\tilde w) = \alpha_n$ on the support vectors [stated]. The loss "
        r"constant follows, a corollary drawn here: $\eta t\mathcal L(w(t)) \to \sum \alpha_n = 1/\gamma^2$."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss (tight exponential tail), step below the bound of Lemma 1",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("soudry2018", "Theorem 4", ("JMLR 19(70)",)),
    source="stated",
    knobs=SumLossKnobs(),
    setup=sum_loss_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier("ηn for η", "code averages the loss where the paper sums it", mean_for_sum),
        Falsifier("no η, 1/γ for 1/γ²", "constants that an O(·) would swallow", unscaled),
    ),
    see=("zhu2024/residual-limit",),
    axes=("iterations t", "relative distance to the limit", "log", "log"),
)
