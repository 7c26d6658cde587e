"""With one local step Local SGD is parallel SGD: no worker count enters, and discrete steps add 1/(1 − ηh/2)."""

from dataclasses import dataclass

import numpy as np

from implicitbias import Stream
from implicitbias.problems import TwoPoint
from paper_repro.claims import (
    Budget,
    Claim,
    Falsifier,
    knob,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    statistical,
    Traces,
)
from paper_repro.papers.gu2023.valley import Slide, SlideCase
from paper_repro.papers.gu2023.valley_drift import Gain, measured_ratios, RATIO, ratios, with_gain
from sde.formulas import drift_factor, finite_drift_factor
from sde.zoo import exponential_valley


# Slow time over B: SGD moves by 0.4.
HORIZON = 1.6


@dataclass(frozen=True)
class OneStepKnobs:
    """The valley e^x, and SGD with steps that are not small."""

    start: float = knob(0.3, "x_0", "start on the floor", low=0.0, high=0.6)
    workers: int = knob(8, "M", "workers", low=2, high=16)
    total_batch: float = knob(32.0, "B", "total batch, large as η is not small", low=32.0, high=64.0)
    lr: float = knob(0.2, "η", "learning rate", low=0.1, high=0.25)


def setup(knobs: OneStepKnobs, stream: Stream) -> SlideCase:
    """Return M workers with one local step and the batch B/M, and one worker with the batch B."""
    valley = exponential_valley(1.0, law=TwoPoint())
    rounds = round(HORIZON * knobs.total_batch / knobs.lr**2)
    return SlideCase(
        tuple(
            Slide(valley, knobs.start, knobs.total_batch, m, knobs.lr, 1, rounds) for m in (knobs.workers, 1)
        ),
        stream,
    )


def needs(case: SlideCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return both ensembles."""
    replicas = budget.pick(smoke=100, quick=4_000, paper=40_000)
    return tuple(s.ensemble(replicas, case.stream) for s in case.slides)


def observe(case: SlideCase, traces: Traces) -> Observation:
    """Mean displacements of Φ_x."""
    return Observation({RATIO: measured_ratios(case.slides, traces)})


def predict(case: SlideCase) -> Prediction:
    """1/(1 − ηh/2) along the path, twice."""
    return Prediction({RATIO: _predicted(case, lambda m, a, h: finite_drift_factor(1.0, _lr(case), 1.0, h))})


def continuous(case: SlideCase) -> Prediction:
    """1 + (M − 1)ψ(2ηh), the slow equation at α = η."""
    return Prediction({RATIO: _predicted(case, drift_factor)})


def leading(case: SlideCase) -> Prediction:
    """1, the slow equation of SGD."""
    return Prediction({RATIO: _predicted(case, lambda m, a, h: np.ones_like(h))})


def _predicted(case: SlideCase, gain: Gain) -> Predicted:
    # A formula of first order, 1 + ηh/2, would miss that; h is largest at the start.
    first = _lr(case) * np.exp(case.slides[0].start) / 2.0
    second = first**2 / (1.0 - first)
    return Predicted(
        ratios(case.slides, with_gain(case.slides, gain)), second, reason="second order in ηh of 1/(1 − ηh/2)"
    )


def _lr(case: SlideCase) -> float:
    return case.slides[0].lr


PROOF = r"""Averaging after every step makes the $M$ workers one iterate with the mean gradient, whose noise has
variance $\frac1{M^2}\cdot M\cdot\frac{M}{B}=\frac1B$: parallel SGD. Exactly,
$E[\Delta\Phi_x\mid\theta]=-\frac14\eta^2( \frac{\sigma_N^2}B+h^2y^2)$ for $h=e^x$, since $\Phi_x=x-\frac14y^2$ is
kept to first order by the gradient and of second order in $y$. At frozen $h$, $Ey^2\to
V=\frac{\eta\sigma_N^2}{Bh(2-\eta h)}$, so that $\frac{\sigma_N^2}B+h^2V= \frac{\sigma_N^2}B\cdot\frac1{1-\eta
h/2}$; from $y=0$ the sum of $h^2Ey_k^2$ over the
steps falls short by $\frac{\sigma_N^2}{B(2-\eta h)^2}$, which is $O(\eta^2)$ of the whole. It is $\psi_d=0$ at $H=1$
that the slow equation rounds to $\psi(2\eta h)\approx\eta h$, times $M-1$."""

CLAIM = Claim(
    key="derived/one-local-step",
    title="With one local step Local SGD is parallel SGD, and drifts 1/(1 − ηh/2) times as far as its slow SDE",
    statement=(
        r"With $H=1$ the law of Local SGD is that of SGD with batch $B$, whatever $M$ is. In the valley "
        r"$\frac12e^xy^2$ it drifts $\frac1{1-\eta h/2}$ times as fast as the slow SDE of SGD, at a learning "
        r"rate that is not small: this is $\psi_d=0$, where the continuous $\psi(2\eta h)$ would promise $M-1$ "
        r"times $\eta h$."
    ),
    hypotheses=("H = 1", "constant noise across the valley", "ηh < 2; here ηh ≤ 0.5"),
    reference=Reference("damian2021", "the factor 1/(1 − ηh/2) of their regulariser, for label noise"),
    source="derived",
    proof=PROOF,
    knobs=OneStepKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("1 + (M − 1)ψ(2ηh)", "the slow equation, with α = η", predict=continuous),
        Falsifier("1", "the slow equation of SGD, as if η were small", predict=leading),
    ),
    see=("gu2023/drift-ratio", "derived/slow-sde-special-functions"),
)
