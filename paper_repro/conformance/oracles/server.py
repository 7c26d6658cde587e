"""O8: server optimisers: momentum, Nesterov's, and moves that arrive late."""

from collections.abc import Callable, Iterator

import numpy as np

from paper_repro.conformance.case import ask, Case
from paper_repro.conformance.judging import rounding, same_vector
from paper_repro.conformance.oracles.exact import exact_round
from paper_repro.conformance.oracles.paths import limit_case, path_case, rate_cases
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.outcome import Finding
from paper_repro.conformance.task import Simulator, Task


# Enough for a velocity to build up, and for a reset in any of the rounds to show.
ROUNDS = 8
# Of the linear system that the moves of a path solve for trace and determinant.
CONDITION = 100
SERVERS = {
    "momentum": ("u ← βu + Δ, x ← x + rate·u", {"server_lr": 0.7, "server_momentum": 0.6}),
    "nesterov": (
        "u ← βu + Δ, x ← x + rate·(Δ + βu)",
        {"server_lr": 0.7, "server_momentum": 0.6, "nesterov": True},
    ),
    "delay": ("Δ of round r is applied two rounds later", {"server_lr": 0.5, "delay": 2}),
    "delayed-momentum": (
        "Δ of round r enters the velocity one round later",
        {"server_lr": 0.5, "server_momentum": 0.4, "delay": 1},
    ),
}


def servers(source: Source) -> Iterator[Case]:
    """Yield O8 on one set of samples."""
    for kind, (title, changes) in SERVERS.items():
        task = source.task(rounds=ROUNDS, **changes)
        yield path_case(f"O8/{kind}-path@{source.name}", "O8", title, task)
        limit = f"the limit is that of plain averaging ({title})"
        yield limit_case(f"O8/{kind}-limit@{source.name}", "O8", limit, task)
        rate = f"the rounds shrink by the spectral radius of the companion matrix ({title})"
        yield from rate_cases(f"O8/{kind}-rate@{source.name}", "O8", rate, task)
    if source.task().dim == 1:
        yield from _companions(source)


def _companions(source: Source) -> Iterator[Case]:
    """Yield the cases that moves obey d_{r+1} = t·d_r − D·d_{r−1}, t and D of the companion matrix."""
    kept = float(exact_round(source.task()).matrix[0, 0])
    for kind, nesterov in (("momentum", False), ("nesterov", True)):
        changes = SERVERS[kind][1]
        rate, momentum = changes["server_lr"], changes["server_momentum"]
        stays = 1 - rate * (1 - kept)
        heavy = (momentum + stays, momentum)
        expected = np.array([(1 + momentum) * stays, momentum * stays] if nesterov else heavy)
        title = "moves obey the companion matrix: its trace and determinant are read off eight rounds"
        task = source.task(rounds=ROUNDS, **changes)
        yield Case(f"O8/{kind}-companion@{source.name}", "O8", title, task, _recovers(task, expected))


def _recovers(task: Task, expected: np.ndarray) -> Callable[[Simulator], Finding]:
    def judge(simulator: Simulator) -> Finding:
        moves = np.diff(ask(simulator, task)[:, 0], prepend=task.start)
        rows = np.column_stack([moves[1:-1], -moves[:-2]])
        observed = np.linalg.lstsq(rows, moves[2:], rcond=None)[0]
        return same_vector("(trace, determinant)", expected, observed, CONDITION * rounding(task))

    return judge
