"""At a fixed total batch the drift of Local SGD grows like 1 + (M − 1)ψ with the number of workers."""

from dataclasses import dataclass

import numpy as np

from implicitbias import Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Observation,
    Prediction,
    Reference,
    RunSpec,
    statistical,
    Traces,
)
from paper_repro.papers.gu2023.drift_ratio import gained
from paper_repro.papers.gu2023.valley import slide, SlideCase, Slides, ValleyKnobs
from paper_repro.papers.gu2023.valley_drift import (
    Gain,
    gained_ratios,
    measured_ratios,
    points,
    RATIO,
    slow_ratios,
)
from sde.formulas import drift_factor


WORKERS = (2, 4, 8, 16)
SHOWN = tuple(range(1, 17))
# Replicas below which Student's intervals say little.
FEWEST = 50


@dataclass(frozen=True)
class ScanKnobs(ValleyKnobs):
    """The same with the time of a round."""

    round_time: float = knob(1.0, "α", "time of a round", low=0.3, high=1.0)


def setup(knobs: ScanKnobs, stream: Stream) -> SlideCase:
    """Return one method for every M, all with the same α and B."""
    valley = knobs.valley()
    slides, drawn = (
        tuple(slide(knobs, valley, m, knobs.round_time) for m in workers) for workers in (WORKERS, SHOWN)
    )
    return SlideCase(slides, stream, drawn)


def needs(case: SlideCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return one ensemble for each M: few workers are cheap, and their larger η makes the ratio noisier."""
    alone = budget.pick(smoke=2_000, quick=64_000, paper=640_000)
    return tuple(s.ensemble(max(FEWEST, alone // s.workers**2), case.stream) for s in case.slides)


def observe(case: SlideCase, traces: Traces) -> Observation:
    """Mean displacements of Φ_x."""
    found = measured_ratios(case.slides, traces)
    return Observation({RATIO: found}, (points(found, workers(case.slides), "measured", "local_sgd"),))


def predict(case: SlideCase) -> Prediction:
    """The slow equation, and lines of what is not so."""
    lines = (
        _line(case, drift_factor, "slow SDE: 1 + (M − 1)ψ(2αh)", "theory"),
        *(_line(case, gain, label, "falsifier") for label, gain in WRONG.items()),
    )
    return Prediction({RATIO: slow_ratios(case.slides)}, lines)


def workers(slides: Slides) -> np.ndarray:
    """Return M of every method."""
    return np.array([float(s.workers) for s in slides])


def _line(case: SlideCase, gain: Gain, label: str, role: str) -> Curve:
    return Curve(workers(case.drawn), np.asarray(gained_ratios(case.drawn, gain).value), label, role)


M_FOLD, SATURATED = "M", "1 + (1 − 1/M)ψ(2αh)"

WRONG: dict[str, Gain] = {
    M_FOLD: lambda m, a, h: m * np.ones_like(h),
    SATURATED: lambda m, a, h: 1.0 + (drift_factor(m, a, h) - 1.0) / m,
}

CLAIM = Claim(
    key="gu2023/worker-scan",
    title="At a fixed total batch the drift of Local SGD grows like 1 + (M − 1)ψ with the number of workers",
    statement=(
        r"With $B$ and $\alpha$ fixed, more workers with smaller batches drift faster: at a point of $\Gamma$ "
        r"the drift is affine in $M-1$, $1+(M-1)\psi(2\alpha h)$ times that of SGD, and does not saturate "
        r"[recalled; derived]. Checked for $M=2,4,8,16$ over a path, along which $h$ falls faster for more "
        r"workers."
    ),
    hypotheses=("ηM ≤ 0.16 and η ≤ 0.02", "B fixed, so that each worker has the batch B/M"),
    reference=Reference("gu2023", "slow SDE of Local SGD; theorem number unknown", ("v2",)),
    source="recalled",
    knobs=ScanKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(M_FOLD, "the limit α → ∞, read at a finite α", gained(WRONG[M_FOLD])),
        Falsifier(
            SATURATED, "the disagreement 1 − 1/M, at a fixed batch per worker", gained(WRONG[SATURATED])
        ),
    ),
    see=("gu2023/drift-ratio",),
    axes=("workers M", "displacement over SGD's", "linear", "linear"),
)
