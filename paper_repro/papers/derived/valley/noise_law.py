"""Only the covariance of the noise enters the slow SDE: Gaussian, ±1 and skewed noise drift alike."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.problems import AbstractLaw, Gaussian, Skewed, TwoPoint
from paper_repro.claims import (
    Claim,
    Falsifier,
    knob,
    Observation,
    Predicted,
    Prediction,
    Reference,
    statistical,
    Traces,
)
from paper_repro.papers.gu2023.valley import ensembles, slide, SlideCase, StartKnobs
from paper_repro.papers.gu2023.valley_drift import measured_ratios, RATIO, slow_ratios
from sde.zoo import exponential_valley


RARE = 0.2
# With their fourth moments; skewed noise of probability p has (1 − p)²/p + p²/(1 − p).
LAWS: tuple[tuple[AbstractLaw, float], ...] = (
    (Gaussian(), 3.0),
    (TwoPoint(), 1.0),
    (Skewed(RARE), (1.0 - RARE) ** 2 / RARE + RARE**2 / (1.0 - RARE)),
)


@dataclass(frozen=True)
class LawKnobs(StartKnobs):
    """The same with a method, in the valley e^x."""

    workers: int = knob(8, "M", "workers", low=2, high=12)
    round_time: float = knob(1.0, "α", "time of a round", low=0.3, high=1.0)


def setup(knobs: LawKnobs, stream: Stream) -> SlideCase:
    """Return the same method under every law."""
    slides = tuple(
        slide(knobs, exponential_valley(1.0, law=law), knobs.workers, knobs.round_time) for law, _ in LAWS
    )
    return SlideCase(slides, stream)


def observe(case: SlideCase, traces: Traces) -> Observation:
    """Mean displacements of Φ_x, law by law."""
    return Observation({RATIO: measured_ratios(case.slides, traces)})


def predict(case: SlideCase) -> Prediction:
    """The same for all."""
    return Prediction({RATIO: slow_ratios(case.slides)})


def fourth_moment(case: SlideCase) -> Prediction:
    """As if the fourth moment set the strength of the noise, by its square root."""
    slow = slow_ratios(case.slides)
    return Prediction({RATIO: Predicted(slow.value * strength(), slow.allowance)})


def strength() -> Float[np.ndarray, " law"]:
    """√(E ξ⁴/3) of every law."""
    return np.sqrt(np.array([fourth / 3.0 for _, fourth in LAWS]))


CLAIM = Claim(
    key="derived/noise-law",
    title="Gaussian, ±1 and skewed noise of one covariance drift alike: only Σ enters the slow SDE",
    statement=(
        r"The slow SDE knows the noise by its covariance $\Sigma$ alone. In the valley $\frac12e^xy^2$ Local "
        r"SGD drifts alike, up to $O(\eta)$, with Gaussian noise, with $\pm1$, and with $2$ with probability "
        r"$\frac15$ and $-\frac12$ else, though their fourth moments are $3$, $1$ and $3.25$ and the last is "
        r"skewed."
    ),
    hypotheses=("equal Σ", "η → 0 at fixed α; here ηM ≤ 0.16"),
    reference=Reference("gu2023", "slow SDE of Local SGD; only Σ enters", ("v2",)),
    source="derived",
    proof=(
        r"For $h=e^{cx}$ a step of one worker moves $\Phi_x=x-\frac c4y^2$ by a polynomial of second degree in "
        r"its noise, of mean $-\frac c4\eta^2(\frac{M\sigma_N^2}{B}+h^2y^2)$: no moment beyond the second. "
        r"Averaging adds $\frac c4$ times the disagreement, of second degree again. Higher moments enter "
        r"through the motion of $h$ along the path only, whose fluctuations are $O(\eta)$."
    ),
    knobs=LawKnobs(),
    setup=setup,
    needs=ensembles,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(
            "equal fourth moments, in place of equal variances",
            "the strength of noise measured by √(E ξ⁴/3), which for Gaussian noise is its variance",
            predict=fourth_moment,
        ),
    ),
    see=("gu2023/drift-ratio",),
)
