"""Slopes −ℓ′ of whole margin vectors, and curvatures ℓ″, on an exponential that the compiler can vectorise.

The C library's exp is called once per number. Here e^x = 2^k e^r with k = round(x/log 2), |r| ≤ (log 2)/2,
and e^r = 1 + r + r²q(r) for a polynomial q: only arithmetic, hence eight numbers per instruction.
"""

import numpy as np

from implicitbias.engine.kernels.compiled import exact


EXPONENTIAL, LOGISTIC, POLYNOMIAL, SQUARED = 0, 1, 2, 3

LOG2_E = 1.4426950408889634
# log 2 in two parts; the first has 32 trailing zero bits, so that k·LOG2_HIGH is exact for |k| ≤ 1100.
LOG2_HIGH = 6.93147180369123816490e-01
LOG2_LOW = 1.90821492927058770002e-10
# Adding it rounds to an integer, which then stands in the low bits of the sum.
SHIFT = 6755399441055744.0
_SHIFT_BITS = np.float64(SHIFT).view(np.int64)
# Beyond them e^x is ∞ (x > 709.79) or 0 (x < −745.14); the clipped argument gives just that.
_LARGEST, _SMALLEST = 710.0, -746.0

# Chebyshev fit of (e^r − 1 − r)/r² on |r| ≤ (log 2)/2: e^r to 1.3e-17, a tenth of half a unit in the last place.
_Q0, _Q1 = 0.5000000000000001, 0.16666666666666669
_Q2, _Q3 = 0.04166666666662399, 0.008333333333330051
_Q4, _Q5 = 0.0013888888917281794, 0.00019841269863105968
_Q6, _Q7 = 2.480152119021773e-05, 2.7557268378684192e-06
_Q8, _Q9 = 2.7620138719733994e-07, 2.5100424157005067e-08
POLYNOMIAL_OF_EXP = (_Q0, _Q1, _Q2, _Q3, _Q4, _Q5, _Q6, _Q7, _Q8, _Q9)


@exact
def exponential(x):
    """Return e^x to 2 units in the last place; ∞ above the range, 0 below it, nan at nan."""
    # Written so that a nan passes both comparisons.
    x = _LARGEST if x > _LARGEST else x
    x = _SMALLEST if x < _SMALLEST else x
    shifted = x * LOG2_E + SHIFT
    k = shifted - SHIFT
    r = (x - k * LOG2_HIGH) - k * LOG2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (_Q0 + _Q1 * r) + (_Q2 + _Q3 * r) * r2
    high = (_Q4 + _Q5 * r) + (_Q6 + _Q7 * r) * r2
    q = low + (high + (_Q8 + _Q9 * r) * r4) * r4
    exponent = np.float64(shifted).view(np.int64) - _SHIFT_BITS
    # Two factors: 2^k itself leaves the range of normal numbers at both ends.
    first = exponent >> 1
    second = exponent - first
    return (1.0 + (r + r2 * q)) * _power_of_two(first) * _power_of_two(second)


@exact
def _power_of_two(k):
    return np.int64((k + 1023) << 52).view(np.float64)


@exact
def _sigmoid(x):
    """Return 1/(1 + e^{−x}) from e^{−|x|}, which cannot overflow."""
    decay = exponential(-abs(x))
    return (decay if x <= 0.0 else 1.0) / (1.0 + decay)


@exact
def slope(z, target, loss, power):
    """Return −ℓ′ at one margin z; for squared errors, target − z."""
    if loss == SQUARED:
        return target - z
    if loss == EXPONENTIAL:
        return exponential(-z)
    if loss == LOGISTIC:
        return _sigmoid(-z)
    # A comparison that nan passes, like np.maximum in the definition.
    return power * (1.0 + (0.0 if z < 0.0 else z)) ** (-power - 1.0)


@exact
def bend(z, loss, power):
    """Return ℓ″ at one margin z; 1 for squared errors."""
    if loss == SQUARED:
        return 1.0
    if loss == EXPONENTIAL:
        return exponential(-z)
    if loss == LOGISTIC:
        decay = exponential(-abs(z))
        return decay / ((1.0 + decay) * (1.0 + decay))
    return 0.0 if z < 0.0 else power * (power + 1.0) * (1.0 + z) ** (-power - 2.0)


@exact
def slopes(z, m, targets, first, width, lr, shares, loss, power, out):
    """Write lr·shares[m, i]·(−ℓ′(z[m, i])), i < width, into out[m].

    The compiler takes the choice of the loss out of the loop, and vectorises each of the loops that it gets.
    Choosing here would cost more: branches around arrays keep numba's counting of references alive.
    """
    for i in range(width):
        out[m, i] = lr * shares[m, i] * slope(z[m, i], targets[first + i], loss, power)


@exact
def add_slopes(z, m, targets, first, width, lr, shares, loss, power, out, total):
    """Do what ``slopes`` does and add the same to total[m], in one pass: a second one shows in small problems."""
    for i in range(width):
        value = lr * shares[m, i] * slope(z[m, i], targets[first + i], loss, power)
        out[m, i] = value
        total[m, i] += value
