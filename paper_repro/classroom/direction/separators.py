"""Max-margin separators of all workers and of each alone, computed once for the same data.

A drag changes the data of one worker, and a slider none: the cache answers for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import LinearClassification, max_margin, MaxMargin
from implicitbias.errors import NotSeparable


# Data sets remembered: a class that drags for a minute.
REMEMBERED = 256


@dataclass(frozen=True, eq=False)
class Separators:
    """ŵ of all points, and of each worker alone (``None`` where a worker's own points cannot be separated)."""

    common: MaxMargin
    own: tuple[MaxMargin | None, ...]

    @property
    def mean_of_own(self) -> Float[np.ndarray, "2"] | None:
        """The mean of the workers' own ŵ_m: where averaging after full local training would go."""
        known = [svm.weights for svm in self.own if svm is not None]
        mean = np.mean(known, axis=0) if len(known) == len(self.own) else np.zeros(2)
        return mean if np.linalg.norm(mean) > 0 else None

    @property
    def apart(self) -> float | None:
        """The largest angle between two workers' own separators, in degrees."""
        angles = [np.arctan2(*svm.weights[::-1]) for svm in self.own if svm is not None]
        between = [abs(np.angle(np.exp(1j * (a - b)))) for a in angles for b in angles]
        return float(np.degrees(max(between))) if len(angles) > 1 else None


def separators(problem: LinearClassification) -> Separators:
    """Return the certified separators.

    Raises
    ------
    NotSeparable, NotCertified
        From the oracle, on all points together.
    """
    return Separators(separator(problem.signed), tuple(_own(rows) for rows in problem.local_signed))


def separator(rows: Float[np.ndarray, "sample 2"] | Sequence[Sequence[float]]) -> MaxMargin:
    """Return the certified max margin of rows y_i·feature_i, remembered."""
    return _remembered(tuple(map(tuple, np.asarray(rows, dtype=float).tolist())))


def _own(rows: Float[np.ndarray, "sample 2"]) -> MaxMargin | None:
    try:
        return separator(rows)
    except NotSeparable:
        return None


@lru_cache(REMEMBERED)
def _remembered(rows: tuple[tuple[float, ...], ...]) -> MaxMargin:
    # Either first guess leads to the same certified answer; this one is the quicker on few points.
    return max_margin(np.array(rows), first_guess="squared-hinge")
