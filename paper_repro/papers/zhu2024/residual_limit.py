"""Local GD follows ŵ log(ηHr) + w̃, with a w̃ that depends neither on η nor on H."""

import numpy as np

from implicitbias.asymptotics import residual
from implicitbias.oracle import residual_limit as limit_of
from implicitbias.statistics import extrapolated_limit
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.separable import LocalGDKnobs, separable_case, SeparableCase


def needs(case: SeparableCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    return (RunSpec(case.problem, case.method, budget.pick(smoke=3_000, quick=100_000, paper=10_000_000)),)


def observe(case: SeparableCase, traces: Traces) -> Observation:
    """Extrapolate ρ(r) to r → ∞ with the predicted exponent κ, over the last two decades."""
    (trace,) = traces
    late = trace.rounds >= trace.rounds[-1] / 100
    rho = residual(trace.w[0], case.svm.weights, trace.log_time)
    end = extrapolated_limit(trace.rounds[late], rho[late], case.exponent)
    distance = np.linalg.norm(rho[1:] - case.residual_limit, axis=1)
    curve = Curve(trace.rounds[1:], distance, "|ρ − w̃| measured", method="local_gd")
    return Observation({"limit of w − ŵ log(ηHr)": Measured(end.value, end.error)}, (curve,))


def predict(case: SeparableCase) -> Prediction:
    """p_i exp(−x_i·w̃) = α_i on the support, p_i = 1/(M n_m)."""
    return Prediction({"limit of w − ŵ log(ηHr)": Predicted(case.residual_limit)})


def shifted(case: SeparableCase, factor: float) -> Prediction:
    """The prediction if the logarithm were taken of ``factor``·ηHr."""
    moved = case.residual_limit + case.svm.weights * np.log(factor)
    return Prediction({"limit of w − ŵ log(ηHr)": Predicted(moved)})


def uniform_weights(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The prediction with p_i = 1/n."""
    if len(set(case.problem.sizes)) == 1:
        return AssumptionUnmet("equal n_m: 1/n and 1/(M n_m) are the same")
    return Prediction({"limit of w − ŵ log(ηHr)": Predicted(limit_of(case.problem.signed))})


def without_steps(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The prediction with log(ηr/H) for log(ηHr)."""
    steps = case.method.steps(case.problem.workers, 0)[0]
    if steps == 1:
        return AssumptionUnmet("H = 1: ηHr and ηr/H are the same")
    return shifted(case, 1.0 / steps**2)


CLAIM = Claim(
    key="zhu2024/residual-limit",
    title="w − ŵ log(ηHr) converges, to a limit that depends neither on η nor on H",
    statement=(
        r"On separable data with an exponential tail, $w^r = \hat w \log(\eta H r) + \tilde w + o(1)$ with "
        r"$p_i \exp(-x_i\cdot\tilde w) = \alpha_i$ on the support vectors, $p_i = 1/(M n_{m(i)})$, for any "
        r"fixed $\eta$ and $H$ with $f(w^r) \to 0$."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss, f(w^r) → 0",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("zhu2024", "bounded residual; the limit itself is proved here", ("v1", "v2")),
    source="derived",
    knobs=LocalGDKnobs(data="A-prime"),
    setup=separable_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "p_i = 1/n", "the mean over all samples looks natural, but f is a mean of means", uniform_weights
        ),
        Falsifier("log(ηr/H)", "the paper's step size is O(1/H), so H seems to divide", without_steps),
        Falsifier(
            "log(r)", "the literature drops the constant ηH", lambda case: shifted(case, 1 / case.step)
        ),
    ),
    axes=("communication rounds r", "distance to the predicted limit w̃", "log", "log"),
)
