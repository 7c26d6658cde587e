"""Problems with quadratic losses: the golden instance, and random ones of every kind the recursions know."""

import numpy as np

from implicitbias import LinearRegression, Quadratics


def golden():
    """A = (1, 1/4), minimisers b = (0, 1): two workers on the line, whose mean loss is least at 0.2."""
    return Quadratics([[[1.0]], [[0.25]]], [[0.0], [1.0]])


def quadratics(seed, workers=3, dim=3, rank=None):
    """Random curvatures ≤ 1 and minimisers; of the given rank on each worker."""
    numbers = np.random.default_rng(seed)
    roots = numbers.normal(size=(workers, dim, dim if rank is None else rank))
    hessians = roots @ roots.swapaxes(1, 2)
    hessians /= np.linalg.eigvalsh(hessians).max()
    return Quadratics((hessians + hessians.swapaxes(1, 2)) / 2, numbers.normal(size=(workers, dim)))


def regression(seed, workers=3, dim=3):
    """Random rows of length 1, unequally many per worker, of which one has fewer than parameters."""
    numbers = np.random.default_rng(seed)
    sizes = 2 + np.arange(workers) * 2
    rows = numbers.normal(size=(sizes.sum(), dim))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return LinearRegression(
        rows, numbers.normal(size=len(rows)), workers=np.repeat(np.arange(workers), sizes)
    )
