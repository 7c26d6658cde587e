"""Rounds in the span of the data: a local step of worker m costs n_m² whatever the dimension.

Every vector of a run is a combination of four bases (w, the velocities of workers and server, the anchor, as
they were at the last fold) and of the rows D^{−1}x_i, so it is carried as 4 + n coefficients. A local step
only needs the margins of the worker's own samples, and moves them by its own block of G = X D^{−1} Xᵀ:

    g ← (η/n_m)·(−ℓ′(z)),   c ← (1 − ηλ)c + g,   z ← (1 − ηλ)z + G_mm g.

After the last local step only c matters: the next round recomputes all margins from the coefficients, so
margins cannot drift away from the model. Every ``fold`` rounds the coefficients are folded into the bases:
where margins cancel (data that no hyperplane separates) they would otherwise grow without bound and cost
digits.
"""

import numpy as np
from numba import njit

from implicitbias.engine.kernels.draw_kernel import draw_round
from implicitbias.engine.kernels.exponential_kernel import slope, slopes
from implicitbias.engine.kernels.matrix_kernel import add_row, add_rows, dot, FAST, safe
from implicitbias.engine.kernels.scratch_kernel import draw_scratch, rates_of


BASES = 4


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def advance_gram(samples, rule, steps, rates, clock, replica, bases, rounds, fold):
    """Move one replica's ``bases`` by ``rounds`` rounds; stop before the first round that leaves the safe range.

    Returns
    -------
    The number of rounds done; the bases hold the last state only if it is ``rounds``.
    """
    n, width = samples.gram.shape
    state, local = np.zeros((3, BASES + n)), np.zeros((2, n))
    margins, base_margins = np.zeros((2, width)), np.zeros((BASES, width))
    room = draw_scratch(samples.starts, steps, rule.batch)
    longest = _widest(samples, rule)
    z, zv, c, cv, g = np.zeros(longest), np.zeros(longest), np.zeros(longest), np.zeros(longest), np.zeros(longest)
    since = fold
    for r in range(rounds):
        if since == fold:
            if r > 0:
                _fold(samples.scaled, rule, state, bases)
            _start(samples.rows, rule, state, bases, base_margins)
            since = 0
        _margins(samples.gram, rule.heavy, state, base_margins, margins)
        sums = (0.0, 0.0, 0.0, 0.0)
        for m in range(len(steps)):
            sums = add(sums, _work(samples, rule, m, steps, rates, clock, r, replica, margins, local, z, zv, c, cv, g, room))
        _aggregate(rule, len(steps), clock[0] + r, sums, local, state)
        if not safe(state[0], samples.limit):
            return r
        since += 1
    if rounds > 0:
        _fold(samples.scaled, rule, state, bases)
    return rounds


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def work_gram(samples, rule, steps, rates, clock, replica, bases, models, velocities):
    """Write the workers' ``models`` and ``velocities`` at the end of one round that starts at ``bases``."""
    n, width = samples.gram.shape
    state, local = np.zeros((3, BASES + n)), np.zeros((2, n))
    margins, base_margins = np.zeros((2, width)), np.zeros((BASES, width))
    room = draw_scratch(samples.starts, steps, rule.batch)
    longest = _widest(samples, rule)
    z, zv, c, cv, g = np.zeros(longest), np.zeros(longest), np.zeros(longest), np.zeros(longest), np.zeros(longest)
    _start(samples.rows, rule, state, bases, base_margins)
    _margins(samples.gram, rule.heavy, state, base_margins, margins)
    for m in range(len(steps)):
        ww, wv, vw, vv = _work(samples, rule, m, steps, rates, clock, 0, replica, margins, local, z, zv, c, cv, g, room)
        first, size = samples.starts[m], samples.starts[m + 1] - samples.starts[m]
        for k in range(bases.shape[1]):
            models[m, k] = ww * bases[0, k] + wv * bases[1, k]
            velocities[m, k] = vw * bases[0, k] + vv * bases[1, k]
        add_rows(samples.scaled, first, size, local[0, first:], bases.shape[1], models[m])
        add_rows(samples.scaled, first, size, local[1, first:], bases.shape[1], velocities[m])


@njit(cache=True)
def _widest(samples, rule):
    return max(samples.blocks.shape[1], rule.batch)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def add(a, b):
    """Return the sum of two quadruples."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _start(rows, rule, state, bases, base_margins):
    """Let the state be the bases: unit coefficients, and the bases' own margins."""
    for k in range(3):
        for i in range(state.shape[1]):
            state[k, i] = 1.0 if i == k else 0.0
    active = (True, rule.heavy, rule.stored, rule.anchored)
    for k in range(BASES):
        if active[k]:
            for i in range(rows.shape[0]):
                base_margins[k, i] = dot(rows, i, bases[k], bases.shape[1])


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _fold(scaled, rule, state, bases):
    """Replace the bases by the vectors that the coefficients stand for."""
    active = (True, rule.heavy, rule.stored)
    folded = np.zeros((3, bases.shape[1]))
    for k in range(3):
        if active[k]:
            add_rows(bases, 0, BASES, state[k], bases.shape[1], folded[k])
            add_rows(scaled, 0, scaled.shape[0], state[k, BASES:], bases.shape[1], folded[k])
    for k in range(3):
        if active[k]:
            for i in range(bases.shape[1]):
                bases[k, i] = folded[k, i]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _margins(gram, heavy, state, base_margins, margins):
    """Recompute the margins of w, and those of the velocity where it is on, from the coefficients."""
    n, width = gram.shape
    for k in range(2 if heavy else 1):
        for i in range(width):
            margins[k, i] = 0.0
        add_rows(base_margins, 0, BASES, state[k], width, margins[k])
        add_rows(gram, 0, n, state[k, BASES:], width, margins[k])


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _work(samples, rule, m, steps, rates, clock, r, replica, margins, local, z, zv, c, cv, g, room):
    """Do worker m's local work of round r; its coefficients go to ``local``.

    Returns
    -------
    The weights of (w, v) at the start of the round in (w, v) at its end.
    """
    first, size = samples.starts[m], samples.starts[m + 1] - samples.starts[m]
    step = clock[1][m] + r * steps[m]
    draws = draw_round(rule, samples.starts, m, steps, clock[0] + r, step, replica, room)
    for i in range(samples.padded[m]):
        z[i], zv[i], c[i], cv[i] = 0.0, 0.0, 0.0, 0.0
    for i in range(size):
        z[i] = margins[0, first + i]
        zv[i] = margins[1, first + i]
    block = (samples.blocks, samples.targets, first, size, samples.padded[m])
    weights = _local_steps(block, rule, steps[m], rates_of(rates, m, r), draws, z, zv, c, cv, g)
    for i in range(size):
        local[0, first + i] = c[i]
        local[1, first + i] = cv[i]
    return weights


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _local_steps(block, rule, steps, rates, draws, z, zv, c, cv, g):
    """Move coefficients and margins through the local steps of one round."""
    blocks, targets, first, size, width = block
    ww, wv, vw, vv = 1.0, 0.0, 0.0, 1.0
    if rule.batch == 0 and not rule.heavy and rule.l2 == 0.0:
        _descend(blocks, targets, first, size, width, rule.loss, rule.power, steps, rates, z, c, g)
        return ww, wv, vw, vv
    for h in range(steps):
        last = h == steps - 1
        decay = rates[h] * rule.l2
        _weigh(targets, rule, first, size, width, rates[h], draws, h, z, g)
        if rule.heavy:
            for i in range(width):
                cv[i] = rule.beta * cv[i] - decay * c[i]
                zv[i] = rule.beta * zv[i] - decay * z[i]
            _push(blocks, rule.batch, first, size, width, draws, h, g, cv, zv, last)
            for i in range(width):
                c[i] += cv[i]
                z[i] += zv[i]
            vw, vv = rule.beta * vw - decay * ww, rule.beta * vv - decay * wv
            ww, wv = ww + vw, wv + vv
        else:
            if decay != 0.0:
                for i in range(width):
                    c[i] *= 1.0 - decay
                    z[i] *= 1.0 - decay
                ww *= 1.0 - decay
            _push(blocks, rule.batch, first, size, width, draws, h, g, c, z, last)
    return ww, wv, vw, vv


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _descend(blocks, targets, first, size, width, loss, power, steps, rates, z, c, g):
    """Take plain full-gradient steps: the same arithmetic as below, without its switches."""
    for h in range(steps):
        slopes(z, targets, first, width, rates[h] / size, loss, power, g)
        for i in range(width):
            c[i] += g[i]
        if h < steps - 1:
            add_rows(blocks, first, size, g, width, z)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _weigh(targets, rule, first, size, width, lr, draws, h, z, g):
    """Write η/n_m times the slopes of the worker's samples, or η/B times those of its draws."""
    if rule.batch == 0:
        slopes(z, targets, first, width, lr / size, rule.loss, rule.power, g)
        return
    for b in range(rule.batch):
        i = draws[h * rule.batch + b]
        g[b] = lr / rule.batch * slope(z[i], targets[first + i], rule.loss, rule.power)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _push(blocks, batch, first, size, width, draws, h, g, c, z, last):
    """Add the step g to the coefficients, and to the margins unless the round ends here."""
    if batch == 0:
        for i in range(size):
            c[i] += g[i]
        if not last:
            add_rows(blocks, first, size, g, width, z)
        return
    for b in range(batch):
        j = draws[h * batch + b]
        c[j] += g[b]
        if not last:
            add_row(blocks, first + j, g[b], width, z)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _aggregate(rule, workers, round_, sums, local, state):
    """Replace the coefficients of w and of the two velocities by those after the round."""
    ww, wv, vw, vv = sums[0] / workers, sums[1] / workers, sums[2] / workers, sums[3] / workers
    anchor = 1.0 / (round_ + 2.0) if rule.anchored else 0.0
    for i in range(state.shape[1]):
        w, v = state[0, i], state[1, i]
        average = ww * w
        if rule.heavy:
            average += wv * v
            v = vw * w + vv * v
        if i >= BASES:
            average += local[0, i - BASES] / workers
            v += local[1, i - BASES] / workers
        average *= 1.0 - anchor
        if i == BASES - 1:
            average += anchor
        state[1, i] = v
        if not rule.moved:
            state[0, i] = average
            continue
        move = average - w
        if rule.stored:
            move += rule.momentum * state[2, i]
            state[2, i] = move
        state[0, i] = w + rule.rate * move
