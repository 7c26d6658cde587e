"""The two dense products of every kernel, with loops that the compiler turns into wide instructions."""

from numba import njit


# Sums may be split over the lanes of an instruction; ∞ and nan keep their meaning.
FAST = {"contract", "reassoc"}


@njit(cache=True, fastmath=FAST, error_model="numpy")
def add_rows(matrix, first, count, weights, width, out):
    """Add Σ_j weights_j·matrix[first + j, :width], j < count, to ``out``; four rows per pass over ``out``."""
    whole = count - count % 4
    for j in range(0, whole, 4):
        a, b, c, d = weights[j], weights[j + 1], weights[j + 2], weights[j + 3]
        row = first + j
        for i in range(width):
            out[i] += (a * matrix[row, i] + b * matrix[row + 1, i]) + (
                c * matrix[row + 2, i] + d * matrix[row + 3, i]
            )
    for j in range(whole, count):
        add_row(matrix, first + j, weights[j], width, out)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def add_row(matrix, row, weight, width, out):
    """Add weight·matrix[row, :width] to ``out``."""
    for i in range(width):
        out[i] += weight * matrix[row, i]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def dot(matrix, row, vector, width):
    """Return matrix[row, :width]·vector."""
    total = 0.0
    for i in range(width):
        total += matrix[row, i] * vector[i]
    return total


@njit(cache=True)
def safe(vector, limit):
    """Return whether every entry is a number of magnitude at most ``limit``."""
    for x in vector:
        if not abs(x) <= limit:
            return False
    return True
