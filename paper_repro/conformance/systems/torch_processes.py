"""Local SGD over ``torch.distributed`` with gloo: one real process per worker, on the loopback interface.

Theirs: model, autograd, loss and optimiser (``torch_model``), the rendezvous through a file, and gloo's
``all_reduce`` between processes, over TCP on ports that the system chooses. Ours: the loop. Process m holds the data of
worker m alone; every H_m steps it multiplies its model by p_m, and the sum over processes is everybody's next model.

The processes are children of a server that has imported PyTorch once (``forkserver``). Those of one number of workers
stay connected from task to task, for some oracles ask a thousand times; a run that fails, is interrupted, or takes
longer than ``PATIENCE`` stops its processes, and the end of the program stops all.
"""
# pyright: reportMissingImports=false

import atexit
import multiprocessing
import os
import signal
import socket
import tempfile
import time
import traceback
from datetime import timedelta
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import final

import numpy as np
import torch
import torch.distributed as dist
from jaxtyping import Float

from paper_repro.conformance.systems.adapter import Adapter
from paper_repro.conformance.systems.torch_model import linear_model, torch_worker, vector_of
from paper_repro.conformance.task import Task


# Seconds for a run, of milliseconds on a quiet machine; the first one imports PyTorch.
PATIENCE = 300.0


def loopback() -> str | None:
    """Return the name of the loopback interface, to which gloo is bound; None if there is none."""
    return next((name for _, name in socket.if_nameindex() if name.startswith("lo")), None)


def cannot_run() -> str | None:
    """Return why processes cannot talk to each other here, or None."""
    if not dist.is_available() or not dist.is_gloo_available():
        return "this build of PyTorch has no gloo"
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return "this system starts no processes by forkserver"
    return None if loopback() else "there is no loopback interface"


def local_sgd(task: Task, rank: int) -> Float[np.ndarray, "round dim"]:
    """Return the models of process ``rank`` after every average, which are those of all processes."""
    model, worker, path = linear_model(task.start), torch_worker(task, rank), []
    for _ in range(task.rounds):
        worker.train(model)
        with torch.no_grad():
            model.weight *= task.weights[rank]
            dist.all_reduce(model.weight, op=dist.ReduceOp.SUM)
        path.append(vector_of(model))
    return np.stack(path)


def serve(rank: int, workers: int, store: Path, parent: Connection) -> None:
    """Be process ``rank``: answer every task by its path, and the first mistake by what went wrong."""
    # Ctrl-C reaches all processes of a terminal: the parent stops the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    os.environ["GLOO_SOCKET_IFNAME"] = str(loopback())
    try:
        dist.init_process_group(
            "gloo",
            init_method=store.as_uri(),
            rank=rank,
            world_size=workers,
            timeout=timedelta(seconds=PATIENCE),
        )
        while True:
            parent.send(local_sgd(parent.recv(), rank))
    except EOFError:
        return
    except BaseException:
        parent.send(traceback.format_exc())


@final
class Group:
    """Connected processes, one for each of a number of workers, until they are stopped."""

    def __init__(self, workers: int):
        self.folder = tempfile.TemporaryDirectory()
        self.started: list[BaseProcess] = []
        self.pipes: list[Connection] = []
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["paper_repro.conformance.systems.torch_ready"])
        store = Path(self.folder.name) / "store"
        try:
            for rank in range(workers):
                ours, theirs = context.Pipe()
                self.pipes.append(ours)
                process = context.Process(target=serve, args=(rank, workers, store, theirs), daemon=True)
                process.start()
                self.started.append(process)
                theirs.close()
        except BaseException:
            self.stop()
            raise

    def run(self, task: Task) -> list[Float[np.ndarray, "round dim"]]:
        """Return the paths of all processes.

        Raises
        ------
        RuntimeError
            If a process fails, dies, or is not heard of in time.
        """
        try:
            for pipe in self.pipes:
                pipe.send(task)
            return paths_of(self.pipes)
        except BrokenPipeError:
            raise RuntimeError("a process ended without an answer") from None

    def stop(self) -> None:
        """Stop the processes and forget them."""
        for process in self.started:
            process.kill()
        for process in self.started:
            process.join()
            process.close()
        for pipe in self.pipes:
            pipe.close()
        self.folder.cleanup()


_GROUPS: dict[int, Group] = {}


@atexit.register
def stop_all() -> None:
    """Stop the processes that stand by."""
    while _GROUPS:
        _GROUPS.popitem()[1].stop()


def paths_of(answers: list[Connection]) -> list[Float[np.ndarray, "round dim"]]:
    """Return the answers of all processes.

    Raises
    ------
    RuntimeError
        If a process fails, dies, or is not heard of in time.
    """
    found, deadline = {}, time.monotonic() + PATIENCE
    while len(found) < len(answers):
        waiting = [answer for answer in answers if answer not in found]
        heard = wait(waiting, timeout=max(0.0, deadline - time.monotonic()))
        if not heard:
            raise RuntimeError(f"{len(waiting)} processes gave no answer within {PATIENCE:g} s")
        found |= {answer: received(answer) for answer in waiting if answer in heard}
    return [found[answer] for answer in answers]


def received(answer: Connection) -> Float[np.ndarray, "round dim"]:
    """Return the path that a process has sent.

    Raises
    ------
    RuntimeError
        If it sent an error instead, or ended without a word.
    """
    try:
        message = answer.recv()
    except (EOFError, ConnectionResetError):
        raise RuntimeError("a process ended without an answer") from None
    if isinstance(message, str):
        raise RuntimeError(f"a process failed:\n{message}")
    return message


def distributed(task: Task) -> Float[np.ndarray, "round dim"]:
    """Return the common path of all processes.

    Raises
    ------
    RuntimeError
        If a process fails, or the processes do not end with one model.
    """
    group = _GROUPS.pop(task.workers, None) or Group(task.workers)
    try:
        paths = group.run(task)
    except BaseException:
        group.stop()
        raise
    _GROUPS[task.workers] = group
    if not all(np.array_equal(path, paths[0]) for path in paths):
        raise RuntimeError("after an all_reduce the processes hold different models")
    return paths[0]


simulate = Adapter(distributed, ("fedavg", "minibatches"), distribution="torch")
