"""Rounds on the weights with an adaptive scaling: D̂ is refreshed between rounds, or before each local step."""

from implicitbias.engine.kernels.compiled import entry, fast, inlined
from implicitbias.engine.kernels.draw_kernel import draw_room
from implicitbias.engine.kernels.matrix_kernel import safe
from implicitbias.engine.kernels.refresh_kernel import (
    draw_all,
    open_signs,
    refresh,
    refresh_own,
    refresh_room,
)
from implicitbias.engine.kernels.weight_kernel import aggregate, local_room, pull


@entry
def advance_scaled_weights(
    samples, rule, scale, steps, rates, clock, counts, replicas, bases, memory, rounds, models, velocities
):
    """Move every replica's bases and memory by ``rounds`` rounds; stop before one that leaves the safe range.

    ``models`` and ``velocities`` become those at the end of the last round, before aggregation.

    Returns
    -------
    The smallest number of rounds done; the arrays hold the last states only if it is ``rounds``.
    """
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
    z, g, step = local_room(samples.columns, len(steps), bases.shape[1])
    words, orders, epochs, drawn = draw_room(samples.starts, steps, rule.batch)
    room = refresh_room(samples, rule, scale, steps, counts, memory)
    for r in range(rounds):
        round_ = clock[0] + r
        draw_all(samples, rule, scale, steps, clock, r, replica, words, orders, epochs, drawn, room)
        refresh(samples, rule, scale, round_, replica, drawn, bases, models, memory, room)
        for m in range(len(steps)):
            if scale.every == 0:
                open_signs(scale, replica, m, round_, room)
            _local_steps(
                samples,
                rule,
                scale,
                steps,
                rates,
                r,
                m,
                drawn,
                bases,
                models,
                velocities,
                memory,
                z,
                g,
                step,
                room,
            )
        aggregate(rule, round_, models, velocities, bases)
        if not safe(bases, 0, samples.limit):
            return r
        for m in range(len(memory)):
            if not safe(memory, m, samples.limit):
                return r
    return rounds


@fast
def _local_steps(
    samples, rule, scale, steps, rates, r, m, drawn, bases, models, velocities, memory, z, g, step, room
):
    """Take one worker's local steps from the bases."""
    starts, padded, rows, columns = samples.starts, samples.padded, samples.rows, samples.columns
    targets, shares, diagonal = samples.targets, samples.shares, room.diagonal
    lane, row = (0 if rates.shape[0] == 1 else m), (r if rates.shape[1] > 1 else 0)
    own = m if len(memory) > 1 else 0
    for k in range(bases.shape[1]):
        models[m, k], velocities[m, k] = bases[0, k], bases[1, k]
    for h in range(steps[m]):
        lr = rates[lane, row, h]
        if scale.every == 0:
            refresh_own(samples, rule, scale, m, h, drawn, models, memory, room)
        pull(rows, columns, targets, shares, rule, m, starts[m], padded[m], lr, drawn, h, models, z, g, step)
        _move(rule, m, lr * rule.l2, diagonal, own, models, velocities, step)


@inlined
def _move(rule, m, decay, diagonal, own, models, velocities, step):
    """Add ridge, scaling and momentum to the step, and take it; 0/0 is 0."""
    for k in range(step.shape[1]):
        move = step[m, k] - decay * models[m, k]
        move = move / diagonal[own, k] if move != 0.0 else 0.0
        if rule.heavy:
            move += rule.beta * velocities[m, k]
            velocities[m, k] = move
        models[m, k] += move
