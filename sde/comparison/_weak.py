"""Weak errors E g(algorithm) − E g(reference) over a family of test functions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.statistics import Interval, Moments
from sde.comparison._compared import allowed_intervals, Compared, Values
from sde.comparison._estimate import controlled, Estimate, estimate
from sde.comparison._estimate import Values as Sampled


@dataclass(frozen=True, eq=False)
class WeakError:
    """Weak errors of several test functions.

    Attributes
    ----------
    errors
        Estimates of E g − reference, with standard errors.
    intervals
        Simultaneous intervals of them.
    """

    errors: Estimate
    intervals: tuple[Interval, ...]

    __repr__ = in_brief

    @property
    def largest(self) -> float:
        """Largest |error| compatible with the measurement, over all test functions."""
        return max(max(abs(i.low), abs(i.high)) for i in self.intervals)

    def compare(self, prediction: Values = 0.0, *, allowance: Values = 0.0) -> Compared:
        """Compare the errors with a predicted error (none by default), give or take an allowance."""
        names = self.errors.names
        allowed = allowed_intervals(names, prediction, allowance)
        return Compared(names, self.intervals, allowed, self.errors.degrees + 1)


def weak_error(
    values: Mapping[str, Sampled],
    reference: Mapping[str, float],
    level: float,
    *,
    controls: Float[np.ndarray, "sample control"] | None = None,
    control_means: Float[np.ndarray, " control"] | None = None,
) -> WeakError:
    """Estimate E g(X) − reference for every test function g from independent runs.

    Parameters
    ----------
    values : mapping of str to array (sample,) or Moments
        g at the end points of the runs, as of `evaluate`, or its moments.
    reference : mapping of str to float
        E g of the limit, for the same names; its error must be far below the standard error, as that of a closed
        form or a deterministic reference is.
    level : float
        Chance that any of the intervals misses.
    controls, control_means : array (sample, control), array (control,), optional
        Controls with known means, as for `controlled`; the values must then be samples.

    Raises
    ------
    BadInput
        If names, shapes or values do not fit.
    """
    if set(values) != set(reference):
        raise BadInput(
            f"reference has {sorted(reference)}, values {sorted(values)}: every test function needs its reference; "
            "give the same names"
        )
    means = _means(values, controls, control_means)
    errors = replace(means, mean=means.mean - np.array([reference[name] for name in means.names]))
    return WeakError(errors, errors.intervals(level))


def _means(
    values: Mapping[str, Sampled], controls: np.ndarray | None, control_means: np.ndarray | None
) -> Estimate:
    if (controls is None) != (control_means is None):
        raise BadInput("controls and control_means go together: a control needs its known mean; give both")
    if controls is None or control_means is None:
        return estimate(values)
    columns = [v for v in values.values() if not isinstance(v, Moments)]
    if len(columns) < len(values):
        raise BadInput("values are moments: a control is regressed on samples; give arrays, or no controls")
    return controlled(np.stack(columns, axis=-1), controls, control_means, tuple(values))
