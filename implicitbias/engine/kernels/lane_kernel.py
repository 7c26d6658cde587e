"""Rounds in the span of the data, sixteen runs in a register: no loop knows the dimension.

As in ``gram_kernel`` a local step of worker m moves margins by its block of G, g ← (η/n_m)(−ℓ′(z)),
c ← (1 − ηλ)c + g, z ← (1 − ηλ)z + G_mm g, and a round starts from margins that are recomputed:

    z = a·z_base + b·z_anchor + G c.

Every ``fold`` rounds c is moved to the sums since the last record, kept in two doubles each, and z_base is made of
them: where margins cancel the sums grow without bound, and single doubles would lose digits with their size.
Runs with fewer local steps than their neighbours wait with η = 0, which changes none of their bits.
"""

from typing import NamedTuple

import numpy as np

from implicitbias.engine.kernels.compiled import entry, exact, fast, strict
from implicitbias.engine.kernels.draw_kernel import draw_round
from implicitbias.engine.kernels.exponential_kernel import SQUARED
from implicitbias.engine.kernels.lane_matrix_kernel import multiply, multiply_twice, two_sum
from implicitbias.engine.kernels.lane_packing import ALL_ANCHOR, ALL_BASE, ANCHOR, BASE
from implicitbias.engine.kernels.lane_slopes_kernel import weigh_slopes
from implicitbias.engine.kernels.lanes import fma, integer, least, load, number, pointer, splat, store, write
from implicitbias.engine.kernels.packing import RUNS


class Block(NamedTuple):
    """Addresses of what one block of runs reads and writes."""

    size: int
    workers: int
    starts: object
    steps: object
    gram: object
    fine: object
    targets: object
    rates: object
    first: object
    base: object
    anchor: object
    sums: object
    high: object
    low: object
    weights: object
    local: object
    lowest: object
    start: object
    z: object
    c: object
    g: object
    one: object
    one_target: object
    one_slope: object
    drawn: object


@entry
def advance_lanes(data, rule, rates, draws, state, blocks, done, rounds, fold):
    """Move blocks low … high − 1 by ``rounds`` rounds, ``done`` of which since the last record are behind them."""
    for b in range(blocks[0], blocks[1]):
        block = _block(data, rates, state, b)
        orders, epochs, words = _draw_room(data, draws)
        for r in range(rounds):
            if done + r > 0 and (done + r) % fold == 0:
                _fold(rule, block)
            _margins(rule, block)
            if rule.batch > 0:
                _draw(data, rule, draws, state.drawn, b, r, words, orders, epochs)
            _local_round(rule, block, rates.shape[1:4], state.drawn.shape[3], r)
            _aggregate(rule, draws.round + r, block)


@entry
def finish_lanes(data, rule, rates, draws, state, blocks, done):
    """Fold, and take the last round before a record: it leaves every worker's own coefficients in ``c``."""
    for b in range(blocks[0], blocks[1]):
        block = _block(data, rates, state, b)
        orders, epochs, words = _draw_room(data, draws)
        if done > 0:
            _fold(rule, block)
        _margins(rule, block)
        if rule.batch > 0:
            _draw(data, rule, draws, state.drawn, b, 0, words, orders, epochs)
        _local_round(rule, block, rates.shape[1:4], state.drawn.shape[3], 0)


@entry
def multiply_blocks(matrix, high, low, out, rest):
    """Write A(high + low) to every block of ``out``, and to ``rest`` what rounding leaves of it.

    ``matrix`` is A, flat: one for all lanes.
    """
    count, rows = high.shape[1], out.shape[1]
    for b in range(len(out)):
        of_high, of_low = pointer(high, b * count * RUNS), pointer(low, b * count * RUNS)
        place = b * rows * RUNS
        multiply_twice(
            pointer(matrix, 0), count, rows, of_high, of_low, pointer(out, place), pointer(rest, place)
        )


@exact
def _block(data, rates, state, b):
    count, workers = data.starts[-1], len(data.starts) - 1
    rows = b * count * RUNS
    return Block(
        count,
        workers,
        pointer(data.starts, 0),
        pointer(data.steps, b * workers),
        pointer(data.gram, b * data.stride),
        pointer(data.fine, b * data.stride),
        pointer(data.targets, b * data.target_stride),
        pointer(rates, b * rates.shape[1] * rates.shape[2] * rates.shape[3] * RUNS),
        pointer(state.first, rows),
        pointer(state.base, rows),
        pointer(state.anchor, rows),
        pointer(state.sums, rows),
        pointer(state.high, rows),
        pointer(state.low, rows),
        pointer(state.weights, b * 4 * RUNS),
        pointer(state.local, b * workers * RUNS),
        pointer(state.lowest, b * RUNS),
        pointer(state.start, rows),
        pointer(state.z, rows),
        pointer(state.c, rows),
        pointer(state.g, rows),
        pointer(state.one, 3 * b * RUNS),
        pointer(state.one, (3 * b + 1) * RUNS),
        pointer(state.one, (3 * b + 2) * RUNS),
        pointer(state.drawn, b * RUNS * workers * state.drawn.shape[3]),
    )


@exact
def _draw_room(data, draws):
    count, workers = data.starts[-1], len(data.starts) - 1
    orders, epochs = np.zeros((RUNS, count), np.int64), np.full((RUNS, workers), -1)
    return orders, epochs, np.zeros(draws.words, np.uint64)


@fast
def _draw(data, rule, draws, drawn, b, r, words, orders, epochs):
    """Draw the round's mini-batches of the block's runs; the lanes that only fill it draw nothing."""
    for lane in range(draws.filled[b]):
        draw_round(
            rule.batch,
            rule.replacement,
            draws.keys[b, lane],
            data.starts,
            draws.steps[b, lane],
            draws.round + r,
            draws.first[b, lane],
            r,
            draws.replicas[b, lane],
            words,
            orders[lane],
            epochs[lane],
            drawn[b, lane],
        )


@strict
def _margins(rule, block):
    """Write the margins that the round starts from, and note the smallest."""
    a = load(block.weights, BASE)
    multiply(block.gram, block.size, 0, block.size, block.sums, a, block.base, block.start)
    lowest = load(block.lowest, 0)
    for i in range(block.size):
        if rule.anchored:
            anchored = fma(load(block.weights, ANCHOR), load(block.anchor, i), load(block.start, i))
            store(block.start, i, anchored)
        lowest = least(lowest, load(block.start, i))
    store(block.lowest, 0, lowest)


@strict
def _local_round(rule, block, shape, drawn, r):
    """Take every worker's local steps; leave its coefficients in ``c`` and its weight of w in ``local``."""
    row = r if shape[0] > 1 else 0
    for m in range(block.workers):
        first, last = integer(block.starts, m), integer(block.starts, m + 1)
        for i in range(first, last):
            store(block.z, i, load(block.start, i))
            store(block.c, i, splat(0.0))
        weight, steps = splat(1.0), integer(block.steps, m)
        rate = (row * shape[1] + (m if shape[1] > 1 else 0)) * shape[2]
        share = splat(1.0 / (rule.batch if rule.batch > 0 else last - first))
        for h in range(steps):
            lr = load(block.rates, rate + h)
            keep = splat(1.0) - lr * splat(rule.l2)
            if rule.batch > 0:
                _weigh_drawn(rule, block, first, last, m * drawn + h * rule.batch, drawn, lr * share)
            else:
                weigh_slopes(block.z, first, last, block.targets, lr * share, rule.loss, rule.power, block.g)
            for i in range(first, last):
                store(block.c, i, fma(keep, load(block.c, i), load(block.g, i)))
            if h < steps - 1:
                multiply(block.gram, block.size, first, last, block.g, keep, block.z, block.z)
            weight = keep * weight
        store(block.local, m, weight)


@strict
def _weigh_drawn(rule, block, first, last, at, drawn, share):
    """Write η/B times the slopes of each run's draws to ``g``, 0 where it drew nothing."""
    for i in range(first, last):
        store(block.g, i, splat(0.0))
    lanes = block.workers * drawn
    for q in range(rule.batch):
        for lane in range(RUNS):
            i = (first + integer(block.drawn, lane * lanes + at + q)) * RUNS + lane
            write(block.one, lane, number(block.z, i))
            write(block.one, RUNS + lane, number(block.targets, i if rule.loss == SQUARED else 0))
        weigh_slopes(block.one, 0, 1, block.one_target, share, rule.loss, rule.power, block.one_slope)
        for lane in range(RUNS):
            i = (first + integer(block.drawn, lane * lanes + at + q)) * RUNS + lane
            write(block.g, i, number(block.g, i) + number(block.one_slope, lane))


@strict
def _aggregate(rule, round_, block):
    """Replace coefficients and weights of w by those after the round."""
    mean = splat(0.0)
    for m in range(block.workers):
        mean = mean + load(block.local, m)
    mean = mean / splat(float(block.workers))
    a = 1.0 / (round_ + 2.0) if rule.anchored else 0.0
    keep, share = mean * splat(1.0 - a), splat((1.0 - a) / block.workers)
    for i in range(block.size):
        store(block.sums, i, fma(keep, load(block.sums, i), share * load(block.c, i)))
    store(block.weights, BASE, keep * load(block.weights, BASE))
    if rule.anchored:
        store(block.weights, ANCHOR, fma(keep, load(block.weights, ANCHOR), splat(a)))


@strict
def _fold(rule, block):
    """Move coefficients and weights to the sums since the record, and take the margins of these as the base.

    Margins are made of the sums anew, in two doubles, and so are the entries of G: what rounding leaves would be
    multiplied by sums that may be far larger than the margins.
    """
    a = load(block.weights, BASE)
    for i in range(block.size):
        _add(block, i, a, load(block.sums, i))
        store(block.sums, i, splat(0.0))
    all_base = a * load(block.weights, ALL_BASE)
    all_anchor = fma(a, load(block.weights, ALL_ANCHOR), load(block.weights, ANCHOR))
    multiply_twice(block.gram, block.size, block.size, block.high, block.low, block.base, block.z)
    multiply(block.fine, block.size, 0, block.size, block.high, splat(1.0), block.base, block.base)
    for i in range(block.size):
        moved = fma(all_base, load(block.first, i), load(block.base, i))
        store(block.base, i, fma(all_anchor, load(block.anchor, i), moved) if rule.anchored else moved)
    store(block.weights, ALL_BASE, all_base)
    store(block.weights, ALL_ANCHOR, all_anchor)
    store(block.weights, BASE, splat(1.0))
    store(block.weights, ANCHOR, splat(0.0))


@strict
def _add(block, i, a, term):
    """Replace the sum s by a·s + term, with the rounding error of the addition kept in the second double."""
    total, error = two_sum(a * load(block.high, i), term)
    store(block.high, i, total)
    store(block.low, i, fma(a, load(block.low, i), error))
