"""The direction of Local GD tends to the global max-margin separator, like 1/log(ηHr)."""

import numpy as np

from implicitbias import max_margin
from implicitbias.asymptotics import chord_from_residual, direction_error, rate_constant, residual, unit
from implicitbias.oracle import residual_limit as limit_of
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
from paper_repro.claims.extrapolation import at_infinity, divergence, slope_in_log_time, unit_vector
from paper_repro.claims.separable import LocalGDKnobs, separable_case, SeparableCase


DIRECTION = "direction of dw/dlog r as r → ∞"
CONSTANT = "chord · log(ηHr) as r → ∞"

# Directions closer than this are one and the same: rounding of two certified separators.
SAME_DIRECTION = 1e-9


def needs(case: SeparableCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    return (RunSpec(case.problem, case.method, budget.pick(smoke=3_000, quick=100_000, paper=10_000_000)),)


def observe(case: SeparableCase, traces: Traces) -> Observation:
    """Extrapolate the two-time slope, and the residual that makes the chord."""
    (trace,) = traces
    slope = at_infinity(*slope_in_log_time(trace), case.exponent)
    rho = residual(trace.w[0, 1:], case.svm.weights, trace.log_time[1:])
    end = at_infinity(trace.rounds[1:], rho, case.exponent)
    size = float(np.linalg.norm(case.svm.weights))
    constant = Measured(
        rate_constant(case.svm.weights, np.asarray(end.value)), float(np.max(end.error)) / size
    )
    quantities = {DIRECTION: unit_vector(slope), CONSTANT: constant}
    return Observation(quantities, _measured_curves(case, traces), divergence(traces))


def predict(case: SeparableCase) -> Prediction:
    """ŵ/|ŵ|, and the constant |Π⊥w̃|/|ŵ|."""
    constant = rate_constant(case.svm.weights, case.residual_limit)
    return Prediction(
        {DIRECTION: Predicted(case.svm.direction), CONSTANT: Predicted(constant)}, _continued_curves(case)
    )


def average_of_local(case: SeparableCase) -> np.ndarray:
    """Mean over workers of their own hard-margin separators."""
    return np.mean([max_margin(rows).weights for rows in case.problem.local_signed], axis=0)


def average_of_local_units(case: SeparableCase) -> np.ndarray:
    """Mean over workers of the unit vectors of their own separators."""
    return np.mean([max_margin(rows).direction for rows in case.problem.local_signed], axis=0)


def towards(vector: np.ndarray, case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The prediction that the limit direction is that of ``vector``."""
    if direction_error(vector, case.svm.weights) <= SAME_DIRECTION:
        return AssumptionUnmet("on these data this direction is the max-margin direction")
    return Prediction({DIRECTION: Predicted(unit(vector))})


def without_constant(case: SeparableCase) -> Prediction:
    """The prediction that the chord vanishes faster than 1/log(ηHr)."""
    del case
    return Prediction({CONSTANT: Predicted(0.0)})


def uniform_weights(case: SeparableCase) -> Prediction | AssumptionUnmet:
    """The constant with p_i = 1/n for 1/(M n_m)."""
    if len(set(case.problem.sizes)) == 1:
        return AssumptionUnmet("equal n_m: 1/n and 1/(M n_m) are the same")
    wrong = limit_of(case.problem.signed)
    return Prediction({CONSTANT: Predicted(rate_constant(case.svm.weights, wrong))})


def _measured_curves(case: SeparableCase, traces: Traces) -> tuple[Curve, ...]:
    (trace,) = traces
    seen = trace.log_time > 1
    tau, w = trace.log_time[seen], trace.w[0, seen]
    wrong = average_of_local(case)
    return (
        Curve(tau, direction_error(w, case.svm.weights), "to ŵ, measured", method="local_gd"),
        Curve(tau, direction_error(w, wrong), "to the average of the local SVMs, measured", "reference"),
    )


def _continued_curves(case: SeparableCase) -> tuple[Curve, ...]:
    """Both chords along ŵτ + w̃, far beyond the run."""
    tau = np.geomspace(3, 1e4, 200)
    path = tau[:, None] * case.svm.weights + case.residual_limit
    right = chord_from_residual(np.broadcast_to(case.residual_limit, path.shape), case.svm.weights, tau)
    wrong = direction_error(path, average_of_local(case))
    return (
        Curve(tau, right, "to ŵ, along ŵτ + w̃", "theory"),
        Curve(tau, wrong, "to the average of the local SVMs, along ŵτ + w̃", "falsifier"),
    )


CLAIM = Claim(
    key="zhu2024/direction-limit",
    title="Local GD turns towards the global max-margin separator, like 1/log(ηHr)",
    statement=(
        r"Separable data, exponential tail, any $H$: the direction of $w^r$ tends to that of the GLOBAL max-margin "
        r"separator $\hat w$, as for centralised descent, with $|w^r/|w^r| - \hat w/|\hat w|| = O(1/\log r)$ "
        r"[known to us second-hand, from the version between v1 and v2]. Made exact here: "
        r"$\mathrm{chord}\cdot\log(\eta H r) \to |\Pi_\perp\tilde w|/|\hat w|$. Closeness at finite $r$ decides "
        r"nothing (the iterate may be nearer to the average of the local separators for as long as anybody can "
        r"run); the slope $dw/d\log r$ does, since it reaches its limit like $r^{-\kappa}$, with a factor $\log r$ if "
        r"$\kappa = 1$ or $\lambda_{\min}^+ = \theta-1$, and $w/\log r$ has the same limit."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "exponential or logistic loss, f(w^r) → 0",
        "every support vector has a positive multiplier, and the support vectors span the data",
    ),
    reference=Reference("zhu2024", "theorem on classification; number unknown", ("v1", "v2")),
    source="second-hand",
    knobs=LocalGDKnobs(data="A-prime"),
    setup=separable_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "the average of the local SVMs",
            "many local steps solve every worker's own problem, and the server averages",
            lambda case: towards(average_of_local(case), case),
        ),
        Falsifier(
            "the average of the unit local SVMs",
            "only directions of the local solutions matter",
            lambda case: towards(average_of_local_units(case), case),
        ),
        Falsifier("faster than 1/log", "the loss falls like 1/r, so the direction might", without_constant),
        Falsifier("p_i = 1/n in the constant", "f is a mean of means, not the mean", uniform_weights),
    ),
    see=("zhu2024/residual-limit",),
    axes=("log-time log(ηHr)", "chord of unit vectors", "log", "log"),
)
