r"""Local work on a quadratic loss as an affine function of where it begins: powers of one matrix, no steps.

gradient steps on f_m + (ρ/2)|v − x|²:  v ← Bv + q,  B = I − ηD^{-1}(A_m + ρI),  q = ηD^{-1}(g_m + ρx + c_m − c)
after H of them:  v = B^H x + (I + B + … + B^{H−1}) q
exact solves:  along an axis of curvature a > 0 of A_m, a share of the way to the minimiser; else v = x
"""

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


def gradient_steps(
    method: LocalMethod,
    hessian: Matrix,
    force: Form,
    start: Form,
    velocity: Form | None,
    worker: int,
    steps: int,
) -> tuple[Form, Form | None]:
    """Return the model after H steps v ← v − ηD^{-1}(A_m v + ρ(v − x) − force), and the velocity if it has one.

    Parameters
    ----------
    method
        With a constant η, gradient steps and a constant scaling.
    hessian : array (dim, dim)
        A_m.
    force
        g_m, and c_m − c where drift is corrected.
    start, velocity
        x, and the heavy-ball velocity at the start.
    worker, steps
        m and H_m.
    """
    assert isinstance(method.local_solver, GradientSteps)
    rho = method.local_solver.proximal
    scale = method.first_lr / _diagonal(method, worker, len(hessian))
    push = np.diag(scale) @ (force + rho * start)
    gain = scale[:, None] * (hessian + rho * np.eye(len(hessian)))
    # Without momentum the velocity is 0 at every step.
    beta = method.momentum.beta if method.momentum else 0.0
    before = stacked([start, start - start if velocity is None else velocity, push])
    after = np.linalg.matrix_power(one_step(gain, beta), steps) @ before
    dim = len(hessian)
    return after[:dim], None if velocity is None else after[dim : 2 * dim]


def one_step(gain: Matrix, beta: float) -> Float[np.ndarray, "triple triple"]:
    """Return the matrix of (v, u, q) ← (v + u′, u′, q), u′ = βu − gain·v + q."""
    eye, zero = np.eye(len(gain)), np.zeros_like(gain)
    return np.block([[eye - gain, beta * eye, eye], [-gain, beta * eye, eye], [zero, zero, eye]])


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
