"""Who takes the steps of an integration: the scheme as it is written, or a compiled twin of it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.advance import Progress
from sde.brownian import AbstractPath
from sde.equations import SDE
from sde.schemes import AbstractScheme


# Increments drawn at once: 2 MiB, which stay in the cache.
CHUNK = 2**18


class AbstractStepping(ABC):
    """Moves a batch of replicas by a number of steps."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What ``Trace.engine`` says."""

    @abstractmethod
    def __call__(
        self,
        x: Float[np.ndarray, "replica dim"],
        replicas: Int[np.ndarray, " replica"],
        first: int,
        count: int,
        bar: Progress,
    ) -> tuple[Float[np.ndarray, "replica dim"], int | None]:
        """Return X after steps first, …, first + count − 1, or the last finite X and the step after it."""


@dataclass(frozen=True)
class ByDefinition(AbstractStepping):
    """``scheme.step`` in plain NumPy, step by step."""

    sde: SDE
    scheme: AbstractScheme
    path: AbstractPath

    @property
    def name(self) -> str:
        """Return ``definition``."""
        return "definition"

    def __call__(
        self,
        x: Float[np.ndarray, "replica dim"],
        replicas: Int[np.ndarray, " replica"],
        first: int,
        count: int,
        bar: Progress,
    ) -> tuple[Float[np.ndarray, "replica dim"], int | None]:
        """Draw a chunk of increments, use it up, draw the next."""
        chunk = max(1, CHUNK // (len(x) * max(1, self.path.noises)))
        for low in range(first, first + count, chunk):
            steps = min(chunk, first + count - low)
            x, taken = self._chunk(x, replicas, low, steps)
            if taken < steps:
                return x, low + taken
            bar.update(steps)
        return x, None

    def _chunk(self, x: np.ndarray, replicas: np.ndarray, first: int, count: int) -> tuple[np.ndarray, int]:
        """Return X after ``count`` steps, or before the first one that is not finite, and how many were taken."""
        dw = self.path.increments(replicas, first, count)
        area = self.path.antisymmetric(replicas, first, count) if self.scheme.antisymmetric else None
        for i in range(count):
            # A step too long overflows on its way to infinity; the check below reports it.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                own = None if area is None else area[:, i]
                following = self.scheme.step(self.sde, x, self.path.dt, dw[:, i], own)
            if not np.isfinite(following).all():
                return x, i
            x = following
        return x, count
