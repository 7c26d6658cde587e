"""Gradient noise whose first two moments are known exactly: none, mini-batches drawn with replacement, additive."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractProblem, AbstractSampledProblem, LinearClassification
from implicitbias.problems.abstract import frozen_array


# Asymmetry and negative eigenvalues of a covariance assembled in doubles, relative to its size.
COVARIANCE_ROUNDING = 1e-12


class AbstractNoise(ABC):
    """Law of g^m given the model: only its mean ∇f_m and the variances of its coordinates are needed."""

    @property
    @abstractmethod
    def per_sample(self) -> bool:
        """Whether f_m(·, z) is the loss of single samples, so that it may be rougher than f_m."""

    @abstractmethod
    def variances(
        self, problem: AbstractProblem, points: Float[np.ndarray, "*batch worker dim"]
    ) -> Float[np.ndarray, "*batch worker dim"]:
        """Return Var g^m_k at the worker's point, the mean being ∇f_m."""

    @abstractmethod
    def largest_variances(self, problem: AbstractProblem) -> Float[np.ndarray, "worker dim"]:
        """Return v with Σ_k Var g^m_k/d_k ≤ Σ_k v_k/d_k at every point, for every D; ∞ where there is none."""


@dataclass(frozen=True)
class Exact(AbstractNoise):
    """g^m = ∇f_m: no noise."""

    @property
    def per_sample(self) -> bool:
        """Return False."""
        return False

    def variances(
        self, problem: AbstractProblem, points: Float[np.ndarray, "*batch worker dim"]
    ) -> Float[np.ndarray, "*batch worker dim"]:
        """Return 0."""
        return np.zeros_like(points)

    def largest_variances(self, problem: AbstractProblem) -> Float[np.ndarray, "worker dim"]:
        """Return 0."""
        return np.zeros((problem.workers, problem.dim))


@dataclass(frozen=True, eq=False)
class Additive(AbstractNoise):
    """g^m = ∇f_m + ξ with E ξ = 0 and a constant covariance, independent over workers and steps.

    Parameters
    ----------
    covariance : array (dim, dim)
        E ξξᵀ, symmetric positive semidefinite.

    Raises
    ------
    BadInput
        If it is not.
    """

    covariance: Float[np.ndarray, "dim dim"]

    __repr__ = in_brief

    def __post_init__(self):
        matrix = frozen_array("covariance", self.covariance, 2)
        rounding = COVARIANCE_ROUNDING * np.abs(matrix).max() * len(matrix)
        square = matrix.shape[0] == matrix.shape[1]
        if (
            not square
            or np.abs(matrix - matrix.T).max() > rounding
            or np.linalg.eigvalsh(matrix)[0] < -rounding
        ):
            rule = "must be a symmetric positive semidefinite matrix"
            raise checks.refuse("covariance", matrix.tolist(), rule, "give E ξξᵀ, e.g. np.diag(variances)")
        object.__setattr__(self, "covariance", matrix)

    @property
    def per_sample(self) -> bool:
        """Return False: f_m(·, z) is f_m plus a linear function."""
        return False

    def variances(
        self, problem: AbstractProblem, points: Float[np.ndarray, "*batch worker dim"]
    ) -> Float[np.ndarray, "*batch worker dim"]:
        """Return the diagonal of the covariance."""
        return np.broadcast_to(np.diag(self._of(problem)), points.shape)

    def largest_variances(self, problem: AbstractProblem) -> Float[np.ndarray, "worker dim"]:
        """Return the diagonal of the covariance."""
        return np.broadcast_to(np.diag(self._of(problem)), (problem.workers, problem.dim))

    def _of(self, problem: AbstractProblem) -> np.ndarray:
        if len(self.covariance) != problem.dim:
            raise BadInput(
                f"covariance has shape {self.covariance.shape}: the problem has d = {problem.dim}; give E ξξᵀ there"
            )
        return self.covariance


@dataclass(frozen=True)
class MiniBatch(AbstractNoise):
    """g^m = mean gradient of ``size`` local samples, drawn with replacement: variance of one sample over B.

    Parameters
    ----------
    size : int
        B ≥ 1 samples per worker and step.
    """

    size: int = 1

    def __post_init__(self):
        checks.integer("size", self.size, 1, "give the samples per worker and step")

    @property
    def per_sample(self) -> bool:
        """Return True."""
        return True

    def variances(
        self, problem: AbstractProblem, points: Float[np.ndarray, "*batch worker dim"]
    ) -> Float[np.ndarray, "*batch worker dim"]:
        """Return the variance over the worker's n_m samples, over B: exact, by enumeration.

        Raises
        ------
        BadInput
            If the problem has no samples.
        """
        sampled = _sampled(problem)
        gradients = (_sample_gradients(sampled, points[..., m, :], m) for m in range(problem.workers))
        return np.stack([g.var(axis=-2) for g in gradients], axis=-2) / self.size

    def largest_variances(self, problem: AbstractProblem) -> Float[np.ndarray, "worker dim"]:
        """s² min(mean_i x_ik², (range of {0, x_ik})²/4)/B for a loss with slopes in [0, s]; ∞ for regression.

        A gradient is −s_i x_i with s_i between 0 and s; the second number is Popoviciu's.
        """
        if not isinstance(problem, LinearClassification):
            return np.full((_sampled(problem).workers, problem.dim), np.inf)
        slope = float(problem.loss_function.slope(np.array([-np.inf]))[0])
        spreads = []
        for rows in problem.local_signed:
            spread = np.maximum(rows.max(axis=0), 0.0) - np.minimum(rows.min(axis=0), 0.0)
            spreads.append(np.minimum((rows**2).mean(axis=0), spread**2 / 4.0))
        # A column of zeros has no noise under any loss, and ∞·0 is no number.
        return np.array([np.where(v > 0.0, slope**2, 0.0) * v for v in spreads]) / self.size


def _sampled(problem: AbstractProblem) -> AbstractSampledProblem:
    if not isinstance(problem, AbstractSampledProblem):
        raise BadInput(f"noise = MiniBatch: {problem!r} has no samples; use Exact() or Additive(covariance)")
    return problem


def _sample_gradients(
    problem: AbstractSampledProblem, points: Float[np.ndarray, "*batch dim"], worker: int
) -> Float[np.ndarray, "*batch local dim"]:
    """Return the gradient of every sample of the worker."""
    count = int(problem.sizes[worker])
    samples = np.broadcast_to(np.arange(count)[:, None], (*points.shape[:-1], count, 1))
    everywhere = np.broadcast_to(points[..., None, :], (*points.shape[:-1], count, points.shape[-1]))
    return problem.worker_gradient(everywhere, worker, samples)
