"""How far axes reach when a panel does not say: the values of its marks and a margin, alike in every frame."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
from jaxtyping import Float

from figures.marks import Arrows, Field, Heatmap, Histogram, Mark, Separator
from figures.values import floats
from figures.views import axis_values, Panel, Scale, View


Axis: TypeAlias = Literal["x", "y"]
Limits: TypeAlias = tuple[float, float]

MARGIN = 0.05  # of the length of an axis, left free at either end
LINEAR_UP_TO = 2.0  # |v| up to which a "symlog" axis is linear; Matplotlib's own
DECADE = 10 / 9  # length of that linear half, in decades; Matplotlib's own
WIDENING = 0.5  # on either side of a single value: decades on a log axis, else of its size (or 1 around 0)
EXTREME = 300.0  # decades; a margin must not leave the range of floats


def along(scale: Scale, values: Float[np.ndarray, "value"]) -> Float[np.ndarray, "value"]:
    """Return positions on an axis, equally spaced for equal steps of the scale (decades on a log axis)."""
    if scale == "linear":
        return values
    if scale == "log":
        return np.log10(values)
    outside = DECADE + np.log10(np.maximum(np.abs(values), LINEAR_UP_TO) / LINEAR_UP_TO)
    return np.where(np.abs(values) <= LINEAR_UP_TO, values * DECADE / LINEAR_UP_TO, np.sign(values) * outside)


def back(scale: Scale, positions: Float[np.ndarray, "value"]) -> Float[np.ndarray, "value"]:
    """Return the values at positions on an axis: the inverse of :func:`along`."""
    if scale == "linear":
        return positions
    if scale == "log":
        return 10.0 ** np.clip(positions, -EXTREME, EXTREME)
    decades = np.clip(np.abs(positions) - DECADE, 0.0, EXTREME)
    inside = positions * LINEAR_UP_TO / DECADE
    return np.where(np.abs(positions) <= DECADE, inside, np.sign(positions) * LINEAR_UP_TO * 10.0**decades)


def cell_edges(centres: Float[np.ndarray, "cell"], scale: Scale) -> Float[np.ndarray, "edge"]:
    """Return the edges of cells around increasing ``centres``: half-way between them, as far again at the ends."""
    at = along(scale, centres)
    middle = (at[:-1] + at[1:]) / 2
    return back(scale, np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]]))


def limits_of(panels: Iterable[Panel], axis: Axis) -> Limits | None:
    """Return limits that hold all marks of the panels along ``axis``; None where no mark has a place on it.

    Fields and heatmaps fill their axes to the edge; beside anything else there is a margin of 5 %.
    """
    panels = tuple(panels)
    scale: Scale = getattr(panels[0], f"{axis}scale")
    marks = [mark for panel in panels for mark in panel.marks]
    reached = np.concatenate([np.empty(0), *(_reach(mark, axis, scale) for mark in marks)])
    reached = reached[np.isfinite(reached) & ((reached > 0) | (scale != "log"))]
    if not reached.size:
        return None
    low, high = along(scale, np.array([reached.min(), reached.max()]))
    if low == high:
        half = WIDENING if scale == "log" else WIDENING * (abs(low) or 1.0)
        low, high = low - half, high + half
    elif not any(isinstance(mark, Field | Heatmap) for mark in marks):
        gap = MARGIN * (high - low)
        standing = scale == "linear" and low == 0 and _stands_on_zero(marks, axis)
        low, high = low - (0.0 if standing else gap), high + gap
    ends = back(scale, np.array([low, high]))
    return float(ends[0]), float(ends[1])


def on_common_limits(frames: Sequence[View]) -> tuple[View, ...]:
    """Return the frames with axes that stand still, so that only what the frames show moves.

    Each panel that has no limits of its own takes those that hold its marks in every frame, as long as its scale is
    the same in all of them.
    """
    columns = zip(*(frame.panels for frame in frames), strict=True)
    settled = [_on_common_limits(column) for column in columns]
    return tuple(
        replace(frame, panels=panels)
        for frame, panels in zip(frames, zip(*settled, strict=True), strict=True)
    )


def _on_common_limits(panels: tuple[Panel, ...]) -> tuple[Panel, ...]:
    """Return one panel's frames on common limits."""
    for axis in ("x", "y"):
        name = f"{axis}lim"
        free = [panel for panel in panels if getattr(panel, name) is None]
        if not free or len({getattr(panel, f"{axis}scale") for panel in free}) > 1:
            continue
        common = limits_of(free, axis)
        panels = tuple(
            replace(panel, **{name: common}) if getattr(panel, name) is None else panel for panel in panels
        )
    return panels


def _reach(mark: Mark, axis: Axis, scale: Scale) -> Float[np.ndarray, "value"]:
    """Return every value along the axis that the drawn mark touches."""
    values = axis_values(mark, axis)
    if isinstance(mark, Arrows):
        tips: Any = floats(getattr(mark, axis)) + floats(getattr(mark, f"d{axis}"))
        return np.concatenate([values, tips])
    if isinstance(mark, Separator):
        return _on_separator(mark)["xy".index(axis)]
    if isinstance(mark, Histogram) and axis == "y":
        return np.append(values, 0.0)
    if (isinstance(mark, Field) and mark.kind == "image") or (isinstance(mark, Heatmap) and axis == "x"):
        return cell_edges(values, scale)
    return values


def _on_separator(mark: Separator) -> Float[np.ndarray, "2 value"]:
    """Return the foot of the origin on each line of a separator and a step along it, as Matplotlib counts them."""
    w = floats(mark.normal)
    shifts = np.array([0.0, 1.0, -1.0] if mark.margins else [0.0])
    feet = np.outer(w / (w @ w), mark.offset + shifts)
    return np.hstack([feet, feet[:, :1] + np.array([[-w[1]], [w[0]]])])


def _stands_on_zero(marks: Sequence[Mark], axis: Axis) -> bool:
    """Whether bars stand on the lower end of the axis, with no margin under them."""
    return axis == "y" and any(isinstance(mark, Histogram) for mark in marks)
