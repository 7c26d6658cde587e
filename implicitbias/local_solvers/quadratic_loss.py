"""Exact local solves of quadratic losses: along an axis of curvature c, a share of the way to the minimiser.

| local solver | share of the way |
|---|---|
| ``Proximal(λ)`` | c/(c + λ) |
| ``Flow(log T)`` | 1 − e^{−cT} |
| ``Projection()``, ``Sweeping()`` | 1: the nearest minimiser, which is also where the flow ends |

For regression the curvatures are σ²/n_m, X_m = U diag(σ) Vᵀ; for a quadratic the eigenvalues of its Hessian.
"""

import numpy as np
from jaxtyping import Float

from implicitbias.local_solvers.per_worker import per_worker
from implicitbias.methods import Flow, Projection, Proximal, Sweeping
from implicitbias.problems import LinearRegression, Quadratics


# Singular values below this share of the largest, times max(n, d), are rounded zeros, as in a pseudo-inverse.
RANK = float(np.finfo(float).eps)

# e^{−e^{10}} = 0: beyond, a flow has arrived.
LARGEST_EXPONENT = 10.0

Models = Float[np.ndarray, "*batch dim"]
ExactSolver = Flow | Proximal | Projection | Sweeping


def regression_solution(problem: LinearRegression, solver: ExactSolver, worker: int, w: Models) -> Models:
    """Return w + V diag(share/σ) Uᵀ(y_m − X_m w), for every row of w, shape (…, dim)."""
    left, singular, right = _spectrum(problem, worker)
    rows = problem.members[worker]
    gain = _share(solver, singular**2 / len(rows)) / singular
    missing = problem.targets[rows] - w @ problem.features[rows].T
    return w + (missing @ left * gain) @ right


def quadratic_solution(problem: Quadratics, solver: ExactSolver, worker: int, w: Models) -> Models:
    """Return w − V diag(share) Vᵀ(w − c_m), V the axes of positive curvature, for every row of w, shape (…, dim)."""
    curvatures, axes = _principal_axes(problem, worker)
    gain = _share(solver, curvatures)
    return w - ((w - problem.centres[worker]) @ axes * gain) @ axes.T


def _share(solver: ExactSolver, curvatures: Float[np.ndarray, " axis"]) -> Float[np.ndarray, " axis"]:
    match solver:
        case Proximal():
            return curvatures / (curvatures + solver.regularisation)
        case Flow():
            # c·T in logarithms: T itself may be beyond the floating-point range, where the share is 1.
            return -np.expm1(-np.exp(np.minimum(np.log(curvatures) + solver.log_time, LARGEST_EXPONENT)))
    return np.ones_like(curvatures)


@per_worker
def _spectrum(problem: LinearRegression, worker: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = problem.features[problem.members[worker]]
    left, singular, right = np.linalg.svd(rows, full_matrices=False)
    kept = singular > RANK * max(rows.shape) * singular[0]
    return left[:, kept], singular[kept], right[kept]


@per_worker
def _principal_axes(problem: Quadratics, worker: int) -> tuple[np.ndarray, np.ndarray]:
    curvatures, axes = np.linalg.eigh(problem.hessians[worker])
    kept = curvatures > RANK * len(curvatures) * np.abs(curvatures).max()
    return curvatures[kept], axes[:, kept]
