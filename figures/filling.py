"""Pictures that fill in: what was measured appears in the order of time, and what theory says stands from the start."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from figures.animation import Animation
from figures.marks import Mark, Series
from figures.values import floats
from figures.views import axis_values, View
from implicitbias.checks import refuse


FRAMES = 40  # a few seconds in all


def filled_in(
    view: View, name: Callable[[float], str], *, frames: int = FRAMES, seconds: float = 0.15
) -> Animation:
    """Return an animation in which measured series appear from left to right, in all panels at once.

    Parameters
    ----------
    view : View
        Its panels share what is along x; moments are equally spaced on the scale of the first.
    name : callable
        The last x that is shown ↦ the label of the frame, e.g. ``lambda r: f"round {r:,.0f}"``.
    frames : int
        Two or more.
    seconds : float
        How long a frame stands.

    Raises
    ------
    BadInput
        If nothing was measured at two places.
    """
    growing = [mark for panel in view.panels for mark in panel.marks if _grows(mark)]
    x = np.unique(np.concatenate([np.empty(0), *(axis_values(mark, "x") for mark in growing)]))
    x = x[np.isfinite(x)]
    if len(x) < 2:
        raise refuse(
            "view", view.title, "measured series with two places or more fill in", "draw it with figures.save"
        )
    spaced = np.geomspace if view.panels[0].xscale == "log" else np.linspace
    moments = x[np.searchsorted(x, spaced(x[0], x[-1], frames)[:-1], side="left")]
    moments = np.unique(np.append(moments, x[-1]))
    return Animation(tuple(until(view, m) for m in moments), tuple(name(float(m)) for m in moments), seconds)


def until(view: View, moment: float) -> View:
    """Return the view with what was measured after ``moment`` masked; lengths stay, and with them the looks."""
    panels = (replace(p, marks=tuple(_until(mark, moment) for mark in p.marks)) for p in view.panels)
    return replace(view, panels=tuple(panels))


def _until(mark: Mark, moment: float) -> Mark:
    if not isinstance(mark, Series) or not _grows(mark):
        return mark
    later = floats(mark.x) > moment
    hidden = [tuple(None if gone else v for v, gone in zip(row, later, strict=True)) for row in _rows(mark)]
    return replace(mark, y=hidden[0], error=(hidden[1], hidden[2]) if mark.error is not None else None)


def _rows(mark: Series) -> list[tuple[float | None, ...]]:
    """Return y and, if there are any, the ends of its intervals."""
    ends = [] if mark.error is None else list(mark.error)
    return [tuple(row) for row in (mark.y, *ends)]


def _grows(mark: Mark) -> bool:
    """Whether a mark is a record of time."""
    return isinstance(mark, Series) and mark.role == "measured" and len(mark.x) > 1
