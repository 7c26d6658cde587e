"""The moments of a giant step of R_grp rounds: drift (1/2B)∂²Φ[Σ + (M − 1)Ψ] and covariance Σ_∥/B per slow time."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import RecordAt, RunSpec, Stream, Trace
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
from paper_repro.claims.ensembles import mean_of
from paper_repro.claims.two_rates import in_the_limit, paired, Regime, regime, runs_for
from paper_repro.papers.derived.curved_minima.setting import angles, gradients, mixed_circle, START
from sde.formulas import first_phase_rounds, psi
from sde.landscapes import antithetic
from sde.zoo import Circle


FIRST, SECOND = "E ΔΦ per slow time, η → 0", "variance of ΔΦ per slow time, η → 0"
# Consecutive giant steps of a run; the limit is a Markov process, the same everywhere on the circle.
GROUPS = 8


@dataclass(frozen=True)
class GiantStepKnobs:
    """The method and β; η follows. B = 1 is a unit of slow time."""

    workers: int = knob(4, "M", "workers", low=2, high=6)
    round_time: float = knob(0.75, "α", "conventional time of a round, ηH", low=0.2, high=1.0, log=True)
    exponent: float = knob(0.25, "β", "R_grp = ⌊1/(αη^β)⌋ rounds make a giant step", low=0.2, high=0.45)


@dataclass(frozen=True)
class Giant:
    """A run of giant steps: phase 1, then ``GROUPS`` times R_grp rounds."""

    regime: Regime
    before: int
    rounds: int

    @property
    def slow_time(self) -> float:
        """Slow time t of one giant step."""
        return self.rounds * self.regime.lr * self.regime.round_time

    def spec(self, circle: Circle, mirror: bool, pairs: int, stream: Stream) -> RunSpec:
        """Return the run or its mirror, recorded at the ends of giant steps."""
        own, landscape = self.regime, circle.landscape
        record = RecordAt.these([self.before + k * self.rounds for k in range(GROUPS + 1)])
        side = antithetic(landscape) if mirror else landscape
        noise = stream.child(f"steps-{own.local_steps}")
        return RunSpec(side, own.method, own.rounds, record, tuple(START.tolist()), pairs, noise)

    def steps(self, trace: Trace) -> Float[np.ndarray, "replica group"]:
        """Return ΔΦ of every giant step; the first record is the start on Γ, before phase 1."""
        return np.diff(angles(trace)[:, 1:], axis=1)


@dataclass(frozen=True)
class GiantStepCase:
    """The circle, giant steps at η and at η/2, and the source of noise."""

    circle: Circle
    coarse: Giant
    fine: Giant
    stream: Stream


def setup(knobs: GiantStepKnobs, stream: Stream) -> GiantStepCase:
    """Return the case of the knobs."""
    circle, coarse = mixed_circle(), regime(knobs.workers, knobs.round_time, 0.0)
    first, second = (_giant(circle, own, knobs.exponent) for own in (coarse, coarse.finer))
    return GiantStepCase(circle, first, second, stream.child("giant-step"))


def _giant(circle: Circle, own: Regime, exponent: float) -> Giant:
    """Return R_grp = ⌊1/(αη^β)⌋ rounds, after phase 1."""
    rounds = math.floor(1.0 / (own.round_time * own.lr**exponent))
    phase = first_phase_rounds(
        1.0, circle.groove.normal, circle.curvature, own.lr, own.total_batch, own.round_time
    )
    before = math.ceil(float(phase))
    return Giant(replace(own, rounds=before + GROUPS * rounds), before, rounds)


def needs(case: GiantStepCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Mirrored pairs at both rates."""
    pairs = runs_for(case.coarse.regime, gradients(budget), at_once=2)
    return tuple(
        giant.spec(case.circle, mirror, pairs, case.stream)
        for giant in (case.coarse, case.fine)
        for mirror in (False, True)
    )


def observe(case: GiantStepCase, traces: Traces) -> Observation:
    """Extrapolate mean and variance of a giant step, each over its slow time."""
    giants = (case.coarse, case.coarse, case.fine, case.fine)
    parts = [(giant, giant.steps(trace)) for giant, trace in zip(giants, traces, strict=True)]
    first = in_the_limit(*paired(steps.mean(axis=1) / own.slow_time for own, steps in parts), comparisons=2)
    second = in_the_limit(*paired(_squares(steps) / own.slow_time for own, steps in parts), comparisons=2)
    return Observation({FIRST: first, SECOND: second}, (_path(case.fine, parts[2][1], parts[3][1]),))


def _path(fine: Giant, steps: np.ndarray, mirror: np.ndarray) -> Curve:
    """Return the mean of Φ after every giant step at the smaller learning rate."""
    moved = [mean_of(column) for column in np.cumsum(0.5 * (steps + mirror), axis=1).T]
    mean, error = (
        np.array([getattr(one, name) for one in moved], dtype=float) for name in ("value", "error")
    )
    times, label = fine.slow_time * np.arange(1, GROUPS + 1), f"Local SGD, η = {fine.regime.lr:.3g}"
    return Curve(times, mean, label, "measured", "local_sgd", mean - error, mean + error)


def _squares(steps: Float[np.ndarray, "replica group"]) -> Float[np.ndarray, " replica"]:
    """Return (ΔΦ − E ΔΦ)², averaged over the giant steps of a run."""
    unbiased = len(steps) / (len(steps) - 1)
    return unbiased * ((steps - steps.mean(axis=0)) ** 2).mean(axis=1)


def predict(case: GiantStepCase) -> Prediction:
    """−(ρ/B)[1 + (M − 1)ψ(αh)], and σ_T²/B."""
    factors = (
        (gain(case), "Σ + (M − 1)Ψ", "theory"),
        (_with_denominator(case), "Σ + (M − 1)Ψ̂", "falsifier"),
        (1.0, "SGD", "reference"),
    )
    times = case.fine.slow_time * np.array([0.0, GROUPS])
    slope = -case.circle.groove.mixed / case.coarse.regime.total_batch
    lines = tuple(Curve(times, slope * factor * times, label, role) for factor, label, role in factors)
    return replace(_moments(case, gain(case)), curves=lines)


def _with_denominator(case: GiantStepCase) -> float:
    """Return 1 + (M − 1)ψ(αh)/h."""
    return 1.0 + (gain(case) - 1.0) / case.circle.curvature


def share(case: GiantStepCase) -> float:
    """Return ψ(αh)."""
    return float(psi(case.coarse.regime.round_time * case.circle.curvature))


def gain(case: GiantStepCase) -> float:
    """Return 1 + (M − 1)ψ(αh)."""
    return 1.0 + (case.coarse.regime.workers - 1) * share(case)


def _moments(case: GiantStepCase, factor: float, spread: float = 1.0) -> Prediction:
    groove, batch = case.circle.groove, case.coarse.regime.total_batch
    drift, variance = -groove.mixed * factor / batch, spread * groove.tangential**2 / batch
    return Prediction({FIRST: Predicted(drift), SECOND: Predicted(variance)})


def with_gain(factor: Callable[[GiantStepCase], float]) -> Callable[[GiantStepCase], Prediction]:
    """Return the moments with another gain of the drift."""
    return lambda case: _moments(case, factor(case))


CLAIM = Claim(
    key="gu2023/giant-step",
    title="Over ⌊1/(αη^β)⌋ rounds Φ moves by the slow drift, and its covariance grows like Σ_∥/B",
    statement=(
        r"After the first phase let $\varphi=\Phi(\bar\theta_r)$, $\beta\in(0,\frac12)$ and $R_{\rm "
        r"grp}=\lfloor1/(\alpha\eta^\beta)\rfloor$ rounds, of slow time $t\approx\eta^{1-\beta}$. To leading order "
        r"$E[\Delta\Phi]=\frac t{2B}\partial^2\Phi(\varphi)[\Sigma+(M-1)\Psi]$, where $\Psi$ has no denominator, "
        r"and the covariance of $\Delta\Phi$ is $\frac tB\Sigma_\parallel$ [recalled; the powers of $\eta$ that "
        r"are left out are not checked]. On the circle with mixed noise: $-\frac\rho B(1+(M-1)\psi(\alpha h))$ and "
        r"$\frac{\sigma_T^2}B$ per slow time, in the limit $\eta\to0$ as $2E_{\eta/2}-E_\eta$ within "
        r"$|E_\eta-E_{\eta/2}|$."
    ),
    hypotheses=(
        "independent noise of the workers, constant in the frame of the circle",
        "after the first phase; α = ηH fixed as η → 0; R_grp ≥ 1",
    ),
    reference=Reference("gu2023", "moments of a giant step; theorem number unknown", ("v2",)),
    source="recalled",
    knobs=GiantStepKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(
            "hatΨ in place of Ψ",
            "it stands in the slow SDE, where ∇³L takes the place of ∂²Φ",
            with_gain(_with_denominator),
        ),
        Falsifier("∂²Φ[Σ + MΨ]", "there are M workers", with_gain(lambda case: gain(case) + share(case))),
        Falsifier(
            "M times the covariance",
            "a worker's noise has covariance MΣ/B",
            lambda case: _moments(case, gain(case), case.coarse.regime.workers),
        ),
    ),
    see=("derived/mixed-noise-drift", "gu2023/diffusion-not-amplified"),
    axes=("slow time η²·steps after phase 1", "mean of the angle of Φ moved (rad)", "linear", "linear"),
)
