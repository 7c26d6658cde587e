r"""Valleys L = ½h(x)y²: the line y = 0 is Γ, and the slow variable slides to where it is flat.

∇L = (½h′y², hy), ∇²L = diag(0, h) on Γ. The flow keeps G(x) − y²/2, G = ∫2h/h′ dx. Slow SDE, Σ_yy = σ_N² + δ²h:

    dx = −(h′/(4Bh)) Σ_yy [1 + (M − 1)ψ(2αh)] dt + (σ_T/√B) dW;      mixed noise gives no drift, Γ being flat.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias.problems import AbstractLaw, Gaussian
from sde.landscapes import Chart, Factors, LabelNoise, Landscape
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.groove import Groove


@dataclass(frozen=True)
class Valley(AbstractClosedForms):
    """The valley of a groove; its exact forms are those of any h > 0."""

    groove: Groove

    @property
    def landscape(self) -> Landscape:
        """L = ½h(x)y²."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """The one coordinate x."""
        return (self.groove.variable,)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ), by one quadrature along the orbit; explicit for h = e^{cx}."""
        theta = np.asarray(theta, dtype=np.float64)
        return on_the_floor(self.groove.descended(theta[..., 0], 0.5 * theta[..., 1] ** 2))

    def start(self, q: Coordinates) -> Points:
        """Return (x, 0)."""
        return on_the_floor(np.asarray(q, dtype=np.float64)[..., 0])

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return −(h′/(4Bh)) Σ_yy A."""
        return self.groove.drift(np.asarray(q)[..., 0], workers, total_batch, alpha)[..., None]

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return σ_T/√B."""
        return self.groove.diffusion(np.asarray(q)[..., 0], total_batch)[..., None, None]

    def stationary_log_density(
        self, q: Coordinates, workers: int, alpha: float
    ) -> Float[np.ndarray, "*batch"]:
        """Return log p(x) up to a constant, of SGD for α = 0: −κ log h, κ = σ_N²/(2σ_T²), for constant noise."""
        return self.groove.log_density(np.asarray(q)[..., 0], workers, alpha)


def valley(
    h: Any = None,
    variable: Any = None,
    *,
    normal: float = 1.0,
    tangential: float = 0.0,
    mixed: float = 0.0,
    label: float = 0.0,
    law: AbstractLaw = Gaussian(),
    shared: bool = False,
) -> Valley:
    """Return the valley ½h(x)y² of your own h > 0.

    Parameters
    ----------
    h, variable
        h as a SymPy expression, and its symbol; 1 + e^x by default.
    normal, tangential, mixed, label
        σ_N, σ_T, ρ and δ of one sample.
    law, shared
        Of the noise, as for ``Factors``.

    Raises
    ------
    BadInput
        As ``Groove``.
    """
    import sympy

    if h is None:
        (variable,) = axes("x")
        h = 1 + sympy.exp(variable)
    return Valley(Groove(h, variable, normal, tangential, mixed, label, law, shared))


def axes(real: str) -> tuple[Any, ...]:
    """Return real symbols of these names."""
    import sympy

    return sympy.symbols(real, real=True, seq=True)


def on_the_floor(x: Float[np.ndarray, "*batch"]) -> Points:
    """Return (x, 0)."""
    return np.stack([x, np.zeros_like(x)], axis=-1)


def valley_landscape(groove: Groove, project: Any, invariants: tuple[Any, ...], name: str) -> Landscape:
    """Return ½h(x)y² with the noise of the groove."""
    x = groove.variable
    (y,) = axes("y")
    return Landscape(
        groove.profile * y**2 / 2,
        (x, y),
        _noise(groove, y),
        Chart((x,), (x, 0)),
        project=project,
        invariants=invariants,
        name=name,
    )


@lru_cache(maxsize=64)
def _landscape(valley: Valley) -> Landscape:
    groove = valley.groove
    slope = groove.constant_slope
    if slope is None:
        return valley_landscape(groove, valley.project, (), "valley")
    (y,) = axes("y")
    moved = groove.variable - slope * y**2 / 4
    return valley_landscape(groove, (moved, 0), (moved,), "valley")


def _noise(groove: Groove, y: Any) -> Factors | LabelNoise:
    import sympy

    output = sympy.sqrt(groove.profile) * y
    if not groove.columns:
        return LabelNoise(groove.label, (output,), groove.law, groove.shared)
    columns = [(along, across) for across, along in groove.columns]
    if groove.label:
        columns.append(tuple(groove.label * output.diff(v) for v in (groove.variable, y)))
    return Factors(sympy.Matrix(columns).T.tolist(), groove.law, groove.shared)
