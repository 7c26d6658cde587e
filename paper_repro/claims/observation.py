"""What a claim measures and what it predicts, as plain numbers with their errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from paper_repro.claims.verdict import Relation


Values = float | Float[np.ndarray, "..."]


@dataclass(frozen=True)
class Measured:
    """A value with the half-width of the interval it is known to lie in (an array of values entry by entry)."""

    value: Values
    error: Values = 0.0


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


@dataclass(frozen=True)
class Curve:
    """A line or a cloud of points of the claim's picture.

    ``role`` is ``measured``, ``theory``, ``reference`` or ``falsifier``; ``low`` and ``high`` are error bars.
    """

    x: Float[np.ndarray, " point"]
    y: Float[np.ndarray, " point"]
    label: str
    role: str = "measured"
    method: str | None = None
    low: Float[np.ndarray, " point"] | None = None
    high: Float[np.ndarray, " point"] | None = None


@dataclass(frozen=True)
class Observation:
    """Measured quantities by name, curves for the picture, and why the budget cannot decide (if it cannot)."""

    quantities: Mapping[str, Measured]
    curves: tuple[Curve, ...] = ()
    undecided: str = ""
    note: str = ""


@dataclass(frozen=True)
class Prediction:
    """Predicted quantities by name, and theory curves for the picture."""

    quantities: Mapping[str, Predicted]
    curves: tuple[Curve, ...] = field(default=())
