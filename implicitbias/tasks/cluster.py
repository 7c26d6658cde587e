"""Tasks on a Dask cluster; ``distributed`` is imported when it is asked for (extra ``cluster``)."""

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from typing import Any
from urllib.parse import urlsplit

from implicitbias import checks
from implicitbias.errors import BadInput, WorkersLost
from implicitbias.tasks.executor import AbstractExecutor, alone, Numbered
from implicitbias.tasks.source import source_digest


# Seconds in which a scheduler that is there answers, over slow networks too.
PATIENCE = 10.0
# Tasks on the cluster per thread of it: enough that no worker waits for the client.
TASKS_PER_THREAD = 4
# Tasks on the cluster at least: workers may still be on their way.
LEAST_TASKS = 32
ADDRESS_CURE = "give an address such as 'tcp://127.0.0.1:8786', or None for the active distributed.Client"


@dataclass(frozen=True)
class Cluster(AbstractExecutor):
    """Tasks on the workers of a Dask scheduler.

    A task whose worker died is given to another worker, as often as the scheduler allows
    (``distributed.scheduler.allowed-failures``, 3 by default).

    Parameters
    ----------
    scheduler
        Address such as ``"tcp://10.0.0.1:8786"``; by default the active ``distributed.Client``.
    timeout
        Seconds to wait for the scheduler's first answer.
    """

    scheduler: str | None = None
    timeout: float = PATIENCE

    def __post_init__(self):
        if self.scheduler is not None:
            checks.instance("scheduler", self.scheduler, str, ADDRESS_CURE)
            _host_and_port(self.scheduler)
        checks.number("timeout", self.timeout, "give seconds, e.g. 10", above=0)

    @property
    def width(self) -> int:
        """Return the number of threads of all workers; at least 1, for a cluster still starting."""
        with self._client() as client:
            return _threads(client)

    def finished(self, function: Callable[..., Any], tasks: Iterable[Numbered]) -> Iterator[tuple[int, Any]]:
        """Yield results as they come.

        Raises
        ------
        BadInput
            If no scheduler answers, or a worker runs another version of this package.
        WorkersLost
            If the scheduler is gone, or too many workers died under one task.
        """
        with self._client() as client:
            yield from _finished(client, function, iter(tasks))

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """Yield the active client, or a new one that is closed afterwards."""
        distributed = _distributed()
        if self.scheduler is None:
            yield _active(distributed)
            return
        try:
            _knock(self.scheduler, self.timeout)
            client = distributed.Client(self.scheduler, timeout=self.timeout, set_as_default=False)
        except OSError as error:
            rule = f"no Dask scheduler answers there within {self.timeout:g} s"
            cure = "start one with `dask scheduler`, and give the address it prints"
            raise checks.refuse("scheduler", self.scheduler, rule, cure) from error
        with client:
            yield client


def _finished(
    client: Any, function: Callable[..., Any], tasks: Iterator[Numbered]
) -> Iterator[tuple[int, Any]]:
    """Keep a bounded number of tasks on the cluster, and yield results as they come."""
    from distributed import as_completed

    underway, room = as_completed(loop=client.loop, with_results=True), 1
    execute = partial(_on_worker, source_digest(), function)
    try:
        for done in count():
            if done % room == 0:
                # Workers come and go: what the cluster can take is asked again every so often.
                room = max(LEAST_TASKS, TASKS_PER_THREAD * _threads(client))
            if underway.count() <= room // 2:
                # Many at once: a message to the scheduler costs more than a small task in it.
                underway.update(client.map(execute, list(islice(tasks, room // 2)), pure=False))
            if underway.is_empty():
                return
            yield _next(client, underway)
    finally:
        client.cancel(list(underway.futures))


def _next(client: Any, underway: Any) -> tuple[int, Any]:
    from distributed import KilledWorker

    try:
        future, result = next(underway)
    except KilledWorker as error:
        raise WorkersLost(
            f"{error.allowed_failures + 1} workers died, one after the other, while executing one task, often "
            "for want of memory; give the workers more, or make the task smaller, and run again (with a store, "
            "what is finished is kept)"
        ) from error
    if future.status == "cancelled":
        raise WorkersLost(
            f"scheduler = {client.scheduler.address!r}: the connection is lost; start the cluster again, and run "
            "again (with a store, what is finished is kept)"
        )
    return result


def _on_worker(expected: str, function: Callable[..., Any], task: Numbered) -> tuple[int, Any]:
    """Execute a task, provided that this worker would compute what the client means."""
    if source_digest() != expected:
        raise BadInput(
            "a worker of the cluster runs another version of implicitbias: results would depend on the worker; "
            "install the same version everywhere and restart the workers"
        )
    return alone(function, task)


def _knock(address: str, timeout: float) -> None:
    """Open a connection and close it: a Dask client that finds nobody leaves threads behind."""
    socket.create_connection(_host_and_port(address), timeout).close()


def _host_and_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if parts.scheme not in ("tcp", "tls") or not host or not port:
        raise checks.refuse(
            "scheduler", address, "must read tcp://host:port or tls://host:port", ADDRESS_CURE
        )
    return host, port


def _threads(client: Any) -> int:
    return max(1, sum(client.nthreads().values()))


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise BadInput(
            "on = Cluster(…): needs the package distributed; pip install 'implicitbias[cluster]'"
        ) from error
    return distributed


def _active(distributed: Any) -> Any:
    try:
        return distributed.Client.current()
    except ValueError:
        raise BadInput(
            "scheduler = None: means the active distributed.Client, and there is none; make one, or give an "
            "address such as 'tcp://127.0.0.1:8786'"
        ) from None
