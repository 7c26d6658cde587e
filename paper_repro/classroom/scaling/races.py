"""Runs of every scaling, its learning rate tuned on other batches, and the rounds it takes to an accuracy."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import RecordAt, run, savic, Stream
from implicitbias.statistics import Moments, student_quantile
from paper_repro.classroom.scaling.controls import Controls
from paper_repro.classroom.scaling.data import instance_of
from paper_repro.papers.derived.scaling.ill_scaled import first_below


# Of the intervals on screen.
LEVEL = 0.01
# Local steps that a kernel takes in about a fortieth of a second, seconds of one, and those that a new D̂ costs.
STEPS, SECONDS, REFRESH = 12_000, 2e-6, 6
FEWEST, MOST = 4, 64
# Rounds are capped at about 100/√H, which leaves twice what the slower scalings need.
HORIZON, SHRINKING = 100, 0.5
# A gap beyond this has left the numbers, for all that a class cares.
LOST = 1e12
# Learning rates are tuned on batches of their own, a factor of three apart.
TUNING, TUNING_REPLICAS = Stream(0).child("tuning in the lesson of scaling"), 3
GRID = (1 / 3, 1.0, 3.0, 9.0)
# Of ε, so that a rate whose gap stays below it by luck on those batches is not taken.
STRICTER = 2 / 3
# Middles of the grids; that of no scaling is 1/L.
MIDDLE = {"rmsprop": 0.2, "adam": 0.2, "adagrad": 1.0, "oasis": 0.06, "adahessian": 0.06}


@dataclass(frozen=True, eq=False)
class Race:
    """What a scaling did.

    Attributes
    ----------
    family, lr
        Its name, and the learning rate it ran with.
    gaps
        f − min f of every replica at rounds 0, 1, …
    accuracy
        ε.
    """

    family: str
    lr: float
    gaps: Float[np.ndarray, "replica record"]
    accuracy: float

    @property
    def horizon(self) -> int:
        """Rounds run."""
        return self.gaps.shape[1] - 1

    @property
    def mean(self) -> Float[np.ndarray, " record"]:
        """Mean gap."""
        return self.gaps.mean(axis=0)

    @property
    def width(self) -> Float[np.ndarray, " record"]:
        """Half-width of the mean gap, by Student's law; infinite once a replica has left the numbers."""
        if not np.isfinite(self.gaps).all():
            return np.full(self.gaps.shape[1], np.inf)
        moments = Moments.of(self.gaps)
        return student_quantile(LEVEL, moments.count - 1) * np.asarray(moments.standard_error)

    @property
    def rounds(self) -> int:
        """The round from which the mean gap stays ≤ ε; one more than the last if it does not: censored."""
        return first_below(self.mean, self.accuracy)

    @property
    def span(self) -> tuple[int, int]:
        """The rounds from which the lower and the upper end of the interval stay ≤ ε."""
        with np.errstate(invalid="ignore"):  # of a replica that has left the numbers nothing is known
            ends = self.mean - self.width, self.mean + self.width
        return first_below(ends[0], self.accuracy), first_below(ends[1], self.accuracy)

    @property
    def censored(self) -> bool:
        """Whether it has not come within the rounds run: all that is known is that it takes more."""
        return self.rounds > self.horizon

    @property
    def said(self) -> str:
        """The rounds as they are read."""
        if self.censored:
            return f"> {self.horizon}"
        low, high = self.span
        late = f"> {self.horizon}" if high > self.horizon else str(high)
        return f"{self.rounds}" if low == high else f"{self.rounds} ({low} – {late})"


def horizon(controls: Controls) -> int:
    """Return the rounds that are run."""
    return round(HORIZON * controls.local_steps**-SHRINKING)


def replicas(controls: Controls) -> int:
    """Return the replicas that fit in the time of an answer."""
    return int(np.clip(STEPS * controls.effort // _cost(controls), FEWEST, MOST))


def seconds(controls: Controls) -> float:
    """Return about how long the races take."""
    return SECONDS * _cost(controls) * replicas(controls) * len(controls.families)


def _cost(controls: Controls) -> int:
    """Local steps of one replica, with what the scaling costs besides."""
    return horizon(controls) * (controls.local_steps + REFRESH) * controls.workers


def race(controls: Controls, family: str) -> Race:
    """Run a scaling from w = 0 with its tuned learning rate times the ``step`` of the controls."""
    lr = controls.step * tuned(controls, family)
    gaps = _gaps(controls, family, lr, replicas(controls), Stream(controls.seed))
    return Race(family, lr, gaps, controls.accuracy)


def tuned(controls: Controls, family: str) -> float:
    """Return the learning rate of the grid with the fewest rounds on other batches, of equal ones the lowest end."""
    means = {lr: _tuning_mean(_tuning_part(controls), family, lr) for lr in _grid(controls, family)}
    accuracy = STRICTER * controls.accuracy
    return min(means, key=lambda lr: (first_below(means[lr], accuracy), float(means[lr][-1])))


def _grid(controls: Controls, family: str) -> tuple[float, ...]:
    own = instance_of(controls)
    middle = 1.0 / float(np.linalg.eigvalsh(own.hessian)[-1]) if family == "identity" else MIDDLE[family]
    return tuple(middle * factor for factor in GRID)


def _tuning_part(controls: Controls) -> Controls:
    """Return the controls with all that tuning does not depend on set to one value."""
    c = controls
    return Controls(
        decades=c.decades,
        rotated=c.rotated,
        heterogeneity=c.heterogeneity,
        workers=c.workers,
        local_steps=c.local_steps,
        batch=c.batch,
        scope=c.scope,
        ridge=c.ridge,
    )


@lru_cache(maxsize=512)
def _tuning_mean(controls: Controls, family: str, lr: float) -> Float[np.ndarray, " record"]:
    return _gaps(controls, family, lr, TUNING_REPLICAS, TUNING).mean(axis=0)


def _gaps(
    controls: Controls, family: str, lr: float, count: int, stream: Stream
) -> Float[np.ndarray, "replica record"]:
    """Return f − min f at every round; ∞ where a run has left the numbers."""
    own, rounds = instance_of(controls), horizon(controls)
    method = savic(lr, controls.local_steps, controls.scaling(family), controls.batch or None)
    trace = run(
        own.problem,
        method,
        rounds,
        replicas=count,
        stream=stream,
        record=RecordAt.every(1),
        progress=False,
        throw=False,
    )
    gaps = np.full((count, rounds + 1), np.inf)
    with np.errstate(over="ignore"):
        gaps[:, : trace.log_loss.shape[1]] = np.exp(trace.log_loss) - own.least
    return np.where(gaps < LOST, np.maximum(gaps, 0.0), np.inf)
