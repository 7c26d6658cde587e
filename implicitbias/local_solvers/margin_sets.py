"""The polyhedron C_m = {u : x·u ≥ 1 for all x of worker m}, where local work without end leads."""

from implicitbias.errors import BadInput, NotSeparable
from implicitbias.local_solvers.per_worker import per_worker
from implicitbias.losses import PolynomialTail
from implicitbias.oracle import MarginSet
from implicitbias.oracle.separability import require_separable
from implicitbias.problems import LinearClassification


@per_worker
def margin_set(problem: LinearClassification, worker: int) -> MarginSet:
    """Return C_m, having checked that it is what local work tends to.

    Parameters
    ----------
    problem
        Linear classification with an exponential tail and no ridge.
    worker
        m.

    Raises
    ------
    BadInput
        If the limit of local work is not governed by C_m: a ridge, or a polynomial tail.
    NotSeparable
        If C_m is empty.
    """
    if problem.l2 > 0:
        raise BadInput(
            f"l2 = {problem.l2:g}: with a ridge, long local work ends at the worker's minimiser, not on C_m; "
            "use l2=0, or Proximal(λ), which takes the ridge into account"
        )
    if isinstance(problem.loss_function, PolynomialTail):
        raise BadInput(
            f"loss = {problem.loss_function!r}: a polynomial tail does not push margins to a common level; "
            "Projection() and Sweeping() need Exponential() or Logistic()"
        )
    try:
        require_separable(problem.local_signed[worker])
    except NotSeparable as reason:
        raise NotSeparable(
            f"worker {worker}: C_m = {{u : x·u ≥ 1}} is empty; {reason}; "
            "or use Proximal(λ), which needs no separator"
        ) from reason
    return MarginSet(problem.local_signed[worker])
