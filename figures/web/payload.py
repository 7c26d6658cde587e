"""What a browser needs to draw a view: its data, and every colour, dash, marker and limit already decided."""

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from figures.appearance import (
    Appearance,
    appearance,
    CLASS_MARKERS,
    FEW_POINTS,
    is_joined,
    told_apart,
    worker_count,
)
from figures.draw import CELL_COLOURS, DENSE_MARKER_SIZE, IMAGE_COLOURS, MARKER_SIZE, MARKER_SPACING
from figures.layout import CAPTION_SIZE, columns_of, HEIGHT_OF_WIDTH, LINE_HEIGHT, TALLEST, TITLE_SIZE
from figures.legend import direct_labels, Entry, legend_entries, shared_entries, view_looks
from figures.limits import limits_of
from figures.marks import Cloud, Field, Heatmap, Mark, Series, Table
from figures.placing import BACKGROUND, MOST_INSIDE
from figures.render import LINE
from figures.style import CROWD, worker_colour
from figures.table import cell_text
from figures.values import floats
from figures.views import Panel, tree_of, View
from figures.web.levels import contour_areas, contour_lines
from figures.web.theme import at_night, contour_colours, NIGHT, readable, SURFACES
from figures.words import typeset


WORDS = ("label", "ring_label", "text")  # fields of marks that are printed
RAMP = 64  # colours of a field: steps finer than an eye sees
SIZES = {
    "line": LINE, "marker": MARKER_SIZE, "denseMarker": DENSE_MARKER_SIZE, "spacing": MARKER_SPACING,
    "title": TITLE_SIZE, "caption": CAPTION_SIZE, "lineHeight": LINE_HEIGHT, "heights": HEIGHT_OF_WIDTH,
    "tallest": TALLEST, "background": BACKGROUND, "mostInside": MOST_INSIDE,
}  # fmt: skip


def payload(view: View) -> dict[str, Any]:
    """Return the view as plain data for ``drawView`` of :func:`figures.web.script`; ``json.dumps`` writes it.

    Returns
    -------
    dict
        ``title``, ``caption``, ``columns``, ``panels`` (axes with limits, marks with ``look``, rows of the legend),
        ``legend`` (rows of a shared one), ``sizes`` (of the type size) and ``colours``, by name as (on paper, at
        night): ``"ink"``, ``"paper"`` … around the data, ``"c2f6db3"`` of marks, ``"text-2f6db3"`` of words.
    """
    tree = {
        "title": typeset(view.title, bold=True),
        "caption": typeset(view.caption),
        "columns": columns_of(view),
        "panels": [
            _panel(panel, own, listed=view.legend == "panels")
            for panel, own in zip(view.panels, view_looks(view), strict=True)
        ],
        "legend": [_entry(entry) for entry in shared_entries(view)],
        "sizes": SIZES,
    }
    return {**tree, "colours": {**SURFACES, **_colours(tree)}}


def _panel(panel: Panel, own: Sequence[Appearance], *, listed: bool) -> dict[str, Any]:
    """Return axes with limits, and what lies on them."""
    tree = tree_of(panel)
    heat = next((mark for mark in panel.marks if isinstance(mark, Heatmap)), None)
    ends = (len(heat.rows) - 0.5, -0.5) if heat else limits_of([panel], "y")
    return {
        **{name: typeset(tree[name]) for name in ("xlabel", "ylabel", "title")},
        **{name: tree[name] for name in ("xscale", "yscale", "aspect")},
        "xlim": panel.xlim or limits_of([panel], "x"),
        "ylim": panel.ylim or ends,
        "fixed": bool(panel.xlim and panel.ylim),
        "marks": [_mark(mark, look) for mark, look in zip(panel.marks, own, strict=True)],
        "legend": [_entry(entry) for entry in legend_entries(panel, own)] if listed else [],
        "ends": [
            {"label": typeset(label), "ink": colour, "x": x, "y": y}
            for label, colour, x, y in direct_labels(panel)
        ],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    """Return one row of a legend."""
    return {
        "label": typeset(entry.label),
        "shape": entry.shape,
        "looks": [_look(look) for look in entry.looks],
    }


def _look(look: Appearance) -> dict[str, Any]:
    """Return looks with the dashes as lengths, in widths of the line: none for a solid line."""
    dashes = look.line[1] if isinstance(look.line, tuple) else ()
    return {
        "colour": look.colour,
        "line": None if look.line is None else dashes,
        "marker": look.marker,
        "width": look.width,
        "alpha": look.alpha,
        "zorder": look.zorder,
        "hollow": look.hollow,
    }


def _mark(mark: Mark, look: Appearance) -> dict[str, Any]:
    """Return a mark's data and looks, its words typeset."""
    words = {name: typeset(text) for name in WORDS if (text := getattr(mark, name, None))}
    return {**tree_of(mark), **words, "look": {**_look(look), **_more(mark)}, **_replaced(mark)}


@singledispatch
def _more(mark: object) -> dict[str, Any]:
    """Return what the looks of one kind of mark have beyond the common ones."""
    return {}


@_more.register
def _of_series(mark: Series) -> dict[str, Any]:
    dense = len(mark.x) > FEW_POINTS
    return {"dense": dense, "joined": is_joined(mark), "band": dense or mark.role != "measured"}


@_more.register
def _of_cloud(mark: Cloud) -> dict[str, Any]:
    count = worker_count(mark)
    crowd = [appearance(mark).colour if mark.workers is None else CROWD] * count
    workers = [worker_colour(m, count) for m in range(count)] if told_apart(mark) else crowd
    return {"workers": workers, "classes": {f"{label:g}": marker for label, marker in CLASS_MARKERS.items()}}


@_more.register
def _of_field(mark: Field) -> dict[str, Any]:
    if mark.kind != "image":
        return {}
    values = floats(mark.values)
    return {
        "ramp": _ramp(IMAGE_COLOURS),
        "limits": (float(values[values == values].min()), float(values[values == values].max())),
    }


@_more.register
def _of_heatmap(mark: Heatmap) -> dict[str, Any]:
    return {"ramp": _ramp(CELL_COLOURS), "limits": mark.limits}


@singledispatch
def _replaced(mark: object) -> dict[str, Any]:
    """Return the fields that a browser gets in another form."""
    return {}


@_replaced.register
def _lines_and_areas(mark: Field) -> dict[str, Any]:
    if mark.kind == "image":
        return {}
    if mark.kind == "contours":
        return {"values": None, "lines": contour_lines(mark)}
    areas = contour_areas(mark)
    shades = [contour_colours(k / max(len(areas) - 1, 1)) for k in range(len(areas))]
    return {
        "values": None,
        "areas": [{**area, "shade": shade} for area, shade in zip(areas, shades, strict=True)],
    }


@_replaced.register
def _names(mark: Heatmap) -> dict[str, Any]:
    return {"rows": [typeset(row) for row in mark.rows]}


@_replaced.register
def _cells(mark: Table) -> dict[str, Any]:
    columns = range(len(mark.columns))
    return {
        "columns": [typeset(name, bold=True) for name in mark.columns],
        "rows": [[cell_text(cell) for cell in row] for row in mark.rows],
        "numeric": [
            bool(mark.rows) and not any(isinstance(row[k], str) for row in mark.rows) for k in columns
        ],
    }


def _ramp(name: str) -> list[str]:
    """Return the colours of a Matplotlib colour map, least value first."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colour) for colour in colormaps[name].resampled(RAMP)(range(RAMP))]


def _colours(node: Any, key: str = "") -> dict[str, tuple[str, str]]:
    """Return by name the colours found anywhere below, on paper and at night."""
    if key == "shade":
        return {f"c{node[0][1:]}": tuple(node)}
    if key == "ink":
        return {f"text-{node[1:]}": (readable(node), readable(at_night(node), NIGHT))}
    if isinstance(node, str):
        return {f"c{node[1:]}": (node, at_night(node))} if key in ("colour", "workers") else {}
    if isinstance(node, dict):
        parts = [_colours(child, name) for name, child in node.items()]
    elif isinstance(node, list | tuple) and not (node and isinstance(node[0], int | float)):
        parts = [_colours(child, key) for child in node]
    else:
        return {}
    return {name: pair for part in parts for name, pair in part.items()}
