"""The three pictures: gaps against rounds, rounds to accuracy, and a bound against data."""

import numpy as np

from figures import Histogram, Mark, Note, Panel, Series, Span
from figures.roles import Role
from implicitbias.bounds import Bound
from paper_repro.classroom.scaling.bounding import DISTANCE, Held
from paper_repro.classroom.scaling.controls import METHODS, NAMES
from paper_repro.classroom.scaling.races import Race
from paper_repro.classroom.scaling.study import Study


# Points of a curve; gaps below this are drawn at it, for a log axis has no zero.
DRAWN, SMALLEST = 20, 1e-6
# Room below and above the means; gaps beyond the largest have left the picture.
ROOM, LARGEST = 2.0, 10.0
# Half the width of a bar; what its number stands above it, as a share of the axis.
HALF, ABOVE = 0.36, 0.03
# Orders of magnitude of a bound's panel below its start: runs fall to rounding, bounds do not.
DEPTH = 12.0


def gaps(found: Study) -> Panel:
    """Draw the mean gap against rounds for every scaling, and ε."""
    marks: list[Mark] = [_curve(race) for race in found.races.values()]
    accuracy = found.controls.accuracy
    marks.append(Span("y", accuracy, accuracy, f"ε = {accuracy:g}"))
    means = np.concatenate([[accuracy], *(race.mean for race in found.races.values())])
    shown = np.maximum(means[np.isfinite(means)], SMALLEST)
    # An interval may reach down to 0, which a log axis has not.
    limits = float(shown.min()) / ROOM, float(min(shown.max(), LARGEST)) * ROOM
    return Panel(
        tuple(marks),
        "communication rounds r",
        "mean gap f − min f",
        "log",
        "log",
        "how the gap falls",
        ylim=limits,
    )


def rounds(found: Study) -> Panel:
    """Draw a bar as long as the rounds to accuracy of every scaling, and to the end of a run that has not come."""
    marks: list[Mark] = []
    top = max(race.horizon for race in found.races.values())
    for k, race in enumerate(found.races.values(), start=1):
        height = min(race.rounds, race.horizon)
        key, name = METHODS[race.family], NAMES[race.family]
        marks.append(Histogram([k - HALF, k + HALF], [float(height)], name, "measured", key))
        number = f"> {race.horizon}" if race.censored else f"{race.rounds}"
        marks.append(Note(number, x=float(k) - HALF / 2.0, y=height + ABOVE * top))
    count = len(found.races)
    return Panel(
        tuple(marks),
        "scaling, in the order of the legend",
        "rounds until the gap stays ≤ ε",
        title="rounds to accuracy",
        xlim=(0.4, count + 0.6),
        ylim=(0.0, 1.15 * top),
    )


def bound(found: Study) -> Panel:
    """Draw what a theorem bounds, and the bound, in the metric of its D̂ and by d_min and d_max alone."""
    c, held = found.controls, found.held
    title = f"{c.theorem} against {NAMES[c.bounded]}, at steps it admits"
    if isinstance(held, str):
        return Panel(
            (Note(_folded(held), x=0.03, y=0.6),),
            title=title,
            xlim=(0.0, 1.0),
            ylim=(0.0, 1.0),
            legend="none",
        )
    label = "E|x̂ − x*|²" if held.theorem in DISTANCE else "E f(x̄) − f*"
    top = max(float(held.measured.max()), *(b.value for b in held.bounds if np.isfinite(b.value)))
    low = max(float(held.measured.min()), top * 10.0**-DEPTH)
    marks: list[Mark] = [*_lines(held), _measured(held, low)]
    if not held.applicable:
        marks.append(Note(_folded("claims nothing here, for it asks " + ", ".join(held.unmet)), "lower left"))
    return Panel(tuple(marks), "communication rounds r", label, "log", "log", title)


def _curve(race: Race) -> Series:
    at = np.unique(np.round(np.geomspace(1, race.horizon, DRAWN)).astype(int))
    mean, width = race.mean[at], np.where(np.isfinite(race.width[at]), race.width[at], 0.0)
    shown = np.where(np.isfinite(mean), np.maximum(mean, SMALLEST), np.nan)
    ends = [np.maximum(shown + side * width, SMALLEST) for side in (-1.0, 1.0)]
    low, high = ([None if np.isnan(v) else float(v) for v in end] for end in ends)
    y = [None if np.isnan(v) else float(v) for v in shown]
    return Series(
        at.astype(float),
        y,
        NAMES[race.family],
        "measured",
        METHODS[race.family],
        (low, high),
        joined=True,
    )


def _measured(held: Held, low: float) -> Series:
    values = np.maximum(held.measured, low)
    return Series(held.rounds, values, NAMES[held.family], "measured", METHODS[held.family], joined=True)


def _lines(held: Held) -> list[Series]:
    """Return the bound as a line (of a single round a short one), or none where it claims nothing."""
    x = held.rounds if len(held.rounds) > 1 else held.rounds * np.array([0.8, 1.25])
    sides: tuple[tuple[tuple[Bound, ...], str, Role], ...] = (
        (held.bounds, "bound, in the metric of D̂", "theory"),
        (held.crude, "bound, by d_min and d_max", "reference"),
    )
    lines = []
    # Without a scaling the two are one.
    for bounds, name, role in sides[: 1 if held.family == "identity" else 2]:
        values = np.array([b.value for b in bounds]) * np.ones_like(x)
        if all(b.applicable for b in bounds):
            lines.append(Series(x, values, name, role))
    return lines


def _folded(text: str, width: int = 34) -> str:
    """Return a text in lines of at most so many letters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return "\n".join(lines)
