"""Gauss–Legendre panels: integrals over a panel, and up to each of its nodes."""

from functools import cache

import numpy as np
from jaxtyping import Float


# Exact for polynomials up to degree 31 over a panel, 15 up to a node.
NODES = 16


@cache
def gauss_legendre() -> tuple[
    Float[np.ndarray, " node"], Float[np.ndarray, " node"], Float[np.ndarray, "node node"]
]:
    """Return nodes and weights on [−1, 1], and the matrix of ∫_{−1}^{x_i} ℓ_j, ℓ_j the Lagrange polynomials."""
    from numpy.polynomial import legendre

    x, weights = legendre.leggauss(NODES)
    values = legendre.legvander(x, NODES)
    degree = np.arange(1, NODES)
    integrals = np.column_stack([x + 1.0, (values[:, 2:] - values[:, :-2]) / (2.0 * degree + 1.0)])
    return x, weights, integrals @ np.linalg.inv(values[:, :NODES])
