"""Checks of what is symbolic: which symbols there are, and that expressions hold no others."""

from collections.abc import Sequence
from typing import Any

from implicitbias import checks
from implicitbias.errors import BadInput


def checked_symbols(name: str, symbols: object) -> tuple[Any, ...]:
    """Return the symbols, or refuse what is none, or doubled."""
    import sympy

    cure = 'give symbols, e.g. sympy.symbols("x y", real=True)'
    given: tuple[Any, ...] = checks.sequence(name, symbols, cure)
    if not all(isinstance(s, sympy.Symbol) for s in given) or len(set(given)) != len(given):
        raise checks.refuse(name, symbols, "must be distinct SymPy symbols", cure)
    return given


def check_expression(name: str, expression: Any, variables: Sequence[Any]) -> None:
    """Refuse an expression, or matrix of these, in other symbols than the variables, or one that is not real.

    Raises
    ------
    BadInput
        Naming the symbols; one may differ from a variable in its assumptions alone.
    """
    import sympy

    unknown = expression.free_symbols - set(variables)
    if {s.name for s in unknown} & {v.name for v in variables}:
        raise BadInput(
            f"{name} = {expression}: holds {_listed(unknown)}, named like a variable but with other assumptions "
            "(real=True on one of them); give an expression in the variables themselves, not a text"
        )
    if unknown:
        raise BadInput(
            f"{name} = {expression}: holds {_listed(unknown)}, which is no variable; the variables are "
            f"{tuple(variables)}: substitute numbers for parameters"
        )
    if expression.has(sympy.I):
        raise BadInput(f"{name} = {expression}: holds the imaginary unit; give real expressions")


def _listed(symbols: set[Any]) -> str:
    return ", ".join(sorted(map(str, symbols)))
