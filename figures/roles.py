"""What marks share: roles, names in messages, and columns checked before they are kept."""

from typing import Any, Literal, TypeAlias

import numpy as np

from figures.values import floats, numbers, same_length, Values
from implicitbias.errors import BadInput


Role: TypeAlias = Literal["theory", "measured", "reference", "falsifier"]
ROLES = ("theory", "measured", "reference", "falsifier")


def store(mark: Any, **columns: Values | None) -> None:
    """Validate the columns and keep them as tuples inside the frozen mark."""
    owner = mark_name(mark)
    for name, values in columns.items():
        if values is not None:
            object.__setattr__(mark, name, numbers(owner, name, values))
    same_length(owner, **{name: getattr(mark, name) for name in columns})


def mark_name(mark: Any) -> str:
    """Return how messages call a mark: its kind, and its label if it has one."""
    label = getattr(mark, "label", None)
    return type(mark).__name__ + (f" {label!r}" if label else "")


def ordered(owner: str, low: Any, high: Any) -> None:
    """Raise unless low ≤ high wherever both are given."""
    wrong = np.flatnonzero(floats(low) > floats(high))
    if wrong.size:
        raise BadInput(f"{owner}: low > high at index {wrong[0]}: an interval is (low, high); swap its ends")
