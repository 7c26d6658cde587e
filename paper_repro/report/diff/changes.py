"""Everything that changed about one claim."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from paper_repro.claims.result import Result
from paper_repro.claims.verdict import Comparison, Status
from paper_repro.report.diff.movement import Interval, Movement, movement


ABSENT = "–"


@dataclass(frozen=True)
class Change:
    """Something that is not as it was.

    Attributes
    ----------
    kind
        Such as ``verdict``, ``knob``, ``measured`` or ``falsifier``.
    name
        Which one, where a claim has several.
    before, after
        Text, a value of a knob, or an interval; ``ABSENT`` where there is none.
    certain
        False for a number that may have moved, or may not.
    """

    kind: str
    name: str
    before: Any
    after: Any
    certain: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the change as JSON-ready values."""
        sides = {"a": _plain(self.before), "b": _plain(self.after)}
        return {"kind": self.kind, "name": self.name, **sides, "certain": self.certain}


@dataclass(frozen=True)
class ClaimChanges:
    """What changed about a claim, and how many of its numbers are others but count as the same.

    ``comparable`` is False where knobs, seed or budget differ: then its numbers answer different questions, and are
    not compared.
    """

    key: str
    changes: tuple[Change, ...]
    within: int
    comparable: bool

    @property
    def certain(self) -> bool:
        """Whether something changed that could not be noise."""
        return any(change.certain for change in self.changes)

    def to_json(self) -> dict[str, Any]:
        """Return the changes as JSON-ready values."""
        return {
            "key": self.key,
            "comparable": self.comparable,
            "within": self.within,
            "changes": [change.to_json() for change in self.changes],
        }


def claim_changes(before: Result, after: Result) -> ClaimChanges:
    """Return what changed about a claim: its verdict, setting, falsifiers, and its numbers where comparable."""
    setting = tuple(_setting(before, after))
    numbers = [] if setting else list(_numbers(before, after))
    moved = tuple(change for change, moved in numbers if moved is not Movement.SAME)
    changes = (*_verdict(before, after), *setting, *_quantities(before, after), *moved)
    return ClaimChanges(
        before.key, (*changes, *_falsifiers(before, after)), len(numbers) - len(moved), not setting
    )


def _verdict(before: Result, after: Result) -> Iterator[Change]:
    names = {"verdict": "status", "expected": "expected", "evidence": "evidence", "source": "source"}
    names |= {"toothless": "toothless"}
    for kind, name in names.items():
        yield from _unlike(kind, "", _said(getattr(before, name)), _said(getattr(after, name)))


def _setting(before: Result, after: Result) -> Iterator[Change]:
    yield from _unlike("seed", "", before.seed, after.seed)
    yield from _unlike("budget", "", before.budget, after.budget)
    yield from _entries("knob", before.knobs, after.knobs)


def _quantities(before: Result, after: Result) -> Iterator[Change]:
    """Yield quantities that came or went, those judged otherwise, and those that must stand otherwise."""
    sides = [{c.name: c for c in side.comparisons} for side in (before, after)]
    yield from _entries("quantity", *({n: c.status.value for n, c in side.items()} for side in sides))
    both = set(sides[0]) & set(sides[1])
    yield from _entries(
        "relation", *({n: c.relation.value for n, c in s.items() if n in both} for s in sides)
    )


def _falsifiers(before: Result, after: Result) -> Iterator[Change]:
    sides = [{f.name: f.status.value for f in side.falsifiers} for side in (before, after)]
    yield from _entries("falsifier", *sides)


def _numbers(before: Result, after: Result) -> Iterator[tuple[Change, Movement]]:
    """Yield the numbers of quantities on both sides that are not written alike."""
    known = {c.name: c for c in before.comparisons}
    for new in after.comparisons:
        for kind in ("measured", "predicted") if new.name in known else ():
            old_side, new_side = _interval(kind, known[new.name]), _interval(kind, new)
            if old_side.value != new_side.value:
                moved = movement(old_side, new_side)
                yield Change(kind, new.name, old_side, new_side, certain=moved is Movement.MOVED), moved


def _interval(kind: str, c: Comparison) -> Interval:
    if kind == "measured":
        return Interval.of(c.measured, c.uncertainty)
    return Interval.of(c.predicted, c.allowance)


def _entries(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        yield from _unlike(kind, name, before.get(name, ABSENT), after.get(name, ABSENT))


def _unlike(kind: str, name: str, before: Any, after: Any) -> Iterator[Change]:
    if before != after:
        yield Change(kind, name, before, after)


def _said(value: Any) -> Any:
    return value.value if isinstance(value, Status) else value


def _plain(side: Any) -> Any:
    if not isinstance(side, Interval):
        return side
    return {"value": side.value, "spread": side.spread if math.isfinite(side.spread) else None}
