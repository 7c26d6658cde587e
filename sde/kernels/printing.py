"""From SymPy expressions to straight lines of arithmetic on registers: one assignment after the other.

Common subexpressions become names, integer powers products, a product and a sum ``fma``. What depends on a
condition is computed on both sides, and chosen.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import sympy


class NotCompiled(Exception):
    """An expression holds something that has no compiled form; the message says what."""


# Names of functions in ``sde.kernels.elementary`` and ``sde.kernels.per_number`` by the class of the expression.
_FUNCTIONS = {
    sympy.exp: "exponential",
    sympy.log: "logarithm",
    sympy.sin: "sine",
    sympy.cos: "cosine",
    sympy.tan: "tangent",
    sympy.asin: "arcsine",
    sympy.acos: "arccosine",
    sympy.atan: "arctangent",
    sympy.atan2: "angle",
    sympy.sinh: "hyperbolic_sine",
    sympy.cosh: "hyperbolic_cosine",
    sympy.tanh: "hyperbolic_tangent",
    sympy.Abs: "absolute",
    sympy.sign: "sign",
    sympy.erf: "error_function",
}
_COMPARISONS = {
    sympy.StrictLessThan: "less({0}, {1})",
    sympy.LessThan: "at_most({0}, {1})",
    sympy.StrictGreaterThan: "less({1}, {0})",
    sympy.GreaterThan: "at_most({1}, {0})",
    sympy.Equality: "equal({0}, {1})",
    sympy.Unequality: "differs({0}, {1})",
}


def straight_lines(results: Mapping[str, sympy.Expr], variables: Mapping[sympy.Symbol, str]) -> list[str]:
    """Return lines of Python that assign to the names of ``results``; each line is one operation or a few.

    Parameters
    ----------
    results
        Name ↦ expression in the variables.
    variables
        Variable ↦ the name of its register. Names that begin with s or u are taken.

    Raises
    ------
    NotCompiled
        Where an expression holds something that has no compiled form; says what.
    """
    shared, expressions = sympy.cse(list(results.values()), sympy.numbered_symbols("s"))
    printer = _Printer({**variables, **{symbol: symbol.name for symbol, _ in shared}})
    for symbol, expression in shared:
        printer.assign(symbol.name, expression)
    for name, expression in zip(results, expressions, strict=True):
        printer.assign(name, expression)
    return printer.lines


class _Printer:
    """Keeps the lines written so far; every method that takes an expression returns the text of its value."""

    def __init__(self, names: Mapping[sympy.Symbol, str]):
        self.lines: list[str] = []
        self._names = names
        self._fresh = 0

    def assign(self, name: str, expression: Any) -> None:
        """Write the line ``name = expression``."""
        # ``is_Boolean`` is not set by a comparison, and a symbol is of the class Boolean too.
        if isinstance(expression, sympy.logic.boolalg.Boolean) and not expression.is_Symbol:
            self.lines.append(f"{name} = {self._condition(expression)}")
        else:
            self.lines.append(f"{name} = {self._register(expression)}")

    def _named(self, text: str) -> str:
        """Write a line, and return the name that it assigns to."""
        name = f"u{self._fresh}"
        self._fresh += 1
        self.lines.append(f"{name} = {text}")
        return name

    def _atom(self, expression: Any) -> str:
        """Return the name of a value that is needed more than once."""
        text = self._register(expression)
        return text if text.isidentifier() else self._named(text)

    def _text(self, expression: Any) -> str:
        """Return a value as a register, or as a number where it is one."""
        if expression.is_Symbol:
            return self._symbol(expression)
        if not expression.free_symbols:
            return _number(expression)
        rule = self._rules().get(expression.func)
        if rule is None:
            raise NotCompiled(f"{expression.func.__name__} has no compiled form")
        return rule(expression)

    def _rules(self) -> dict[Any, Callable[[Any], str]]:
        special: dict[Any, Callable[[Any], str]] = {
            sympy.Add: self._sum,
            sympy.Mul: self._product,
            sympy.Pow: self._power,
            sympy.Max: self._largest,
            sympy.Min: self._least,
            sympy.Piecewise: self._pieces,
        }
        return special | dict.fromkeys(_FUNCTIONS, self._function)

    def _register(self, expression: Any) -> str:
        """Return a value as a register."""
        text = self._text(expression)
        return text if expression.free_symbols else f"splat({text})"

    def _symbol(self, symbol: Any) -> str:
        if symbol not in self._names:
            raise NotCompiled(f"{symbol} is neither a variable nor a number")
        return self._names[symbol]

    def _sum(self, expression: Any) -> str:
        """Return a sum, smallest operations first: what is no product begins, and products are added to it."""
        terms = sorted(expression.args, key=lambda term: (term.is_Mul, bool(term.free_symbols)))
        text = self._register(terms[0])
        for term in terms[1:]:
            text = self._added(text, term)
        return text

    def _added(self, text: str, term: Any) -> str:
        """Return text + term, rounded once where the term is a product."""
        coefficient, rest = term.as_coeff_Mul()
        factors = self._two_factors(coefficient, rest)
        if factors is None:
            return f"({text} {'-' if coefficient == -1 else '+'} {self._text(rest)})"
        return f"fma({factors[0]}, {factors[1]}, {text})"

    def _two_factors(self, coefficient: Any, rest: Any) -> tuple[str, str] | None:
        """Return a product as two registers; ``None`` where it is none."""
        if coefficient not in (1, -1):
            return f"splat({_number(coefficient)})", self._register(rest)
        if rest.is_Pow and rest.exp.is_Integer and rest.exp > 1:
            first, last = self._atom(rest.base), self._register(rest.base ** (rest.exp - 1))
        elif rest.is_Mul and not _has_denominator(rest):
            first, last = self._register(rest.args[0]), self._register(sympy.Mul(*rest.args[1:]))
        else:
            return None
        return (f"negative({first})" if coefficient == -1 else first), last

    def _product(self, expression: Any) -> str:
        above, below = (
            sympy.fraction(expression, exact=True) if _has_denominator(expression) else (expression, 1)
        )
        if below != 1:
            return f"({self._register(above)} / {self._register(below)})"
        coefficient, rest = expression.as_coeff_Mul()
        factors = [self._text(factor) for factor in sympy.Mul.make_args(rest)]
        text = factors[0] if len(factors) == 1 else f"({' * '.join(factors)})"
        if coefficient == 1:
            return text
        return f"negative({text})" if coefficient == -1 else f"({_number(coefficient)} * {text})"

    def _power(self, expression: Any) -> str:
        base, exponent = expression.args
        if exponent.free_symbols or not (2 * exponent).is_Integer:
            return f"exponential({self._text(exponent)} * logarithm({self._register(base)}))"
        if exponent.is_negative:
            return f"(1.0 / {self._register(base**-exponent)})"
        name, whole = self._atom(base), int(exponent)
        factors = [self._whole_power(name, whole)] if whole else []
        factors += [] if exponent.is_Integer else [f"root({name})"]
        return f"({' * '.join(factors)})"

    def _whole_power(self, name: str, exponent: int) -> str:
        """Return a power by squaring."""
        if exponent == 1:
            return name
        half = self._whole_power(name, exponent // 2)
        half = half if half == name else self._named(half)
        return f"({half} * {half})" if exponent % 2 == 0 else f"({half} * {half} * {name})"

    def _function(self, expression: Any) -> str:
        return f"{_FUNCTIONS[expression.func]}({', '.join(self._register(a) for a in expression.args)})"

    def _largest(self, expression: Any) -> str:
        return self._folded("largest", expression)

    def _least(self, expression: Any) -> str:
        return self._folded("least", expression)

    def _folded(self, function: str, expression: Any) -> str:
        text, *others = (self._register(a) for a in expression.args)
        for other in others:
            text = f"{function}({text}, {other})"
        return text

    def _pieces(self, expression: Any) -> str:
        """Return the piece of the first condition that holds; nan where none does."""
        text = "splat(nan)"
        for value, condition in reversed(expression.args):
            text = f"choose({self._condition(condition)}, {self._register(value)}, {text})"
        return text

    def _condition(self, condition: Any) -> str:
        if condition in (sympy.true, sympy.false):
            return f"equal(splat(0.0), splat({float(condition == sympy.false)}))"
        if condition.is_Symbol:
            return self._symbol(condition)
        if condition.func in _COMPARISONS:
            return _COMPARISONS[condition.func].format(*(self._register(a) for a in condition.args))
        if condition.func is sympy.Not:
            return f"opposite({self._condition(condition.args[0])})"
        if condition.func in (sympy.And, sympy.Or):
            name = "both" if condition.func is sympy.And else "either"
            text, *others = (self._condition(a) for a in condition.args)
            for other in others:
                text = f"{name}({text}, {other})"
            return text
        raise NotCompiled(f"the condition {condition} has no compiled form")


def _has_denominator(expression: Any) -> bool:
    """Return whether a product has a factor x^{−n}; numbers and e^{−x} are factors like any other."""
    return any(a.is_Pow and a.free_symbols and a.exp.could_extract_minus_sign() for a in expression.args)


def _number(expression: Any) -> str:
    """Return a number as Python writes it."""
    value = complex(sympy.N(expression, 17))
    if value.imag or not math.isfinite(value.real):
        raise NotCompiled(f"{expression} is no finite real number")
    return repr(value.real)
