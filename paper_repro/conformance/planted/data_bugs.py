"""Bugs in the data: who holds which samples, and what was done to them first."""

from dataclasses import replace

import numpy as np

from paper_repro.conformance.planted.bug import Planted
from paper_repro.conformance.planted.fleet import Client, Model, Run
from paper_repro.conformance.planted.local import batch
from paper_repro.conformance.planted.training import partition
from paper_repro.conformance.task import Task


def whole_data(task: Task) -> dict[str, Client]:
    """Give every client a loader of the data set instead of one of its subset."""
    X, y = np.concatenate(task.features), np.concatenate(task.labels)
    return {name: replace(client, features=X, labels=y) for name, client in partition(task).items()}


def neighbours_data(task: Task) -> dict[str, Client]:
    """Count clients from 1, so that client m reads file m + 1, and the last one the first."""
    features, labels = np.roll(np.arange(task.workers), -1), task.labels
    clients = partition(task).values()
    return {
        c.name: replace(c, features=task.features[m], labels=labels[m])
        for c, m in zip(clients, features, strict=True)
    }


def held_out(task: Task) -> dict[str, Client]:
    """Keep the last sample of a client for validation, unless it is the only one."""
    clients = partition(task)
    for client in clients.values():
        if len(client.labels) > 1:
            client.features, client.labels = client.features[:-1], client.labels[:-1]
    return clients


def swapped_steps(task: Task) -> dict[str, Client]:
    """Write the step counts of the first two clients the wrong way round."""
    first, second, *rest = task.local_steps
    return partition(replace(task, local_steps=(second, first, *rest)))


def names_sorted(task: Task) -> dict[str, Client]:
    """List the clients' files by name, which puts client10 before client2, and settings by number."""
    clients = partition(task)
    by_name = [clients[name] for name in sorted(clients)]
    return {
        name: replace(client, features=other.features, labels=other.labels)
        for (name, client), other in zip(clients.items(), by_name, strict=True)
    }


def largest_first(task: Task) -> dict[str, Client]:
    """Sort the clients' data by size, the largest first, and leave weights and step counts as they were."""
    order = sorted(range(task.workers), key=lambda m: -len(task.labels[m]))
    features, labels = [task.features[m] for m in order], [task.labels[m] for m in order]
    return partition(replace(task, features=tuple(features), labels=tuple(labels)))


def standardised(run: Run, client: Client) -> tuple[np.ndarray, np.ndarray]:
    """Standardise features over the batch, as a layer of batch normalisation does."""
    X, y = batch(run, client)
    return (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + 1e-5), y


def unit_rows(run: Run, client: Client) -> tuple[np.ndarray, np.ndarray]:
    """Scale every sample to norm 1."""
    X, y = batch(run, client)
    return X / np.linalg.norm(X, axis=1, keepdims=True), y


def broadcast_labels(model: Model, features: np.ndarray, labels: np.ndarray) -> Model:
    """Subtract labels (n,) from predictions (n, 1), which broadcasts to (n, n)."""
    residual = features @ model["weight"][:, None] - labels
    return {"weight": (features.T @ residual).sum(axis=1) / residual.size}


DATA_BUGS = (
    Planted("whole-data", "every client trains on the whole data set", {"partition": whole_data}),
    Planted("neighbours-data", "client m trains on the data of client m + 1", {"partition": neighbours_data}),
    Planted("held-out-sample", "every client drops its last sample (drop_last)", {"partition": held_out}),
    Planted("swapped-steps", "the step counts of two clients are swapped", {"partition": swapped_steps}),
    Planted(
        "client10-before-client2",
        "the clients' data are sorted by name, client10 before client2, their settings by number",
        {"partition": names_sorted},
    ),
    Planted(
        "largest-first",
        "the clients' data are sorted by size, weights and step counts are not",
        {"partition": largest_first},
    ),
    Planted("batch-normalised", "features are standardised over every batch", {"batch": standardised}),
    Planted("unit-rows", "every sample is scaled to norm 1", {"batch": unit_rows}),
    Planted(
        "labels-broadcast",
        "labels (n,) are subtracted from predictions (n, 1)",
        {"gradient": broadcast_labels},
    ),
)
