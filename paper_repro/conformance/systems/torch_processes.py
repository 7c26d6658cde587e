"""Local SGD over ``torch.distributed`` with gloo: one real process per worker, on the loopback interface.

Theirs: model, autograd, loss and optimiser (``torch_model``), the rendezvous through a file, and gloo's
``all_reduce`` between processes, over TCP on ports that the system chooses. Ours: the loop. Process m holds the data of
worker m alone; every H_m steps it multiplies its model by p_m, and the sum over processes is everybody's next model.

The processes are children of a server that has imported PyTorch once (``forkserver``), which makes a run cheap. They
are waited for no longer than ``PATIENCE``, and stopped however the run ends.
"""
# pyright: reportMissingImports=false

import multiprocessing
import os
import signal
import socket
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from jaxtyping import Float

from paper_repro.conformance.systems.adapter import Adapter
from paper_repro.conformance.systems.torch_model import linear_model, torch_worker, vector_of
from paper_repro.conformance.task import Task


# Seconds for a run, of milliseconds on a quiet machine; the first one imports PyTorch.
PATIENCE = 120.0


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


def local_sgd(task: Task, rank: int, store: Path) -> Float[np.ndarray, "round dim"]:
    """Return the models of process ``rank`` after every average, which are those of all processes."""
    os.environ["GLOO_SOCKET_IFNAME"] = str(loopback())
    patience = timedelta(seconds=PATIENCE)
    dist.init_process_group(
        "gloo", init_method=store.as_uri(), rank=rank, world_size=task.workers, timeout=patience
    )
    try:
        model, worker, path = linear_model(task.start), torch_worker(task, rank), []
        for _ in range(task.rounds):
            worker.train(model)
            with torch.no_grad():
                model.weight *= task.weights[rank]
                dist.all_reduce(model.weight, op=dist.ReduceOp.SUM)
            path.append(vector_of(model))
        return np.stack(path)
    finally:
        dist.destroy_process_group()


def child(task: Task, rank: int, store: Path, answers: Connection) -> None:
    """Run one process, and send its path, or what went wrong."""
    # Ctrl-C reaches all processes of a terminal: the parent stops the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    try:
        answers.send(local_sgd(task, rank, store))
    except BaseException:
        answers.send(traceback.format_exc())


@contextmanager
def processes(task: Task, store: Path) -> Iterator[list[Connection]]:
    """Start the processes, lend their answers, and stop what is still running."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["paper_repro.conformance.systems.torch_ready"])
    started: list[BaseProcess] = []
    answers: list[Connection] = []
    try:
        for rank in range(task.workers):
            receiving, sending = context.Pipe(duplex=False)
            answers.append(receiving)
            process = context.Process(target=child, args=(task, rank, store, sending), daemon=True)
            process.start()
            started.append(process)
            sending.close()
        yield answers
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.join()
            process.close()
        for answer in answers:
            answer.close()


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
        for answer in waiting:
            if answer in heard:
                found[answer] = received(answer)
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
    except EOFError:
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
    with tempfile.TemporaryDirectory() as folder, processes(task, Path(folder) / "store") as answers:
        paths = paths_of(answers)
    if not all(np.array_equal(path, paths[0]) for path in paths):
        raise RuntimeError("after an all_reduce the processes hold different models")
    return paths[0]


simulate = Adapter(distributed, ("fedavg", "minibatches"), distribution="torch")
