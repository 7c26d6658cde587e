"""Curvature samples h of a worker: its gradient, or Hutchinson's v∘(∇²f_m v), on its samples or on a mini-batch."""

import numpy as np

from implicitbias.engine.kernels.compiled import fast, inlined
from implicitbias.engine.kernels.exponential_kernel import bend, slopes
from implicitbias.engine.kernels.matrix_kernel import add_row, add_rows, dot
from implicitbias.engine.kernels.philox_kernel import write_words
from implicitbias.engine.kernels.weight_kernel import pull


WORD = 64


@fast
def write_sample(samples, rule, scale, m, drawn, step, models, z, g, signs, h):
    """Write the sample h at models[m], on the mini-batch of a step and with the signs at hand, to h[m]."""
    rows, columns, targets, shares = samples.rows, samples.columns, samples.targets, samples.shares
    first, size, width = samples.starts[m], samples.starts[m + 1] - samples.starts[m], samples.padded[m]
    dim = h.shape[1]
    # Columns fill registers where samples are many, rows where coordinates are.
    by_rows = targets.size > 0 and rule.batch == 0 and size < dim
    if by_rows:
        _weigh(rows, targets, shares, rule, scale.hessian, m, first, size, width, models, z, g, signs)
        for k in range(dim):
            h[m, k] = 0.0
        add_rows(rows, first, size, g, m, dim, h, m)
    elif scale.hessian:
        _bent(rows, columns, targets, shares, rule, m, first, width, drawn, step, models, z, g, signs, h)
    else:
        pull(rows, columns, targets, shares, rule, m, first, width, 1.0, drawn, step, models, z, g, h)
    for k in range(dim):
        if scale.hessian:
            value = signs[m, k] * (h[m, k] + rule.l2 * signs[m, k])
        else:
            value = rule.l2 * models[m, k] - h[m, k]
        # A nan passes both comparisons.
        value = scale.ceiling if value > scale.ceiling else value
        h[m, k] = -scale.ceiling if value < -scale.ceiling else value


@inlined
def _weigh(rows, targets, shares, rule, hessian, m, first, size, width, models, z, g, signs):
    """Write the weights of all rows x_i in −∇f_m, or in ∇²f_m v, to g[m]."""
    dim = models.shape[1]
    for i in range(size):
        z[m, i] = dot(rows, first + i, models, m, dim)
    if not hessian:
        slopes(z, m, targets, first, width, 1.0, shares, rule.loss, rule.power, g)
        return
    for i in range(size):
        g[m, i] = dot(rows, first + i, signs, m, dim)
    for i in range(size):
        g[m, i] *= shares[m, i] * bend(z[m, i], rule.loss, rule.power)


@inlined
def _bent(rows, columns, targets, shares, rule, m, first, width, drawn, step, models, z, g, signs, h):
    """Write ∇²f_m v, without its ridge, to h[m]."""
    dim = h.shape[1]
    if targets.size == 0:
        for k in range(dim):
            h[m, k] = dot(columns, m * dim + k, signs, m, dim)
    elif rule.batch == 0:
        for i in range(width):
            z[m, i], g[m, i] = 0.0, 0.0
        add_rows(columns, m * dim, dim, models, m, width, z, m)
        add_rows(columns, m * dim, dim, signs, m, width, g, m)
        for i in range(width):
            g[m, i] *= shares[m, i] * bend(z[m, i], rule.loss, rule.power)
        for k in range(dim):
            h[m, k] = dot(columns, m * dim + k, g, m, width)
    else:
        for k in range(dim):
            h[m, k] = 0.0
        for b in range(rule.batch):
            i = first + drawn[m, step * rule.batch + b]
            weight = bend(dot(rows, i, models, m, dim), rule.loss, rule.power) / rule.batch
            add_row(rows, i, weight * dot(rows, i, signs, m, dim), dim, h, m)


@fast
def draw_signs(scale, replica, m, round_, count, words):
    """Write the words of the signs of ``count`` vectors of the round."""
    write_words(scale.sign_keys[0], scale.sign_keys[1], replica, m, round_, count, words)


@fast
def write_signs(words, j, m, signs):
    """Write vector j to signs[m]: number k is bit k mod 64 of word j⌈d/64⌉ + ⌊k/64⌋, + where it is 0."""
    dim = signs.shape[1]
    width = (dim + WORD - 1) // WORD
    for k in range(dim):
        bit = (words[j * width + k // WORD] >> np.uint64(k % WORD)) & np.uint64(1)
        signs[m, k] = 1.0 - 2.0 * np.float64(bit)
