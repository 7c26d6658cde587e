"""Φ(θ), the end of the gradient flow dθ/ds = −∇L(θ), where no closed form is given.

The flows of many points are one system with a block-diagonal Jacobian, integrated by one stiff solver until every
gradient is small; Newton's method on ∇L = 0 then moves them to Γ along its normals, by less than the solver's error.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput, NotCertified
from implicitbias.stiff import stiff_path


if TYPE_CHECKING:
    from sde.landscapes.landscape import Landscape

Velocities = Callable[[Float[np.ndarray, "point dim"]], Float[np.ndarray, "point dim"]]

# Error per step of the solver; the flow contracts the normal part of it.
RTOL, ATOL = 1e-11, 1e-13
# |∇L| relative to |∇²L|(1 + |θ|) at which the flow is left to Newton, whose step is then of this size.
SMALL = 1e-9
# The same after Newton: rounding of the gradient.
REST = 1e-13
# Newton's method doubles the digits: from a tenth of the way to all of them in five steps.
NEWTON_STEPS = 8
# Times double up to e^40 over the first one: a gradient that is not small by then falls slower than exponentially.
DOUBLINGS = 58
# Points that share the steps of one solver: many, as its overhead is paid per step, and they need much the same ones.
CHUNK = 2048
# Eigenvalues below this share of the largest are those along Γ.
FLAT = 1e-6


def flow_limit(
    landscape: "Landscape", theta: Float[np.ndarray, "*batch dim"]
) -> Float[np.ndarray, "*batch dim"]:
    """Return Φ(θ).

    Raises
    ------
    BadInput
        At a point that is not finite.
    NotCertified
        If a flow does not come to rest.
    """
    flat = theta.reshape(-1, theta.shape[-1])
    lost = ~np.isfinite(flat).all(axis=1)
    if lost.any():
        raise BadInput(
            f"theta: the flow cannot start at {flat[np.argmax(lost)]}, which is not finite; leave out what diverged"
        )
    chunks = [flat[low : low + CHUNK] for low in range(0, len(flat), CHUNK)]
    ends = [retracted(landscape, _flow(landscape, chunk)) for chunk in chunks]
    return np.concatenate(ends).reshape(theta.shape) if ends else theta.copy()


def retracted(
    landscape: "Landscape", theta: Float[np.ndarray, "*batch dim"]
) -> Float[np.ndarray, "*batch dim"]:
    """Return the points of Γ that Newton's method on ∇L = 0 reaches from θ along normal directions.

    From a point at distance ε along a tangent the way is normal to Γ up to O(ε³): for one step of a scheme on Γ it is
    as good as Φ.

    Raises
    ------
    NotCertified
        If ∇L does not vanish there.
    """
    for _ in range(NEWTON_STEPS):
        if (relative_slope(landscape, theta) <= REST).all():
            return theta
        theta = theta - _normal_step(landscape, theta)
    if not (relative_slope(landscape, theta) <= REST).all():
        raise NotCertified(
            f"Φ: some point is not led to the minima of {landscape!r}; start nearer to Γ, or take smaller steps"
        )
    return theta


def _normal_step(landscape: "Landscape", theta: np.ndarray) -> np.ndarray:
    """Return ∇²L⁺∇L, the pseudo-inverse over the normal directions alone."""
    values, vectors = np.linalg.eigh(landscape.hessian(theta))
    if landscape.manifold is None:
        kept = values > FLAT * np.abs(values).max(axis=-1, keepdims=True)
    else:
        kept = np.arange(landscape.dim) >= landscape.dim - landscape.codimension
    along = (vectors.swapaxes(-1, -2) @ landscape.gradient(theta)[..., None])[..., 0]
    weighed = np.where(kept, along / np.where(kept, values, 1.0), 0.0)
    return (vectors @ weighed[..., None])[..., 0]


def _flow(landscape: "Landscape", theta: Float[np.ndarray, "point dim"]) -> Float[np.ndarray, "point dim"]:
    curvature = float(np.abs(landscape.hessian(theta)).max())
    time = 1.0 / curvature if curvature > 0.0 else 1.0
    for _ in range(DOUBLINGS):
        if (relative_slope(landscape, theta) <= SMALL).all():
            return theta
        theta = flow_for(landscape.gradient, landscape.hessian, theta, time)
        time *= 2.0
    raise NotCertified(
        f"Φ: the gradient flow of {landscape!r} has not come to rest; its minima are not a manifold on which ∇²L has "
        "full rank across, or the start is not in their basin"
    )


def flow_for(
    gradient: Velocities, hessian: Velocities, theta: Float[np.ndarray, "point dim"], time: float
) -> Float[np.ndarray, "point dim"]:
    """Return the points that dθ/ds = −∇L reaches from θ in the given time.

    Raises
    ------
    NotCertified
        If the solver gives up.
    """
    count, dim = theta.shape
    row, column = np.indices((dim, dim))

    def velocity(y: np.ndarray, s: float) -> np.ndarray:
        del s
        return -gradient(y.reshape(count, dim)).ravel()

    def jacobian(y: np.ndarray, s: float) -> np.ndarray:
        del s
        bands = np.zeros((2 * dim - 1, count, dim))
        bands[row - column + dim - 1, :, column] = -hessian(y.reshape(count, dim)).transpose(1, 2, 0)
        return bands.reshape(2 * dim - 1, count * dim)

    path = stiff_path(
        velocity,
        jacobian,
        theta.ravel(),
        np.array([0.0, time]),
        rtol=RTOL,
        atol=ATOL,
        band=dim - 1,
        what="the gradient flow",
        cure="start nearer to the minima",
    )
    return path[-1].reshape(count, dim)


def relative_slope(
    landscape: "Landscape", theta: Float[np.ndarray, "*batch dim"]
) -> Float[np.ndarray, "*batch"]:
    """Return |∇L| relative to |∇²L|(1 + |θ|)."""
    scale = np.linalg.norm(landscape.hessian(theta), axis=(-2, -1)) * (1.0 + np.linalg.norm(theta, axis=-1))
    return np.linalg.norm(landscape.gradient(theta), axis=-1) / np.where(scale > 0.0, scale, 1.0)
