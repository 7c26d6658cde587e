r"""The circle of constant curvature h: Φ(x) = x/|x|, and under constant noise in its frame a normal law of the angle.

φ(t) ~ N(φ_0 + μt, σ_T²t/B),   μ = −(ρ/B)[1 + (M − 1)ψ(αh)].
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.problems import AbstractLaw, Gaussian
from sde.formulas import circle_drift
from sde.landscapes import Landscape
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.groove import Groove
from sde.zoo.ring import on_the_circle, ring_landscape
from sde.zoo.valley import axes


@dataclass(frozen=True)
class Circle(AbstractClosedForms):
    """L = ½h(r − 1)² in the plane, h a number."""

    curvature: float
    groove: Groove

    @property
    def landscape(self) -> Landscape:
        """L = ½h(r − 1)² in Cartesian coordinates (x, y)."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """The one coordinate φ, in (−π, π]; follow it round by its smallest increments."""
        import sympy

        x, y = axes("x y")
        return (sympy.atan2(y, x),)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ) = θ/|θ|."""
        theta = np.asarray(theta, dtype=np.float64)
        return theta / np.linalg.norm(theta, axis=-1, keepdims=True)

    def start(self, q: Coordinates) -> Points:
        """Return (cos φ, sin φ)."""
        return on_the_circle(np.asarray(q, dtype=np.float64)[..., 0])

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return μ."""
        drift = circle_drift(self.groove.mixed, total_batch, workers, alpha, self.curvature)
        return np.full(np.shape(q), float(drift))

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return σ_T/√B."""
        return self.groove.diffusion(np.asarray(q)[..., 0], total_batch)[..., None, None]

    def law_of_angle(
        self, start: float, time: float, workers: int, total_batch: float, alpha: float
    ) -> tuple[float, float]:
        """Return mean and variance of the unwrapped angle at slow time t; the law is normal."""
        drift = float(circle_drift(self.groove.mixed, total_batch, workers, alpha, self.curvature))
        return start + drift * time, self.groove.tangential**2 * time / total_batch


def circle(
    curvature: float = 1.5,
    *,
    normal: float = 1.0,
    tangential: float = 1.0,
    mixed: float = 0.0,
    law: AbstractLaw = Gaussian(),
    shared: bool = False,
) -> Circle:
    """Return the circle ½h(r − 1)².

    Parameters
    ----------
    curvature
        h > 0.
    normal, tangential, mixed, law, shared
        As for ``ring``.

    Raises
    ------
    BadInput
        As ``Groove``.
    """
    checks.number("curvature", curvature, "a minimum across Γ has h > 0", above=0)
    (phi,) = axes("phi")
    return Circle(curvature, Groove(curvature, phi, normal, tangential, mixed, 0.0, law, shared))


@lru_cache(maxsize=64)
def _landscape(circle: Circle) -> Landscape:
    import sympy

    x, y = axes("x y")
    r = sympy.sqrt(x**2 + y**2)
    return ring_landscape(circle.groove, (x / r, y / r), (x / r, y / r), "circle")
