"""Arrays of symbolic expressions as NumPy functions, batched over points."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float


Field = Callable[[Float[np.ndarray, "*batch dim"]], Float[np.ndarray, "..."]]


def compiled(variables: Sequence[Any], expressions: Any, functions: Mapping[str, Any] | None = None) -> Field:
    """Return θ ↦ the values of ``expressions`` at θ.

    Each distinct expression is computed once, and common parts are shared: a third derivative has many equal
    entries.

    Parameters
    ----------
    variables
        Symbols, in the order of the coordinates of θ.
    expressions
        Nested lists, or an array, of SymPy expressions: its shape is that of the values.
    functions
        NumPy functions by the names of the undefined functions in the expressions.
    """
    import sympy

    table = np.array(expressions, dtype=object)
    flat = [sympy.sympify(e) for e in table.ravel()]
    number = {e: k for k, e in enumerate(dict.fromkeys(flat))}
    place = np.array([number[e] for e in flat], dtype=np.int64).reshape(table.shape)
    modules = [dict(functions or {}), "scipy", "numpy"]
    evaluate = sympy.lambdify(list(variables), list(number), modules=modules, cse=True)

    def field(theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "..."]:
        theta = np.asarray(theta, dtype=np.float64)
        values = np.empty((*theta.shape[:-1], len(number)))
        for k, value in enumerate(evaluate(*np.moveaxis(theta, -1, 0))):
            values[..., k] = value
        return values[..., place]

    return field
