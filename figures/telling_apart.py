"""Marks that mean the same kind of thing but have other names: dashes, markers and fillings that tell them apart."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from figures.appearance import Appearance, appearance, DASHES
from figures.marks import Separator, Series, Span, Trajectory
from figures.views import Panel


# The first of each role is its own; red stays red and black black, so that a role is seen before a name is read.
LINES: dict[str, tuple[Any, ...]] = {
    "theory": (DASHES["theory"], (0, (9, 1.8)), (0, (9, 1.8, 1.5, 1.8)), (0, (3, 1.2))),
    "measured": (DASHES["measured"],),
    "reference": (DASHES["reference"], (0, (1.2, 1.8)), (0, (8, 2, 1.2, 2)), (0, (8, 2))),
    "falsifier": (DASHES["falsifier"], (0, (1.2, 1.4)), (0, (9, 2)), (0, (4, 1.2, 1, 1.2, 1, 1.2))),
}
OTHER_MARKERS = ("^", "v", "D", "P", "X")  # after the method's own marker, filled and hollow


def looks(panels: Sequence[Panel]) -> tuple[tuple[Appearance, ...], ...]:
    """Return how every mark of every panel is drawn: as :func:`figures.appearance.appearance`, told apart by name.

    Where lines or points with different labels would look alike, the second label takes another dash or a hollow
    marker, the third another one, and so on. One label has one look in all the panels given.
    """
    named: dict[Any, list[str]] = {}
    return tuple(tuple(_look(mark, named) for mark in panel.marks) for panel in panels)


def _look(mark: Any, named: dict[Any, list[str]]) -> Appearance:
    """Return the look of one mark, remembering the labels that have had its look before."""
    own = appearance(mark)
    label = getattr(mark, "label", None)
    if not label or not _is_line(mark):
        return own
    sharing = named.setdefault((own.colour, repr(own.line), own.marker), [])
    if label not in sharing:
        sharing.append(label)
    return varied(own, mark.role, sharing.index(label))


def varied(look: Appearance, role: str, variant: int) -> Appearance:
    """Return the look of the label that is ``variant`` names behind the first one with this look."""
    if variant == 0:
        return look
    if look.marker is None:
        dashes = LINES[role]
        return replace(look, line=dashes[min(variant, len(dashes) - 1)])
    markers = [look.marker, *(marker for marker in OTHER_MARKERS if marker != look.marker)]
    return replace(look, marker=markers[variant // 2 % len(markers)], hollow=bool(variant % 2))


def _is_line(mark: Any) -> bool:
    """Whether a mark is a line or points, rather than an area."""
    return isinstance(mark, Series | Separator | Trajectory) or (
        isinstance(mark, Span) and mark.low == mark.high
    )
