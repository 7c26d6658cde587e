"""The compiled twin of Euler's schemes: steps of a symbolic Itô equation by a generated kernel."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.advance import Progress
from implicitbias.errors import BadInput
from sde.brownian import AbstractPath, BrownianPath, Increments
from sde.equations import Convention, SDE, SymbolicSDE
from sde.schemes import AbstractScheme, EulerMaruyama, SimplifiedWeakEuler
from sde.stepping import AbstractStepping, ByDefinition


if TYPE_CHECKING:
    from sde.kernels.euler import EulerSteps

# Steps between two looks at the keyboard: a fraction of a second for ten thousand paths.
CHUNK = 2**8
# Steps below which an equation is not compiled unasked: NumPy takes them before a compiler has started.
FEWEST_STEPS = 256


@dataclass(frozen=True)
class ByKernel(AbstractStepping):
    """Sixteen paths in a register; the step in which one leaves the safe range is left to the definition."""

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
        """Hand chunks of steps to the kernel."""
        path, goal = self.definition.path, first + count
        assert isinstance(path, BrownianPath)
        while first < goal:
            wanted = min(CHUNK, goal - first)
            x, done = self.kernel.advance(x, replicas, first, wanted, path.dt, path.stream)
            bar.update(done)
            first += done
            if done < wanted:
                x, failed = self.definition(x, replicas, first, 1, bar)
                if failed is not None:
                    return x, failed
                first += 1
        return x, None


def choose_stepping(
    sde: SDE, scheme: AbstractScheme, path: AbstractPath, engine: str, steps: int
) -> AbstractStepping:
    """Return the engine asked for; ``"auto"`` compiles where the steps are many enough to pay for it.

    The number of replicas has no say: a path is the same to the bit alone and among others.

    Raises
    ------
    BadInput
        For an unknown engine, or ``"kernel"`` where nothing is compiled, with the reason.
    """
    if engine not in ("auto", "definition", "kernel"):
        raise BadInput(f"engine = {engine!r}: is no engine; give 'auto', 'definition' or 'kernel'")
    definition = ByDefinition(sde, scheme, path)
    if engine == "definition" or (engine == "auto" and steps < FEWEST_STEPS):
        return definition
    reason = why_not_compiled(sde, scheme, path)
    if not reason:
        return _by_kernel(definition)
    if engine == "kernel":
        raise BadInput(f"engine = 'kernel': {reason}; use engine='auto'")
    return definition


def _by_kernel(definition: ByDefinition) -> ByKernel:
    from sde.kernels.euler import EulerSteps

    symbolic = definition.sde.symbolic
    assert symbolic is not None
    rows = tuple(tuple(symbolic.diffusion.row(i)) for i in range(symbolic.dim))
    two_point = definition.path.law is Increments.TWO_POINT
    return ByKernel(EulerSteps(symbolic.variables, symbolic.drift, rows, two_point), definition)


def why_not_compiled(sde: SDE, scheme: AbstractScheme, path: AbstractPath) -> str:
    """Return why no compiled twin takes the steps of this equation by this scheme; empty if one does."""
    if sde.symbolic is None:
        return "kernels are printed from SymPy, and this equation is known as functions only"
    if not isinstance(scheme, EulerMaruyama | SimplifiedWeakEuler):
        return f"{type(scheme).__name__} has no compiled twin; EulerMaruyama and SimplifiedWeakEuler have"
    if sde.convention is not Convention.ITO or sde.retract is not None:
        return "the compiled steps are those of an Itô equation without a manifold"
    if not isinstance(path, BrownianPath) or path.level:
        return "the kernel reads the addresses of a Brownian path itself, not sums of a coarsened or of a worker's one"
    return _unprintable(sde.symbolic)


def _unprintable(symbolic: SymbolicSDE) -> str:
    """Return what in the expressions has no compiled form; empty if all have."""
    from sde.kernels.printing import NotCompiled, straight_lines

    expressions = (*symbolic.drift, *symbolic.diffusion)
    try:
        straight_lines(
            {f"r{i}": expression for i, expression in enumerate(expressions)},
            {variable: f"x{i}" for i, variable in enumerate(symbolic.variables)},
        )
    except NotCompiled as failure:
        return str(failure)
    return ""
