"""Local GD follows ŵ log(ηHr) + w̃, with a w̃ that depends neither on η nor on H."""

import numpy as np

from implicitbias import max_margin
from implicitbias.asymptotics import residual
from implicitbias.oracle import residual_limit as limit_of
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
from paper_repro.claims.extrapolation import at_infinity, divergence
from paper_repro.claims.separable import LocalGDKnobs, separable_case, SeparableCase


LIMIT = "limit of w − ŵ log(ηHr)"


def needs(case: SeparableCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    return (RunSpec(case.problem, case.method, budget.pick(smoke=3_000, quick=100_000, paper=10_000_000)),)


def observe(case: SeparableCase, traces: Traces) -> Observation:
    """Extrapolate ρ(r) to r → ∞ with the predicted exponent κ, over the last two decades."""
    (trace,) = traces
    rounds, rho = trace.rounds[1:], residual(trace.w[0, 1:], case.svm.weights, trace.log_time[1:])
    distance = np.linalg.norm(rho - case.residual_limit, axis=1)
    curve = Curve(rounds, distance, "|ρ − w̃| measured", method="local_gd")
    return Observation({LIMIT: at_infinity(rounds, rho, case.exponent)}, (curve,), divergence(traces))


def predict(case: SeparableCase) -> Prediction:
    """p_i exp(−x_i·w̃) = α_i on the support, p_i = 1/(M n_m)."""
    return Prediction({LIMIT: Predicted(case.residual_limit)})


def shifted(case: SeparableCase, factor: float) -> Prediction:
    """The prediction if the logarithm were taken of ``factor``·ηHr."""
    moved = case.residual_limit + case.svm.weights * np.log(factor)
    return Prediction({LIMIT: Predicted(moved)})


def uniform_weights(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The prediction with p_i = 1/n."""
    if len(set(case.problem.sizes)) == 1:
        return AssumptionUnmet("equal n_m: 1/n and 1/(M n_m) are the same")
    return Prediction({LIMIT: Predicted(limit_of(case.problem.signed))})


def without_steps(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The prediction with log(ηr/H) for log(ηHr)."""
    steps = case.method.steps(case.problem.workers, 0)[0]
    if steps == 1:
        return AssumptionUnmet("H = 1: ηHr and ηr/H are the same")
    return shifted(case, 1.0 / steps**2)


def local_multipliers(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The prediction with every worker's own multipliers for α (the least squares solution of their equations)."""
    duals = np.zeros(len(case.problem.signed))
    for rows in case.problem.members:
        duals[rows] = max_margin(case.problem.signed[rows]).duals
    own, shares = duals[case.svm.support], case.problem.sample_weights[case.svm.support]
    if (own <= 0).any():
        return AssumptionUnmet("a support vector of the whole does not support its worker's own separator")
    if np.allclose(own, case.svm.duals[case.svm.support]):
        return AssumptionUnmet("on these data the local multipliers are those of the whole")
    system = case.problem.signed[case.svm.support]
    wrong = np.linalg.lstsq(system, -np.log(own / shares), rcond=None)[0]
    return Prediction({LIMIT: Predicted(wrong)})


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
        Falsifier(
            "local multipliers for α", "every worker knows its own support vectors only", local_multipliers
        ),
    ),
    proof=(
        r"Along local steps the loss of worker $m$ does not increase once $f$ is small, so its path is no longer than "
        r"$\eta H f_m(w^r)$, and a round is a gradient step of length $\eta H$ with an error of order $(\eta H f)^2$. "
        r"So $w^{r+1} = w^r - \eta H(\nabla f + b)$ with $|b| \le |\nabla f|/5$ from some round on, as "
        r"$|\nabla f| \ge \gamma f/2$; "
        r"then $f(w^r) - f(w^{r+1}) \ge \frac12\eta H|\nabla f|^2 \ge \frac18\gamma^2\eta H f^2$, and $1/f$ "
        r"grows at least linearly: $f = O(1/r)$, and the errors $O(1/r^2)$ are summable."
        "\n\n"
        r"Choose $\tilde w$ by $p_i \exp(-x_i\cdot\tilde w) = \alpha_i$ on the support, and let "
        r"$e_r = w^r - \hat w\log(\eta H r) - \tilde w$. Then $e_{r+1} - e_r = "
        r"\frac{1}{r} \sum_i \alpha_i x_i (e^{-x_i\cdot e_r} - 1)$ plus summable terms. As "
        r"$y(e^{-y} - 1) \le 0$, $|e_r|$ converges, $\sum_r \frac{1}{r} \sum_i \alpha_i y_i (1 - e^{-y_i})$ is finite "
        r"with $y_i = x_i\cdot e_r$, so $y_i \to 0$ along a subsequence; "
        r"the support vectors span the data, so $e_r \to 0$ along "
        r"it, and along all rounds as $|e_r|$ converges. Neither $\eta$ "
        r"nor $H$ enters the equation of $\tilde w$; the factor $1/(1 + e^{-z})$ of the logistic loss is $1 + O(1/r)$."
    ),
    axes=("communication rounds r", "distance to the predicted limit w̃", "log", "log"),
)
