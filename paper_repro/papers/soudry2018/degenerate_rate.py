"""Degenerate data: a support vector with multiplier zero makes the chord fall like log log t/log t, not 1/log t."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import gd, MaxMargin, Stream
from implicitbias.data import degenerate, Samples, separable, set_a
from implicitbias.methods import LocalMethod
from implicitbias.oracle import max_margin, residual_limit, SignedRows
from implicitbias.oracle.multipliers import span_basis
from implicitbias.problems import LinearClassification
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
from paper_repro.claims.separable import classification, LOSSES


GROWTH = "slope of chord·τ in log τ"
MULTIPLIER = "τ p₀ exp(−x₀·ρ)"

# Random data: two support vectors with positive multipliers and one without in three dimensions, others behind them.
PLANTED = {"samples": 6, "dim": 3, "margin": 0.5, "support": 2, "zero_multiplier": 1, "gap": 0.8}


@dataclass(frozen=True)
class DegenerateKnobs:
    """Which degenerate data, and the step."""

    data: str = knob("D", "X", "data set", choices=("D", "random"))
    loss: str = knob("exponential", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(0.1, "η", "step on the mean loss", low=0.02, high=0.5, log=True)


@dataclass(frozen=True, eq=False)
class DegenerateCase:
    """Gradient descent on data with one support vector x₀ of multiplier zero."""

    problem: LinearClassification
    method: LocalMethod
    svm: MaxMargin

    @property
    def zero(self) -> int:
        """Row of x₀."""
        return int(self.svm.support[self.svm.duals[self.svm.support].argmin()])

    @property
    def others(self) -> SignedRows:
        """The other support vectors."""
        rows = np.setdiff1d(self.svm.support, self.zero)
        return SignedRows(self.svm.signed[rows], self.problem.sample_weights[rows])

    @property
    def reach(self) -> float:
        """|u|, the distance of x₀ from their span."""
        basis, row = span_basis(self.others.signed), self.svm.signed[self.zero]
        return float(np.linalg.norm(row - basis @ (basis.T @ row)))

    def scaled_chord(self, log_time: Float[np.ndarray, " record"]) -> Float[np.ndarray, " record"]:
        """Return chord·τ up to a factor 1 + O(log τ/τ)."""
        settled = residual_limit(self.others)
        share = self.problem.sample_weights[self.zero]
        growth = np.log(share * self.reach**2 * log_time) - self.svm.signed[self.zero] @ settled
        across = settled - (settled @ self.svm.direction) * self.svm.direction
        return np.hypot(np.linalg.norm(across), growth / self.reach) * self.svm.margin


def setup(knobs: DegenerateKnobs, stream: Stream) -> DegenerateCase:
    """Return set D, or planted degenerate data, on one machine."""
    samples = degenerate() if knobs.data == "D" else separable(stream, **PLANTED).samples
    return degenerate_case(samples, knobs.loss, knobs.lr)


def degenerate_case(samples: Samples, loss: str, lr: float) -> DegenerateCase:
    """Return gradient descent on these data."""
    problem = classification(samples.with_workers(None), loss)
    return DegenerateCase(problem, gd(lr), max_margin(problem))


def needs(case: DegenerateCase, budget: Budget) -> tuple[Spec, ...]:
    """One continuation."""
    del budget
    return (continuation(case.problem, case.method),)


def observe(case: DegenerateCase, traces: Traces) -> Observation:
    """Read growth and vanishing multiplier over the last decades of τ; errors are what the last one changed."""
    if stopped := divergence(traces):
        return nothing_seen(stopped, GROWTH, MULTIPLIER)
    (trace,) = traces
    decades = [at(trace, FAR / 10**k) for k in range(4)][::-1]
    rho, error = (values[decades] for values in residuals(trace))
    tau, chord = trace.log_time, np.asarray(trace.extras["chord"])[0]
    row = case.svm.signed[case.zero]
    vanishing = tau[decades] * case.problem.sample_weights[case.zero] * np.exp(-rho @ row)
    quantities = {
        GROWTH: growth(tau[decades] * chord[decades], float(error.max()) * case.svm.margin),
        MULTIPLIER: settled(vanishing, float((vanishing * error).max() * np.linalg.norm(row))),
    }
    return Observation(quantities, (Curve(tau, tau * chord, "chord · τ, continued", method="gd"),))


def growth(scaled: Float[np.ndarray, "4"], error: float) -> Measured:
    """Slope b of log τ in chord·τ from four decades: (chord·τ)² is quadratic in log τ, b² its leading coefficient.

    Parts of the residual that have settled are constant in the square, and drop out of its second difference.
    """
    second = np.diff(scaled**2, 2) / (2.0 * np.log(10.0) ** 2)
    slopes = np.sqrt(np.maximum(second, 0.0))
    noise = 4.0 * error * float(scaled.max()) / np.log(10.0) ** 2 / max(float(slopes[-1]), error)
    return settled(slopes, noise)


def settled(values: Float[np.ndarray, " decade"], noise: float) -> Measured:
    """Return the last of values whose distance from their limit falls with τ, decade by decade."""
    return Measured(float(values[-1]), abs(float(values[-1] - values[-2])) + noise)


def predict(case: DegenerateCase) -> Prediction:
    """1/(|u||ŵ|), and 1/|u|²."""
    tau = np.geomspace(10.0, FAR, 60)
    return grows(
        case, case.reach, Curve(tau, case.scaled_chord(tau), "closed form, grows like log τ", "theory")
    )


def grows(case: DegenerateCase, reach: float, *curves: Curve) -> Prediction:
    """The prediction for a given |u|."""
    quantities = {GROWTH: Predicted(case.svm.margin / reach), MULTIPLIER: Predicted(1.0 / reach**2)}
    return Prediction(quantities, curves)


PROOF = r"""Let $x_0$ be the support vector with multiplier zero, $u$ its part orthogonal to the span $V$ of the
others; as multipliers are unique, $u\ne0$. In log-time $\rho' = \sum_{S\setminus0}p_ie^{-x_i\cdot\rho}x_i +
p_0e^{-x_0\cdot\rho}x_0-\hat w$ up to terms that vanish exponentially. The part in $V$ tends to the limit $\tilde w_V$
of the data without $x_0$ while $\epsilon = p_0e^{-x_0\cdot\rho}\to0$, and differs from it by $O(\epsilon)$. The
coordinate $y$ along $u$ has $y' = \epsilon|u|$, so that $\epsilon' = -\epsilon\,x_0\cdot\rho' =
-|u|^2\epsilon^2(1+O(\epsilon))$ and $\epsilon\tau\to1/|u|^2$: the multiplier vanishes like $1/\tau$. Hence $|u|y =
\log(p_0|u|^2\tau)-x_0\cdot\tilde w_V+O(\log\tau/\tau)$, and as $u\perp\hat w$, $\mathrm{chord}\cdot\tau\,|\hat
w|\to\sqrt{|\Pi_\perp\tilde w_V|^2+y^2}$ up to a factor $1+O(\log\tau/\tau)$. Its square is quadratic in $\log\tau$
with leading coefficient $1/|u|^2$."""

CLAIM = Claim(
    key="soudry2018/degenerate-rate",
    title="With a zero multiplier the chord falls like log τ/τ, τ = log t: slower than on almost all data",
    statement=(
        r"On degenerate data, where a support vector $x_0$ has the multiplier zero, the residual is unbounded, "
        r"$|\rho| = O(\log\log t)$, and the chord $O(\log\log t/\log t)$ [stated]. Both are attained: with $u$ the "
        r"part of $x_0$ off the span of the other support vectors, $\mathrm{chord}\cdot\tau\sim\log\tau/(|u||\hat "
        r"w|)$, and the weight of $x_0$ vanishes like $p_0e^{-x_0\cdot\rho}\sim1/(|u|^2\tau)$."
    ),
    hypotheses=(
        "separable data, margin γ > 0, exponential or logistic loss",
        "one support vector with multiplier zero; the others are independent of it and have positive ones",
    ),
    reference=Reference(
        "soudry2018", "Theorems 3 and 5 for all data; the constants are proved here", ("JMLR 19(70)",)
    ),
    source="derived",
    proof=PROOF,
    knobs=DegenerateKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "O(1/τ)",
            "the rate of almost every data set",
            lambda case: Prediction({GROWTH: Predicted(0.0)}),
        ),
        Falsifier(
            "|x₀| for |u|",
            "the part of x₀ along the others is held by them",
            lambda case: grows(case, float(np.linalg.norm(case.svm.signed[case.zero]))),
        ),
        Falsifier(
            "on every data set",
            "a bound that holds for all data seems to be attained by all",
            setup=lambda knobs, stream: degenerate_case(set_a(), knobs.loss, knobs.lr),
        ),
    ),
    see=("soudry2018/degenerate-curve", "zhu2024/direction-at-infinity"),
    axes=(LOG_TIME, "chord · τ", "log", "linear"),
)
