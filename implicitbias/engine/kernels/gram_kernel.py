"""Rounds in the span of the data: a local step of worker m costs n_m² whatever the dimension.

Every vector of a run is a combination of four bases (w, the velocities of workers and server, the anchor, as
they were at the last fold) and of the rows D^{−1}x_i, so it is carried as weights of bases and coefficients of
rows. A local step
only needs the margins of the worker's own samples, and moves them by its own block of G = X D^{−1} Xᵀ:

    g ← (η/n_m)·(−ℓ′(z)),   c ← (1 − ηλ)c + g,   z ← (1 − ηλ)z + G_mm g.

Small workers that take the same steps are merged into one block diagonal, which fills registers better than
one after the other. After the last local step only c matters: the next round recomputes all margins from the
coefficients, so margins cannot drift away from the model. Every ``fold`` rounds the coefficients are folded
into the bases: where margins cancel (data that no hyperplane separates) they would otherwise grow without
bound and cost digits.
"""

import numpy as np

from implicitbias.engine.kernels.compiled import entry, fast, inlined
from implicitbias.engine.kernels.draw_kernel import draw_room, draw_round
from implicitbias.engine.kernels.gram_steps_kernel import step_on_margins
from implicitbias.engine.kernels.matrix_kernel import add_rows, dot, safe


BASES = 4


@entry
def advance_gram(samples, rule, steps, rates, clock, replicas, bases, rounds, fold):
    """Move every replica's bases by ``rounds`` rounds; stop before a round that leaves the safe range.

    Returns
    -------
    The smallest number of rounds done; the bases hold the last states only if it is ``rounds``.
    """
    least = rounds
    for k in range(len(replicas)):
        done = _advance(samples, rule, steps, rates, clock, replicas[k], bases[k], least, fold)
        least = min(least, done)
    return least


@entry
def work_gram(samples, rule, steps, rates, clock, replicas, bases, models, velocities):
    """Write every replica's ``models`` and ``velocities`` at the end of one round that starts at its bases."""
    for k in range(len(replicas)):
        _work(samples, rule, steps, rates, clock, replicas[k], bases[k], models[k], velocities[k])


@fast
def _advance(samples, rule, steps, rates, clock, replica, bases, rounds, fold):
    """Move one replica; return the number of rounds done."""
    rows, scaled, gram, blocks = samples.rows, samples.scaled, samples.gram, samples.blocks
    starts, padded, shares, targets = samples.starts, samples.padded, samples.shares, samples.targets
    first_round, first_steps = clock
    weights, coefficients = np.zeros((3, BASES)), np.zeros((3, gram.shape[0]))
    margins, base_margins = np.zeros((2, gram.shape[1])), np.zeros((BASES, gram.shape[1]))
    z, zv, c, cv, g, local_weights = margin_room(blocks, len(steps), rule.batch)
    words, orders, epochs, drawn = draw_room(starts, steps, rule.batch)
    since = fold
    for r in range(rounds):
        if since == fold:
            if r > 0:
                _fold(scaled, rule, weights, coefficients, bases)
            _start(rows, rule, weights, coefficients, bases, base_margins)
            since = 0
        _margins(gram, rule.heavy, weights, coefficients, base_margins, margins)
        if rule.batch > 0:
            draw_round(
                rule.batch,
                rule.replacement,
                rule.keys,
                starts,
                steps,
                first_round + r,
                first_steps,
                r,
                replica,
                words,
                orders,
                epochs,
                drawn,
            )
        _load(rule.heavy, starts, padded, margins, z, zv, c, cv, local_weights)
        step_on_margins(
            blocks,
            targets,
            starts,
            padded,
            shares,
            rule,
            steps,
            rates,
            r,
            drawn,
            z,
            zv,
            c,
            cv,
            g,
            local_weights,
        )
        _aggregate(
            rule, samples.workers, starts, first_round + r, c, cv, local_weights, weights, coefficients
        )
        if not (safe(coefficients, 0, samples.limit) and safe(weights, 0, samples.limit)):
            return r
        since += 1
    if rounds > 0:
        _fold(scaled, rule, weights, coefficients, bases)
    return rounds


@fast
def _work(samples, rule, steps, rates, clock, replica, bases, models, velocities):
    """Write one replica's local models and velocities."""
    starts, padded, dim = samples.starts, samples.padded, bases.shape[1]
    margins = np.zeros((2, samples.gram.shape[1]))
    z, zv, c, cv, g, local_weights = margin_room(samples.blocks, len(steps), rule.batch)
    words, orders, epochs, drawn = draw_room(starts, steps, rule.batch)
    for k in range(2 if rule.heavy else 1):
        for i in range(samples.rows.shape[0]):
            margins[k, i] = dot(samples.rows, i, bases, k, dim)
    draw_round(
        rule.batch,
        rule.replacement,
        rule.keys,
        starts,
        steps,
        clock[0],
        clock[1],
        0,
        replica,
        words,
        orders,
        epochs,
        drawn,
    )
    _load(rule.heavy, starts, padded, margins, z, zv, c, cv, local_weights)
    step_on_margins(
        samples.blocks,
        samples.targets,
        starts,
        padded,
        samples.shares,
        rule,
        steps,
        rates,
        0,
        drawn,
        z,
        zv,
        c,
        cv,
        g,
        local_weights,
    )
    write_models(rule.heavy, samples.scaled, starts, c, cv, local_weights, bases, models, velocities)


@fast
def write_models(heavy, scaled, starts, c, cv, local_weights, bases, models, velocities):
    """Write every worker's model and velocity, from its weights of (w, v) and its coefficients of rows."""
    dim = bases.shape[1]
    for m in range(len(models)):
        first, size = starts[m], starts[m + 1] - starts[m]
        ww, wv, vw, vv = local_weights[m]
        for k in range(dim):
            models[m, k] = ww * bases[0, k] + wv * bases[1, k]
            velocities[m, k] = vw * bases[0, k] + vv * bases[1, k]
        add_rows(scaled, first, size, c, m, dim, models, m)
        if heavy:
            add_rows(scaled, first, size, cv, m, dim, velocities, m)


@fast
def margin_room(blocks, workers, batch):
    """Return room for every worker's margins, coefficients and step, and its weights of (w, v)."""
    shape = (workers, max(blocks.shape[1], batch))
    z, zv, c, cv, g = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    return z, zv, c, cv, g, np.zeros((workers, 4))


@fast
def _start(rows, rule, weights, coefficients, bases, base_margins):
    """Let the state be the bases: unit weights, no coefficients, and the bases' own margins."""
    for k in range(3):
        for i in range(BASES):
            weights[k, i] = 1.0 if i == k else 0.0
        for i in range(coefficients.shape[1]):
            coefficients[k, i] = 0.0
    active = (True, rule.heavy, rule.stored, rule.anchored)
    for k in range(BASES):
        if active[k]:
            for i in range(rows.shape[0]):
                base_margins[k, i] = dot(rows, i, bases, k, bases.shape[1])


@fast
def _fold(scaled, rule, weights, coefficients, bases):
    """Replace the bases by the vectors that weights and coefficients stand for."""
    active, dim = (True, rule.heavy, rule.stored), bases.shape[1]
    folded = np.zeros((3, dim))
    for k in range(3):
        if active[k]:
            add_rows(bases, 0, BASES, weights, k, dim, folded, k)
            add_rows(scaled, 0, scaled.shape[0], coefficients, k, dim, folded, k)
    for k in range(3):
        if active[k]:
            for i in range(dim):
                bases[k, i] = folded[k, i]


@inlined
def _margins(gram, heavy, weights, coefficients, base_margins, margins):
    """Recompute the margins of w, and those of the velocity where it is on."""
    n, width = gram.shape
    for k in range(2 if heavy else 1):
        for i in range(width):
            margins[k, i] = 0.0
        add_rows(base_margins, 0, BASES, weights, k, width, margins, k)
        add_rows(gram, 0, n, coefficients, k, width, margins, k)


@inlined
def _load(heavy, starts, padded, margins, z, zv, c, cv, local_weights):
    """Hand every worker the margins of its samples; it starts from w and v themselves."""
    for m in range(len(padded)):
        first, size = starts[m], starts[m + 1] - starts[m]
        # Beyond the samples z stays 0: its slopes have no share in anything.
        for i in range(size):
            z[m, i] = margins[0, first + i]
        for i in range(padded[m]):
            c[m, i] = 0.0
        if heavy:
            for i in range(size):
                zv[m, i] = margins[1, first + i]
            for i in range(padded[m]):
                cv[m, i] = 0.0
        local_weights[m, 0], local_weights[m, 1] = 1.0, 0.0
        local_weights[m, 2], local_weights[m, 3] = 0.0, 1.0


@inlined
def _aggregate(rule, workers, starts, round_, c, cv, local_weights, weights, coefficients):
    """Replace weights and coefficients of w and of the two velocities by those after the round."""
    ww, wv, vw, vv = _mean_weights(local_weights)
    share = 1.0 / workers
    if not (rule.heavy or rule.anchored or rule.moved):
        # Of every record run: without the switches of what follows.
        for i in range(BASES):
            weights[0, i] *= ww
        for m in range(len(local_weights)):
            for j in range(starts[m + 1] - starts[m]):
                coefficients[0, starts[m] + j] = ww * coefficients[0, starts[m] + j] + share * c[m, j]
        return
    anchor = 1.0 / (round_ + 2.0) if rule.anchored else 0.0
    for i in range(BASES):
        average, velocity = _carried(rule.heavy, ww, wv, vw, vv, weights[0, i], weights[1, i])
        average = (1.0 - anchor) * average + (anchor if i == BASES - 1 else 0.0)
        _serve(rule, average, velocity, weights, i)
    for m in range(len(local_weights)):
        for j in range(starts[m + 1] - starts[m]):
            i = starts[m] + j
            average, velocity = _carried(rule.heavy, ww, wv, vw, vv, coefficients[0, i], coefficients[1, i])
            average, velocity = average + share * c[m, j], velocity + share * cv[m, j]
            _serve(rule, (1.0 - anchor) * average, velocity, coefficients, i)


@inlined
def _mean_weights(local_weights):
    """Return the means over blocks; one division each, so that the mean of ones is one."""
    blocks = len(local_weights)
    ww, wv, vw, vv = 0.0, 0.0, 0.0, 0.0
    for m in range(blocks):
        ww, wv = ww + local_weights[m, 0], wv + local_weights[m, 1]
        vw, vv = vw + local_weights[m, 2], vv + local_weights[m, 3]
    return ww / blocks, wv / blocks, vw / blocks, vv / blocks


@inlined
def _carried(heavy, ww, wv, vw, vv, w, v):
    """Return what the averages of models and velocities keep of (w, v)."""
    return (ww * w + wv * v, vw * w + vv * v) if heavy else (ww * w, 0.0)


@inlined
def _serve(rule, average, velocity, combination, i):
    """Let the server turn the average into the next w."""
    combination[1, i] = velocity
    if not rule.moved:
        combination[0, i] = average
        return
    move = average - combination[0, i]
    if rule.stored:
        move += rule.momentum * combination[2, i]
        combination[2, i] = move
    combination[0, i] += rule.rate * move
