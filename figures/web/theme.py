"""Colours on a dark screen: each colour of print has one counterpart, and text can be read in it."""

from functools import cache

import numpy as np

from figures.colour import from_lab, lab, mix, to_linear
from figures.draw import CONTOUR_COLOURS
from figures.render import CAPTION_INK
from figures.style import AXIS, GRID, INK


READABLE = 4.5  # contrast of text with what lies behind it, WCAG 2.2, level AA
PAPER, NIGHT = "#ffffff", "#121317"
# What surrounds the data, as (on paper, at night).
SURFACES = {
    "paper": (PAPER, NIGHT),
    "ink": (INK, "#ebebeb"),
    "quiet": (CAPTION_INK, "#b9bdc4"),
    "axis": (AXIS, "#9ba0a8"),
    "grid": (GRID, "#31353d"),
}
NIGHT_CONTOURS = ("#1d232b", "#6f94b8")  # low to high, as quiet at night as CONTOUR_COLOURS on paper
GREY = 0.02  # chroma in OKLab below which a colour has no hue, and ink becomes chalk
# A colour of lightness L in OKLab becomes one of 0.30 + 0.65·L: the darkest has contrast 3 at night, as graphics need,
# and all stay two thirds as far apart as on paper, also for the colour-blind (tested).
DIMMEST, KEPT = 0.30, 0.65
CHALK, MIRROR = 1.12, 0.75  # a grey of lightness L becomes one of 1.12 − 0.75·L: ink is chalk, mid-grey stays
STEP = 0.04  # of the way to ink or chalk, per try, until a text can be read


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio (1 … 21) of two colours: (Y₁ + 0.05)/(Y₂ + 0.05), Y the luminance."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    dark, light = sorted(float(weights @ to_linear(colour)) for colour in (first, second))
    return (light + 0.05) / (dark + 0.05)


@cache
def at_night(colour: str) -> str:
    """Return what ``colour`` becomes on a dark screen: as light as seeing it asks, of the same hue, in the same order.

    A grey is mirrored, so that the darkest ink stays the strongest.
    """
    lightness, *hue = lab(colour)
    if np.hypot(*hue) < GREY:
        return from_lab(np.array([CHALK - MIRROR * lightness, *hue]))
    return from_lab(np.array([DIMMEST + KEPT * lightness, *hue]))


@cache
def readable(colour: str, paper: str = PAPER) -> str:
    """Return the nearest mixture with ink (on white; chalk at night) whose contrast with ``paper`` is 4.5 or more."""
    towards = "#000000" if paper == PAPER else "#ffffff"
    share = 0.0
    while contrast(mix(colour, towards, share), paper) < READABLE:
        share += STEP
    return mix(colour, towards, share) if share else colour


def contour_colours(place: float) -> tuple[str, str]:
    """Return the fill at ``place`` in [0, 1] between the lowest and the highest level, on paper and at night."""
    return mix(*CONTOUR_COLOURS, place), mix(*NIGHT_CONTOURS, place)
