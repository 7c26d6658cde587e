"""Runs that show a planted bug: on which task, in which run, and how far from the right simulator's path."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.golden import random_instance
from paper_repro.conformance.planted import Parts, Plain, Planted
from paper_repro.conformance.planted.chance_bugs import hidden
from paper_repro.conformance.task import run_simulator, Task


# No worker's share of the samples, nor of the steps.
WEIGHTS = (0.1, 0.37, 0.22, 0.31)
# Of the right path's size: what two programs that add the same numbers in another order may differ by.
ROUNDING = 1e-13
# One of each feature; a bug is shown on the first that has what it needs and on which it departs.
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"algorithm": "fedprox"},
    {"algorithm": "scaffold"},
    {"algorithm": "fednova"},
    {"server_lr": 0.7, "server_momentum": 0.5},
    {"server_lr": 0.7, "server_momentum": 0.5, "nesterov": True},
    {"delay": 2},
    {"participants": 2},
    {"batch": 2},
    {"algorithm": "scaffold", "participants": 2},
)


@dataclass(frozen=True, eq=False)
class Departure:
    """Where a bug shows.

    Attributes
    ----------
    bug
        Which.
    run
        1, or 2 if the first run of the simulator is right.
    distance
        |x^r − right x^r| over the largest |right x^r|, for r = 1 … R; infinite where the bug's path overflows.
    """

    bug: Planted
    run: int
    distance: Float[np.ndarray, " round"]

    @property
    def onset(self) -> int:
        """The first round in which the paths differ by more than the order of additions."""
        return 1 + int(np.argmax(self.distance > ROUNDING))


def departure(bug: Planted, seed: int, rounds: int) -> Departure:
    """Return the first departure among the tasks that have what the bug needs, of the first or a second run.

    Raises
    ------
    LookupError
        If the bug shows on none of them.
    """
    for task in tasks(seed, rounds):
        if not bug.needs or set(bug.needs) & set(task.needs):
            for run, distance in enumerate(distances(bug, task), start=1):
                if np.any(distance > ROUNDING):
                    return Departure(bug, run, distance)
    raise LookupError(f"{bug.name} shows on no task: add one that has what it needs")


def distances(bug: Planted, task: Task) -> list[Float[np.ndarray, " round"]]:
    """Return the distances of a first and a second run of the same simulator from the right one's path."""
    right = run_simulator(Plain(), copy.deepcopy(task))
    size = np.linalg.norm(right, axis=1).max()
    # A bug may write on what it is given: on a copy, which the second run finds as the first has left it.
    given, simulator = copy.deepcopy(task), seeded(bug)
    with np.errstate(all="ignore"):  # what diverges overflows
        away = [np.linalg.norm(run_simulator(simulator, given) - right, axis=1) / size for _ in range(2)]
    return [np.where(np.isnan(distance), np.inf, distance) for distance in away]


def seeded(bug: Planted) -> Plain:
    """Return the simulator with the bug; for a generator without a seed one stands in, to draw figures twice."""
    parts: Parts = bug.simulator.parts
    return Plain(replace(parts, seed=_Unasked())) if parts.seed is hidden else bug.simulator


@dataclass
class _Unasked:
    """Make generators whose seeds are no task's, another one for every run."""

    runs: int = 0

    def __call__(self, task: Task) -> np.random.Generator:
        self.runs += 1
        return np.random.default_rng((task.seed, self.runs))


def tasks(seed: int, rounds: int) -> Iterator[Task]:
    """Yield random instances, d = 3 and M = 4, one for each feature; then what only some bugs need.

    That are twelve workers, for "client10" is the eleventh, and labels without noise, on which losses become small.
    """
    common = {"weights": WEIGHTS, "rounds": rounds}
    yield from (random_instance(seed, **common, **changes) for changes in VARIANTS)
    yield _twelve(seed, rounds)
    plain = random_instance(seed, **common)
    yield replace(plain, labels=tuple(X @ np.ones(plain.dim) for X in plain.features))


def _twelve(seed: int, rounds: int) -> Task:
    """Return three instances side by side."""
    parts = [random_instance(seed, index=k, rounds=rounds) for k in range(3)]
    return replace(
        parts[0],
        features=tuple(X for part in parts for X in part.features),
        labels=tuple(y for part in parts for y in part.labels),
        local_steps=tuple(steps for part in parts for steps in part.local_steps),
        weights=tuple(p / len(parts) for part in parts for p in part.weights),
    )
