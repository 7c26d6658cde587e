"""The words of ``implicitbias.stream`` and the mini-batches drawn from them, compiled."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from implicitbias.engine.kernels.compiled import exact, fast
from implicitbias.stream import PHILOX_MULTIPLIERS, PHILOX_ROUNDS, PHILOX_WEYL


_MULTIPLIER_0, _MULTIPLIER_1 = (np.uint64(x) for x in PHILOX_MULTIPLIERS)
_WEYL_0, _WEYL_1 = (np.uint64(x) for x in PHILOX_WEYL)


@intrinsic
def _multiply_high(typingctx, a, b):
    del typingctx, a, b

    def generate(context, builder, signature, arguments):
        del context, signature
        wide = ir.IntType(128)
        left, right = (builder.zext(word, wide) for word in arguments)
        high = builder.lshr(builder.mul(left, right), ir.Constant(wide, 64))
        return builder.trunc(high, ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@exact
def multiply_high(a, b):
    """Return the high word of the 128-bit product of two words."""
    # numba passes the typing context itself.
    return _multiply_high(a, b)  # pyright: ignore[reportCallIssue]


@fast
def write_words(key0, key1, replica, worker, round_, count, out):
    """Write the first ``count`` words of an address: block b of four is the cipher of (b + 1, address)."""
    for block in range((count + 3) // 4):
        c0, c1, c2, c3 = np.uint64(block + 1), np.uint64(replica), np.uint64(worker), np.uint64(round_)
        k0, k1 = key0, key1
        for _ in range(PHILOX_ROUNDS):
            high0, low0 = multiply_high(c0, _MULTIPLIER_0), c0 * _MULTIPLIER_0
            high1, low1 = multiply_high(c2, _MULTIPLIER_1), c2 * _MULTIPLIER_1
            c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
            k0, k1 = k0 + _WEYL_0, k1 + _WEYL_1
        for i, word in enumerate((c0, c1, c2, c3)):
            if 4 * block + i < count:
                out[4 * block + i] = word


@fast
def draw_with_replacement(key0, key1, replica, worker, round_, size, words, count, out):
    """Write ``count`` sample indices ⌊word·n_m/2⁶⁴⌋ of the round to out[worker]."""
    write_words(key0, key1, replica, worker, round_, count, words)
    for i in range(count):
        out[worker, i] = np.int64(multiply_high(words[i], np.uint64(size)))


@fast
def draw_in_order(key0, key1, replica, worker, first, words, epochs, start, size, orders, count, out):
    """Write samples first, first + 1, … of the worker's life to out[worker]: epoch after epoch in random order.

    ``orders[start:]`` and ``epochs[worker]`` keep the order of the epoch at hand from one round to the next.
    """
    i = 0
    while i < count:
        epoch, place = divmod(first + i, size)
        if epochs[worker] != epoch:
            write_words(key0, key1, replica, worker, epoch, size, words)
            ranks = np.argsort(words[:size], kind="mergesort")
            for q in range(size):
                orders[start + q] = ranks[q]
            epochs[worker] = epoch
        for q in range(place, min(size, place + count - i)):
            out[worker, i] = orders[start + q]
            i += 1
