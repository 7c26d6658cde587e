"""Mini-batches of all workers in one round, read at the addresses of the definition."""

import numpy as np

from implicitbias.engine.kernels.compiled import fast
from implicitbias.engine.kernels.philox_kernel import draw_in_order, draw_with_replacement


@fast
def draw_room(starts, steps, batch):
    """Return room for words, the orders at hand, their epochs, and each worker's drawn indices."""
    count, words = 1, 1
    for m in range(len(steps)):
        count = max(count, steps[m] * batch)
        words = max(words, starts[m + 1] - starts[m])
    epochs = np.zeros(len(steps), np.int64)
    for m in range(len(steps)):
        epochs[m] = -1
    words = np.zeros(max(count, words), np.uint64)
    return words, np.zeros(starts[-1], np.int64), epochs, np.zeros((len(steps), count), np.int64)


@fast
def draw_round(
    batch, replacement, keys, starts, steps, round_, first_steps, r, replica, words, orders, epochs, drawn
):
    """Write every worker's local sample indices of the round to ``drawn``, step after step."""
    if batch == 0:
        return
    for m in range(len(steps)):
        count, size = steps[m] * batch, starts[m + 1] - starts[m]
        if replacement:
            draw_with_replacement(keys[0], keys[1], replica, m, round_, size, words, count, drawn)
        else:
            first = (first_steps[m] + r * steps[m]) * batch
            draw_in_order(
                keys[0], keys[1], replica, m, first, words, epochs, starts[m], size, orders, count, drawn
            )
