r"""The valley e^x with noise along it: mean and variance of Φ_x against the slow SDE, over those of SGD.

dx = −(1/4B)A dt + (σ_T/√B)dW: SGD (A = 1) moves by −T/(4B) with variance σ_T²T/B. At a finite learning rate noise
across the valley leaks into Φ_x = x − y²/4 at the rate E y² M/(4B) = ηM²/(8hB²) for SGD with batch B/M, and at most
ηM/(8hB²) for Local SGD, whose workers average it: over M σ_T²/B and σ_T²/B the same, ηM/(8hBσ_T²).
"""

from dataclasses import dataclass

import numpy as np

from implicitbias import Stream, Trace
from implicitbias.problems import TwoPoint
from paper_repro.claims import knob, Measured, Predicted
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.gu2023.valley import Slide, StartKnobs
from paper_repro.papers.gu2023.valley_drift import first_order, LEFT_OUT
from sde.equations import Convention, SDE
from sde.references import expectation, Segment
from sde.zoo import exponential_valley, ExponentialValley


MEAN, VARIANCE = "mean displacement over SGD's", "variance over SGD's"
# σ_T: noise along the valley well above what leaks into it, and well below the drift.
TANGENTIAL = 0.2
# Of paths beyond so many standard deviations nothing is seen.
REACH = 8.0
# Grid of the Kolmogorov equation: its error is far below that of an ensemble.
POINTS, STEPS = 201, 100


@dataclass(frozen=True)
class DiffusionKnobs(StartKnobs):
    """The same with workers, in the valley e^x."""

    workers: int = knob(8, "M", "workers", low=4, high=10)


@dataclass(frozen=True)
class DiffusionCase:
    """One method in a valley with noise along it."""

    slide: Slide
    stream: Stream


def noisy_valley(mixed: float = 0.0) -> ExponentialValley:
    """Return ½e^x y² with noise along it, and covariance ρ of the two noises."""
    return exponential_valley(1.0, tangential=TANGENTIAL, mixed=mixed, law=TwoPoint())


def measured(slide: Slide, trace: Trace) -> dict[str, Measured]:
    """Return mean and variance of Φ_x over those of SGD, with intervals that hold together."""
    moved = slide.displacement(trace)
    square = (moved - moved.mean()) ** 2 * len(moved) / (len(moved) - 1.0)
    unit, spread = of_sgd(slide)
    return {MEAN: mean_of(moved / unit, 2), VARIANCE: mean_of(square / spread, 2)}


def predicted(slide: Slide, mean: float, variance: float) -> dict[str, Predicted]:
    """Return mean and variance over those of SGD, with what the slow SDE leaves out of them at this η."""
    return {
        MEAN: Predicted(mean, float(first_order((slide,))[0]), reason=LEFT_OUT),
        VARIANCE: Predicted(variance, leak(slide) * variance, reason="noise across that leaks into Φ_x"),
    }


def slow_moments(slide: Slide) -> tuple[float, float]:
    """Return mean and variance by the slow SDE, over those of SGD."""
    (first, second), (unit, spread) = moments(slide), of_sgd(slide)
    return first / unit, second / spread


def of_sgd(slide: Slide) -> tuple[float, float]:
    """Return mean and variance of SGD with the total batch."""
    time = slide.slow_time / slide.total_batch
    return -0.25 * time, TANGENTIAL**2 * time


def leak(slide: Slide) -> float:
    """ηM/(8hBσ_T²) where the path is flattest."""
    h = float(slide.valley.groove.curvature(np.array(slide.start + _mean_field(slide))))
    return slide.lr * slide.workers / (8.0 * h * slide.total_batch * TANGENTIAL**2)


def moments(slide: Slide) -> tuple[float, float]:
    """Return mean and variance of the displacement by the slow SDE, from its Kolmogorov equation."""
    valley, method = slide.valley, (slide.workers, slide.total_batch, slide.round_time)
    equation = SDE(
        lambda x: valley.slow_drift(x, *method),
        lambda x: valley.slow_diffusion(x, slide.total_batch),
        dim=1,
        noises=1,
        convention=Convention.ITO,
    )
    away = REACH * np.sqrt(of_sgd(slide)[1])
    domain = Segment(slide.start + _mean_field(slide) - away, slide.start + away)
    first, second = (
        expectation(
            equation,
            lambda x, power=power: (x[:, 0] - slide.start) ** power,
            slide.slow_time,
            slide.start,
            domain,
            points=POINTS,
            steps=STEPS,
        )
        for power in (1, 2)
    )
    return float(first.value), float(second.value - first.value**2)


def _mean_field(slide: Slide) -> float:
    """Return the displacement at the largest drift, which is that of the start."""
    drift = slide.valley.groove.drift(
        np.array(slide.start), slide.workers, slide.total_batch, slide.round_time
    )
    return float(drift) * slide.slow_time
