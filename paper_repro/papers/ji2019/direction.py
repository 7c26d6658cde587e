"""With η_j = η/√(j+1) gradient descent tends to v̄ on U, and grows along ū/γ_⊥ across it."""

import numpy as np

from implicitbias import max_margin, Trace
from paper_repro.claims import (
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
from paper_repro.claims.extrapolation import at_infinity
from paper_repro.papers.derived.mixed_data.setting import MixedCase
from paper_repro.papers.ji2019.setting import excess_loss, falling, non_separable_case, NonSeparableKnobs


INSIDE = "limit of the part in U"
GROWTH = "limit of dw_⊥/d log 1/(f − inf f)"
# Growth is taken over a factor 4 of steps, and compared with that one and two decades of steps before.
APART, DECADE = 4.0, 10.0
# The least κ for which what is left of the way halves with every decade of steps: 10^(κ/2) ≥ 2.
LEAST_EXPONENT = 0.6


def needs(case: MixedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run with η_j = η/√(j+1)."""
    steps = budget.pick(smoke=100_000, quick=600_000, paper=30_000_000)
    return (RunSpec(case.problem, falling(case.lr), steps),)


def observe(case: MixedCase, traces: Traces) -> Observation:
    """Extrapolate the part in U, which comes near like 1/Σ η_j ~ 1/√t, and the growth across it."""
    (trace,) = traces
    steps, w = trace.rounds[1:], trace.w[0, 1:]
    inside = w @ case.split.subspace.T
    quantities = {
        INSIDE: at_infinity(steps, inside, 0.5),
        GROWTH: _growth(case, trace),
    }
    distance, length = np.linalg.norm(inside - case.minimiser, axis=1), np.linalg.norm(w, axis=1)
    late = steps >= steps[-1] / DECADE**2
    turned = np.linalg.norm(w / length[:, None] - case.split.direction, axis=1)
    curves = (
        Curve(steps, distance, "|w_t − v̄| on U", method="gd"),
        Curve(steps, turned, "|w_t/|w_t| − ū|"),
        Curve(steps[late], distance[-1] * np.sqrt(steps[-1] / steps[late]), "slope −1/2", "reference"),
    )
    return Observation(quantities, curves)


def _growth(case: MixedCase, trace: Trace) -> Measured:
    """Return the last Δw_⊥/Δlog 1/(f − inf f), known to within its change over the last decade of steps.

    On this clock, unlike log Σ η_j, the way to the limit has no term log s/s: it shortens like (Σ η_j)^{−κ}. Where that
    halves with every decade, and the changes no longer grow, what is left to go is no more than the last one.
    """
    last, before, first = (_slope(case, trace, trace.rounds[-1] / past) for past in (1.0, DECADE, DECADE**2))
    change, earlier = last - before, before - first
    settles = change @ earlier > 0.0 and np.linalg.norm(change) <= np.linalg.norm(earlier)
    trusted = settles and case.exponent >= LEAST_EXPONENT
    # At a turning point the last change is small by accident, and the one before tells.
    left = max(np.linalg.norm(change), np.linalg.norm(earlier) * DECADE ** (-0.5 * case.exponent))
    return Measured(last, float(left) if trusted else np.inf)


def _slope(case: MixedCase, trace: Trace, step: float) -> np.ndarray:
    ends = [int(np.abs(trace.rounds - step / part).argmin()) for part in (1.0, APART)]
    w, subspace = trace.w[0, ends], case.split.subspace
    later, earlier = w - w @ subspace.T @ subspace
    excess = excess_loss(case, w)
    return (later - earlier) / np.log(excess[1] / excess[0])


def predict(case: MixedCase) -> Prediction:
    """v̄ on U, and ū/γ_⊥ across it whenever the loss falls by a factor e."""
    return Prediction({INSIDE: Predicted(case.minimiser), GROWTH: Predicted(case.separator)})


def origin(case: MixedCase) -> Prediction:
    """Nothing on U."""
    return Prediction({INSIDE: Predicted(np.zeros(case.inside.dim))})


def unit_growth(case: MixedCase) -> Prediction:
    """ū, without 1/γ_⊥."""
    return Prediction({GROWTH: Predicted(case.separator * case.split.margin)})


def unprojected(case: MixedCase) -> Prediction:
    """The max-margin separator of the separable rows as they are."""
    return Prediction({GROWTH: Predicted(max_margin(case.problem.signed[~case.trapped]).weights)})


CLAIM = Claim(
    key="ji2019/direction",
    title="On mixed data gradient descent tends to v̄ on U and turns to ū across it",
    statement=(
        r"With $\eta_j = \eta/\sqrt{j+1}$, $\eta \le 1$: $|\Pi_Uw_t - \bar v| \to 0$, $|\Pi_{U^\perp}w_t| = "
        r"\Theta(\ln t)$ and $w_t/|w_t| \to \bar u$. (The source gives rates, with $\eta = 1$: $|\Pi_Uw_t - \bar "
        r"v|^2 = O(\ln^2t/\sqrt t)$ and $|w_t/|w_t| - \bar u|^2 = O(\ln\ln t/\ln t)$. Checked are the limits, with the "
        r"constant that follows from `derived/mixed-data`: across $U$, $w$ grows by $\bar u/\gamma_\perp$ whenever "
        r"$f - \inf f$ falls by a factor $e$.)"
    ),
    hypotheses=(
        "exponential or logistic loss, w₀ = 0, row norms at most 1",
        "almost every data set: positive multipliers across U, support vectors that span it",
    ),
    reference=Reference("ji2019", "Theorem 1", ("COLT 2019",)),
    source="stated",
    knobs=NonSeparableKnobs(),
    setup=non_separable_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier("nothing on U", "the direction is ū, orthogonal to U, but U keeps a finite part", origin),
        Falsifier(
            "ū for ū/γ_⊥", "the direction is ū, but margins, not lengths, follow the loss", unit_growth
        ),
        Falsifier(
            "the max margin of the unprojected rows",
            "gradient descent separates them, but U is occupied",
            unprojected,
        ),
    ),
    see=("ji2019/loss-limit", "derived/mixed-data"),
    axes=("step t", "distance", "log", "log"),
)
