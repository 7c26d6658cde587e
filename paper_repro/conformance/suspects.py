"""Causes that were found for one case are tried first on the next: it is quick, and one mistake gets one name."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.diagnosis import Diagnosis
from paper_repro.conformance.diagnosis.misfit import SAME
from paper_repro.conformance.diagnosis.probes import explains
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


def _fits(diagnosis: Diagnosis, task: Task, observed: Float[np.ndarray, "round dim"]) -> bool:
    causes = diagnosis.causes
    with np.errstate(all="ignore"):
        return bool(causes) and all(c.portable and explains(c, task, observed) for c in causes)
