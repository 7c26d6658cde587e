"""Rounds on the weights themselves: a local step of worker m costs 2·n_m·d, cheaper than n_m² where d is small.

X_mᵀ lies in memory with samples along the registers, so that slopes and both products are wide even at d = 2.
Quadratics run here too, with the Hessian in the place of X_mᵀ.
"""

import numpy as np
from numba import njit

from implicitbias.engine.kernels.draw_kernel import draw_round
from implicitbias.engine.kernels.exponential_kernel import slope, slopes
from implicitbias.engine.kernels.matrix_kernel import add_rows, dot, FAST, safe
from implicitbias.engine.kernels.scratch_kernel import draw_scratch, rates_of


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def advance_weights(samples, rule, steps, rates, clock, replica, bases, rounds, _fold):
    """Move one replica's ``bases`` by ``rounds`` rounds; stop before the first round that leaves the safe range.

    Returns
    -------
    The number of rounds done; the bases hold the last state only if it is ``rounds``.
    """
    dim = bases.shape[1]
    first_round, first_steps = clock
    vectors, draws_scratch = _vectors(samples, rule, dim), draw_scratch(samples.starts, steps, rule.batch)
    w, v = np.zeros(dim), np.zeros(dim)
    mean, mean_velocity = np.zeros(dim), np.zeros(dim)
    for r in range(rounds):
        for k in range(dim):
            mean[k], mean_velocity[k] = 0.0, 0.0
        for m in range(len(steps)):
            for k in range(dim):
                w[k], v[k] = bases[0, k], bases[1, k]
            step = first_steps[m] + r * steps[m]
            draws = draw_round(rule, samples.starts, m, steps, first_round + r, step, replica, draws_scratch)
            _local_steps(samples, rule, m, steps[m], rates_of(rates, m, r), draws, w, v, vectors)
            for k in range(dim):
                mean[k] += w[k]
                mean_velocity[k] += v[k]
        _aggregate(rule, len(steps), first_round + r, mean, mean_velocity, bases)
        if not safe(bases[0], samples.limit):
            return r
    return rounds


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def work_weights(samples, rule, steps, rates, clock, replica, bases, models, velocities):
    """Write the workers' ``models`` and ``velocities`` at the end of one round that starts at ``bases``."""
    first_round, first_steps = clock
    vectors = _vectors(samples, rule, bases.shape[1])
    draws_scratch = draw_scratch(samples.starts, steps, rule.batch)
    for m in range(len(steps)):
        for k in range(bases.shape[1]):
            models[m, k], velocities[m, k] = bases[0, k], bases[1, k]
        draws = draw_round(
            rule, samples.starts, m, steps, first_round, first_steps[m], replica, draws_scratch
        )
        row = rates_of(rates, m, 0)
        _local_steps(samples, rule, m, steps[m], row, draws, models[m], velocities[m], vectors)


@njit(cache=True)
def _vectors(samples, rule, dim):
    width = max(samples.columns.shape[1], rule.batch)
    return np.zeros(width), np.zeros(width), np.zeros(dim)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _local_steps(samples, rule, m, steps, rates, draws, w, v, vectors):
    """Take worker m's local steps on ``w`` and ``v`` in place."""
    step = vectors[2]
    for h in range(steps):
        lr = rates[h]
        _descent(samples, rule, m, lr, draws, h, w, vectors)
        decay = lr * rule.l2
        for k in range(w.size):
            step[k] = (step[k] - decay * w[k]) * samples.inverse[k]
        if rule.heavy:
            for k in range(w.size):
                v[k] = rule.beta * v[k] + step[k]
                w[k] += v[k]
        else:
            for k in range(w.size):
                w[k] += step[k]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _descent(samples, rule, m, lr, draws, h, w, vectors):
    """Write −η∇ of the worker's mean loss, without ridge and scaling."""
    z, g, step = vectors
    dim, first, width = w.size, samples.starts[m], samples.padded[m]
    if samples.targets.size == 0:
        for k in range(dim):
            z[k] = lr * (samples.rows[m, k] - w[k])
        for k in range(dim):
            step[k] = dot(samples.columns, m * dim + k, z, dim)
    elif rule.batch == 0:
        size = samples.starts[m + 1] - first
        for i in range(width):
            z[i] = 0.0
        add_rows(samples.columns, m * dim, dim, w, width, z)
        slopes(z, samples.targets, first, width, lr / size, rule.loss, rule.power, g)
        for k in range(dim):
            step[k] = dot(samples.columns, m * dim + k, g, width)
    else:
        for b in range(rule.batch):
            i = first + draws[h * rule.batch + b]
            margin = dot(samples.rows, i, w, dim)
            g[b] = lr / rule.batch * slope(margin, samples.targets[i], rule.loss, rule.power)
        for k in range(dim):
            step[k] = 0.0
        for b in range(rule.batch):
            add_rows(samples.rows, first + draws[h * rule.batch + b], 1, g[b:], dim, step)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _aggregate(rule, workers, round_, mean, mean_velocity, bases):
    """Replace w and the two velocities by those after the round; ``mean`` arrives as a sum over workers."""
    anchor = 1.0 / (round_ + 2.0)
    for k in range(mean.size):
        average = mean[k] / workers
        bases[1, k] = mean_velocity[k] / workers
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
