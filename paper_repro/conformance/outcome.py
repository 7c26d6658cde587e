"""What became of a case: passed, failed by how much, or not run and why."""

import dataclasses
import math
from dataclasses import dataclass
from enum import Enum
from typing import Any, TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from implicitbias.display import cut, in_brief
from paper_repro.conformance.cards import outcome_card
from paper_repro.conformance.task import Task


if TYPE_CHECKING:
    from paper_repro.conformance.diagnosis import Diagnosis

# Characters of a message that a line shows.
MESSAGE = 160


class Status(Enum):
    """What a case says about a simulator; ``UNDECIDED`` is only what is drawn, when the draws do not suffice."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    NOT_RUN = "not run"
    ERROR = "error"

    @property
    def bad(self) -> bool:
        """Whether the simulator is wrong, or broke."""
        return self in (Status.FAILED, Status.ERROR)


@dataclass(frozen=True, eq=False)
class Finding:
    """What a case found: two arrays that should agree, their distance, and how far it may be.

    Parameters
    ----------
    expected, observed
        Of one shape; a path, an estimate, or counts of what was drawn.
    error, tolerance
        Distance and how far it may be, in the units that ``message`` says.
    status
        Passed, failed or undecided.
    message
        The numbers that decide, in a sentence.
    interval
        Half-width of the confidence interval of every entry of ``observed``, where it is a statistic.
    """

    expected: Float[np.ndarray, "*shape"]
    observed: Float[np.ndarray, "*shape"]
    error: float
    tolerance: float
    status: Status
    message: str
    interval: Float[np.ndarray, "*shape"] | None = None

    __repr__ = in_brief


@dataclass(frozen=True, eq=False)
class Outcome:
    """A finding with the case it belongs to, the likely cause of a failure, or the reason why there is none.

    Parameters
    ----------
    case, oracle, title
        Name ``"O1/path@G"``, oracle ``"O1"``, and what was checked, in a sentence.
    status, message
        Verdict, and its numbers or reason in words.
    task
        What was asked.
    finding
        Of what was run to its end.
    diagnosis
        Mutated recursions that fit a failed path.
    traceback
        Of a simulator that raised.
    follows
        Failed cases of oracles that come before: this failure may follow from theirs.
    """

    case: str
    oracle: str
    title: str
    status: Status
    message: str
    task: Task
    finding: Finding | None = None
    diagnosis: "Diagnosis | None" = None
    traceback: str = ""
    follows: tuple[str, ...] = ()

    @property
    def error(self) -> float:
        """Distance of what was observed from what was expected; NaN if nothing was compared."""
        return self.finding.error if self.finding else math.nan

    @property
    def tolerance(self) -> float:
        """How far it may be; NaN if nothing was compared."""
        return self.finding.tolerance if self.finding else math.nan

    @property
    def cause(self) -> str:
        """The likely cause of a failure in a sentence, or that none is known; empty where nothing failed."""
        return self.diagnosis.message if self.diagnosis else ""

    def __repr__(self) -> str:
        return f"Outcome({self.case!r}, {self.status.value}, {cut(self.cause or self.message, MESSAGE)!r})"

    def _repr_html_(self) -> str:
        return outcome_card(self)

    def after(self, failed: tuple[str, ...]) -> "Outcome":
        """Return the outcome with the failed cases that it may follow from."""
        return dataclasses.replace(self, follows=failed)

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as plain data; numbers that are not finite are null."""
        found = self.finding
        return {
            "case": self.case,
            "oracle": self.oracle,
            "title": self.title,
            "status": self.status.value,
            "message": self.message,
            "error": _finite(self.error),
            "tolerance": _finite(self.tolerance),
            "expected": _plain(found.expected) if found else None,
            "observed": _plain(found.observed) if found else None,
            "cause": self.cause,
            "causes": [cause.name for cause in self.diagnosis.causes] if self.diagnosis else [],
            "cause_known": bool(self.diagnosis and self.diagnosis.known),
            "follows": list(self.follows),
        }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _plain(values: Float[np.ndarray, "*shape"]) -> Any:
    flat = [_finite(float(value)) for value in np.ravel(values)]
    for size in reversed(values.shape[1:]):
        flat = [flat[k : k + size] for k in range(0, len(flat), size)]
    return flat if values.ndim else flat[0]
