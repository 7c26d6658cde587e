"""Where a one-dimensional equation lives: a segment of the line, or a ring."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput


@dataclass(frozen=True)
class Segment:
    """[low, high]; an end that is infinite, or that paths do not reach, needs no boundary condition."""

    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self):
        if not self.low < self.high:
            raise BadInput(f"low, high = {self.low}, {self.high}: a segment has low < high; order the ends")

    @property
    def finite(self) -> bool:
        """Whether both ends are finite."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def around(self, x: Float[np.ndarray, " start"], part: float) -> "Segment":
        """Return the segment with both ends moved by a part of the way to the points x."""
        low, high = float(np.min(x)), float(np.max(x))
        return Segment(self.low + part * (low - self.low), self.high + part * (high - self.high))

    def holds(self, x: Float[np.ndarray, " start"]) -> bool:
        """Return whether all points lie inside."""
        return bool((x >= self.low).all() and (x <= self.high).all())


@dataclass(frozen=True)
class Ring:
    """R/pZ, cut open at low: coordinates low … low + period, and the ends are one point."""

    low: float = -math.pi
    period: float = 2.0 * math.pi

    def __post_init__(self):
        checks.number("low", self.low, "cut the ring anywhere, e.g. at −π")
        checks.number("period", self.period, "an angle has 2π", above=0)

    @property
    def high(self) -> float:
        """The cut, from the other side."""
        return self.low + self.period

    def wrapped(self, x: Float[np.ndarray, " start"]) -> Float[np.ndarray, " start"]:
        """Return the coordinates in [low, low + period)."""
        return self.low + np.mod(x - self.low, self.period)


Domain = Segment | Ring


def finite(domain: Domain) -> Domain:
    """Return the domain, refused if a grid cannot cover it.

    Raises
    ------
    BadInput
        If it is no domain, or an end is infinite.
    """
    checks.instance("domain", domain, Segment | Ring, "give Segment(low, high) or Ring()")
    if isinstance(domain, Segment) and not domain.finite:
        raise checks.refuse(
            "domain",
            domain,
            "a grid needs finite ends",
            "put them where paths do not get in the time asked for",
        )
    return domain
