"""Is the integrator fine enough? The same paths once more at half the step."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.engine.recorder import Observable
from implicitbias.engine.trace import Trace
from implicitbias.statistics import CATALOGUE_LEVEL, Interval, mean_interval
from implicitbias.stream import Stream
from sde.brownian import BrownianPath
from sde.equations import SDE, SymbolicSDE
from sde.integrate import integrate
from sde.schemes import AbstractScheme, EulerMaruyama


class HalfStep(NamedTuple):
    """E g(Y^{Δ/2}) − E g(Y^Δ) from shared paths, and both expectations; intervals of the level asked for."""

    difference: Interval
    fine: Interval
    coarse: Interval

    @property
    def integrator_error(self) -> float:
        """The largest |E g(Y^{Δ/2}) − E g(Y^Δ)| that the interval allows.

        To leading order the error of Y^{Δ/2} is 1/(2^p − 1) of it, p the weak order: never more.
        """
        return max(abs(self.difference.low), abs(self.difference.high))


def half_step(
    sde: SDE | SymbolicSDE,
    t1: float,
    dt: float,
    g: Observable,
    *,
    start: Float[np.ndarray, "..."],
    replicas: int,
    stream: Stream,
    scheme: AbstractScheme | None = None,
    level: float = CATALOGUE_LEVEL,
) -> HalfStep:
    """Compare steps Δ and Δ/2 on the same Brownian paths: what moves is the integrator, not the theorem.

    Parameters
    ----------
    sde, t1, dt, start, scheme
        As in ``integrate``; Δ = dt is the coarse step.
    g
        Test function, (replica, dim) ↦ (replica,).
    replicas
        Paths, at least 2.
    stream
        Source of the increments.
    level
        Probability that an interval misses its expectation.

    Raises
    ------
    BadInput
        As ``integrate`` does, or if g is not scalar.
    """
    checks.integer("replicas", replicas, 2, "an interval needs a spread")
    sde = sde.compile() if isinstance(sde, SymbolicSDE) else sde
    law = (scheme or EulerMaruyama()).increments
    fine = BrownianPath(
        stream, 0.5 * checks.number("dt", dt, "give the coarse step", above=0), sde.noises, law
    )
    paths = (fine, fine.coarsened(single_difference=True))
    runs = [
        integrate(
            sde,
            t1,
            p.dt,
            start=start,
            replicas=replicas,
            scheme=scheme,
            path=p,
            observe={"g": g},
            progress=False,
        )
        for p in paths
    ]
    half, whole = (_end(run) for run in runs)
    return HalfStep(*(mean_interval(sample, level) for sample in (half - whole, half, whole)))


def _end(trace: Trace) -> Float[np.ndarray, " replica"]:
    values = np.asarray(trace.extras["g"])[:, -1]
    if values.ndim != 1:
        raise checks.refuse(
            "g", values.shape, "must map (replica, dim) to (replica,)", "take one entry, x[:, 0]"
        )
    return values
