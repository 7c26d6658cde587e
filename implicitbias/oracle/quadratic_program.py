"""First guess of the support vectors from an interior-point solver (cvxpy with Clarabel)."""

import warnings

import numpy as np
from jaxtyping import Float


# As tight as double precision lets an interior point go; what it misses is the polish's business.
SOLVER_TOLERANCE = 1e-11

# Used when 1e-11 stalls: still accurate enough to tell a multiplier from a slack.
ACCEPTED_TOLERANCE = 1e-6


def interior_point_multipliers(
    rows: Float[np.ndarray, "sample dim"],
) -> tuple[Float[np.ndarray, " dim"], Float[np.ndarray, " sample"]] | None:
    """Approximate (ŵ, a) of min |w|²/2 subject to x_i·w ≥ 1, or None if the solver finds no answer.

    When d > n the program is solved in the coordinates of the row space, where ŵ lives.
    """
    import cvxpy
    from cvxpy.error import SolverError

    basis, coordinates = _row_space(rows)
    scale = np.abs(coordinates).max()
    w = cvxpy.Variable(coordinates.shape[1])
    separation = coordinates / scale @ w >= 1
    program = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(w) / 2), [separation])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an inaccurate guess is still a guess; the certificate judges
            program.solve(solver=cvxpy.CLARABEL, **_settings())
    except SolverError:
        return None
    if w.value is None or separation.dual_value is None:
        return None
    return basis @ w.value / scale, np.maximum(separation.dual_value, 0.0) / scale**2


def _settings() -> dict[str, float | int]:
    full = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), SOLVER_TOLERANCE)
    reduced = dict.fromkeys(
        ("reduced_tol_gap_abs", "reduced_tol_gap_rel", "reduced_tol_feas"), ACCEPTED_TOLERANCE
    )
    return {**full, **reduced, "max_iter": 200}


def _row_space(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if rows.shape[1] <= rows.shape[0]:
        return np.eye(rows.shape[1]), rows
    basis, triangle = np.linalg.qr(rows.T)
    return basis, triangle.T
