r"""Local work on a quadratic loss as an affine function of where it begins: powers of one matrix, no steps.

gradient steps on f_m + (ρ/2)|v − x|²:  v ← Bv + q,  B = I − ηD^{-1}(A_m + ρI),  q = ηD^{-1}(g_m + ρx + c_m − c)
after H of them:  v = B^H x + (I + B + … + B^{H−1}) q
exact solves:  along an axis of curvature a > 0 of A_m, a share of the way to the minimiser; else v = x
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.methods import Fixed, Flow, GradientSteps, LocalMethod, Proximal
from implicitbias.recursions.stacked import Form, stacked


# Eigenvalues below this share of the largest, times d, are rounded zeros, as in a pseudo-inverse.
RANK = float(np.finfo(float).eps)

# e^{−e^{10}} = 0: beyond, a flow has arrived.
LARGEST_EXPONENT = 10.0

Matrix = Float[np.ndarray, "dim dim"]


def exact_solve(method: LocalMethod, hessian: Matrix, pull: Float[np.ndarray, " dim"], start: Form) -> Form:
    """Return x − V diag(share) Vᵀx + V diag(share/a) Vᵀg_m, V the axes of positive curvature a."""
    curvatures, axes = np.linalg.eigh(hessian)
    kept = curvatures > RANK * len(curvatures) * np.abs(curvatures).max()
    curvatures, axes = curvatures[kept], axes[:, kept]
    share = _share(method, curvatures)
    return start - (axes * share) @ axes.T @ start + (axes * (share / curvatures)) @ (axes.T @ pull)


@dataclass(frozen=True, eq=False)
class Descent:
    """Gradient steps v ← v + u′, u′ = βu − ηD^{-1}(A_m v + ρ(v − x) − force), as powers of one matrix.

    Attributes
    ----------
    before
        (v, u, q) at the start: x, the velocity and the constant part ηD^{-1}(ρx + force) of a step.
    step : array (3 dim, 3 dim)
        What one step makes of (v, u, q).
    scale : array (dim,)
        ηD^{-1}.
    """

    before: Form
    step: Float[np.ndarray, "triple triple"]
    scale: Float[np.ndarray, " dim"]

    def after(self, steps: int) -> tuple[Form, Form]:
        """Return v and u after H steps."""
        dim, moved = len(self.scale), np.linalg.matrix_power(self.step, steps) @ self.before
        return moved[:dim], moved[dim : 2 * dim]


def descent(
    method: LocalMethod, hessian: Matrix, force: Form, start: Form, velocity: Form | None, worker: int
) -> Descent:
    """Return the gradient steps of worker m.

    Parameters
    ----------
    method
        With a constant η, gradient steps and a constant scaling.
    hessian : array (dim, dim)
        A_m.
    force
        g_m, and c_m − c where drift is corrected.
    start, velocity
        x, and the heavy-ball velocity at the start; without momentum it is 0 at every step.
    worker
        m.
    """
    assert isinstance(method.local_solver, GradientSteps)
    rho, beta = method.local_solver.proximal, method.momentum.beta if method.momentum else 0.0
    scale = method.first_lr / _diagonal(method, worker, len(hessian))
    gain = scale[:, None] * (hessian + rho * np.eye(len(hessian)))
    eye, zero = np.eye(len(gain)), np.zeros_like(gain)
    step = np.block([[eye - gain, beta * eye, eye], [-gain, beta * eye, eye], [zero, zero, eye]])
    push = np.diag(scale) @ (force + rho * start)
    return Descent(stacked([start, start - start if velocity is None else velocity, push]), step, scale)


def _diagonal(method: LocalMethod, worker: int, dim: int) -> Float[np.ndarray, " dim"]:
    if not isinstance(method.scaling, Fixed):
        return np.ones(dim)
    rows = np.atleast_2d(method.scaling.diagonal)
    return rows[worker if method.scaling.scope == "worker" else 0]


def _share(method: LocalMethod, curvatures: Float[np.ndarray, " axis"]) -> Float[np.ndarray, " axis"]:
    match method.local_solver:
        case Proximal(regularisation):
            return curvatures / (curvatures + regularisation)
        case Flow(log_time):
            # a·T in logarithms: T itself may be beyond the floating-point range, where the share is 1.
            return -np.expm1(-np.exp(np.minimum(np.log(curvatures) + log_time, LARGEST_EXPONENT)))
    return np.ones_like(curvatures)
