"""How many local steps keep the order O(1/√(MT)) of T2 and T3: the (H − 1) term then stays below the noise term.

Identical data, η = d_min√M/(4L√T):      H − 1 ≤ 2 T^{1/2} M^{−3/2}
Heterogeneous data, η = d_min√M/(8L√T):  H − 1 ≤ √8 T^{1/4} M^{−3/4}, and H − 1 ≤ √(T/M) for the condition on η

Derived, SAVIC-type; with L_D for L/d_min in the metric of D̂.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from implicitbias import checks
from implicitbias.bounds import Bound
from implicitbias.errors import BadInput
from implicitbias.scaled.constants import Constants
from implicitbias.scaled.theorems import heterogeneous_convex, identical_convex


Data = Literal["identical", "heterogeneous"]


@dataclass(frozen=True)
class Horizon:
    """H − 1 ≤ coefficient·T^steps·M^workers, for η = √M/(limit·L_D√T)."""

    coefficient: float
    steps: float
    workers: float
    limit: float

    def __call__(self, steps: float, workers: float) -> float:
        """Return the largest H − 1."""
        return self.coefficient * steps**self.steps * workers**self.workers

    def lr(self, smoothness: float, steps: float, workers: float) -> float:
        """Return η = √M/(limit·L_D√T), that of the corollary."""
        return math.sqrt(workers / steps) / (self.limit * smoothness)


# The corollaries by the data of the workers: the largest H − 1 that keeps the rate, and its learning rate.
HORIZONS: Mapping[Data, Horizon] = MappingProxyType(
    {
        "identical": Horizon(2.0, 1 / 2, -3 / 2, 4.0),
        "heterogeneous": Horizon(math.sqrt(8.0), 1 / 4, -3 / 4, 8.0),
    }
)


def step_condition(steps: float, workers: float) -> float:
    """√(T/M): the largest H − 1 with ηL_D(H−1) ≤ 1/8 at the η of the heterogeneous corollary."""
    return math.sqrt(steps / workers)


def largest_local_steps(
    given: Constants, steps: int, *, data: Data = "identical", constants: str = "derived", ratio: float = 1.0
) -> float:
    """Largest real H − 1 at which the (H − 1) term of T2 or T3 is ``ratio`` times its noise term.

    Read off the bound itself at H = 2 and H = 3, as its terms are monomials in H − 1: no exponent of the corollary
    enters.

    Parameters
    ----------
    given
        Problem, preconditioner and M; its η and H are replaced by those of the corollary.
    steps
        T ≥ M.
    data
        "identical" (T2) or "heterogeneous" (T3).
    constants
        As for the theorems.
    ratio
        Share of the noise term that is admitted.

    Raises
    ------
    BadInput
        If M = 1 in T2, or there is no noise, so that no H is the largest.
    """
    count = checks.integer("steps", steps, 1, "give T")
    horizon = _horizon(data)
    lr = horizon.lr(_rough(given, data), count, given.workers)
    theorem = identical_convex if data == "identical" else heterogeneous_convex

    def bound(local_steps: int) -> Bound:
        at = dataclasses.replace(given, lr=lr, local_steps=local_steps)
        return theorem(at, squared_distance=1.0, rounds=1, constants=constants)

    two, three = bound(2).constants, bound(3).constants
    if not two["local steps"] > 0.0 < two["noise"]:
        raise BadInput(
            f"M = {given.workers}, noise term {two['noise']:g}: one of the terms compared is absent, and no H is the "
            "largest; give two workers and noise"
        )
    power = math.log2(three["local steps"] / two["local steps"])
    return (ratio * two["noise"] / two["local steps"]) ** (1.0 / power)


def _horizon(data: Data) -> Horizon:
    if data not in HORIZONS:
        raise checks.refuse("data", data, "no such corollary", f"choose one of {', '.join(HORIZONS)}")
    return HORIZONS[data]


def _rough(given: Constants, data: Data) -> float:
    return given.scaled.smoothness if data == "identical" else given.scaled.sample_smoothness
