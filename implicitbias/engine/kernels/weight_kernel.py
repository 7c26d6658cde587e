"""Rounds on the weights themselves: a local step of worker m costs 2·n_m·d, cheaper than n_m² where d is small.

X_mᵀ lies in memory with samples along the registers, so that slopes and both products are wide even at d = 2.
Quadratics run here too, with the Hessian in the place of X_mᵀ.
"""

import numpy as np

from implicitbias.engine.kernels.compiled import entry, fast, inlined
from implicitbias.engine.kernels.draw_kernel import draw_room, draw_round
from implicitbias.engine.kernels.exponential_kernel import slope, slopes
from implicitbias.engine.kernels.matrix_kernel import add_row, add_rows, dot, safe


@entry
def advance_weights(samples, rule, steps, rates, clock, replicas, bases, rounds, _fold):
    """Move every replica's bases by ``rounds`` rounds; stop before a round that leaves the safe range.

    Returns
    -------
    The smallest number of rounds done; the bases hold the last states only if it is ``rounds``.
    """
    least = rounds
    for k in range(len(replicas)):
        done = _advance(samples, rule, steps, rates, clock, replicas[k], bases[k], least)
        least = min(least, done)
    return least


@entry
def work_weights(samples, rule, steps, rates, clock, replicas, bases, models, velocities):
    """Write every replica's ``models`` and ``velocities`` at the end of one round that starts at its bases."""
    for k in range(len(replicas)):
        _work(samples, rule, steps, rates, clock, replicas[k], bases[k], models[k], velocities[k])


@fast
def _advance(samples, rule, steps, rates, clock, replica, bases, rounds):
    """Move one replica; return the number of rounds done."""
    first_round, first_steps = clock
    models = np.zeros((len(steps), bases.shape[1]))
    velocities = np.zeros((len(steps), bases.shape[1]))
    z, g, step = local_room(samples.columns, len(steps), bases.shape[1])
    words, orders, epochs, drawn = draw_room(samples.starts, steps, rule.batch)
    for r in range(rounds):
        draw_round(
            rule.batch,
            rule.replacement,
            rule.keys,
            samples.starts,
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
        _local_round(samples, rule, steps, rates, r, drawn, bases, models, velocities, z, g, step)
        aggregate(rule, first_round + r, models, velocities, bases)
        if not safe(bases, 0, samples.limit):
            return r
    return rounds


@fast
def _work(samples, rule, steps, rates, clock, replica, bases, models, velocities):
    """Write one replica's local models and velocities."""
    z, g, step = local_room(samples.columns, len(steps), bases.shape[1])
    words, orders, epochs, drawn = draw_room(samples.starts, steps, rule.batch)
    draw_round(
        rule.batch,
        rule.replacement,
        rule.keys,
        samples.starts,
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
    _local_round(samples, rule, steps, rates, 0, drawn, bases, models, velocities, z, g, step)


@fast
def local_room(columns, workers, dim):
    """Return room for every worker's margins, slopes and step."""
    shape = (workers, columns.shape[1])
    return np.zeros(shape), np.zeros(shape), np.zeros((workers, dim))


@fast
def _local_round(samples, rule, steps, rates, r, drawn, bases, models, velocities, z, g, step):
    """Take every worker's local steps from the bases."""
    starts, padded, rows, columns = samples.starts, samples.padded, samples.rows, samples.columns
    targets, inverse, shares, dim = samples.targets, samples.inverse, samples.shares, bases.shape[1]
    shared, row = rates.shape[0] == 1, (r if rates.shape[1] > 1 else 0)
    for m in range(len(steps)):
        first, lane = starts[m], 0 if shared else m
        for k in range(dim):
            models[m, k], velocities[m, k] = bases[0, k], bases[1, k]
        for h in range(steps[m]):
            lr = rates[lane, row, h]
            pull(rows, columns, targets, shares, rule, m, first, padded[m], lr, drawn, h, models, z, g, step)
            _move(rule, m, lr * rule.l2, inverse, models, velocities, step)


@inlined
def pull(rows, columns, targets, shares, rule, m, first, width, lr, drawn, h, models, z, g, step):
    """Write −η times the gradient at models[m], without its ridge, to step[m]."""
    if targets.size == 0:
        _quadratic(rows, columns, m, lr, models, z, step)
    elif rule.batch == 0:
        _full(columns, targets, rule, m, first, width, lr, shares, models, z, g, step)
    else:
        _drawn(rows, targets, rule, m, first, lr, drawn, h, models, step)


@inlined
def _quadratic(centres, hessians, m, lr, models, z, step):
    """Write −η A_m(w − c_m) to step[m]."""
    dim = step.shape[1]
    for k in range(dim):
        z[m, k] = lr * (centres[m, k] - models[m, k])
    for k in range(dim):
        step[m, k] = dot(hessians, m * dim + k, z, m, dim)


@inlined
def _full(columns, targets, rule, m, first, width, lr, shares, models, z, g, step):
    """Write (η/n_m) Σ_i −ℓ′(z_i) x_i to step[m]."""
    dim = step.shape[1]
    for i in range(width):
        z[m, i] = 0.0
    add_rows(columns, m * dim, dim, models, m, width, z, m)
    slopes(z, m, targets, first, width, lr, shares, rule.loss, rule.power, g)
    for k in range(dim):
        step[m, k] = dot(columns, m * dim + k, g, m, width)


@inlined
def _drawn(rows, targets, rule, m, first, lr, drawn, h, models, step):
    """Write (η/B) Σ_b −ℓ′(z_b) x_b over the step's draws to step[m]."""
    dim = step.shape[1]
    for k in range(dim):
        step[m, k] = 0.0
    for b in range(rule.batch):
        i = first + drawn[m, h * rule.batch + b]
        margin = dot(rows, i, models, m, dim)
        weight = lr / rule.batch * slope(margin, targets[i], rule.loss, rule.power)
        add_row(rows, i, weight, dim, step, m)


@inlined
def _move(rule, m, decay, inverse, models, velocities, step):
    """Add ridge, scaling and momentum to the step, and take it."""
    for k in range(step.shape[1]):
        move = (step[m, k] - decay * models[m, k]) * inverse[k]
        if rule.heavy:
            move += rule.beta * velocities[m, k]
            velocities[m, k] = move
        models[m, k] += move


@fast
def aggregate(rule, round_, models, velocities, bases):
    """Replace w and the two velocities by those after the round."""
    workers = models.shape[0]
    anchor = 1.0 / (round_ + 2.0)
    for k in range(bases.shape[1]):
        average, velocity = 0.0, 0.0
        for m in range(workers):
            average += models[m, k]
            velocity += velocities[m, k]
        average, bases[1, k] = average / workers, velocity / workers
        if rule.anchored:
            average = anchor * bases[3, k] + (1.0 - anchor) * average
        if not rule.moved:
            bases[0, k] = average
            continue
        move = average - bases[0, k]
        if rule.stored:
            move += rule.momentum * bases[2, k]
            bases[2, k] = move
        bases[0, k] += rule.rate * move
