"""What is prepared once per worker of a problem and used in every round."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from implicitbias.problems import AbstractProblem


Problem = TypeVar("Problem", bound=AbstractProblem)
Prepared = TypeVar("Prepared")


def per_worker(prepare: Callable[[Problem, int], Prepared]) -> Callable[[Problem, int], Prepared]:
    """Remember ``prepare(problem, worker)`` for as long as the problem lives.

    Problems are equal when their content is, so two copies of one data set share what was prepared. What is
    remembered must not refer to the problem itself, or the problem never dies.
    """
    remembered: WeakKeyDictionary[AbstractProblem, dict[int, Prepared]] = WeakKeyDictionary()

    @wraps(prepare)
    def prepared(problem: Problem, worker: int) -> Prepared:
        of_problem = remembered.setdefault(problem, {})
        if worker not in of_problem:
            of_problem[worker] = prepare(problem, worker)
        return of_problem[worker]

    return prepared
