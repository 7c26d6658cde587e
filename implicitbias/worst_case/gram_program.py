"""A performance-estimation problem in numbers: linear in the Gram matrix of its points, and in its function values."""

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


# Half the digits of a double would do: what the solver leaves over is added to the value, not forgiven.
SOLVER_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class GramProgram:
    """max ⟨A₀, G⟩ + b₀·F + c₀ over G ⪰ 0 and F, subject to ⟨A_i, G⟩ + b_i·F + c_i ≤ 0 for i ≥ 1.

    G_jk = ⟨p_j, p_k⟩ are the inner products of unknown points, F the values of unknown functions. In a space of at
    least as many dimensions as there are points, every such G and F belongs to functions of the class.

    Attributes
    ----------
    gram : array, shape (row, point, point)
        A_0, the objective, then A_1, …, symmetric.
    values : array, shape (row, value)
        b.
    constants : array, shape (row,)
        c.
    reach : array, shape (point,)
        |p_j| ≤ reach_j for everything feasible, proved by hand: what makes a proof with rounding errors a proof.
    height : array, shape (value,)
        |F_j| ≤ height_j likewise.
    """

    gram: Float[np.ndarray, "row point point"]
    values: Float[np.ndarray, "row value"]
    constants: Float[np.ndarray, " row"]
    reach: Float[np.ndarray, " point"]
    height: Float[np.ndarray, " value"]


@dataclass(frozen=True, eq=False)
class Candidate:
    """What the solver says: a Gram matrix, function values, and a multiplier of each constraint. Nothing is proved."""

    gram: Float[np.ndarray, "point point"]
    values: Float[np.ndarray, " value"]
    multipliers: Float[np.ndarray, " constraint"]
    solver: str


def solve(program: GramProgram) -> Candidate | None:
    """Return the answer of the interior-point solver Clarabel through cvxpy, or None if it finds none.

    The constraints are one matrix inequality: cvxpy takes a hundred times longer over them one by one.
    """
    import cvxpy
    from cvxpy.error import SolverError

    rows, points = len(program.constants), program.gram.shape[1]
    gram, values = cvxpy.Variable((points, points), PSD=True), cvxpy.Variable(program.values.shape[1])
    flat = program.gram.reshape(rows, -1) @ cvxpy.vec(gram, order="C")
    sides = flat + program.values @ values + program.constants
    below = sides[1:] <= 0
    question = cvxpy.Problem(cvxpy.Maximize(sides[0]), [below])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an inaccurate answer is still a candidate; the proof judges
            question.solve(solver=cvxpy.CLARABEL, **_settings())
    except SolverError:
        return None
    if gram.value is None or values.value is None or below.dual_value is None:
        return None
    return Candidate(gram.value, values.value, np.atleast_1d(below.dual_value), "Clarabel")


def _settings() -> dict[str, float | int]:
    return {**dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), SOLVER_TOLERANCE), "max_iter": 200}
