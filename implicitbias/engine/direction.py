"""The direction of a local step before it is scaled."""

import numpy as np
from jaxtyping import Float

from implicitbias.engine.draws import Batch
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractNoisyProblem, AbstractProblem, LinearClassification


def direction(
    problem: AbstractProblem,
    method: LocalMethod,
    w: Float[np.ndarray, "replica dim"],
    worker: int,
    batch: Batch,
) -> Float[np.ndarray, "replica dim"]:
    """Return g: ∇f_m(w), its mean over a mini-batch, ∇f_m + Aξ/√B, or ∇log f_m where the rate is normalised."""
    if method.normalised:
        return check_normalised(problem, method).worker_log_gradient(w, worker)
    if isinstance(problem, AbstractNoisyProblem) and batch is not None:
        return problem.noisy_gradient(w, batch, worker)
    return problem.worker_gradient(w, worker, batch)


def check_normalised(problem: AbstractProblem, method: LocalMethod) -> LinearClassification:
    """Return the problem of a method with a normalised learning rate, or refuse it."""
    if not isinstance(problem, LinearClassification):
        raise BadInput(
            f"lr = {method.lr!r}: divides by a loss known in logarithms with its gradient, and that of {problem!r} "
            "vanishes at a minimiser, or is not known so; give a number, or a LinearClassification"
        )
    return problem
