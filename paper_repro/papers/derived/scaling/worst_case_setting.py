"""What the worst-case claims share: the class of functions, and the package without which nothing is certified."""

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.worst_case import require_pepit, WorstCase
from paper_repro.claims import AssumptionUnmet, Measured


# Every statement is judged at L = 1: x and f can be measured in units in which it is.
SMOOTHNESS = 1.0


def not_installed() -> AssumptionUnmet | None:
    """Return why no worst case can be certified here, with the cure; None if one can."""
    try:
        require_pepit()
    except BadInput as error:
        return AssumptionUnmet(str(error))
    return None


def certified_values(worst: list[WorstCase]) -> Measured:
    """Return proved values; each worst case lies between its value and that minus its gap."""
    return Measured(np.array([w.value for w in worst]), np.array([w.gap for w in worst]))


def contraction(lr: Float[np.ndarray, " lr"] | float, strong_convexity: float) -> Float[np.ndarray, " lr"]:
    """max(|1 − ημ|, |1 − ηL|)², the worst contraction of a gradient step towards the minimiser, at L = 1."""
    steps = np.asarray(lr, dtype=float)
    return np.maximum(np.abs(1.0 - steps * strong_convexity), np.abs(1.0 - steps * SMOOTHNESS)) ** 2
