"""What a legend says, as plain data: one row per distinct label, and names at the ends of series."""

from collections.abc import Sequence
from dataclasses import dataclass

from figures.appearance import Appearance, CLASS_MARKERS, mark_colour, told_apart, worker_count
from figures.marks import Arrows, Bands, Cloud, Field, Heatmap, Histogram, Mark, Note, Series, Span, Table
from figures.style import INK, worker_colour
from figures.telling_apart import looks
from figures.views import Panel, View
from implicitbias.display import in_brief


@dataclass(frozen=True)
class Entry:
    """One row of a legend: a name and the looks it stands for (a line and its points share a row)."""

    label: str
    looks: tuple[Appearance, ...]
    shape: str = "line"  # "line", "patch", "arrow" or "ring"

    __repr__ = in_brief


def legend_entries(panel: Panel, own: Sequence[Appearance] | None = None) -> tuple[Entry, ...]:
    """Return the rows of the panel's legend, in the order of its marks: one per distinct label.

    In a ``"direct"`` panel, series are named at their ends and are not listed here. ``own`` are the looks of its
    marks, where other panels share in them.
    """
    if panel.legend == "none":
        return ()
    pairs = zip(panel.marks, looks([panel])[0] if own is None else own, strict=True)
    listed = [pair for pair in pairs if not (panel.legend == "direct" and isinstance(pair[0], Series))]
    return merged([entry for mark, look in listed for entry in _entries_of(mark, look)])


def shared_entries(view: View) -> tuple[Entry, ...]:
    """Return the rows of the one legend of a ``"shared"`` view (none for other views)."""
    if view.legend != "shared":
        return ()
    pairs = zip(view.panels, view_looks(view), strict=True)
    return merged([entry for panel, own in pairs for entry in legend_entries(panel, own)])


def view_looks(view: View) -> tuple[tuple[Appearance, ...], ...]:
    """Return the look of every mark: told apart over all panels if these share a legend, else within each."""
    if view.legend == "shared":
        return looks(view.panels)
    return tuple(looks([panel])[0] for panel in view.panels)


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


def _entries_of(mark: Mark, look: Appearance) -> list[Entry]:
    """Return the legend rows one mark asks for."""
    if isinstance(mark, Cloud):
        return _cloud_entries(mark, look)
    if isinstance(mark, (Heatmap, Table, Note)) or not mark.label:
        return []
    if isinstance(mark, Field):
        return [Entry(mark.label, (look,))] if mark.kind == "contours" else []
    bars = isinstance(mark, Histogram) and look.alpha > 0
    filled = isinstance(mark, Bands) or bars or (isinstance(mark, Span) and mark.low < mark.high)
    shape = "patch" if filled else "arrow" if isinstance(mark, Arrows) else "line"
    return [Entry(mark.label, (look,), shape)]


def _cloud_entries(mark: Cloud, look: Appearance) -> list[Entry]:
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
        rows.append(Entry(mark.label, (look,)))
    return rows
