"""Local SGD on the circle with noise that is partly normal, partly tangential, and correlated: h = 1.5, a, b, c below.

The noise of one sample is n·aξ_1 + t·(bξ_1 + cξ_2): σ_N² = a², ρ = ab, σ_T² = b² + c².
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream, Trace
from implicitbias.problems import TwoPoint
from paper_repro.claims import Budget, knob
from paper_repro.claims.two_rates import Regime, regime
from sde.zoo import Circle, circle


CURVATURE = 1.5
NORMAL, TIED, FREE = 1.0, 0.6, 0.3
START = np.array([1.0, 0.0])
SLOW_TIME = 0.4
# Between records the angle moves by a tenth, far from half a turn.
RECORDS = 16


@dataclass(frozen=True)
class CircleKnobs:
    """The method; η follows: the largest at which the limit is near. B = 1 is a unit of slow time."""

    workers: int = knob(4, "M", "workers", low=2, high=8)
    round_time: float = knob(1.0, "α", "conventional time of a round, ηH", low=0.1, high=1.0, log=True)


@dataclass(frozen=True)
class CircleCase:
    """The circle, the coarser of the two runs, and the source of noise."""

    circle: Circle
    coarse: Regime
    stream: Stream

    @property
    def times(self) -> Float[np.ndarray, " record"]:
        """Slow times of the records."""
        return self.coarse.slow_time * np.arange(RECORDS + 1) / RECORDS


def circle_case(knobs: CircleKnobs, stream: Stream) -> CircleCase:
    """Return the case of the knobs."""
    coarse = regime(knobs.workers, knobs.round_time, SLOW_TIME, multiple=RECORDS)
    return CircleCase(mixed_circle(), coarse, stream.child("circle"))


def mixed_circle() -> Circle:
    """Return the circle; only Σ enters the limit, so that the noise is ±1."""
    tangential = float(np.hypot(TIED, FREE))
    return circle(CURVATURE, normal=NORMAL, tangential=tangential, mixed=NORMAL * TIED, law=TwoPoint())


def gradients(budget: Budget) -> float:
    """Return how many gradients a claim may take."""
    return budget.pick(smoke=1.5e7, quick=1.5e8, paper=1e10)


def angles(trace: Trace) -> Float[np.ndarray, "replica record"]:
    """Return the angle along Γ from record to record, by its smallest increments: Φ(x) = x/|x|."""
    return np.unwrap(np.arctan2(trace.w[..., 1], trace.w[..., 0]), axis=1)


def variation(trace: Trace) -> Float[np.ndarray, " replica"]:
    """Return Σ_k (Δφ_k − E Δφ_k)² per slow time over the increments between records, of mean Var φ/t along the SDE."""
    steps = np.diff(angles(trace), axis=1)
    unbiased = len(steps) / (len(steps) - 1)
    return unbiased * ((steps - steps.mean(axis=0)) ** 2).sum(axis=1) / trace.slow_time[-1]
