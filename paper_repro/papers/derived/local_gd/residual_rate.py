"""The residual reaches its limit like r^(−κ), with an exponent that the data decide."""

from dataclasses import dataclass, replace

import numpy as np

from implicitbias import local_gd, Stream
from implicitbias.asymptotics import residual
from implicitbias.data import iid, named, Samples, separable
from implicitbias.oracle import support_hessian
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.extrapolation import decay_at_infinity, divergence
from paper_repro.claims.separable import certified_case, classification, LOSSES, SeparableCase


SLOPE = "slope of log|ρ − w̃| in log r"
# Exponents closer than this cannot be told apart by a slope that drifts like 1/log r over the rounds run.
ALIKE = 0.1


# Relative rounding of the exponents: those closer than this are one.
SAME = 1e-9


@dataclass(frozen=True)
class RateKnobs:
    """Data with different exponents, and a method."""

    data: str = knob("A", "X", "data set", choices=("A", "A-prime", "random"))
    gap: float = knob(0.4, "θ−1", "extra margin off the support, of random data", low=0.3, high=0.8)
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.2, "η", "learning rate", low=0.05, high=0.5, log=True)
    local_steps: int = knob(10, "H", "local steps", low=1, high=50, log=True)


def setup(knobs: RateKnobs, stream: Stream) -> SeparableCase | AssumptionUnmet:
    """Return the case; random data have a large margin, one sample off the support, and κ = θ − 1 or smaller."""
    samples = planted(knobs.gap, stream) if knobs.data == "random" else named(knobs.data)
    return certified_case(classification(samples, knobs.loss), local_gd(knobs.lr, knobs.local_steps))


def planted(gap: float, stream: Stream) -> Samples:
    """Return three support vectors and one more sample, with margin θ = 1 + gap, on two workers of unequal size."""
    samples = separable(stream, samples=4, dim=3, margin=0.5, gap=gap).samples
    return samples.with_workers(iid(samples, 2, stream, sizes=(1 / 3, 2 / 3)))


def near_support(knobs: RateKnobs, stream: Stream) -> SeparableCase | AssumptionUnmet:
    """Return data whose next sample, and not the curvature, decides the exponent: θ − 1 = 0.3."""
    return setup(replace(knobs, data="random", gap=0.3), stream)


def needs(case: SeparableCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    return (RunSpec(case.problem, case.method, budget.pick(smoke=3_000, quick=100_000, paper=10_000_000)),)


def observe(case: SeparableCase, traces: Traces) -> Observation:
    """Fit the slope over the last decades, and follow its drift."""
    (trace,) = traces
    rounds = trace.rounds[1:]
    rho = residual(trace.w[0, 1:], case.svm.weights, trace.log_time[1:])
    error = rho - case.residual_limit
    distance = np.linalg.norm(error, axis=1)
    slope = decay_at_infinity(rounds, distance)
    mixed = mixture(case, error[-1], trace.log_time[-1])
    curve = Curve(rounds, distance, "|ρ − w̃| measured", method="local_gd")
    quantity = Measured(slope.value, np.asarray(slope.error) + mixed)
    return Observation({SLOPE: quantity}, (curve,), divergence(traces))


def mixture(case: SeparableCase, error: np.ndarray, log_time: float) -> float:
    """How far the slope may be from −κ because ρ − w̃ still is a mixture: share of the faster terms times their lead.

    A mixture of powers has the mean of their exponents for a slope, and drifts too slowly for a fit to notice.
    """
    rest = error - leading_term(case, error, log_time)
    share = float(np.linalg.norm(rest) / np.linalg.norm(error))
    return share * (max(float(spectrum(case)[0][-1]), 1.0) - case.exponent)


def leading_term(case: SeparableCase, error: np.ndarray, log_time: float) -> np.ndarray:
    """Return the part of ρ − w̃ at this log-time that decays with the exponent κ.

    To first order de/dτ = −A_S e + Σ_{i∉S} p_i exp(−x_i·w̃) e^{−(θ_i−1)τ} x_i: sample i leaves the response
    p_i exp(−x_i·w̃) e^{−(θ_i−1)τ} (A_S − (θ_i−1))⁻¹ x_i, and what it does not explain decays along eigenvectors.
    """
    values, vectors = spectrum(case)
    others = np.setdiff1d(np.arange(len(case.svm.signed)), case.svm.support)
    powers, rows = case.svm.slack[others], case.svm.signed[others] @ vectors
    sizes = case.problem.sample_weights[others] * np.exp(-case.svm.signed[others] @ case.residual_limit)
    responses = (sizes * np.exp(-powers * log_time))[:, None] * rows / (values - powers[:, None])
    if case.svm.next_margin - 1 <= values[0]:
        return vectors @ responses[powers <= powers.min() * (1 + SAME)].sum(axis=0)
    slow = values <= values[0] * (1 + SAME)
    return vectors @ (slow * (error @ vectors - responses.sum(axis=0)))


def spectrum(case: SeparableCase) -> tuple[np.ndarray, np.ndarray]:
    """Positive eigenvalues of A_S, ascending, and their eigenvectors."""
    values, vectors = np.linalg.eigh(support_hessian(case.problem, case.svm))
    rank = case.svm.support_basis.shape[1]
    return values[-rank:], vectors[:, -rank:]


def predict(case: SeparableCase) -> Prediction:
    """−κ = −min(λ_min⁺(A_S), θ − 1)."""
    return decay(case.exponent, f"r^(−κ), κ = {case.exponent:.3f}", "theory")


def decay(exponent: float, label: str, role: str = "falsifier") -> Prediction:
    """The prediction of one exponent, with a line of that slope."""
    rounds = np.geomspace(1e2, 1e5, 2)
    line = Curve(rounds, (rounds / rounds[0]) ** -exponent, label, role)
    return Prediction({SLOPE: Predicted(-exponent)}, (line,))


def always_one(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """−1, as for the loss."""
    if case.exponent > 1 - ALIKE:
        return AssumptionUnmet(f"κ = {case.exponent:.3f}: close to 1 on these data")
    return decay(1.0, "r⁻¹")


def next_margin_only(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """−(θ − 1), as if the support vectors were met at once."""
    wrong = min(case.svm.next_margin - 1, 1.0)
    if wrong < case.exponent + ALIKE:
        return AssumptionUnmet(f"θ − 1 = {wrong:.3f} is κ on these data, or close to it")
    return decay(wrong, "r^(−(θ−1))")


def curvature_only(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """−λ_min⁺(A_S), as if the other samples did not matter."""
    wrong = min(float(spectrum(case)[0][0]), 1.0)
    if wrong < case.exponent + ALIKE:
        return AssumptionUnmet(f"λ_min⁺ = {wrong:.3f} is κ on these data, or close to it")
    return decay(wrong, "r^(−λ)")


PROOF = r"""Let $e_r = w^r-\hat w\log(\eta Hr)-\tilde w$. One round moves it by $e_{r+1}-e_r =
\frac1r\sum_S\alpha_ix_i (e^{-x_i\cdot e_r}-1) + O(r^{-\theta}) + O(r^{-2})$: the second term comes from the samples
off the support, whose margins grow like $\theta\log r$ or faster, the third from the difference of a round of local
steps and one step $\eta H$ and from $\log(r+1)-\log r-1/r$. As $e_r\to0$, linearise: $e' = -\frac1rA_Se +
O(r^{-\theta})$ with $A_S = \sum_S\alpha_ix_ix_i^\top$. Its solutions are sums of $r^{-\lambda}$, $\lambda$ a positive
eigenvalue, and of the response $O(r^{-(\theta-1)})$. Since $A_S\hat w = \hat w$, one eigenvalue is $1$; there the
forcing $r^{-2}$ gives $\log r/r$. Hence $|e_r| = O(r^{-\kappa})$ with $\kappa = \min(\lambda_{\min}^+(A_S),\theta-1)
\le 1$, with a factor $\log r$ if $\kappa = 1$ or $\lambda_{\min}^+ = \theta-1$."""

CLAIM = Claim(
    key="derived/residual-rate",
    title="The residual settles like r^(−κ): the data decide the exponent, not H",
    statement=(
        r"$|w^r-\hat w\log(\eta Hr)-\tilde w| = O(r^{-\kappa})$ with $\kappa = \min(\lambda_{\min}^+(A_S),\ "
        r"\theta-1) \le 1$, with a factor $\log r$ if $\kappa = 1$ or $\lambda_{\min}^+ = \theta-1$; here "
        r"$A_S = \sum_S\alpha_ix_ix_i^\top$ and $\theta$ is the "
        r"smallest margin $x_i\cdot\hat w$ off the support. Generically the exponent is attained; that is what the "
        r"slope shows."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss, f(w^r) → 0",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=RateKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier("r⁻¹ for all data", "the loss falls like 1/r", always_one),
        Falsifier(
            "r^(−(θ−1)) only", "the other samples are what disturbs the support vectors", next_margin_only
        ),
        Falsifier(
            "r^(−λ) only", "the curvature at the limit is what contracts", curvature_only, setup=near_support
        ),
    ),
    see=("zhu2024/residual-limit",),
    axes=("communication rounds r", "distance to w̃", "log", "log"),
)
