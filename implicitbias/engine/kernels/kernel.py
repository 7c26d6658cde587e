"""From a state to a state many rounds later: chunks of learning rates, replicas on threads, divergence."""

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import numpy as np
from jaxtyping import Float

from implicitbias.engine.definition import aggregate, round_step
from implicitbias.engine.kernels.cost import fold_period, round_cost
from implicitbias.engine.kernels.packing import packed, Rule, rule_of, Samples
from implicitbias.engine.state import Clock, State
from implicitbias.methods import Anchored, Constant, Fixed, LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.stream import Stream


# Learning rates handed over at a time: memory does not grow with the number of rounds.
RATES_PER_CHUNK = 2**18
# Multiply–adds below which starting a thread costs more than it saves (about a millisecond of work).
THREAD_WORK = 4_000_000

_ENTRIES = {
    "gram": ("gram_kernel", "advance_gram", "work_gram"),
    "weights": ("weight_kernel", "advance_weights", "work_weights"),
    "hessians": ("weight_kernel", "advance_weights", "work_weights"),
}


@dataclass(frozen=True)
class Kernel:
    """A compiled twin of ``round_step``.

    Attributes
    ----------
    name
        ``"gram"`` (rounds on margins), ``"weights"`` (rounds on w) or ``"hessians"`` (quadratics).
    """

    name: str

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
            left = goal - state.clock.round
            if _kept_by(method, state):
                state = self._advance_safely(problem, method, state, stream, left)
            if state.clock.round < goal:
                following = _defined_round(problem, method, state, stream)
                if not np.isfinite(following.w).all():
                    return state, following.clock.round
                state = following
        return state, None

    def _advance_safely(
        self, problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None, rounds: int
    ) -> State:
        """Return the state after as many of the rounds as stay in the safe range, perhaps none."""
        job = _Job(self, problem, method, rule_of(problem, method, stream))
        while rounds > 0:
            done, reached = job.run(state, rounds)
            if reached is not None:
                return reached
            rounds = done
        return state


@dataclass(frozen=True)
class _Job:
    kernel: Kernel
    problem: AbstractProblem
    method: LocalMethod
    rule: Rule

    @property
    def samples(self) -> Samples:
        return packed(self.problem, self.method, self.kernel.name)

    @property
    def _steps(self) -> np.ndarray:
        return np.array(self.method.steps(self.problem.workers, 0))

    def run(self, state: State, rounds: int) -> tuple[int, State | None]:
        """Return ``rounds`` and the state reached, or the number of safe rounds and no state."""
        bases, clock = _bases(state), state.clock
        for chunk, rates in _chunks(self.method, clock, rounds - 1):
            done = self._inner(state, bases, clock, rates, chunk)
            if done < chunk:
                return clock.round - state.clock.round + done, None
            clock = _later(clock, rates, chunk, self.method)
        reached = self._last_round(state, bases, clock)
        return (rounds, reached) if reached is not None else (rounds - 1, None)

    def _inner(self, state: State, bases: np.ndarray, clock: Clock, rates: np.ndarray, rounds: int) -> int:
        """Move the bases of all replicas in place; return the smallest number of rounds done."""
        advance, _ = _entries(self.kernel.name)
        fold = fold_period(self.kernel.name, self.problem, self.method)
        steps, address = self._steps, (clock.round, np.array(clock.steps))
        samples, replicas = self.samples, state.replicas.astype(np.uint64)

        def move(part: slice) -> int:
            of_part = replicas[part], bases[part]
            return advance(samples, self.rule, steps, rates, address, *of_part, rounds, fold)

        work = rounds * round_cost(self.kernel.name, self.problem, self.method)
        return min(_on_threads(move, len(bases), work))

    def _last_round(self, state: State, bases: np.ndarray, clock: Clock) -> State | None:
        """Take the round whose local models the state shows; ``None`` if it leaves the safe range."""
        _, work = _entries(self.kernel.name)
        rates = next(_chunks(self.method, clock, 1))[1]
        local, velocity = np.empty_like(state.local), np.zeros_like(state.local)
        address, replicas = (clock.round, np.array(clock.steps)), state.replicas.astype(np.uint64)
        work(self.samples, self.rule, self._steps, rates, address, replicas, bases, local, velocity)
        if not (np.abs(local) <= self.samples.limit).all():
            return None
        before = dataclasses.replace(
            state, w=bases[:, 0], server=None if state.server is None else bases[:, 2], clock=clock
        )
        w, server = aggregate(self.method, before, local.mean(axis=1))
        mean = np.repeat(velocity.mean(axis=1)[:, None], local.shape[1], axis=1)
        return dataclasses.replace(
            state,
            w=w,
            local=local,
            server=server,
            velocity=None if state.velocity is None else mean,
            clock=_later(clock, rates, 1, self.method),
        )


@cache
def _entries(name: str) -> tuple[Callable, Callable]:
    # Imported here: numba must not come with ``import implicitbias``.
    module, *functions = _ENTRIES[name]
    loaded = import_module(f"implicitbias.engine.kernels.{module}")
    advance, work = (getattr(loaded, f) for f in functions)
    return advance, work


def _kept_by(method: LocalMethod, state: State) -> bool:
    """Whether the state has the arrays of the method's axes and one velocity for all workers."""
    wanted = (
        (state.velocity is not None) == (method.momentum is not None)
        and (state.scaling is not None) == isinstance(method.scaling, Fixed)
        and (state.anchor is not None) == isinstance(method.aggregation, Anchored)
        and (state.server is not None) == bool(method.server.momentum)
    )
    if not wanted or state.velocity is None:
        return wanted
    return bool((state.velocity == state.velocity[:, :1]).all())


def _defined_round(
    problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None
) -> State:
    with np.errstate(over="ignore", invalid="ignore"):
        return round_step(problem, method, state, stream)


def _bases(state: State) -> Float[np.ndarray, "replica base dim"]:
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


def _chunks(
    method: LocalMethod, clock: Clock, rounds: int
) -> Iterator[tuple[int, Float[np.ndarray, "worker round step"]]]:
    """Yield numbers of rounds and their learning rates; an axis of length one stands for equal entries."""
    workers = len(clock.steps)
    steps = method.steps(workers, 0)
    shared = len(set(zip(clock.steps, steps, strict=True))) == 1
    constant = isinstance(method.schedule, Constant)
    longest = max(steps)
    size = rounds if constant else max(1, RATES_PER_CHUNK // (longest * (1 if shared else workers)))
    first = np.array(clock.steps[:1] if shared else clock.steps)
    each = np.array(steps[:1] if shared else steps)
    done = 0
    while done < rounds:
        count = min(size, rounds - done)
        r = np.arange(1 if constant else count) + done
        k = (first[:, None] + each[:, None] * r)[:, :, None] + np.arange(longest)
        yield count, np.ascontiguousarray(method.schedule(k), dtype=np.float64)
        done += count


def _later(clock: Clock, rates: np.ndarray, rounds: int, method: LocalMethod) -> Clock:
    """Return the clock ``rounds`` later, with the same sums in the same order as round by round."""
    steps = method.steps(len(clock.steps), 0)
    times = []
    for start, power in ((clock.time, 1), (clock.slow_time, 2)):
        per_worker = [(rates[m % len(rates), :, :h] ** power).sum(axis=-1) for m, h in enumerate(steps)]
        times.append(
            _running_sum(start, np.broadcast_to(np.stack(per_worker, axis=-1).mean(axis=-1), (rounds,)))
        )
    moved = tuple(k + rounds * h for k, h in zip(clock.steps, steps, strict=True))
    return Clock(clock.round + rounds, moved, *times)


def _running_sum(start: float, terms: Float[np.ndarray, " term"]) -> float:
    """Return start + terms[0] + terms[1] + …, added in this order (``sum`` would pair them) in little memory."""
    for low in range(0, len(terms), RATES_PER_CHUNK):
        start = float(np.cumsum(np.concatenate([[start], terms[low : low + RATES_PER_CHUNK]]))[-1])
    return start


def _on_threads(move: Callable[[slice], int], replicas: int, work: float) -> list[int]:
    """Return ``move`` of blocks of replicas; a replica meets the same compiled code in any block."""
    from numba import get_num_threads

    threads = min(get_num_threads(), replicas)
    if threads == 1 or replicas * work < THREAD_WORK:
        return [move(slice(None))]
    ends = np.linspace(0, replicas, threads + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(move, map(slice, ends[:-1], ends[1:])))
