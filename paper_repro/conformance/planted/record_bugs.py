"""Bugs in precision, and in what is written down or returned."""

from dataclasses import replace

import numpy as np

from paper_repro.conformance.planted import training
from paper_repro.conformance.planted.bug import Planted
from paper_repro.conformance.planted.chance_bugs import step_shared
from paper_repro.conformance.planted.fleet import Client, Model, Run, Server
from paper_repro.conformance.planted.local import gradient
from paper_repro.conformance.planted.server import server_step
from paper_repro.conformance.task import Task


DIGITS, SMOOTHING = 4, 0.5


def single_data(task: Task) -> dict[str, Client]:
    """Load samples in single precision, which is the default of frameworks."""
    clients = training.partition(task)
    return {
        name: replace(
            c,
            features=c.features.astype(np.float32),
            labels=c.labels.astype(np.float32),
            control={k: v.astype(np.float32) for k, v in c.control.items()},
        )
        for name, c in clients.items()
    }


def single_model(task: Task) -> Server:
    """Make layers in single precision."""
    server = training.open_server(task)
    for layers in (server.model, server.control, server.velocity):
        layers["weight"] = layers["weight"].astype(np.float32)
    return server


def random_start(task: Task) -> Server:
    """Start from the layer's own random initialisation."""
    server = training.open_server(task)
    bound = 1.0 / np.sqrt(task.dim)
    server.model["weight"] = np.random.default_rng(task.seed).uniform(-bound, bound, task.dim)
    return server


def step_then_record(run: Run, update: Model) -> None:
    """Remember the model that was sent out in this round."""
    run.notes["sent"] = run.server.model["weight"].copy()
    server_step(run, update)


def record_sent(run: Run, history: list[np.ndarray]) -> None:
    """Append the model that was sent out, not the one that came back."""
    history.append(run.notes["sent"])


def record_evaluated(run: Run, history: list[np.ndarray]) -> None:
    """Evaluate with the training function, which takes a step on all data, and go on from there."""
    X, y = np.concatenate(run.task.features), np.concatenate(run.task.labels)
    slope = gradient(run.server.model, X, y)["weight"]
    run.server.model["weight"] = run.server.model["weight"] - run.task.lr * slope
    training.record(run, history)


def record_reference(run: Run, history: list[np.ndarray]) -> None:
    """Append the model itself, not a copy."""
    history.append(run.server.model["weight"])


def record_rounded(run: Run, history: list[np.ndarray]) -> None:
    """Write four decimals into the log."""
    history.append(np.round(run.server.model["weight"], DIGITS))


def record_average(run: Run, history: list[np.ndarray]) -> None:
    """Return an exponential moving average of the models, as for evaluation."""
    past = history[-1] if history else run.task.start
    history.append(SMOOTHING * past + (1.0 - SMOOTHING) * run.server.model["weight"])


RECORD_BUGS = (
    Planted(
        "float32",
        "samples and layers are in single precision",
        {"partition": single_data, "open_server": single_model},
    ),
    Planted("random-start", "the layer is initialised at random", {"open_server": random_start}),
    Planted(
        "recorded-before",
        "the record is a round late: it begins with the start",
        {"server_step": step_then_record, "record": record_sent},
    ),
    Planted("evaluation-trains", "evaluation takes a step", {"record": record_evaluated}),
    Planted(
        "recorded-by-reference",
        "the history holds one array again and again",
        {"server_step": step_shared, "record": record_reference},
    ),
    Planted("rounded", "the history is rounded to four decimals", {"record": record_rounded}),
    Planted("smoothed", "the history is a moving average of the models", {"record": record_average}),
)
