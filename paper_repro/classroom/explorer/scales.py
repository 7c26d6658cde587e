"""A slider for every knob: the values that it passes through, in its range, its default among them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from paper_repro.claims import Claim
from paper_repro.claims.knobs import Range, ranges


STEPS = 40  # stops of a slider: finer than a hand on a touch pad, coarse enough to meet a number again
DIGITS = 3  # of a stop: numbers that a lecturer can say


@dataclass(frozen=True)
class Scale:
    """The stops of a knob, in order.

    Attributes
    ----------
    name, symbol, meaning
        Of the knob.
    stops
        Values that the knob may take: increasing numbers, or choices.
    default
        One of them.
    ordered
        Whether a slider suits; choices are picked from a list.
    """

    name: str
    symbol: str
    meaning: str
    stops: tuple[Any, ...]
    default: Any
    ordered: bool


def scales(claim: Claim) -> tuple[Scale, ...]:
    """Return the scale of every knob of a claim."""
    return tuple(_scale(name, r, getattr(claim.knobs, name)) for name, r in ranges(claim.knobs).items())


def _scale(name: str, allowed: Range, default: Any) -> Scale:
    stops = allowed.choices or tuple(sorted({*_stops(allowed, isinstance(default, int)), default}))
    return Scale(name, allowed.symbol, allowed.meaning, stops, default, ordered=allowed.choices is None)


def _stops(allowed: Range, whole: bool) -> list[Any]:
    """Return numbers over the range; its ends stay as they are, since rounding might leave it."""
    low, high = allowed.low, allowed.high
    if low is None or high is None:
        return []
    spread = (np.geomspace if allowed.log else np.linspace)(low, high, STEPS).tolist()
    if whole:
        return [round(stop) for stop in spread]
    inner = (float(f"{stop:.{DIGITS}g}") for stop in spread)
    return [low, *(stop for stop in inner if low < stop < high), high]
