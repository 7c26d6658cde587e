"""The drift over SGD's: measured, by the slow SDE, and what a finite learning rate may add.

Displacements are divided by the one that SGD's slow SDE has in the same slow time. A second ensemble, with the same α
and about twice the learning rate, shows what is of first order in η: r = r_0 + cη gives r_0 and the allowance
|r − r_0| (Richardson).
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.errors import Diverged
from implicitbias.statistics import Moments, student_quantile
from paper_repro.claims import Measured, Observation, Predicted, Prediction, sampled_limit
from paper_repro.claims.verdict import Verdict
from paper_repro.classroom.valley.controls import Controls
from paper_repro.classroom.valley.courses import coarser, Course, course
from paper_repro.classroom.valley.slow import slow_paths, SlowPaths
from paper_repro.classroom.valley.walks import walk, Walk


# Of every interval on screen: of a hundred settings one may miss.
LEVEL = 0.01
# Mirrored pairs of slow paths, for the courses shown, and for the many α of a curve.
PAIRS, CURVE_PAIRS = 128, 16
RATIO = "drift over SGD's, η → 0"


@dataclass(frozen=True)
class Ratio:
    """A displacement over that of SGD's slow SDE: measured within an interval, and predicted."""

    measured: float
    error: float
    predicted: float


def slow_of(controls: Controls, own: list[Course]) -> SlowPaths:
    """Return the slow SDE of SGD and of courses with the same phases, a column each, SGD's first."""
    phases = [
        (own[0].slow_time, np.array([0.0, *(c.alphas[k] for c in own)])) for k in range(len(own[0].phases))
    ]
    workers = np.array([1.0, *(float(c.workers) for c in own)])
    ground, stream = controls.ground, Stream(controls.seed)
    return slow_paths(controls.closed, ground.start, phases, workers, controls.unit_batch, PAIRS, stream)


def ratio(found: Walk, unit: float, predicted: float) -> Ratio:
    """Return the mean displacement over ``unit``, SGD's by its slow SDE, with Student's half-width."""
    mean, error = mean_within(found.moved / unit)
    return Ratio(float(mean), float(error), float(predicted / unit))


def mean_within(values: Float[np.ndarray, "replica *shape"]) -> tuple[np.ndarray, np.ndarray]:
    """Return means over replicas with half-widths of the level on screen."""
    moments = Moments.of(values)
    quantile = student_quantile(LEVEL, moments.count - 1)
    return np.asarray(moments.mean), quantile * np.asarray(moments.standard_error)


def judged(controls: Controls, here: Ratio, replicas: int) -> Verdict | None:
    """Return whether the limit η → 0 of the ratio is the predicted one; None where a larger η is too long."""
    rough = coarser(controls)
    if rough is None:
        return None
    # The same α, also where a round of the coarser run is a single step.
    own = replace(course(rough, "local_sgd"), alphas=course(controls, "local_sgd").alphas)
    slow = slow_of(rough, [own])
    try:
        there = ratio(walk(rough, own, replicas), float(slow.moved[0]), float(slow.moved[1]))
    except Diverged:
        return None
    return sampled_limit(
        Observation({RATIO: _extrapolated(here, there, controls.lr, rough.lr)}),
        Prediction({RATIO: Predicted(here.predicted)}),
    )


def _extrapolated(here: Ratio, there: Ratio, lr: float, rough: float) -> Measured:
    """Return r_0 of r = r_0 + cη, through the excess over theory at two η."""
    share = lr / (rough - lr)
    excess, beyond = here.measured - here.predicted, there.measured - there.predicted
    step = share * (beyond - excess)
    error = np.hypot((1.0 + share) * here.error, share * there.error)
    return Measured(here.measured - step, float(error), abs(step))


def ratio_curve(
    controls: Controls, alphas: Float[np.ndarray, " alpha"], growth: float
) -> Float[np.ndarray, " alpha"]:
    """Return the ratio by the slow SDE against α at the start, which a halving of η multiplies by ``growth``."""
    c, parts = controls, controls.halvings + 1
    columns = np.concatenate([[0.0], alphas])
    phases = [(c.slow_time / parts, columns * growth**k) for k in range(parts)]
    workers = np.array([1.0, *np.full(len(alphas), float(c.workers))])
    found = slow_paths(
        c.closed, c.ground.start, phases, workers, c.unit_batch, CURVE_PAIRS, Stream(c.seed)
    ).moved
    return found[1:] / found[0]
