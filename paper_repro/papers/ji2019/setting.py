"""Gradient descent on planted mixed data, and its loss above the infimum."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import gd, LinearClassification, LocalMethod, PowerDecay, Stream
from implicitbias.data import mixed
from paper_repro.claims import knob
from paper_repro.claims.separable import LOSSES
from paper_repro.papers.derived.mixed_data.setting import MixedCase


# Limits are approached like powers of γ_⊥²Σ η_j, and Σ η_j may be as small as 2√t: the margin is wide, and no row is
# off it.
MARGIN = 0.4
TRAPPED_PER_DIM = 6


SCHEDULES = ("constant", "1/√(j+1)")


@dataclass(frozen=True)
class NonSeparableKnobs:
    """Planted mixed data, and the step of gradient descent."""

    trapped_dim: int = knob(2, "dim U", "dimensions in which no w separates", low=1, high=2)
    across: int = knob(2, "d − dim U", "dimensions across them", low=1, high=3)
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    lr: float = knob(1.0, "η", "first learning rate", low=0.5, high=1.0, log=True)


@dataclass(frozen=True)
class ScheduleKnobs(NonSeparableKnobs):
    """The same, with a constant or a falling step."""

    schedule: str = knob("constant", "η_j/η_0", "schedule", choices=SCHEDULES)


def non_separable_case(knobs: NonSeparableKnobs, stream: Stream) -> MixedCase:
    """Return mixed data on one machine, one step a round."""
    inside, dim = knobs.trapped_dim, knobs.trapped_dim + knobs.across
    split = mixed(stream, TRAPPED_PER_DIM * inside, knobs.across, dim, inside, MARGIN, gap=0.5)
    samples = split.samples
    problem = LinearClassification(samples.features, samples.labels, loss=LOSSES[knobs.loss]())
    return MixedCase(problem, knobs.lr, 1, split, tuple(range(len(samples.labels))))


def falling(lr: float) -> LocalMethod:
    """Return gradient descent with η_j = lr/√(j+1)."""
    return gd(PowerDecay(lr, power=0.5))


def excess_loss(case: MixedCase, w: Float[np.ndarray, "record dim"]) -> Float[np.ndarray, " record"]:
    """Return f(w) − inf f: what the separable rows still cost, and on U the difference to f_U(v̄), row by row.

    inf f is the minimum on U: across U the loss of the other rows tends to zero. Rounding is that of single losses.
    """
    loss, rows = case.problem.loss_function, case.problem.signed
    margins, least = w @ rows.T, rows @ (case.minimiser @ case.split.subspace)
    terms = np.where(case.trapped, loss.value(margins) - loss.value(least), loss.value(margins))
    return terms @ case.problem.sample_weights
