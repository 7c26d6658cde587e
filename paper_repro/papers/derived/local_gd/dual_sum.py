"""The multipliers of ŵ sum to 1/γ², and ŵ is an eigenvector of A_S."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import LinearClassification, max_margin, MaxMargin, Stream
from paper_repro.claims import (
    AssumptionUnmet,
    certified,
    Claim,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.separable import classification, distributed


SUM, IMAGE = "γ² Σ α_i", "γ A_S ŵ"
# The optimality residuals of a certified separator are at most 1e-12 in units of |x·ŵ| = 1 on the margin; three of
# them enter (stationarity, complementarity, rounding to double), each magnified by at most b_x/γ.
OPTIMALITY = 3e-12


@dataclass(frozen=True)
class DualKnobs:
    """Which data."""

    data: str = knob(
        "A", "X", "data set", choices=("A", "A-prime", "O", "D", "random", "gaussian", "iris-0-1", "wine-0-1")
    )


@dataclass(frozen=True)
class DualCase:
    """A certified separator and the multipliers put into A = Σ α_i x_i x_iᵀ."""

    problem: LinearClassification
    svm: MaxMargin
    multipliers: Float[np.ndarray, " sample"]


def setup(knobs: DualKnobs, stream: Stream) -> DualCase:
    """Return the separator of all samples with its own multipliers."""
    problem = classification(distributed(knobs.data, stream), "exponential")
    svm = max_margin(problem)
    return DualCase(problem, svm, svm.duals)


def local(knobs: DualKnobs, stream: Stream) -> DualCase | AssumptionUnmet:
    """Return the separator of all samples with the multipliers of every worker's own separator."""
    case = setup(knobs, stream)
    duals = np.zeros(len(case.problem.signed))
    for rows in case.problem.members:
        duals[rows] = max_margin(case.problem.signed[rows]).duals
    if np.allclose(duals, case.multipliers):
        return AssumptionUnmet("on these data the local multipliers are those of the whole")
    return DualCase(case.problem, case.svm, duals)


def observe(case: DualCase, traces: Traces) -> Observation:
    """Sum the multipliers; apply A to ŵ."""
    del traces
    x, alpha, svm = case.problem.signed, case.multipliers, case.svm
    image = (x.T * alpha) @ (x @ svm.weights)
    return Observation(
        {SUM: Measured(svm.margin**2 * float(alpha.sum())), IMAGE: Measured(svm.margin * image)}
    )


def predict(case: DualCase) -> Prediction:
    """γ²Σα = 1 and γA_Sŵ = γŵ, a unit vector."""
    return summing_to(1.0, case)


def summing_to(total: float, case: DualCase) -> Prediction:
    """The prediction that γ² Σ α_i is ``total``."""
    allowance = OPTIMALITY * (1 + case.problem.radius / case.svm.margin)
    reason = "optimality residuals of the certificate, magnified by b_x/γ"
    quantities = {
        SUM: Predicted(total, allowance, reason=reason),
        IMAGE: Predicted(case.svm.direction, allowance, reason=reason),
    }
    return Prediction(quantities)


def plain_inverse(case: DualCase) -> Prediction | AssumptionUnmet:
    """Σα = 1/γ, hence γ²Σα = γ."""
    if np.isclose(case.svm.margin, 1.0):
        return AssumptionUnmet("γ = 1: 1/γ and 1/γ² are the same")
    return summing_to(case.svm.margin, case)


PROOF = r"""The multipliers satisfy $\hat w = \sum\alpha_ix_i$, and $\alpha_i > 0$ only where $x_i\cdot\hat w = 1$.
Hence $1/\gamma^2 = |\hat w|^2 = \sum\alpha_i\,x_i\cdot\hat w = \sum\alpha_i$, and $A_S\hat w =
\sum\alpha_ix_i(x_i\cdot\hat w) = \sum\alpha_ix_i = \hat w$."""

CLAIM = Claim(
    key="derived/dual-sum",
    title="The multipliers sum to 1/γ², and A_S ŵ = ŵ",
    statement=(
        r"For the hard-margin separator $\hat w = \sum_S\alpha_ix_i$ of separable data: $\sum_S\alpha_i = |\hat "
        r"w|^2 = 1/\gamma^2$, and $\hat w$ is an eigenvector of $A_S = \sum_S\alpha_ix_ix_i^\top$ with eigenvalue "
        r"$1$. The first is the limit of $\eta Hr f$, the second is why $\kappa \le 1$."
    ),
    hypotheses=("separable data, margin γ > 0",),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=DualKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=certified,
    falsifiers=(
        Falsifier("Σα = 1/γ", "the norm of ŵ, for its square", plain_inverse),
        Falsifier(
            "A from the local multipliers",
            "every worker can compute its own separator, and nothing else",
            setup=local,
        ),
    ),
    see=("zhu2024/loss-limit", "derived/residual-rate"),
)
