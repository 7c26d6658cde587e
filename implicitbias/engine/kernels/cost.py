"""Multiply–adds of a round in each form: the cheaper one runs."""

import numpy as np
from jaxtyping import Int

from implicitbias.engine.kernels.packing import pad
from implicitbias.methods import Adaptive, LocalMethod
from implicitbias.problems import AbstractProblem


# Folding may cost this share of a round, averaged over the period …
FOLD_SHARE = 0.05
# … but coefficients may not grow for longer than this: where they cancel, digits go with their size.
LONGEST_PERIOD = 256
# In small problems a fold costs more than its operations.
SHORTEST_PERIOD = 32
# A packed array may hold this many doubles (1 GiB).
MOST_DOUBLES = 2**27
# Summing over the lanes of a register at the end of a dot product takes as long as this many multiply–adds.
DOT_END = 16
# In registers full of runs a multiply–add takes this many times less than in the loops of one run.
LANE_GAIN = 4.0


def lane_cost(sizes: Int[np.ndarray, " worker"], steps: Int[np.ndarray, " worker"]) -> float:
    """Return the multiply–adds of one round of one run among many: no vector is padded, all pushes are dense."""
    return float(((steps - 1) * sizes**2).sum() + sizes.sum() ** 2)


def round_cost(form: str, problem: AbstractProblem, method: LocalMethod) -> float:
    """Return the multiply–adds of one round of one replica."""
    dim, steps = problem.dim, np.array(method.steps(problem.workers, 0))
    if form.startswith("scaled-"):
        return _scaled_cost(form, problem, method)
    if form == "hessians":
        return float(steps.sum() * dim * (pad(dim) + DOT_END))
    sizes = _sizes(problem)
    if form == "gram-batch":
        return lane_cost(sizes, steps) / LANE_GAIN
    if form == "weights" and method.batch is None:
        return float((steps * dim * (2 * _padded(sizes) + DOT_END)).sum())
    drawn = sizes if method.batch is None else np.full_like(sizes, int(method.batch))
    if form == "weights":
        return float((steps * drawn * (2 * dim + DOT_END)).sum())
    total, velocities = int(sizes.sum()), 2 if method.momentum else 1
    return float(((steps - 1) * drawn * _padded(sizes)).sum() + velocities * total * pad(total))


def _scaled_cost(form: str, problem: AbstractProblem, method: LocalMethod) -> float:
    """Return the multiply–adds of a round with an adaptive scaling, curvature samples included."""
    assert isinstance(method.scaling, Adaptive)
    own, sizes = method.scaling.refresh == "step", _sizes(problem)
    plain = form.removeprefix("scaled-")
    if plain != "gram":
        # A sample costs what a step does, and is taken with every step or once in a round.
        cost = round_cost(plain, problem, method)
        return 2.0 * cost if own else cost * (1.0 + 1.0 / max(method.steps(problem.workers, 0)))
    local = _padded(sizes)
    drawn = sizes if method.batch is None else np.full_like(sizes, int(method.batch))
    ends = problem.dim * (local + sizes + drawn).sum()
    rebuilt = problem.dim * (sizes * local).sum() / float(method.scaling.refresh)
    return float(rebuilt + ends + (np.array(method.steps(problem.workers, 0)) * drawn * local).sum())


def fits(form: str, problem: AbstractProblem) -> bool:
    """Return whether the form's packed arrays stay below ``MOST_DOUBLES``."""
    sizes = _sizes(problem)
    total, longest = int(sizes.sum()), pad(int(sizes.max()))
    doubles = (
        total * pad(total) if form in ("gram", "gram-batch") else problem.workers * problem.dim * longest
    )
    return doubles <= MOST_DOUBLES


def fold_period(form: str, problem: AbstractProblem, method: LocalMethod) -> int:
    """Return how many rounds the coefficients of the Gram form grow before they are folded into w."""
    folding = 2.0 * int(_sizes(problem).sum()) * problem.dim
    return int(
        np.clip(folding / (FOLD_SHARE * round_cost(form, problem, method)), SHORTEST_PERIOD, LONGEST_PERIOD)
    )


def _sizes(problem: AbstractProblem) -> Int[np.ndarray, " worker"]:
    """Return samples per worker; a quadratic counts as one sample per dimension, the rows of its Hessian."""
    return np.asarray(getattr(problem, "sizes", [problem.dim] * problem.workers))


def _padded(sizes: Int[np.ndarray, " worker"]) -> Int[np.ndarray, " worker"]:
    return np.array([pad(int(n)) for n in sizes])
