"""A closed form: one symbolic expression, printed everywhere, and its stable numerical twin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from implicitbias.display import card, cut, in_brief, typeset
from implicitbias.errors import BadInput


# Characters of the statement that a line shows.
STATEMENT = 160


@dataclass(frozen=True)
class Variable:
    """A variable of a formula.

    Parameters
    ----------
    symbol : str
        Name as SymPy prints it ("eta" becomes η); a name with a brace is LaTeX, printed as it is.
    low, high : float
        A range in which the literal expression can be evaluated in double precision; its twin goes farther.
    """

    symbol: str
    low: float
    high: float

    __repr__ = in_brief


@dataclass(frozen=True)
class Formula:
    """left = expression(variables), with a numerical twin of the same keyword arguments.

    Parameters
    ----------
    name : str
        Key, in words and dashes.
    statement : str
        One sentence: what it is equal to, and when.
    source : str
        Bib key, or "derived".
    left : str
        Left-hand side, in LaTeX.
    variables : mapping of str to Variable
        Keyword arguments of `numeric`, with the symbols they are printed as.
    expression : callable
        From keyword SymPy symbols to the right-hand side; SymPy is imported only when it is called.
    numeric : callable
        From keyword numbers to the value, without overflow or cancellation.
    """

    name: str
    statement: str
    source: str
    left: str
    variables: Mapping[str, Variable] = field(hash=False)
    expression: Callable[..., Any]
    numeric: Callable[..., Any]

    def symbols(self) -> dict[str, Any]:
        """SymPy symbols by argument name: real, and positive where their range is."""
        import sympy

        return {
            argument: sympy.Symbol(v.symbol, positive=True)
            if v.low > 0.0
            else sympy.Symbol(v.symbol, real=True)
            for argument, v in self.variables.items()
        }

    def symbolic(self) -> Any:
        """Right-hand side as a SymPy expression in `symbols()`."""
        return self.expression(**self.symbols())

    def __repr__(self) -> str:
        """Say its name, what it states and from where."""
        return f"Formula({self.name!r}, {cut(self.statement, STATEMENT)!r}, {self.source!r})"

    def _repr_latex_(self) -> str | None:
        return typeset([self.latex()])

    def _repr_html_(self) -> str:
        return card(self.name, [("states", self.statement), ("source", self.source)], [self.latex()])

    def latex(self) -> str:
        """LaTeX of the whole equation."""
        import sympy

        return f"{self.left} = {sympy.latex(self.symbolic())}"


def named(formulas: Mapping[str, Formula], name: str) -> Formula:
    """Return the formula of that name among ``formulas``.

    Raises
    ------
    BadInput
        If there is none; the message lists the names.
    """
    if name not in formulas:
        raise BadInput(f"formula = {name!r}: no such formula; choose one of {', '.join(formulas)}")
    return formulas[name]
