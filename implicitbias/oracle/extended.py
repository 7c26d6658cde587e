"""Products with the data in extended precision, where residuals and certificates are evaluated.

A residual of size 1e-12 must not drown in rounding of size eps·|x_i||w| = eps·b_x/γ, which double precision
only grants up to b_x/γ ≈ 1e3. On hardware whose long double is a double, hard problems end in NotCertified.
"""

import numpy as np
from jaxtyping import Float


EXTENDED = np.longdouble

# Entries converted at once: 16 MiB of long doubles, so that the data is never copied whole.
BLOCK_ENTRIES = 1 << 20


def margins(signed: Float[np.ndarray, "sample dim"], weights: np.ndarray) -> np.ndarray:
    """Every x_i·w, accumulated in extended precision."""
    weights = weights.astype(EXTENDED)
    result = np.empty(len(signed), EXTENDED)
    for block in _blocks(signed):
        result[block] = signed[block].astype(EXTENDED) @ weights
    return result


def combination(signed: Float[np.ndarray, "sample dim"], multipliers: np.ndarray) -> np.ndarray:
    """Σ a_i x_i, accumulated in extended precision over the rows with a_i ≠ 0."""
    used = np.flatnonzero(multipliers)
    result = np.zeros(signed.shape[1], EXTENDED)
    for block in _blocks(signed, used):
        result += multipliers[block].astype(EXTENDED) @ signed[block].astype(EXTENDED)
    return result


def length(vector: np.ndarray) -> np.floating:
    """|v| in extended precision, without overflow of the squares."""
    scale = np.abs(vector).max(initial=EXTENDED(0))
    return scale * np.sqrt(np.sum((vector / scale) ** 2)) if scale > 0 else EXTENDED(0)


def _blocks(signed: np.ndarray, rows: np.ndarray | None = None):
    step = max(1, BLOCK_ENTRIES // signed.shape[1])
    count = len(signed) if rows is None else len(rows)
    for start in range(0, count, step):
        part = slice(start, start + step)
        yield part if rows is None else rows[part]
