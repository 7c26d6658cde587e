"""Elementary functions of a register, of only arithmetic: the C library would be called once per number."""

from implicitbias.engine.kernels.compiled import strict
from implicitbias.engine.kernels.exponential_kernel import (
    LOG2_E,
    LOG2_HIGH,
    LOG2_LOW,
    POLYNOMIAL_OF_EXP,
    SHIFT,
)
from implicitbias.engine.kernels.lanes import fma, largest, least, power_of_two, splat
from sde.kernels.per_number import cosine as library_cosine
from sde.kernels.per_number import sine as library_sine
from sde.kernels.registers import (
    absolute,
    at_most,
    choose,
    differs,
    equal,
    everywhere,
    exponent_of,
    less,
    odd,
    signed_by_second_bit,
    significand_of,
)


# Adding it rounds to an integer k, and leaves k + 1023, the exponent field of 2^k, in the low bits.
_BIASED_SHIFT = SHIFT + 1023.0
_INFINITY = float("inf")
# Beyond them 2^k is no normal number: e^x stays at e^709 and at 0.
_HIGHEST, _LOWEST = 709.0, -709.0
# Below it lie the subnormal numbers, which have no exponent field: they are scaled by 2^54 first.
_LEAST_NORMAL, _SCALE, _SCALED_BY = 2.2250738585072014e-308, 2.0**54, 54.0

_Q0, _Q1, _Q2, _Q3, _Q4, _Q5, _Q6, _Q7, _Q8, _Q9 = POLYNOMIAL_OF_EXP
# Chebyshev fit of (2 artanh(s)/s − 2)/s² in s², |s| ≤ 3 − √8: log to 5e-18 of itself.
_L0, _L1, _L2, _L3 = 0.666666666666667, 0.39999999999899505, 0.28571428625975487, 0.2222221113479508
_L4, _L5, _L6 = 0.18182889125261723, 0.15331721600556042, 0.14616449685043406
# 2/π, and π/2 in three parts: the first two products leave no rounding that matters up to _FARTHEST.
_QUARTERS = 0.6366197723675814
_QUARTER_HIGH, _QUARTER_MIDDLE, _QUARTER_LOW = (
    1.5707963267948966,
    6.123233995736766e-17,
    -1.4973849048591698e-33,
)
_FARTHEST = 1e5
# Chebyshev fit of sin(πf/2)/f in f², |f| ≤ 1/2, to 5e-18 …
_S0, _S1, _S2, _S3 = 1.5707963267948966, -0.6459640975062443, 0.07969262624604301, -0.004681754132340976
_S4, _S5, _S6 = 0.0001604411507421909, -3.59864335298231e-06, 5.633933781537854e-08
# … and of (cos(πf/2) − 1)/f², to 5e-19.
_C0, _C1, _C2, _C3 = -1.2337005501361697, 0.2536695079010478, -0.020863480763340773, 0.0009192602745468447
_C4, _C5, _C6 = -2.5202039028029178e-05, 4.710678405505227e-07, -6.329396344967424e-09


@strict
def exponential(x):
    """Return e^x to 2 units in the last place for |x| ≤ 708; beyond, a number no safe step survives, or 0."""
    x = largest(least(x, splat(_HIGHEST)), splat(_LOWEST))
    biased = fma(x, splat(LOG2_E), splat(_BIASED_SHIFT))
    k = biased - _BIASED_SHIFT
    r = fma(splat(-LOG2_LOW), k, fma(splat(-LOG2_HIGH), k, x))
    p = fma(splat(_Q9), r, splat(_Q8))
    p = fma(p, r, splat(_Q7))
    p = fma(p, r, splat(_Q6))
    p = fma(p, r, splat(_Q5))
    p = fma(p, r, splat(_Q4))
    p = fma(p, r, splat(_Q3))
    p = fma(p, r, splat(_Q2))
    p = fma(p, r, splat(_Q1))
    p = fma(p, r, splat(_Q0))
    p = fma(p, r, splat(1.0))
    return fma(p, r, splat(1.0)) * power_of_two(biased)


@strict
def normal_logarithm(x):
    """Return log x of normal numbers 2^−1022 ≤ x < ∞, to a unit in the last place."""
    e, f = exponent_of(x), significand_of(x) - 1.0
    s = f / (f + 2.0)
    z = s * s
    p = fma(splat(_L6), z, splat(_L5))
    p = fma(p, z, splat(_L4))
    p = fma(p, z, splat(_L3))
    p = fma(p, z, splat(_L2))
    p = fma(p, z, splat(_L1))
    p = fma(p, z, splat(_L0))
    square = 0.5 * (f * f)
    # log(1 + f) = f − (f²/2 − s(f²/2 + z·p)), which keeps all digits of a small f.
    correction = s * fma(z, p, square)
    low = fma(splat(LOG2_LOW), e, correction) - square
    return fma(splat(LOG2_HIGH), e, low + f)


@strict
def logarithm(x):
    """Return log x; −∞ at 0, ∞ at ∞, nan below 0 and at nan."""
    tiny = less(x, splat(_LEAST_NORMAL))
    value = normal_logarithm(choose(tiny, x * _SCALE, x))
    value = choose(tiny, value - _SCALED_BY * 0.6931471805599453, value)
    value = choose(less(x, splat(_INFINITY)), value, x)
    value = choose(equal(x, splat(0.0)), splat(-_INFINITY), value)
    return choose(less(x, splat(0.0)), splat(_INFINITY) - splat(_INFINITY), value)


@strict
def sine_polynomial(f):
    """Return sin(πf/2), |f| ≤ 1/2."""
    z = f * f
    p = fma(splat(_S6), z, splat(_S5))
    p = fma(p, z, splat(_S4))
    p = fma(p, z, splat(_S3))
    p = fma(p, z, splat(_S2))
    p = fma(p, z, splat(_S1))
    return f * fma(p, z, splat(_S0))


@strict
def cosine_polynomial(f):
    """Return cos(πf/2), |f| ≤ 1/2."""
    z = f * f
    p = fma(splat(_C6), z, splat(_C5))
    p = fma(p, z, splat(_C4))
    p = fma(p, z, splat(_C3))
    p = fma(p, z, splat(_C2))
    p = fma(p, z, splat(_C1))
    p = fma(p, z, splat(_C0))
    return fma(p, z, splat(1.0))


@strict
def sine(x):
    """Return sin x to 2 units in the last place of 1."""
    k = (x * _QUARTERS + SHIFT) - SHIFT
    f = _reduced(x, k)
    value = choose(odd(k + SHIFT), cosine_polynomial(f), sine_polynomial(f))
    return _or_library(x, signed_by_second_bit(value, k + SHIFT), library_sine)


@strict
def cosine(x):
    """Return cos x to 2 units in the last place of 1."""
    k = (x * _QUARTERS + SHIFT) - SHIFT
    f = _reduced(x, k)
    value = choose(odd(k + SHIFT), sine_polynomial(f), cosine_polynomial(f))
    return _or_library(x, signed_by_second_bit(value, (k + 1.0) + SHIFT), library_cosine)


@strict
def sign(x):
    """Return 1, 0 or −1; nan at nan."""
    one = choose(less(x, splat(0.0)), splat(-1.0), splat(1.0))
    return choose(differs(x, x), x, choose(equal(x, splat(0.0)), splat(0.0), one))


@strict
def _reduced(x, k):
    """Return f with x = π(k + f)/2, by π/2 in three parts."""
    r = fma(splat(-_QUARTER_LOW), k, fma(splat(-_QUARTER_MIDDLE), k, fma(splat(-_QUARTER_HIGH), k, x)))
    return r * _QUARTERS


@strict
def _or_library(x, value, function):
    """Return the value, and what the C library says where x is too large for a reduction in three parts."""
    near = at_most(absolute(x), splat(_FARTHEST))
    if everywhere(near):
        return value
    return choose(near, value, function(x))
