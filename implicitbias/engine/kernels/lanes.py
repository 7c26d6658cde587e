"""A register of runs: sixteen doubles, one for each run, as one value of compiled code.

Loops over runs would be left to the compiler's taste, which reloads constants and keeps sums in memory. Here
every operation is on all of them at once, and rounds by itself: what a run computes depends neither on its place
in the register nor on its neighbours. An operation is two, four or eight instructions, as wide as the processor has
them; their latencies overlap.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.cgutils import get_or_insert_function
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

from implicitbias.engine.kernels.packing import RUNS


_DOUBLE, _WORD = ir.DoubleType(), ir.IntType(64)
_DOUBLES, _WORDS = ir.VectorType(_DOUBLE, RUNS), ir.VectorType(_WORD, RUNS)
_FIRST = ir.Constant(ir.VectorType(ir.IntType(32), RUNS), [0] * RUNS)
# Bits of the significand of a double.
_SIGNIFICAND = ir.Constant(_WORDS, [52] * RUNS)
# An array of doubles is aligned to one of them, not to a whole register.
_ALIGNMENT = 8


def written(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of compiled code whose instructions ``function`` writes."""
    # numba passes the typing context itself; checkers of types cannot know.
    return intrinsic(function)


class LanesType(types.Type):
    """The type of a register."""

    def __init__(self):
        super().__init__(name=f"Lanes({RUNS})")


class PointerType(types.Type):
    """The type of the address of numbers that lie one after the other; ``shared``: one for all lanes."""

    def __init__(self, shared: bool):
        self.shared = shared
        super().__init__(name=f"Pointer({'shared' if shared else 'lanes'})")


LANES_TYPE = LanesType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any):
        super().__init__(manager, kind, _DOUBLES)


@register_model(PointerType)
class _PointerModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any):
        super().__init__(manager, kind, _DOUBLE.as_pointer())


@written
def pointer(typingctx, array, index):
    """Return the address of entry ``index`` of a contiguous array, counted flat; the caller keeps the array alive.

    numba counts references to arrays wherever code branches, which costs more than a register of work.
    """
    del typingctx

    def generate(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.bitcast(builder.gep(data, [arguments[1]]), _DOUBLE.as_pointer())

    return PointerType(array.ndim == 1)(array, types.int64), generate


@written
def load(typingctx, rows, row):
    """Return row ``row``."""
    del typingctx, row

    def generate(context, builder, signature, arguments):
        del context, signature
        return builder.load(_row(builder, *arguments), align=_ALIGNMENT)

    return LANES_TYPE(rows, types.int64), generate


@written
def store(typingctx, rows, row, value):
    """Write a register to row ``row``."""
    del typingctx, row, value

    def generate(context, builder, signature, arguments):
        del signature
        builder.store(arguments[2], _row(builder, *arguments[:2]), align=_ALIGNMENT)
        return context.get_dummy_value()

    return types.void(rows, types.int64, LANES_TYPE), generate


@written
def number(typingctx, numbers, index):
    """Return one double."""
    del typingctx, index

    def generate(context, builder, signature, arguments):
        del context, signature
        return builder.load(builder.gep(arguments[0], [arguments[1]]))

    return types.float64(numbers, types.int64), generate


@written
def integer(typingctx, numbers, index):
    """Return one 64-bit integer."""
    del typingctx, index

    def generate(context, builder, signature, arguments):
        del context, signature
        words = builder.bitcast(arguments[0], _WORD.as_pointer())
        return builder.load(builder.gep(words, [arguments[1]]))

    return types.int64(numbers, types.int64), generate


@written
def write(typingctx, numbers, index, value):
    """Write one double."""
    del typingctx, index, value

    def generate(context, builder, signature, arguments):
        del signature
        builder.store(arguments[2], builder.gep(arguments[0], [arguments[1]]))
        return context.get_dummy_value()

    return types.void(numbers, types.int64, types.float64), generate


@written
def splat(typingctx, value):
    """Return the double in every lane."""
    del typingctx, value

    def generate(context, builder, signature, arguments):
        del context, signature
        return _splat(builder, arguments[0])

    return LANES_TYPE(types.float64), generate


@written
def fma(typingctx, a, b, c):
    """Return a·b + c, rounded once."""
    del typingctx, a, b, c

    def generate(context, builder, signature, arguments):
        del context, signature
        kind = ir.FunctionType(_DOUBLES, [_DOUBLES] * 3)
        function = get_or_insert_function(builder.module, kind, f"llvm.fma.v{RUNS}f64")
        return builder.call(function, arguments)

    return LANES_TYPE(LANES_TYPE, LANES_TYPE, LANES_TYPE), generate


@written
def power_of_two(typingctx, shifted):
    """Return 2^k where the low bits of ``shifted`` hold k + 1023: they become the exponent."""
    del typingctx, shifted

    def generate(context, builder, signature, arguments):
        del context, signature
        bits = builder.bitcast(arguments[0], _WORDS)
        return builder.bitcast(builder.shl(bits, _SIGNIFICAND), _DOUBLES)

    return LANES_TYPE(LANES_TYPE), generate


def _pair(emit: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """Return the operation on two registers that ``emit(builder, a, b)`` writes."""

    @written
    def operation(typingctx, a, b):
        del typingctx, a, b

        def generate(context, builder, signature, arguments):
            del context, signature
            return emit(builder, *arguments)

        return LANES_TYPE(LANES_TYPE, LANES_TYPE), generate

    return operation


# A comparison with nan is false, so that both return their first argument where it is nan.
least = _pair(lambda builder, a, b: builder.select(builder.fcmp_ordered("<", b, a), b, a))
largest = _pair(lambda builder, a, b: builder.select(builder.fcmp_ordered(">", b, a), b, a))


def _operator(python: Callable[..., Any], emit: Callable[[Any, Any, Any], Any]) -> None:
    """Let an operator act on registers; a number stands for a register full of it.

    Declared as numba declares its own: writing a function into each place of use would take long to compile.
    """
    pairs = ((LANES_TYPE, LANES_TYPE), (LANES_TYPE, types.float64), (types.float64, LANES_TYPE))

    class OfLanes(ConcreteTemplate):
        cases = [signature(LANES_TYPE, *pair) for pair in pairs]

    # Returned for use as a decorator; checkers of types see what it gives for other arguments.
    infer_global(python)(OfLanes)  # pyright: ignore[reportOptionalCall]

    def lower(context, builder, signed, arguments):
        del context
        filled = (
            a if isinstance(kind, LanesType) else _splat(builder, a)
            for kind, a in zip(signed.args, arguments, strict=True)
        )
        return emit(builder, *filled)

    for pair in pairs:
        lower_builtin(python, *pair)(lower)


_operator(operator.add, lambda builder, a, b: builder.fadd(a, b))
_operator(operator.sub, lambda builder, a, b: builder.fsub(a, b))
_operator(operator.mul, lambda builder, a, b: builder.fmul(a, b))
_operator(operator.truediv, lambda builder, a, b: builder.fdiv(a, b))


def _row(builder: Any, rows: Any, row: Any) -> Any:
    start = builder.gep(rows, [builder.mul(row, ir.Constant(_WORD, RUNS))])
    return builder.bitcast(start, _DOUBLES.as_pointer())


def _splat(builder: Any, number: Any) -> Any:
    undefined = ir.Constant(_DOUBLES, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, _FIRST)
