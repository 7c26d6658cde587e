"""ηt(f(w_t) − inf f) → 1/γ_⊥²: the margin across U decides, not that of the separable rows as they are."""

import numpy as np

from implicitbias import max_margin
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
from paper_repro.claims.extrapolation import at_infinity
from paper_repro.papers.derived.mixed_data.setting import MixedCase
from paper_repro.papers.ji2019.setting import excess_loss, non_separable_case, NonSeparableKnobs


LIMIT = "limit of ηt(f(w_t) − inf f)"
# Margins closer than this give limits that a run of this length cannot tell apart.
ALIKE = 1.02


def needs(case: MixedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from 0 with a constant step."""
    steps = budget.pick(smoke=30_000, quick=100_000, paper=10_000_000)
    return (RunSpec(case.problem, case.method, steps),)


def observe(case: MixedCase, traces: Traces) -> Observation:
    """Extrapolate ηt(f(w_t) − inf f)."""
    (trace,) = traces
    scaled = trace.time[1:] * excess_loss(case, trace.w[0, 1:])
    curve = Curve(trace.rounds[1:], scaled, "ηt(f(w_t) − inf f)", method="gd")
    return Observation({LIMIT: at_infinity(trace.rounds[1:], scaled, case.exponent)}, (curve,))


def predict(case: MixedCase) -> Prediction:
    """1/γ_⊥²."""
    return level(1.0 / case.split.margin**2, "1/γ_⊥²", "theory")


def level(value: float, label: str, role: str = "falsifier") -> Prediction:
    """A limit, drawn as a line."""
    line = Curve(np.array([10.0, 1e5]), np.full(2, value), label, role)
    return Prediction({LIMIT: Predicted(value)}, (line,))


def unprojected(case: MixedCase) -> Prediction | AssumptionUnmet:
    """1/γ² of the separable rows as they are."""
    margin = max_margin(case.problem.signed[~case.trapped]).margin
    if margin < ALIKE * case.split.margin:
        return AssumptionUnmet("on these data the projection changes the margin by less than one in fifty")
    return level(1.0 / margin**2, "1/γ² without projection")


PROOF = r"""Across $U$ the limit theorem for separable data holds with the weights $\tilde p_i = p_ie^{-x_i\cdot\bar
v}$ (`derived/mixed-data` with $H = 1$): $\tilde p_i e^{-x_i\cdot w_\perp} = a_i/(\eta t)\,(1+o(1))$ on the support,
with $\sum a_i = 1/\gamma_\perp^2$, and the other separable rows are of lower order; so these rows cost $1/(\gamma_
\perp^2\eta t)$. On $U$ the gradients of the separable rows, $O(1/t)$, displace $w$ from $\bar v$ by $O(1/t)$, and
$f_U$ exceeds its minimum by the square of that."""

CLAIM = Claim(
    key="ji2019/loss-limit",
    title="On mixed data ηt(f(w_t) − inf f) tends to 1/γ_⊥², the margin across U",
    statement=(
        r"Gradient descent with a constant step on mixed data: $\eta t\,(f(w_t) - \inf f) \to 1/\gamma_\perp^2$, the "
        r"margin of the separable rows after projection on $U^\perp$. The bound of `ji2019/loss-bound` is above it by "
        r"a factor of about $\frac12\ln^2t$."
    ),
    hypotheses=(
        "exponential or logistic loss; η ≤ 1, row norms at most 1",
        "almost every data set: positive multipliers across U, support vectors that span it",
    ),
    reference=Reference("ji2019", "setting of Theorem 3; the constant is proved here", ("COLT 2019",)),
    source="derived",
    proof=PROOF,
    knobs=NonSeparableKnobs(),
    setup=non_separable_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "the margin of the unprojected rows",
            "gradient descent separates them, but along U it must not move for them",
            unprojected,
        ),
        Falsifier(
            "1/γ_⊥",
            "the norm of the separator, for its square",
            lambda case: level(1.0 / case.split.margin, "1/γ_⊥"),
        ),
    ),
    see=("ji2019/loss-bound", "derived/mixed-data"),
    axes=("step t", "ηt(f(w_t) − inf f)", "log", "log"),
)
