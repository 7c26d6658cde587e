"""The dense products of every kernel, with loops that the compiler turns into wide instructions.

Vectors are rows of matrices, named by their index: a view of a row costs more than a short row itself.
"""

from implicitbias.engine.kernels.compiled import inlined


@inlined
def add_rows(matrix, first, count, weights, j, width, out, k):
    """Add Σ_i weights[j, i]·matrix[first + i, :width], i < count, to out[k]."""
    whole = count // 4
    add_quads(matrix, first, whole, weights, j, width, out, k)
    for i in range(4 * whole, count):
        add_row(matrix, first + i, weights[j, i], width, out, k)


@inlined
def add_quads(matrix, first, quads, weights, j, width, out, k):
    """Do the same for 4·quads rows, four in one pass over ``out``."""
    for q in range(quads):
        i = 4 * q
        a, b, c, d = weights[j, i], weights[j, i + 1], weights[j, i + 2], weights[j, i + 3]
        row = first + i
        for x in range(width):
            out[k, x] += (a * matrix[row, x] + b * matrix[row + 1, x]) + (
                c * matrix[row + 2, x] + d * matrix[row + 3, x]
            )


@inlined
def add_row(matrix, row, weight, width, out, k):
    """Add weight·matrix[row, :width] to out[k]."""
    for x in range(width):
        out[k, x] += weight * matrix[row, x]


@inlined
def dot(matrix, row, vectors, k, width):
    """Return matrix[row, :width]·vectors[k]."""
    total = 0.0
    for x in range(width):
        total += matrix[row, x] * vectors[k, x]
    return total


@inlined
def safe(vectors, k, limit):
    """Return whether every entry of vectors[k] is a number of magnitude at most ``limit``."""
    beyond = 0
    for x in range(vectors.shape[1]):
        # A nan fails the comparison.
        beyond += not abs(vectors[k, x]) <= limit
    return beyond == 0
