"""O0d–e: what must not matter: order and number of workers, origin and orientation of the coordinates."""

from collections.abc import Iterator

import numpy as np

from paper_repro.conformance.case import Case
from paper_repro.conformance.oracles.equivalences import equal_paths
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.oracles.transformed import permuted, repeated, rotated, shifted
from paper_repro.conformance.task import Task


# Of every coordinate; no worker's optimum, and no start, lies there by accident.
SHIFT = 0.7
# Unequal, so that a permutation that forgets the steps or the weights shows.
GOLDEN_CHANGES = {"local_steps": (10, 2), "weights": (0.7, 0.3)}
# Enough that "client10" is listed, and sorted by name stands before "client2".
MANY = 12


def symmetries(source: Source) -> Iterator[Case]:
    """Yield O0d (workers) and O0e (coordinates) on one set of samples, for FedAvg and SCAFFOLD."""
    for algorithm, ending in (("fedavg", ""), ("scaffold", "-scaffold")):
        task = source.task(algorithm, **(GOLDEN_CHANGES if source.name == "G" else {}))
        yield from _of_workers(source.name, ending, task)
        yield from _of_coordinates(source.name, ending, task)


def _of_workers(name: str, ending: str, task: Task) -> Iterator[Case]:
    order = (*range(1, task.workers), 0)
    yield equal_paths(
        f"O0d/order{ending}@{name}", "the order of the workers does not matter", permuted(task, order), task
    )
    yield equal_paths(
        f"O0d/copies{ending}@{name}",
        f"{MANY} workers, copies at a share of the weight, change nothing",
        repeated(task, MANY // task.workers),
        task,
    )


def _of_coordinates(name: str, ending: str, task: Task) -> Iterator[Case]:
    shift = np.full(task.dim, SHIFT)
    yield equal_paths(
        f"O0e/shift{ending}@{name}",
        "in shifted coordinates the path is shifted",
        shifted(task, shift),
        task,
        lambda path: path + shift,
    )
    turn = rotation(task.dim)
    yield equal_paths(
        f"O0e/rotation{ending}@{name}",
        "in rotated coordinates the path is rotated" if task.dim > 1 else "mirrored, the path is mirrored",
        rotated(task, turn),
        task,
        lambda path: path @ turn.T,
    )


def rotation(dim: int) -> np.ndarray:
    """Return an orthogonal matrix without zeros: the reflection I − 2uuᵀ/|u|², u = (1, 2, … d)."""
    u = np.arange(1.0, dim + 1)
    return np.eye(dim) - 2 * np.outer(u, u) / (u @ u)
