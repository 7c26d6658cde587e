"""Merging models that were trained alone, in one shot: plain means, task arithmetic, means weighed by curvature."""

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods import Average, LocalMethod, worker_weights
from implicitbias.problems import AbstractProblem
from implicitbias.problems.abstract import frozen_array
from implicitbias.recursions.bias import minimiser_of
from implicitbias.recursions.curvatures import worker_curvatures
from implicitbias.recursions.projections import averaged_projections


Models = Float[np.ndarray, "worker dim"]
Weights = tuple[float, ...] | None


def task_arithmetic(
    start: Float[np.ndarray, " dim"], models: Models, scale: float
) -> Float[np.ndarray, " dim"]:
    """Return x⁰ + λ Σ_m (x_m − x⁰): one round of FedAvg with server rate λM [tao2024].

    Parameters
    ----------
    start : array (dim,)
        x⁰, from which all were trained.
    models : array (worker, dim)
        x_m.
    scale
        λ.
    """
    origin = frozen_array("start", start, 1)
    trained = frozen_array("models", models, 2, shape=(None, len(origin)))
    return origin + checks.number("scale", scale, "1/M is the plain mean") * (trained - origin).sum(axis=0)


def one_shot_excess(
    problem: AbstractProblem, weights: Weights = None, start: Float[np.ndarray, " dim"] | None = None
) -> float:
    """Return f(x) − f* of the mean x = Σ p_m b_m of local minimisers, f = Σ p_m f_m: ½|x − x*|²_A (derived).

    x − x* = −A^{-1}(Σ p_m A_m b_m − A Σ p_m b_m), A = Σ p_m A_m: 0 iff curvature and minimiser are uncorrelated over
    workers, however far apart these are. b_m is the minimiser of f_m next to ``start`` (0 if left out).
    """
    method = LocalMethod(aggregation=Average(weights))
    p, (hessians, _) = worker_weights(problem, method), worker_curvatures(problem)
    apart = averaged_projections(problem, weights).path(start)[1] - minimiser_of(problem, method)
    return 0.5 * float(apart @ np.tensordot(p, hessians, axes=1) @ apart)


def fisher_merge(models: Models, fishers: Float[np.ndarray, "worker dim *dim"]) -> Float[np.ndarray, " dim"]:
    """Return (Σ F_m)^{-1} Σ F_m x_m [dhawan2024].

    With F_m = A_m and local minimisers x_m it is argmin Σ f_m, exactly (derived); the diagonals of the A_m do as well
    only where A_m is diagonal.

    Parameters
    ----------
    models : array (worker, dim)
        x_m.
    fishers : array (worker, dim) or (worker, dim, dim)
        Diagonals of the F_m, or the F_m.

    Raises
    ------
    BadInput
        If Σ F_m is singular, or shapes do not match.
    """
    trained = frozen_array("models", models, 2)
    given = checks.real_array("fishers", fishers, "give Fisher matrices, or their diagonals")
    workers, dim = trained.shape
    if given.shape not in ((workers, dim), (workers, dim, dim)):
        raise BadInput(
            f"fishers have shape {given.shape}: must be {(workers, dim)} or {(workers, dim, dim)}, like the models"
        )
    matrices = given if given.ndim == 3 else given[:, :, None] * np.eye(dim)
    try:
        return np.linalg.solve(matrices.sum(axis=0), np.einsum("mij,mj->i", matrices, trained))
    except np.linalg.LinAlgError:
        raise BadInput(
            "fishers: their sum is singular, so that no merge is preferred along some direction; add a small ridge εI"
        ) from None
