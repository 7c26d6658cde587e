"""The weak approximation by the slow SDE over all rounds of a slow horizon, on a ring where its means are computed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import RunSpec, Stream, Trace
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Observation,
    Predicted,
    Prediction,
    Reference,
    statistical,
    Traces,
)
from paper_repro.claims.two_rates import in_the_limit, mirrored, paired, Regime, regime
from paper_repro.papers.derived.curved_minima.curved_ring import (
    Drift,
    projected_angle,
    ring_with,
    slow_equation,
    SlowAngle,
    START,
)
from sde.formulas import drift_factor
from sde.references import expectation
from sde.references import Ring as Circumference
from sde.zoo import Ring


MEANS = "E sin φ and E cos φ along slow time, η → 0"
TANGENTIAL, MIXED = 0.5, 0.4
SLOW_TIME, RECORDS = 0.4, 4
# Of the backward equation: its error is then far below any interval here, and enters the allowance.
POINTS, STEPS = 201, 60


Solution = Float[np.ndarray, " function"]


@dataclass(frozen=True)
class WeakKnobs:
    """The method; η follows. B = 1 is a unit of slow time."""

    workers: int = knob(4, "M", "workers", low=2, high=8)
    round_time: float = knob(1.0, "α", "conventional time of a round, ηH", low=0.1, high=1.0, log=True)


@dataclass(frozen=True)
class WeakCase:
    """The ring, the coarser of the two runs, and the source of noise."""

    ring: Ring
    coarse: Regime
    stream: Stream

    @property
    def times(self) -> Float[np.ndarray, " record"]:
        """Slow times of the records after the start."""
        return self.coarse.slow_time * np.arange(1, RECORDS + 1) / RECORDS


def setup(knobs: WeakKnobs, stream: Stream) -> WeakCase:
    """Return the case of the knobs."""
    coarse = regime(knobs.workers, knobs.round_time, SLOW_TIME, multiple=RECORDS)
    return WeakCase(ring_with(MIXED, TANGENTIAL), coarse, stream.child("weak"))


def needs(case: WeakCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Mirrored pairs at both rates from one point."""
    gradients = budget.pick(smoke=1e7, quick=2e8, paper=1e10)
    return mirrored(case.ring.landscape, case.coarse, START, gradients, case.stream, RECORDS)


def observe(case: WeakCase, traces: Traces) -> Observation:
    """Extrapolate both means at every record; the theorem is about their largest error, and so is the allowance."""
    coarse, fine = paired(_read(case, trace) for trace in traces)
    measured = in_the_limit(coarse, fine, comparisons=coarse.shape[1], together=True)
    mean, error = np.asarray(measured.value), np.asarray(measured.error)
    sine = slice(RECORDS)
    label = f"Local SGD, M = {case.coarse.workers}, α = {case.coarse.round_time:.3g}, η → 0"
    low, high = (mean - error)[sine], (mean + error)[sine]
    return Observation(
        {MEANS: measured}, (Curve(case.times, mean[sine], label, "measured", "local_sgd", low, high),)
    )


def _read(case: WeakCase, trace: Trace) -> Float[np.ndarray, "replica function"]:
    phi = projected_angle(case.ring, trace.w[:, 1:])
    return np.concatenate([np.sin(phi), np.cos(phi)], axis=1)


def predict(case: WeakCase) -> Prediction:
    """The means under the slow SDE; beside E sin φ of it those under SGD's and under the M-fold limit."""
    lines = (
        _line(case, _own(case), "slow SDE of Local SGD", "theory"),
        _line(case, _at(case, np.inf), "M-fold limit", "falsifier"),
        _line(case, _at(case, 0.0), "slow SDE of SGD", "reference"),
    )
    return Prediction({MEANS: _means(case, _own(case))}, lines)


def _own(case: WeakCase) -> Drift:
    return _at(case, case.coarse.round_time)


def _at(case: WeakCase, alpha: float) -> Drift:
    """Return the drift at another α: 0 for SGD, ∞ for the M-fold limit."""
    return SlowAngle(case.ring, case.coarse.workers, case.coarse.total_batch, alpha)


@dataclass(frozen=True)
class PairsConfused:
    """The drift with ψ(2αλ_i) on every pair, mixed ones included."""

    ring: Ring
    own: Regime

    def __call__(self, q: Float[np.ndarray, "*batch 1"]) -> Float[np.ndarray, "*batch 1"]:
        """Return the drift."""
        groove, own = self.ring.groove, self.own
        gain = drift_factor(own.workers, own.round_time, groove.curvature(q[..., 0]))
        sliding = 0.25 * groove.log_slope(q[..., 0]) * groove.normal**2
        return -((sliding + groove.mixed) * gain / own.total_batch)[..., None]


# A verdict and its picture ask for the same solutions.
@lru_cache(maxsize=16)
def _solved(ring: Ring, drift: Drift, times: tuple[float, ...], batch: float) -> tuple[Solution, Solution]:
    """Return both means at every record by the backward Kolmogorov equation, and their errors."""
    equation = slow_equation(ring, drift, batch)
    found = [
        expectation(equation, lambda q, g=g: g(q[:, 0]), t, 0.0, Circumference(), points=POINTS, steps=STEPS)
        for g in (np.sin, np.cos)
        for t in times
    ]
    return np.array([float(one.value) for one in found]), np.array([float(one.error) for one in found])


def _means(case: WeakCase, drift: Drift) -> Predicted:
    means, errors = _solved(case.ring, drift, tuple(case.times), case.coarse.total_batch)
    return Predicted(means, errors, reason="grid of the backward equation")


def _line(case: WeakCase, drift: Drift, label: str, role: str) -> Curve:
    sine = np.asarray(_means(case, drift).value)[:RECORDS]
    return Curve(np.concatenate([[0.0], case.times]), np.concatenate([[0.0], sine]), label, role)


def under(drift: Callable[[WeakCase], Drift]) -> Callable[[WeakCase], Prediction]:
    """Return the prediction of another drift."""
    return lambda case: Prediction({MEANS: _means(case, drift(case))})


CLAIM = Claim(
    key="gu2023/weak-approximation",
    title="Over a whole slow horizon E g(Φ(θ̄_r)) follows the slow SDE, on a ring with all kinds of noise",
    statement=(
        r"For every smooth $g$, $\max_{0\le r\le "
        r"T/(\alpha\eta)}|E\,g(\Phi(\bar\theta_r))-E\,g(\zeta(r\alpha\eta))|\to0$ as $\eta\to0$ with $\alpha=\eta "
        r"H$ and $T$ fixed [recalled; the paper bounds it by $\tilde O(\eta^{1/4})$, and toys show $O(\eta)$]. "
        r"Checked on the ring $L=\frac12h(\varphi)(r-1)^2$, $h=1+0.6\sin\varphi$, with mixed noise, for $g=\sin$ "
        r"and $g=\cos$ of the angle at four times, against the backward equation of "
        r"$d\varphi=-\frac1B\left[\frac{h'}{4h}\sigma_N^2(1+(M-1)\psi(2\alpha h))+\rho(1+(M-1)\psi(\alpha "
        r"h))\right]dt+\frac{\sigma_T}{\sqrt B}dW$; in the limit $\eta\to0$, as $2E_{\eta/2}-E_\eta$ within the "
        r"largest $|E_\eta-E_{\eta/2}|$ of all."
    ),
    hypotheses=(
        "independent noise of the workers",
        "α = ηH and T fixed as η → 0; start on Γ, which is compact",
    ),
    reference=Reference("gu2023", "weak approximation by the slow SDE; theorem number unknown", ("v2",)),
    source="recalled",
    knobs=WeakKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(
            "the slow SDE of SGD", "both have one conventional SDE", under(lambda case: _at(case, 0.0))
        ),
        Falsifier("the M-fold limit", "rounds look endless", under(lambda case: _at(case, np.inf))),
        Falsifier(
            "ψ(2αh) on mixed pairs too",
            "one gain for all that is not tangential",
            under(lambda case: PairsConfused(case.ring, case.coarse)),
        ),
    ),
    see=("derived/mixed-noise-drift", "gu2023/diffusion-not-amplified"),
    axes=("slow time η²·steps", "E sin φ of the angle", "linear", "linear"),
)
