"""Where names go so that they hide nothing: legends in free corners or below, labels at the ends of series."""

from typing import Any, TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from figures.appearance import Appearance
from figures.draw import marker_faces
from figures.legend import direct_labels, Entry
from figures.views import Panel
from figures.words import typeset


if TYPE_CHECKING:
    from matplotlib.axes import Axes

BORDER = 0.5  # of the type size, between a legend and its axes
PADDING = 0.65  # of the type size, kept free around a legend: a point is as large as its marker
DENSITY = 4.0  # pixels between the points that stand for a line when overlaps are sought
BACKGROUND = 1.3  # drawing order up to which marks (fields, spans) may lie under a legend
MOST_INSIDE = 9  # longer legends go below the axes at once
DIRECT = "name at the end of a series"  # by which an earlier pass is found and replaced
LOCATIONS = {
    (1, 1): "upper right", (0, 1): "upper left", (1, 0): "lower right", (0, 0): "lower left",
    (1, 0.5): "center right", (0, 0.5): "center left", (0.5, 1): "upper center", (0.5, 0): "lower center",
}  # fmt: skip


def place_legend(axes: "Axes", entries: tuple[Entry, ...], line_width: float) -> bool:
    """Put the legend into a spot free of data, or below the axes when there is none; return whether it is below.

    The layout of the figure must have been settled: overlaps are sought in pixels. An earlier legend is replaced.
    """
    if not entries:
        return False
    common = legend_arguments(entries, line_width)
    if len(entries) <= MOST_INSIDE:
        size = _size(axes.legend(**common, loc="center"))
        spot = free_spot(axes, size)
        if spot is not None:
            place: Any = LOCATIONS[spot]
            axes.legend(**common, loc=place, borderaxespad=BORDER)
            return False
    _below(axes, common, len(entries))
    return True


def legend_arguments(entries: tuple[Entry, ...], line_width: float) -> dict[str, Any]:
    """Return the handles and labels of a legend; looks that share a label are drawn over one another."""
    from matplotlib.legend_handler import HandlerTuple

    handles = [tuple(_handle(look, entry.shape, line_width) for look in entry.looks) for entry in entries]
    labels = [typeset(entry.label) for entry in entries]
    return {"handler_map": {tuple: HandlerTuple(ndivide=1)}, "handles": handles, "labels": labels}


def place_shared(figure: Any, entries: tuple[Entry, ...], line_width: float, bottom: float) -> float:
    """Put one legend on the page, ``bottom`` inches above its lower edge; return its height in inches."""
    from matplotlib.transforms import ScaledTranslation

    lift = figure.transFigure + ScaledTranslation(0, bottom, figure.dpi_scale_trans)
    for columns in range(len(entries), 0, -1):
        for old in figure.legends:
            old.remove()
        legend = figure.legend(
            **legend_arguments(entries, line_width), ncols=columns, loc="lower center",
            bbox_to_anchor=(0.5, 0.0), bbox_transform=lift, borderaxespad=0.0,
        )  # fmt: skip
        legend.set_in_layout(False)
        if _size(legend)[0] <= 0.96 * figure.bbox.width:
            break
    return float(_size(figure.legends[0])[1]) / figure.dpi


def free_spot(axes: "Axes", size: Float[np.ndarray, "2"]) -> tuple[float, float] | None:
    """Return the first spot (fractions of the axes) at which a box of ``size`` pixels covers no data, or None."""
    frame = axes.get_window_extent()
    inked = occupied(axes)
    figure: Any = axes.figure
    pixels = float(axes.xaxis.label.get_fontsize()) * figure.dpi / 72
    inset, padding = BORDER * pixels, PADDING * pixels
    start, room = np.array([frame.x0, frame.y0]) + inset, np.array([frame.width, frame.height]) - 2 * inset
    for x, y in LOCATIONS:
        corner = start + np.array([x, y]) * (room - size)
        inside = np.all((inked >= corner - padding) & (inked <= corner + size + padding), axis=1)
        if not inside.any() and np.all(size < 0.7 * room):
            return x, y
    return None


def occupied(axes: "Axes") -> Float[np.ndarray, "point 2"]:
    """Return points, in pixels, that stand for everything drawn on the axes but its grid."""
    from matplotlib.quiver import Quiver

    pieces = [np.empty((0, 2))]
    for line in axes.lines:
        if line.get_zorder() <= BACKGROUND:
            continue
        vertices = line.get_transform().transform(line.get_path().vertices)
        pieces.append(densified(vertices) if line.get_linestyle() not in ("None", "none", "") else vertices)
    for collection in axes.collections:
        if collection.get_zorder() <= BACKGROUND:
            continue
        if isinstance(collection, Quiver):
            pieces += arrow_pixels(axes, collection)
            continue
        offsets = collection.get_offset_transform().transform(np.ma.filled(collection.get_offsets(), np.nan))
        paths = [collection.get_transform().transform(path.vertices) for path in collection.get_paths()]
        moved = len(offsets) > 1 or np.any(np.asarray(collection.get_offsets()) != 0)
        pieces += [offsets] if moved else [densified(path) for path in paths if len(path)]
    shapes = [patch for patch in axes.patches if patch.get_zorder() > BACKGROUND]
    pieces += [densified(patch.get_transform().transform(patch.get_path().vertices)) for patch in shapes]
    for words in axes.texts:
        box = words.get_window_extent()
        pieces.append(densified(box.corners()[[0, 1, 3, 2, 0]]))
    inked = np.concatenate(pieces)
    return inked[np.isfinite(inked).all(axis=1)]


def arrow_pixels(axes: "Axes", arrows: Any) -> list[Float[np.ndarray, "point 2"]]:
    """Return the pixels along every arrow of a quiver."""
    tails = np.column_stack([arrows.X, arrows.Y])
    tips = tails + np.column_stack([arrows.U, arrows.V])
    return [densified(axes.transData.transform(ends)) for ends in np.stack([tails, tips], axis=1)]


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


def write_direct_labels(axes: "Axes", panel: Panel) -> None:
    """Write the name of each series at its right end, in its colour, moved apart so that none overlaps."""
    for old in [words for words in axes.texts if words.get_label() == DIRECT]:
        old.remove()
    ends = direct_labels(panel)
    if not ends:
        return
    size = float(axes.xaxis.label.get_fontsize())
    right = axes.get_window_extent().x1
    wanted = axes.transData.transform([(x, y) for _, _, x, y in ends])
    figure: Any = axes.figure
    height = 1.25 * size * figure.dpi / 72
    heights = spread_apart(wanted[:, 1], height)
    for (label, colour, _, _), y in zip(ends, heights, strict=True):
        place = axes.transAxes.inverted().transform((right, y))[1]
        axes.annotate(
            typeset(label), (1.0, place), (5, 0), xycoords="axes fraction", textcoords="offset points",
            color=colour, va="center", ha="left", size=0.95 * size, label=DIRECT,
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
    ring: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": look.colour}
    marker = ">" if shape == "arrow" else look.marker
    face = ring if shape == "ring" else marker_faces(look, line_width)
    return Line2D(
        [], [], color=look.colour, linestyle=look.line or "none", linewidth=look.width * line_width,
        marker=marker or "none", markersize=(4.8 if shape == "ring" else 3.4) * line_width, **face,
    )  # fmt: skip


def _below(axes: "Axes", common: dict[str, Any], entries: int) -> None:
    """Put the legend under the axis label, in as many columns as fit."""
    from matplotlib.transforms import ScaledTranslation

    figure: Any = axes.figure
    frame, label = axes.get_window_extent(), axes.xaxis.get_tightbbox()
    drop = (frame.y0 - (label.y0 if label is not None else frame.y0)) / figure.dpi + 0.06
    below = axes.transAxes + ScaledTranslation(0, -drop, figure.dpi_scale_trans)
    cell = axes.get_subplotspec()
    room = frame.width if cell is None else len(cell.colspan) / cell.get_gridspec().ncols * figure.bbox.width
    for columns in range(min(entries, 4), 0, -1):
        legend = axes.legend(
            **common, loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=below, ncols=columns,
            borderaxespad=0.0,
        )  # fmt: skip
        if _size(legend)[0] <= 0.96 * room:
            return


def _size(legend: Any) -> Float[np.ndarray, "2"]:
    """Return width and height of a legend in pixels."""
    box = legend.get_window_extent()
    return np.array([box.width, box.height])
