"""Which exact local solve belongs to which problem.

| problem | ``Proximal(λ)`` | ``Flow(log T)`` | ``Projection()``, ``Sweeping()`` |
|---|---|---|---|
| ``LinearClassification`` | any loss, any ridge | exponential tail, no ridge | separable, exponential tail |
| ``LinearRegression`` | closed form | closed form | w − X_m⁺(X_m w − y_m), where the flow ends |
| ``Quadratics`` | closed form | closed form | nearest minimiser of f_m |
"""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.local_solvers.local_flow import local_flow
from implicitbias.local_solvers.margin_sets import margin_set
from implicitbias.local_solvers.proximal import proximal_point
from implicitbias.local_solvers.quadratic_loss import ExactSolver, quadratic_solution, regression_solution
from implicitbias.local_solvers.sweeping import sweeping_process
from implicitbias.methods import Flow, Projection, Proximal, Sweeping
from implicitbias.problems import AbstractProblem, LinearClassification, LinearRegression, Quadratics


def solve_exactly(
    problem: AbstractProblem,
    solver: ExactSolver,
    worker: int,
    w: Float[np.ndarray, "replica dim"],
) -> Float[np.ndarray, "replica dim"]:
    """Return worker m's exact local solution from every row of w.

    Parameters
    ----------
    problem
        ``LinearClassification``, ``LinearRegression`` or ``Quadratics``.
    solver
        ``Proximal(λ)``, ``Flow(log T)``, ``Projection()`` or ``Sweeping()``. On classification the last two act on
        u = w/Λ.
    worker
        m.
    w
        Where the local work starts.

    Raises
    ------
    BadInput
        For another solver or problem, a worker that does not exist, w of another shape, or data on which the
        solver means nothing (a ridge or a polynomial tail under ``Flow``, ``Projection()`` or ``Sweeping()``).
    NotSeparable
        If a projection or a sweeping process is asked for and C_m is empty.
    NotCertified
        If a solution was found but could not be proved to its tolerance.
    """
    _check(problem, solver, worker, w)
    match problem:
        case LinearRegression():
            return regression_solution(problem, solver, worker, w)
        case Quadratics():
            return quadratic_solution(problem, solver, worker, w)
        case LinearClassification():
            return np.stack([_classification_solution(problem, solver, worker, row) for row in w])
    raise BadInput(
        f"problem = {problem!r} with local_solver = {solver!r}: no exact local solution is known for it; use "
        "GradientSteps(), or a LinearClassification, LinearRegression or Quadratics"
    )


def _classification_solution(
    problem: LinearClassification, solver: ExactSolver, worker: int, row: np.ndarray
) -> np.ndarray:
    match solver:
        case Proximal():
            return proximal_point(problem, worker, row, solver.regularisation).w
        case Flow():
            return local_flow(problem, worker, row, solver.log_time)
        case Projection():
            return margin_set(problem, worker).project(row).point
        case Sweeping():
            return sweeping_process(problem, worker).run(row).end


def _check(problem: AbstractProblem, solver: object, worker: int, w: np.ndarray) -> None:
    if not isinstance(solver, ExactSolver):
        raise BadInput(
            f"local_solver = {solver!r}: exact solvers are Proximal(λ), Flow(log T), Projection() and Sweeping()"
        )
    if not 0 <= worker < problem.workers:
        raise BadInput(f"worker = {worker}: {problem!r} has workers 0 … {problem.workers - 1}")
    if w.ndim != 2 or w.shape[1] != problem.dim or not np.isfinite(w).all():
        raise BadInput(f"w has shape {w.shape}: needs finite entries of shape (replica, {problem.dim})")
