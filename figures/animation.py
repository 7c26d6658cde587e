"""Views in the order of time: frames that one change of a knob, or time itself, leads through."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures.views import View
from implicitbias.checks import number, refuse
from implicitbias.display import in_brief


SLOWEST = 10.0  # seconds a frame may stand; longer, and nobody waits for the next


@dataclass(frozen=True)
class Animation:
    """Frames that show the same panels while one thing changes.

    Parameters
    ----------
    frames : sequence of View
        Two or more, with the same number of panels; see :func:`figures.on_common_limits` for axes that stand still.
    labels : sequence of str
        What changes, one for each frame, e.g. ``"H = 8"``.
    seconds : float
        How long each frame stands, at most 10.

    Raises
    ------
    BadInput
        If there are fewer than two frames, other numbers of labels or panels, or ``seconds`` is out of range.
    """

    frames: tuple[View, ...]
    labels: tuple[str, ...]
    seconds: float = 0.2

    __repr__ = in_brief

    def __post_init__(self):
        object.__setattr__(self, "frames", tuple(self.frames))
        object.__setattr__(self, "labels", tuple(str(label) for label in self.labels))
        _check_frames(self.frames)
        if len(self.labels) != len(self.frames):
            raise refuse(
                "labels",
                self.labels,
                f"one for each of {len(self.frames)} frames",
                "say what changes in each",
            )
        seconds = number("seconds", self.seconds, f"0.2 suits most; {SLOWEST:g} at most", above=0.0)
        if seconds > SLOWEST:
            raise refuse("seconds", seconds, f"at most {SLOWEST:g} for a frame", "show fewer frames, faster")
        object.__setattr__(self, "seconds", seconds)


def _check_frames(frames: Sequence[object]) -> None:
    """Raise unless there are two views or more, all with as many panels as the first."""
    if len(frames) < 2 or not all(isinstance(frame, View) for frame in frames):
        kinds = [type(frame).__name__ for frame in frames]
        raise refuse(
            "frames", kinds, "two views or more make an animation", "draw a single one with figures.save"
        )
    counts = [len(frame.panels) for frame in frames if isinstance(frame, View)]
    if len(set(counts)) > 1:
        raise refuse(
            "frames",
            f"panels {counts}",
            "all frames have the same number of panels",
            "give each what the others have",
        )
