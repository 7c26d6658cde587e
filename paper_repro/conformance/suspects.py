"""Causes that were found for one case are tried on the others: it is quick, and one mistake gets one name."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.diagnosis import Diagnosis
from paper_repro.conformance.diagnosis.misfit import SAME
from paper_repro.conformance.diagnosis.probes import explains
from paper_repro.conformance.outcome import Outcome, Status
from paper_repro.conformance.task import Task


# A departure smaller than this times the precision of a fit would be explained by anything, also by nothing.
FIRM = 1e3


def suspected(
    task: Task,
    observed: Float[np.ndarray, "round dim"],
    error: float,
    found: Sequence[Diagnosis],
) -> Diagnosis | None:
    """Return the first diagnosis whose causes all give this path, too, if its departure is large enough to tell."""
    if not error > FIRM * SAME or task.participants is not None or task.batch is not None:
        return None
    return next((one for one in found if _fits(one, task, observed)), None)


def reconciled(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """Return the outcomes, a failure of unknown cause with one that was found after it, if that explains it too.

    Two mistakes of which a task shows but one are not found there; on a task that shows both they are.
    """
    found = [o.diagnosis for o in outcomes if o.diagnosis is not None and o.diagnosis.known]
    return tuple(_again(outcome, found) for outcome in outcomes)


def _again(outcome: Outcome, found: Sequence[Diagnosis]) -> Outcome:
    if outcome.status is not Status.FAILED or outcome.diagnosis is None or outcome.finding is None:
        return outcome
    if outcome.diagnosis.known:
        return outcome
    other = suspected(outcome.task, outcome.finding.observed, outcome.error, found)
    return outcome if other is None else dataclasses.replace(outcome, diagnosis=other)


def _fits(diagnosis: Diagnosis, task: Task, observed: Float[np.ndarray, "round dim"]) -> bool:
    causes = diagnosis.causes
    with np.errstate(all="ignore"):
        return bool(causes) and all(c.portable and explains(c, task, observed) for c in causes)
