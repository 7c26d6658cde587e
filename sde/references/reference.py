"""A deterministic answer with an estimate of its own error."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.statistics import Interval


@dataclass(frozen=True)
class Reference:
    """A value and what it moved by when the computation was refined.

    Attributes
    ----------
    value
        The answer.
    error
        Estimate of |value − truth|, from above: the last refinement moved it by no more.
    """

    value: Float[np.ndarray, "*start"]
    error: Float[np.ndarray, "*start"]

    __repr__ = in_brief

    def __float__(self) -> float:
        """Return the value of a single answer."""
        return float(self.value)

    @property
    def interval(self) -> Interval:
        """Value ± error of a single answer."""
        return Interval.around(float(self.value), float(self.error))
