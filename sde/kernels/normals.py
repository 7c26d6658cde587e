"""Uniforms and standard normals from rows of words, by the formulas of ``Address``, sixteen at a time.

Normals are √(−2 log u₁)·(cos 2πu₂, sin 2πu₂) of consecutive words.
"""

from implicitbias.engine.kernels.compiled import strict
from implicitbias.engine.kernels.exponential_kernel import SHIFT
from implicitbias.engine.kernels.lanes import store
from sde.kernels.elementary import cosine_polynomial, normal_logarithm, sine_polynomial
from sde.kernels.registers import choose, load_words, odd, root, signed_by_second_bit, uniform


@strict
def make_uniform(rows, count):
    """Replace words by uniforms (⌊word/2¹¹⌋ + ½)·2⁻⁵³, row by row."""
    for row in range(count):
        store(rows, row, uniform(load_words(rows, row)))


@strict
def make_normal(rows, count):
    """Replace pairs of rows of words by normals."""
    for row in range(0, count, 2):
        radius = root(-2.0 * normal_logarithm(uniform(load_words(rows, row))))
        quarters = 4.0 * uniform(load_words(rows, row + 1))
        shifted = quarters + SHIFT
        f = quarters - (shifted - SHIFT)
        sine, cosine, swapped = sine_polynomial(f), cosine_polynomial(f), odd(shifted)
        store(rows, row, radius * signed_by_second_bit(choose(swapped, sine, cosine), shifted + 1.0))
        store(rows, row + 1, radius * signed_by_second_bit(choose(swapped, cosine, sine), shifted))
