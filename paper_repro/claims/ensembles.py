"""Ensembles on landscapes: how many rounds a slow time takes, and means with the half-widths that a claim may use."""

import numpy as np
from jaxtyping import Float

from implicitbias import LocalMethod, RecordAt, RunSpec, Stream
from implicitbias.errors import BadInput
from implicitbias.statistics import Moments, student_quantile
from paper_repro.claims.level import share_of_level
from paper_repro.claims.observation import Curve, Measured
from sde.comparison import estimate, extrapolated
from sde.landscapes import Landscape


# A slow time that is no whole number of rounds would end another time than it says; rounding of η²H is no reason.
WHOLE = 1e-6


def rounds_for(method: LocalMethod, slow_time: float) -> int:
    """Return the number of rounds that take a slow time η²·steps.

    Raises
    ------
    BadInput
        If it is not whole.
    """
    per_round = method.first_lr**2 * max(method.steps(method.workers or 1, 0))
    rounds = slow_time / per_round
    if abs(rounds - round(rounds)) > WHOLE * max(1.0, rounds):
        raise BadInput(
            f"slow_time = {slow_time:g}: is {rounds:.6g} rounds of η²H = {per_round:.3g}; take a multiple of it"
        )
    return int(round(rounds))


def ensemble(
    landscape: Landscape,
    method: LocalMethod,
    slow_time: float,
    start: Float[np.ndarray, " dim"],
    replicas: int,
    stream: Stream,
    record: RecordAt = RecordAt.last(),
) -> RunSpec:
    """Return the run of many replicas from one point for a slow time."""
    point = tuple(float(x) for x in start)
    return RunSpec(landscape, method, rounds_for(method, slow_time), record, point, replicas, stream)


def mean_of(values: Float[np.ndarray, " replica"], comparisons: int = 1) -> Measured:
    """Return the mean over replicas, with Student's half-width at the claim's share of the catalogue's level.

    Parameters
    ----------
    values
        One number per replica.
    comparisons
        How many intervals decide the claim.
    """
    moments = Moments.of(values)
    quantile = student_quantile(share_of_level(comparisons), moments.count - 1)
    return Measured(float(moments.mean), float(quantile * moments.standard_error))


def mean_curve(
    times: Float[np.ndarray, " record"],
    values: Float[np.ndarray, "replica record"],
    label: str,
    method: str,
    comparisons: int = 1,
) -> Curve:
    """Return means over replicas, record by record, with the intervals of ``mean_of``."""
    means = [mean_of(column, comparisons) for column in values.T]
    value, width = (np.array([getattr(m, part) for m in means]) for part in ("value", "error"))
    return Curve(times, value, label, method=method, low=value - width, high=value + width)


def limit_of(
    coarse: Float[np.ndarray, "replica *shape"],
    fine: Float[np.ndarray, "replica *shape"],
    comparisons: int = 1,
) -> Measured:
    """Return the limit η → 0 of means from independent runs at η and η/2: 2E_{η/2} − E_η, allowance |E_η − E_{η/2}|.

    Parameters
    ----------
    coarse, fine
        Values at η and at η/2, one row per replica.
    comparisons
        How many intervals decide the claim; each entry of these values is one.
    """
    shape = np.shape(coarse)[1:]
    found = extrapolated(*(estimate(np.reshape(values, (len(values), -1))) for values in (coarse, fine)))
    quantile = student_quantile(share_of_level(comparisons), found.limit.degrees)
    parts = found.limit.mean, quantile * found.limit.standard_error, found.allowance
    return Measured(*(part.reshape(shape) for part in parts))
