"""What a legend says, as plain data; and where it goes so that it hides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from jaxtyping import Float
import numpy as np

from figures.appearance import Appearance, appearance, CLASS_MARKERS, mark_colour, told_apart, worker_count
from figures.marks import Arrows, Bands, Cloud, Field, Histogram, Mark, Note, Series, Span, Table
from figures.style import INK, worker_colour
from figures.views import Panel


if TYPE_CHECKING:
    from matplotlib.axes import Axes

PADDING = 6.0  # pixels at 100 dpi kept free around a legend
DENSITY = 4.0  # pixels between the points that stand for a line when overlaps are sought
SPOTS = ((1, 1), (0, 1), (1, 0), (0, 0), (1, 0.5), (0, 0.5), (0.5, 1), (0.5, 0))  # corners first
MOST_INSIDE = 9  # longer legends go below the axes at once


@dataclass(frozen=True)
class Entry:
    """One row of a legend: a name and the looks it stands for (a line and its points share a row)."""

    label: str
    looks: tuple[Appearance, ...]
    shape: str = "line"  # "line", "patch", "arrow" or "ring"


def legend_entries(panel: Panel) -> tuple[Entry, ...]:
    """Return the rows of the panel's legend, in the order of its marks: one per distinct label.

    In a ``"direct"`` panel, series are named at their ends and are not listed here.
    """
    if panel.legend == "none":
        return ()
    rows: dict[str, Entry] = {}
    for mark in panel.marks:
        if panel.legend == "direct" and isinstance(mark, Series):
            continue
        for entry in _entries_of(mark):
            seen = rows.get(entry.label)
            looks = entry.looks if seen is None else (*seen.looks, *(x for x in entry.looks if x not in seen.looks))
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
            ends.setdefault(mark.label, (mark.label, mark_colour(mark), *map(float, shown[-1])))
    return tuple(ends.values())


def _entries_of(mark: Mark) -> list[Entry]:
    """Return the legend rows one mark asks for."""
    if isinstance(mark, Cloud):
        return _cloud_entries(mark)
    if isinstance(mark, (Table, Note)) or not mark.label:
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
        rows += [Entry(f"worker {m + 1}", (Appearance(worker_colour(m, count), marker="s"),)) for m in present]
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


def place_legend(axes: Axes, panel: Panel, line_width: float) -> None:
    """Put the legend into a spot free of data, or below the axes when there is none.

    The layout of the figure must have been settled: overlaps are sought in pixels.
    """
    entries = legend_entries(panel)
    if not entries:
        return
    from matplotlib.legend_handler import HandlerTuple

    handles = [tuple(_handle(look, entry.shape, line_width) for look in entry.looks) for entry in entries]
    labels = [entry.label for entry in entries]
    common: dict[str, Any] = {"handler_map": {tuple: HandlerTuple(ndivide=1)}, "handles": handles, "labels": labels}
    if len(entries) <= MOST_INSIDE:
        legend = axes.legend(**common, loc="center")
        spot = free_spot(axes, _size(legend))
        if spot is not None:
            x, y = spot
            place = {0: "lower", 0.5: "center", 1: "upper"}[y] + " " + {0: "left", 0.5: "center", 1: "right"}[x]
            axes.legend(**common, loc=place)
            return
        legend.remove()
    _below(axes, common, len(entries))


def free_spot(axes: Axes, size: Float[np.ndarray, "2"]) -> tuple[float, float] | None:
    """Return the first spot (fractions of the axes) at which a box of ``size`` pixels covers no data, or None."""
    frame = axes.get_window_extent()
    inked = occupied(axes)
    for x, y in SPOTS:
        corner = np.array([frame.x0, frame.y0]) + np.array([x, y]) * (np.array([frame.width, frame.height]) - size)
        inside = np.all((inked >= corner - PADDING) & (inked <= corner + size + PADDING), axis=1)
        if not inside.any() and np.all(size < 0.7 * np.array([frame.width, frame.height])):
            return x, y
    return None


def occupied(axes: Axes) -> Float[np.ndarray, "point 2"]:
    """Return points, in pixels, that stand for everything drawn on the axes but its grid."""
    pieces = [np.empty((0, 2))]
    for line in axes.lines:
        vertices = line.get_transform().transform(line.get_path().vertices)
        pieces.append(densified(vertices) if line.get_linestyle() not in ("None", "none", "") else vertices)
    for collection in axes.collections:
        offsets = collection.get_offset_transform().transform(np.ma.filled(collection.get_offsets(), np.nan))
        paths = [collection.get_transform().transform(path.vertices) for path in collection.get_paths()]
        moved = len(offsets) > 1 or np.any(np.asarray(collection.get_offsets()) != 0)
        pieces += [offsets] if moved else [densified(path) for path in paths if len(path)]
    for words in axes.texts:
        box = words.get_window_extent()
        pieces.append(densified(box.corners()[[0, 1, 3, 2, 0]]))
    inked = np.concatenate(pieces)
    return inked[np.isfinite(inked).all(axis=1)]


def densified(vertices: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "more 2"]:
    """Return points at most ``DENSITY`` pixels apart along the polyline (gaps stay gaps)."""
    if len(vertices) < 2:
        return vertices
    steps = np.linalg.norm(np.diff(vertices, axis=0), axis=1)
    pieces = [vertices]
    for start, end, length in zip(vertices[:-1], vertices[1:], steps, strict=True):
        if np.isfinite(length) and length > DENSITY:
            shares = np.linspace(0, 1, min(int(length / DENSITY), 1000) + 1)[:, None]
            pieces.append(start + shares * (end - start))
    return np.concatenate(pieces)


def write_direct_labels(axes: Axes, panel: Panel) -> None:
    """Write the name of each series at its right end, in its colour, moved apart so that none overlaps."""
    ends = direct_labels(panel)
    if not ends:
        return
    size = axes.xaxis.label.get_size()
    right = axes.get_window_extent().x1
    wanted = axes.transData.transform([(x, y) for _, _, x, y in ends])
    height = 1.25 * size * axes.figure.dpi / 72  # type: ignore[union-attr]
    heights = spread_apart(wanted[:, 1], height)
    for (label, colour, _, _), y in zip(ends, heights, strict=True):
        place = axes.transAxes.inverted().transform((right, y))[1]
        axes.annotate(
            label, (1.0, place), (5, 0), xycoords="axes fraction", textcoords="offset points",
            color=colour, va="center", ha="left", size=0.95 * size,
        )  # fmt: skip


def spread_apart(wanted: Float[np.ndarray, "label"], gap: float) -> Float[np.ndarray, "label"]:
    """Return heights nearest to ``wanted`` in least squares, in the same order, at least ``gap`` apart.

    With z_k = y_(k) − k·gap the constraint is that z is non-decreasing: isotonic regression, by pooling.
    """
    order = np.argsort(wanted, kind="stable")
    pools: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        mean, count = float(wanted[index]) - rank * gap, 1
        while pools and pools[-1][0] >= mean:
            last, members = pools.pop()
            mean, count = (last * members + mean * count) / (members + count), members + count
        pools.append((mean, count))
    placed = np.empty(len(wanted))
    placed[order] = np.repeat([m for m, _ in pools], [c for _, c in pools]) + gap * np.arange(len(wanted))
    return placed


def _handle(look: Appearance, shape: str, line_width: float) -> Any:
    """Return the artist that stands for one look in a legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if shape == "patch":
        return Patch(facecolor=look.colour, alpha=max(look.alpha, 0.15), edgecolor=look.colour)
    hollow = {"markerfacecolor": "none", "markeredgecolor": look.colour} if shape == "ring" else {}
    marker = ">" if shape == "arrow" else look.marker
    edge = {} if hollow else {"markeredgecolor": "white", "markeredgewidth": 0.5}
    return Line2D(
        [], [], color=look.colour, linestyle=look.line or "none", linewidth=look.width * line_width,
        marker=marker or "none", markersize=7 if shape == "ring" else 5, **hollow, **edge,
    )  # fmt: skip


def _below(axes: Axes, common: dict[str, Any], entries: int) -> None:
    """Put the legend under the axis label, in as many columns as fit."""
    from matplotlib.transforms import ScaledTranslation

    figure: Any = axes.figure
    frame, label = axes.get_window_extent(), axes.xaxis.get_tightbbox()
    drop = (frame.y0 - (label.y0 if label is not None else frame.y0)) / figure.dpi + 0.06
    below = axes.transAxes + ScaledTranslation(0, -drop, figure.dpi_scale_trans)
    room = axes.get_subplotspec().get_position(figure).width * figure.bbox.width if axes.get_subplotspec() else frame.width
    for columns in range(min(entries, 4), 0, -1):
        legend = axes.legend(
            **common, loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=below, ncols=columns, borderaxespad=0.0
        )
        if _size(legend)[0] <= room or columns == 1:
            return


def _size(legend: Any) -> Float[np.ndarray, "2"]:
    """Return width and height of a legend in pixels."""
    box = legend.get_window_extent()
    return np.array([box.width, box.height])
