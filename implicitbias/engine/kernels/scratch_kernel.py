"""Room for one round's draws, and one worker's learning rates in one round."""

import numpy as np
from numba import njit


@njit(cache=True)
def draw_scratch(starts, steps, batch):
    """Return room for words, the orders at hand, their epochs, and the drawn indices."""
    count = 1
    for m in range(len(steps)):
        count = max(count, steps[m] * batch)
    words = count
    epochs = np.zeros(len(steps), np.int64)
    for m in range(len(steps)):
        words = max(words, starts[m + 1] - starts[m])
        epochs[m] = -1
    return np.zeros(words, np.uint64), np.zeros(starts[-1], np.int64), epochs, np.zeros(count, np.int64)


@njit(cache=True)
def rates_of(rates, worker, round_):
    """Return η along the local steps; an axis of length one stands for all workers or all rounds."""
    return rates[worker if rates.shape[0] > 1 else 0, round_ if rates.shape[1] > 1 else 0]
