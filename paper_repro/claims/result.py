"""The result of verifying a claim: one JSON record, stable and versioned."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from implicitbias.display import in_brief
from paper_repro.claims.cards import result_card
from paper_repro.claims.verdict import Comparison, Relation, Status


JSON_VERSION = 1


@dataclass(frozen=True)
class FalsifierResult:
    """What the judge said of a falsifier; ``elsewhere`` if it has its own case, runs or measurement."""

    name: str
    why: str
    status: Status
    message: str
    elsewhere: bool = False

    __repr__ = in_brief


@dataclass(frozen=True)
class Result:
    """Verdict of a claim at given knobs, seed and budget, with everything needed to rerun it.

    Attributes
    ----------
    key, paper, title, source
        Of the claim.
    status, expected
        The verdict, and the one that the catalogue expects.
    evidence
        How strong it is, in the words of `Evidence`.
    message
        What decided, in one line.
    comparisons
        Measured against predicted, one by one.
    falsifiers
        What the same judge said of nearby wrong statements.
    knobs, seed, budget
        What it takes to get this result again.
    seconds, engines
        How long it took, and what ran.
    traceback
        Of an error, else empty.
    view
        The picture as text; `figures.view_from_json` reads it.
    """

    key: str
    paper: str
    title: str
    source: str
    status: Status
    expected: Status
    evidence: str
    message: str
    comparisons: tuple[Comparison, ...]
    falsifiers: tuple[FalsifierResult, ...]
    knobs: dict[str, Any]
    seed: int
    budget: str
    seconds: float
    engines: tuple[str, ...] = ()
    traceback: str = ""
    view: str = ""

    @property
    def toothless(self) -> bool:
        """Whether the verdict is decided although some falsifier is not refuted, or none is.

        A falsifier that does not apply at these knobs says nothing.
        """
        if self.status not in (Status.HOLDS, Status.REFUTED):
            return False
        statuses = [f.status for f in self.falsifiers if f.status is not Status.NOT_APPLICABLE]
        return not statuses or any(s is not Status.REFUTED for s in statuses)

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the expected one, and could have been another."""
        return self.status is self.expected and not self.toothless

    @property
    def undecided(self) -> bool:
        """Whether nothing was decided: INCONCLUSIVE, or a hypothesis not met, where a verdict was expected."""
        return not self.as_expected and self.status in (Status.INCONCLUSIVE, Status.NOT_APPLICABLE)

    def __repr__(self) -> str:
        verdict = "as expected" if self.as_expected else f"expected {self.expected.value}"
        refuted = sum(f.status is Status.REFUTED for f in self.falsifiers)
        teeth = f"{refuted} of {len(self.falsifiers)} falsifiers refuted"
        return (
            f"Result({self.key!r}, {self.status.value} {verdict}, {self.evidence or 'no evidence'}, {teeth})"
        )

    def _repr_html_(self) -> str:
        return result_card(self)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON-ready values; numbers that JSON has no name for are ``None``."""
        by_name = {c.name: c for c in self.comparisons}
        return {
            "version": JSON_VERSION,
            "key": self.key,
            "paper": self.paper,
            "title": self.title,
            "source": self.source,
            "status": self.status.value,
            "expected": self.expected.value,
            "as_expected": self.as_expected,
            "toothless": self.toothless,
            "evidence": self.evidence,
            "predicted": {n: _number(c.predicted) for n, c in by_name.items()},
            "measured": {n: _number(c.measured) for n, c in by_name.items()},
            "uncertainty": {n: _number(c.uncertainty) for n, c in by_name.items()},
            "allowance": {n: _number(c.allowance) for n, c in by_name.items()},
            "relation": {n: c.relation.value for n, c in by_name.items()},
            "verdicts": {n: c.status.value for n, c in by_name.items()},
            "resolution": {n: _number(c.resolution) for n, c in by_name.items()},
            "falsifiers": [dataclasses.asdict(f) | {"status": f.status.value} for f in self.falsifiers],
            "message": self.message,
            "knobs": self.knobs,
            "seed": self.seed,
            "budget": self.budget,
            "engines": list(self.engines),
            "seconds": round(self.seconds, 4),
            "traceback": self.traceback,
        }

    @staticmethod
    def from_json(record: dict[str, Any], view: str = "") -> "Result":
        """Return the result that ``to_json`` wrote."""
        names = record["predicted"]
        comparisons = tuple(
            Comparison(
                name=name,
                measured=_float(record["measured"][name]),
                uncertainty=_float(record["uncertainty"][name]),
                predicted=_float(record["predicted"][name]),
                allowance=_float(record["allowance"][name]),
                relation=Relation(record["relation"][name]),
                status=Status(record["verdicts"][name]),
                resolution=_float(record["resolution"][name]),
            )
            for name in names
        )
        falsifiers = tuple(
            FalsifierResult(**f | {"status": Status(f["status"])}) for f in record["falsifiers"]
        )
        same = (
            "key",
            "paper",
            "title",
            "source",
            "evidence",
            "message",
            "knobs",
            "seed",
            "budget",
            "seconds",
        )
        return Result(
            **{name: record[name] for name in same},
            status=Status(record["status"]),
            expected=Status(record["expected"]),
            comparisons=comparisons,
            falsifiers=falsifiers,
            engines=tuple(record["engines"]),
            traceback=record["traceback"],
            view=view,
        )


def exit_code(results: list[Result]) -> int:
    """Return 0 if all are as expected, 3 if only undecided ones are left, else 1."""
    left = [r for r in results if not r.as_expected]
    if not left:
        return 0
    return 3 if all(r.undecided for r in left) else 1


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _float(value: float | None) -> float:
    return float("nan") if value is None else float(value)
