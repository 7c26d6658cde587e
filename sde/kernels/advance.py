"""Local SGD on a landscape by a generated kernel: the twin of ``round_step``, sixteen replicas in a register."""

import dataclasses
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from implicitbias.engine.advance import AbstractAdvance, CHUNK_WORK, Progress
from implicitbias.engine.definition import round_step
from implicitbias.engine.kernels.kernel import kept_by
from implicitbias.engine.kernels.lane_packing import unblocked
from implicitbias.engine.state import State
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractNoisyProblem, AbstractProblem, Skewed
from implicitbias.stream import Stream
from sde.kernels.ensemble import Blocks, make_blocks, move, NORMAL_WORK, Rule
from sde.kernels.stretch import next_stretch, Stretch


@dataclass(frozen=True)
class ByMotion(AbstractAdvance):
    """A landscape's own engine.

    Attributes
    ----------
    module
        The generated module.
    """

    module: ModuleType

    @property
    def name(self) -> str:
        """Return ``landscape``."""
        return "landscape"

    def __call__(
        self,
        problem: AbstractProblem,
        method: LocalMethod,
        state: State,
        stream: Stream | None,
        rounds: int,
        bar: Progress,
    ) -> tuple[State, int | None]:
        """Move all replicas; a round near the end of the floating-point range is left to the definition."""
        assert isinstance(problem, AbstractNoisyProblem)
        goal = state.clock.round + rounds
        while state.clock.round < goal:
            if kept_by(method, state):
                state = self._safe_rounds(problem, method, state, stream, goal - state.clock.round, bar)
            if state.clock.round < goal:
                # A step too long overflows on its way to infinity; the check below reports it.
                with np.errstate(over="ignore", invalid="ignore"):
                    following = round_step(problem, method, state, stream)
                if not np.isfinite(following.w).all():
                    return state, following.clock.round
                state = following
                bar.update(1)
        return state, None

    def _safe_rounds(
        self,
        problem: AbstractNoisyProblem,
        method: LocalMethod,
        state: State,
        stream: Stream | None,
        rounds: int,
        bar: Progress,
    ) -> State:
        """Return the state after as many of the rounds as stay in the safe range, perhaps none."""
        while rounds > 0:
            wanted = next_stretch(method, state.clock, min(rounds, self._chunk(problem, method, state)))
            done, reached = self._attempt(problem, method, state, stream, wanted)
            if reached is None:
                rounds = done
                continue
            state, rounds = reached, rounds - done
            bar.update(done)
        return state

    def _attempt(
        self,
        problem: AbstractNoisyProblem,
        method: LocalMethod,
        state: State,
        stream: Stream | None,
        stretch: Stretch,
    ) -> tuple[int, State | None]:
        """Return how many of the rounds are safe, and the state after them if all are."""
        velocity = None if state.velocity is None else state.velocity[:, 0]
        blocks = make_blocks(state.w, velocity, state.replicas, problem.workers)
        rule = _rule(problem, method, stream, state, stretch)
        work = self._work(problem) * float(stretch.steps.sum(axis=1).mean())
        done = move(self.module.advance, rule, blocks, stretch.rounds, work)
        return done, _reached(state, blocks, stretch) if done == stretch.rounds else None

    def _work(self, problem: AbstractNoisyProblem) -> float:
        """Return the multiply–adds of one local step."""
        return self.module.operations + NORMAL_WORK * problem.channels

    def _chunk(self, problem: AbstractNoisyProblem, method: LocalMethod, state: State) -> int:
        steps = sum(method.steps(problem.workers, max(state.clock.steps)))
        return max(1, int(CHUNK_WORK / (len(state.w) * steps * self._work(problem))))


def _rule(
    problem: AbstractNoisyProblem,
    method: LocalMethod,
    stream: Stream | None,
    state: State,
    stretch: Stretch,
) -> Rule:
    skewed: dict[str, Any] = {}
    if isinstance(problem.law, Skewed):
        odds = np.sqrt((1.0 - problem.law.probability) / problem.law.probability)
        skewed = {"share": problem.law.probability, "rare": odds, "common": -1.0 / odds}
    return Rule(
        workers=problem.workers,
        steps=stretch.steps,
        first=np.array(state.clock.steps),
        rates=-stretch.rates,
        kicks=-stretch.rates / np.sqrt(method.batch or 1.0),
        origin=stretch.origin,
        stride=int(len(stretch.rates) > 1),
        keys=np.array(stream.key(problem.law.purpose) if stream else (0, 0), dtype=np.uint64),
        shared=problem.shared,
        inverse=np.ones(1) if state.scaling is None else 1.0 / state.scaling[0, 0],
        beta=float(method.momentum.beta) if method.momentum else 0.0,
        **skewed,
    )


def _reached(state: State, blocks: Blocks, stretch: Stretch) -> State:
    """Return the state after the rounds."""
    count, workers = len(state.w), stretch.steps.shape[1]
    base = unblocked(blocks.bases, count)
    velocity = None if state.velocity is None else np.repeat(base[:, 1:], workers, axis=1)
    local = np.ascontiguousarray(unblocked(blocks.models, count)[:, :, 0])
    return dataclasses.replace(
        state, w=np.ascontiguousarray(base[:, 0]), local=local, velocity=velocity, clock=stretch.end
    )
