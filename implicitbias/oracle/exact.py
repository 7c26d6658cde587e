"""Second opinion for small data: the max-margin separator in exact rational arithmetic."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from implicitbias.display import in_brief
from implicitbias.errors import NotSeparable


Rational = Fraction | int | float


@dataclass(frozen=True)
class ExactMaxMargin:
    """Rational solution of ŵ = argmin |w|² subject to x_i·w ≥ 1.

    Attributes
    ----------
    weights : tuple of Fraction, length d
        ŵ.
    duals : tuple of Fraction, length n
        a_i ≥ 0 with ŵ = Σ a_i x_i, zero outside an independent set of rows.
    squared_margin : Fraction
        γ² = 1/|ŵ|², rational although γ need not be.
    support : tuple of int
        Rows with x_i·ŵ = 1, exactly.
    """

    weights: tuple[Fraction, ...]
    duals: tuple[Fraction, ...]
    squared_margin: Fraction
    support: tuple[int, ...]

    __repr__ = in_brief


def max_margin_exact(signed: Iterable[Sequence[Rational]]) -> ExactMaxMargin:
    """ŵ = argmin |w|² subject to x_i·w ≥ 1 over the rationals, by trying every set of rows.

    The optimum has multipliers on linearly independent rows P, with K_PP a = 1, a > 0 and x_i·w ≥ 1 elsewhere
    (Carathéodory); conversely any such P is optimal. The cost is the number of subsets of at most min(n, d) rows:
    keep n ≤ 12 or so.

    Parameters
    ----------
    signed : rows of Fraction, int or float
        A float is the rational number it stores.

    Returns
    -------
    ExactMaxMargin

    Raises
    ------
    NotSeparable
        No set of rows satisfies the optimality conditions.
    """
    rows = [tuple(Fraction(entry) for entry in row) for row in signed]
    for size in range(1, min(len(rows), len(rows[0])) + 1):
        for active in combinations(range(len(rows)), size):
            gram = [[_dot(rows[i], rows[j]) for j in active] for i in active]
            multipliers = _solve(gram, [Fraction(1)] * size)
            if multipliers is None or min(multipliers) <= 0:
                continue
            weights = tuple(_dot(multipliers, [rows[i][j] for i in active]) for j in range(len(rows[0])))
            products = [_dot(row, weights) for row in rows]
            if min(products) >= 1:
                chosen = dict(zip(active, multipliers, strict=True))
                return ExactMaxMargin(
                    weights,
                    tuple(chosen.get(i, Fraction(0)) for i in range(len(rows))),
                    1 / _dot(weights, weights),
                    tuple(i for i, product in enumerate(products) if product == 1),
                )
    raise NotSeparable(
        f"signed = {len(rows)} rational rows: no w has x_i·w > 0 for all i; remove the conflicting samples"
    )


def _dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def _solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Gauss–Jordan elimination; None if the matrix is singular."""
    table = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(len(table)):
        pivot = next((i for i in range(column, len(table)) if table[i][column] != 0), None)
        if pivot is None:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        table[column] = [entry / table[column][column] for entry in table[column]]
        for i, row in enumerate(table):
            if i != column and row[column] != 0:
                table[i] = [a - row[column] * b for a, b in zip(row, table[column], strict=True)]
    return [row[-1] for row in table]
