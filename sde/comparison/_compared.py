"""Measured against predicted, for several test functions at once, by the three-way rule."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.statistics import Interval, Outcome, resolution, three_way
from sde.comparison._estimate import Estimate


Values = float | Float[np.ndarray, " function"]


@dataclass(frozen=True)
class Compared:
    """What a measurement says about predictions of E g_1, …, E g_k.

    Attributes
    ----------
    names
        Of the test functions.
    measured, allowed
        Simultaneous confidence intervals, and predictions ± allowances.
    samples
        Samples used.
    """

    names: tuple[str, ...]
    measured: tuple[Interval, ...]
    allowed: tuple[Interval, ...]
    samples: int

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """HOLDS, REFUTED or INCONCLUSIVE for every test function."""
        return tuple(three_way(m, a) for m, a in zip(self.measured, self.allowed, strict=True))

    @property
    def outcome(self) -> Outcome:
        """REFUTED if one is, HOLDS if all hold, INCONCLUSIVE otherwise."""
        for outcome in (Outcome.REFUTED, Outcome.INCONCLUSIVE):
            if outcome in self.outcomes:
                return outcome
        return Outcome.HOLDS

    @property
    def resolution(self) -> tuple[float, ...]:
        """Smallest relative change of each prediction that this measurement would refute."""
        return tuple(resolution(m, a) for m, a in zip(self.measured, self.allowed, strict=True))

    def __repr__(self) -> str:
        """Say the outcome, and the decisive numbers of every test function."""
        lines = [f"Compared: {self.outcome.name} with {self.samples} samples"]
        for name, m, a, outcome in zip(self.names, self.measured, self.allowed, self.outcomes, strict=True):
            seen = f"{m.centre:.6g} ± {m.half_width:.2g}"
            lines.append(f"  {name} = {seen}, predicted {a.centre:.6g} ± {a.half_width:.2g}: {outcome.name}")
        return "\n".join(lines)


def compare(estimated: Estimate, prediction: Values, level: float, *, allowance: Values = 0.0) -> Compared:
    """Compare estimated means with predictions.

    Parameters
    ----------
    estimated : Estimate
        Means with their standard errors.
    prediction : float or array (function,)
        Predicted means.
    level : float
        Chance that any of the intervals misses.
    allowance : float or array (function,)
        By how much the truth may differ from the prediction for a measured or stated reason; with 0 nothing that is
        sampled can hold.

    Raises
    ------
    BadInput
        If shapes do not fit, or an allowance is negative.
    """
    allowed = allowed_intervals(estimated.names, prediction, allowance)
    return Compared(estimated.names, estimated.intervals(level), allowed, estimated.degrees + 1)


def allowed_intervals(names: tuple[str, ...], prediction: Values, allowance: Values) -> tuple[Interval, ...]:
    """Return prediction ± allowance for every test function.

    Raises
    ------
    BadInput
        If shapes do not fit, or an allowance is negative.
    """
    centre, width = checks.real_array("prediction", prediction), checks.real_array("allowance", allowance)
    for name, given in (("prediction", centre), ("allowance", width)):
        if given.shape not in ((), (len(names),)):
            raise BadInput(
                f"{name} has shape {given.shape}: must be a number, or one for each of the {len(names)} test functions"
                f" {', '.join(names)}; give them in this order"
            )
    if not (width >= 0.0).all():
        raise checks.refuse("allowance", allowance, "must be at least 0", "it is a half-width")
    centre, width = (np.broadcast_to(a, (len(names),)) for a in (centre, width))
    return tuple(Interval.around(float(c), float(w)) for c, w in zip(centre, width, strict=True))
