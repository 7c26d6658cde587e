"""A value in a few characters, for ``repr``: arrays by their shape, long tuples by their ends, nothing computed."""

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np


# Entries up to which an array or a tuple is written out.
ENTRIES = 6
# Significant digits of a number: more say nothing at a glance.
DIGITS = 6
# Characters of one part, and of all parts together; what a page has to say is for ``_repr_html_`` and ``print``.
PART, WHOLE = 80, 280


def brief(value: Any) -> str:
    """Return a value in at most ``PART`` characters."""
    return cut(_brief(value), PART)


def cut(text: str, most: int) -> str:
    """Return text on one line, of at most this many characters; an ellipsis stands for the rest."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def in_brief(self: Any) -> str:
    """Return ``Name(field=…, …)`` of a dataclass with the fields that differ from their defaults.

    To be used as a ``__repr__``: ``__repr__ = in_brief`` in the body of a dataclass whose fields hold arrays.
    """
    shown = [
        f"{field.name}={brief(part)}"
        for field in dataclasses.fields(self)
        if field.repr and not _is_default(field, part := getattr(self, field.name))
    ]
    return cut(f"{type(self).__name__}({', '.join(shown)})", WHOLE)


def ends(values: tuple[Any, ...]) -> str:
    """Return a tuple exactly, or the ends of a long one, exactly, with its length; and so of the tuples in it."""
    shown = [ends(v) if isinstance(v, tuple) else repr(v) for v in _outer(values)]
    if len(values) > ENTRIES:
        return f"({shown[0]}, {shown[1]}, …, {shown[2]}: {len(values)})"
    return f"({', '.join(shown)}{',' * (len(values) == 1)})"


def _outer(values: Any) -> Any:
    """Return the entries that are shown: all, or the first two and the last."""
    return values if len(values) <= ENTRIES else (*values[:2], values[-1])


def _brief(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, float | np.floating):
        return f"{value:.{DIGITS}g}"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, tuple | list):
        return _sequence(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    if callable(value) and hasattr(value, "__qualname__"):
        return value.__qualname__.removeprefix("<lambda>") or "λ"
    return repr(value)


def _array(value: np.ndarray) -> str:
    if value.ndim == 0:
        return _brief(value[()])
    if value.ndim == 1 and value.size <= ENTRIES:
        return f"[{', '.join(_brief(v) for v in value)}]"
    return f"array({', '.join(map(str, value.shape))})"


def _sequence(value: tuple[Any, ...] | list[Any]) -> str:
    shown = [_brief(v) for v in _outer(value)]
    if len(value) > ENTRIES:
        return f"({shown[0]}, {shown[1]}, …, {shown[2]}: {len(value)})"
    parts = ", ".join(shown)
    return f"[{parts}]" if isinstance(value, list) else f"({parts}{',' * (len(value) == 1)})"


def _mapping(value: Mapping[Any, Any]) -> str:
    return "{" + ", ".join(f"{_brief(k)}: {_brief(v)}" for k, v in value.items()) + "}"


def _is_default(field: dataclasses.Field[Any], part: Any) -> bool:
    """Whether a part is its default; of what cannot be compared at a glance, only the very same object is."""
    if part is field.default:
        return True
    plain = isinstance(part, bool | int | float | str | tuple | Enum)
    return plain and type(part) is type(field.default) and bool(part == field.default)
