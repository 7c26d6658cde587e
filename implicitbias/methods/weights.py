"""The weights with which workers enter an average."""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.methods.axes import Average
from implicitbias.methods.local_method import LocalMethod
from implicitbias.problems import AbstractProblem, AbstractSampledProblem


def worker_weights(problem: AbstractProblem, method: LocalMethod) -> Float[np.ndarray, " worker"]:
    """Return p_m, which sum to 1: 1/M each, in proportion to n_m, or to the numbers given.

    Raises
    ------
    BadInput
        If there is not one per worker, or samples are to weigh and there are none.
    """
    weights = method.aggregation.weights if isinstance(method.aggregation, Average) else None
    if weights is None:
        return np.full(problem.workers, 1.0 / problem.workers)
    if isinstance(weights, str):
        if not isinstance(problem, AbstractSampledProblem):
            raise BadInput(
                f"weights = {weights!r}: {problem!r} has no samples to count; give weights=None, or one per worker"
            )
        return problem.sizes / problem.sizes.sum()
    if len(weights) != problem.workers:
        raise BadInput(
            f"weights = {weights}: needs one for each of the M = {problem.workers} workers; None is 1/M each"
        )
    return np.array(weights) / sum(weights)
