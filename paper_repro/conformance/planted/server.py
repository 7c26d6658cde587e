"""The server's side, right: who takes part, how they are averaged, control variates, momentum and delay."""

import numpy as np

from paper_repro.conformance.planted.fleet import Client, Model, Run, Upload


def choose(run: Run) -> list[Client]:
    """Return all clients, or some drawn without replacement."""
    clients = list(run.clients.values())
    if run.task.participants is None:
        return clients
    drawn = run.generator.choice(len(clients), size=run.task.participants, replace=False)
    return [clients[m] for m in sorted(drawn)]


def weigh(run: Run, chosen: list[Client]) -> list[float]:
    """Return the shares of those who take part, which sum to 1."""
    del run
    total = sum(client.share for client in chosen)
    return [client.share / total for client in chosen]


def aggregate(run: Run, uploads: list[Upload], weights: list[float]) -> Model:
    """Return what the server is told to move by: the weighted mean of what the clients moved."""
    if run.task.algorithm == "fednova":
        tau = sum(p * client.steps for p, (client, _, _) in zip(weights, uploads, strict=True))
        weights = [tau * p / client.steps for p, (client, _, _) in zip(weights, uploads, strict=True)]
    update = {name: np.zeros_like(layer) for name, layer in run.server.model.items()}
    for p, (_, _, model) in zip(weights, uploads, strict=True):
        for name, old in run.server.model.items():
            update[name] += p * (model[name] - old)
    return update


def update_controls(run: Run, uploads: list[Upload]) -> None:
    """Update SCAFFOLD's control variates, the clients' first, with the server's of the round that ends."""
    change = {name: np.zeros_like(layer) for name, layer in run.server.control.items()}
    for client, received, model in uploads:
        for name, old in client.control.items():
            drift = (received[name] - model[name]) / (client.steps * run.task.lr)
            client.control[name] = old - run.server.control[name] + drift
            change[name] += client.share * (client.control[name] - old)
    for name, moved in change.items():
        run.server.control[name] = run.server.control[name] + moved


def server_step(run: Run, update: Model) -> None:
    """Move the global model by an update, which may have been on its way for some rounds."""
    task, server = run.task, run.server
    server.inbox.append(update)
    if len(server.inbox) <= task.delay:
        return
    arrived = server.inbox.pop(0)
    for name, delta in arrived.items():
        server.velocity[name] = task.server_momentum * server.velocity[name] + delta
        ahead = delta + task.server_momentum * server.velocity[name]
        server.model[name] = server.model[name] + task.server_lr * (
            ahead if task.nesterov else server.velocity[name]
        )
