"""The flow from a model of one's own, as it is or altered: for comparisons with the rounds that it should follow."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.continuation._flow import flow_of, LogTimeFlow
from implicitbias.continuation._integrate import integrate
from implicitbias.continuation._request import check_request, requested_times
from implicitbias.continuation._span import span_of
from implicitbias.engine.progress import Silent
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import LinearClassification


def as_it_is(flow: LogTimeFlow) -> LogTimeFlow:
    """Return the flow unaltered."""
    return flow


def follow(
    problem: LinearClassification,
    method: LocalMethod,
    w: Float[np.ndarray, " dim"],
    start: float,
    log_time: Float[np.ndarray, " record"],
    *,
    order: int = 2,
    rtol: float = 1e-10,
    alter: Callable[[LogTimeFlow], LogTimeFlow] = as_it_is,
) -> Float[np.ndarray, "record dim"]:
    """Return ρ = w − ŵτ along the flow, from the model ``w`` at τ = ``start``.

    Nothing is checked but the description: whether the rounds follow the flow, from there, is the caller's question.

    Parameters
    ----------
    problem, method, order, rtol
        As for ``fast_forward``.
    w, start
        Where the flow starts.
    log_time
        The τ wanted, increasing, beyond ``start``.
    alter
        Another flow for the one of the method, such as ``lambda flow: dataclasses.replace(flow, weights=…)``.

    Raises
    ------
    BadInput
        As ``fast_forward``; or if ``w`` is no vector of the problem's dimension, or a time lies before the start.
    NotSeparable, NotCertified
        From the oracle, or if the integrator gives up.
    """
    check_request(problem, method, "auto", order, rtol)
    times, at = requested_times(log_time), checks.real_array("w", w, "give the model at the start")
    if at.shape != (problem.dim,):
        raise BadInput(f"w of shape {at.shape}: must be one vector, of shape ({problem.dim},)")
    if not start < times[0]:
        raise BadInput(f"start = {start:g}: must lie before all of log_time, from {times[0]:g} on")
    span = span_of(problem, method)
    flow = alter(flow_of(problem, method, span, order))
    rho = span.down(at) - start * span.separator
    path = integrate(flow, span.support_rank, rho, start, times, rtol, Silent())
    return span.up(path) + span.outside(at)
