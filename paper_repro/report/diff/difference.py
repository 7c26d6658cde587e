"""Everything that changed between two reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paper_repro.claims.result import Result
from paper_repro.report.diff.changes import claim_changes, ClaimChanges


JSON_VERSION = 1


@dataclass(frozen=True)
class Difference:
    """Claims that only one of two reports has, and what changed about the others.

    Attributes
    ----------
    gone, added
        Results that only the former, or only the latter report has.
    compared
        Every claim of both, in the order of the latter, also those about which nothing changed.
    """

    gone: tuple[Result, ...]
    added: tuple[Result, ...]
    compared: tuple[ClaimChanges, ...]

    @property
    def changed(self) -> tuple[ClaimChanges, ...]:
        """Claims about which something changed, or may have."""
        return tuple(claim for claim in self.compared if claim.changes)

    @property
    def exit_code(self) -> int:
        """0 if nothing changed, 3 if numbers may have moved and nothing else did, else 1."""
        if self.gone or self.added or any(claim.certain for claim in self.changed):
            return 1
        return 3 if self.changed else 0

    def to_json(self) -> dict[str, Any]:
        """Return the difference as one JSON-ready record, stable and versioned."""
        return {
            "version": JSON_VERSION,
            "gone": [{"key": r.key, "status": r.status.value} for r in self.gone],
            "added": [{"key": r.key, "status": r.status.value} for r in self.added],
            "changed": [claim.to_json() for claim in self.changed],
            "unchanged": len(self.compared) - len(self.changed),
            "within": sum(claim.within for claim in self.compared),
        }


def difference(before: Mapping[str, Result], after: Mapping[str, Result]) -> Difference:
    """Return what changed between two reports, given as results by key."""
    return Difference(
        gone=tuple(result for key, result in before.items() if key not in after),
        added=tuple(result for key, result in after.items() if key not in before),
        compared=tuple(claim_changes(before[key], after[key]) for key in after if key in before),
    )
