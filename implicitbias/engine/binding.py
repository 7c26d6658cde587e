"""A problem as the workers of a method see it."""

from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractNoisyProblem, AbstractProblem


def bound(problem: AbstractProblem, method: LocalMethod) -> AbstractProblem:
    """Return the problem with the method's workers, if it leaves their number open; itself if it brings its own."""
    if isinstance(problem, AbstractNoisyProblem):
        return problem.for_workers(method.workers or problem.workers)
    return problem
