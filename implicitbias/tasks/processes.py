"""Tasks on the processes of one machine, by joblib; or on whatever joblib is configured for."""

import os
import signal
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from implicitbias import checks
from implicitbias.errors import WorkersLost
from implicitbias.tasks.executor import AbstractExecutor, alone, Numbered, Serial


@dataclass(frozen=True)
class Processes(AbstractExecutor):
    """Tasks on ``jobs`` processes.

    Parameters
    ----------
    jobs
        Number of processes; by default what ``joblib.parallel_config(n_jobs=…)`` says, else one per core.
        The backend, too, is the one that ``joblib.parallel_config`` has made active, if any.

    Raises
    ------
    BadInput
        Unless ``jobs`` is an integer ≥ 1.
    """

    jobs: int | None = None

    def __post_init__(self):
        if self.jobs is not None:
            checks.integer(
                "jobs", self.jobs, 1, "give a number of processes, or leave it out for one per core"
            )

    @property
    def width(self) -> int:
        """Return the number of processes."""
        if self.jobs is not None:
            return self.jobs
        from joblib import effective_n_jobs

        # joblib says 1 where nobody configured it.
        return configured if (configured := effective_n_jobs()) > 1 else os.cpu_count() or 1

    def finished(self, function: Callable[..., Any], tasks: Iterable[Numbered]) -> Iterator[tuple[int, Any]]:
        """Yield results as they come.

        Raises
        ------
        WorkersLost
            If a process was killed.
        """
        from joblib import delayed, Parallel
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        tasks = iter(tasks)
        first = list(islice(tasks, 2))
        if len(first) < 2:
            # A process would take longer to start than most tasks take.
            yield from Serial().finished(function, first)
            return
        pool: Any = Parallel(n_jobs=self.width, return_as="generator_unordered")
        with _deaf_children():
            results = pool(delayed(_elsewhere)(os.getpid(), function, task) for task in chain(first, tasks))
        try:
            yield from _leaving(results)
        except (TerminatedWorkerError, OSError) as error:
            if _while_interrupted(error):
                raise KeyboardInterrupt from error
            if not isinstance(error, TerminatedWorkerError):
                raise
            raise WorkersLost(
                f"jobs = {self.width}: a process was killed, often for want of memory; run again with fewer "
                "processes (with a store, what is finished is kept)"
            ) from error


def on_this_machine(jobs: int) -> AbstractExecutor:
    """Return the executor of a number of processes; one is this process."""
    return Serial() if jobs == 1 else Processes(jobs)


def _elsewhere(client: int, function: Callable[..., Any], task: Numbered) -> tuple[int, Any]:
    """Execute a task; a process made for that ignores Ctrl-C: a terminal sends it to all, and the client answers."""
    if os.getpid() != client and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return alone(function, task)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Start processes and threads that Ctrl-C does not reach, not even while they start: they inherit the mask."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _while_interrupted(error: BaseException | None) -> bool:
    """Return whether an error of a closing pool came up on the way out of a Ctrl-C, which it must not hide."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _leaving(results: Generator[Any, None, None]) -> Generator[Any, None, None]:
    """Pass results on, and let the reader leave early without joblib's advice against it."""
    try:
        # Not `yield from`: that would close joblib's generator before the warning is silenced.
        for result in results:  # noqa: UP028
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*tasks", category=UserWarning)
            results.close()
