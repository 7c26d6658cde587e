"""Problems made of samples: rows of features, each held by one worker."""

from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from implicitbias.problems.abstract import AbstractProblem


class AbstractSampledProblem(AbstractProblem):
    """An objective that is a mean of means over the samples of each worker.

    Attributes
    ----------
    features
        Rows, one per sample.
    assignment
        Worker index of every sample.
    """

    features: Float[np.ndarray, "sample dim"]
    assignment: Int[np.ndarray, " sample"]

    @property
    def dim(self) -> int:
        """Dimension d of the features."""
        return self.features.shape[1]

    @property
    def workers(self) -> int:
        """Number of workers M."""
        return int(self.assignment.max()) + 1

    @cached_property
    def members(self) -> tuple[Int[np.ndarray, " local"], ...]:
        """For each worker, the indices of its samples in increasing order."""
        return tuple(np.flatnonzero(self.assignment == m) for m in range(self.workers))

    @cached_property
    def sizes(self) -> Int[np.ndarray, " worker"]:
        """Samples per worker, n_m."""
        return np.bincount(self.assignment)
