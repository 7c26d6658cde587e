"""Euclidean projection onto margins: the nearest u with x_i·u ≥ h_i, which is where one proximal round ends."""

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from implicitbias.display import in_brief
from implicitbias.errors import BadInput, NotCertified
from implicitbias.oracle.equality import LeastDistance, LeastDistanceProblem
from implicitbias.oracle.extended import EXTENDED, margins
from implicitbias.oracle.polish import polish
from implicitbias.oracle.separability import require_separable
from implicitbias.oracle.signed_rows import check_rows, row_norms


# Optimality residual relative to |h_i| + |x_i|(|u| + |point|): rounding of a few inner products, times 1e3.
OPTIMAL = 1e-13

# Residual, in the same units, that extended precision must reach when double precision did not.
CERTIFIED = 1e-12


@dataclass(frozen=True, eq=False)
class Projection:
    """Nearest point of {u : x_i·u ≥ h_i} with its multipliers.

    Attributes
    ----------
    point : array, shape (d,)
        u = point + Σ β_i x_i.
    multipliers : array, shape (n,)
        β_i ≥ 0, zero unless x_i·u = h_i.
    """

    point: Float[np.ndarray, " dim"]
    multipliers: Float[np.ndarray, " sample"]

    __repr__ = in_brief

    @property
    def active(self) -> Int[np.ndarray, " active"]:
        """Rows with β_i > 0, a warm start for a nearby point."""
        return np.flatnonzero(self.multipliers)


class MarginSet:
    """The polyhedron C = {u : x_i·u ≥ h_i for all i}, prepared once and projected onto many times.

    Parameters
    ----------
    signed : array, shape (n, d)
        Rows x_i.
    level : float or array, shape (n,)
        h_i; 1 for the constraints of the hard-margin separator.

    Raises
    ------
    BadInput
        Wrong shape, non-finite entries, or a zero row.
    """

    def __init__(self, signed: ArrayLike, level: ArrayLike = 1.0):
        self.signed = check_rows(signed)
        self.level = np.array(np.broadcast_to(np.asarray(level, dtype=float), len(self.signed)))
        if not np.isfinite(self.level).all():
            raise BadInput(f"level = {level}: every h_i must be finite; drop the rows that should not bind")
        self._gram = self.signed @ self.signed.T
        self._sizes = row_norms(self.signed)
        self._system = np.vstack([self.signed.T / self._sizes.max(), self.level])
        self._target = np.zeros(len(self._system))
        self._target[-1] = 1.0

    def project(
        self, point: Float[np.ndarray, " dim"], start: Int[np.ndarray, " active"] | None = None
    ) -> Projection:
        """Nearest u ∈ C to ``point``, with β ≥ 0, u = point + Σ β_i x_i, β_i (x_i·u − h_i) = 0.

        Parameters
        ----------
        point : array, shape (d,)
            What is projected.
        start : integer array, optional
            Guess of the active rows, such as `Projection.active` of a nearby point; a wrong guess costs time only.

        Raises
        ------
        BadInput
            ``point`` is not a finite vector of length d.
        NotSeparable
            C looks empty and, at h > 0, no w separates the rows.
        NotCertified
            The optimality conditions stayed above 1e-12 relative to rounding.
        """
        point = np.asarray(point, dtype=float)
        if point.shape != (self.signed.shape[1],) or not np.isfinite(point).all():
            raise BadInput(f"point = {point}: needs {self.signed.shape[1]} finite entries, one per feature")
        missing = self.level - self.signed @ point
        if missing.max() <= 0.0:
            return Projection(point, np.zeros(len(missing)))
        allowance = OPTIMAL * (np.abs(self.level) + self._sizes * np.sqrt(point @ point))
        for active in self._guesses(missing, start):
            found = self._solve_on(active, point, missing, allowance)
            if found is not None:
                return found
        return self._polished(point)

    def _guesses(self, missing: np.ndarray, start: np.ndarray | None):
        if start is not None:
            yield start
        yield np.array([missing.argmax()])
        self._system[-1] = missing / missing.max()
        try:
            yield scipy.optimize.nnls(self._system, self._target)[0].nonzero()[0]
        except RuntimeError:
            return

    def _solve_on(
        self, active: np.ndarray, point: np.ndarray, missing: np.ndarray, allowance: np.ndarray
    ) -> Projection | None:
        """Solve x_i·u = h_i on the active rows, refined once; None unless every optimality condition holds."""
        if not 0 < len(active) <= len(point):
            return None
        block = self.signed[active]
        if len(active) == 1:
            beta = missing[active] / self._gram[active, active]
        else:
            gram = self._gram[active[:, None], active]
            try:
                beta = np.linalg.solve(gram, missing[active])
                beta += np.linalg.solve(gram, missing[active] - block @ (beta @ block))
            except np.linalg.LinAlgError:
                return None
        move = beta @ block
        slack = self.signed @ move - missing
        allowance = allowance + OPTIMAL * self._sizes * np.sqrt(move @ move)
        if beta.min() < 0 or (slack < -allowance).any() or (np.abs(slack[active]) > allowance[active]).any():
            return None
        multipliers = np.zeros(len(missing))
        multipliers[active] = beta
        return Projection(point + move, multipliers)

    def _polished(self, point: np.ndarray) -> Projection:
        """Route for dependent or nearly dependent rows, in extended precision."""
        missing = self.level - margins(self.signed, point)
        problem = LeastDistanceProblem(self.signed, missing, np.ones(len(point), EXTENDED))
        solution = polish(problem, np.arange(0))
        if solution is None:
            if self.level.min() > 0:  # then a point of C separates the rows
                require_separable(self.signed)
            raise NotCertified(
                "project_onto_margins: no active set satisfied the optimality conditions; {u : x_i·u ≥ level_i} may "
                "be empty or nearly so; lower the level or rescale the features"
            )
        self._require(solution, missing)
        return Projection((point + solution.point).astype(float), solution.multipliers.astype(float))

    def _require(self, solution: LeastDistance, missing: np.ndarray) -> None:
        units = np.abs(missing) + self._sizes * np.sqrt(solution.point @ solution.point)
        violation = float((np.maximum(-solution.slack, 0) / units).max())
        complementarity = float((np.abs(solution.slack) / units)[solution.multipliers > 0].max(initial=0))
        dual = float(max(EXTENDED(0), -solution.multipliers.min()))
        for name, value in (("violation", violation), ("complementarity", complementarity), ("−β", dual)):
            if value > CERTIFIED:
                raise NotCertified(
                    f"project_onto_margins: {name} = {value:.3g} exceeds its bound {CERTIFIED:g}"
                )


def project_onto_margins(
    signed: ArrayLike,
    point: ArrayLike,
    level: ArrayLike = 1.0,
    start: Int[np.ndarray, " active"] | None = None,
) -> Projection:
    """P_C(point) = argmin |u − point| over C = {u : x_i·u ≥ h_i}, as u = point + Σ β_i x_i with β ≥ 0.

    Parameters
    ----------
    signed : array, shape (n, d)
        Rows x_i, usually those of one worker.
    point : array, shape (d,)
        What is projected.
    level : float or array, shape (n,)
        h_i.
    start : integer array, optional
        Guess of the active rows.

    Returns
    -------
    Projection

    Raises
    ------
    BadInput, NotSeparable, NotCertified

    Notes
    -----
    Least-distance programming (lawson1974, chapter 23), polished and checked. To project many points onto the same
    set, keep a `MarginSet`.
    """
    return MarginSet(signed, level).project(np.asarray(point, dtype=float), start)
