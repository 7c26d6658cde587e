"""Functions of a register that the C library computes, number by number: right everywhere, and slower."""

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types

from implicitbias.engine.kernels.lanes import LANES_TYPE, written
from implicitbias.engine.kernels.packing import RUNS


_DOUBLES, _INDEX = ir.VectorType(ir.DoubleType(), RUNS), ir.IntType(32)


def _emission(function: Callable[..., float]) -> Callable[..., Any]:
    def generate(context, builder, signature, arguments):
        one = types.float64(*[types.float64] * len(signature.args))
        call, result = context.get_function(function, one), ir.Constant(_DOUBLES, ir.Undefined)
        for lane in range(RUNS):
            place = ir.Constant(_INDEX, lane)
            value = call(builder, [builder.extract_element(a, place) for a in arguments])
            result = builder.insert_element(result, value, place)
        return result

    return generate


def _of_one(function: Callable[[float], float]) -> Callable[..., Any]:
    @written
    def operation(typingctx, a):
        del typingctx, a
        return LANES_TYPE(LANES_TYPE), _emission(function)

    return operation


@written
def angle(typingctx, y, x):
    """Return atan2(y, x)."""
    del typingctx, y, x
    return LANES_TYPE(LANES_TYPE, LANES_TYPE), _emission(math.atan2)


sine, cosine, tangent = (_of_one(f) for f in (math.sin, math.cos, math.tan))
arcsine, arccosine, arctangent = (_of_one(f) for f in (math.asin, math.acos, math.atan))
hyperbolic_sine, hyperbolic_cosine, hyperbolic_tangent = (
    _of_one(f) for f in (math.sinh, math.cosh, math.tanh)
)
error_function = _of_one(math.erf)
