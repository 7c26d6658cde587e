"""Equations C = L(C) + K for a symmetric C: discrete Lyapunov equations, plain and generalised."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float


Symmetric = Float[np.ndarray, "n n"]


def doubled(matrix: Float[np.ndarray, "n n"], added: Symmetric) -> Symmetric:
    """Return C = FCFᵀ + K = Σ_k F^k K (F^k)ᵀ for a spectral radius below 1, twice as many terms at a time."""
    total, power = added, matrix
    while np.abs(power).max() > 0.0:
        grown = total + power @ total @ power.T
        if np.array_equal(grown, total):
            break
        total, power = grown, power @ power
    return (total + total.T) / 2.0


def operator_of(linear: Callable[[np.ndarray], np.ndarray], size: int) -> Float[np.ndarray, "entry entry"]:
    """Return the matrix of a linear map of symmetric matrices, on the entries of their upper triangle.

    Parameters
    ----------
    linear
        Maps arrays (batch, n, n) of symmetric matrices to such arrays.
    size
        n.
    """
    rows, columns = np.triu_indices(size)
    basis = np.zeros((len(rows), size, size))
    entry = np.arange(len(rows))
    basis[entry, rows, columns] = basis[entry, columns, rows] = 1.0
    return linear(basis)[:, rows, columns].T


def solve_symmetric(operator: Float[np.ndarray, "entry entry"], added: Symmetric) -> Symmetric:
    """Return C = L(C) + K, L given as `operator_of` does."""
    rows, columns = np.triu_indices(len(added))
    found = np.zeros_like(added)
    found[rows, columns] = np.linalg.solve(np.eye(len(rows)) - operator, added[rows, columns])
    return np.triu(found) + np.triu(found, 1).T
