"""Many runs from record to record, a register full at a time: packing, chunks, threads, divergence."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.engine.aggregation import aggregate
from implicitbias.engine.kernels.cost import lane_cost
from implicitbias.engine.kernels.kernel import kept_by, Kernel
from implicitbias.engine.kernels.lane_cohorts import (
    Cohort,
    cohorts,
    lane_entry,
    local_models,
    Run,
    twice_gram,
)
from implicitbias.engine.kernels.lane_packing import (
    ALL_ANCHOR,
    ALL_BASE,
    BASE,
    blocked,
    lane_data,
    lane_rule,
    lane_state,
    LaneDraws,
    unblocked,
)
from implicitbias.engine.kernels.packing import RUNS
from implicitbias.engine.kernels.plan import plan_for
from implicitbias.engine.kernels.rates import later, rates_between, workers_alike
from implicitbias.engine.kernels.threads import on_threads
from implicitbias.engine.state import Clock, State
from implicitbias.losses import Exponential
from implicitbias.methods import Constant, LocalMethod, Server
from implicitbias.problems import AbstractProblem
from implicitbias.problems.abstract import apply
from implicitbias.stream import Stream


# Rounds between two folds. A constant: were it to depend on a neighbour, so would the last bits of a run.
FOLD = 256
# Multiply–adds between two looks at the keyboard.
CHUNK_WORK = 3e8
# Learning rates handed over at a time (8 MiB): memory does not grow with the number of rounds.
MOST_RATES = 2**20
# Margins below it come near the end of the exponential's range; such a run is left to the definition.
LOWEST_MARGIN = -700.0


class LaneBatch:
    """Runs that share everything but data of equal shape, η, H, start and seed.

    Parameters
    ----------
    runs
        Whose ``lane_signature`` is the same.

    Raises
    ------
    BadInput
        For momentum of workers or server, and for mini-batches that cannot be drawn.
    """

    def __init__(self, runs: Sequence[Run]):
        for run in runs:
            _check_axes(run.method)
        self._runs = tuple(runs)
        self._plans = [plan_for("gram", r.problem, r.method, r.stream) for r in runs]
        owner = np.repeat(np.arange(len(runs)), [r.replicas for r in runs])
        # A block takes as many local steps as its busiest run, so that neighbours should be alike.
        order = np.argsort([self._plans[k].steps.sum() for k in owner], kind="stable")
        self._owner = owner[order]
        self._cohorts = cohorts(self._plans, runs, np.argsort(order))
        self._steps = np.stack([self._plans[k].steps for k in self._owner])
        grams = [twice_gram(run, plan.samples) for run, plan in zip(runs, self._plans, strict=True)]
        samples = [self._plans[k].samples for k in self._owner]
        self._data = lane_data(samples, [grams[k] for k in self._owner], self._steps)
        self._rule = lane_rule(self._plans[0].rule)
        self._state = lane_state(self._data, int(self._steps.max()) * self._rule.batch)

    def advance(
        self, states: Sequence[State], rounds: int, tick: Callable[[int], object]
    ) -> list[tuple[State, int | None]]:
        """Return every run's state ``rounds`` later, or its last finite state and the round that was not.

        All states are at the same round. A run that comes near the end of the floating-point range is done
        again by ``Kernel``, so that it diverges in the round of the definition; the others do not notice.
        ``tick`` is told how many more rounds are done, several times a second.
        """
        if rounds == 0:
            return [(state, None) for state in states]
        self._load(states)
        clocks, done = [s.clock for s in states], 0
        while done < rounds - 1:
            count, rates = self._rates(clocks, rounds - 1 - done)
            self._move("advance_lanes", states, clocks, rates, done, count)
            clocks = self._later(clocks, count)
            done += count
            tick(count)
        self._move("finish_lanes", states, clocks, self._rates(clocks, 1)[1], done, 1)
        tick(1)
        return self._reached(states, clocks, rounds)

    def _load(self, states: Sequence[State]) -> None:
        """Start from margins; no coefficients, unit weights."""
        for array in (self._state.sums, self._state.high, self._state.low, self._state.weights):
            array[:] = 0.0
        self._state.weights[:, [BASE, ALL_BASE]] = 1.0
        self._state.lowest[:] = np.inf
        self._state.first[:] = self._state.base[:] = self._margins([s.w for s in states])
        if self._rule.anchored:
            self._state.anchor[:] = self._margins([_anchor(s) for s in states])

    def _margins(self, vectors: Sequence[np.ndarray]) -> Float[np.ndarray, "block sample lane"]:
        rows = np.empty((len(self._owner), self._data.starts[-1]))
        for cohort in self._cohorts:
            rows[cohort.lanes] = apply(cohort.samples.rows, np.concatenate([vectors[k] for k in cohort.runs]))
        return blocked(rows)

    def _rates(self, clocks: Sequence[Clock], rounds: int) -> tuple[int, Float[np.ndarray, "..."]]:
        """Return a number of rounds, at most ``rounds``, and their learning rates: 0 where a run waits."""
        methods = [r.method for r in self._runs]
        longest = int(self._steps.max())
        alike = all(workers_alike(m, c) for m, c in zip(methods, clocks, strict=True))
        workers = 1 if alike else self._steps.shape[1]
        count = min(rounds, max(1, int(CHUNK_WORK / (len(self._owner) * self._work))))
        constant = all(isinstance(m.schedule, Constant) for m in methods)
        if not constant:
            count = min(count, max(1, MOST_RATES // (len(self._owner) * workers * longest)))
        rates = np.zeros((len(methods), 1 if constant else count, workers, longest))
        for k, (method, clock) in enumerate(zip(methods, clocks, strict=True)):
            for m in range(workers):
                own = rates_between(method, clock, 0, count)
                steps = self._plans[k].steps[m]
                rates[k, :, m, :steps] = own[m % len(own), :, :steps]
        return count, blocked(rates[self._owner])

    @property
    def _work(self) -> float:
        """Multiply–adds of one round of the busiest run."""
        return max(lane_cost(np.diff(self._data.starts), plan.steps) for plan in self._plans)

    def _move(
        self,
        name: str,
        states: Sequence[State],
        clocks: Sequence[Clock],
        rates: np.ndarray,
        done: int,
        count: int,
    ) -> None:
        """Let a compiled entry move every block, on threads."""
        function, draws = lane_entry(name), self._draws(states, clocks)
        rest = (done, count, FOLD) if name == "advance_lanes" else (done,)

        def part(low: int, high: int) -> None:
            function(self._data, self._rule, rates, draws, self._state, (low, high), *rest)

        on_threads(part, len(self._data.steps), count * RUNS * self._work)

    def _draws(self, states: Sequence[State], clocks: Sequence[Clock]) -> LaneDraws:
        """Return the addresses of the mini-batches from these clocks on."""
        filled = np.clip(len(self._owner) - RUNS * np.arange(len(self._data.steps)), 0, RUNS)
        replicas = np.empty(len(self._owner), np.uint64)
        for cohort in self._cohorts:
            replicas[cohort.lanes] = np.concatenate([states[k].replicas for k in cohort.runs])
        keys = np.stack([plan.rule.keys for plan in self._plans])[self._owner]
        first = np.array([c.steps for c in clocks])[self._owner]
        return LaneDraws(
            words=max(int(self._steps.max()) * self._rule.batch, int(np.diff(self._data.starts).max())),
            round=clocks[0].round,
            filled=filled,
            keys=_rows_of_lanes(keys),
            steps=_rows_of_lanes(self._steps),
            first=_rows_of_lanes(first),
            replicas=_rows_of_lanes(replicas[:, None])[:, :, 0],
        )

    def _later(self, clocks: Sequence[Clock], rounds: int) -> list[Clock]:
        return [
            later(clock, run.method, rates_between(run.method, clock, 0, rounds), rounds)
            for clock, run in zip(clocks, self._runs, strict=True)
        ]

    def _reached(
        self, states: Sequence[State], clocks: Sequence[Clock], rounds: int
    ) -> list[tuple[State, int | None]]:
        """Return the states after the last round, which is done here but for its coefficients."""
        total, ends = len(self._owner), self._later(clocks, 1)
        weights, local = unblocked(self._state.weights, total), unblocked(self._state.local, total)
        c, safe = unblocked(self._state.c, total), self._safe()
        results: list[tuple[State, int | None] | None] = [None] * len(states)
        for cohort in self._cohorts:
            at = cohort.lanes
            before = self._models(cohort, states, weights[at])
            models = local_models(cohort.samples, before, local[at], c[at])
            kept = safe[at] & (np.abs(models) <= cohort.samples.limit).all(axis=(1, 2))
            row = 0
            for k in cohort.runs:
                part = slice(row, row + len(states[k].w))
                row = part.stop
                run = self._runs[k]
                if kept[part].all() and kept_by(run.method, states[k]):
                    results[k] = _after(run, states[k], before[part], models[part], clocks[k], ends[k]), None
                else:
                    kernel = Kernel("gram")
                    results[k] = kernel.advance(run.problem, run.method, states[k], run.stream, rounds)
        return [r for r in results if r is not None]

    def _models(
        self, cohort: Cohort, states: Sequence[State], weights: np.ndarray
    ) -> Float[np.ndarray, "run dim"]:
        """Return w before the last round: the base, the anchor, and the sums, added up in two doubles."""
        high, low = (
            unblocked(a, len(self._owner))[cohort.lanes] for a in (self._state.high, self._state.low)
        )
        w = np.concatenate([states[k].w for k in cohort.runs])
        moved = np.empty((2, -(-len(w) // RUNS), w.shape[1], RUNS))
        lane_entry("multiply_blocks")(cohort.samples.scaled.T.ravel(), blocked(high), blocked(low), *moved)
        models = weights[:, ALL_BASE, None] * w + unblocked(moved[0], len(w))
        if self._rule.anchored:
            anchors = np.concatenate([_anchor(states[k]) for k in cohort.runs])
            models += weights[:, ALL_ANCHOR, None] * anchors
        return models

    def _safe(self) -> np.ndarray:
        """Return whether each run stayed in the safe range; a nan did not."""
        runs = len(self._owner)
        limits = np.array([self._plans[k].samples.limit for k in self._owner])[:, None]
        sizes = np.abs(
            np.concatenate([unblocked(a, runs) for a in (self._state.high, self._state.c)], axis=1)
        )
        lowest = unblocked(self._state.lowest, runs)
        steep = isinstance(getattr(self._runs[0].problem, "loss_function", None), Exponential)
        return (sizes <= limits).all(axis=1) & ((lowest >= LOWEST_MARGIN) | (not steep))


@dataclass(frozen=True)
class LaneKernel:
    """The batched kernel as a twin of ``round_step``: the replicas of one run are the batch."""

    name: str = "gram-batch"

    def advance(
        self, problem: AbstractProblem, method: LocalMethod, state: State, stream: Stream | None, rounds: int
    ) -> tuple[State, int | None]:
        """Return the state ``rounds`` later, or the last finite state and the round that was not.

        Raises
        ------
        BadInput
            For mini-batches that cannot be drawn.
        """
        batch = LaneBatch([Run(problem, method, stream, len(state.w))])
        return batch.advance([state], rounds, lambda done: None)[0]


def lane_signature(problem: AbstractProblem, method: LocalMethod) -> tuple[object, ...]:
    """Return what the runs of one batch have in common."""
    return (
        type(problem),
        tuple(np.asarray(getattr(problem, "sizes", ())).tolist()),
        getattr(problem, "loss_function", None),
        getattr(problem, "l2", 0.0),
        method.batch,
        method.replacement,
        method.aggregation,
    )


def _anchor(state: State) -> np.ndarray:
    """Return the anchor; a state that lacks it is left to ``Kernel`` in the end."""
    return state.w if state.anchor is None else state.anchor


def _check_axes(method: LocalMethod) -> None:
    if method.momentum is not None or method.server != Server():
        rule = "registers hold models, but no velocities of workers or server"
        raise checks.refuse("method", method, rule, "run it by RunSpec.compute()")


def _rows_of_lanes(values: np.ndarray) -> np.ndarray:
    """Return per-run rows (run, …) as (block, lane, …)."""
    return np.ascontiguousarray(np.moveaxis(blocked(values), -1, 1))


def _after(run: Run, state: State, before: np.ndarray, local: np.ndarray, clock: Clock, end: Clock) -> State:
    """Return the state after the round from ``before`` that gave these local models."""
    start = dataclasses.replace(state, w=before, clock=clock)
    w, server = aggregate(run.method, start, local.mean(axis=1))
    return dataclasses.replace(state, w=w, local=local, server=server, clock=end)
