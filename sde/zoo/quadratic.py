r"""Quadratics L = ½Σ_i λ_iθ_i² with constant noise: the conventional SDE is an Ornstein–Uhlenbeck process.

Γ is where the θ_i with λ_i > 0 vanish; along the flat ones Φ is the identity and the slow SDE is Brownian motion. In
conventional time t_c = η·steps, dX = −ΛX dt_c + √(η/B) Σ^{1/2} dW has

    E X_i(t_c) = e^{−λ_i t_c} x_i,   Cov_ij(t_c) = (η/B) Σ_ij (1 − e^{−(λ_i + λ_j)t_c})/(λ_i + λ_j).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.problems import AbstractLaw, Gaussian
from sde.landscapes import Chart, Covariance, Equations, Landscape
from sde.landscapes.manifold import AbstractManifold
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.valley import axes


# Of a covariance given in doubles: below this share of the trace an eigenvalue is 0.
ROUNDING = 1e-12

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Quadratic(AbstractClosedForms):
    """L = ½Σ_i λ_iθ_i²; the coordinates of Γ are the θ_i with λ_i = 0.

    Attributes
    ----------
    curvatures
        λ_i ≥ 0.
    sigma
        Σ of one sample, row by row.
    law, shared
        Of the noise, as for ``Covariance``.
    """

    curvatures: tuple[float, ...]
    sigma: Rows
    law: AbstractLaw
    shared: bool

    __repr__ = in_brief

    @property
    def landscape(self) -> Landscape:
        """L = ½Σ_i λ_iθ_i²."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """The flat θ_i; none if every λ_i > 0."""
        return tuple(v for v, flat in zip(_axes(self), self.flat, strict=True) if flat)

    @property
    def flat(self) -> tuple[bool, ...]:
        """Which λ_i vanish."""
        return tuple(value == 0.0 for value in self.curvatures)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ): θ with the curved coordinates at 0."""
        return np.where(self.flat, theta, 0.0)

    def start(self, q: Coordinates) -> Points:
        """Return the point of Γ with flat coordinates q."""
        q = np.asarray(q, dtype=np.float64)
        theta = np.zeros((*q.shape[:-1], len(self.curvatures)))
        theta[..., self.flat] = q
        return theta

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return 0: Γ is flat, and so is the curvature along it."""
        del workers, total_batch, alpha
        return np.zeros(np.shape(q))

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return a root of Σ_∥/B."""
        values, vectors = np.linalg.eigh(np.array(self.sigma)[np.ix_(self.flat, self.flat)])
        root = vectors * np.sqrt(np.maximum(values, 0.0) / total_batch)
        return np.broadcast_to(root, (*np.shape(q), root.shape[-1]))

    def mean(self, start: Points, time: float) -> Points:
        """Return E X(t_c) from X(0) = start."""
        return np.exp(-np.array(self.curvatures) * time) * np.asarray(start, dtype=np.float64)

    def covariance(self, time: float, lr: float, total_batch: float) -> Float[np.ndarray, "dim dim"]:
        """Return Cov X(t_c) from a point; ``time`` = ∞ is the stationary covariance where every λ_i > 0."""
        values = np.array(self.curvatures)
        sums = values[:, None] + values
        rate = np.where(sums > 0.0, sums, 1.0)
        elapsed = np.where(sums > 0.0, -np.expm1(-rate * time) / rate, time)
        return lr / total_batch * np.array(self.sigma) * elapsed


def quadratic(
    curvatures: Sequence[float] = (1.3,),
    covariance: Sequence[Sequence[float]] | None = None,
    *,
    law: AbstractLaw = Gaussian(),
    shared: bool = False,
) -> Quadratic:
    """Return L = ½Σ_i λ_iθ_i².

    Parameters
    ----------
    curvatures
        λ_i ≥ 0, not all 0.
    covariance
        Σ of one sample, positive semidefinite, shape (d, d); I by default.
    law, shared
        Of the noise, as for ``Covariance``.

    Raises
    ------
    BadInput
        For negative curvatures, or a matrix that is no covariance.
    """
    cure = "give λ_i ≥ 0, one per coordinate"
    entries = checks.sequence("curvatures", curvatures, cure)
    values = tuple(checks.number("curvatures", value, cure, least=0) for value in entries)
    if not any(values):
        raise checks.refuse("curvatures", curvatures, "one must be positive", "L = 0 has no curvature")
    sigma = np.eye(len(values)) if covariance is None else checks.real_array("covariance", covariance)
    _check_covariance(sigma, len(values))
    return Quadratic(values, tuple(tuple(row) for row in sigma.tolist()), law, shared)


def _check_covariance(sigma: Float[np.ndarray, "..."], dim: int) -> None:
    good = sigma.shape == (dim, dim) and (sigma == sigma.T).all()
    if not good or np.linalg.eigvalsh(sigma)[0] < -ROUNDING * np.trace(sigma):
        rule = f"must be symmetric and positive semidefinite, of shape ({dim}, {dim})"
        raise checks.refuse("covariance", sigma.tolist(), rule, "give A @ A.T")


def _axes(quadratic: Quadratic) -> tuple[Any, ...]:
    return axes(f"x1:{len(quadratic.curvatures) + 1}")


@lru_cache(maxsize=64)
def _landscape(quadratic: Quadratic) -> Landscape:
    variables = _axes(quadratic)
    terms = zip(quadratic.curvatures, variables, strict=True)
    return Landscape(
        sum(value * v**2 for value, v in terms) / 2,
        variables,
        Covariance(quadratic.sigma, quadratic.law, quadratic.shared),
        _minima(quadratic, variables),
        project=quadratic.project,
        invariants=quadratic.coordinates,
        name="quadratic",
    )


def _minima(quadratic: Quadratic, variables: tuple[Any, ...]) -> AbstractManifold:
    along = quadratic.coordinates
    if along:
        return Chart(along, tuple(v if v in along else 0 for v in variables))
    return Equations(*variables)
