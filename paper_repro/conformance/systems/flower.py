"""Flower's strategies and clients, without its server: FedAvg, FedProx, FedAvgM.

Theirs: the strategies' ``configure_fit`` and ``aggregate_fit``, sampling by ``SimpleClientManager``, ``NumPyClient``
with its conversions and bytes. Ours: the local steps, the loop over rounds, which keeps the results in the order of
``configure_fit``, and a proxy that calls a client where Flower's own proxies write to it over a network; so neither a
network nor Ray is needed. ``flower_server`` has Flower's loop instead.

Weights are the ``num_examples`` that clients report. FedProx's ρ arrives as ``proximal_mu`` in a client's
configuration, and the client adds ρ(v − x) to its gradients, as the strategy's documentation asks of it.
"""
# pyright: reportMissingImports=false

import contextlib
import logging
import random
from collections.abc import Iterator
from typing import Any, final

import numpy as np
from flwr.client import Client, NumPyClient
from flwr.common import ndarrays_to_parameters, parameters_to_ndarrays
from flwr.server import SimpleClientManager
from flwr.server.client_proxy import ClientProxy
from flwr.server.strategy import FedAvg, FedAvgM, FedProx
from jaxtyping import Float

from paper_repro.conformance.systems.adapter import Adapter
from paper_repro.conformance.systems.numpy_worker import numpy_workers, NumpyWorker
from paper_repro.conformance.task import Task


@final
class LinearClient(NumPyClient):
    """Flower's client around one worker."""

    def __init__(self, worker: NumpyWorker):
        self.worker = worker

    def fit(
        self, parameters: list[np.ndarray], config: dict[str, Any]
    ) -> tuple[list[np.ndarray], int, dict[str, Any]]:
        """Return the local model, and the number of samples that weighs it."""
        v = self.worker.local_work(parameters[0], float(config.get("proximal_mu", 0.0)))
        return [v], self.worker.examples, {}


@final
class InProcess(ClientProxy):
    """A client that is called rather than written to."""

    def __init__(self, cid: str, client: Client):
        super().__init__(cid)
        self.client = client

    def fit(self, ins: Any, timeout: float | None, group_id: int | None) -> Any:
        """Return the client's own answer."""
        return self.client.fit(ins)

    def get_properties(self, ins: Any, timeout: float | None, group_id: int | None) -> Any:
        """Return the client's own answer."""
        return self.client.get_properties(ins)

    def get_parameters(self, ins: Any, timeout: float | None, group_id: int | None) -> Any:
        """Return the client's own answer."""
        return self.client.get_parameters(ins)

    def evaluate(self, ins: Any, timeout: float | None, group_id: int | None) -> Any:
        """Return the client's own answer."""
        return self.client.evaluate(ins)

    def reconnect(self, ins: Any, timeout: float | None, group_id: int | None) -> Any:
        """Refuse: there is no connection."""
        raise NotImplementedError("a client in this process has no connection to renew")


def strategy_of(task: Task, **options: Any) -> FedAvg:
    """Return Flower's strategy for a task, with further options of its own.

    Raises
    ------
    NotImplementedError
        For combinations that Flower does not have.
    """
    count = task.workers if task.participants is None else task.participants
    options |= {
        "fraction_fit": count / task.workers,
        "min_fit_clients": count,
        "min_available_clients": task.workers,
        "initial_parameters": ndarrays_to_parameters([task.start]),
    }
    if task.nesterov:
        raise NotImplementedError("Flower's FedAvgM has no Nesterov momentum")
    if task.algorithm == "fedprox":
        if "server" in task.needs:
            raise NotImplementedError("Flower's FedProx has no server rate or momentum")
        return FedProx(proximal_mu=task.proximal, **options)
    if "server" in task.needs:
        return FedAvgM(server_learning_rate=task.server_lr, server_momentum=task.server_momentum, **options)
    return FedAvg(**options)


def manager_of(task: Task) -> SimpleClientManager:
    """Return Flower's manager of the clients, all of them registered."""
    manager = SimpleClientManager()
    for m, worker in enumerate(numpy_workers(task)):
        manager.register(InProcess(str(m), LinearClient(worker).to_client()))
    return manager


@contextlib.contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Seed Python's own generator, from which Flower samples clients, keep its log quiet, and put both back."""
    state, logger = random.getstate(), logging.getLogger("flwr")
    level = logger.level
    random.seed(seed)
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
        random.setstate(state)


def strategy_rounds(task: Task) -> Float[np.ndarray, "round dim"]:
    """Return the server's vectors that a strategy aggregates, round by round."""
    strategy, manager, path = strategy_of(task), manager_of(task), []
    with drawing_from(task.seed):
        parameters: Any = strategy.initialize_parameters(manager)
        for r in range(1, task.rounds + 1):
            asked = strategy.configure_fit(r, parameters, manager)
            results = [(client, client.fit(ins, timeout=None, group_id=r)) for client, ins in asked]
            parameters, _ = strategy.aggregate_fit(r, results, [])
            path += parameters_to_ndarrays(parameters)
    return np.stack(path)


SUPPORTS = ("fedavg", "fedprox", "server", "participation", "minibatches")
simulate = Adapter(strategy_rounds, SUPPORTS, distribution="flwr")
