"""The exponent of the residual, seen where it has settled: log|ρ − w̃| falls with slope −κ in log-time."""

import numpy as np
from jaxtyping import Float

from implicitbias import FastForwardSpec
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    Spec,
    Traces,
)
from paper_repro.claims.continued import nothing_seen, residuals
from paper_repro.claims.extrapolation import divergence
from paper_repro.claims.separable import SeparableCase
from paper_repro.papers.derived.local_gd.residual_rate import (
    always_one,
    curvature_only,
    mixture,
    near_support,
    next_margin_only,
    PROOF,
    RateKnobs,
    setup,
    SLOPE,
)


# |ρ − w̃| may fall below 1e-12: the integrator's tolerance is as small as rounding lets it be.
FINEST = 2.5e-14
# Log-times recorded; at κ = 0.3, the slowest on offer, |ρ − w̃| falls by e^{−18} until their end.
RECORDS = tuple(0.25 * k for k in range(4, 241))
# |ρ − w̃| is read where it is known to a thousandth: the slope then is known as well over a window of this length.
TRUSTED, WINDOW = 1e-3, 3.0
# Fewer records than this make no slope.
FEWEST = 4


def needs(case: SeparableCase, budget: Budget) -> tuple[Spec, ...]:
    """One continuation, to where |ρ − w̃| drowns in rounding."""
    del budget
    return (FastForwardSpec(case.problem, case.method, RECORDS, rtol=FINEST),)


def observe(case: SeparableCase, traces: Traces) -> Observation:
    """Fit log|ρ − w̃| against τ in the last window where it is known."""
    if stopped := divergence(traces):
        return nothing_seen(stopped, SLOPE)
    (trace,) = traces
    rho, error = residuals(trace)
    away, tau = rho - case.residual_limit, trace.log_time
    distance = np.linalg.norm(away, axis=1)
    shown = distance > error
    curve = Curve(tau[shown], distance[shown], "|ρ − w̃| continued", method="local_gd")
    known = np.flatnonzero(error <= TRUSTED * distance)
    last = known[tau[known] >= tau[known[-1]] - WINDOW] if len(known) else known
    if len(last) < FEWEST:
        return Observation({SLOPE: Measured(0.0, np.inf)}, (curve,), "|ρ − w̃| is never known well enough")
    slope, spread = fitted(tau[last], np.log(distance[last]), error[last] / distance[last])
    mixed = mixture(case, away[last[0]], float(tau[last[0]]))
    return Observation({SLOPE: Measured(slope, spread + mixed)}, (curve,))


def fitted(
    x: Float[np.ndarray, " record"], y: Float[np.ndarray, " record"], error: Float[np.ndarray, " record"]
) -> tuple[float, float]:
    """Return the least-squares slope, and the most that errors of these sizes can move it."""
    centred = x - x.mean()
    spread = float(centred @ centred)
    return float(centred @ y) / spread, float(np.abs(centred) @ error) / spread


def predict(case: SeparableCase) -> Prediction:
    """−κ = −min(λ_min⁺(A_S), θ − 1), with lines of this slope and of −1."""
    tau = np.linspace(1.0, 40.0, 2)
    curves = (
        Curve(tau, np.exp(-case.exponent * tau), f"slope −κ, κ = {case.exponent:.4f}", "theory"),
        Curve(tau, np.exp(-tau), "slope −1", "falsifier"),
    )
    return Prediction({SLOPE: Predicted(-case.exponent)}, curves)


CLAIM = Claim(
    key="derived/residual-rate-continued",
    title="Continued in log-time, the residual settles with the exponent κ, seen to about 10⁻³",
    statement=(
        r"$|\rho-\tilde w|$ falls like $e^{-\kappa\tau}$ along the continuation, $\tau = \log(\eta Hr)$, with "
        r"$\kappa = \min(\lambda_{\min}^+(A_S),\ \theta-1)$. Rounds end where the slope still drifts; followed to "
        r"$\tau\approx 40$, round $10^{17}$, it is seen to about $10^{-3}$."
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
        Falsifier("−1 for all data", "the loss falls like 1/r", always_one),
        Falsifier(
            "−(θ − 1) only", "the other samples are what disturbs the support vectors", next_margin_only
        ),
        Falsifier(
            "−λ only", "the curvature at the limit is what contracts", curvature_only, setup=near_support
        ),
    ),
    see=("derived/residual-rate",),
    axes=("log-time τ = log(ηHr); τ = 40 is round 10¹⁷", "distance to w̃", "linear", "log"),
)
