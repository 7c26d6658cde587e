r"""The valley h = e^{cx}, where Φ = (x − cy²/4, 0) exactly and SGD's slow ODE is solved."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractLaw, Gaussian
from sde.landscapes import Landscape
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.groove import Groove
from sde.zoo.valley import axes, on_the_floor, valley_landscape


@dataclass(frozen=True)
class ExponentialValley(AbstractClosedForms):
    """L = ½e^{cx}y²."""

    rate: float
    groove: Groove

    @property
    def landscape(self) -> Landscape:
        """L = ½e^{cx}y²."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """The one coordinate x."""
        return (self.groove.variable,)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ) = (x − cy²/4, 0)."""
        theta = np.asarray(theta, dtype=np.float64)
        return on_the_floor(theta[..., 0] - 0.25 * self.rate * theta[..., 1] ** 2)

    def start(self, q: Coordinates) -> Points:
        """Return (x, 0)."""
        return on_the_floor(np.asarray(q, dtype=np.float64)[..., 0])

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return −(c/(4B)) Σ_yy A."""
        return self.groove.drift(np.asarray(q)[..., 0], workers, total_batch, alpha)[..., None]

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return σ_T/√B."""
        return self.groove.diffusion(np.asarray(q)[..., 0], total_batch)[..., None, None]

    def position(self, start: float, time: float, total_batch: float, gain: float = 1.0) -> float:
        """Return x at slow time t for σ_T = 0: of SGD, or of the M-fold limit with ``gain`` = M.

        z = e^{−cx} solves z′ = k(σ_N²z + δ²), k = gain·c²/(4B): x falls linearly under constant noise, z rises
        linearly under label noise.

        Raises
        ------
        BadInput
            With noise along Γ.
        """
        from scipy.special import exprel

        if self.groove.tangential:
            raise BadInput(
                f"tangential = {self.groove.tangential}: x is then no solution of an ODE; give σ_T = 0"
            )
        if not self.rate:
            return start
        k = gain * self.rate**2 / (4.0 * total_batch) * time
        growth = k * self.groove.normal**2
        gained = k * self.groove.label**2 * np.exp(self.rate * start - growth) * exprel(growth)
        return float(start - (growth + np.log1p(gained)) / self.rate)


def exponential_valley(
    rate: float = 1.0,
    *,
    normal: float = 1.0,
    tangential: float = 0.0,
    mixed: float = 0.0,
    label: float = 0.0,
    law: AbstractLaw = Gaussian(),
    shared: bool = False,
) -> ExponentialValley:
    """Return the valley ½e^{cx}y².

    Parameters
    ----------
    rate
        c; 0 is a valley of constant width.
    normal, tangential, mixed, label, law, shared
        As for ``valley``.

    Raises
    ------
    BadInput
        As ``Groove``.
    """
    import sympy

    (x,) = axes("x")
    c = checks.number("rate", rate, "h = e^{cx}: 0 is a valley of constant width")
    return ExponentialValley(c, Groove(sympy.exp(rate * x), x, normal, tangential, mixed, label, law, shared))


@lru_cache(maxsize=64)
def _landscape(valley: ExponentialValley) -> Landscape:
    (y,) = axes("y")
    moved = valley.groove.variable - valley.rate * y**2 / 4
    return valley_landscape(valley.groove, (moved, 0), (moved,), "exponential valley")
