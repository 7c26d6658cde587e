"""Intervals and the three-way rule: a verdict is HOLDS, REFUTED, or an honest INCONCLUSIVE."""

import math
from dataclasses import dataclass
from enum import Enum

from implicitbias.display import in_brief
from implicitbias.errors import BadInput


@dataclass(frozen=True)
class Interval:
    """The closed interval [low, high] of the extended real line.

    Parameters
    ----------
    low, high : float
        Ends, low ≤ high; either may be infinite (a one-sided statement).

    Raises
    ------
    BadInput
        If an end is NaN or low > high.
    """

    low: float
    high: float

    __repr__ = in_brief

    def __post_init__(self):
        if not self.low <= self.high:
            raise BadInput(
                f"[low, high] = [{self.low}, {self.high}]: an interval has low ≤ high and no NaN; "
                "order the ends, or look for the NaN in the samples"
            )

    @classmethod
    def around(cls, centre: float, half_width: float) -> "Interval":
        """Return [centre − half_width, centre + half_width]."""
        return cls(centre - half_width, centre + half_width)

    @property
    def centre(self) -> float:
        """Midpoint (low + high)/2; infinite on a half-line, NaN on the whole line."""
        return 0.5 * self.low + 0.5 * self.high

    @property
    def half_width(self) -> float:
        """(high − low)/2."""
        return 0.5 * self.high - 0.5 * self.low

    def contains(self, value: float) -> bool:
        """Whether low ≤ value ≤ high."""
        return self.low <= value <= self.high

    def inside(self, other: "Interval") -> bool:
        """Whether every point of this interval lies in `other`."""
        return other.low <= self.low and self.high <= other.high

    def disjoint(self, other: "Interval") -> bool:
        """Whether no point lies in both."""
        return self.high < other.low or other.high < self.low

    def widened(self, by: float) -> "Interval":
        """[low − by, high + by], by ≥ 0: the interval after adding an error that is only bounded."""
        return Interval(self.low - by, self.high + by)


class Outcome(Enum):
    """What a measured interval says about an allowed one; the value is the sentence to print."""

    HOLDS = "every value compatible with the measurement is allowed"
    REFUTED = "no value compatible with the measurement is allowed"
    INCONCLUSIVE = "the measurement is too coarse to decide; give it more samples or more rounds"


def three_way(measured: Interval, allowed: Interval) -> Outcome:
    """Compare a confidence interval with prediction ± allowance.

    HOLDS iff `measured` ⊆ `allowed`; REFUTED iff `measured` ∩ `allowed` = ∅; INCONCLUSIVE otherwise.
    A coarse measurement therefore never passes, and a fine one never passes by luck more often than
    the level of its interval.

    Parameters
    ----------
    measured : Interval
        Values the measurement cannot exclude.
    allowed : Interval
        Values the statement permits.

    Returns
    -------
    Outcome
    """
    if measured.inside(allowed):
        return Outcome.HOLDS
    return Outcome.REFUTED if measured.disjoint(allowed) else Outcome.INCONCLUSIVE


def resolution(measured: Interval, allowed: Interval, prediction: float | None = None) -> float:
    """Smallest relative change of the prediction that this measurement would refute.

    Moving the allowed interval by δ, its width kept, makes it disjoint from the measured one as soon as
    δ > measured.high − allowed.low (upwards) or −δ > allowed.high − measured.low (downwards); the
    resolution is the smaller of the two, at least 0, divided by |prediction|.

    Parameters
    ----------
    measured, allowed : Interval
        As in `three_way`.
    prediction : float, optional
        The predicted value; by default the centre of `allowed`, or its finite end if it is a half-line.

    Returns
    -------
    float
        0 if already refuted; infinite if nothing could be refuted, or if the prediction is 0 (then no
        relative change moves it).
    """
    scale = abs(_reference(allowed) if prediction is None else prediction)
    shift = max(0.0, min(measured.high - allowed.low, allowed.high - measured.low))
    if shift == 0.0:
        return 0.0
    return shift / scale if scale > 0.0 else math.inf


def _reference(allowed: Interval) -> float:
    finite = [end for end in (allowed.low, allowed.high) if math.isfinite(end)]
    return sum(finite) / len(finite) if finite else 0.0
