"""Where scaled local methods rest when D̂ is frozen and gradients are exact.

One D̂ for all workers: at the minimiser for H = 1, whatever D̂; beside it by O(η(H − 1)) for H > 1. Every worker its
own D̂_m: at the root of Σ D̂_m^{-1}∇f_m, another point for H = 1 already, and no smaller η mends that.
"""

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.formulas import local_bias
from implicitbias.problems import AbstractProblem, AbstractTwiceDifferentiable, Quadratics
from implicitbias.scaled._roots import certified_root


Diagonals = Float[np.ndarray, "*worker dim"]

MINIMISER_CURE = "give a problem with a minimiser: a ridge l2 > 0, or data that no w separates"
FIXED_POINT_CURE = "start nearer to it, or give a smaller η (the map contracts for η < 2/L_D)"


def minimiser(
    problem: AbstractProblem, start: Float[np.ndarray, " dim"] | None = None
) -> Float[np.ndarray, " dim"]:
    """Return x* = argmin f by Newton's method; of minimum norm if least squares leave a choice.

    Raises
    ------
    NotCertified
        If there is none, or the Hessian is too ill-conditioned to say where.
    """
    if isinstance(problem, Quadratics):
        return problem.minimiser
    return stationary_point(problem, np.ones(problem.dim), start)


def stationary_point(
    problem: AbstractProblem, diagonals: Diagonals, start: Float[np.ndarray, " dim"] | None = None
) -> Float[np.ndarray, " dim"]:
    """Return x with Σ_m D_m^{-1}∇f_m(x) = 0, the fixed point of one local step, for every η.

    Parameters
    ----------
    problem
        Twice differentiable, of a dimension in which a matrix can be solved.
    diagonals : array (dim,) or (worker, dim)
        D for all workers, which makes x the minimiser, or one D_m each.
    start : array (dim,), optional
        Where Newton's method begins; 0 by default.

    Raises
    ------
    BadInput, NotCertified
    """
    inverse = 1.0 / worker_diagonals(problem, diagonals)

    def field(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gradients, hessians = worker_gradients(problem, x), worker_hessians(problem, x)
        return (inverse * gradients).mean(axis=0), (inverse[..., None] * hessians).mean(axis=0)

    origin = np.zeros(problem.dim) if start is None else start
    return certified_root(field, origin, what="stationary point", cure=MINIMISER_CURE)


def fixed_point(
    problem: AbstractProblem,
    diagonals: Diagonals,
    lr: float,
    local_steps: int,
    start: Float[np.ndarray, " dim"] | None = None,
) -> Float[np.ndarray, " dim"]:
    """Return v = (1/M) Σ_m (v − η Σ_{j<H} D_m^{-1}∇f_m(v_m^j)), where a round of frozen D̂ ends as it began.

    Newton's method on (1/(ηHM)) Σ_m (v_m^H − v), with the Jacobian carried along the local steps.

    Parameters
    ----------
    problem, diagonals
        As for `stationary_point`.
    lr, local_steps : float, int
        η and H.
    start : array (dim,), optional
        By default the fixed point of H = 1.

    Raises
    ------
    BadInput, NotCertified
    """
    checks.number("lr", lr, "give η, e.g. 0.1", above=0)
    checks.integer("local_steps", local_steps, 1, "give H ≥ 1")
    smooth, scales = _twice_differentiable(problem), lr / worker_diagonals(problem, diagonals)
    origin = stationary_point(problem, diagonals) if start is None else start

    def field(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ends, jacobians = zip(
            *(_local_path(smooth, m, scales[m], local_steps, v) for m in range(problem.workers)), strict=True
        )
        moved, turned = np.mean(ends, axis=0) - v, np.mean(jacobians, axis=0) - np.eye(problem.dim)
        return moved / (lr * local_steps), turned / (lr * local_steps)

    return certified_root(field, origin, what="fixed point of a round", cure=FIXED_POINT_CURE)


def first_order_bias(
    problem: AbstractProblem,
    diagonal: Float[np.ndarray, " dim"],
    lr: float,
    local_steps: float,
    at: Float[np.ndarray, " dim"] | None = None,
) -> Float[np.ndarray, " dim"]:
    """(η(H − 1)/2) A^{-1} (1/M) Σ_m A_m D^{-1}∇f_m(x*): `fixed_point` less x*, up to O(η²) (derived, SAVIC-type).

    A_m = ∇²f_m(x*), A their mean. It is the bias of Local GD in y = D^{1/2}x.

    Parameters
    ----------
    problem, lr, local_steps
        As for `fixed_point`.
    diagonal : array (dim,)
        D, one for all workers.
    at : array (dim,), optional
        x*, if already known.
    """
    root = np.sqrt(worker_diagonals(problem, diagonal)[0])
    x = minimiser(problem) if at is None else at
    hessians = worker_hessians(problem, x) / (root[:, None] * root)
    return local_bias(hessians, worker_gradients(problem, x) / root, lr, local_steps) / root


def worker_gradients(
    problem: AbstractProblem, x: Float[np.ndarray, " dim"]
) -> Float[np.ndarray, "worker dim"]:
    """Return ∇f_m(x) of every worker."""
    return np.stack([problem.worker_gradient(x, m) for m in range(problem.workers)])


def worker_hessians(
    problem: AbstractProblem, x: Float[np.ndarray, " dim"]
) -> Float[np.ndarray, "worker dim dim"]:
    """Return ∇²f_m(x) of every worker, from its products with the unit vectors.

    Raises
    ------
    BadInput
        If the problem offers none.
    """
    smooth, axes = _twice_differentiable(problem), np.eye(problem.dim)
    here = np.broadcast_to(x, axes.shape)
    return np.stack([smooth.worker_hvp(here, axes, m) for m in range(problem.workers)])


def worker_diagonals(problem: AbstractProblem, diagonals: Diagonals) -> Float[np.ndarray, "worker dim"]:
    """Return one positive diagonal per worker.

    Raises
    ------
    BadInput
        If an entry is not positive, or the shape is neither (dim,) nor (worker, dim).
    """
    entries = checks.real_array("diagonals", diagonals)
    shape = (problem.workers, problem.dim)
    if entries.shape not in (shape, shape[1:]):
        raise BadInput(
            f"diagonals have shape {entries.shape}: must be {shape[1:]} or {shape}; transpose them"
        )
    if not (np.isfinite(entries) & (entries > 0.0)).all():
        raise BadInput(
            f"diagonals reach down to {entries.min():g}: must be positive and finite; give them a floor"
        )
    return np.broadcast_to(entries, shape)


def _twice_differentiable(problem: AbstractProblem) -> AbstractTwiceDifferentiable:
    if not isinstance(problem, AbstractTwiceDifferentiable):
        raise BadInput(
            f"problem = {problem!r}: Newton's method needs worker_hvp, which it lacks; derive it from "
            "AbstractTwiceDifferentiable, or give what is sought"
        )
    return problem


def _local_path(
    problem: AbstractTwiceDifferentiable, worker: int, scale: np.ndarray, local_steps: int, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """End of the worker's local steps, and its derivative in the start."""
    x, jacobian = start, np.eye(problem.dim)
    for _ in range(local_steps):
        turned = problem.worker_hvp(np.broadcast_to(x, jacobian.shape), jacobian.T, worker).T
        x = x - scale * problem.worker_gradient(x, worker)
        jacobian = jacobian - scale[:, None] * turned
    return x, jacobian
