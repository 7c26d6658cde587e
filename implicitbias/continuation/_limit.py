"""Where ρ tends: w̃ in the span of the support vectors, and what the history left outside it."""

import numpy as np
from jaxtyping import Float

from implicitbias.continuation._flow import LogTimeFlow, worker_factors
from implicitbias.continuation._integrate import integrate
from implicitbias.continuation._span import Span
from implicitbias.engine.progress import Silent
from implicitbias.methods import LocalMethod
from implicitbias.oracle import residual_limit
from implicitbias.oracle.signed_rows import SignedRows
from implicitbias.problems import LinearClassification


# Log-time by which every sample with a decided slack, > 1e-9, is gone; beyond any that can be asked for.
AT_REST = 1e13


def limit_of(
    problem: LinearClassification,
    method: LocalMethod,
    span: Span,
    flow: LogTimeFlow,
    rho: Float[np.ndarray, "replica span"],
    time: float,
    rtol: float,
) -> Float[np.ndarray, "replica dim"] | None:
    """Return lim ρ within span{x_i}, from ρ at ``time``; ``None`` if there is none or it is not known."""
    if not span.svm.nondegenerate or len(span.svm.undecided):
        return None
    shares, _ = worker_factors(problem, method)
    effective = SignedRows(span.svm.signed, problem.sample_weights * shares[problem.assignment])
    inside = residual_limit(effective, span.svm) @ span.basis
    limits = np.tile(inside, (len(rho), 1))
    if rho.shape[1] > span.support_rank:
        ends = [integrate(flow, span.support_rank, r, time, np.array([AT_REST]), rtol, Silent()) for r in rho]
        if not all(len(end) for end in ends):
            # Stopped from the keyboard: the records are there, the limit is not.
            return None
        limits[:, span.support_rank :] = np.concatenate(ends)[:, span.support_rank :]
    return span.up(limits)
