"""Landscapes of the zoo with their knobs turned, and what the general theory says about each: no closed forms."""

from functools import lru_cache

import numpy as np
import sympy

from implicitbias import Stream
from sde import zoo
from sde.landscapes import Landscape
from sde.landscapes.compiled import compiled
from sde.landscapes.variations import variations_of


phi = sympy.Symbol("phi", real=True)
SQUARE = (((1.0, 0.3), (-0.2, 0.8)), ((0.9, 0.1), (0.4, -0.7)))
SIGMA = ((1.0, 0.4, 0.2), (0.4, 0.8, -0.3), (0.2, -0.3, 0.5))

INSTANCES = {
    "exponential_valley": zoo.exponential_valley(1.3, tangential=0.5, mixed=0.2),
    "exponential_valley, label": zoo.exponential_valley(0.7, normal=0.0, label=1.1),
    "quadratic_valley": zoo.quadratic_valley(normal=0.8, tangential=0.5, label=0.6),
    "valley": zoo.valley(tangential=0.4),
    "twisted_valley": zoo.twisted_valley(tangential=0.3),
    "ring": zoo.ring(mixed=0.3),
    "ring, spiral": zoo.ring(sympy.exp(0.4 * phi), phi, mixed=-0.3, label=0.5),
    "ring, label": zoo.ring(normal=0.0, tangential=0.0, label=1.2),
    "circle": zoo.circle(mixed=0.6, tangential=np.sqrt(0.45)),
    "sphere": zoo.sphere(3, 1.4, sigma=0.8),
    "diagonal_network": zoo.diagonal_network(label=0.9),
    "scalar_factorisation": zoo.scalar_factorisation(1.2, label=0.7, sigma=0.4),
    "scalar_factorisation, label": zoo.scalar_factorisation(-0.7, label=0.9),
    "vector_factorisation": zoo.vector_factorisation(0.8, 2, label=0.9),
    "matrix_factorisation": zoo.matrix_factorisation(),
    "matrix_factorisation, square": zoo.matrix_factorisation(*SQUARE, label=0.8),
    "random_manifold": zoo.random_manifold(dim=3),
    "random_manifold, label": zoo.random_manifold(Stream(1), 3, 2, label=1.3),
    "quadratic": zoo.quadratic((1.3, 0.0, 2.0), SIGMA),
}
LABEL_NOISE = [
    name for name in INSTANCES if name.endswith("label") or "network" in name or "vector" in name
] + ["matrix_factorisation", "matrix_factorisation, square"]


def points(closed, seed=0, count=3):
    return closed.landscape.points(count, Stream(seed))


def around(closed, seed=0, count=3, distance=0.15):
    """Points of Γ, and points off it."""
    on = points(closed, seed, count)
    return on, on + distance * Stream(seed).at("off", np.arange(len(on))).normal(on.shape[-1])


@lru_cache(maxsize=64)
def variations_at_a_point(name):
    """A point of Γ, with Φ and its derivatives there."""
    zeta = points(INSTANCES[name], count=1)
    return zeta, variations_of(INSTANCES[name].landscape, zeta)


def without_closed_forms(closed):
    own = closed.landscape
    return Landscape(own.expression, own.variables, own.noise, own.manifold)


@lru_cache(maxsize=128)
def derivatives(variables, expressions):
    """∇q and ∇²q as functions of θ."""
    q = sympy.Matrix(expressions)
    slopes = [[e.diff(v) for v in variables] for e in q]
    bends = [[[s.diff(v) for v in variables] for s in row] for row in slopes]
    shape = (len(expressions), len(variables))
    return (
        compiled(variables, np.array(slopes, dtype=object).reshape(shape)),
        compiled(variables, np.array(bends, dtype=object).reshape(*shape, shape[1])),
    )


def chart_drift(closed, zeta, workers, total_batch, alpha):
    """(1/2B)(∇q·∂²Φ[Σ + (M − 1)Ψ] + ⟨∇²q, Σ_∥⟩) and the rate (1/B)∇q Σ_∥ ∇qᵀ: Itô's rule on the slow SDE."""
    slope, bend = (f(zeta) for f in derivatives(closed.landscape.variables, closed.coordinates))
    own = closed.landscape.curvature(zeta)
    second = own.second_of_projection(own.effective_covariance(workers, alpha))
    drift = np.einsum("...qi,...i->...q", slope, second)
    drift += np.einsum("...qij,...ij->...q", bend, own.sigma_parallel)
    rate = slope @ own.sigma_parallel @ slope.swapaxes(-1, -2)
    return drift / (2.0 * total_batch), rate / total_batch


def jacobian(function, theta, step=1e-3):
    """∂ of a smooth function by central differences, exact up to step⁶."""
    shifts = step * np.eye(theta.shape[-1])
    weights = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
    at = theta[..., None, :]
    total = sum(c * (function(at + k * shifts) - function(at - k * shifts)) for k, c in weights.items())
    return (total / step).swapaxes(-1, -2)
