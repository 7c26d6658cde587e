"""Who takes part in a training run: clients, a server, and what a round of theirs is made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from paper_repro.conformance.task import Task


# A model is the arrays of its layers by name, as frameworks hold it; the linear model has one layer, "weight".
Model: TypeAlias = dict[str, np.ndarray]


def copied(model: Model) -> Model:
    """Return a copy that shares no array."""
    return {name: layer.copy() for name, layer in model.items()}


@dataclass
class Client:
    """One client: its samples, how many steps it takes, how much it counts, and its control variate."""

    name: str
    features: np.ndarray
    labels: np.ndarray
    steps: int
    share: float
    control: Model


@dataclass
class Server:
    """The server: the global model, its control variate, its momentum, and updates still on their way."""

    model: Model
    control: Model
    velocity: Model
    inbox: list[Model] = field(default_factory=list)


@dataclass
class Run:
    """One run while it lasts; ``notes`` is for bugs that remember something, the right code has no need of it."""

    task: Task
    clients: dict[str, Client]
    server: Server
    generator: np.random.Generator
    round: int = 0
    notes: dict[Any, Any] = field(default_factory=dict)


# What a client returns from a round: (client, the model it received, the model it trained).
Upload: TypeAlias = tuple[Client, Model, Model]

Partition = Callable[[Task], dict[str, Client]]
Seed = Callable[[Task], np.random.Generator]
Open = Callable[[Task], Server]
Choose = Callable[[Run], list[Client]]
Download = Callable[[Run, Client], Model]
Steps = Callable[[Run, Client], range]
Batch = Callable[[Run, Client], tuple[np.ndarray, np.ndarray]]
Gradient = Callable[[Model, np.ndarray, np.ndarray], Model]
Correct = Callable[[Run, Client, Model, Model, Model], Model]
LearningRate = Callable[[Run, Client, int], float]
Move = Callable[[Run, Client, Model, Model, float], None]
Weigh = Callable[[Run, list[Client]], list[float]]
Aggregate = Callable[[Run, list[Upload], list[float]], Model]
UpdateControls = Callable[[Run, list[Upload]], None]
ServerStep = Callable[[Run, Model], None]
Record = Callable[[Run, list[np.ndarray]], None]
