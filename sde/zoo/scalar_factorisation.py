r"""Scalar factorisation L = ½(uv − y)²: Γ is a hyperbola, and its coordinate D = u² − v² an invariant of the flow.

S = √(D² + 4y²) is u² + v² on Γ, and the curvature. With label noise δ and isotropic noise σ

    dD = −(δ²/B) D [1 + (M − 1)ψ(2αS)] dt − σ² ((M − 1)ψ(2αS)/(BS)) D dt + 2σ√(S/B) dW:

under isotropic noise SGD's D is a martingale, under label noise it is D_0 e^{−δ²t/B}.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractLaw, Gaussian
from sde.formulas import uv_isotropic_drift, uv_rate
from sde.landscapes import Chart, Factors, Isotropic, LabelNoise, Landscape
from sde.landscapes.noise import AbstractNoise
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.valley import axes


@dataclass(frozen=True)
class ScalarFactorisation(AbstractClosedForms):
    """L = ½(uv − y)², y ≠ 0; Γ has two branches, and ``start`` gives the one with u > 0.

    The attributes are the arguments of `scalar_factorisation`.
    """

    product: float
    label: float
    sigma: float
    law: AbstractLaw
    shared: bool

    @property
    def landscape(self) -> Landscape:
        """L = ½(uv − y)²."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """The one coordinate D = u² − v²."""
        u, v = axes("u v")
        return (u**2 - v**2,)

    def sharpness(self, imbalance: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return S = √(D² + 4y²), the curvature on Γ."""
        return np.hypot(imbalance, 2.0 * self.product)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ): the point of Γ with the same D, on the branch on which u has the sign of u + v (y > 0).

        For y < 0 replace v by −v.
        """
        u, v = np.moveaxis(np.asarray(theta, dtype=np.float64), -1, 0)
        side = np.where(u + np.sign(self.product) * v >= 0.0, 1.0, -1.0)
        return side[..., None] * self.start((u**2 - v**2)[..., None])

    def start(self, q: Coordinates) -> Points:
        """Return (√((S + D)/2), ±√((S − D)/2)): the larger root first, the other is |y| over it."""
        imbalance = np.asarray(q, dtype=np.float64)[..., 0]
        larger = np.sqrt(0.5 * (self.sharpness(imbalance) + np.abs(imbalance)))
        smaller = abs(self.product) / larger
        u = np.where(imbalance >= 0.0, larger, smaller)
        v = np.where(imbalance >= 0.0, smaller, larger)
        return np.stack([u, np.sign(self.product) * v], axis=-1)

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return −D [(δ²/B)(1 + (M − 1)ψ) + σ²(M − 1)ψ/(BS)], ψ at 2αS."""
        q = np.asarray(q, dtype=np.float64)
        balancing = uv_rate(q, self.product, self.label, total_batch, workers, alpha) * q
        return self.sigma**2 * uv_isotropic_drift(q, self.product, total_batch, workers, alpha) - balancing

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return 2σ√(S/B)."""
        return (2.0 * self.sigma * np.sqrt(self.sharpness(np.asarray(q)) / total_batch))[..., None]


def scalar_factorisation(
    product: float = 1.0,
    *,
    label: float = 1.0,
    sigma: float = 0.0,
    law: AbstractLaw = Gaussian(),
    shared: bool = False,
) -> ScalarFactorisation:
    """Return L = ½(uv − y)².

    Parameters
    ----------
    product
        y ≠ 0.
    label, sigma
        δ ≥ 0 and σ ≥ 0, not both 0.
    law, shared
        Of the noise, as for ``Factors``.

    Raises
    ------
    BadInput
        For y = 0, where the two branches of Γ cross, or without noise.
    """
    checks.number("product", product, "give y ≠ 0")
    checks.number("label", label, "give the size of the label noise", least=0)
    checks.number("sigma", sigma, "give the standard deviation of isotropic noise", least=0)
    if not product:
        raise checks.refuse("product", product, "uv = 0 is no manifold: its branches cross", "give y ≠ 0")
    if not (label or sigma):
        raise BadInput("label = sigma = 0: there is no noise; for gradient descent leave batch out")
    return ScalarFactorisation(product, label, sigma, law, shared)


@lru_cache(maxsize=64)
def _landscape(factorisation: ScalarFactorisation) -> Landscape:
    u, v = axes("u v")
    point = (u, factorisation.product / u)
    return Landscape(
        (u * v - factorisation.product) ** 2 / 2,
        (u, v),
        _noise(factorisation, u, v),
        Chart((u,), point, domain=(0.5, 2.0)),
        project=factorisation.project,
        invariants=factorisation.coordinates,
        name="scalar factorisation",
    )


def _noise(own: ScalarFactorisation, u: Any, v: Any) -> AbstractNoise:
    if not own.sigma:
        return LabelNoise(own.label, (u * v,), own.law, own.shared)
    if not own.label:
        return Isotropic(own.sigma, own.law, own.shared)
    return Factors([[own.sigma, 0, own.label * v], [0, own.sigma, own.label * u]], own.law, own.shared)
