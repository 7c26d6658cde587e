"""Curves of equal height of a field, as points in the plane, for renderers that only join points."""

import math
from typing import Any

import numpy as np
from jaxtyping import Float

from figures.marks import Field
from figures.values import floats


ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # times a power of ten: heights that can be read
DIGITS = 6  # of a coordinate: finer than a pixel on any screen


def level_heights(mark: Field) -> Float[np.ndarray, "level"]:
    """Return the heights of contours: as given, or about as many round numbers as asked for."""
    if not isinstance(mark.levels, int):
        return floats(mark.levels)
    values = floats(mark.values)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if not high > low:
        return np.array([low])
    least = (high - low) / (mark.levels + 1)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in ROUND_STEPS if factor * power >= least * (1 - 1e-9))
    first, last = math.floor(low / step), math.ceil(high / step)
    return step * np.arange(first, last + 1)


def contour_lines(mark: Field) -> list[dict[str, Any]]:
    """Return ``{"level": height, "paths": [[[x, y], …], …]}`` for each height that the field has."""
    surface = _surface(mark)
    rows = [(float(level), [_points(path) for path in surface.lines(level)]) for level in level_heights(mark)]
    return [{"level": level, "paths": paths} for level, paths in rows if paths]


def contour_areas(mark: Field) -> list[dict[str, Any]]:
    """Return ``{"low": …, "high": …, "rings": […]}`` for each region between heights; holes are rings, too."""
    surface, heights = _surface(mark), level_heights(mark)
    areas = []
    for low, high in zip(heights[:-1], heights[1:], strict=True):
        points, offsets = surface.filled(low, high)
        rings = [
            _points(outline[start:end])
            for outline, cuts in zip(points, offsets, strict=True)
            for start, end in zip(cuts[:-1], cuts[1:], strict=True)
        ]
        areas.append({"low": float(low), "high": float(high), "rings": rings})
    return areas


def _surface(mark: Field) -> Any:
    """Return what finds the contours of a field: Matplotlib's own tracer, without Matplotlib."""
    from contourpy import contour_generator, FillType, LineType

    heights = np.ma.masked_invalid(floats(mark.values))
    return contour_generator(
        floats(mark.x), floats(mark.y), heights, line_type=LineType.Separate, fill_type=FillType.OuterOffset
    )


def _points(path: Float[np.ndarray, "point 2"]) -> list[list[float]]:
    """Return points as plain numbers of a few digits."""
    return [[float(f"{value:.{DIGITS}g}") for value in point] for point in path]
