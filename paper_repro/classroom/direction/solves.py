"""Local problems solved exactly: sweeping, the limit H → ∞ of gradient steps, and projections, that of weak ridges."""

import numpy as np

from implicitbias.errors import BadInput
from paper_repro.classroom.direction.controls import Controls
from paper_repro.classroom.direction.journey import exact_rounds, Journey
from paper_repro.classroom.direction.separators import Separators


# Rounds, shared among the workers, that take about a tenth of a second.
SOLVES = 400
# Move over the last half of the rounds, relative to |u|, of an average that has come to rest.
AT_REST = 1e-6


def solved(controls: Controls, found: Separators) -> Journey:
    """Return exact rounds of u = w/Λ, where Λ → ∞ is the scale of w that many local steps reach in one round.

    Raises
    ------
    BadInput
        For a polynomial tail, or a worker whose points cannot be separated.
    """
    if controls.loss == "polynomial tail":
        rule = "sweeping and projections are what many local steps do under an exponential tail"
        raise BadInput(f"loss = {controls.loss!r}: {rule}; choose logistic or exponential")
    exact = exact_rounds(controls, max(SOLVES // len(controls.holders), 2))
    moved = np.linalg.norm(exact.w[-1] - exact.at_half) / np.linalg.norm(exact.w[-1])
    resting = exact.w[-1] if moved <= AT_REST else None
    capped = (
        f"Each round solves M = {len(controls.holders)} problems exactly; {exact.last} rounds come at once."
    )
    return Journey(exact, None, found.common.weights if controls.anchored else resting, None, capped)
