"""The degenerate set (1, 0), (1, 1): the flow from 0 keeps e^{w₂} + w₂ = w₁ + 1, so that w₂ grows like log log t."""

from dataclasses import dataclass

import numpy as np

from implicitbias import Exponential, gd, LinearClassification, Stream, Trace
from implicitbias.data import degenerate
from implicitbias.formulas import degenerate_growth
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Spec,
    Traces,
)
from paper_repro.claims.continued import at, continuation, FAR, LOG_TIME, nothing_seen, residuals
from paper_repro.claims.extrapolation import divergence


CURVE = "exp(w₂) + w₂ − w₁ at τ = 10²"
SECOND = "w₂ at τ = 10², 10³, …, 10⁶"

# At later times w₁ ≈ τ cancels against e^{w₂} to ever fewer digits.
CURVE_AT = 1e2
DECADES = 10.0 ** np.arange(2, 7)


@dataclass(frozen=True)
class CurveKnobs:
    """The larger of two steps, from which the flow is extrapolated."""

    lr: float = knob(0.02, "η", "step on the mean loss; η/2 is run too", low=0.005, high=0.05, log=True)


@dataclass(frozen=True, eq=False)
class CurveCase:
    """Set D with exponential loss, and the step."""

    problem: LinearClassification
    lr: float


def setup(knobs: CurveKnobs, stream: Stream) -> CurveCase:
    """Return set D."""
    del stream
    samples = degenerate()
    return CurveCase(LinearClassification(samples.features, samples.labels, loss=Exponential()), knobs.lr)


def needs(case: CurveCase, budget: Budget) -> tuple[Spec, ...]:
    """Gradient descent with two steps, continued."""
    del budget
    return tuple(continuation(case.problem, gd(step)) for step in (case.lr, case.lr / 2))


def observe(case: CurveCase, traces: Traces) -> Observation:
    """Extrapolate curve and growth to vanishing steps; the error is what half the step changes."""
    del case
    if stopped := divergence(traces):
        return nothing_seen(stopped, CURVE, SECOND)
    (coarse, coarse_second), (fine, fine_second) = (on_the_curve(t) for t in traces)
    quantities = {CURVE: vanishing_step(coarse, fine), SECOND: vanishing_step(coarse_second, fine_second)}
    rho, _ = residuals(traces[1])
    return Observation(quantities, (Curve(traces[1].log_time, rho[:, 1], "w₂, continued", method="gd"),))


def on_the_curve(trace: Trace) -> tuple[Measured, Measured]:
    """Return e^{w₂} + w₂ − w₁ at one time and w₂ at all decades; ŵ = (1, 0), so that w₂ = ρ₂."""
    rho, error = residuals(trace)
    early, decades = at(trace, CURVE_AT), [at(trace, tau) for tau in DECADES]
    first, second = trace.log_time[early] + rho[early, 0], rho[early, 1]
    stretch = float(np.exp(second) + 2.0)
    curve = Measured(float(np.exp(second) + second - first), stretch * float(error[early]))
    return curve, Measured(rho[decades, 1], error[decades])


def vanishing_step(coarse: Measured, fine: Measured) -> Measured:
    """Return 2 E(η/2) − E(η), give or take |E(η/2) − E(η)|: errors are of first order in the step."""
    step = np.asarray(fine.value) - np.asarray(coarse.value)
    noise = 2.0 * np.asarray(fine.error) + np.asarray(coarse.error)
    return Measured(np.asarray(fine.value) + step, np.abs(step) + noise)


def predict(case: CurveCase) -> Prediction:
    """1, and log(1 + W(e^τ/2))."""
    del case
    tau = np.geomspace(2.0, FAR, 60)
    curves = (
        Curve(tau, np.asarray(degenerate_growth(tau)), "log(1 + W(e^τ/2)) ~ log τ", "theory"),
        Curve(tau, np.full_like(tau, float(degenerate_growth(2.0))), "bounded, as on most data", "falsifier"),
    )
    return Prediction({CURVE: Predicted(1.0), SECOND: Predicted(degenerate_growth(DECADES))}, curves)


def bounded(case: CurveCase) -> Prediction:
    """w₂ stays where it is at the first time."""
    del case
    return Prediction({SECOND: Predicted(np.full(len(DECADES), float(degenerate_growth(DECADES[0]))))})


def without_second(case: CurveCase) -> Prediction:
    """e^{w₂} = w₁ + 1."""
    del case
    return Prediction({CURVE: Predicted(1.0 + float(degenerate_growth(CURVE_AT)))})


def summed(case: CurveCase) -> Prediction:
    """The flow of the sum of the losses, twice as fast."""
    del case
    return Prediction({SECOND: Predicted(degenerate_growth(DECADES + np.log(2.0)))})


PROOF = r"""For $f = \frac12(e^{-w_1}+e^{-w_1-w_2})$ the flow has $\dot w_1 = \frac12e^{-w_1}(1+e^{-w_2})$ and $\dot
w_2 = \frac12e^{-w_1-w_2}$, hence $dw_1/dw_2 = e^{w_2}+1$: from $0$, $e^{w_2}+w_2 = w_1+1$. Insert $w_1$: with $y =
e^{w_2}-1$ and time $s = e^\tau$, $ds = 2e^{y}(1+y)\,dy$, so $ye^y = s/2$, $y = W(s/2)$ and $w_2 = \log(1+W(e^\tau/2))
\sim \log\tau$. Steps of finite length keep the curve up to a multiple of their length."""

CLAIM = Claim(
    key="soudry2018/degenerate-curve",
    title="On (1, 0), (1, 1) the flow keeps exp(w₂) + w₂ = w₁ + 1, so w₂ grows like log log t to round 10^434294",
    statement=(
        r"On the samples $(1,0)$ and $(1,1)$, whose second has the multiplier zero, the gradient flow of the mean "
        r"exponential loss from $0$ keeps $e^{w_2}+w_2 = w_1+1$, and $w_2 = \log(1+W(e^\tau/2))$ with Lambert's $W$ "
        r"and $\tau$ the logarithm of time. The direction $(1,0)$ is reached like $\log\tau/\tau$."
    ),
    hypotheses=(
        "exponential loss, set D, start at 0",
        "steps so short that halving them shows what they change",
    ),
    reference=Reference("soudry2018", "an example of their degenerate case, made here", ("JMLR 19(70)",)),
    source="derived",
    proof=PROOF,
    knobs=CurveKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier("w₂ bounded", "on almost every data set the residual converges", bounded),
        Falsifier("exp(w₂) = w₁ + 1", "w₂ is small against e^{w₂}", without_second),
        Falsifier("time of the summed loss", "the paper sums where we average", summed),
    ),
    see=("soudry2018/degenerate-rate",),
    axes=(LOG_TIME, "w₂", "log", "linear"),
)
