"""Which engine moves a state: the definition, or a compiled twin."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable, TYPE_CHECKING

import numpy as np

from implicitbias.engine.definition import round_step
from implicitbias.engine.state import State
from implicitbias.errors import BadInput
from implicitbias.losses import Exponential
from implicitbias.methods import Adaptive, LocalMethod
from implicitbias.problems import AbstractNoisyProblem, AbstractProblem, LinearClassification
from implicitbias.stream import Stream


if TYPE_CHECKING:
    from implicitbias.engine.kernels import AbstractKernel, LaneBatch


# Between two updates of the progress bar (and looks at the keyboard) a kernel does about this many
# multiply–adds: a fraction of a second. It depends on the problem alone, so results do not depend on the clock.
CHUNK_WORK = 3e8

# Steps of all workers of one replica below which a landscape is not compiled unasked: NumPy takes them for ten
# thousand replicas before a compiler has started. The number of replicas itself has no say, see ``choose_engine``.
FEWEST_STEPS = 64

# −x·w⁰ beyond which the start itself explains an overflow: the first step is e^20 times the one from 0.
STEEP_START = 20.0


@runtime_checkable
class Progress(Protocol):
    """Anything with tqdm's ``update``."""

    def update(self, n: float, /) -> object:
        """Move the bar by ``n`` rounds."""
        ...


class AbstractAdvance(ABC):
    """Moves a state by a number of rounds."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What ``Trace.engine`` says."""

    @abstractmethod
    def __call__(
        self,
        problem: AbstractProblem,
        method: LocalMethod,
        state: State,
        stream: Stream | None,
        rounds: int,
        bar: Progress,
    ) -> tuple[State, int | None]:
        """Return the state ``rounds`` later, or the last finite state and the round that was not."""


@dataclass(frozen=True)
class ByDefinition(AbstractAdvance):
    """Plain NumPy, round by round."""

    @property
    def name(self) -> str:
        """Return ``definition``."""
        return "definition"

    def __call__(
        self,
        problem: AbstractProblem,
        method: LocalMethod,
        state: State,
        stream: Stream | None,
        rounds: int,
        bar: Progress,
    ) -> tuple[State, int | None]:
        """Apply ``round_step`` again and again."""
        for _ in range(rounds):
            # A step too long overflows on its way to infinity; the check below reports it.
            with np.errstate(over="ignore", invalid="ignore"):
                following = round_step(problem, method, state, stream)
            if not np.isfinite(following.w).all():
                return state, following.clock.round
            state = following
            bar.update(1)
        return state, None


@dataclass(frozen=True)
class ByKernel(AbstractAdvance):
    """A compiled twin of the definition."""

    kernel: "AbstractKernel[Any]"

    @property
    def name(self) -> str:
        """Return the kernel's name."""
        return self.kernel.name

    def __call__(
        self,
        problem: AbstractProblem,
        method: LocalMethod,
        state: State,
        stream: Stream | None,
        rounds: int,
        bar: Progress,
    ) -> tuple[State, int | None]:
        """Hand chunks of rounds to the kernel."""
        chunk = _chunk(problem, method, state)
        while rounds > 0:
            count = min(chunk, rounds)
            state, failed = self.kernel.advance(problem, method, state, stream, count)
            if failed is not None:
                return state, failed
            rounds -= count
            bar.update(count)
        return state, None


class ByLanes(AbstractAdvance):
    """The replicas of a run in the registers of the batched kernel; what it packs is kept from record to record."""

    def __init__(self):
        self._batches: dict[int, LaneBatch] = {}

    @property
    def name(self) -> str:
        """Return ``gram-batch``."""
        return "gram-batch"

    def __call__(
        self,
        problem: AbstractProblem,
        method: LocalMethod,
        state: State,
        stream: Stream | None,
        rounds: int,
        bar: Progress,
    ) -> tuple[State, int | None]:
        """Move all replicas at once."""
        from implicitbias.engine.kernels import LaneBatch, Run

        count = len(state.w)
        if count not in self._batches:
            self._batches[count] = LaneBatch([Run(problem, method, stream, count)])
        return self._batches[count].advance([state], rounds, bar.update)[0]


def choose_engine(
    problem: AbstractProblem, method: LocalMethod, engine: str, many: bool = False, rounds: float = math.inf
) -> AbstractAdvance:
    """Return the engine asked for.

    ``many``: the run is of a kind that comes in many replicas. Their number does not matter: a replica is the
    same to the bit alone and among others. ``rounds``: how many are asked for; where code is compiled for the one
    problem at hand, few do not pay for it.

    Raises
    ------
    BadInput
        For an unknown engine, or ``"kernel"`` where nothing is compiled; says which axis is the reason.
    """
    if engine == "definition":
        return ByDefinition()
    if engine not in ("auto", "kernel"):
        raise BadInput(f"engine = {engine!r}: is no engine; give 'auto', 'definition' or 'kernel'")
    if isinstance(problem, AbstractNoisyProblem):
        return _own_engine(problem, method, engine, rounds)
    from implicitbias.engine.kernels import find_kernel, LaneKernel, why_not

    kernel = find_kernel(problem, method, many)
    if isinstance(kernel, LaneKernel):
        return ByLanes()
    if kernel is not None:
        return ByKernel(kernel)
    if engine == "kernel":
        raise BadInput(f"engine = 'kernel': {why_not(problem, method)}; use engine='auto'")
    return ByDefinition()


def _own_engine(
    problem: AbstractNoisyProblem, method: LocalMethod, engine: str, rounds: float
) -> AbstractAdvance:
    """Return the twin that the problem compiles of itself."""
    steps = rounds * sum(method.steps(problem.workers, 0))
    if engine == "auto" and steps < FEWEST_STEPS:
        return ByDefinition()
    own = problem.compiled(method)
    if own is None and engine == "kernel":
        raise BadInput(f"engine = 'kernel': {problem.why_not_compiled(method)}; use engine='auto'")
    return own or ByDefinition()


def divergence_message(problem: AbstractProblem, method: LocalMethod, round: int, start: np.ndarray) -> str:
    """Return which round overflowed, at which ηH, and the cure in numbers where the problem has them."""
    rate = method.first_lr
    steps = max(method.steps(problem.workers, 0))
    if isinstance(method.scaling, Adaptive):
        return (
            f"the iterate overflowed in round {round} (η = {rate:g}, H = {steps}, {method.scaling!r}): where D̂ is "
            "small, steps are long; give a larger floor, a warm-up (D starts from nothing), or a smaller learning rate"
        )
    loss = getattr(problem, "loss_function", None)
    what = f"the {type(loss).__name__.lower()} loss" if loss else "the iterate"
    head = f"{what} overflowed in round {round} (η = {rate:g}, H = {steps}, ηH = {rate * steps:g})"
    if isinstance(problem, LinearClassification) and isinstance(loss, Exponential):
        worst = float(-problem.margins(start).min())
        steep = f"; the start is steep, ℓ = e^{worst:.3g}: start nearer to 0" if worst > STEEP_START else ""
        return (
            f"{head}{steep}; use loss=Logistic(), or a smaller ηH: from 0, on separable data, ηH ≤ γ/(M b_x³) is safe "
            f"(M = {problem.workers}, b_x = {problem.radius:.3g}, γ = max_margin(problem).margin)"
        )
    smoothness = getattr(problem, "smoothness", None)
    if smoothness is None:
        return f"{head}; use a smaller learning rate: η < 2/λ, λ the largest eigenvalue of ∇²L, or a nearer start"
    return f"{head}; use a smaller learning rate, η < 2/L = {2 / smoothness:.3g}"


def _chunk(problem: AbstractProblem, method: LocalMethod, state: State) -> int:
    sizes = np.asarray(getattr(problem, "sizes", [1]))
    steps = max(method.steps(problem.workers, max(state.clock.steps)))
    work = len(state.w) * (steps * (sizes * np.minimum(sizes, problem.dim)).sum() + sizes.sum() ** 2)
    return max(1, int(CHUNK_WORK / work))
