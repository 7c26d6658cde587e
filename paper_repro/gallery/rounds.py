"""Rounds until the gap stays small on ill-scaled data and on the same data turned, four families."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from figures import Panel, Series, View
from implicitbias import Stream
from paper_repro.claims.budget import Budget
from paper_repro.claims.observation import Measured
from paper_repro.claims.picture import series
from paper_repro.papers.derived.scaling.ill_scaled import HORIZON, METHODS, NAMES, rounds_until, TURNED_STEPS
from paper_repro.papers.derived.scaling.rounds_to_accuracy import (
    CLAIM,
    CLAIM_TURNED,
    gap_curves,
    LOCAL_STEPS,
    needs,
    read,
    RoundsCase,
)


SHOWN = 8


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure from the runs of the claims."""
    del data_home
    cases = [claim.setup(claim.knobs, Stream(seed)) for claim in (CLAIM, CLAIM_TURNED)]
    gaps = [read(case, tuple(spec.compute() for spec in needs(case, budget))) for case in cases]
    plain, turned = cases
    rounds = {k: rounds_until(g, plain.knobs.accuracy, plain.decisions) for k, g in gaps[0].items()}
    panels = (
        _gaps(plain, gaps[0], SHOWN, f"as they are, H = {SHOWN}"),
        _gaps(turned, gaps[1], TURNED_STEPS, f"turned, H = {TURNED_STEPS}"),
        _against_steps(rounds),
    )
    title = (
        "On ill-scaled data OASIS needs fewest rounds, then Adam and RMSProp; turned data, of the same condition, "
        "give no scaling anything to see"
    )
    caption = (
        "Logistic regression, 400 samples of 16 features in units over two decades, 4 workers with like data, batches "
        f"of {plain.knobs.batch}, β = 0.99, steps tuned on other batches. Left and middle: mean of f − min f with "
        f"intervals that hold for the whole catalogue; the line is ε = {plain.knobs.accuracy:g}, turned "
        f"{turned.knobs.accuracy:g}. Right: rounds from which the mean stays ≤ ε, and their intervals; the identity "
        "has none within the horizon. Turned: all diagonal entries of ∇²f at the minimum agree."
    )
    return View(title, caption, panels, legend="shared")


def _gaps(
    case: RoundsCase, gaps: Mapping[tuple[str, int], np.ndarray], local_steps: int, title: str
) -> Panel:
    marks = tuple(series(curve, "log", "log") for curve in gap_curves(case, gaps, local_steps))
    return Panel(marks, "communication rounds r", "mean gap f − min f", "log", "log", title)


def _against_steps(rounds: Mapping[tuple[str, int], Measured]) -> Panel:
    found = {family: _within(family, rounds) for family in NAMES}
    marks = tuple(_series(family, of) for family, of in found.items() if of)
    return Panel(marks, "local steps H", "rounds until the gap stays", "log", "log", "more local steps")


def _within(family: str, rounds: Mapping[tuple[str, int], Measured]) -> dict[int, tuple[float, float]]:
    """The rounds that lie within their horizon, with their errors; of others nothing is known but that."""
    own = {h: (float(rounds[family, h].value), float(rounds[family, h].error)) for h in LOCAL_STEPS}
    return {h: (value, error) for h, (value, error) in own.items() if value + error <= np.log2(HORIZON[h])}


def _series(family: str, rounds: Mapping[int, tuple[float, float]]) -> Series:
    value, error = np.array(list(rounds.values())).T
    ends = 2.0 ** (value - error), 2.0 ** (value + error)
    steps = np.array(list(rounds), dtype=float)
    return Series(steps, 2.0**value, NAMES[family], "measured", METHODS[family], ends)
