"""Kernels of adaptive scalings: what they carry besides the bases is the memory D and its counts of refreshes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import final

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.kernels.kernel import AbstractKernel, aggregated, bases_of
from implicitbias.engine.kernels.plan import Plan
from implicitbias.engine.kernels.rates import chunks, Rates
from implicitbias.engine.kernels.scale import Scale
from implicitbias.engine.kernels.threads import on_threads
from implicitbias.engine.state import Clock, State
from implicitbias.methods import LocalMethod


_ENTRIES = {
    "scaled-gram": ("scaled_gram_kernel", "advance_scaled_gram"),
    "scaled-weights": ("scaled_weight_kernel", "advance_scaled_weights"),
    "scaled-hessians": ("scaled_weight_kernel", "advance_scaled_weights"),
}


@dataclass(frozen=True)
class Scaled:
    """Bases, memory D and counts of refreshes, moved in place; models and velocities of the latest round."""

    bases: Float[np.ndarray, "replica base dim"]
    memory: Float[np.ndarray, "replica scope dim"]
    counts: Int[np.ndarray, " scope"]
    models: Float[np.ndarray, "replica worker dim"]
    velocities: Float[np.ndarray, "replica worker dim"]


@final
@dataclass(frozen=True)
class ScaledKernel(AbstractKernel[Scaled]):
    """``"scaled-gram"`` (local steps on margins), ``"scaled-weights"`` or ``"scaled-hessians"`` (quadratics)."""

    def _carried(self, state: State) -> Scaled:
        assert state.scaling is not None and state.refreshes is not None
        memory, counts = np.array(state.scaling), np.array(state.refreshes)
        return Scaled(bases_of(state), memory, counts, np.zeros_like(state.local), np.zeros_like(state.local))

    def _inner_rounds(
        self, plan: Plan, state: State, carried: Scaled, clock: Clock, rates: Rates, rounds: int
    ) -> int:
        advance, replicas = _entry(self.name), state.replicas.astype(np.uint64)
        address = clock.round, np.array(clock.steps)

        def move(low: int, high: int) -> int:
            moved = (carried.bases, carried.memory, carried.models, carried.velocities)
            bases, memory, models, velocities = (array[low:high] for array in moved)
            of_part = carried.counts, replicas[low:high], bases, memory, rounds, models, velocities
            return advance(plan.samples, plan.rule, plan.scale, plan.steps, rates, address, *of_part)

        done = min(on_threads(move, len(replicas), rounds * plan.work))
        assert plan.scale is not None
        carried.counts[:] += refreshes_in(plan.scale, carried.counts, clock.round, rounds, plan.steps)
        return done

    def _last_round(
        self, plan: Plan, method: LocalMethod, state: State, carried: Scaled, clock: Clock
    ) -> State | None:
        before, rates = carried.bases.copy(), next(chunks(method, clock, 1))[1]
        done = self._inner_rounds(plan, state, carried, clock, rates, 1)
        if done == 0 or not (np.abs(carried.models) <= plan.samples.limit).all():
            return None
        reached = aggregated(method, state, before, clock, carried.models, carried.velocities)
        return replace(reached, scaling=carried.memory, refreshes=carried.counts)


def refreshes_in(
    scale: Scale,
    counts: Int[np.ndarray, " scope"],
    first: int,
    rounds: int,
    steps: Int[np.ndarray, " worker"],
) -> Int[np.ndarray, " scope"]:
    """Return how often each D is refreshed in rounds first, …, first + rounds − 1, the very first in any case."""
    if scale.every == 0:
        return rounds * steps
    periodic = (first + rounds - 1) // scale.every - (first - 1) // scale.every
    opening = rounds > 0 and counts[0] <= scale.warmup and first % scale.every != 0
    return np.full_like(counts, periodic + opening)


@cache
def _entry(name: str) -> Callable[..., int]:
    # Imported here: numba must not come with ``import implicitbias``.
    module, function = _ENTRIES[name]
    return getattr(import_module(f"implicitbias.engine.kernels.{module}"), function)
