"""A federated simulator as a practitioner writes it: loops over clients and batches, models as dictionaries of arrays.

It shares no code with the formulas it is judged by. Every part is a function, and ``Parts`` names them: a planted bug
is a run with one part replaced.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.planted import local, server
from paper_repro.conformance.planted.fleet import (
    Aggregate,
    Batch,
    Choose,
    Client,
    copied,
    Correct,
    Download,
    Gradient,
    LearningRate,
    Move,
    Open,
    Partition,
    Record,
    Run,
    Seed,
    Server,
    ServerStep,
    Steps,
    UpdateControls,
    Upload,
    Weigh,
)
from paper_repro.conformance.task import FEATURES, Task


def partition(task: Task) -> dict[str, Client]:
    """Hand every client its samples and settings."""
    settings = zip(task.features, task.labels, task.local_steps, task.weights, strict=True)
    nothing = {"weight": np.zeros(task.dim)}
    return {
        f"client{m}": Client(f"client{m}", X, y, steps, float(share), copied(nothing))
        for m, (X, y, steps, share) in enumerate(settings)
    }


def seed(task: Task) -> np.random.Generator:
    """Return the one generator of the run."""
    return np.random.default_rng(task.seed)


def open_server(task: Task) -> Server:
    """Return the server before the first round."""
    nothing = {"weight": np.zeros(task.dim)}
    start = {"weight": np.array(task.start, dtype=float)}
    return Server(start, copied(nothing), copied(nothing))


def record(run: Run, history: list[np.ndarray]) -> None:
    """Note the server's weights after the round."""
    history.append(run.server.model["weight"].copy())


@dataclass(frozen=True)
class Parts:
    """What a simulator is made of."""

    partition: Partition = partition
    seed: Seed = seed
    open_server: Open = open_server
    choose: Choose = server.choose
    download: Download = local.download
    steps: Steps = local.steps
    batch: Batch = local.batch
    gradient: Gradient = local.gradient
    correct: Correct = local.correct
    learning_rate: LearningRate = local.learning_rate
    move: Move = local.move
    weigh: Weigh = server.weigh
    aggregate: Aggregate = server.aggregate
    update_controls: UpdateControls = server.update_controls
    server_step: ServerStep = server.server_step
    record: Record = record


@dataclass(frozen=True)
class Plain:
    """The simulator: every feature of a task, right unless a part of it is not."""

    parts: Parts = Parts()
    supports = FEATURES

    def __call__(self, task: Task) -> Float[np.ndarray, "round dim"]:
        """Train as the task says and return the server's weights after every round."""
        parts = self.parts
        run = Run(task, parts.partition(task), parts.open_server(task), parts.seed(task))
        history: list[np.ndarray] = []
        for run.round in range(task.rounds):
            chosen = parts.choose(run)
            uploads = [train(run, client, parts) for client in chosen]
            update = parts.aggregate(run, uploads, parts.weigh(run, chosen))
            if task.algorithm == "scaffold":
                parts.update_controls(run, uploads)
            parts.server_step(run, update)
            parts.record(run, history)
        return np.array(history)


def train(run: Run, client: Client, parts: Parts) -> Upload:
    """Let one client train on its own samples."""
    model = parts.download(run, client)
    received = copied(model)
    for step in parts.steps(run, client):
        features, labels = parts.batch(run, client)
        gradient = parts.gradient(model, features, labels)
        gradient = parts.correct(run, client, model, received, gradient)
        parts.move(run, client, model, gradient, parts.learning_rate(run, client, step))
    return client, received, model
