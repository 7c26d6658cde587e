"""Is an expression ≥ 0 for every margin of a half-line or of the line? Proved, refuted by a number, or left open.

The margin z enters through a positive variable x: z = −log x for the whole line, z = log(1 + x) for z ≥ 0; what was
exponential becomes rational or a logarithm. Sufficient: all factors have a sign that SymPy derives from x > 0; or the
expression tends to 0 for z → ∞ and is monotone towards it, its derivative being proved the first way. A single exact
negative value refutes.
"""

from enum import Enum
from functools import cache
from typing import Any


class Answer(Enum):
    """What is known of a claimed inequality; the value is its distance from a proof."""

    PROVED = 0.0
    OPEN = 0.5
    REFUTED = 1.0


# Margins at which a counterexample is sought, as exact numbers: 0, 1, −1, 2, −2, …
CANDIDATES = (0, *(sign * z for z in range(1, 65) for sign in (1, -1)))


@cache
def nonnegative(expression: Any, margin: Any, *, half_line: bool = False) -> Answer:
    """Answer whether ``expression`` ≥ 0 for all real values of ``margin``, or for all that are ≥ 0."""
    import sympy

    x = sympy.Symbol("x", positive=True)
    inside = sympy.log(1 + x) if half_line else -sympy.log(x)
    rational = _simplified(expression.subs(margin, inside))
    if _has_sign(rational) or _falls_to_zero(rational, x, half_line):
        return Answer.PROVED
    values = (sympy.sympify(expression.subs(margin, z)) for z in CANDIDATES if z >= 0 or not half_line)
    return Answer.REFUTED if any(v.is_negative for v in values) else Answer.OPEN


def _falls_to_zero(expression: Any, x: Any, half_line: bool) -> bool:
    """Whether it tends to 0 as z → ∞ (x → ∞ on the half-line, x → 0 on the line) and never rises on the way."""
    import sympy

    end = sympy.limit(expression, x, sympy.oo if half_line else 0, "-" if half_line else "+")
    towards_end = 1 if half_line else -1
    slope = _simplified(towards_end * sympy.diff(expression, x))
    return end == 0 and _has_sign(-slope)


def _has_sign(expression: Any) -> bool:
    return bool(expression.is_nonnegative)


def _simplified(expression: Any) -> Any:
    import sympy

    return sympy.factor(sympy.powsimp(sympy.simplify(expression)))
