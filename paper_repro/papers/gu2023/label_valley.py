"""The case of the claims about orders and horizons: the valley e^{cx} with label noise, whose slow SDE is an ODE."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream, Trace
from implicitbias.problems import TwoPoint
from paper_repro.claims import knob
from paper_repro.claims.refinement import Refinement
from sde.zoo import exponential_valley, ExponentialValley


# δ and B are units: slow time goes with δ²/B.
LABEL, TOTAL_BATCH = 1.0, 1.0


@dataclass(frozen=True)
class LabelValleyKnobs:
    """Valley and method; δ = B = 1 are units."""

    rate: float = knob(1.0, "c", "h = e^{cx}", choices=(0.8, 1.0, 1.25))
    start: float = knob(0.5, "x_0", "start on Γ", low=0.0, high=0.7)
    workers: int = knob(4, "M", "workers", low=2, high=6)
    round_time: float = knob(1.0, "α", "conventional time of a round, ηH", low=0.5, high=1.5)


@dataclass(frozen=True)
class LabelValleyCase:
    """The valley, Local SGD on it at the coarsest rate, and where its noise comes from."""

    valley: ExponentialValley
    refinement: Refinement
    stream: Stream

    def path(self, times: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        """Return x of the slow ODE at increasing slow times > 0."""
        of, start = self.refinement.setting, np.array(self.refinement.start[:1])
        found = self.valley.slow_path(start, np.append(0.0, times), of.workers, of.batch, of.round_time)
        return found[1:, 0]

    @property
    def limit(self) -> float:
        """Return x of the slow ODE at the end of the runs."""
        return float(self.path(np.array([self.refinement.slow_time]))[0])

    def seen(self, trace: Trace) -> Float[np.ndarray, " replica"]:
        """Return Φ_x of the last models."""
        return self.valley.project(trace.w[:, -1])[:, 0]


def label_valley_case(
    knobs: LabelValleyKnobs, stream: Stream, local_steps: int, time: float
) -> LabelValleyCase:
    """Return the case, with H local steps at the coarsest rate η = α/H."""
    valley = exponential_valley(knobs.rate, normal=0.0, label=LABEL, law=TwoPoint())
    refinement = Refinement(
        landscape=valley.landscape,
        start=(knobs.start, 0.0),
        workers=knobs.workers,
        total_batch=TOTAL_BATCH,
        lr=knobs.round_time / local_steps,
        local_steps=local_steps,
        time=time,
    )
    return LabelValleyCase(valley, refinement, stream)
