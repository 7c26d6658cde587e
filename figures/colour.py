"""Mixing colours where equal steps look equal: the OKLab space (ottosson2020), on sRGB hex strings."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_linear(colour: str) -> Float[np.ndarray, "3"]:
    """Return the linear-light red, green and blue of ``"#rrggbb"``, each in [0, 1]."""
    encoded = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def from_linear(light: Float[np.ndarray, "3"]) -> str:
    """Return ``"#rrggbb"`` of linear light, clipped to what a screen can show."""
    light = np.clip(light, 0.0, 1.0)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{int(round(255 * float(c))):02x}" for c in encoded)


def lab_of_light(light: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
    """Return lightness, green–red and blue–yellow coordinates; Euclidean distance is perceived difference."""
    return _TO_LAB @ np.cbrt(_TO_CONES @ light)


def lab(colour: str) -> Float[np.ndarray, "3"]:
    """Return the OKLab coordinates of ``"#rrggbb"``."""
    return lab_of_light(to_linear(colour))


def from_lab(coordinates: Float[np.ndarray, "3"]) -> str:
    """Return the nearest ``"#rrggbb"`` of OKLab coordinates."""
    return from_linear(np.linalg.solve(_TO_CONES, np.linalg.solve(_TO_LAB, coordinates) ** 3))


def mix(first: str, second: str, share: float) -> str:
    """Return (1 − share)·first + share·second, mixed in OKLab."""
    return from_lab((1 - share) * lab(first) + share * lab(second))


def along(anchors: Sequence[str], position: float) -> str:
    """Return the colour at ``position`` in [0, 1] of the piecewise-linear ramp through ``anchors``."""
    place = min(max(position, 0.0), 1.0) * (len(anchors) - 1)
    start = min(int(place), len(anchors) - 2)
    return mix(anchors[start], anchors[start + 1], place - start)
