"""Numbers of a mark: finite, or explicitly masked; kept as plain tuples so that views compare and serialise."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput


Values: TypeAlias = np.ndarray | Sequence[float | None] | Sequence[int]
Grid: TypeAlias = np.ndarray | Sequence[Sequence[float | None]]


def numbers(owner: str, name: str, values: Values) -> tuple[float | None, ...]:
    """Return ``values`` as a tuple of floats in which ``None`` marks a masked entry.

    Parameters
    ----------
    owner, name : str
        The mark and its field, for the message.
    values : array or sequence, shape (point,)
        Finite numbers; ``None`` or a masked entry of a NumPy masked array is drawn as a gap.

    Raises
    ------
    BadInput
        If the values are not one row of numbers, or one of them is neither finite nor masked.
    """
    masked = np.ma.getmaskarray(values) if isinstance(values, np.ndarray) else None
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise BadInput(
            f"{owner}: {name} has shape {values.shape}: one row of numbers is drawn; ravel or slice it"
        )
    kept = []
    for index, value in enumerate(
        np.ma.getdata(values).tolist() if isinstance(values, np.ndarray) else values
    ):
        hidden = value is None or (masked is not None and bool(masked[index]))
        kept.append(None if hidden else _finite(owner, f"{name}[{index}]", value))
    return tuple(kept)


def grid(owner: str, name: str, values: Grid) -> tuple[tuple[float | None, ...], ...]:
    """Return a rectangular table of numbers as a tuple of rows, by the rule of :func:`numbers`."""
    rows = tuple(numbers(owner, f"{name}[{index}]", row) for index, row in enumerate(values))
    lengths = sorted({len(row) for row in rows})
    if len(lengths) != 1:
        raise BadInput(f"{owner}: {name} has rows of {lengths} entries: rows are equally long; pad with None")
    return rows


def floats(values: Any) -> Float[np.ndarray, "..."]:
    """Return stored numbers as an array, with NaN where they are masked."""
    return np.asarray(values, dtype=float)


def same_length(owner: str, **columns: Sequence[Any] | np.ndarray | None) -> None:
    """Raise ``BadInput`` unless the given columns are equally long and not empty (None is ignored)."""
    lengths = {name: len(column) for name, column in columns.items() if column is not None}
    if len(set(lengths.values())) > 1:
        raise BadInput(f"{owner}: lengths {lengths}: they must be equal; give one entry per point to each")
    if 0 in lengths.values():
        raise BadInput(f"{owner}: no points: a mark needs at least one; leave the mark out instead")


def one_of(owner: str, name: str, value: object, allowed: Sequence[object]) -> None:
    """Raise ``BadInput`` unless ``value`` is among ``allowed``."""
    if value not in allowed:
        raise BadInput(f"{owner}: {name} = {value!r}: unknown; use one of {', '.join(map(repr, allowed))}")


def _finite(owner: str, name: str, value: object) -> float:
    """Return the finite float, or say what to do with it."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise BadInput(
            f"{owner}: {name} = {str(value)[:40]}: not a float; for huge rounds plot their logarithm"
        ) from None
    if not np.isfinite(number):
        raise BadInput(f"{owner}: {name} = {number}: values must be finite; mask a missing one with None")
    return number
