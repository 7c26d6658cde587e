"""How far a sequence that still drifts is from its limit."""

from typing import NamedTuple


RATIO_CEILING = 0.9  # a drift that does not visibly slow down is continued for nine more steps, not for ever
DRIFT_STEPS = 2.0  # extra steps of drift allowed on either side; 1 is exactly reached by a 1/log correction


class Drift(NamedTuple):
    """Remaining drift after the last of three equidistant values, and the allowance around it.

    The limit is expected at last ± `remainder` (the sign is that of the last step) within `allowance`.
    """

    remainder: float
    allowance: float


def remaining_drift(previous_step: float, last_step: float, same_direction: bool) -> Drift:
    """Extrapolate the steps d₁, d₂ ≥ 0 of a drifting sequence to its limit (Aitken), honestly.

    If s_j = s∞ + b q^j, then q = d₂/d₁ and the rest of the way is R = d₂ q/(1 − q): Aitken is exact. If
    instead s_j = s∞ + c/(j + m), the slowest drift met here (a logarithmic factor), the rest of the way is
    exactly 2R + d₂. So the limit is put at a distance R, give or take R + 2d₂: the geometric case sits in
    the middle, the logarithmic one d₂ inside the far end. Steps that change direction are not
    extrapolated: R = 0, give or take twice the larger step.

    Parameters
    ----------
    previous_step, last_step : float
        Sizes d₁, d₂ of the last two steps.
    same_direction : bool
        Whether the two steps point the same way.

    Returns
    -------
    Drift
    """
    if not same_direction:
        return Drift(0.0, DRIFT_STEPS * max(previous_step, last_step))
    ratio = min(last_step / previous_step, RATIO_CEILING) if previous_step > 0.0 else RATIO_CEILING
    remainder = last_step * ratio / (1.0 - ratio)
    return Drift(remainder, remainder + DRIFT_STEPS * last_step)
