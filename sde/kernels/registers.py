"""More of what a register of sixteen replicas can do: roots, comparisons, words of random bits.

``implicitbias.engine.kernels.lanes`` has the register itself and its arithmetic. An operation is the same in each
lane, so that what a replica computes depends neither on its place in the register nor on its neighbours.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.cgutils import get_or_insert_function
from numba.extending import models, register_model

from implicitbias.engine.kernels.lanes import LANES_TYPE, written
from implicitbias.engine.kernels.packing import RUNS


_DOUBLE, _WORD = ir.DoubleType(), ir.IntType(64)
_DOUBLES, _WORDS, _BITS = (ir.VectorType(kind, RUNS) for kind in (_DOUBLE, _WORD, ir.IntType(1)))
_ALL = ir.IntType(RUNS)
# An array of doubles is aligned to one of them, not to a whole register.
_ALIGNMENT = 8
_SIGN, _ONE = 1 << 63, 0x3FF << 52
_SIGNIFICAND_BITS, _SIGNIFICAND = 52, 2**52 - 1
_ROOT_OF_HALF = 0x3FE6A09E667F3BCD
# The bits of 2^52, whose last ones count.
_COUNTER = 0x433 << 52
# Those of 2^84, whose last ones count 2^32.
_COUNTER_OF_HIGH = 0x453 << 52
# Sample words carry 53 bits, the significand of a double.
_DROPPED = 11
_UNIT = 2.0**-53


class WordsType(types.Type):
    """The type of a register of 64-bit words."""

    def __init__(self):
        super().__init__(name=f"Words({RUNS})")


class MaskType(types.Type):
    """The type of a register of truth values."""

    def __init__(self):
        super().__init__(name=f"Mask({RUNS})")


WORDS_TYPE, MASK_TYPE = WordsType(), MaskType()


@register_model(WordsType)
class _WordsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any):
        super().__init__(manager, kind, _WORDS)


@register_model(MaskType)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any):
        super().__init__(manager, kind, _BITS)


def _of_one(result: types.Type, kind: types.Type, emit: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    @written
    def operation(typingctx, a):
        del typingctx, a

        def generate(context, builder, signature, arguments):
            del context, signature
            return emit(builder, *arguments)

        return result(kind), generate

    return operation


def _of_two(
    result: types.Type, kinds: tuple[types.Type, types.Type], emit: Callable[[Any, Any, Any], Any]
) -> Callable[..., Any]:
    @written
    def operation(typingctx, a, b):
        del typingctx, a, b

        def generate(context, builder, signature, arguments):
            del context, signature
            return emit(builder, *arguments)

        return result(*kinds), generate

    return operation


def _constant(kind: Any, value: float) -> Any:
    return ir.Constant(kind, [value] * RUNS)


def _library(name: str) -> Callable[[Any, Any], Any]:
    """Return the emission of one of LLVM's own functions of a register."""

    def emit(builder, a):
        kind = ir.FunctionType(_DOUBLES, [_DOUBLES])
        return builder.call(get_or_insert_function(builder.module, kind, f"llvm.{name}.v{RUNS}f64"), [a])

    return emit


_PAIR = (LANES_TYPE, LANES_TYPE)

root = _of_one(LANES_TYPE, LANES_TYPE, _library("sqrt"))
absolute = _of_one(LANES_TYPE, LANES_TYPE, _library("fabs"))
negative = _of_one(LANES_TYPE, LANES_TYPE, lambda builder, a: builder.fneg(a))

# A comparison with nan is false; only ``differs`` is true of it.
less = _of_two(MASK_TYPE, _PAIR, lambda builder, a, b: builder.fcmp_ordered("<", a, b))
at_most = _of_two(MASK_TYPE, _PAIR, lambda builder, a, b: builder.fcmp_ordered("<=", a, b))
equal = _of_two(MASK_TYPE, _PAIR, lambda builder, a, b: builder.fcmp_ordered("==", a, b))
differs = _of_two(MASK_TYPE, _PAIR, lambda builder, a, b: builder.fcmp_unordered("!=", a, b))
both = _of_two(MASK_TYPE, (MASK_TYPE, MASK_TYPE), lambda builder, a, b: builder.and_(a, b))
either = _of_two(MASK_TYPE, (MASK_TYPE, MASK_TYPE), lambda builder, a, b: builder.or_(a, b))
opposite = _of_one(MASK_TYPE, MASK_TYPE, lambda builder, a: builder.not_(a))


def _emit_everywhere(builder: Any, mask: Any) -> Any:
    return builder.icmp_unsigned("==", builder.bitcast(mask, _ALL), ir.Constant(_ALL, 2**RUNS - 1))


everywhere = _of_one(types.boolean, MASK_TYPE, _emit_everywhere)


@written
def choose(typingctx, mask, a, b):
    """Return a where the mask is true, b elsewhere."""
    del typingctx, mask, a, b

    def generate(context, builder, signature, arguments):
        del context, signature
        return builder.select(*arguments)

    return LANES_TYPE(MASK_TYPE, LANES_TYPE, LANES_TYPE), generate


@written
def load_words(typingctx, rows, row):
    """Return row ``row`` of words."""
    del typingctx, row

    def generate(context, builder, signature, arguments):
        del context, signature
        start = builder.gep(arguments[0], [builder.mul(arguments[1], ir.Constant(_WORD, RUNS))])
        return builder.load(builder.bitcast(start, _WORDS.as_pointer()), align=_ALIGNMENT)

    return WORDS_TYPE(rows, types.int64), generate


@written
def write_word(typingctx, words, index, value):
    """Write one word."""
    del typingctx, index, value

    def generate(context, builder, signature, arguments):
        del signature
        start = builder.bitcast(arguments[0], _WORD.as_pointer())
        builder.store(arguments[2], builder.gep(start, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(words, types.int64, types.uint64), generate


def _emit_uniform(builder: Any, words: Any) -> Any:
    # The two halves stand in the low bits of 2^84 and of 2^52: few processors convert long words themselves.
    high = builder.or_(
        builder.lshr(words, _constant(_WORDS, _DROPPED + 32)), _constant(_WORDS, _COUNTER_OF_HIGH)
    )
    low = builder.and_(builder.lshr(words, _constant(_WORDS, _DROPPED)), _constant(_WORDS, 2**32 - 1))
    low = builder.or_(low, _constant(_WORDS, _COUNTER))
    high, low = builder.bitcast(high, _DOUBLES), builder.bitcast(low, _DOUBLES)
    whole = builder.fadd(builder.fsub(high, _constant(_DOUBLES, 2.0**84 + 2.0**52)), low)
    # The sum rounds as in ``Address.uniform``.
    return builder.fmul(builder.fadd(whole, _constant(_DOUBLES, 0.5)), _constant(_DOUBLES, _UNIT))


def _emit_shifted(builder: Any, words: Any, count: Any) -> Any:
    undefined = ir.Constant(_WORDS, ir.Undefined)
    first = builder.insert_element(undefined, count, ir.Constant(ir.IntType(32), 0))
    counts = builder.shuffle_vector(
        first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), RUNS), [0] * RUNS)
    )
    return builder.lshr(words, counts)


def _emit_signs(builder: Any, words: Any) -> Any:
    sign = builder.shl(words, _constant(_WORDS, 63))
    return builder.bitcast(builder.or_(sign, _constant(_WORDS, _ONE)), _DOUBLES)


def _emit_signed_by_second_bit(builder: Any, value: Any, counted: Any) -> Any:
    last = builder.shl(builder.bitcast(counted, _WORDS), _constant(_WORDS, 62))
    sign = builder.and_(last, _constant(_WORDS, _SIGN))
    return builder.bitcast(builder.xor(builder.bitcast(value, _WORDS), sign), _DOUBLES)


def _from_root_of_half(builder: Any, x: Any) -> Any:
    """Return bits whose exponent field counts from √½ instead of 1."""
    return builder.add(builder.bitcast(x, _WORDS), _constant(_WORDS, _ONE - _ROOT_OF_HALF))


def _emit_exponent(builder: Any, x: Any) -> Any:
    field = builder.lshr(_from_root_of_half(builder, x), _constant(_WORDS, _SIGNIFICAND_BITS))
    counted = builder.bitcast(builder.or_(field, _constant(_WORDS, _COUNTER)), _DOUBLES)
    return builder.fsub(counted, _constant(_DOUBLES, 2.0**52 + 1023.0))


def _emit_significand(builder: Any, x: Any) -> Any:
    kept = builder.and_(_from_root_of_half(builder, x), _constant(_WORDS, _SIGNIFICAND))
    return builder.bitcast(builder.add(kept, _constant(_WORDS, _ROOT_OF_HALF)), _DOUBLES)


def _emit_odd(builder: Any, counted: Any) -> Any:
    return builder.trunc(builder.bitcast(counted, _WORDS), _BITS)


# (⌊word/2¹¹⌋ + ½)·2⁻⁵³.
uniform = _of_one(LANES_TYPE, WORDS_TYPE, _emit_uniform)
# Words without their last ``count`` bits.
shifted = _of_two(WORDS_TYPE, (WORDS_TYPE, types.int64), _emit_shifted)
# +1 where the last bit is 0, −1 where it is 1.
signs = _of_one(LANES_TYPE, WORDS_TYPE, _emit_signs)
# x = 2^exponent·significand, √½ ≤ significand < √2, of positive normal numbers.
exponent_of = _of_one(LANES_TYPE, LANES_TYPE, _emit_exponent)
significand_of = _of_one(LANES_TYPE, LANES_TYPE, _emit_significand)
# Of an integer q in the low bits of a number: whether it is odd; a value with the sign of (−1)^⌊q/2⌋.
odd = _of_one(MASK_TYPE, LANES_TYPE, _emit_odd)
signed_by_second_bit = _of_two(LANES_TYPE, _PAIR, _emit_signed_by_second_bit)
