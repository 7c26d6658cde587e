"""Inside a round: the workers' models before they are averaged, and how far they disagree."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from implicitbias import checks, RecordAt, run, Trace
from implicitbias.methods import LocalMethod
from implicitbias.stream import Stream
from sde.landscapes import Landscape


def within_round(
    landscape: Landscape, method: LocalMethod, trace: Trace, stream: Stream, steps: Sequence[int]
) -> Float[np.ndarray, "step replica worker dim"]:
    """Return the workers' models k local steps into the round after the end of a trace.

    Parameters
    ----------
    landscape, method, stream
        Those of the trace: noise has an address for every step, so that these are the steps its next round would take.
    trace
        A run that kept its replicas.
    steps
        k ≥ 0, each counted from the averaging.

    Raises
    ------
    BadInput
        For a negative k, and as ``run``.
    """
    return np.stack([_after(landscape, method, trace, stream, k) for k in steps])


def _after(
    landscape: Landscape, method: LocalMethod, trace: Trace, stream: Stream, steps: int
) -> Float[np.ndarray, "replica worker dim"]:
    if checks.integer("steps", steps, 0, "count local steps from the averaging") == 0:
        workers = method.workers or landscape.workers
        return np.repeat(trace.w[:, -1, None], workers, axis=1)
    part = replace(method, local_steps=steps)
    ended = run(landscape, part, 1, start=trace, record=RecordAt.last(), stream=stream, progress=False)
    assert ended.final is not None
    return ended.final.local


def disagreement_matrix(
    local: Float[np.ndarray, "*batch worker dim"],
) -> Float[np.ndarray, "*batch dim dim"]:
    """Return C = (1/M) Σ_m (θ_m − θ̄)(θ_m − θ̄)ᵀ."""
    apart = local - local.mean(axis=-2, keepdims=True)
    return apart.swapaxes(-1, -2) @ apart / local.shape[-2]
