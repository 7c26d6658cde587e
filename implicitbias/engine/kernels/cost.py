"""Multiply–adds of a round in each form: the cheaper one runs."""

import numpy as np

from implicitbias.engine.kernels.packing import pad
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem


# Folding may cost this share of a round, averaged over the period …
FOLD_SHARE = 0.05
# … but coefficients may not grow for longer than this: where they cancel, digits go with their size.
LONGEST_PERIOD = 256
# A packed array may hold this many doubles (1 GiB).
MOST_DOUBLES = 2**27


def round_cost(form: str, problem: AbstractProblem, method: LocalMethod) -> float:
    """Return the multiply–adds of one round of one replica."""
    dim, steps = problem.dim, np.array(method.steps(problem.workers, 0))
    if form == "hessians":
        return float(steps.sum() * dim * dim)
    sizes: np.ndarray = getattr(problem, "sizes")  # noqa: B009  # pyright: AbstractProblem has no samples
    used = sizes if method.batch is None else np.minimum(sizes, int(method.batch))
    if form == "weights":
        return float((2 * steps * used * dim).sum() + problem.workers * dim)
    velocities = 2 if method.momentum else 1
    return float(((steps - 1) * used * sizes).sum() + velocities * sizes.sum() * pad(int(sizes.sum())))


def fits(form: str, problem: AbstractProblem) -> bool:
    """Return whether the form's packed arrays stay below ``MOST_DOUBLES``."""
    sizes = np.asarray(getattr(problem, "sizes", [problem.dim] * problem.workers))
    if form == "gram":
        return len(problem.assignment) * pad(len(problem.assignment)) <= MOST_DOUBLES
    return problem.workers * problem.dim * pad(int(sizes.max())) <= MOST_DOUBLES


def fold_period(form: str, problem: AbstractProblem, method: LocalMethod) -> int:
    """Return how many rounds the coefficients of the Gram form grow before they are folded into w."""
    samples = len(getattr(problem, "assignment", ()))
    folding = 2.0 * samples * problem.dim
    return int(np.clip(folding / (FOLD_SHARE * round_cost(form, problem, method)), 1, LONGEST_PERIOD))
