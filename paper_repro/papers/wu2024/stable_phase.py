"""From f(w_s) ≤ 1/η on the loss falls at every step, and like ln²t/(γ²ηt)."""

import numpy as np
from jaxtyping import Float, Int

from implicitbias.loss_bounds import stable_loss_bound
from paper_repro.claims import (
    bound,
    Claim,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.verdict import Relation
from paper_repro.papers.wu2024.setting import (
    every_step,
    few_steps,
    large_step_case,
    LargeStepCase,
    LargeStepKnobs,
    log_spaced,
    telling_case,
)


VALUE = "f(w_t) / bound, over all s < t with f(w_s) ≤ 1/η"
RISE = "largest f(w_{k+1})/f(w_k) from f ≤ 1/η on"
ANY_RISE = "largest f(w_{k+1})/f(w_k)"
SCALED = "γ²η(t − s) f(w_t)"
# Margins of size z carry a rounding of a few ε·z, which is that of log f; z stays below 10⁴.
ROUNDING = 1e-11
# Pairs s < t are formed of so many steps.
PAIRED = 40


def observe(case: LargeStepCase, traces: Traces) -> Observation:
    """Measure losses past every recorded s of the stable phase in units of the bound, and the rises of the loss."""
    (trace,) = traces
    w, f, first = trace.w[0], trace.loss[0], case.phase_end(trace.w[0])
    rises = np.exp(np.diff(trace.log_loss[0]))
    curve = Curve(trace.rounds, f, "f(w_t)", method="gd")
    level = Curve(trace.rounds, np.full(len(f), 1.0 / case.lr), "1/η", "reference")
    if first is None or first >= len(f) - 1:
        unknown = {name: Measured(0.0, np.inf) for name in (VALUE, RISE, ANY_RISE, SCALED)}
        return Observation(unknown, (curve, level), "the run ended before the stable phase")
    later = first + log_spaced(1, len(f) - 1 - first, PAIRED)
    values = _bounds(case, f, case.exponential_risk(w), np.array([first, *later[:-1]]), later)
    quantities = {
        VALUE: Measured(f[later] / values),
        RISE: Measured(rises[first:]),
        ANY_RISE: Measured(rises),
        SCALED: Measured(case.margin**2 * case.lr * (later - first) * f[later]),
    }
    theory = Curve(later, values[0], "bound from the first s", "theory")
    return Observation(quantities, (curve, theory, level))


def _bounds(
    case: LargeStepCase,
    losses: Float[np.ndarray, " step"],
    risks: Float[np.ndarray, " step"],
    starts: Int[np.ndarray, " start"],
    times: Int[np.ndarray, " time"],
) -> Float[np.ndarray, "start time"]:
    """Return the bound on f(w_t) from every s < t; infinite, so that it says nothing, for the other pairs."""
    values = np.full((len(starts), len(times)), np.inf)
    for row, s in zip(values, starts, strict=True):
        first = {"first_loss": float(losses[s]), "first_risk": float(risks[s])}
        for k in np.flatnonzero(times > s):
            theorem = stable_loss_bound(case.margin, lr=case.lr, steps=int(times[k] - s), **first)
            row[k] = theorem.value if theorem.applicable else np.inf
    return values


def predict(case: LargeStepCase) -> Prediction:
    """At most the bound, and no rise."""
    del case
    return Prediction({VALUE: Predicted(1.0, relation=Relation.AT_MOST), RISE: no_rise()})


def no_rise() -> Predicted:
    """A ratio of consecutive losses of at most 1."""
    return Predicted(1.0, ROUNDING, Relation.AT_MOST, "rounding of the margins in log f")


CLAIM = Claim(
    key="wu2024/stable-phase",
    title="From f(w_s) ≤ 1/η on the loss falls at every step, and like ln²t/(γ²ηt)",
    statement=(
        r"If $f(w_s) \le 1/\eta$, gradient descent on the logistic loss does not raise the loss from $s$ on, and "
        r"$f(w_t) \le \frac{2E(w_s) + \ln^2(\gamma^2\eta(t-s))}{\gamma^2\eta(t-s)}$ with $E(w) = \sum_i p_ie^{-x_i"
        r"\cdot w}$."
    ),
    hypotheses=(
        "separable data, margin γ > 0, row norms at most 1",
        "mean logistic loss, w₀ = 0, any η > 0",
        "f(w_s) ≤ 1/η",
    ),
    reference=Reference("wu2024", "Theorem 1", ("COLT 2024",)),
    source="stated",
    knobs=LargeStepKnobs(),
    setup=large_step_case,
    needs=every_step,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "(1/2)/(γ²η(t − s))",
            "ln² looks like slack to be removed, but γ²ηt f tends to 1",
            lambda case: Prediction({SCALED: Predicted(0.5, relation=Relation.AT_MOST)}),
            setup=telling_case,
            needs=few_steps,
        ),
        Falsifier(
            "monotone from the start, for every η",
            "gradient descent on a convex loss: but the step is longer than 2/smoothness",
            lambda case: Prediction({ANY_RISE: no_rise()}),
            setup=telling_case,
            needs=few_steps,
        ),
    ),
    see=("wu2024/mean-loss", "wu2024/phase-length"),
    axes=("step t", "loss", "log", "log"),
)
