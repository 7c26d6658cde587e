"""Flower's own server loop, ``Server.fit``, over the strategies and clients of ``flower``.

Theirs, beside what ``flower`` says: the rounds, and the threads in which clients work. ``Server.fit`` collects the
answers of a round from a *set* of futures, so the order in which they are added up, and with it the last bits of the
sum, follows addresses in memory: with three clients or more, two runs with one seed need not agree bit by bit. The
server's vectors are what Flower hands to ``evaluate_fn`` after every round.
"""
# pyright: reportMissingImports=false

from typing import Any

import numpy as np
from flwr.server import Server
from jaxtyping import Float

from paper_repro.conformance.systems.adapter import Adapter
from paper_repro.conformance.systems.flower import drawing_from, manager_of, strategy_of, SUPPORTS
from paper_repro.conformance.task import Task


def server_loop(task: Task) -> Float[np.ndarray, "round dim"]:
    """Return the server's vectors of a run of ``Server.fit``."""
    path: dict[int, np.ndarray] = {}

    def note(server_round: int, parameters: list[np.ndarray], config: dict[str, Any]) -> None:
        path[server_round] = parameters[0]

    strategy = strategy_of(task, evaluate_fn=note, fraction_evaluate=0.0)
    with drawing_from(task.seed):
        Server(client_manager=manager_of(task), strategy=strategy).fit(task.rounds, timeout=None)
    return np.stack([path[r] for r in range(1, task.rounds + 1)])


simulate = Adapter(server_loop, SUPPORTS, distribution="flwr")
