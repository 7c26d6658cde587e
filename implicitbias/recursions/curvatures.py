"""The workers of a problem with quadratic losses, ∇f_m(x) = A_m x − g_m: all that an exact answer needs of them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.problems import AbstractProblem, LinearRegression, NoisyQuadratics, Quadratics


class WorkerCurvatures(NamedTuple):
    """∇f_m(x) = A_m x − g_m of every worker.

    Attributes
    ----------
    hessians : array (worker, dim, dim)
        A_m, symmetric positive semidefinite.
    pulls : array (worker, dim)
        g_m = A_m b_m in the range of A_m, b_m any minimiser of f_m: b_m need not be unique, g_m is.
    """

    hessians: Float[np.ndarray, "worker dim dim"]
    pulls: Float[np.ndarray, "worker dim"]


def worker_curvatures(problem: AbstractProblem) -> WorkerCurvatures:
    """Return A_m and g_m: A_m and A_m c_m of ``Quadratics``, X_mᵀX_m/n_m and X_mᵀy_m/n_m of ``LinearRegression``.

    Raises
    ------
    BadInput
        If the losses are not quadratic.
    """
    if isinstance(problem, NoisyQuadratics):
        problem = problem.quadratics
    if isinstance(problem, Quadratics):
        return WorkerCurvatures(problem.hessians, np.einsum("mij,mj->mi", problem.hessians, problem.centres))
    if isinstance(problem, LinearRegression):
        rows = problem.members
        pulls = [problem.features[i].T @ problem.targets[i] / len(i) for i in rows]
        return WorkerCurvatures(problem.covariances, np.stack(pulls))
    raise BadInput(
        f"problem = {problem!r}: a round is an affine map where losses are quadratic; give Quadratics, NoisyQuadratics "
        "or a LinearRegression, or run it with implicitbias.run"
    )
