"""Slopes −ℓ′ of a register of margins, on an exponential of only arithmetic.

e^{−z} = 2^k e^{−s} with k = round(−z/log 2) and |s| ≤ (log 2)/2, and e^{−s} is the polynomial of
``exponential_kernel``, by Horner's rule: the shortest form, as sixteen runs keep the processor busy. One power of
two instead of two there saves a quarter of the time, and ends the range where 2^k is no normal number any more.
"""

from implicitbias.engine.kernels.compiled import strict
from implicitbias.engine.kernels.exponential_kernel import (
    EXPONENTIAL,
    LOG2_E,
    LOG2_HIGH,
    LOG2_LOW,
    LOGISTIC,
    POLYNOMIAL_OF_EXP,
    SHIFT,
    slope,
    SQUARED,
)
from implicitbias.engine.kernels.lanes import (
    fma,
    largest,
    least,
    load,
    number,
    power_of_two,
    splat,
    store,
    write,
)
from implicitbias.engine.kernels.packing import RUNS


# Adding it rounds to an integer k, and leaves k + 1023, the exponent field of 2^k, in the low bits.
_BIASED_SHIFT = SHIFT + 1023.0
# Beyond them 2^k is ∞ or 0 (k = 1024 and −1023).
_HIGHEST, _LOWEST = 709.0, -709.0
_Q0, _Q1, _Q2, _Q3, _Q4, _Q5, _Q6, _Q7, _Q8, _Q9 = POLYNOMIAL_OF_EXP


@strict
def decay(z):
    """Return e^{−z} to 2 units in the last place for −709 ≤ z ≤ 708.7.

    Below it stays at e^{709}, a number that no safe state contains; above it is 0; at nan it is nan.
    """
    z = largest(least(z, splat(_HIGHEST)), splat(_LOWEST))
    shifted = fma(z, splat(-LOG2_E), splat(_BIASED_SHIFT))
    k = shifted - splat(_BIASED_SHIFT)
    s = fma(splat(LOG2_LOW), k, fma(splat(LOG2_HIGH), k, z))
    p = fma(splat(-_Q9), s, splat(_Q8))
    p = fma(p, s, splat(-_Q7))
    p = fma(p, s, splat(_Q6))
    p = fma(p, s, splat(-_Q5))
    p = fma(p, s, splat(_Q4))
    p = fma(p, s, splat(-_Q3))
    p = fma(p, s, splat(_Q2))
    p = fma(p, s, splat(-_Q1))
    p = fma(p, s, splat(_Q0))
    p = fma(p, s, splat(-1.0))
    return fma(p, s, splat(1.0)) * power_of_two(shifted)


@strict
def logistic_slope(z):
    """Return 1/(1 + e^{z}); where e^{z} ends the range, so does 1 over it."""
    return splat(1.0) / (splat(1.0) + decay(splat(0.0) - z))


@strict
def weigh_slopes(z, first, last, targets, share, loss, power, out):
    """Write share·(−ℓ′(z_i)) to row i of ``out``, first ≤ i < last; for squared errors, share·(target_i − z_i)."""
    if loss == EXPONENTIAL:
        for i in range(first, last):
            store(out, i, share * decay(load(z, i)))
    elif loss == LOGISTIC:
        for i in range(first, last):
            store(out, i, share * logistic_slope(load(z, i)))
    elif loss == SQUARED:
        for i in range(first, last):
            store(out, i, share * (load(targets, i) - load(z, i)))
    else:
        for i in range(first * RUNS, last * RUNS):
            write(out, i, slope(number(z, i), 0.0, loss, power))
        for i in range(first, last):
            store(out, i, share * load(out, i))
