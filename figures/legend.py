"""What a legend says, as plain data: one row per distinct label, and names at the ends of series."""

from dataclasses import dataclass

from figures.appearance import Appearance, appearance, CLASS_MARKERS, mark_colour, told_apart, worker_count
from figures.marks import Arrows, Bands, Cloud, Field, Heatmap, Histogram, Mark, Note, Series, Span, Table
from figures.style import INK, worker_colour
from figures.views import Panel, View
from implicitbias.display import in_brief


@dataclass(frozen=True)
class Entry:
    """One row of a legend: a name and the looks it stands for (a line and its points share a row)."""

    label: str
    looks: tuple[Appearance, ...]
    shape: str = "line"  # "line", "patch", "arrow" or "ring"

    __repr__ = in_brief


def legend_entries(panel: Panel) -> tuple[Entry, ...]:
    """Return the rows of the panel's legend, in the order of its marks: one per distinct label.

    In a ``"direct"`` panel, series are named at their ends and are not listed here.
    """
    if panel.legend == "none":
        return ()
    listed = [mark for mark in panel.marks if not (panel.legend == "direct" and isinstance(mark, Series))]
    return merged([entry for mark in listed for entry in _entries_of(mark)])


def shared_entries(view: View) -> tuple[Entry, ...]:
    """Return the rows of the one legend of a ``"shared"`` view (none for other views)."""
    if view.legend != "shared":
        return ()
    return merged([entry for panel in view.panels for entry in legend_entries(panel)])


def merged(entries: list[Entry]) -> tuple[Entry, ...]:
    """Return one row per label, in order of first appearance, with all its looks."""
    rows: dict[str, Entry] = {}
    for entry in entries:
        seen = rows.get(entry.label)
        looks = (
            entry.looks if seen is None else (*seen.looks, *(x for x in entry.looks if x not in seen.looks))
        )
        rows[entry.label] = Entry(entry.label, looks, entry.shape)
    return tuple(rows.values())


def direct_labels(panel: Panel) -> tuple[tuple[str, str, float, float], ...]:
    """Return (label, colour, x, y) of the last point of every labelled series, once per label; no entry twice."""
    ends: dict[str, tuple[str, str, float, float]] = {}
    for mark in panel.marks:
        if panel.legend != "direct" or not isinstance(mark, Series) or not mark.label:
            continue
        shown = [(x, y) for x, y in zip(mark.x, mark.y, strict=True) if x is not None and y is not None]
        if shown:
            x, y = shown[-1]
            ends.setdefault(mark.label, (mark.label, mark_colour(mark), float(x), float(y)))
    return tuple(ends.values())


def _entries_of(mark: Mark) -> list[Entry]:
    """Return the legend rows one mark asks for."""
    if isinstance(mark, Cloud):
        return _cloud_entries(mark)
    if isinstance(mark, (Heatmap, Table, Note)) or not mark.label:
        return []
    if isinstance(mark, Field):
        return [Entry(mark.label, (appearance(mark),))] if mark.kind == "contours" else []
    filled = isinstance(mark, (Bands, Histogram)) or (isinstance(mark, Span) and mark.low < mark.high)
    shape = "patch" if filled else "arrow" if isinstance(mark, Arrows) else "line"
    return [Entry(mark.label, (appearance(mark),), shape)]


def _cloud_entries(mark: Cloud) -> list[Entry]:
    """Return rows for the workers (colour), the labels ±1 (marker) and the ring, or the single label."""
    rows = []
    if told_apart(mark):
        present = sorted({int(w) for w in mark.workers or () if w is not None})
        count = worker_count(mark)
        rows += [
            Entry(f"worker {m + 1}", (Appearance(worker_colour(m, count), marker="s"),)) for m in present
        ]
    if mark.classes is not None:
        rows += [
            Entry(f"y = {'+' if c > 0 else '−'}1", (Appearance("#808080", marker=CLASS_MARKERS[c]),))
            for c in (1.0, -1.0)
            if c in mark.classes
        ]
    if mark.ringed and mark.ring_label:
        rows.append(Entry(mark.ring_label, (Appearance(INK, marker="o"),), "ring"))
    if mark.label:
        rows.append(Entry(mark.label, (appearance(mark),)))
    return rows
