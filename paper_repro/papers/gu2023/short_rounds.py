"""As ηH → 0 Local SGD loses its gain: the ratio to SGD tends to 1 linearly, with slope (M − 1)h in α."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Float

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
    sampled_limit,
    Traces,
)
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.gu2023.drift_ratio import line
from paper_repro.papers.gu2023.valley import one_step, slide, SlideCase, WorkerKnobs
from paper_repro.papers.gu2023.valley_drift import Gain, ratios, units, with_gain
from sde.formulas import drift_factor, mixed_factor, psi


SLOPE = "gain over SGD per (M − 1)α, as α → 0"
LR = 0.01
# Time between two averages, η(H − 1); a single local step gains nothing.
SHORT, LONGER = 0.08, 0.16
# α of a difference quotient at 0: its error is a part of about α h.
SMALL = 1e-5
SHOWN = np.geomspace(0.01, 0.4, 20)


def setup(knobs: WorkerKnobs, stream: Stream) -> SlideCase:
    """Return SGD and two lengths of rounds, at one learning rate."""
    valley, m = knobs.valley(), knobs.workers
    local = (slide(knobs, valley, m, LR + a, LR) for a in (SHORT, LONGER))
    drawn = tuple(slide(knobs, valley, m, float(a)) for a in SHOWN)
    return SlideCase((one_step(knobs, valley, m, LR), *local), stream, drawn)


def needs(case: SlideCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return three ensembles."""
    replicas = budget.pick(smoke=100, quick=1_500, paper=15_000)
    return tuple(s.ensemble(replicas, case.stream) for s in case.slides)


def observe(case: SlideCase, traces: Traces) -> Observation:
    """Extrapolate the slope of the gain from two lengths; its change is the error of the extrapolation."""
    moved = np.array([s.displacement(t) for s, t in zip(case.slides, traces, strict=True)])
    share = moved / units(case.slides)[:, None]
    time = np.array([s.lr * (s.local_steps - 1) for s in case.slides])
    slopes = (share[1:] - share[0]) / ((case.slides[0].workers - 1) * time[1:, None])
    limit = mean_of(2.0 * slopes[0] - slopes[1])
    change = float(np.abs(np.mean(slopes[0] - slopes[1])))
    return Observation({SLOPE: Measured(limit.value, limit.error + change)}, (_points(time, share),))


def _points(time: Float[np.ndarray, " slide"], share: Float[np.ndarray, "slide replica"]) -> Curve:
    means = [mean_of(values - share[0] + 1.0, comparisons=2) for values in share[1:]]
    value, error = (np.array([getattr(m, part) for m in means]) for part in ("value", "error"))
    return Curve(time[1:], value, "measured", method="local_sgd", low=value - error, high=value + error)


def slope_of(gain: Gain) -> Callable[[SlideCase], Prediction]:
    """Return the prediction of a gain: the derivative of its ratio at α = 0, along SGD's path."""

    def predict(case: SlideCase) -> Prediction:
        first = case.slides[1]
        rounds = round(first.slow_time / SMALL**2)
        tiny = (replace(first, lr=SMALL, local_steps=1, rounds=rounds),)
        slope = (ratios(tiny, with_gain(tiny, gain))[0] - 1.0) / (SMALL * (first.workers - 1))
        lines = (
            line(case, drift_factor, "slow SDE", "theory"),
            *(line(case, wrong, name, "falsifier") for name, wrong in WRONG.items()),
        )
        return Prediction({SLOPE: Predicted(float(slope))}, lines)

    return predict


ONSET, HALF, DOUBLE = "gain in α²", "slope (M − 1)h/2", "slope 2(M − 1)h"

WRONG: dict[str, Gain] = {
    ONSET: lambda m, a, h: 1.0 + (m - 1.0) * psi(2.0 * a * h) ** 2,
    HALF: mixed_factor,
    DOUBLE: lambda m, a, h: 1.0 - (m - 1.0) * np.expm1(-2.0 * a * h),
}

CLAIM = Claim(
    key="gu2023/short-rounds",
    title="As ηH → 0 Local SGD loses its gain over SGD, linearly: the ratio is 1 + (M − 1)hα",
    statement=(
        r"For $\eta H\to0$ the slow SDE of Local SGD tends to that of SGD: there is a benefit only if "
        r"$H=\Omega(1/\eta)$ [recalled]. From $\psi(z)=\frac z2+O(z^2)$ the gain begins linearly, with slope "
        r"$(M-1)h$ in $\alpha$. A single local step gains nothing, so that $\alpha$ is counted as $\eta(H-1)$ "
        r"here; the slope is extrapolated from two lengths of rounds."
    ),
    hypotheses=("η small at fixed slow time; here ηM ≤ 0.12", "h along the path of SGD"),
    reference=Reference("gu2023", "the case ηH → 0; theorem number unknown", ("v2",)),
    source="recalled",
    knobs=WorkerKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=slope_of(drift_factor),
    judge=sampled_limit,
    falsifiers=(
        Falsifier(ONSET, "averaging twice as often would then cost four times less", slope_of(WRONG[ONSET])),
        Falsifier(HALF, "ψ(αh) for ψ(2αh)", slope_of(WRONG[HALF])),
        Falsifier(DOUBLE, "the disagreement at the end of a round, for its average", slope_of(WRONG[DOUBLE])),
    ),
    see=("gu2023/drift-ratio", "derived/one-local-step"),
    axes=("time between averages η(H − 1)", "displacement over SGD's", "linear", "linear"),
)
