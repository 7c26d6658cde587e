"""Bugs in the server's optimiser."""

from dataclasses import replace

import numpy as np

from paper_repro.conformance.planted.bug import Planted
from paper_repro.conformance.planted.fleet import Model, Run
from paper_repro.conformance.planted.server import server_step
from paper_repro.conformance.task import Task


def _as_if(run: Run, update: Model, task: Task) -> None:
    right, run.task = run.task, task
    server_step(run, update)
    run.task = right


def buffer_reset(run: Run, update: Model) -> None:
    """Make a new optimiser every round."""
    run.server.velocity = {name: np.zeros_like(v) for name, v in run.server.velocity.items()}
    server_step(run, update)


def always_nesterov(run: Run, update: Model) -> None:
    """Set nesterov=True, as DiLoCo does."""
    _as_if(run, update, replace(run.task, nesterov=True))


def never_nesterov(run: Run, update: Model) -> None:
    """Forget nesterov=True."""
    _as_if(run, update, replace(run.task, nesterov=False))


def dampened(run: Run, update: Model) -> None:
    """Average updates exponentially, u ← βu + (1 − β)Δ."""
    server_step(run, {name: (1.0 - run.task.server_momentum) * d for name, d in update.items()})


def rate_ignored(run: Run, update: Model) -> None:
    """Assign the average, whatever the rate."""
    _as_if(run, update, replace(run.task, server_lr=1.0))


def rate_twice(run: Run, update: Model) -> None:
    """Scale the update by the rate before the optimiser does."""
    server_step(run, {name: run.task.server_lr * d for name, d in update.items()})


def delay_ignored(run: Run, update: Model) -> None:
    """Apply updates as they are computed."""
    _as_if(run, update, replace(run.task, delay=0))


def delay_longer(run: Run, update: Model) -> None:
    """Put the update into a queue of τ + 1, from which it comes out a round later."""
    longer = run.task.delay + 1 if run.task.delay else 0
    _as_if(run, update, replace(run.task, delay=longer))


def last_in_first_out(run: Run, update: Model) -> None:
    """Pop the newest update off the queue: the first ones never arrive."""
    waiting = run.server.inbox
    if len(waiting) < run.task.delay:
        return waiting.append(update)
    run.server.inbox = []
    _as_if(run, update, replace(run.task, delay=0))
    run.server.inbox = waiting


_SERVER, _DELAY = ("server",), ("delay",)
SERVER_BUGS = (
    Planted("buffer-reset", "the momentum buffer is reset every round", {"server_step": buffer_reset}, _SERVER),
    Planted("nesterov-for-heavy-ball", "Nesterov's momentum for heavy ball", {"server_step": always_nesterov}, _SERVER),
    Planted("heavy-ball-for-nesterov", "heavy ball for Nesterov's momentum", {"server_step": never_nesterov}, _SERVER),
    Planted("dampened", "the buffer is an average, u ← βu + (1 − β)Δ", {"server_step": dampened}, _SERVER),
    Planted("server-rate-ignored", "the server's rate is ignored", {"server_step": rate_ignored}, _SERVER),
    Planted("server-rate-twice", "the server's rate is applied twice", {"server_step": rate_twice}, _SERVER),
    Planted("delay-ignored", "updates are applied at once", {"server_step": delay_ignored}, _DELAY),
    Planted("delay-longer", "updates arrive a round later than said", {"server_step": delay_longer}, _DELAY),
    Planted("newest-first", "the newest update is taken off the queue", {"server_step": last_in_first_out}, _DELAY),
)  # fmt: skip
