"""Mini-batches of one worker in one round, read at the addresses of the definition."""

from numba import njit

from implicitbias.engine.kernels.philox_kernel import draw_in_order, draw_with_replacement


@njit(cache=True)
def draw_round(rule, starts, worker, steps, round_, first_step, replica, scratch):
    """Return the local sample indices of the round, step after step; empty entries for full gradients."""
    words, orders, epochs, out = scratch
    if rule.batch == 0:
        return out
    drawn = out[: steps[worker] * rule.batch]
    if rule.replacement:
        local = starts[worker + 1] - starts[worker]
        draw_with_replacement(rule.key0, rule.key1, replica, worker, round_, local, words, drawn)
    else:
        order = orders[starts[worker] : starts[worker + 1]]
        first = first_step * rule.batch
        draw_in_order(rule.key0, rule.key1, replica, worker, first, words, epochs, order, drawn)
    return drawn
