"""Strong orders from shared Brownian paths: how far a step and two half-steps end apart."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from implicitbias.statistics import CATALOGUE_LEVEL, fit_order, Moments, NoisyRate, Rate
from implicitbias.stream import Stream
from sde.brownian import BrownianPath
from sde.equations import SDE
from sde.integrate import integrate
from sde.schemes import AbstractScheme


TIME = 1.0
STEPS = (8, 16, 32, 64, 128)


class StrongErrors(NamedTuple):
    """Root mean squares with their standard errors, one for each number of steps."""

    values: Float[np.ndarray, " step"]
    standard_errors: Float[np.ndarray, " step"]


def strong_order(
    scheme: AbstractScheme,
    sde: SDE,
    start: Float[np.ndarray, " dim"],
    *,
    steps: Sequence[int] = STEPS,
    replicas: int,
    stream: Stream,
    level: float = CATALOGUE_LEVEL,
) -> Rate | NoisyRate:
    """Return the order of the strong error in Δ, with Student's interval.

    The arguments are those of `strong_errors`; ``level`` is the chance that the interval misses the order.
    """
    errors = strong_errors(scheme, sde, start, steps=steps, replicas=replicas, stream=stream)
    return fit_order(TIME / np.array(steps, dtype=np.float64), *errors, level)


def strong_errors(
    scheme: AbstractScheme,
    sde: SDE,
    start: Float[np.ndarray, " dim"],
    *,
    steps: Sequence[int] = STEPS,
    replicas: int,
    stream: Stream,
) -> StrongErrors:
    """Return (E|Y^Δ − Y^{Δ/2}|²)^½ at t = 1: if |Y^Δ − X| = CΔ^p, it is of the same order Δ^p.

    Each Δ has paths of its own, so that the errors are independent.

    Parameters
    ----------
    scheme, sde, start
        What is measured, on which equation, from where.
    steps
        Numbers of steps up to t = 1.
    replicas
        Paths for each.
    stream
        Source of the increments.

    Raises
    ------
    BadInput
        If the scheme does not take the equation, or its increments follow no path.
    """
    squares = [
        Moments.of(_squares(scheme, sde, start, n, replicas, stream.child(f"{n} steps"))) for n in steps
    ]
    means = np.array([float(m.mean) for m in squares])
    spread = np.array([float(m.standard_error) for m in squares])
    return StrongErrors(np.sqrt(means), 0.5 * spread / np.sqrt(means))


def _squares(
    scheme: AbstractScheme, sde: SDE, start: np.ndarray, steps: int, replicas: int, stream: Stream
) -> Float[np.ndarray, " replica"]:
    fine = BrownianPath(stream, 0.5 * TIME / steps, sde.noises, scheme.increments)
    ends = [
        integrate(
            sde, TIME, path.dt, start=start, replicas=replicas, scheme=scheme, path=path, progress=False
        ).w[:, -1]
        for path in (fine, fine.coarsened())
    ]
    return ((ends[0] - ends[1]) ** 2).sum(axis=1)
