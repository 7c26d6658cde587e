"""Problems made of samples, each held by one worker."""

from functools import cached_property

import numpy as np
from jaxtyping import Int

from implicitbias.problems.abstract import AbstractProblem


class AbstractSampledProblem(AbstractProblem):
    """An objective that is a mean of means over the samples of each worker.

    Attributes
    ----------
    assignment
        Worker index of every sample.
    """

    assignment: Int[np.ndarray, " sample"]

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
