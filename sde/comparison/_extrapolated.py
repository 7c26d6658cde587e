r"""The limit η → 0 from runs at η and η/2: 2E_{η/2} − E_η, which has no error of first order.

With E_η = E + e_1η + O(η²) the difference E_η − E_{η/2} is half the error of the coarse run, and what is left after
the extrapolation is of second order. On the slow horizon no theorem gives this expansion, so the whole difference,
which was measured, is the allowance around the prediction.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from sde.comparison._compared import compare, Compared, Values
from sde.comparison._estimate import Estimate, estimate, matrix


@dataclass(frozen=True, eq=False)
class Extrapolated:
    """2E_{η/2} − E_η with standard errors, and the measured allowance |E_η − E_{η/2}|."""

    limit: Estimate
    allowance: Float[np.ndarray, " function"]

    __repr__ = in_brief

    def compare(self, prediction: Values, level: float) -> Compared:
        """Compare the limit with predicted means, within the measured allowance."""
        return compare(self.limit, prediction, level, allowance=self.allowance)


def extrapolated(coarse: Estimate, fine: Estimate) -> Extrapolated:
    """Extrapolate two independent estimates, at η and at η/2.

    The variance is 4·Var(fine) + Var(coarse); the degrees of freedom are the fewer of the two.

    Raises
    ------
    BadInput
        If the two estimate different test functions.
    """
    if coarse.names != fine.names:
        raise BadInput(
            f"names {fine.names} of fine: must be those of coarse, {coarse.names}; measure the same functions"
        )
    error = np.hypot(2.0 * fine.standard_error, coarse.standard_error)
    limit = Estimate(2.0 * fine.mean - coarse.mean, error, min(coarse.degrees, fine.degrees), fine.names)
    return Extrapolated(limit, np.abs(coarse.mean - fine.mean))


def extrapolated_pairs(
    coarse: Float[np.ndarray, "sample function"],
    fine: Float[np.ndarray, "sample function"],
    names: tuple[str, ...] | None = None,
) -> Extrapolated:
    """Extrapolate coupled samples, run at η and at η/2 on the same noise, pair by pair.

    Raises
    ------
    BadInput
        If the two have different shapes.
    """
    rough, sharp = matrix("coarse", coarse), matrix("fine", fine)
    if rough.shape != sharp.shape:
        raise BadInput(
            f"fine has shape {sharp.shape}, coarse {rough.shape}: pairs have one sample for each of the other; take "
            "extrapolated(estimate(coarse), estimate(fine)) for independent runs"
        )
    return Extrapolated(estimate(2.0 * sharp - rough, names), np.abs((rough - sharp).mean(axis=0)))
