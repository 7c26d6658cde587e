"""Local steps amplify the drift along Γ, and leave its diffusion as it is: variance σ_T²/B per slow time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicitbias import Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import mean_of
from paper_repro.claims.two_rates import at_two_rates, in_the_limit, joined, Regime, regime
from paper_repro.papers.derived.curved_minima.setting import (
    CircleKnobs,
    gradients,
    mixed_circle,
    START,
    variation,
)
from sde.formulas import mixed_factor
from sde.zoo import Circle


RATE = "variance of the angle per slow time, η → 0, at (M, α), (M/2, α), (M, α/2)"

# ηMα of the coarser runs, wider than for means: a variance is blunter, and what it is inflated by must be seen.
SPREAD = 0.2
# Increments along a path that count as samples, and the fewest rounds that each spans: successive rounds correlate,
# as a worker's radius is carried from one to the next.
RECORDS, ROUNDS = 8, 3
SLOW_TIME = 0.8


@dataclass(frozen=True)
class DiffusionCase:
    """The circle, and the coarser runs of three settings."""

    circle: Circle
    coarse: tuple[Regime, ...]
    stream: Stream

    @property
    def rate(self) -> float:
        """σ_T²/B."""
        return self.circle.groove.tangential**2 / self.coarse[0].total_batch


def setup(knobs: CircleKnobs, stream: Stream) -> DiffusionCase:
    """Return the case of the knobs."""
    workers, time = knobs.workers, knobs.round_time
    settings = ((workers, time), (max(workers // 2, 1), time), (workers, time / 2))
    coarse = tuple(
        regime(m, alpha, SLOW_TIME, spread=SPREAD, multiple=RECORDS * ROUNDS) for m, alpha in settings
    )
    return DiffusionCase(mixed_circle(), coarse, stream.child("diffusion"))


def needs(case: DiffusionCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Each setting at two learning rates, from one point."""
    share = 1.7 * gradients(budget) / len(case.coarse)
    return tuple(
        spec
        for k, own in enumerate(case.coarse)
        for spec in at_two_rates(
            case.circle.landscape, own, START, share, case.stream.child(f"setting-{k}"), RECORDS
        )
    )


def observe(case: DiffusionCase, traces: Traces) -> Observation:
    """Sum the squares of the centred increments from record to record: independent samples along each path."""
    pairs = [tuple(variation(trace) for trace in traces[2 * k : 2 * k + 2]) for k in range(len(case.coarse))]
    found = [in_the_limit(*pair, comparisons=len(pairs)) for pair in pairs]
    curves = tuple(_curve(*one) for one in zip(case.coarse, pairs, found, strict=True))
    return Observation({RATE: joined(found)}, curves)


def _curve(own: Regime, pair: tuple[np.ndarray, ...], limit: Measured) -> Curve:
    """Return the rates at η and at η/2, and the limit at 0."""
    seen = [limit, *(mean_of(values) for values in reversed(pair))]
    value, error = (
        np.array([getattr(one, name) for one in seen], dtype=float) for name in ("value", "error")
    )
    label, key = f"M = {own.workers}, α = {own.round_time:.3g}", f"local_sgd:H={own.local_steps}"
    return Curve(
        np.array([0.0, own.lr / 2, own.lr]), value, label, "measured", key, value - error, value + error
    )


def predict(case: DiffusionCase) -> Prediction:
    """σ_T²/B for all; beside it the rate of the first setting if the diffusion were amplified as the drift is."""
    rates = np.array([0.0, max(own.lr for own in case.coarse)])
    lines = (
        Curve(rates, np.full(2, case.rate), "σ_T²/B", "theory"),
        Curve(rates, np.full(2, case.rate * gains(case)[0]), "amplified like the first drift", "falsifier"),
    )
    return Prediction({RATE: Predicted(np.full(len(case.coarse), case.rate))}, lines)


def gains(case: DiffusionCase) -> np.ndarray:
    """Return 1 + (M − 1)ψ(αh), by which the drift of mixed noise is amplified."""
    return np.array([mixed_factor(o.workers, o.round_time, case.circle.curvature) for o in case.coarse])


def amplified(factors: Callable[[DiffusionCase], np.ndarray]) -> Callable[[DiffusionCase], Prediction]:
    """Return the prediction of an amplified variance."""
    return lambda case: Prediction({RATE: Predicted(case.rate * factors(case))})


CLAIM = Claim(
    key="gu2023/diffusion-not-amplified",
    title="Local steps amplify the drift, not the diffusion: the angle's variance grows by σ_T²/B for every M and α",
    statement=(
        r"The diffusion of the slow SDE is $\frac1{\sqrt B}\Sigma_\parallel^{1/2}dW$, whatever $M$ and $\alpha$ are "
        r"[recalled]. On the circle with mixed noise the variance of the angle grows by $\sigma_T^2/B$ per slow "
        r"time. At fixed $\eta$ it is inflated by $O(\eta M\alpha)$, as workers that spread along a curve average "
        r"inside it; measured in the limit $\eta\to0$, as $2E_{\eta/2}-E_\eta$ within $|E_\eta-E_{\eta/2}|$."
    ),
    hypotheses=(
        "independent noise of the workers, constant in the frame of the circle",
        "α = ηH fixed as η → 0, slow time O(1), start on Γ",
    ),
    reference=Reference("gu2023", "diffusion term of the slow SDE; theorem number unknown", ("v2",)),
    source="recalled",
    knobs=CircleKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(
            "times M",
            "a worker's noise has covariance MΣ/B",
            amplified(lambda case: np.array([own.workers for own in case.coarse])),
        ),
        Falsifier("times 1 + (M − 1)ψ(αh)", "what speeds up the drift might speed up all", amplified(gains)),
    ),
    see=("derived/mixed-noise-drift",),
    axes=("learning rate η, extrapolated to 0", "variance of the angle per slow time", "linear", "linear"),
)
