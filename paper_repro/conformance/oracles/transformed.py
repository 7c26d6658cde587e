"""The same run said differently: other partitions, other order of workers, other coordinates."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.task import Task


def alike(task: Task, steps: int) -> Task:
    """Return the task with the last worker's data on all workers, and H steps everywhere.

    The golden instance starts at the optimum of its first worker, and would not move on its data.
    """
    workers = task.workers
    return replace(
        task,
        features=task.features[-1:] * workers,
        labels=task.labels[-1:] * workers,
        local_steps=(steps,) * workers,
    )


def single_steps(task: Task) -> Task:
    """Return the task with H = 1 everywhere."""
    return replace(task, local_steps=(1,) * task.workers)


def pooled(task: Task) -> Task:
    """Return two workers that both hold all samples, weighted so that their loss is Σ_m p_m f_m.

    Rows of worker m are scaled by √(p_m n/n_m), for Σ_m p_m |X_m x − y_m|²/n_m is a mean over all n samples then.
    """
    total = sum(len(labels) for labels in task.labels)
    factors = [np.sqrt(p * total / len(labels)) for p, labels in zip(task.weights, task.labels, strict=True)]
    rows = np.concatenate([f * features for f, features in zip(factors, task.features, strict=True)])
    labels = np.concatenate([f * values for f, values in zip(factors, task.labels, strict=True)])
    return replace(
        task, features=(rows, rows), labels=(labels, labels), local_steps=(1, 1), weights=(0.5, 0.5)
    )


def repartitioned(task: Task, sizes: Sequence[int]) -> Task:
    """Return all samples on workers of other sizes, H = 1, p_m = n_m/n."""
    cuts, total = np.cumsum(sizes)[:-1], sum(sizes)
    return replace(
        task,
        features=tuple(np.split(np.concatenate(task.features), cuts)),
        labels=tuple(np.split(np.concatenate(task.labels), cuts)),
        local_steps=(1,) * len(sizes),
        weights=tuple(n / total for n in sizes),
    )


def permuted(task: Task, order: Sequence[int]) -> Task:
    """Return the task with its workers in another order."""
    return replace(
        task,
        **{
            name: tuple(getattr(task, name)[m] for m in order)
            for name in ("features", "labels", "local_steps", "weights")
        },
    )


def repeated(task: Task, times: int) -> Task:
    """Return the task with every worker that many times, at 1/times of its weight."""
    return replace(
        task,
        features=task.features * times,
        labels=task.labels * times,
        local_steps=task.local_steps * times,
        weights=tuple(p / times for p in task.weights * times),
    )


def shifted(task: Task, shift: Float[np.ndarray, " dim"]) -> Task:
    """Return the task in coordinates x + s: labels y + X s."""
    labels = tuple(y + rows @ shift for y, rows in zip(task.labels, task.features, strict=True))
    return replace(task, labels=labels, start=task.start + shift)


def rotated(task: Task, rotation: Float[np.ndarray, "dim dim"]) -> Task:
    """Return the task in coordinates Q x: features X Qᵀ."""
    features = tuple(rows @ rotation.T for rows in task.features)
    return replace(task, features=features, start=rotation @ task.start)


def among(task: Task, chosen: Sequence[int]) -> Task:
    """Return the round of those workers alone, their weights renormalised; one that is named twice counts twice."""
    total = sum(task.weights[m] for m in chosen)
    part = permuted(task, chosen)
    return replace(part, weights=tuple(p / total for p in part.weights), participants=None, rounds=1)


def everywhere(task: Task, worker: int) -> Task:
    """Return the task with data and steps of one worker on all of them: the server ends up with its model."""
    return permuted(replace(task, weights=(1 / task.workers,) * task.workers), (worker,) * task.workers)
