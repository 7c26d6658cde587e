"""Scaled Local SGD on quadratics with additive noise: every expectation in closed form, no Monte Carlo.

The map of a step is affine, so that mean and covariance of all local models, and of their running weighted average,
obey a linear recursion. D̂_p may change from round to round; it does not look at the noise it multiplies.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.problems import Quadratics
from implicitbias.scaled.fixed_points import worker_gradients
from implicitbias.scaled.noise import Additive


@dataclass(frozen=True, eq=False)
class ExactPath:
    """Expectations along R rounds of H local steps.

    Attributes
    ----------
    squared_distance
        E|x̂_t − x*|² for t = 0, …, T.
    consensus
        E (1/M) Σ |x_t^m − x̂_t|²_D̂ for t = 0, …, T − 1, 0 at synchronisations.
    average_gap
        E f(x̄) − f* of x̄ = Σ w_t x̂_t/Σ w_t, t < T, w_t = (1+c)^{−p(t)}.
    """

    squared_distance: Float[np.ndarray, " step"]
    consensus: Float[np.ndarray, " local_step"]
    average_gap: float

    __repr__ = in_brief


def exact_path(
    problem: Quadratics,
    diagonals: Float[np.ndarray, "round dim"],
    lr: float,
    local_steps: int,
    start: Float[np.ndarray, " dim"],
    noise: Additive,
    *,
    drift: float = 0.0,
) -> ExactPath:
    """Return the expectations of x^m ← x^m − ηD̂_p^{-1}(∇f_m(x^m) + ξ), averaged after every H steps.

    Parameters
    ----------
    problem
        Any quadratics; they need a minimiser.
    diagonals : array (round, dim)
        D̂_p of every round.
    lr, local_steps : float, int
        η and H.
    start : array (dim,)
        x₀.
    noise
        Covariance of ξ, independent over workers and steps.
    drift
        c, for the weights of the average.

    Raises
    ------
    BadInput
        If the diagonals are not positive or not one per round.
    """
    rows = checks.real_array("diagonals", diagonals)
    if rows.ndim != 2 or rows.shape[1] != problem.dim or not (rows > 0.0).all():
        raise BadInput(
            f"diagonals have shape {rows.shape}: must be (round, {problem.dim}) and positive; give every D̂_p"
        )
    checks.integer("local_steps", local_steps, 1, "give H ≥ 1")
    stacked = _Stacked(problem, noise, np.asarray(start, dtype=float))
    for p, diagonal in enumerate(rows):
        stacked.round(diagonal, lr, local_steps, (1.0 + drift) ** -p)
    return stacked.path()


class _Stacked:
    """Mean and covariance of (x^1 − x*, …, x^M − x*, Σ w_t(x̂_t − x*))."""

    def __init__(self, problem: Quadratics, noise: Additive, start: np.ndarray):
        self._problem, self._noise = problem, noise
        self._workers, self._dim = problem.workers, problem.dim
        x = problem.minimiser
        self._slopes = worker_gradients(problem, x)
        self._mean = np.concatenate([np.tile(start - x, self._workers), np.zeros(self._dim)])
        self._covariance = np.zeros((len(self._mean), len(self._mean)))
        self._weight, self._distances, self._consensus = 0.0, [], []
        self._averaging = np.kron(np.full((1, self._workers), 1.0 / self._workers), np.eye(self._dim))

    def round(self, diagonal: np.ndarray, lr: float, local_steps: int, weight: float) -> None:
        """Advance by H local steps and a synchronisation."""
        matrix, shift, kick = self._step(diagonal, lr, weight)
        for _ in range(local_steps):
            self._distances.append(self._squared_distance())
            self._consensus.append(self._disagreement(diagonal))
            self._weight += weight
            self._apply(matrix, shift)
            self._covariance += kick
        size = self._workers * self._dim
        together = np.eye(len(self._mean))
        together[:size, :size] = np.tile(self._averaging, (self._workers, 1))
        self._apply(together, np.zeros(len(self._mean)))

    def path(self) -> ExactPath:
        """Return what was collected."""
        mean = self._mean[-self._dim :] / self._weight
        covariance = self._covariance[-self._dim :, -self._dim :] / self._weight**2
        hessian = self._problem.hessians.mean(axis=0)
        gap = 0.5 * float(mean @ hessian @ mean + (hessian * covariance).sum())
        return ExactPath(
            np.array([*self._distances, self._squared_distance()]), np.array(self._consensus), gap
        )

    def _step(self, diagonal: np.ndarray, lr: float, weight: float) -> tuple[np.ndarray, ...]:
        size, scale = self._workers * self._dim, lr / diagonal
        matrix, kick = np.eye(len(self._mean)), np.zeros_like(self._covariance)
        matrix[size:, :size] = weight * self._averaging
        for m, hessian in enumerate(self._problem.hessians):
            block = slice(m * self._dim, (m + 1) * self._dim)
            matrix[block, block] -= scale[:, None] * hessian
            kick[block, block] = scale[:, None] * scale * self._noise.covariance
        shift = np.concatenate([-(scale * self._slopes).ravel(), np.zeros(self._dim)])
        return matrix, shift, kick

    def _apply(self, matrix: np.ndarray, shift: np.ndarray) -> None:
        self._mean = matrix @ self._mean + shift
        self._covariance = matrix @ self._covariance @ matrix.T

    def _squared_distance(self) -> float:
        size = self._workers * self._dim
        mean = self._averaging @ self._mean[:size]
        spread = self._averaging @ self._covariance[:size, :size] @ self._averaging.T
        return float(mean @ mean + np.trace(spread))

    def _disagreement(self, diagonal: np.ndarray) -> float:
        size = self._workers * self._dim
        centred = np.eye(size) - np.tile(self._averaging, (self._workers, 1))
        mean = centred @ self._mean[:size]
        squares = mean**2 + np.diag(centred @ self._covariance[:size, :size] @ centred.T)
        return float(squares @ np.tile(diagonal, self._workers)) / self._workers
