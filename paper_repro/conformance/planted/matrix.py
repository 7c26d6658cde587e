"""Bug × oracle: which oracle notices which planted bug, and what the diagnosis calls it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from paper_repro.conformance.case import Case
from paper_repro.conformance.oracles import cases
from paper_repro.conformance.outcome import Outcome
from paper_repro.conformance.planted.bug import Planted
from paper_repro.conformance.task import Simulator


# Oracles that count hundreds of draws.
STATISTICAL = ("O5", "O7")


@dataclass(frozen=True, eq=False)
class Row:
    """What became of one bug.

    Attributes
    ----------
    bug
        Which.
    asked
        Oracles with a case on which the bug can show.
    caught
        Of those that noticed it, the first case that failed.
    outcome
        The failed path that was diagnosed; None if only statistics or symmetries failed.
    """

    bug: Planted
    asked: tuple[str, ...]
    caught: dict[str, str]
    outcome: Outcome | None

    @property
    def names(self) -> tuple[str, ...]:
        """What the diagnosis calls it, best first; empty if it knows no cause."""
        diagnosis = self.outcome.diagnosis if self.outcome else None
        return tuple(cause.name for cause in diagnosis.causes) if diagnosis else ()

    @property
    def verdict(self) -> str:
        """``"named"`` rightly, ``"among"`` equal causes, ``"misnamed"``, ``"unknown"``, or ``"no path"`` at all."""
        if self.outcome is None:
            return "no path"
        if not self.names:
            return "unknown"
        right = [bool(self.bug.cause and re.fullmatch(self.bug.cause, name)) for name in self.names]
        return "named" if right[0] else "among" if any(right) else "misnamed"


def matrix(bugs: Iterable[Planted], seed: int = 0, *, exhaustive: bool = False) -> Iterator[Row]:
    """Yield the row of every bug; the cases of an oracle are asked until one of them fails.

    Cases that a bug cannot touch are not asked: what a bug needs is tested elsewhere. Statistics, whose draws take
    most of the time, are asked about what is drawn and about what no exact answer has caught.

    Parameters
    ----------
    bugs
        Whose rows.
    seed
        Of the random instances.
    exhaustive
        Ask statistics about all bugs.
    """
    known = cases(seed)
    exact = tuple(case for case in known if case.oracle not in STATISTICAL)
    for bug in bugs:
        draws = exhaustive or bool(set(bug.needs) & {"participation", "minibatches"})
        with np.errstate(all="ignore"):  # what diverges overflows
            row = _row(bug, known if draws else exact)
            yield row if row.caught else _row(bug, known)


def _row(bug: Planted, chosen: Iterable[Case]) -> Row:
    relevant = tuple(case for case in chosen if not bug.needs or set(bug.needs) & set(case.needs))
    asked = tuple(dict.fromkeys(case.oracle for case in relevant))
    caught = first_failures(bug.simulator, relevant)
    return Row(bug, asked, caught, diagnosed(bug.simulator, relevant) if caught else None)


def first_failures(simulator: Simulator, chosen: Iterable[Case]) -> dict[str, str]:
    """Return the first case that fails of every oracle of which one does."""
    failed: dict[str, str] = {}
    for case in chosen:
        if case.oracle not in failed and replace(case, diagnosable=False).check(simulator).status.bad:
            failed[case.oracle] = case.name
    return failed


def diagnosed(simulator: Simulator, chosen: Iterable[Case]) -> Outcome | None:
    """Return the outcome of the first path that fails, in many dimensions rather than in one, which tell more."""
    for case in sorted(chosen, key=lambda case: -case.task.dim):
        if case.diagnosable and replace(case, diagnosable=False).check(simulator).status.bad:
            return case.check(simulator)
    return None
