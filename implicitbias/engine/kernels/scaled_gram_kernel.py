"""Rounds on margins with an adaptive scaling: blocks X_m D̂^{−1} X_mᵀ are rebuilt when D̂ is refreshed.

A refresh costs n_m²·d, a local step n_m² as in ``gram_kernel``, and both ends of a round 2·n·d: D changes too
often for one Gram matrix of all samples, so the model itself is carried from round to round.
"""

import numpy as np

from implicitbias.engine.kernels.compiled import entry, fast
from implicitbias.engine.kernels.draw_kernel import draw_room
from implicitbias.engine.kernels.gram_kernel import margin_room, write_models
from implicitbias.engine.kernels.gram_steps_kernel import step_on_margins
from implicitbias.engine.kernels.matrix_kernel import dot, safe
from implicitbias.engine.kernels.packing import QUAD
from implicitbias.engine.kernels.refresh_kernel import draw_all, refresh, refresh_room
from implicitbias.engine.kernels.weight_kernel import aggregate


@entry
def advance_scaled_gram(
    samples, rule, scale, steps, rates, clock, counts, replicas, bases, memory, rounds, models, velocities
):
    """Do what ``advance_scaled_weights`` does where D̂ is frozen during a round and there is no ridge."""
    least = rounds
    for k in range(len(replicas)):
        of_replica = replicas[k], bases[k], memory[k], models[k], velocities[k]
        done = _advance(samples, rule, scale, steps, rates, clock, counts, least, *of_replica)
        least = min(least, done)
    return least


@fast
def _advance(
    samples, rule, scale, steps, rates, clock, counts, rounds, replica, bases, memory, models, velocities
):
    """Move one replica; return the number of rounds done."""
    starts, padded, columns = samples.starts, samples.padded, samples.columns
    targets, shares = samples.targets, samples.shares
    scaled, blocks = np.zeros(samples.rows.shape), np.zeros((len(samples.rows) + QUAD, columns.shape[1]))
    z, zv, c, cv, g, local_weights = margin_room(blocks, len(steps), rule.batch)
    words, orders, epochs, drawn = draw_room(starts, steps, rule.batch)
    room = refresh_room(samples, rule, scale, steps, counts, memory)
    for r in range(rounds):
        round_ = clock[0] + r
        draw_all(samples, rule, scale, steps, clock, r, replica, words, orders, epochs, drawn, room)
        if refresh(samples, rule, scale, round_, replica, drawn, bases, models, memory, room) or r == 0:
            _rebuild(samples, room.diagonal, scaled, blocks)
        _load(rule.heavy, samples.rows, starts, padded, bases, z, zv, c, cv, local_weights)
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
        write_models(rule.heavy, scaled, starts, c, cv, local_weights, bases, models, velocities)
        aggregate(rule, round_, models, velocities, bases)
        if not safe(bases, 0, samples.limit):
            return r
        for m in range(len(memory)):
            if not safe(memory, m, samples.limit):
                return r
    return rounds


@fast
def _rebuild(samples, diagonal, scaled, blocks):
    """Write the rows D̂^{−1}x_i and every worker's block of their products with x_j."""
    starts, rows, dim = samples.starts, samples.rows, diagonal.shape[1]
    for m in range(len(starts) - 1):
        own, first = (m if len(diagonal) > 1 else 0), starts[m]
        for i in range(first, starts[m + 1]):
            for k in range(dim):
                # Without a floor D̂ may be 0: there 0/0 is 0, and all else leaves the safe range.
                scaled[i, k] = rows[i, k] / diagonal[own, k] if rows[i, k] != 0.0 else 0.0
            for j in range(first, i + 1):
                product = dot(rows, j, scaled, i, dim)
                blocks[i, j - first] = product
                blocks[j, i - first] = product


@fast
def _load(heavy, rows, starts, padded, bases, z, zv, c, cv, local_weights):
    """Hand every worker the margins of w and v on its samples; it starts from w and v themselves."""
    dim = bases.shape[1]
    for m in range(len(padded)):
        # Beyond the samples z stays 0: its slopes have no share in anything.
        for i in range(starts[m + 1] - starts[m]):
            z[m, i] = dot(rows, starts[m] + i, bases, 0, dim)
        for i in range(padded[m]):
            c[m, i] = 0.0
        if heavy:
            for i in range(starts[m + 1] - starts[m]):
                zv[m, i] = dot(rows, starts[m] + i, bases, 1, dim)
            for i in range(padded[m]):
                cv[m, i] = 0.0
        local_weights[m, 0], local_weights[m, 1] = 1.0, 0.0
        local_weights[m, 2], local_weights[m, 3] = 0.0, 1.0
