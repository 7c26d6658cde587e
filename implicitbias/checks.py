"""Checks of single arguments, one wording for all: "<name> = <value>: <rule>; <cure>"."""

import math
from types import UnionType

import numpy as np
from jaxtyping import Float, Int

from implicitbias.errors import BadInput


# What a message shows of a value; a data set is not an error message.
SHOWN = 80


def refuse(name: str, value: object, rule: str, cure: str) -> BadInput:
    """Return the error that names a value, the rule it breaks, and the cure."""
    shown = repr(value)
    return BadInput(f"{name} = {shown if len(shown) <= SHOWN else shown[:SHOWN] + '…'}: {rule}; {cure}")


def number(
    name: str,
    value: object,
    cure: str,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    below: float = math.inf,
    most: float = math.inf,
) -> float:
    """Return a finite real number x with least ≤ x ≤ most, above < x < below.

    Raises
    ------
    BadInput
        For anything else; truth values are no numbers.
    """
    bounds = (
        (f"≥ {least:g}", least),
        (f"> {above:g}", above),
        (f"< {below:g}", below),
        (f"≤ {most:g}", most),
    )
    rule = "must be a finite number " + " and ".join(said for said, bound in bounds if math.isfinite(bound))
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise refuse(name, value, rule.strip(), cure)
    if not (math.isfinite(value) and least <= value <= most and above < value < below):
        raise refuse(name, value, rule.strip(), cure)
    return float(value)


def integer(name: str, value: object, least: int, cure: str) -> int:
    """Return an integer ≥ ``least``; 2.0 is none.

    Raises
    ------
    BadInput
        For anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise refuse(name, value, f"must be an integer ≥ {least}", cure)
    return int(value)


def sequence(name: str, value: object, cure: str) -> tuple[object, ...]:
    """Return the entries of a non-empty list, tuple or one-dimensional array.

    Raises
    ------
    BadInput
        For anything else.
    """
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    entries = tuple(value) if isinstance(value, list | tuple) else ()
    if not entries:
        raise refuse(name, value, "must be a non-empty list, tuple or one-dimensional array", cure)
    return entries


def instance(name: str, value: object, kinds: type | UnionType, cure: str) -> None:
    """Refuse a value of another kind.

    Raises
    ------
    BadInput
        If ``value`` is none of ``kinds``.
    """
    if not isinstance(value, kinds):
        raise refuse(name, value, f"{type(value).__name__} is no {name}", cure)


def real_array(name: str, value: object, cure: str = "convert it first") -> Float[np.ndarray, "..."]:
    """Return a fresh array of doubles; strings and complex numbers are not converted.

    Raises
    ------
    BadInput
        If ``value`` holds anything but real numbers.
    """
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O" and any(entry is None for entry in array.ravel()):
            raise TypeError  # which NumPy would make nan
        if array.dtype.kind in "biufO":
            return np.array(array, dtype=np.float64)
    except (TypeError, ValueError):
        raise refuse(name, value, "must be an array of real numbers", cure) from None
    if array.dtype.kind == "c":
        cure = "take .real if the imaginary parts are 0"
    raise refuse(name, value, "must be an array of real numbers", cure)


def classes(name: str, value: object, samples: int, count: int | None = None) -> Int[np.ndarray, " sample"]:
    """Return a read-only array of one class 0 … K − 1 for each sample; K is ``count``, or unbounded.

    Raises
    ------
    BadInput
        If it has another shape, holds anything but integers, or a class out of range.
    """
    found = np.asarray(value)
    if found.shape != (samples,):
        raise BadInput(
            f"{name} has shape {found.shape}: must hold one class for each of the {samples} samples"
        )
    if found.dtype.kind not in "iu":
        cure = f"number them, e.g. with np.unique({name}, return_inverse=True)[1]"
        raise refuse(f"{name}[0]", found.ravel()[0], "classes must be integers 0, 1, …", cure)
    last = None if count is None else integer("outputs", count, 2, "give the number K of classes") - 1
    wrong = np.flatnonzero((found < 0) | (found > (found.max() if last is None else last)))
    if len(wrong):
        rule = "must be ≥ 0" if last is None else f"must lie in 0 … {last}"
        raise refuse(
            f"{name}[{wrong[0]}]", int(found[wrong[0]]), rule, "count classes from 0, or raise outputs"
        )
    numbers = found.astype(np.int64)
    numbers.setflags(write=False)
    return numbers
