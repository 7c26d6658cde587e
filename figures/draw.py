"""Marks on Matplotlib axes: one short function per mark, which decides nothing that ``appearance`` decides."""

from functools import singledispatch
from typing import Any, TYPE_CHECKING

import numpy as np

from figures.appearance import (
    Appearance,
    CLASS_MARKERS,
    FEW_POINTS,
    told_apart,
    worker_count,
)
from figures.marks import (
    Arrows,
    Bands,
    Cloud,
    Field,
    Heatmap,
    Histogram,
    Note,
    Separator,
    Series,
    Span,
    Table,
    Trajectory,
)
from figures.style import CROWD, INK, worker_colour
from figures.values import floats
from figures.words import typeset


if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKER_SIZE = 0.55  # of the type size
DENSE_MARKER_SIZE = 0.48  # of the type size, where markers only tell series apart
MARKER_SPACING = 0.09  # of the diagonal of the axes, between the markers on a dense series
COLOUR_BAR = (1.04, 0.0, 0.045, 1.0)  # left, bottom, width, height in axes: as tall as the axes come out
IMAGE_COLOURS, CELL_COLOURS = (
    "cividis",
    "cividis_r",
)  # Matplotlib's; of a field, and of cells that darken with the value
CONTOUR_COLOURS = ("#eef2f6", "#3f5f7f")  # low to high, quiet enough to lie under data


@singledispatch
def draw(mark: object, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    """Draw one mark with its look; ``line_width`` and ``type_size`` are those of the venue, in points."""
    raise TypeError(f"{type(mark).__name__} is not a mark")


@draw.register(Series)
def _series(mark: Series, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    x, y = floats(mark.x), floats(mark.y)
    dense = len(x) > FEW_POINTS
    # Matplotlib cannot space the markers of a line without a point: a series may be nothing but gaps.
    spaced = dense and look.marker and np.isfinite(y).any()
    if mark.error is not None:
        low, high = floats(mark.error[0]), floats(mark.error[1])
        if dense or mark.role != "measured":
            axes.fill_between(
                x, low, high, color=look.colour, alpha=0.18, linewidth=0, zorder=look.zorder - 1
            )
        else:
            axes.vlines(x, low, high, color=look.colour, linewidth=0.8 * line_width, zorder=look.zorder + 0.1)
    axes.plot(
        x, y, color=look.colour, linestyle=look.line or "none", linewidth=look.width * line_width,
        marker=look.marker, markevery=MARKER_SPACING if spaced else None,
        markersize=(DENSE_MARKER_SIZE if dense else MARKER_SIZE) * type_size,
        zorder=look.zorder, **marker_faces(look, line_width),
    )  # fmt: skip


def marker_faces(look: Appearance, line_width: float) -> dict[str, Any]:
    """Return how markers are filled: a white rim keeps full ones apart, hollow ones are white inside."""
    if look.hollow:
        return {
            "markerfacecolor": "white",
            "markeredgecolor": look.colour,
            "markeredgewidth": 0.6 * line_width,
        }
    return {"markeredgecolor": "white", "markeredgewidth": 0.25 * line_width}


@draw.register(Bands)
def _bands(mark: Bands, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    axes.fill_between(
        floats(mark.x), floats(mark.low), floats(mark.high),
        color=look.colour, alpha=look.alpha, linewidth=0, zorder=look.zorder,
    )  # fmt: skip


@draw.register(Cloud)
def _cloud(mark: Cloud, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    x, y, size = floats(mark.x), floats(mark.y), (0.62 * type_size) ** 2
    classes = floats(mark.classes) if mark.classes is not None else np.ones(len(x))
    workers = floats(mark.workers) if mark.workers is not None else np.zeros(len(x))
    colours = (
        [worker_colour(m, worker_count(mark)) for m in range(worker_count(mark))]
        if told_apart(mark)
        else None
    )
    for label, marker in CLASS_MARKERS.items():
        for m in np.unique(workers):
            chosen = (classes == label) & (workers == m)
            colour = colours[int(m)] if colours else (CROWD if mark.workers is not None else look.colour)
            axes.scatter(
                x[chosen], y[chosen], s=size, marker=marker, color=colour, edgecolor="white",
                linewidth=0.4 * line_width, zorder=look.zorder,
            )  # fmt: skip
    if mark.ringed:
        ringed = list(mark.ringed)
        axes.scatter(
            x[ringed], y[ringed], s=3.2 * size, facecolor="none", edgecolor=INK, linewidth=0.6 * line_width,
            zorder=look.zorder + 0.1,
        )  # fmt: skip


@draw.register(Field)
def _field(mark: Field, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    x, y, values = floats(mark.x), floats(mark.y), np.ma.masked_invalid(floats(mark.values))
    levels: Any = mark.levels if isinstance(mark.levels, int) else floats(mark.levels)
    if mark.kind == "contours":
        lines = axes.contour(
            x,
            y,
            values,
            levels=levels,
            colors=look.colour,
            linewidths=look.width * line_width,
            zorder=look.zorder,
        )
        axes.clabel(lines, fontsize=0.75 * type_size, inline_spacing=2, fmt="%.3g")
        return
    quiet = LinearSegmentedColormap.from_list("quiet", CONTOUR_COLOURS)
    if mark.kind == "image":
        shade: Any = axes.pcolormesh(
            x,
            y,
            values,
            cmap=IMAGE_COLOURS,
            shading="nearest",
            rasterized=True,
            zorder=look.zorder,
            linewidth=0,
        )
    else:
        shade = axes.contourf(x, y, values, levels=levels, cmap=quiet, zorder=look.zorder)
    axes.grid(False)
    _colour_bar(shade, axes, mark.label)


def _colour_bar(shade: Any, axes: "Axes", label: str | None) -> None:
    figure: Any = axes.figure
    bar = figure.colorbar(shade, cax=axes.inset_axes(COLOUR_BAR))
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    if label:
        bar.set_label(typeset(label))


@draw.register(Heatmap)
def _heatmap(mark: Heatmap, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    from matplotlib.colors import LogNorm, Normalize

    norm = {"linear": Normalize, "log": LogNorm}[mark.scale](*mark.limits)
    shade = axes.pcolormesh(
        floats(mark.x), np.arange(len(mark.rows)), np.ma.masked_invalid(floats(mark.values)), norm=norm,
        cmap=CELL_COLOURS, shading="nearest", edgecolor="white", linewidth=0.4 * line_width,
        zorder=look.zorder,
    )  # fmt: skip
    axes.set_yticks(range(len(mark.rows)), [typeset(row) for row in mark.rows])
    axes.tick_params(axis="y", length=0)
    axes.yaxis.set_inverted(True)
    axes.grid(False)
    if mark.label:
        _colour_bar(shade, axes, mark.label)


@draw.register(Arrows)
def _arrows(mark: Arrows, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    x, y, dx, dy = (floats(v) for v in (mark.x, mark.y, mark.dx, mark.dy))
    axes.quiver(
        x, y, dx, dy, angles="xy", scale_units="xy", scale=1, units="inches", width=1.1 * line_width / 72,
        headwidth=4.2, headlength=5.5, headaxislength=5, color=look.colour, zorder=look.zorder,
    )  # fmt: skip
    axes.update_datalim(np.column_stack([x + dx, y + dy]))
    axes.autoscale_view()


@draw.register(Trajectory)
def _trajectory(
    mark: Trajectory, axes: "Axes", look: Appearance, line_width: float, type_size: float
) -> None:
    x, y = floats(mark.x), floats(mark.y)
    common: dict[str, Any] = {
        "color": look.colour,
        "zorder": look.zorder,
        "markeredgewidth": 0.6 * line_width,
    }
    axes.plot(x, y, **common, linestyle=look.line, linewidth=look.width * line_width)
    shown = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if shown.size:
        first, last = shown[0], shown[-1]
        size = MARKER_SIZE * type_size
        axes.plot(x[first], y[first], **common, marker=look.marker, markersize=size, markerfacecolor="white")
        axes.plot(x[last], y[last], **common, marker=look.marker, markersize=size, markeredgecolor="white")


@draw.register(Separator)
def _separator(mark: Separator, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    w = floats(mark.normal)
    along = np.array([-w[1], w[0]])
    shifts = (0.0, 1.0, -1.0) if mark.margins else (0.0,)
    for shift in shifts:
        foot = (mark.offset + shift) * w / (w @ w)
        axes.axline(
            tuple(foot), tuple(foot + along), color=look.colour, zorder=look.zorder,
            linestyle=look.line if shift == 0 else (0, (2, 2)),
            linewidth=look.width * line_width * (1.0 if shift == 0 else 0.6),
        )  # fmt: skip


@draw.register(Span)
def _span(mark: Span, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    common: dict[str, Any] = {"color": look.colour, "alpha": look.alpha, "zorder": look.zorder}
    if mark.low < mark.high:
        (axes.axvspan if mark.axis == "x" else axes.axhspan)(mark.low, mark.high, **common, linewidth=0)
    else:
        line = axes.axvline if mark.axis == "x" else axes.axhline
        line(mark.low, **common, linestyle=look.line, linewidth=look.width * line_width)


@draw.register(Histogram)
def _histogram(mark: Histogram, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    from matplotlib.colors import to_rgba

    axes.stairs(
        floats(mark.heights), floats(mark.edges), fill=look.alpha > 0, facecolor=to_rgba(look.colour, look.alpha),
        edgecolor=look.colour, linewidth=look.width * line_width, zorder=look.zorder,
    )  # fmt: skip


@draw.register(Table)
def _table(mark: Table, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    axes.set_axis_off()  # its words are printed when the layout is settled


@draw.register(Note)
def _note(mark: Note, axes: "Axes", look: Appearance, line_width: float, type_size: float) -> None:
    common: dict[str, Any] = {"size": 0.9 * type_size, "zorder": look.zorder, "color": INK}
    if mark.x is not None:
        axes.annotate(
            typeset(mark.text), (mark.x, float(mark.y or 0.0)), (4, 4), textcoords="offset points", **common
        )
        return
    vertical, horizontal = mark.corner.split()
    x, y = (0.02 if horizontal == "left" else 0.98), (0.97 if vertical == "upper" else 0.03)
    vertical = {"upper": "top", "lower": "bottom"}[vertical]
    axes.text(x, y, typeset(mark.text), ha=horizontal, va=vertical, transform=axes.transAxes, **common)
