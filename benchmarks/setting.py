"""A batch of runs of Local GD, as all contestants see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import LinearClassification, Stream
from implicitbias.data import gaussian_separable


@dataclass(frozen=True)
class Setting:
    """Sizes of one comparison, and the ratios that are aimed at: group of contestants ↦ how many times faster."""

    samples: int
    dim: int
    workers: int
    local_steps: int
    runs: int = 64
    lr: float = 0.3
    goals: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the sizes as text."""
        return f"{self.runs} runs, n={self.samples} d={self.dim} M={self.workers} H={self.local_steps}"

    @cached_property
    def problem(self) -> LinearClassification:
        """Separable data, the same number of samples on every worker."""
        data = gaussian_separable(Stream(0), self.samples, self.dim)
        return LinearClassification(data.features, data.labels, workers=self.workers)

    @cached_property
    def starts(self) -> Float[np.ndarray, "run dim"]:
        """One start for each run, near 0."""
        draws = Stream(1).at("starts", np.arange(self.runs)).normal(self.dim)
        return 0.3 * draws / np.sqrt(self.dim)

    @cached_property
    def rows(self) -> Float[np.ndarray, "sample dim"]:
        """Rows x_i; workers hold equal blocks of them."""
        return self.problem.signed

    @cached_property
    def gram(self) -> Float[np.ndarray, "sample sample"]:
        """Inner products of rows."""
        return self.rows @ self.rows.T

    @cached_property
    def blocks(self) -> Float[np.ndarray, "worker local local"]:
        """Every worker's own block of the Gram matrix."""
        local = self.samples // self.workers
        parts = [slice(m * local, (m + 1) * local) for m in range(self.workers)]
        return np.stack([self.gram[p, p] for p in parts])
