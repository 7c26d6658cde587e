"""Checks of a projection that is given: Φ leads to minima, leaves Γ where it is, and is constant along the flow."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from sde.landscapes.looking import points_on_and_off, TOLERANCE


if TYPE_CHECKING:
    from sde.landscapes.landscape import Landscape

# Half-width of the central difference along ∇L: its errors of order h² and rounding/h are below TOLERANCE.
STEP = 1e-5
# The same for a function, which may be a solver with errors of some 1e-8, …
STEP_OF_FUNCTION = 1e-3
# … of which a difference makes 1e-5; a wrong Φ changes by some NEAR of it.
TOLERANCE_OF_FUNCTION = 1e-4
CURE = "give the limit Φ of dθ/ds = −∇L(θ), or leave project out"


def check_projection(landscape: "Landscape") -> None:
    """Refuse a Φ that is not the limit of the gradient flow at random points.

    Raises
    ------
    BadInput
        If Φ has another shape, does not lead to ∇L = 0, moves points of Γ, or changes along the flow.
    """
    is_function = callable(landscape.given_projection)
    step, tolerance = (STEP_OF_FUNCTION, TOLERANCE_OF_FUNCTION) if is_function else (STEP, TOLERANCE)
    on, off = points_on_and_off(landscape)
    with np.errstate(all="ignore"):
        _check_rest(landscape, off, tolerance)
        _check_identity(landscape, on, tolerance)
        _check_constancy(landscape, off, step, tolerance)


def _check_rest(landscape: "Landscape", theta: Float[np.ndarray, "point dim"], tolerance: float) -> None:
    limit = landscape.project(theta)
    if limit.shape != theta.shape:
        raise BadInput(
            f"project: maps shape {theta.shape} to {limit.shape}; it is a function (…, d) ↦ (…, d): {CURE}"
        )
    scale = np.linalg.norm(landscape.hessian(limit), axis=(1, 2)) * (1.0 + np.linalg.norm(limit, axis=1))
    slope = np.linalg.norm(landscape.gradient(limit), axis=1)
    _refuse_first(
        ~(slope <= tolerance * scale),
        lambda k: f"|∇L| = {slope[k]:.3g} at Φ = {limit[k]}, from θ = {theta[k]}; it must vanish there",
    )


def _check_identity(landscape: "Landscape", zeta: Float[np.ndarray, "point dim"], tolerance: float) -> None:
    limit = landscape.project(zeta)
    gap, scale = np.linalg.norm(limit - zeta, axis=1), 1.0 + np.linalg.norm(zeta, axis=1)
    _refuse_first(
        ~(gap <= tolerance * scale),
        lambda k: f"Φ = {limit[k]} at the point {zeta[k]} of Γ, which it must not move",
    )


def _check_constancy(
    landscape: "Landscape", theta: Float[np.ndarray, "point dim"], step: float, tolerance: float
) -> None:
    slope = landscape.gradient(theta)
    size = np.linalg.norm(slope, axis=1, keepdims=True)
    along = slope / np.where(size > 0.0, size, 1.0)
    ahead, behind = landscape.project(theta - step * along), landscape.project(theta + step * along)
    change = np.linalg.norm(ahead - behind, axis=1) / (2.0 * step)
    _refuse_first(
        change > tolerance * (1.0 + np.linalg.norm(theta, axis=1)),
        lambda k: f"Φ changes along the gradient flow at θ = {theta[k]}, |∂Φ·∇L|/|∇L| = {change[k]:.3g}",
    )


def _refuse_first(bad: np.ndarray, said: Callable[[int], str]) -> None:
    if bad.any():
        raise BadInput(f"project: {said(int(np.argmax(bad)))}; {CURE}")
