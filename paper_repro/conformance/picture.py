"""What a case looks like: theory as a line, the simulator's points."""

from typing import Any

import numpy as np

from figures import Panel, Series, View
from paper_repro.conformance.outcome import Finding, Outcome, Status


# Rounds and cells beyond these are told in numbers only: points would cover each other.
MOST_ROUNDS, MOST_CELLS = 60, 60


def view(outcome: Outcome) -> View | None:
    """Return the figure of a case that was run, or None where there is nothing to see."""
    found = outcome.finding
    if found is None or not np.isfinite(found.observed).all() or not np.isfinite(found.expected).all():
        return None
    if found.expected.ndim == 1 and not 1 < found.expected.size <= MOST_CELLS:
        return None
    verb = "agrees" if outcome.status is Status.PASSED else "disagrees"
    panel = _path(found) if found.expected.ndim == 2 else _cells(found)
    caption = f"{outcome.case}. Line: what is expected; points: the simulator. {outcome.message}."
    return View(f"The simulator {verb}: {outcome.title}", caption, (panel,))


def _path(found: Finding) -> Panel:
    """Return x over rounds, a line and points for every coordinate; a path starts at x⁰."""
    expected, observed = found.expected[:MOST_ROUNDS], found.observed[:MOST_ROUNDS]
    marks: list[Any] = []
    for number, (line, points) in enumerate(zip(expected.T, observed.T, strict=True)):
        first = number == 0
        rounds = np.arange(1, len(line) + 1)
        marks += [
            Series(rounds, line, label="expected" if first else None, role="theory"),
            Series(rounds, points, label="simulator" if first else None),
        ]
    ylabel = "server model x" if expected.shape[1] == 1 else "coordinates of the server model x"
    return Panel(tuple(marks), xlabel="communication rounds", ylabel=ylabel)


def _cells(found: Finding) -> Panel:
    """Return numbers side by side: entries of a vector, or counts."""
    places = np.arange(1, len(found.expected) + 1)
    return Panel(
        (
            Series(places, found.expected, label="expected", role="theory"),
            Series(places, found.observed, label="simulator"),
        ),
        xlabel="entry",
        ylabel="value",
    )
