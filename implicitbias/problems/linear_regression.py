"""Linear regression over workers: f(w) = (1/M) Σ_m |X_m w − y_m|²/(2 n_m)."""

from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from implicitbias.problems.abstract import apply, frozen_array, worker_assignment
from implicitbias.problems.linear import AbstractLinearProblem
from implicitbias.problems.twice_differentiable import AbstractTwiceDifferentiable


class LinearRegression(AbstractLinearProblem, AbstractTwiceDifferentiable):
    """f(w) = (1/M) Σ_m |X_m w − y_m|²/(2 n_m).

    Parameters
    ----------
    features
        Array (sample, dim).
    targets
        Array (sample,).
    workers
        Worker index of every sample, or one index array per worker, or a number of contiguous blocks.

    Raises
    ------
    BadInput
        For non-finite data, mismatched shapes, or an empty worker.
    """

    def __init__(
        self,
        features: ArrayLike,
        targets: ArrayLike,
        *,
        workers: object = 1,
    ):
        self.features = frozen_array("features", features, 2)
        self.targets = frozen_array("targets", targets, 1, shape=(len(self.features),))
        self.assignment = worker_assignment(workers, len(self.features))

    @cached_property
    def covariances(self) -> Float[np.ndarray, "worker dim dim"]:
        """Second moments G_m = X_mᵀX_m/n_m, the Hessians of the f_m."""
        return np.stack([self.features[i].T @ self.features[i] / len(i) for i in self.members])

    @cached_property
    def smoothness(self) -> float:
        """L = max_m λ_max(G_m)."""
        return float(max(np.linalg.norm(self.features[i], 2) ** 2 / len(i) for i in self.members))

    def worker_loss(self, w: Float[np.ndarray, "*batch dim"], worker: int) -> Float[np.ndarray, "*batch"]:
        """Return f_m(w) = |X_m w − y_m|²/(2 n_m)."""
        w = self.point(w, worker)
        rows, targets = self._local(worker)
        return 0.5 * ((apply(rows, w) - targets) ** 2).mean(axis=-1)

    def worker_gradient(
        self,
        w: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return ∇f_m(w) = X_mᵀ(X_m w − y_m)/n_m, or the mean over ``samples``."""
        w = self.point(w, worker)
        rows, targets = self._local(worker)
        if samples is None:
            return apply(rows.T, apply(rows, w) - targets) / len(rows)
        drawn = rows[samples]
        errors = np.einsum("...bd,...d->...b", drawn, w) - targets[samples]
        return np.einsum("...b,...bd->...d", errors, drawn) / samples.shape[-1]

    def worker_hvp(
        self,
        w: Float[np.ndarray, "*batch dim"],
        direction: Float[np.ndarray, "*batch dim"],
        worker: int,
        samples: Int[np.ndarray, "*batch draw"] | None = None,
    ) -> Float[np.ndarray, "*batch dim"]:
        """Return G_m·v, or the mean of (x_i·v) x_i over ``samples``."""
        direction = self.point(direction, worker)
        rows, _ = self._local(worker)
        if samples is None:
            return apply(rows.T, apply(rows, direction)) / len(rows)
        drawn = rows[samples]
        along = np.einsum("...bd,...d->...b", drawn, direction)
        return np.einsum("...b,...bd->...d", along, drawn) / samples.shape[-1]

    def content(self) -> tuple[object, ...]:
        """Return features, targets and assignment."""
        return self.features, self.targets, self.assignment

    def latex(self) -> str:
        """Return f as LaTeX."""
        return r"f(w) = \frac{1}{M} \sum_m \frac{1}{2 n_m} |X_m w - y_m|^2"

    def __repr__(self) -> str:
        return f"LinearRegression(n={len(self.features)}, d={self.dim}, M={self.workers})"

    def _local(self, worker: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.members[worker]
        return self.features[rows], self.targets[rows]
