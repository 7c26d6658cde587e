"""In a valley Local SGD drifts 1 + (M − 1)ψ(2αh) times as fast as SGD, whatever α is."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    Observation,
    Prediction,
    Reference,
    RunSpec,
    statistical,
    Traces,
)
from paper_repro.papers.gu2023.valley import ensembles, slide, SlideCase, Slides, WorkerKnobs
from paper_repro.papers.gu2023.valley_drift import (
    Gain,
    gained_ratios,
    measured_ratios,
    points,
    RATIO,
    ratios,
    slow_ratios,
    with_gain,
)
from sde.formulas import drift_factor, mixed_factor


ROUND_TIMES = (0.1, 0.25, 0.5, 1.0, 2.0)
# α of the lines.
SHOWN = np.geomspace(0.02, 8.0, 40)


def scan(shared: bool = False) -> Callable[[WorkerKnobs, Stream], SlideCase]:
    """Return the setup: one method for every α."""

    def setup(knobs: WorkerKnobs, stream: Stream) -> SlideCase:
        valley = knobs.valley(shared=shared)
        slides, drawn = (
            tuple(slide(knobs, valley, knobs.workers, float(a)) for a in times)
            for times in (ROUND_TIMES, SHOWN)
        )
        return SlideCase(slides, stream, drawn)

    return setup


def few(case: SlideCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return small ensembles: enough to see that nothing is gained at all."""
    replicas = budget.pick(smoke=50, quick=200, paper=200)
    return tuple(s.ensemble(replicas, case.stream) for s in case.slides)


def observe(case: SlideCase, traces: Traces) -> Observation:
    """Mean displacements of Φ_x."""
    found = measured_ratios(case.slides, traces)
    return Observation({RATIO: found}, (points(found, round_times(case.slides), "measured", "local_sgd"),))


def predict(case: SlideCase) -> Prediction:
    """The slow equation, and lines of what is not so."""
    lines = (
        line(case, drift_factor, "slow SDE: 1 + (M − 1)ψ(2αh)", "theory"),
        *(line(case, gain, label, "falsifier") for label, gain in WRONG.items()),
    )
    return Prediction({RATIO: slow_ratios(case.slides)}, lines)


def gained(gain: Gain) -> Callable[[SlideCase], Prediction]:
    """Return the prediction with another factor over SGD."""
    return lambda case: Prediction({RATIO: gained_ratios(case.slides, gain)})


def line(case: SlideCase, gain: Gain, label: str, role: str) -> Curve:
    """Return the ratio against α for a factor over SGD."""
    values = ratios(case.drawn, with_gain(case.drawn, gain))
    return Curve(round_times(case.drawn), values, label, role)


def round_times(slides: Slides) -> Float[np.ndarray, " slide"]:
    """Return α of every method."""
    return np.array([s.round_time for s in slides])


ONE_PLUS_PSI, M_FOR_M_LESS_1, HALF = "1 + ψ(2αh)", "1 + Mψ(2αh)", "1 + (M − 1)ψ(αh)"

WRONG: dict[str, Gain] = {
    ONE_PLUS_PSI: lambda m, a, h: drift_factor(2.0, a, h),
    M_FOR_M_LESS_1: lambda m, a, h: drift_factor(m + 1.0, a, h),
    HALF: mixed_factor,
}

CLAIM = Claim(
    key="gu2023/drift-ratio",
    title="In a valley Local SGD drifts 1 + (M − 1)ψ(2αh) times as fast as SGD",
    statement=(
        r"With $H=\alpha/\eta$ and $\alpha$ fixed, Local SGD follows in slow time $t=\eta^2\cdot$steps the slow SDE "
        r"$d\zeta=P_\zeta(\frac1{\sqrt B}\Sigma_\parallel^{1/2}dW-\frac1{2B}\nabla^3L[\hat\Sigma]dt-\frac{M-1}{2B}"
        r"\nabla^3L[\hat\Psi]dt)$ [recalled]. In the valley $\frac12h(x)y^2$ with constant noise across it that is "
        r"$x'=-\frac{h'\sigma_N^2}{4Bh}\,[1+(M-1)\psi(2\alpha h)]$, with $\psi(z)=1-(1-e^{-z})/z$. Checked: the mean "
        r"displacement of $\Phi_x$ over that of SGD, for five $\alpha$ from $0.1$ to $2$."
    ),
    hypotheses=(
        "η → 0 at fixed α = ηH and fixed slow time; here ηM ≤ 0.16, and at least 20 rounds",
        "workers draw their noise independently",
        "no noise along the valley, so that the slow SDE is an ordinary differential equation",
    ),
    reference=Reference("gu2023", "slow SDE of Local SGD; theorem number unknown", ("v2",)),
    source="recalled",
    knobs=WorkerKnobs(),
    setup=scan(),
    needs=ensembles,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(ONE_PLUS_PSI, "the factor M − 1 forgotten", gained(WRONG[ONE_PLUS_PSI])),
        Falsifier(M_FOR_M_LESS_1, "M workers in the place of M − 1", gained(WRONG[M_FOR_M_LESS_1])),
        Falsifier(HALF, "the rate λ_i of one mode in place of λ_i + λ_j of the pair", gained(WRONG[HALF])),
        Falsifier(
            "workers that share their batch",
            "the statement names no independence; without it they never disagree",
            setup=scan(shared=True),
            needs=few,
        ),
    ),
    see=("li2017/slow-horizon", "gu2023/worker-scan", "derived/shared-batch", "derived/one-local-step"),
    axes=("time of a round α = ηH", "displacement over SGD's", "log", "linear"),
)
