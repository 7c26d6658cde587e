"""Exact local solves of quadratic losses: one spectral filter for the proximal point and its limit λ → 0.

    proximal point     w + V diag(σ/(σ² + n_m λ)) Uᵀ(y_m − X_m w)      with X_m = U diag(σ) Vᵀ
    λ = 0              w − X_m⁺(X_m w − y_m), the projection on the least-squares solutions of worker m

The second is also where gradient flow from w ends, hence the limit H → ∞ of gradient steps.
"""

import numpy as np
from jaxtyping import Float

from implicitbias.local_solvers.per_worker import per_worker
from implicitbias.problems import LinearRegression, Quadratics


# Singular values below this share of the largest, times max(n, d), are rounded zeros, as in a pseudo-inverse.
RANK = float(np.finfo(float).eps)

Models = Float[np.ndarray, "*batch dim"]


def regression_solution(
    problem: LinearRegression, worker: int, w: Models, regularisation: float = 0.0
) -> Models:
    """Return argmin_u |X_m u − y_m|²/(2 n_m) + (λ/2)|u − w|², or at λ = 0 its limit, the nearest minimiser.

    Parameters
    ----------
    problem
        The regression.
    worker
        m.
    w
        Where the local work starts, shape (…, dim).
    regularisation
        λ ≥ 0.
    """
    left, singular, right = _spectrum(problem, worker)
    rows = problem.members[worker]
    gain = singular / (singular**2 + len(rows) * regularisation)
    missing = problem.targets[rows] - w @ problem.features[rows].T
    return w + (missing @ left * gain) @ right


def quadratic_solution(problem: Quadratics, worker: int, w: Models, regularisation: float = 0.0) -> Models:
    """Return argmin_u f_m(u) + (λ/2)|u − w|², or at λ = 0 its limit, the projection on {A_m(u − c_m) = 0}.

    Parameters
    ----------
    problem
        The quadratics.
    worker
        m.
    w
        Where the local work starts, shape (…, dim).
    regularisation
        λ ≥ 0.
    """
    curvatures, axes = _principal_axes(problem, worker)
    gain = curvatures / (curvatures + regularisation)
    return w - ((w - problem.centres[worker]) @ axes * gain) @ axes.T


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
