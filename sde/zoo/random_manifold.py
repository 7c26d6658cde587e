r"""Random manifolds L = ½FᵀWF, F: R^d → R^m a cubic: nothing is special about them, so that identities must hold there.

J = DF, Γ = {F = 0}, ∇²L = JᵀWJ, P_T = I − J⁺J, and on Γ, for symmetric S, with D²F_a : S = Σ_ij ∂_i∂_jF_a S_ij,

    P_T ∇³L[S] = 2 P_T Σ_ab W_ab (D²F_a) S J_bᵀ,     ½∂²Φ[Σ_∥] = −½ J⁺(D²F : Σ_∥).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.problems import AbstractLaw, Gaussian
from implicitbias.stream import Stream
from sde.formulas import psi
from sde.landscapes import Equations, Factors, LabelNoise, Landscape
from sde.landscapes.noise import AbstractNoise
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.valley import axes


# Points of Γ are looked for this near to the origin, where F is nearly linear and the flow stays near.
DOMAIN = (-0.6, 0.6)

Array = Float[np.ndarray, "..."]


@dataclass(frozen=True)
class RandomManifold(AbstractClosedForms):
    """F_a = R_a·θ + ½θᵀQ_aθ + (1/6)(g_a·θ)³; the coordinates of Γ are its points.

    The attributes are the arguments of `random_manifold`.
    """

    dim: int
    codimension: int
    stream: Stream
    bend: float
    label: float
    law: AbstractLaw

    @property
    def landscape(self) -> Landscape:
        """L = ½FᵀWF."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """The d coordinates of the point itself."""
        return _axes(self.dim)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ), the flow being integrated."""
        return self.landscape.project(theta)

    def start(self, q: Coordinates) -> Points:
        """Return q, a point of Γ."""
        return np.array(q, dtype=np.float64)

    def jacobian(self, theta: Points) -> Float[np.ndarray, "*batch equation dim"]:
        """Return J(θ)."""
        linear, quadratic, cubic = _coefficients(self)
        along = theta @ cubic.T
        return linear + np.einsum("aij,...j->...ai", quadratic, theta) + 0.5 * along[..., None] ** 2 * cubic

    def bends(self, theta: Points) -> Float[np.ndarray, "*batch equation dim dim"]:
        """Return D²F_a(θ)."""
        _, quadratic, cubic = _coefficients(self)
        return quadratic + np.einsum("...a,ai,aj->...aij", theta @ cubic.T, cubic, cubic)

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return −(1/2B) J⁺(D²F : Σ_∥) − (1/B) P_T Σ_ab W_ab (D²F_a)[Σ̂ + (M − 1)Ψ̂]J_bᵀ."""
        q = np.asarray(q, dtype=np.float64)
        j, bends, weight = self.jacobian(q), self.bends(q), _weight(self)
        tangent, sigma = self._tangent(j), self.landscape.covariance(q)
        staying = np.einsum("...aij,...ij->...a", bends, tangent @ sigma @ tangent)
        spread = _spread(_t(j) @ weight @ j, sigma, self.codimension, workers, alpha)
        pushed = np.einsum("ab,...aij,...jk,...bk->...i", weight, bends, spread, j)
        moved = 0.5 * (np.linalg.pinv(j) @ staying[..., None]) + tangent @ pushed[..., None]
        return -moved[..., 0] / total_batch

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return P_T A/√B."""
        tangent = self._tangent(self.jacobian(np.asarray(q, dtype=np.float64)))
        along = tangent @ self.landscape.factors(q) / np.sqrt(total_batch)
        return np.zeros_like(along) if self.label else along

    def _tangent(self, j: Array) -> Array:
        return np.eye(self.dim) - np.linalg.pinv(j) @ j


def random_manifold(
    stream: Stream = Stream(0),
    dim: int = 4,
    codimension: int = 2,
    *,
    bend: float = 0.3,
    label: float = 0.0,
    law: AbstractLaw = Gaussian(),
) -> RandomManifold:
    """Return a random manifold.

    Parameters
    ----------
    stream
        Of the coefficients, of W and of the noise.
    dim, codimension
        d and m < d.
    bend
        Standard deviation of the quadratic and cubic coefficients.
    label
        δ of label noise; 0 is constant noise of a random full-rank Σ, mixed pairs included.
    law
        Of the noise.

    Raises
    ------
    BadInput
        For dimensions that do not fit.
    """
    checks.integer("dim", dim, 2, "Γ needs a direction along and one across")
    if checks.integer("codimension", codimension, 1, "give m < d equations") >= dim:
        raise checks.refuse("codimension", codimension, f"must be below d = {dim}", "or Γ is a point")
    checks.number("bend", bend, "0 makes Γ flat", least=0)
    checks.number("label", label, "give the size of the label noise", least=0)
    return RandomManifold(dim, codimension, stream, bend, label, law)


def _axes(dim: int) -> tuple[Any, ...]:
    return axes(f"x1:{dim + 1}")


@lru_cache(maxsize=64)
def _coefficients(manifold: RandomManifold) -> tuple[Array, Array, Array]:
    """Return R with orthonormal rows, Q symmetric, and g."""
    m, d = manifold.codimension, manifold.dim
    address = manifold.stream.at
    square = address("random-manifold/linear", np.arange(d)).normal(d)
    quadratic = address("random-manifold/quadratic", np.arange(m)).normal(d**2).reshape(m, d, d)
    cubic = address("random-manifold/cubic", np.arange(m)).normal(d)
    bend = manifold.bend
    return np.linalg.qr(square)[0][:m], 0.5 * bend * (quadratic + _t(quadratic)), np.cbrt(bend) * cubic


def _root(manifold: RandomManifold) -> Array:
    """Return the lower C with W = CCᵀ, eigenvalues of W from 1/2 on."""
    m = manifold.codimension
    drawn = manifold.stream.at("random-manifold/weight", np.arange(m)).normal(m)
    return np.linalg.cholesky(0.5 * np.eye(m) + drawn @ drawn.T / m)


def _weight(manifold: RandomManifold) -> Array:
    root = _root(manifold)
    return root @ root.T


@lru_cache(maxsize=64)
def _landscape(manifold: RandomManifold) -> Landscape:
    import sympy

    variables = _axes(manifold.dim)
    theta = sympy.Matrix(variables)
    functions = [_equation(theta, *own) for own in zip(*_coefficients(manifold), strict=True)]
    outputs = sympy.Matrix(_root(manifold)).T * sympy.Matrix(functions)
    return Landscape(
        sum(f**2 for f in outputs) / 2,
        variables,
        _noise(manifold, tuple(outputs)),
        Equations(*functions, domain=DOMAIN),
        name=f"random manifold in R^{manifold.dim}",
    )


def _equation(theta: Any, linear: Array, quadratic: Array, cubic: Array) -> Any:
    import sympy

    bent = (theta.T * sympy.Matrix(quadratic) * theta)[0] / 2
    return sympy.Matrix(linear).dot(theta) + sympy.expand(bent) + sympy.Matrix(cubic).dot(theta) ** 3 / 6


def _noise(manifold: RandomManifold, outputs: tuple[Any, ...]) -> AbstractNoise:
    import sympy

    if manifold.label:
        count = sympy.sqrt(len(outputs))  # LabelNoise speaks of the mean over samples, L here of the sum
        return LabelNoise(manifold.label, tuple(count * f for f in outputs), manifold.law)
    d = manifold.dim
    drawn = manifold.stream.at("random-manifold/noise", np.arange(d)).normal(d)
    return Factors((drawn / np.sqrt(d)).tolist(), manifold.law)


def _spread(hessian: Array, sigma: Array, codimension: int, workers: int, alpha: float) -> Array:
    """Return Σ̂ + (M − 1)Ψ̂."""
    values, v = np.linalg.eigh(hessian)
    values = np.where(np.arange(values.shape[-1]) < values.shape[-1] - codimension, 0.0, values)
    sums = values[..., :, None] + values[..., None, :]
    pairs = sums > 0.0
    x = np.where(pairs, sums, 1.0)
    gain = 1.0 + (workers - 1) * (np.ones_like(x) if np.isinf(alpha) else np.asarray(psi(alpha * x)))
    return v @ (np.where(pairs, gain / x, 0.0) * (_t(v) @ sigma @ v)) @ _t(v)


def _t(matrix: Array) -> Array:
    return matrix.swapaxes(-1, -2)
