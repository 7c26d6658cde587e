"""The same tasks in the same order, on one process or several: results do not depend on their number."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any


def in_order(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], jobs: int) -> Iterator[Any]:
    """Yield ``function(*task)`` for every task, in the order of the tasks."""
    if jobs == 1 or len(tasks) < 2:
        for task in tasks:
            yield _alone(function, task)
        return
    from joblib import delayed, Parallel

    pool = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="all")
    yield from pool(delayed(_alone)(function, task) for task in tasks)


def _alone(function: Callable[..., Any], task: tuple[Any, ...]) -> Any:
    """Run one task with one BLAS thread, so that sums are added in one order."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return function(*task)
