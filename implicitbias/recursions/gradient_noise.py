"""Covariance of the noise in one local gradient, as a linear function of the second moments of where it is taken."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem, LinearRegression, NoisyQuadratics


# Y = E (v, 1)(v, 1)ᵀ ↦ covariance of the gradient.
Covariance = Callable[[Float[np.ndarray, "*batch dim1 dim1"]], Float[np.ndarray, "*batch dim dim"]]


def gradient_noise(problem: AbstractProblem, method: LocalMethod, worker: int) -> Covariance:
    """Return Y ↦ Σ/B of additive noise, or that of B samples of the worker, drawn with replacement.

    Raises
    ------
    BadInput
        If the problem has neither noise nor samples, or the samples are drawn without replacement.
    """
    assert method.batch is not None
    if isinstance(problem, NoisyQuadratics):
        return _additive(problem.covariance / method.batch)
    if not isinstance(problem, LinearRegression):
        raise BadInput(
            f"batch = {method.batch}: {problem!r} has neither samples nor noise; use batch=None, or NoisyQuadratics"
        )
    if not method.replacement:
        raise BadInput(
            "replacement = False: batches of one epoch depend on one another, which no recursion of moments follows; "
            "give replacement=True"
        )
    if int(method.batch) != method.batch:
        raise BadInput(f"batch = {method.batch!r}: samples are drawn one by one; give an integer")
    return _of_samples(problem, worker, method.batch)


def _additive(covariance: Float[np.ndarray, "dim dim"]) -> Covariance:
    def of(second: np.ndarray) -> np.ndarray:
        return second[..., -1:, -1:] * covariance

    return of


def _of_samples(problem: LinearRegression, worker: int, batch: float) -> Covariance:
    """Return (1/B)(E_i r_i² x_i x_iᵀ − ∇f_m∇f_mᵀ), r_i = x_i·v − y_i."""
    members = problem.members[worker]
    rows = problem.features[members]
    residuals = np.column_stack([rows, -problem.targets[members]])
    mean = rows.T @ residuals / len(rows)

    def of(second: np.ndarray) -> np.ndarray:
        squares = np.einsum("ni,...ij,nj->...n", residuals, second, residuals)
        each = np.einsum("...n,ni,nj->...ij", squares, rows, rows) / len(rows)
        return (each - mean @ second @ mean.T) / batch

    return of
