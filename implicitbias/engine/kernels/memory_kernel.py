"""The memory D of an adaptive scaling and D̂ = clip(D), one row for all workers or one for each.

Squares are never formed of D or h themselves: where gradients have fallen below 1e-154 they are 0.
"""

import numpy as np

from implicitbias.engine.kernels.compiled import exact, fast, inlined
from implicitbias.engine.kernels.scale import BARE, LARGEST, LINEAR_RULE, PLUS, SUM_RULE


@fast
def remember(scale, refreshes, h, j, memory, m, diagonal):
    """Update memory[m] by the sample h[j], which comes after ``refreshes`` others, and diagonal[m] by it."""
    past = _weight(scale, refreshes)
    root, other_root = np.sqrt(past), np.sqrt(1.0 - past)
    if scale.rule == SUM_RULE:
        root, other_root = 1.0, 1.0
    for k in range(memory.shape[1]):
        if scale.rule == LINEAR_RULE:
            memory[m, k] = past * memory[m, k] + (1.0 - past) * h[j, k]
        else:
            memory[m, k] = _hypot(root * memory[m, k], other_root * h[j, k])
    clip(scale, memory, m, diagonal)


@fast
def clip(scale, memory, m, diagonal):
    """Write D̂ to diagonal[m]."""
    inside = np.sqrt(scale.floor)
    for k in range(memory.shape[1]):
        size = abs(memory[m, k])
        if scale.flooring == BARE:
            diagonal[m, k] = size
        elif scale.flooring == LARGEST:
            diagonal[m, k] = max(size, scale.floor)
        elif scale.flooring == PLUS:
            diagonal[m, k] = size + scale.floor
        else:
            diagonal[m, k] = _hypot(size, inside)


@fast
def pool(scale, h, pooled):
    """Write what enters a common D to pooled[0]: the mean of the workers' samples, or its root mean square."""
    workers = h.shape[0]
    for k in range(h.shape[1]):
        largest, total = 0.0, 0.0
        for m in range(workers):
            largest = max(largest, abs(h[m, k]))
            total += h[m, k]
        pooled[0, k] = _root_mean_square(h, k, largest) if scale.squares else total / workers


@inlined
def _root_mean_square(h, k, largest):
    """Return √(mean over workers of h[·, k]²), scaled by the largest."""
    total, unit = 0.0, largest if largest > 0.0 else 1.0
    for m in range(h.shape[0]):
        total += (h[m, k] / unit) * (h[m, k] / unit)
    return largest * np.sqrt(total / h.shape[0])


@exact
def _weight(scale, refreshes):
    """Return β_t of t refreshes before."""
    if not scale.corrected or scale.beta == 0.0:
        return scale.beta
    # As in the definition: for β near 1 a difference of powers would lose most of its digits.
    log = np.log(scale.beta)
    return scale.beta * np.expm1(refreshes * log) / np.expm1((refreshes + 1) * log)


@exact
def _hypot(a, b):
    """Return √(a² + b²) without squares that under- or overflow; nan where one of them is."""
    a, b = abs(a), abs(b)
    large, small = (a, b) if a > b else (b, a)
    share = small / large if large != 0.0 else small
    return large * np.sqrt(1.0 + share * share)
