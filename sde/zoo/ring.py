r"""Rings L = ½h(φ)(r − 1)² in the plane: Γ is the unit circle, h may vary along it.

In the frame (n, t) ∇L = (h(r − 1), h′(r − 1)²/(2r)), and noise (n, t) has the covariance (σ_N², ρ; ρ, σ_T²).
The flow keeps G(φ) − (ln r + 1/r − 1), G = ∫2h/h′ dφ. Slow SDE, φ being an Itô chart without correction:

    dφ = −(1/B)[(h′/(4h)) Σ_nn A + ρ A_m] dt + (σ_T/√B) dW,   A = 1 + (M − 1)ψ(2αh), A_m = 1 + (M − 1)ψ(αh).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.problems import AbstractLaw, Gaussian
from sde.landscapes import Chart, Factors, LabelNoise, Landscape
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.groove import Groove
from sde.zoo.valley import axes


# Where points of Γ are drawn for checks: away from the cut of the angle.
DOMAIN = (-2.5, 2.5)


@dataclass(frozen=True)
class Ring(AbstractClosedForms):
    """The ring of a groove along the angle φ."""

    groove: Groove

    @property
    def landscape(self) -> Landscape:
        """L = ½h(φ)(r − 1)² in Cartesian coordinates (x, y)."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """The one coordinate φ, in (−π, π]; follow it round by its smallest increments."""
        return (_angle(),)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ), by one quadrature along the orbit; explicit for h = e^{kφ} and for constant h."""
        x, y = np.moveaxis(np.asarray(theta, dtype=np.float64), -1, 0)
        r = np.hypot(x, y)
        return on_the_circle(self.groove.descended(np.arctan2(y, x), np.log(r) + 1.0 / r - 1.0))

    def start(self, q: Coordinates) -> Points:
        """Return (cos φ, sin φ)."""
        return on_the_circle(np.asarray(q, dtype=np.float64)[..., 0])

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return −(1/B)[(h′/(4h)) Σ_nn A + ρ A_m]."""
        return self.groove.drift(np.asarray(q)[..., 0], workers, total_batch, alpha, bend=1.0)[..., None]

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return σ_T/√B."""
        return self.groove.diffusion(np.asarray(q)[..., 0], total_batch)[..., None, None]

    def stationary_log_density(
        self, q: Coordinates, workers: int, alpha: float
    ) -> Float[np.ndarray, "*batch"]:
        """Return log p(φ) up to a constant: −κ log h − (M − 1)κJ(2αh), κ = σ_N²/(2σ_T²), for constant noise.

        Raises
        ------
        BadInput
            With mixed noise, which drives a current round the ring.
        """
        if self.groove.mixed:
            raise BadInput(
                f"mixed = {self.groove.mixed}: the stationary law then carries a current and has no such form; "
                "give ρ = 0, or solve the Fokker–Planck equation"
            )
        return self.groove.log_density(np.asarray(q)[..., 0], workers, alpha)


def ring(
    h: Any = None,
    variable: Any = None,
    *,
    normal: float = 1.0,
    tangential: float = 1.0,
    mixed: float = 0.0,
    label: float = 0.0,
    law: AbstractLaw = Gaussian(),
    shared: bool = False,
) -> Ring:
    """Return the ring ½h(φ)(r − 1)².

    Parameters
    ----------
    h, variable
        h as a SymPy expression and its symbol φ; 1 + 0.6 sin φ by default. One that is not 2π-periodic jumps at φ = π.
    normal, tangential, mixed, label, law, shared
        As for ``valley``; isotropic noise is ``normal`` = ``tangential``.

    Raises
    ------
    BadInput
        As ``Groove``.
    """
    import sympy

    if h is None:
        (variable,) = axes("phi")
        h = 1 + 0.6 * sympy.sin(variable)
    return Ring(Groove(h, variable, normal, tangential, mixed, label, law, shared))


def on_the_circle(angle: Float[np.ndarray, "*batch"]) -> Points:
    """Return (cos φ, sin φ)."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def ring_landscape(groove: Groove, project: Any, invariants: tuple[Any, ...], name: str) -> Landscape:
    """Return ½h(φ)(r − 1)² with the noise of the groove."""
    import sympy

    x, y = axes("x y")
    r, phi = sympy.sqrt(x**2 + y**2), groove.variable
    height = sympy.sqrt(groove.profile.subs(phi, _angle())) * (r - 1)
    return Landscape(
        height**2 / 2,
        (x, y),
        _noise(groove, height, (x, y)),
        Chart((phi,), (sympy.cos(phi), sympy.sin(phi)), domain=DOMAIN),
        project=project,
        invariants=invariants,
        name=name,
    )


@lru_cache(maxsize=64)
def _landscape(ring: Ring) -> Landscape:
    import sympy

    slope = ring.groove.constant_slope
    if slope is None:
        return ring_landscape(ring.groove, ring.project, (), "ring")
    x, y = axes("x y")
    r = sympy.sqrt(x**2 + y**2)
    return ring_landscape(
        ring.groove, ring.project, (_angle() - slope / 2 * (sympy.log(r) + 1 / r - 1),), "ring"
    )


def _angle() -> Any:
    import sympy

    x, y = axes("x y")
    return sympy.atan2(y, x)


def _noise(groove: Groove, height: Any, plane: tuple[Any, Any]) -> Factors | LabelNoise:
    import sympy

    if not groove.columns:
        return LabelNoise(groove.label, (height,), groove.law, groove.shared)
    x, y = plane
    r = sympy.sqrt(x**2 + y**2)
    columns = [((a * x - b * y) / r, (a * y + b * x) / r) for a, b in groove.columns]
    if groove.label:
        columns.append(tuple(groove.label * height.diff(v) for v in plane))
    return Factors(sympy.Matrix(columns).T.tolist(), groove.law, groove.shared)
