"""Replicas in registers: what a generated ``advance`` reads and writes, and a call of it on threads."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt64

from implicitbias.engine.kernels.lane_packing import blocked
from implicitbias.engine.kernels.packing import RUNS
from implicitbias.engine.kernels.threads import on_threads


# Multiply–adds that a normal costs, cipher included.
NORMAL_WORK = 12.0


class Rule(NamedTuple):
    """What all replicas have in common.

    ``steps`` are numbers of local steps, one row for all rounds or one for each; ``first`` counts the steps of each
    worker's life so far. Step s has the rates p = ``rates[(s − origin)·stride]`` of the drift and q, likewise from
    ``kicks``, of the noise: stride 0 is one rate for all. ``inverse`` is the diagonal of D^{−1}, read where steps are
    scaled. ``share``, ``rare`` and ``common`` are the probability and
    the two values of skewed noise.
    """

    workers: int
    steps: Int[np.ndarray, "turn worker"]
    first: Int[np.ndarray, " worker"]
    rates: Float[np.ndarray, " step"]
    kicks: Float[np.ndarray, " step"]
    origin: int
    stride: int
    keys: UInt64[np.ndarray, " word"]
    inverse: Float[np.ndarray, " dim"] = np.ones(1)
    shared: bool = False
    beta: float = 0.0
    share: float = 0.5
    rare: float = 1.0
    common: float = -1.0
    # Far below overflow, far above any model of interest: a round that passes it is left to the definition.
    limit: float = 1e150


class Blocks(NamedTuple):
    """Where the replicas are: model and velocity at the start of a round, those of each worker, models kept."""

    replicas: UInt64[np.ndarray, "block lane"]
    bases: Float[np.ndarray, "block part dim lane"]
    models: Float[np.ndarray, "block worker part dim lane"]
    trail: Float[np.ndarray, "block record dim lane"]


def in_registers(rows: Float[np.ndarray, "replica *shape"]) -> Float[np.ndarray, "block *shape lane"]:
    """Return rows in blocks of a register; the last one is repeated where a register is not full."""
    missing = -len(rows) % RUNS
    return blocked(np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows)


def make_blocks(
    w: Float[np.ndarray, "replica dim"],
    velocity: Float[np.ndarray, "replica dim"] | None,
    replicas: Int[np.ndarray, " replica"],
    workers: int,
    records: int = 0,
) -> Blocks:
    """Return replicas at w, with room for the models of the workers and for records."""
    bases = in_registers(np.stack([w, np.zeros_like(w) if velocity is None else velocity], axis=1))
    count, _, dim, lanes = bases.shape
    return Blocks(
        replicas=in_registers(replicas.astype(np.uint64)),
        bases=bases,
        models=np.empty((count, workers, 2, dim, lanes)),
        trail=np.empty((count, records, dim, lanes)),
    )


def move(advance: Callable[..., int], rule: Rule, blocks: Blocks, rounds: int, work: float) -> int:
    """Move all blocks by ``rounds`` rounds of ``work`` multiply–adds each; return how many were safe for all.

    Only if all were do the blocks hold the state after the last.
    """
    count = len(blocks.bases)
    return min(
        on_threads(lambda low, high: advance(rule, blocks, low, high, rounds), count, RUNS * rounds * work)
    )
