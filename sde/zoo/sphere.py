r"""The sphere L = ½h(|x| − 1)² in R^D with isotropic noise: Brownian motion, for every M and α.

Φ(x) = x/|x|. In the coordinates q = ζ of the surrounding space

    dζ = −((D − 1)σ²/(2B)) ζ dt + (σ/√B)(I − ζζᵀ) dW,   E ζ(t) = e^{−(D − 1)σ²t/(2B)} ζ_0:

Ψ̂ is radial and ∇³L[nnᵀ] normal, so that the drift of local steps vanishes.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.problems import AbstractLaw, Gaussian
from sde.landscapes import Equations, Isotropic, Landscape
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.valley import axes


@dataclass(frozen=True)
class Sphere(AbstractClosedForms):
    """L = ½h(|x| − 1)² in R^D, noise σ²I.

    The attributes are the arguments of `sphere`.
    """

    dim: int
    curvature: float
    sigma: float
    law: AbstractLaw
    shared: bool

    @property
    def landscape(self) -> Landscape:
        """L = ½h(|x| − 1)²."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """The D coordinates of the point itself."""
        return _axes(self.dim)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ) = θ/|θ|."""
        theta = np.asarray(theta, dtype=np.float64)
        return theta / np.linalg.norm(theta, axis=-1, keepdims=True)

    def start(self, q: Coordinates) -> Points:
        """Return q/|q|."""
        return self.project(q)

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return −((D − 1)σ²/(2B)) ζ."""
        del workers, alpha
        return -0.5 * (self.dim - 1) * self.sigma**2 / total_batch * np.asarray(q, dtype=np.float64)

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return (σ/√B)(I − ζζᵀ)."""
        q = np.asarray(q, dtype=np.float64)
        return self.sigma / np.sqrt(total_batch) * (np.eye(self.dim) - q[..., :, None] * q[..., None, :])

    def mean(self, start: Coordinates, time: float, total_batch: float) -> Coordinates:
        """Return E ζ(t) = e^{−(D − 1)σ²t/(2B)} ζ_0."""
        return np.exp(-0.5 * (self.dim - 1) * self.sigma**2 * time / total_batch) * np.asarray(start)


def sphere(
    dim: int = 3,
    curvature: float = 1.0,
    *,
    sigma: float = 1.0,
    law: AbstractLaw = Gaussian(),
    shared: bool = False,
) -> Sphere:
    """Return the sphere ½h(|x| − 1)² in R^D.

    Parameters
    ----------
    dim
        D ≥ 2.
    curvature
        h > 0.
    sigma
        σ > 0: one sample's gradient has the covariance σ²I.
    law, shared
        Of the noise, as for ``Isotropic``.

    Raises
    ------
    BadInput
        For a dimension or sizes out of range.
    """
    checks.integer("dim", dim, 2, "a sphere needs two dimensions")
    checks.number("curvature", curvature, "a minimum across Γ has h > 0", above=0)
    checks.number("sigma", sigma, "without noise nothing moves along Γ", above=0)
    return Sphere(dim, curvature, sigma, law, shared)


def _axes(dim: int) -> tuple[Any, ...]:
    return axes(f"x1:{dim + 1}")


@lru_cache(maxsize=64)
def _landscape(sphere: Sphere) -> Landscape:
    import sympy

    x = _axes(sphere.dim)
    r = sympy.sqrt(sum(v**2 for v in x))
    direction = tuple(v / r for v in x)
    return Landscape(
        sphere.curvature * (r - 1) ** 2 / 2,
        x,
        Isotropic(sphere.sigma, sphere.law, sphere.shared),
        Equations(r - 1),
        project=direction,
        invariants=direction,
        name=f"sphere in R^{sphere.dim}",
    )
