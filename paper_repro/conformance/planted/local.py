"""The client's side, right: download, batches, gradients, corrections, steps."""

import numpy as np

from paper_repro.conformance.planted.fleet import Client, copied, Model, Run


def download(run: Run, client: Client) -> Model:
    """Give the client its own copy of the server's model."""
    del client
    return copied(run.server.model)


def steps(run: Run, client: Client) -> range:
    """Count the local steps of a round."""
    del run
    return range(client.steps)


def batch(run: Run, client: Client) -> tuple[np.ndarray, np.ndarray]:
    """Return all samples of the client, or a mini-batch drawn with replacement."""
    if run.task.batch is None:
        return client.features, client.labels
    rows = run.generator.integers(len(client.labels), size=run.task.batch)
    return client.features[rows], client.labels[rows]


def gradient(model: Model, features: np.ndarray, labels: np.ndarray) -> Model:
    """Return the gradient of half the mean squared residual."""
    residual = features @ model["weight"] - labels
    return {"weight": features.T @ residual / len(labels)}


def correct(run: Run, client: Client, model: Model, received: Model, gradient: Model) -> Model:
    """Add FedProx's pull to the received model, or SCAFFOLD's control variates."""
    if run.task.algorithm == "fedprox":
        rho = run.task.proximal
        return {k: g + rho * (model[k] - received[k]) for k, g in gradient.items()}
    if run.task.algorithm == "scaffold":
        return {k: g - client.control[k] + run.server.control[k] for k, g in gradient.items()}
    return gradient


def learning_rate(run: Run, client: Client, step: int) -> float:
    """Return a constant learning rate."""
    del client, step
    return run.task.lr


def move(run: Run, client: Client, model: Model, gradient: Model, lr: float) -> None:
    """Take one step of gradient descent in place."""
    del run, client
    for name, slope in gradient.items():
        model[name] -= lr * slope
