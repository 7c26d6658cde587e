"""Refreshes of D at the model of a round, for all workers, and the room that they need."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt64

from implicitbias.engine.kernels.compiled import fast
from implicitbias.engine.kernels.draw_kernel import draw_room, draw_round
from implicitbias.engine.kernels.memory_kernel import clip, pool, remember
from implicitbias.engine.kernels.sample_kernel import draw_signs, WORD, write_sample, write_signs


class Room(NamedTuple):
    """Room of one replica: draws of its curvature samples, the samples h, D̂, and counts of refreshes.

    ``taken`` are the samples that each worker takes in a round, ``life`` its steps before the round.
    """

    taken: Int[np.ndarray, " worker"]
    life: Int[np.ndarray, " worker"]
    counts: Int[np.ndarray, " scope"]
    words: UInt64[np.ndarray, " word"]
    orders: Int[np.ndarray, " sample"]
    epochs: Int[np.ndarray, " worker"]
    drawn: Int[np.ndarray, "worker draw"]
    sign_words: UInt64[np.ndarray, " word"]
    signs: Float[np.ndarray, "worker dim"]
    z: Float[np.ndarray, "worker local"]
    g: Float[np.ndarray, "worker local"]
    h: Float[np.ndarray, "worker dim"]
    pooled: Float[np.ndarray, "one dim"]
    diagonal: Float[np.ndarray, "scope dim"]


@fast
def refresh_room(samples, rule, scale, steps, counts, memory):
    """Return the room, with D̂ of the memory at hand."""
    workers, dim, width = len(steps), memory.shape[1], samples.columns.shape[1]
    taken, most = np.ones(workers, np.int64), 1
    for m in range(workers):
        if scale.every == 0:
            taken[m] = steps[m]
        most = max(most, taken[m])
    words, orders, epochs, drawn = draw_room(samples.starts, taken, rule.batch)
    sign_words = np.zeros(most * ((dim + WORD - 1) // WORD), np.uint64)
    signs, h = np.zeros((workers, dim)), np.zeros((workers, dim))
    z, g = np.zeros((workers, width)), np.zeros((workers, width))
    diagonal = np.zeros(memory.shape)
    for m in range(len(memory)):
        clip(scale, memory, m, diagonal)
    return Room(
        taken,
        np.zeros(workers, np.int64),
        counts.copy(),
        words,
        orders,
        epochs,
        drawn,
        sign_words,
        signs,
        z,
        g,
        h,
        np.zeros((1, dim)),
        diagonal,
    )


@fast
def draw_all(samples, rule, scale, steps, clock, r, replica, words, orders, epochs, drawn, room):
    """Draw the mini-batches of a round's steps, and those of its curvature samples where they are others."""
    first_round, first_steps = clock
    for m in range(len(steps)):
        room.life[m] = first_steps[m] + r * steps[m]
    round_, starts, life = first_round + r, samples.starts, room.life
    of_steps = words, orders, epochs, drawn
    draw_round(rule.batch, rule.replacement, rule.keys, starts, steps, round_, life, 0, replica, *of_steps)
    if not scale.same and (scale.every == 0 or due(scale, room.counts[0], round_)):
        of_samples = room.words, room.orders, room.epochs, room.drawn
        draw_round(
            rule.batch,
            rule.replacement,
            scale.keys,
            starts,
            room.taken,
            round_,
            life,
            0,
            replica,
            *of_samples,
        )


@fast
def due(scale, refreshes, round_):
    """Return whether D is refreshed at the start of a round."""
    return scale.every > 0 and (refreshes <= scale.warmup or round_ % scale.every == 0)


@fast
def refresh(samples, rule, scale, round_, replica, drawn, bases, models, memory, room):
    """Refresh D and D̂ at the model w, if that is due; return whether it was."""
    if not due(scale, room.counts[0], round_):
        return False
    for m in range(len(models)):
        for k in range(bases.shape[1]):
            models[m, k] = bases[0, k]
        open_signs(scale, replica, m, round_, room)
        take_sample(samples, rule, scale, m, 0, drawn, models, room)
    if len(memory) == 1:
        pool(scale, room.h, room.pooled)
        remember(scale, room.counts[0], room.pooled, 0, memory, 0, room.diagonal)
    else:
        for m in range(len(memory)):
            remember(scale, room.counts[0], room.h, m, memory, m, room.diagonal)
    for m in range(len(memory)):
        room.counts[m] += 1
    return True


@fast
def open_signs(scale, replica, m, round_, room):
    """Draw the signs of all of a worker's samples of the round."""
    if scale.hessian:
        count = room.taken[m] * ((room.signs.shape[1] + WORD - 1) // WORD)
        draw_signs(scale, replica, m, round_, count, room.sign_words)


@fast
def take_sample(samples, rule, scale, m, step, drawn, models, room):
    """Write worker m's sample of a step, at its model, to room.h."""
    if scale.hessian:
        write_signs(room.sign_words, step, m, room.signs)
    batches = drawn if scale.same else room.drawn
    write_sample(samples, rule, scale, m, batches, step, models, room.z, room.g, room.signs, room.h)


@fast
def refresh_own(samples, rule, scale, m, step, drawn, models, memory, room):
    """Refresh a worker's own D and D̂ before a local step, at its model."""
    take_sample(samples, rule, scale, m, step, drawn, models, room)
    remember(scale, room.counts[m], room.h, m, memory, m, room.diagonal)
    room.counts[m] += 1
