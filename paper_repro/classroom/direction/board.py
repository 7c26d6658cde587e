"""What is drawn over the points on the board: the separators of the first view, so that board and view never differ."""

import math

from figures import Separator
from figures.values import floats
from paper_repro.classroom.shown import Refused, Shown
from paper_repro.classroom.widgets.points import Kind, Line, line_along


_KINDS: dict[str, Kind] = {"theory": "best", "reference": "passed", "falsifier": "guess", "measured": "last"}


def lines_of(scene: Shown | Refused) -> tuple[Line, ...]:
    """Return the separators to draw over the points; none where there is no answer."""
    if isinstance(scene, Refused):
        return ()
    separators = [mark for mark in scene.views[0].panels[0].marks if isinstance(mark, Separator)]
    passed = [mark for mark in separators if _kind(mark) == "passed"]
    return tuple(_line(mark, early=mark in passed[:1]) for mark in separators)


def method_key_of(scene: Shown | Refused) -> str:
    """Return the method of the last round, for its colour."""
    marks = () if isinstance(scene, Refused) else scene.views[0].panels[0].marks
    keys = [mark.method_key for mark in marks if isinstance(mark, Separator) and mark.method_key is not None]
    return keys[0] if keys else "local_gd"


def _kind(mark: Separator) -> Kind:
    return "own" if mark.worker is not None else _KINDS[mark.role]


def _line(mark: Separator, early: bool) -> Line:
    w = floats(mark.normal).tolist()
    margin = 1.0 / math.hypot(*w) if mark.margins else None
    return line_along(w, _kind(mark), mark.label or "", worker=mark.worker, margin=margin, early=early)
