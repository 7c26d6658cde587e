"""Random words at the addresses of a stream, eight replicas in an instruction or two.

Processors multiply vectors of 32-bit halves only; a product of words is four of these. That is as fast as one
64-bit multiplication after the other where vectors hold four words, and faster where they hold eight.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from implicitbias.engine.kernels.compiled import strict
from implicitbias.engine.kernels.lanes import written
from implicitbias.engine.kernels.packing import RUNS
from implicitbias.stream import PHILOX_MULTIPLIERS, PHILOX_ROUNDS, PHILOX_WEYL


# Two chains of four words keep both multipliers of a processor busy, and sixteen vector registers hold them.
WIDTH = 8
_WORD = ir.IntType(64)
_WORDS = ir.VectorType(_WORD, WIDTH)
# An array of words is aligned to one of them.
_ALIGNMENT = 8
_HALF, _LOW = ir.Constant(_WORDS, [32] * WIDTH), ir.Constant(_WORDS, [2**32 - 1] * WIDTH)


@written
def _write_block(typingctx, key0, key1, block, replicas, worker, segment, out):
    """Write the four words of a block of every address, in rows of a register."""
    del typingctx, key0, key1, block, worker, segment

    def generate(context, builder, signature, arguments):
        del signature
        keys, (block, first, worker, segment), out = arguments[:2], arguments[2:6], arguments[6]
        replicas = builder.load(builder.bitcast(first, _WORDS.as_pointer()), align=_ALIGNMENT)
        counter = [_splat(builder, block), replicas, _splat(builder, worker), _splat(builder, segment)]
        for row, words in enumerate(_encrypted(builder, counter, keys)):
            place = builder.gep(out, [ir.Constant(_WORD, RUNS * row)])
            builder.store(words, builder.bitcast(place, _WORDS.as_pointer()), align=_ALIGNMENT)
        return context.get_dummy_value()

    word = types.uint64
    return types.void(word, word, word, replicas, word, word, out), generate


@written
def moved(typingctx, numbers, count):
    """Return the address ``count`` numbers further on."""
    del typingctx, count

    def generate(context, builder, signature, arguments):
        del context, signature
        return builder.gep(arguments[0], [arguments[1]])

    return numbers(numbers, types.int64), generate


@strict
def write_words(key0, key1, replicas, worker, segment, first, blocks, out):
    """Write words 4·first … 4·(first + blocks) − 1 of sixteen addresses: one row of ``out`` for each of them."""
    for b in range(blocks):
        block = np.uint64(first + b + 1)
        for lane in range(0, RUNS, WIDTH):
            place = moved(out, 4 * b * RUNS + lane)
            of_lanes = moved(replicas, lane)
            _write_block(key0, key1, block, of_lanes, np.uint64(worker), np.uint64(segment), place)


def _encrypted(builder: Any, counter: list[Any], keys: list[Any]) -> list[Any]:
    c0, c1, c2, c3 = counter
    for turn in range(PHILOX_ROUNDS):
        high0, low0 = _product(builder, c0, PHILOX_MULTIPLIERS[0])
        high1, low1 = _product(builder, c2, PHILOX_MULTIPLIERS[1])
        k0, k1 = (_key(builder, key, turn * weyl) for key, weyl in zip(keys, PHILOX_WEYL, strict=True))
        c0, c1 = builder.xor(builder.xor(high1, c1), k0), low1
        c2, c3 = builder.xor(builder.xor(high0, c3), k1), low0
    return [c0, c1, c2, c3]


def _key(builder: Any, key: Any, added: int) -> Any:
    return _splat(builder, builder.add(key, ir.Constant(_WORD, added % 2**64)))


def _product(builder: Any, words: Any, multiplier: int) -> tuple[Any, Any]:
    """Return the high and the low words of the products."""
    low_factor = ir.Constant(_WORDS, [multiplier & 0xFFFFFFFF] * WIDTH)
    high_factor = ir.Constant(_WORDS, [multiplier >> 32] * WIDTH)
    low, high = builder.and_(words, _LOW), builder.lshr(words, _HALF)
    lowest = builder.mul(low, low_factor)
    middle = builder.add(builder.mul(high, low_factor), builder.lshr(lowest, _HALF))
    other = builder.add(builder.mul(low, high_factor), builder.and_(middle, _LOW))
    highest = builder.add(builder.mul(high, high_factor), builder.lshr(middle, _HALF))
    carried = builder.or_(builder.shl(other, _HALF), builder.and_(lowest, _LOW))
    return builder.add(highest, builder.lshr(other, _HALF)), carried


def _splat(builder: Any, word: Any) -> Any:
    undefined = ir.Constant(_WORDS, ir.Undefined)
    first = builder.insert_element(undefined, word, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(
        first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    )
