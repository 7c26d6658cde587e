"""Who takes the steps of an integration: the scheme as it is written, or a compiled twin of it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.advance import Progress
from implicitbias.errors import BadInput
from sde.brownian import BrownianPath
from sde.equations import SDE
from sde.schemes import AbstractScheme, EulerMaruyama, SimplifiedWeakEuler


if TYPE_CHECKING:
    from sde.kernels.euler import EulerSteps


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
    path: BrownianPath

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


@dataclass(frozen=True)
class ByKernel(AbstractStepping):
    """A generated twin of Euler–Maruyama or weak Euler; the definition takes over where a path grows huge."""

    kernel: "EulerSteps"
    definition: ByDefinition

    @property
    def name(self) -> str:
        """Return ``euler``."""
        return "euler"

    def __call__(
        self,
        x: Float[np.ndarray, "replica dim"],
        replicas: Int[np.ndarray, " replica"],
        first: int,
        count: int,
        bar: Progress,
    ) -> tuple[Float[np.ndarray, "replica dim"], int | None]:
        """Move all replicas at once."""
        path = self.definition.path
        x, done = self.kernel.advance(x, replicas, first, count, path.dt, path.stream)
        bar.update(done)
        return self.definition(x, replicas, first + done, count - done, bar)


def choose_stepping(sde: SDE, scheme: AbstractScheme, path: BrownianPath, engine: str) -> AbstractStepping:
    """Return the engine asked for; ``"auto"`` is the definition, since compiling an equation takes seconds.

    Raises
    ------
    BadInput
        For an unknown engine, or ``"kernel"`` where nothing is compiled, with the reason.
    """
    if engine not in ("auto", "definition", "kernel"):
        raise BadInput(f"engine = {engine!r}: is no engine; give 'auto', 'definition' or 'kernel'")
    definition = ByDefinition(sde, scheme, path)
    return _by_kernel(definition) if engine == "kernel" else definition


def _by_kernel(definition: ByDefinition) -> ByKernel:
    from sde.kernels.euler import EulerSteps
    from sde.kernels.printing import NotCompiled

    sde = definition.sde
    reason = why_not_compiled(sde, definition.scheme, definition.path)
    if reason is None and sde.symbolic is not None:
        rows = tuple(tuple(row) for row in sde.symbolic.diffusion.tolist())
        two_point = isinstance(definition.scheme, SimplifiedWeakEuler)
        kernel = EulerSteps(sde.symbolic.variables, sde.symbolic.drift, rows, two_point)
        try:
            kernel.module  # noqa: B018 -- compiles, or says why it cannot
            return ByKernel(kernel, definition)
        except NotCompiled as failure:
            reason = str(failure)
    raise BadInput(f"engine = 'kernel': {reason}; use engine='auto'")


def why_not_compiled(sde: SDE, scheme: AbstractScheme, path: BrownianPath) -> str | None:
    """Return the reason why no compiled twin takes these steps, or ``None``."""
    if not isinstance(scheme, EulerMaruyama | SimplifiedWeakEuler):
        return f"there is no compiled twin of {type(scheme).__name__}"
    if sde.symbolic is None:
        return "kernels are printed from SymPy, and this equation is known as functions only"
    return "kernels read addressed increments, and this path is coarsened" if path.level else None
