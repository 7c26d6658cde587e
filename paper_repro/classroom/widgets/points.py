"""The board: points in the plane that a class drags, adds, removes, relabels and gives to workers; and a guess.

A point is ``{"x", "y", "label", "worker"}``. It is filled and round for +1, hollow and pointed for −1, and has the
colour and the number of its worker, the colours of all figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import anywidget
import traitlets

from figures.style import FALSIFIER, method_colour, REFERENCE, worker_colour
from figures.web.bundle import enclosed
from figures.web.theme import at_night, SURFACES


HERE = Path(__file__).resolve().parent
# Workers that can be told apart by colour and number.
MOST_WORKERS = 8

Kind = Literal["best", "own", "passed", "last", "guess"]


@dataclass(frozen=True)
class Line:
    """A separator {v : w·v = 0} on the board, for w along ``angle`` (degrees).

    ``kind`` decides how it looks: ``"best"`` of all points, with the ``margin`` lines at that distance; a worker's
    ``"own"``; ``"passed"`` in a run, the first of them ``early``, and ``"last"``; the class's ``"guess"``. ``name``
    stands under the plane.
    """

    angle: float
    kind: Kind
    name: str = ""
    worker: int | None = None
    margin: float | None = None
    early: bool = False


def line_along(w: Sequence[float], kind: Kind, name: str = "", **more: Any) -> Line:
    """Return the separator of a model w ≠ 0."""
    return Line(math.degrees(math.atan2(w[1], w[0])), kind, name, **more)


class PointBoard(anywidget.AnyWidget):
    """Points under the hands of a class: by mouse, finger or keys; what is moved is sent ten times a second.

    Attributes
    ----------
    points
        List of points.
    lines
        Separators to draw, as dictionaries of :class:`Line`.
    guessing
        Whether the class turns a guess (an arrow w) instead of moving points.
    guess
        Its angle in degrees, or ``None`` before there is one.
    extent
        Half the side of the square that is seen.
    workers
        Number of workers that points can be given to.
    most
        Points that the board takes.
    """

    _esm = enclosed("theme") + "\n" + (HERE / "points.js").read_text(encoding="utf-8")
    _css = (HERE / "points.css").read_text(encoding="utf-8")
    points = traitlets.List(traitlets.Dict()).tag(sync=True)
    lines = traitlets.List(traitlets.Dict()).tag(sync=True)
    guessing = traitlets.Bool(False).tag(sync=True)
    guess = traitlets.Float(None, allow_none=True).tag(sync=True)
    extent = traitlets.Float(4.0).tag(sync=True)
    workers = traitlets.Int(2).tag(sync=True)
    most = traitlets.Int(60).tag(sync=True)
    colours = traitlets.Dict().tag(sync=True)

    def __init__(self, **chosen: Any):
        super().__init__(colours=_colours("local_gd"), **chosen)

    def put(
        self,
        points: Sequence[tuple[float, float]],
        labels: Sequence[int],
        workers: Sequence[int],
        extent: float,
    ) -> None:
        """Put these points on the board, in place of those before."""
        # One message, so that the browser never draws new points on an old scale.
        with self.hold_sync():
            self.extent = extent
            self.workers = min(max((*workers, 0)) + 2, MOST_WORKERS)
            self.points = [
                {"x": x, "y": y, "label": label, "worker": worker}
                for (x, y), label, worker in zip(points, labels, workers, strict=True)
            ]

    def draw(self, lines: Sequence[Line], method_key: str = "local_gd") -> None:
        """Draw these separators, in place of those before, the last of a run in the colour of its method."""
        with self.hold_sync():
            self.colours = _colours(method_key)
            self.lines = [vars(line) for line in lines]

    @property
    def held(self) -> tuple[tuple[tuple[float, float], ...], tuple[int, ...], tuple[int, ...]]:
        """Points, labels and workers as they are now."""
        points = tuple((float(point["x"]), float(point["y"])) for point in self.points)
        return (
            points,
            tuple(int(point["label"]) for point in self.points),
            tuple(int(point["worker"]) for point in self.points),
        )


def _colours(method_key: str) -> dict[str, tuple[str, str]]:
    """Return every colour by its name, on paper and at night."""
    own = {f"worker-{m}": worker_colour(m, MOST_WORKERS) for m in range(MOST_WORKERS)}
    own |= {"passed": REFERENCE, "guess": FALSIFIER, "last": method_colour(method_key)}
    return dict(SURFACES) | {name: (day, at_night(day)) for name, day in own.items()}
