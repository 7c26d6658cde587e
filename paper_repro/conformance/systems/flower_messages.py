"""Flower's message interface: ``Strategy.start`` and ``ClientApp``, with messages delivered in this process.

Theirs: the strategies of ``flwr.serverapp`` (rounds, sampling, weighted averages of records), ``ClientApp`` and the
messages with their records. Ours: the local steps, and the grid that hands a message to its app rather than to a
network. The strategies are others than those of ``flower``: the two interfaces share no code of aggregation.
"""
# pyright: reportMissingImports=false

from collections.abc import Iterable
from typing import Any, final

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg, FedAvgM, FedProx
from flwr.supercore.task_identity import TaskIdentity
from jaxtyping import Float

from paper_repro.conformance.systems.adapter import Adapter
from paper_repro.conformance.systems.flower import drawing_from, SUPPORTS
from paper_repro.conformance.systems.numpy_worker import numpy_workers, NumpyWorker
from paper_repro.conformance.task import Task


def app_of(workers: list[NumpyWorker]) -> ClientApp:
    """Return one app for all nodes, which trains the worker of the node that it runs on."""
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        worker = workers[context.node_id]
        (x,) = message.content.array_records["arrays"].to_numpy_ndarrays()
        config: Any = message.content.config_records["config"]
        v = worker.local_work(x, float(config.get("proximal-mu", 0.0)))
        metrics = MetricRecord({"num-examples": worker.examples})
        content = RecordDict({"arrays": ArrayRecord({"x": Array(v)}), "metrics": metrics})
        return Message(content=content, reply_to=message)

    return app


@final
class InProcessGrid(Grid):
    """Nodes 0, …, M − 1 in this process, which answer in the order they are asked."""

    def __init__(self, app: ClientApp, nodes: int):
        self.app = app
        self.contexts = [Context(0, node, {}, RecordDict(), {}) for node in range(nodes)]

    def get_node_ids(self) -> Iterable[int]:
        """Return the numbers of the nodes."""
        return range(len(self.contexts))

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Return the replies of the app."""
        return [self.app(message, self.contexts[message.metadata.dst_node_id]) for message in messages]

    def set_run(self, run: Any) -> None:
        """Refuse: there is one run."""
        raise NotImplementedError("a grid in this process has one run")

    @property
    def run(self) -> Any:
        """Refuse: there is no record of runs."""
        raise NotImplementedError("a grid in this process keeps no record of runs")

    def create_message(self, *arguments: Any, **options: Any) -> Message:
        """Refuse what Flower has deprecated."""
        raise NotImplementedError("create the Message itself")

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Refuse: answers come at once."""
        raise NotImplementedError("use send_and_receive: nothing is kept here")

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Refuse: answers come at once."""
        raise NotImplementedError("use send_and_receive: nothing is kept here")


def strategy_of(task: Task) -> FedAvg:
    """Return Flower's strategy for a task.

    Raises
    ------
    NotImplementedError
        For combinations that Flower does not have.
    """
    count = task.workers if task.participants is None else task.participants
    common: dict[str, Any] = {
        "fraction_train": count / task.workers,
        "min_train_nodes": count,
        "min_available_nodes": task.workers,
        "fraction_evaluate": 0.0,
    }
    if task.nesterov:
        raise NotImplementedError("Flower's FedAvgM has no Nesterov momentum")
    if task.algorithm == "fedprox":
        if "server" in task.needs:
            raise NotImplementedError("Flower's FedProx has no server rate or momentum")
        return FedProx(proximal_mu=task.proximal, **common)
    if "server" in task.needs:
        return FedAvgM(server_learning_rate=task.server_lr, server_momentum=task.server_momentum, **common)
    return FedAvg(**common)


def strategy_loop(task: Task) -> Float[np.ndarray, "round dim"]:
    """Return the server's vectors of a run of ``Strategy.start``."""
    path: dict[int, np.ndarray] = {}

    def note(server_round: int, arrays: ArrayRecord) -> None:
        (path[server_round],) = arrays.to_numpy_ndarrays()

    # Messages are stamped with it; Flower's runtime sets it before it starts a server app.
    TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, 1, task.workers
    grid = InProcessGrid(app_of(numpy_workers(task)), task.workers)
    with drawing_from(task.seed):
        start = ArrayRecord({"x": Array(np.asarray(task.start))})
        strategy_of(task).start(grid, start, num_rounds=task.rounds, evaluate_fn=note)
    return np.stack([path[r] for r in range(1, task.rounds + 1)])


simulate = Adapter(strategy_loop, SUPPORTS, distribution="flwr")
