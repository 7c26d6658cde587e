"""Where tasks are executed: what every executor offers, and the simplest one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from implicitbias.tasks.threads import one_thread


# A task with its number: (k, arguments) ↦ (k, function(*arguments)).
Numbered = tuple[int, tuple[Any, ...]]


class AbstractExecutor(ABC):
    """Executes a pure function on a sequence of tasks; results depend on the tasks alone."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many tasks are executed at the same time."""

    @abstractmethod
    def finished(self, function: Callable[..., Any], tasks: Iterable[Numbered]) -> Iterator[tuple[int, Any]]:
        """Yield (k, function(*arguments)) as the tasks finish, each with one BLAS thread.

        Tasks are taken from the iterable a few ahead of the results, so that memory does not grow with their
        number. An exception of a task ends the iteration and is raised.
        """


@dataclass(frozen=True)
class Serial(AbstractExecutor):
    """One task after the other, in this process."""

    @property
    def width(self) -> int:
        """Return 1."""
        return 1

    def finished(self, function: Callable[..., Any], tasks: Iterable[Numbered]) -> Iterator[tuple[int, Any]]:
        """Yield results in the order of the tasks."""
        for task in tasks:
            yield alone(function, task)


def alone(function: Callable[..., Any], task: Numbered) -> tuple[int, Any]:
    """Return the number and the result of one task, executed with one BLAS thread."""
    number, arguments = task
    with one_thread():
        return number, function(*arguments)
