"""The runs of a batch by the data that they share, and what is made of data: Gram matrices and local models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from implicitbias.engine.kernels.lane_packing import blocked, unblocked
from implicitbias.engine.kernels.packing import RUNS, Samples, TwiceGram
from implicitbias.engine.kernels.plan import Plan, twice_gram_for
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.problems.abstract import apply
from implicitbias.stream import Stream


@dataclass(frozen=True)
class Run:
    """One run of a batch: replicas of one method on one problem."""

    problem: AbstractProblem
    method: LocalMethod
    stream: Stream | None
    replicas: int


@dataclass(frozen=True)
class Cohort:
    """Runs on the same packed problem: their indices, and the lanes of all their replicas."""

    samples: Samples
    runs: tuple[int, ...]
    lanes: Int[np.ndarray, " run"]


def cohorts(plans: Sequence[Plan], runs: Sequence[Run], lanes: np.ndarray) -> list[Cohort]:
    """Return the runs by packed problem; ``lanes`` are those of all replicas, run after run."""
    ends = np.cumsum([0, *(r.replicas for r in runs)])
    members: dict[int, list[int]] = {}
    for k, plan in enumerate(plans):
        members.setdefault(id(plan.samples), []).append(k)
    return [
        Cohort(plans[own[0]].samples, tuple(own), np.concatenate([lanes[ends[k] : ends[k + 1]] for k in own]))
        for own in members.values()
    ]


def twice_gram(run: Run, samples: Samples) -> TwiceGram:
    """Return the Gram matrix of a run's data in two doubles."""

    def make() -> TwiceGram:
        count = len(samples.rows)
        scaled = blocked(samples.scaled)
        product = np.empty((2, len(scaled), count, RUNS))
        lane_entry("multiply_blocks")(samples.rows.ravel(), scaled, np.zeros_like(scaled), *product)
        return TwiceGram(*(np.ascontiguousarray(unblocked(p, count).T) for p in product))

    return twice_gram_for(run.problem, run.method.scaling, make)


def local_models(
    samples: Samples, before: np.ndarray, weights: np.ndarray, c: np.ndarray
) -> Float[np.ndarray, "run worker dim"]:
    """Return every worker's model at the end of the round that starts at ``before``."""
    models = weights[:, :, None] * before[:, None]
    for m, (first, last) in enumerate(zip(samples.starts[:-1], samples.starts[1:], strict=True)):
        models[:, m] += apply(samples.scaled[first:last].T, np.ascontiguousarray(c[:, first:last]))
    return models


def lane_entry(name: str) -> Callable[..., Any]:
    """Return an entry of the compiled kernel."""
    # Imported here: numba must not come with ``import implicitbias``.
    return getattr(import_module("implicitbias.engine.kernels.lane_kernel"), name)
