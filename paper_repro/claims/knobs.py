"""Knobs: the free parameters of a claim, each with symbol, range and default.

A claim's knobs are a frozen dataclass whose fields are made by ``knob``; the battery draws them, the
classroom turns them, ``paper-repro verify --set name=value`` sets them.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from implicitbias.errors import BadInput


@dataclasses.dataclass(frozen=True)
class Range:
    """What a knob may be: numbers from ``low`` to ``high`` (``log`` spaced or not), or one of ``choices``."""

    symbol: str
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] | None = None
    log: bool = False


def knob(
    default: Any,
    symbol: str,
    meaning: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] | None = None,
    log: bool = False,
) -> Any:
    """Return a dataclass field with its range in the metadata.

    Parameters
    ----------
    default
        Value at which the claim is verified unless another is given.
    symbol, meaning
        How formulas write it, and what it is.
    low, high
        Ends of its range, which belong to it.
    choices
        The values it can take, if they are few.
    log
        Whether draws and sliders go by its logarithm.
    """
    return dataclasses.field(
        default=default, metadata={"range": Range(symbol, meaning, low, high, choices, log)}
    )


def ranges(knobs: Any) -> dict[str, Range]:
    """Return the range of every knob, by name."""
    return {f.name: f.metadata["range"] for f in dataclasses.fields(knobs)}


def check_knobs(knobs: Any) -> None:
    """Refuse a knob outside its range.

    Raises
    ------
    BadInput
        Naming knob, value and range.
    """
    for name, allowed in ranges(knobs).items():
        value = getattr(knobs, name)
        if allowed.choices is not None:
            if value not in allowed.choices:
                raise BadInput(f"{name} = {value!r}: must be one of {', '.join(map(str, allowed.choices))}")
        elif not isinstance(value, int | float) or not _within(value, allowed):
            raise BadInput(f"{name} = {value!r}: {allowed.symbol} must lie in {allowed.low} … {allowed.high}")


def with_values(knobs: Any, values: Mapping[str, str]) -> Any:
    """Return knobs with values given as text, converted to the type of the default.

    Raises
    ------
    BadInput
        For an unknown knob, or text that is no value of its type.
    """
    known = ranges(knobs)
    converted = {}
    for name, text in values.items():
        if name not in known:
            raise BadInput(f"knob {name!r} is unknown: this claim has {', '.join(known) or 'none'}")
        converted[name] = _convert(name, text, getattr(knobs, name))
    changed = dataclasses.replace(knobs, **converted)
    check_knobs(changed)
    return changed


def _within(value: float, allowed: Range) -> bool:
    return (allowed.low is None or value >= allowed.low) and (allowed.high is None or value <= allowed.high)


def _convert(name: str, text: str, default: Any) -> Any:
    kind = type(default)
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise BadInput(f"{name} = {text!r}: must be true or false")
        return text.lower() == "true"
    try:
        return kind(text)
    except ValueError:
        what = {int: "an integer", float: "a number"}.get(kind, f"a {kind.__name__}")
        raise BadInput(f"{name} = {text!r}: must be {what} such as {default!r}") from None
