"""From a state to a state many rounds later: chunks of learning rates, replicas on threads, divergence."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, final, Generic, TypeVar

import numpy as np
from jaxtyping import Float

from implicitbias.engine.aggregation import aggregate
from implicitbias.engine.definition import round_step
from implicitbias.engine.kernels.plan import Plan, plan_for
from implicitbias.engine.kernels.rates import chunks, later, Rates
from implicitbias.engine.kernels.threads import on_threads
from implicitbias.engine.state import Clock, State
from implicitbias.methods import Adaptive, Anchored, Fixed, LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.stream import Stream


# What a kernel carries besides the clock.
Carried = TypeVar("Carried")

_ENTRIES = {
    "gram": ("gram_kernel", "advance_gram", "work_gram"),
    "weights": ("weight_kernel", "advance_weights", "work_weights"),
    "hessians": ("weight_kernel", "advance_weights", "work_weights"),
}


@dataclass(frozen=True)
class AbstractKernel(ABC, Generic[Carried]):
    """A compiled twin of ``round_step``, which carries arrays of its own from chunk to chunk of rounds.

    Attributes
    ----------
    name
        Name in the table of ``coverage``.
    """

    name: str

    @abstractmethod
    def _carried(self, state: State) -> Carried:
        """Return copies of what the state carries."""

    @abstractmethod
    def _inner_rounds(
        self, plan: Plan, state: State, carried: Carried, clock: Clock, rates: Rates, rounds: int
    ) -> int:
        """Move what all replicas carry, in place; return the smallest number of rounds done."""

    @abstractmethod
    def _last_round(
        self, plan: Plan, method: LocalMethod, state: State, carried: Carried, clock: Clock
    ) -> State | None:
        """Take the round whose local models the state shows; ``None`` if it leaves the safe range."""

    def advance(
        self, problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None, rounds: int
    ) -> tuple[State, int | None]:
        """Return the state ``rounds`` later, or the last finite state and the round that was not.

        A round that comes near the end of the floating-point range is left to the definition, so that
        both call the same round the first one that is not finite.

        Raises
        ------
        BadInput
            For mini-batches that cannot be drawn.
        """
        goal = state.clock.round + rounds
        while state.clock.round < goal:
            if kept_by(method, state):
                plan = plan_for(self.name, problem, method, stream)
                state = self._advance_safely(plan, method, state, goal - state.clock.round)
            if state.clock.round < goal:
                following = _defined_round(problem, method, state, stream)
                if not np.isfinite(following.w).all():
                    return state, following.clock.round
                state = following
        return state, None

    def _advance_safely(self, plan: Plan, method: LocalMethod, state: State, rounds: int) -> State:
        """Return the state after as many of the rounds as stay in the safe range, perhaps none."""
        while rounds > 0:
            rounds, reached = self._attempt(plan, method, state, rounds)
            if reached is not None:
                return reached
        return state

    def _attempt(
        self, plan: Plan, method: LocalMethod, state: State, rounds: int
    ) -> tuple[int, State | None]:
        """Return ``rounds`` and the state reached, or the number of safe rounds and no state."""
        carried, clock = self._carried(state), state.clock
        for count, rates in chunks(method, clock, rounds - 1):
            done = self._inner_rounds(plan, state, carried, clock, rates, count)
            if done < count:
                return clock.round - state.clock.round + done, None
            clock = later(clock, method, rates, count)
        reached = self._last_round(plan, method, state, carried, clock)
        return (rounds, reached) if reached is not None else (rounds - 1, None)


@final
@dataclass(frozen=True)
class Kernel(AbstractKernel[np.ndarray]):
    """``"gram"`` (rounds on margins), ``"weights"`` (rounds on w) or ``"hessians"`` (quadratics)."""

    def _carried(self, state: State) -> np.ndarray:
        return bases_of(state)

    def _inner_rounds(
        self, plan: Plan, state: State, carried: np.ndarray, clock: Clock, rates: Rates, rounds: int
    ) -> int:
        advance, _ = _entries(self.name)
        # Merged workers need equal learning rates, hence equal clocks.
        together = plan.merged is not None and len(set(clock.steps)) == 1
        samples = plan.merged if plan.merged is not None and together else plan.samples
        steps, replicas = plan.steps[: len(samples.padded)], state.replicas.astype(np.uint64)
        address = clock.round, np.array(clock.steps[: len(steps)])

        def move(low: int, high: int) -> int:
            of_part = replicas[low:high], carried[low:high]
            return advance(samples, plan.rule, steps, rates, address, *of_part, rounds, plan.fold)

        return min(on_threads(move, len(carried), rounds * plan.work))

    def _last_round(
        self, plan: Plan, method: LocalMethod, state: State, carried: np.ndarray, clock: Clock
    ) -> State | None:
        _, work = _entries(self.name)
        rates = next(chunks(method, clock, 1))[1]
        local, velocity = np.empty_like(state.local), np.zeros_like(state.local)
        address, replicas = (clock.round, np.array(clock.steps)), state.replicas.astype(np.uint64)
        work(plan.samples, plan.rule, plan.steps, rates, address, replicas, carried, local, velocity)
        if not (np.abs(local) <= plan.samples.limit).all():
            return None
        return aggregated(method, state, carried, clock, local, velocity)


def aggregated(
    method: LocalMethod,
    state: State,
    bases: np.ndarray,
    clock: Clock,
    local: np.ndarray,
    velocity: np.ndarray,
) -> State:
    """Return the state after the round at ``clock`` from ``bases`` to those local models and velocities."""
    stored = None if state.server is None else bases[:, 2]
    before = dataclasses.replace(state, w=bases[:, 0], server=stored, clock=clock)
    w, server = aggregate(method, before, local.mean(axis=1))
    mean = np.repeat(velocity.mean(axis=1)[:, None], local.shape[1], axis=1)
    return dataclasses.replace(
        state,
        w=w,
        local=local,
        server=server,
        velocity=None if state.velocity is None else mean,
        clock=later(clock, method, next(chunks(method, clock, 1))[1], 1),
    )


@cache
def _entries(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    # Imported here: numba must not come with ``import implicitbias``.
    module, *functions = _ENTRIES[name]
    loaded = import_module(f"implicitbias.engine.kernels.{module}")
    advance, work = (getattr(loaded, f) for f in functions)
    return advance, work


def kept_by(method: LocalMethod, state: State) -> bool:
    """Whether the state has the arrays of the method's axes and one velocity for all workers."""
    wanted = (
        (state.velocity is not None) == (method.momentum is not None)
        and _scaling_kept_by(method, state)
        and (state.anchor is not None) == isinstance(method.aggregation, Anchored)
        and (state.server is not None) == bool(method.server.momentum)
    )
    if not wanted or state.velocity is None:
        return wanted
    return bool((state.velocity == state.velocity[:, :1]).all())


def _scaling_kept_by(method: LocalMethod, state: State) -> bool:
    """Whether the state has the D of the scaling, and any warm-up is behind it."""
    scaling = method.scaling
    if not isinstance(scaling, Adaptive):
        return (state.scaling is not None) == isinstance(scaling, Fixed)
    if state.scaling is None or state.refreshes is None:
        return False
    scope = state.local.shape[1] if scaling.scope == "worker" else 1
    return state.scaling.shape[1] == scope and (scaling.warmup == 0 or bool(state.refreshes.any()))


def _defined_round(
    problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None
) -> State:
    with np.errstate(over="ignore", invalid="ignore"):
        return round_step(problem, method, state, stream)


def bases_of(state: State) -> Float[np.ndarray, "replica base dim"]:
    """Return w, the workers' velocity, the server's and the anchor of each replica; 0 where an axis is off."""
    bases = np.zeros((len(state.w), 4, state.w.shape[1]))
    bases[:, 0] = state.w
    if state.velocity is not None:
        bases[:, 1] = state.velocity[:, 0]
    if state.server is not None:
        bases[:, 2] = state.server
    if state.anchor is not None:
        bases[:, 3] = state.anchor
    return bases
