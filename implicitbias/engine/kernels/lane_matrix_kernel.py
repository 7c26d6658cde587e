"""Sums of the batched kernel, which stay in registers."""

from numba.extending import overload

from implicitbias.engine.kernels.compiled import strict
from implicitbias.engine.kernels.lanes import fma, load, number, splat, store


def coefficient(matrix, index):
    """Return entry ``index`` of a matrix: one number for all runs, or each run its own (compiled code only)."""
    raise NotImplementedError


@overload(coefficient, inline="always")
def _coefficient(matrix, index):
    if matrix.shared:
        return lambda matrix, index: splat(number(matrix, index))
    return lambda matrix, index: load(matrix, index)


@strict
def multiply(matrix, count, first, last, v, keep, old, out):
    """Write keep·old_j + Σ_i G_ji v_i to row j of ``out``, for i and j from ``first`` to ``last`` − 1.

    Two rows at a time share the loads of v, as many as registers can hold; what a row gets is the same alone.
    """
    j = first
    while j + 2 <= last:
        row, s0, s1 = j * count, splat(0.0), splat(0.0)
        for i in range(first, last):
            x = load(v, i)
            s0 = fma(coefficient(matrix, row + i), x, s0)
            s1 = fma(coefficient(matrix, row + count + i), x, s1)
        store(out, j, fma(keep, load(old, j), s0))
        store(out, j + 1, fma(keep, load(old, j + 1), s1))
        j += 2
    if j < last:
        s = splat(0.0)
        for i in range(first, last):
            s = fma(coefficient(matrix, j * count + i), load(v, i), s)
        store(out, j, fma(keep, load(old, j), s))


@strict
def two_sum(a, b):
    """Return the rounded sum of two registers, and its rounding error exactly (Knuth)."""
    total = a + b
    back = total - a
    return total, (a - (total - back)) + (b - back)


@strict
def multiply_twice(matrix, count, rows, high, low, out, rest_out):
    """Write Σ_i A_ji (high_i + low_i), i < count, to row j < rows of ``out``: products and sums in two doubles.

    What rounding leaves of the result goes to ``rest_out``.
    """
    for j in range(rows):
        total, rest = splat(0.0), splat(0.0)
        for i in range(count):
            a, h = coefficient(matrix, j * count + i), load(high, i)
            term = a * h
            rest = fma(a, load(low, i), rest + fma(a, h, splat(0.0) - term))
            total, error = two_sum(total, term)
            rest = rest + error
        rounded, left = two_sum(total, rest)
        store(out, j, rounded)
        store(rest_out, j, left)
