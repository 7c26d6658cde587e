"""A pure function on a sequence of tasks: results as they finish or in order, those of earlier runs first."""

from collections.abc import Callable, Generator, Iterator
from typing import Any, Protocol

from implicitbias.tasks.executor import AbstractExecutor, Numbered, Serial
from implicitbias.tasks.store import Store


# (arguments of a task) ↦ what is asked, as far as the result depends on it.
Question = Callable[..., Any]


class Tasks(Protocol):
    """Arguments of task after task: a list of tuples, or anything that makes them when asked."""

    def __len__(self) -> int:
        """Return the number of tasks."""
        ...

    def __getitem__(self, number: int, /) -> tuple[Any, ...]:
        """Return the arguments of a task."""
        ...


def finished(
    function: Callable[..., Any],
    tasks: Tasks,
    *,
    on: AbstractExecutor = Serial(),
    store: Store | None = None,
    question: Question | None = None,
) -> Generator[tuple[int, Any], None, None]:
    """Yield (k, function(*tasks[k])) as the tasks finish.

    With a store, results that are kept already come first, and every other one is kept by the process that
    computed it before it travels: whoever is killed then, it is not lost. Where that process does not see
    the folder (a worker without a shared file system), it is kept as it arrives.

    Parameters
    ----------
    function
        Of a task's arguments; its result depends on nothing else.
    tasks
        Arguments; read one by one, so they may be made when they are asked for.
    on
        Who executes them.
    store
        Where results are kept.
    question
        What the address of a result is made of, as a function of the task's arguments; by default the
        function and its arguments themselves.
    """
    if store is None:
        yield from on.finished(function, ((k, tasks[k]) for k in range(len(tasks))))
        return
    missing: dict[int, str] = {}
    for k in range(len(tasks)):
        address = _address(function, tasks[k], store, question)
        kept = store.get(address)
        if kept is None:
            missing[k] = address
        else:
            yield k, kept
    for k, result in on.finished(_kept, _asked(function, tasks, store, missing)):
        if not store.has(missing[k]) or store.fresh:
            store.put(missing[k], result)
        yield k, result


def in_order(
    function: Callable[..., Any],
    tasks: Tasks,
    *,
    on: AbstractExecutor = Serial(),
    store: Store | None = None,
    question: Question | None = None,
) -> Iterator[Any]:
    """Yield ``function(*task)`` for every task, in the order of the tasks; the arguments are those of ``finished``."""
    early: dict[int, Any] = {}
    following = 0
    for k, result in finished(function, tasks, on=on, store=store, question=question):
        early[k] = result
        while following in early:
            yield early.pop(following)
            following += 1


def _address(
    function: Callable[..., Any], task: tuple[Any, ...], store: Store, question: Question | None
) -> str:
    return store.address(function, task) if question is None else store.address(*question(*task))


def _asked(
    function: Callable[..., Any], tasks: Tasks, store: Store, missing: dict[int, str]
) -> Iterator[Numbered]:
    for k, address in missing.items():
        yield k, (function, tasks[k], store, address)


def _kept(function: Callable[..., Any], task: tuple[Any, ...], store: Store, address: str) -> Any:
    """Compute and keep a result, unless somebody did while this task was waiting or under way before."""
    kept = store.get(address)
    if kept is not None:
        return kept
    result = function(*task)
    if store.folder.exists():
        store.put(address, result)
    return result
