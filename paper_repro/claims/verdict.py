"""Verdicts: what was measured against what was predicted, and what follows."""

from dataclasses import dataclass
from enum import Enum

from implicitbias.display import in_brief


class Status(Enum):
    """What a check says about a statement."""

    HOLDS = "HOLDS"
    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    ERROR = "ERROR"


class Evidence(Enum):
    """How strong a verdict is: the value says what was done."""

    SYMBOLIC = "an identity proved by computer algebra"
    CERTIFIED = "a dual certificate, or exact rational arithmetic"
    EXACT = "a closed form, within an error analysis"
    BOUND = "a bound never exceeded, with its tightness"
    RATE = "a slope with its interval"
    LIMIT = "an extrapolated limit with its error"
    STATISTICAL = "a confidence interval at a stated level"


class Relation(Enum):
    """How the measured value must stand to the predicted one."""

    EQUAL = "="
    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True)
class Comparison:
    """One quantity of a verdict. Arrays are reported by their decisive entry.

    Attributes
    ----------
    name
        What is compared.
    measured, uncertainty
        Value and half-width of its interval.
    predicted, allowance
        Value and half-width of the region in which the prediction counts as met.
    relation, status
        How they must stand, and whether they do.
    resolution
        Smallest relative change of the prediction that this measurement would refute.
    scale
        Size of the prediction, the unit of the resolution.
    """

    name: str
    measured: float
    uncertainty: float
    predicted: float
    allowance: float
    relation: Relation
    status: Status
    resolution: float
    scale: float = 1.0

    __repr__ = in_brief


@dataclass(frozen=True)
class Verdict:
    """Status, evidence and the comparisons behind them.

    Attributes
    ----------
    status
        What is said about the statement.
    evidence
        On what grounds.
    comparisons
        Measured against predicted, one by one.
    message
        What decided, in one line.
    """

    status: Status
    evidence: Evidence
    comparisons: tuple[Comparison, ...] = ()
    message: str = ""

    __repr__ = in_brief

    def _repr_html_(self) -> str:
        from paper_repro.claims.cards import verdict_card

        return verdict_card(self)

    @property
    def resolution(self) -> float:
        """Largest resolution of the comparisons: the bluntest of them."""
        return max((c.resolution for c in self.comparisons), default=float("nan"))
