"""Weak orders without sampling: one step of a scheme as a matrix on trigonometric polynomials.

Let u_n(φ) = E g(Y_n) for Y_0 = φ. Then u_{n+1}(φ) = Σ_branches p·u_n(step(φ)): a matrix, once u_n is interpolated by
its Fourier series. The exact E g(X_t) is exp(t𝓐)g, with the generator 𝓐 as a matrix on the same series.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.statistics import fit_order, NoisyRate, Rate
from sde.equations import SymbolicSDE
from sde.orders.one_step import one_step_law, OneStepLaw
from sde.orders.torus import TorusCase
from sde.schemes import AbstractScheme


# Odd, so that the Fourier series has no unpaired mode; errors of interpolation are then below 1e-8 of g.
GRID = {1: 63, 2: 23}
TIME = 1.0
STEPS = (8, 16, 32, 64)


def weak_order(
    scheme: AbstractScheme, case: TorusCase, *, steps: Sequence[int] = STEPS, law: OneStepLaw | None = None
) -> Rate | NoisyRate:
    """Return the order of the weak error in Δ, with the interval of its approach to Δ → 0.

    The arguments are those of `weak_errors`.
    """
    errors = weak_errors(scheme, case, steps=steps, law=law)
    return fit_order(TIME / np.array(steps, dtype=np.float64), errors)


def weak_errors(
    scheme: AbstractScheme, case: TorusCase, *, steps: Sequence[int] = STEPS, law: OneStepLaw | None = None
) -> Float[np.ndarray, " step"]:
    """Return E g(Y_n) − E g(X_t) at t = 1, root mean square over all starts, for n = each of ``steps`` equal steps.

    Parameters
    ----------
    scheme, case
        What is measured on which equation.
    steps
        Numbers of steps.
    law
        What a step reads; by default the scheme's own law.

    Raises
    ------
    BadInput
        If the scheme does not take the equation.
    """
    scheme.check(case.moved)
    for count in checks.sequence("steps", tuple(steps), "give e.g. (8, 16, 32, 64)"):
        checks.integer("steps", count, 1, "count steps")
    law = one_step_law(scheme, case.moved.noises) if law is None else law
    angles = grid(case.angles.dim)
    g = case.test_function(angles)
    exact = _propagated(case.angles, TIME, g)
    runs = (np.linalg.matrix_power(transition(scheme, case, TIME / n, law), n) @ g for n in steps)
    return np.array([np.sqrt(np.mean((run - exact) ** 2)) for run in runs])


def transition(
    scheme: AbstractScheme, case: TorusCase, dt: float, law: OneStepLaw
) -> Float[np.ndarray, "point point"]:
    """Return the matrix P with E u(Y_1) = P u on the grid, Y_0 each of its points."""
    angles = grid(case.angles.dim)
    x = case.embed(angles)
    total = np.zeros((len(angles), len(angles)))
    for branch, weight in enumerate(law.weights):
        dw = np.tile(np.sqrt(dt) * law.increments[branch], (len(x), 1))
        area = None if law.areas is None else np.tile(dt * law.areas[branch], (len(x), 1, 1))
        total += weight * _interpolation(case.read(scheme.step(case.moved, x, dt, dw, area)))
    return total


def grid(dim: int) -> Float[np.ndarray, "point dim"]:
    """Return the points of the tensor grid on the torus."""
    axis = 2.0 * np.pi * np.arange(GRID[dim]) / GRID[dim]
    return np.stack(np.meshgrid(*[axis] * dim, indexing="ij"), axis=-1).reshape(-1, dim)


def _interpolation(angles: Float[np.ndarray, "point dim"]) -> Float[np.ndarray, "point point"]:
    """Return the matrix from values on the grid to values at the angles: products of Dirichlet kernels."""
    count, dim = GRID[angles.shape[1]], angles.shape[1]
    half = 0.5 * (angles[:, :, None] - 2.0 * np.pi * np.arange(count) / count)
    below = count * np.sin(half)
    kernel = np.divide(np.sin(count * half), below, out=np.ones_like(half), where=np.abs(below) > 1e-12)
    return (
        kernel[:, 0]
        if dim == 1
        else np.einsum("ni,nj->nij", kernel[:, 0], kernel[:, 1]).reshape(len(angles), -1)
    )


def _propagated(sde: SymbolicSDE, t: float, g: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
    """Return exp(t𝓐)g on the grid."""
    from scipy.linalg import expm

    compiled, angles = sde.to_ito().compile(), grid(sde.dim)
    a, b = compiled.drift(angles), compiled.diffusion(angles)
    covariance = np.einsum("nij,nlj->nil", b, b)
    slopes = _derivatives(sde.dim)
    generator = np.zeros_like(slopes[0])
    for i, left in enumerate(slopes):
        generator += a[:, i, None] * left
        for j, right in enumerate(slopes):
            generator += 0.5 * covariance[:, i, j, None] * (left @ right)
    return expm(t * generator) @ g


def _derivatives(dim: int) -> list[Float[np.ndarray, "point point"]]:
    """Return the matrices of ∂_i on the grid, exact on the Fourier series."""
    count = GRID[dim]
    modes = np.fft.fftfreq(count, 1.0 / count)
    line = np.fft.ifft(1j * modes[:, None] * np.fft.fft(np.eye(count), axis=0), axis=0).real
    one = np.eye(count)
    return [reduce(np.kron, [line if i == j else one for j in range(dim)]) for i in range(dim)]
