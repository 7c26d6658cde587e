"""An SDE in LaTeX, with its own names for the coordinates."""

from collections.abc import Iterable
from typing import Any

from sde.equations.convention import Convention


# Operations of expressions that are printed unasked; SymPy takes some 0.1 ms for each.
MOST_OPERATIONS = 200


def few_operations(expressions: Iterable[Any]) -> bool:
    """Whether expressions are together short enough to be printed by a ``repr``."""
    total = 0
    for expression in expressions:
        total += 1 + expression.count_ops()
        if total > MOST_OPERATIONS:
            return False
    return True


def equation_latex(
    variables: tuple[Any, ...], drift: tuple[Any, ...], diffusion: Any, convention: Convention
) -> str:
    r"""Return dx = a dt + b_1 dW_1 + …; with ∘ before each dW for Stratonovich, aligned if there are several lines."""
    lines = [
        _line(x, a, list(diffusion.row(i)), convention)
        for i, (x, a) in enumerate(zip(variables, drift, strict=True))
    ]
    if len(lines) == 1:
        return lines[0].replace("&=", "=")
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"


def _line(x: Any, a: Any, columns: list[Any], convention: Convention) -> str:
    import sympy

    mark = r"\circ " if convention is Convention.STRATONOVICH else r"\,"
    terms = [] if a == 0 else [_times(a, r"\,\mathrm{d}t")]
    for j, b in enumerate(columns):
        index = f"_{{{j + 1}}}" if len(columns) > 1 else ""
        if b != 0:
            terms.append(_times(b, rf"{mark}\mathrm{{d}}W{index}"))
    return rf"\mathrm{{d}}{sympy.latex(x)} &= " + (_joined(terms) or "0")


def _times(coefficient: Any, differential: str) -> str:
    import sympy

    if coefficient == 1:
        return differential.removeprefix(r"\,")
    text = sympy.latex(coefficient)
    return (rf"\left({text}\right)" if coefficient.is_Add else text) + differential


def _joined(terms: list[str]) -> str:
    text = " + ".join(terms)
    return text.replace("+ - ", "- ").replace("+ -", "- ")
