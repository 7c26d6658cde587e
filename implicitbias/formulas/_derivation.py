"""A derivation: equations in order, each a symbolic expression that SymPy worked out of those before it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from implicitbias.display import card, in_brief, typeset
from implicitbias.errors import BadInput


@dataclass(frozen=True)
class Equation:
    """left = expression.

    Parameters
    ----------
    name : str
        Key, in words and dashes.
    left : str
        Left-hand side, in LaTeX.
    expression
        SymPy expression.
    """

    name: str
    left: str
    expression: Any

    __repr__ = in_brief

    def _repr_latex_(self) -> str | None:
        return typeset([self.latex()])

    def latex(self) -> str:
        """LaTeX of the whole equation."""
        import sympy

        return f"{self.left} = {sympy.latex(self.expression)}"


@dataclass(frozen=True)
class Derivation:
    """Equations in the order in which they follow from one another.

    Parameters
    ----------
    name : str
        What is derived.
    equations : tuple of Equation
        Every step.
    abbreviations : mapping
        Symbols that stand for expressions, such as W_m, after those whose expressions they occur in.
    """

    name: str
    equations: tuple[Equation, ...]
    abbreviations: Mapping[Any, Any] = field(hash=False)

    def __getitem__(self, name: str) -> Any:
        """Return the expression of that equation, with its abbreviations written out.

        Raises
        ------
        BadInput
            If there is none; the message lists the names.
        """
        named = {equation.name: equation.expression for equation in self.equations}
        if name not in named:
            raise BadInput(f"equation = {name!r}: not in {self.name}; choose one of {', '.join(named)}")
        expression = named[name]
        for symbol, written in self.abbreviations.items():
            expression = expression.subs(symbol, written)
        return expression

    def __repr__(self) -> str:
        return f"Derivation({self.name!r}, {len(self.equations)} equations)"

    def _repr_latex_(self) -> str | None:
        return typeset(self.lines())

    def _repr_html_(self) -> str:
        return card(self.name, (), self.lines())

    def lines(self) -> tuple[str, ...]:
        """LaTeX of the equations, one line each."""
        return tuple(equation.latex() for equation in self.equations)

    def value(self, name: str, **numbers: float) -> float:
        """Return an equation's right-hand side in numbers.

        Parameters
        ----------
        name
            Of the equation.
        **numbers
            Values of the symbols that occur, by the names SymPy gives them: ``eta=0.1, a_1=1.0, …``.

        Raises
        ------
        BadInput
            If a value is missing.
        """
        wanted, literal = _literal(self, name)
        missing = [symbol for symbol in wanted if symbol not in numbers]
        if missing:
            raise BadInput(
                f"numbers lack {', '.join(missing)}: {name} of {self.name} needs them; give each by name"
            )
        return float(literal(*(numbers[symbol] for symbol in wanted)))


@cache
def _literal(derivation: Derivation, name: str) -> tuple[tuple[str, ...], Callable[..., Any]]:
    """Return the names of the symbols of an equation, and its right-hand side as a function of them."""
    import sympy

    expression = derivation[name]
    symbols = sorted(expression.free_symbols, key=str)
    return tuple(map(str, symbols)), sympy.lambdify(symbols, expression, "numpy")
