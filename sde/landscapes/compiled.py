"""Arrays of symbolic expressions as NumPy functions, batched over points, and derivatives that can be so compiled."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput


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


def slope(expression: Any, variable: Any) -> Any:
    """Return ∂expression/∂variable almost everywhere: 0 where it jumps, in place of a Dirac delta.

    Raises
    ------
    BadInput
        If it has no derivative, as |x| of a symbol that may be complex.
    """
    import sympy

    found = expression.diff(variable)
    if found.has(sympy.Derivative):
        raise BadInput(
            f"{expression}: SymPy has no derivative of it in {variable}; declare the variables real, as in "
            f'sympy.symbols("{variable}", real=True), and give closed expressions'
        )
    found = found.replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
    return found.rewrite(sympy.Heaviside, sympy.Piecewise)


def slopes(expressions: Sequence[Any], variables: Sequence[Any]) -> Any:
    """Return the Jacobian (expression, variable) as a SymPy matrix of ``slope``."""
    import sympy

    entries = [[slope(e, v) for v in variables] for e in expressions]
    return sympy.Matrix(len(expressions), len(variables), [e for row in entries for e in row])
