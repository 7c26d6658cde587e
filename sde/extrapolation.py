"""Talay–Tubaro: two step lengths, one order more."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput


class Extrapolated(NamedTuple):
    """An expectation with its standard error."""

    value: Float[np.ndarray, "..."]
    standard_error: Float[np.ndarray, "..."]


def talay_tubaro(
    fine: Float[np.ndarray, "..."],
    coarse: Float[np.ndarray, "..."],
    fine_error: Float[np.ndarray, "..."] | float = 0.0,
    coarse_error: Float[np.ndarray, "..."] | float = 0.0,
    *,
    order: int = 1,
) -> Extrapolated:
    """Return (2^p E^Δ − E^{2Δ})/(2^p − 1): E^Δ = E + e_pΔ^p + O(Δ^{p+1}) loses its leading error.

    2E^Δ − E^{2Δ} from a scheme of weak order 1, (4E^Δ − E^{2Δ})/3 from one of order 2 (Talay and Tubaro 1990).

    Parameters
    ----------
    fine, coarse
        Expectations with steps Δ and 2Δ.
    fine_error, coarse_error
        Their standard errors, of independent runs: the variance grows fivefold at order 1, 1.9-fold at order 2.
    order
        Weak order p of the scheme.

    Raises
    ------
    BadInput
        If the shapes differ, or a standard error is negative.
    """
    checks.integer("order", order, 1, "give the scheme's weak_order")
    values = checks.real_array("fine", fine), checks.real_array("coarse", coarse)
    errors = checks.real_array("fine_error", fine_error), checks.real_array("coarse_error", coarse_error)
    if values[0].shape != values[1].shape:
        raise BadInput(
            f"fine, coarse of shapes {values[0].shape}, {values[1].shape}: must be equal; observe the same twice"
        )
    if any((e < 0.0).any() for e in errors):
        raise checks.refuse("standard error", errors, "must be ≥ 0", "0 is an exact expectation")
    gain = 2.0**order
    value = (gain * values[0] - values[1]) / (gain - 1.0)
    return Extrapolated(value, np.hypot(gain * errors[0], errors[1]) / (gain - 1.0))
