r"""The valley h = 1 + x², flattest at x = 0: Φ by Lambert's function, stationary laws, and an exact OU process.

Φ_x = sign(x)√W_0(x² e^{x² − y²}); the flow keeps x e^{(x² − y²)/2}. Under label noise SGD has

    dx = −(δ²/2B) x dt + (σ_T/√B) dW.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.problems import AbstractLaw, Gaussian
from sde.landscapes import Landscape
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.groove import Groove
from sde.zoo.valley import axes, on_the_floor, valley_landscape


@dataclass(frozen=True)
class QuadraticValley(AbstractClosedForms):
    """L = ½(1 + x²)y²."""

    groove: Groove

    @property
    def landscape(self) -> Landscape:
        """L = ½(1 + x²)y²."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """The one coordinate x."""
        return (self.groove.variable,)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ); W_0(e^z) is Wright's function ω(z), which does not overflow."""
        from scipy.special import wrightomega

        x, y = np.moveaxis(np.asarray(theta, dtype=np.float64), -1, 0)
        with np.errstate(divide="ignore"):  # ω(−∞) = 0
            z = 2.0 * np.log(np.abs(x)) + x**2 - y**2
        return on_the_floor(np.sign(x) * np.sqrt(wrightomega(z)))

    def start(self, q: Coordinates) -> Points:
        """Return (x, 0)."""
        return on_the_floor(np.asarray(q, dtype=np.float64)[..., 0])

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return −(x/(2B(1 + x²))) Σ_yy A."""
        return self.groove.drift(np.asarray(q)[..., 0], workers, total_batch, alpha)[..., None]

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return σ_T/√B."""
        return self.groove.diffusion(np.asarray(q)[..., 0], total_batch)[..., None, None]

    def stationary_log_density(
        self, q: Coordinates, workers: int, alpha: float
    ) -> Float[np.ndarray, "*batch"]:
        """Return log p(x) up to a constant: (1 + x²)^{−κ}, κ = σ_N²/(2σ_T²), for SGD with constant noise."""
        return self.groove.log_density(np.asarray(q)[..., 0], workers, alpha)

    def label_noise_law(
        self, start: float, time: float, total_batch: float, gain: float = 1.0
    ) -> tuple[float, float]:
        """Return mean and variance of x at slow time t under label noise: SGD, or the M-fold limit (``gain`` = M).

        The mean is x_0 e^{−gδ²t/2B}, the variance (σ_T²/gδ²)(1 − e^{−gδ²t/B}), the law normal.

        Raises
        ------
        BadInput
            With constant normal noise, or without label noise.
        """
        if self.groove.normal or not self.groove.label:
            raise BadInput(
                "x is an Ornstein–Uhlenbeck process under label noise only; give normal=0, label=δ"
            )
        decay = gain * self.groove.label**2 * time / total_batch
        spread = self.groove.tangential**2 / (gain * self.groove.label**2)
        return float(start * np.exp(-0.5 * decay)), float(-spread * np.expm1(-decay))


def quadratic_valley(
    *,
    normal: float = 1.0,
    tangential: float = 0.0,
    mixed: float = 0.0,
    label: float = 0.0,
    law: AbstractLaw = Gaussian(),
    shared: bool = False,
) -> QuadraticValley:
    """Return the valley ½(1 + x²)y², noise as for ``valley``.

    The arguments are those of `valley`.

    Raises
    ------
    BadInput
        As ``Groove``.
    """
    (x,) = axes("x")
    return QuadraticValley(Groove(1 + x**2, x, normal, tangential, mixed, label, law, shared))


@lru_cache(maxsize=64)
def _landscape(valley: QuadraticValley) -> Landscape:
    import sympy

    (y,) = axes("y")
    x = valley.groove.variable
    kept = x * sympy.exp((x**2 - y**2) / 2)
    return valley_landscape(valley.groove, valley.project, (kept,), "quadratic valley")
