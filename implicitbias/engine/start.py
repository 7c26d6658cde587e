"""The state a run starts from."""

import dataclasses

import numpy as np
from jaxtyping import Float

from implicitbias.engine.state import initial_state, State
from implicitbias.engine.trace import Trace
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem


# Named arrays of a state that carry a replica axis first.
_REPLICA_ARRAYS = ("w", "local", "replicas", "velocity", "scaling", "controls", "server", "pending", "anchor")


def first_state(
    problem: AbstractProblem,
    method: LocalMethod,
    start: Float[np.ndarray, "..."] | State | Trace | None,
    replicas: int,
) -> State:
    """Return the state that ``start`` describes: a vector, a state, or the end of a trace.

    Raises
    ------
    BadInput
        If the shapes do not fit, or a trace has no final state or belongs to another problem.
    """
    if not isinstance(start, Trace | State):
        return initial_state(problem, method, start, np.arange(replicas))
    if isinstance(start, Trace):
        start = _end_of(start, problem)
    if start.w.shape[1] != problem.dim or start.local.shape[1] != problem.workers:
        raise BadInput(
            f"start has d = {start.w.shape[1]}, M = {start.local.shape[1]}: the problem has "
            f"d = {problem.dim}, M = {problem.workers}; start from a vector instead"
        )
    if replicas not in (1, len(start.w)):
        raise BadInput(
            f"replicas = {replicas}: start holds {len(start.w)}; leave replicas out to go on with them"
        )
    return _with_axes(problem, method, start)


def replica_rows(state: State, low: int, high: int) -> State:
    """Return the state of replicas low … high − 1."""
    arrays = {name: getattr(state, name) for name in _REPLICA_ARRAYS}
    return dataclasses.replace(state, **{n: a[low:high] for n, a in arrays.items() if a is not None})


def _end_of(trace: Trace, problem: AbstractProblem) -> State:
    if trace.final is None:
        raise BadInput(
            "start is a trace without a final state: its replicas were reduced (run again without reduce), or it was "
            "continued in log-time (go on with fast_forward(…, start=trace))"
        )
    if trace.fingerprint != problem.fingerprint:
        raise BadInput(
            "start is a trace of another problem: start from its last vector, start=trace.w[:, -1]"
        )
    return trace.final


def _with_axes(problem: AbstractProblem, method: LocalMethod, state: State) -> State:
    """Return the state with the arrays this method needs: kept where the state has them, fresh elsewhere."""
    fresh = initial_state(problem, method, state.w, state.replicas)
    kept = {}
    for name in ("velocity", "controls", "server", "pending", "anchor"):
        wanted, had = getattr(fresh, name), getattr(state, name)
        kept[name] = had if wanted is not None and had is not None and had.shape == wanted.shape else wanted
    if _same_memory(fresh, state):
        kept |= {"scaling": state.scaling, "refreshes": state.refreshes}
    return dataclasses.replace(fresh, local=state.local, clock=state.clock, **kept)


def _same_memory(fresh: State, state: State) -> bool:
    """Whether the state brings an adaptive D of the scope that the method wants."""
    if fresh.refreshes is None or state.refreshes is None:
        return False
    return fresh.refreshes.shape == state.refreshes.shape
