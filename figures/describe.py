"""A figure in words: what would be drawn, without a renderer, so that tests read figures as data."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from figures.appearance import Appearance
from figures.legend import direct_labels, legend_entries, view_looks
from figures.marks import Table
from figures.views import axis_values, Panel, View


def describe(view: View) -> list[dict[str, Any]]:
    """Return what would be drawn, in order: for each panel its axes, then its marks, then its names.

    Each item has ``panel`` (index) and ``kind``; a mark has also its label, role, method, colour, line and marker,
    its number of points and their range along both axes (None where it has none).
    """
    items: list[dict[str, Any]] = [{"panel": None, "kind": "title", "text": view.title}]
    for index, (panel, looks) in enumerate(zip(view.panels, view_looks(view), strict=True)):
        axes = {
            name: getattr(panel, name) for name in ("title", "xlabel", "ylabel", "xscale", "yscale", "aspect")
        }
        items.append({"panel": index, "kind": "Axes", **axes})
        marks = zip(panel.marks, looks, strict=True)
        items += [{"panel": index, **_describe_mark(mark, look)} for mark, look in marks]
        items += [{"panel": index, **item} for item in _describe_names(panel, looks)]
    items.append({"panel": None, "kind": "caption", "text": view.caption})
    return items


def _describe_mark(mark: Any, look: Appearance) -> dict[str, Any]:
    """Return one mark's meaning, looks and extent."""
    said = {name: getattr(mark, name, None) for name in ("label", "role", "method_key")}
    size = len(mark.rows) if isinstance(mark, Table) else int(np.isfinite(axis_values(mark, "x")).sum())
    looks = {"colour": look.colour, "line": look.line, "marker": look.marker, "hollow": look.hollow}
    extent = {axis: _range(mark, axis) for axis in ("x", "y")}
    return {"kind": type(mark).__name__, **said, **looks, "points": size, **extent}


def _describe_names(panel: Panel, looks: Sequence[Appearance]) -> list[dict[str, Any]]:
    """Return the legend and the names at the ends of series."""
    labels = tuple(entry.label for entry in legend_entries(panel, looks))
    rows: list[dict[str, Any]] = [{"kind": "Legend", "labels": labels}] if labels else []
    return rows + [{"kind": "DirectLabel", "label": end[0], "colour": end[1]} for end in direct_labels(panel)]


def _range(mark: Any, axis: Any) -> tuple[float, float] | None:
    """Return the least and the greatest value of a mark along an axis."""
    values = axis_values(mark, axis)
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else None
