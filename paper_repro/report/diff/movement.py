"""Whether a number moved by more than it is known to: the three-way rule, between two reports.

Of a measurement, the half-width is its uncertainty; of a prediction, its allowance.

| between a ± u and b ± v | word |
|---|---|
| disjoint: abs(a − b) > u + v | moved |
| each value lies in the interval of the other: abs(a − b) ≤ min(u, v) | same |
| anything between | unclear |
"""

import math
import sys
from dataclasses import dataclass
from enum import Enum


# Libraries of linear algebra add in different orders; the last bits of a sum say nothing about theory.
ROUNDING = 64 * sys.float_info.epsilon

RULE = """moved: a ± u and b ± v are disjoint, |a − b| > u + v; same: each value lies in the interval of the other,
|a − b| ≤ min(u, v); unclear: anything between. Half-widths are the uncertainty of a measurement and the
allowance of a prediction."""


class Movement(Enum):
    """What two intervals say about a number."""

    SAME = "same"
    UNCLEAR = "unclear"
    MOVED = "moved"


@dataclass(frozen=True)
class Interval:
    """A number, or ``None`` for one that is not finite, and the half-width of what is known of it."""

    value: float | None
    spread: float

    @staticmethod
    def of(value: float, spread: float) -> "Interval":
        """Return the interval of a record, which has no name for what is not finite; such a spread tells nothing."""
        return Interval(
            value if math.isfinite(value) else None, spread if math.isfinite(spread) else math.inf
        )


def movement(before: Interval, after: Interval) -> Movement:
    """Return whether a number moved, by the rule of this module; from finite to not finite, it did."""
    if before.value is None or after.value is None:
        return Movement.SAME if before.value is after.value else Movement.MOVED
    rounding = ROUNDING * max(abs(before.value), abs(after.value))
    apart = max(abs(after.value - before.value) - rounding, 0.0)
    if apart > before.spread + after.spread:
        return Movement.MOVED
    return Movement.SAME if apart <= min(before.spread, after.spread) else Movement.UNCLEAR
