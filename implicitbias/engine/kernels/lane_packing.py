"""What the batched kernel reads and writes: arrays (block, …, lane), sixteen runs to a block.

A batch needs, per run, in doubles: 12n + d(M + 3) for coefficients, margins and models; the learning rates of a
call, H (M H where workers differ, times the rounds of the call where they change); M H B integers for
mini-batches; and 2n² where runs have data of their own, instead of 2n² once for all.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt64

from implicitbias.engine.kernels.packing import Rule, RUNS, Samples, TwiceGram


# Rows of ``LaneState.weights``: of base and anchor, since the last fold and since the last record.
BASE, ANCHOR, ALL_BASE, ALL_ANCHOR = 0, 1, 2, 3


class LaneData(NamedTuple):
    """Gram matrices G + ``fine`` in two doubles (flat where all runs share one), and targets.

    A stride is how many numbers lie between the entries of two blocks.
    """

    starts: Int[np.ndarray, " worker1"]
    steps: Int[np.ndarray, "block worker"]
    gram: Float[np.ndarray, "..."]
    fine: Float[np.ndarray, "..."]
    stride: int
    targets: Float[np.ndarray, "blocks sample lane"]
    target_stride: int


class LaneDraws(NamedTuple):
    """Addresses of mini-batches: what each run reads in the rounds after ``round``."""

    words: int
    round: int
    filled: Int[np.ndarray, " block"]
    keys: UInt64[np.ndarray, "block lane word"]
    steps: Int[np.ndarray, "block lane worker"]
    first: Int[np.ndarray, "block lane worker"]
    replicas: UInt64[np.ndarray, "block lane"]


class LaneState(NamedTuple):
    """Where the runs are: margins of w at the last record and fold, of the anchor, coefficients and their sums."""

    first: Float[np.ndarray, "block sample lane"]
    base: Float[np.ndarray, "block sample lane"]
    anchor: Float[np.ndarray, "block sample lane"]
    sums: Float[np.ndarray, "block sample lane"]
    high: Float[np.ndarray, "block sample lane"]
    low: Float[np.ndarray, "block sample lane"]
    weights: Float[np.ndarray, "block weight lane"]
    local: Float[np.ndarray, "block worker lane"]
    lowest: Float[np.ndarray, "block lane"]
    start: Float[np.ndarray, "block sample lane"]
    z: Float[np.ndarray, "block sample lane"]
    c: Float[np.ndarray, "block sample lane"]
    g: Float[np.ndarray, "block sample lane"]
    one: Float[np.ndarray, "block 3 lane"]
    drawn: Int[np.ndarray, "block lane worker draw"]


class LaneRule(NamedTuple):
    """The axes of a method that all runs of a batch share."""

    loss: int
    power: float
    l2: float
    anchored: bool
    batch: int
    replacement: bool


def lane_rule(rule: Rule) -> LaneRule:
    """Return what the runs of a batch share of a method's numbers."""
    return LaneRule(**{name: getattr(rule, name) for name in LaneRule._fields})


def blocked(values: np.ndarray) -> np.ndarray:
    """Return per-run rows (run, …) as (block, …, lane), with zeros where no run is."""
    blocks = -(-len(values) // RUNS)
    padded = np.zeros((blocks * RUNS, *values.shape[1:]), values.dtype)
    padded[: len(values)] = values
    return np.ascontiguousarray(np.moveaxis(padded.reshape(blocks, RUNS, *values.shape[1:]), 1, -1))


def unblocked(values: np.ndarray, runs: int) -> np.ndarray:
    """Return (block, …, lane) as contiguous rows (run, …), the inverse of ``blocked``."""
    rows = np.moveaxis(values, -1, 1).reshape(-1, *values.shape[1:-1])
    return np.ascontiguousarray(rows[:runs])


def lane_data(
    samples: Sequence[Samples], grams: Sequence[TwiceGram], steps: Int[np.ndarray, "run worker"]
) -> LaneData:
    """Return the data of every run; runs of the same packed problem share one Gram matrix."""
    first, count = samples[0], len(samples[0].rows)
    padded = np.pad(steps, ((0, -len(steps) % RUNS), (0, 0)))
    longest = padded.reshape(-1, RUNS, steps.shape[1]).max(axis=1)
    if all(s is first for s in samples):
        gram, fine = (g.ravel() for g in grams[0])
        targets = np.repeat(first.targets[None, :count, None], RUNS, axis=2)
        return LaneData(first.starts, longest, gram, fine, 0, targets, 0)
    gram, fine = (blocked(np.stack(own)) for own in zip(*grams, strict=True))
    targets = blocked(np.stack([s.targets[:count] for s in samples]))
    return LaneData(first.starts, longest, gram, fine, count * count * RUNS, targets, count * RUNS)


def lane_state(data: LaneData, draws: int) -> LaneState:
    """Return room for the state of every run, ``draws`` mini-batch samples per worker and round included."""
    blocks, workers = data.steps.shape
    count = int(data.starts[-1])

    def room(rows: int) -> np.ndarray:
        return np.zeros((blocks, rows, RUNS))

    per_sample = {
        name: room(count)
        for name in ("first", "base", "anchor", "sums", "high", "low", "start", "z", "c", "g")
    }
    return LaneState(
        weights=room(4),
        local=room(workers),
        lowest=np.zeros((blocks, RUNS)),
        one=room(3),
        drawn=np.zeros((blocks, RUNS, workers, max(draws, 1)), np.int64),
        **per_sample,
    )
