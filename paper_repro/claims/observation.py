"""What a claim measures and what it predicts, as plain numbers with their errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from paper_repro.claims.verdict import Relation


# Two closed forms that agree to this are the same number, computed in two orders.
ROUNDING = 1e-12

Values = float | Float[np.ndarray, "..."]


@dataclass(frozen=True)
class Measured:
    """A value with the half-width of the interval it is known to lie in (an array of values entry by entry).

    Attributes
    ----------
    value, error
        Centre and half-width.
    allowance
        By how much any prediction may be missed for a reason that was measured with the value: what an extrapolation
        moved it, |E_η − E_{η/2}|. It adds to the allowance of the prediction.
    """

    value: Values
    error: Values = 0.0
    allowance: Values = 0.0

    __repr__ = in_brief

    def __post_init__(self):
        _check_spread("error", self.error)
        _check_spread("allowance", self.allowance)


@dataclass(frozen=True)
class Predicted:
    """A predicted value, and by how much the truth may differ from it for a stated reason.

    Attributes
    ----------
    value
        The prediction.
    allowance
        A theory term or a rounding analysis, never taste.
    relation
        Whether the measured value must equal it, or stay on one side.
    reason
        Where the allowance comes from.
    """

    value: Values
    allowance: Values = 0.0
    relation: Relation = Relation.EQUAL
    reason: str = ""

    __repr__ = in_brief

    def __post_init__(self):
        _check_spread("allowance", self.allowance)


@dataclass(frozen=True)
class Curve:
    """A line or a cloud of points of the claim's picture.

    Parameters
    ----------
    x, y
        Points, shape (point,).
    label
        Name in the legend.
    role
        ``measured``, ``theory``, ``reference`` or ``falsifier``.
    method
        Method whose colour it takes.
    low, high
        Ends of error bars, in the units of y.
    """

    x: Float[np.ndarray, " point"]
    y: Float[np.ndarray, " point"]
    label: str
    role: str = "measured"
    method: str | None = None
    low: Float[np.ndarray, " point"] | None = None
    high: Float[np.ndarray, " point"] | None = None

    __repr__ = in_brief


@dataclass(frozen=True)
class Observation:
    """Measured quantities by name, curves for the picture, and why the budget cannot decide (if it cannot).

    Parameters
    ----------
    quantities
        By the names under which they are predicted.
    curves
        Of the picture.
    undecided
        Why the budget cannot decide; empty if it can.
    note
        What a reader should know of this measurement.
    """

    quantities: Mapping[str, Measured]
    curves: tuple[Curve, ...] = ()
    undecided: str = ""
    note: str = ""

    __repr__ = in_brief


@dataclass(frozen=True)
class Prediction:
    """Predicted quantities by name, and theory curves for the picture."""

    quantities: Mapping[str, Predicted]
    curves: tuple[Curve, ...] = field(default=())

    __repr__ = in_brief

    def coincides(self, other: "Prediction") -> bool:
        """Whether both predict the same values, up to rounding, and stand to them in the same relation."""
        return self.quantities.keys() == other.quantities.keys() and all(
            mine.relation is theirs.relation and _same(mine.value, theirs.value)
            for mine, theirs in ((self.quantities[name], other.quantities[name]) for name in self.quantities)
        )


def _same(first: Values, second: Values) -> bool:
    return np.shape(first) == np.shape(second) and bool(np.allclose(first, second, rtol=ROUNDING, atol=0.0))


def _check_spread(name: str, spread: Values) -> None:
    if not (np.asarray(spread) >= 0.0).all():
        raise BadInput(
            f"{name} = {spread}: the half-width of an interval must be ≥ 0; give 0 if there is none"
        )
