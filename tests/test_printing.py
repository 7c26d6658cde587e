"""Straight lines that are printed from an expression compute the expression."""

import math

import numpy as np
import pytest
import scipy.special
import sympy
from hypothesis import example, given
from hypothesis import strategies as st

from implicitbias import Stream
from sde.kernels.printing import NotCompiled, straight_lines


x, y = sympy.symbols("x y", real=True)
# What the lines call, in plain NumPy.
FUNCTIONS = {
    "splat": lambda a: a,
    "fma": lambda a, b, c: a * b + c,
    "negative": np.negative,
    "root": np.sqrt,
    "exponential": np.exp,
    "logarithm": np.log,
    "sine": np.sin,
    "cosine": np.cos,
    "tangent": np.tan,
    "arcsine": np.arcsin,
    "arccosine": np.arccos,
    "arctangent": np.arctan,
    "angle": np.arctan2,
    "hyperbolic_sine": np.sinh,
    "hyperbolic_cosine": np.cosh,
    "hyperbolic_tangent": np.tanh,
    "error_function": scipy.special.erf,
    "absolute": np.abs,
    "sign": np.sign,
    "largest": np.maximum,
    "least": np.minimum,
    "choose": np.where,
    "less": np.less,
    "at_most": np.less_equal,
    "equal": np.equal,
    "differs": np.not_equal,
    "both": np.logical_and,
    "either": np.logical_or,
    "opposite": np.logical_not,
    "nan": math.nan,
}
# Printed and evaluated in another order, relative to the terms: some hundred roundings.
RELATIVE = 1e-11
POINTS = Stream(0).at("points", np.arange(20)).normal(2)


def computed(expressions, points=POINTS):
    space = dict(FUNCTIONS) | {"t0": points[:, 0], "t1": points[:, 1]}
    lines = straight_lines({f"r{k}": e for k, e in enumerate(expressions)}, {x: "t0", y: "t1"})
    exec("\n".join(lines), space)
    return [np.broadcast_to(space[f"r{k}"], len(points)) for k in range(len(expressions))]


def exact(expression, points=POINTS):
    return np.array(
        [
            complex(expression.subs({x: sympy.Float(a, 40), y: sympy.Float(b, 40)}).evalf(30)).real
            for a, b in points
        ]
    )


numbers = st.one_of(
    st.integers(-5, 5).map(sympy.Integer), st.fractions(-3, 3, max_denominator=7).map(sympy.Rational)
)
leaves = st.one_of(st.sampled_from([x, y, x, y]), numbers)
WRAPPED = (
    sympy.sin,
    sympy.cos,
    sympy.tanh,
    sympy.atan,
    sympy.erf,
    lambda e: sympy.exp(-(e**2)),
    lambda e: sympy.log(2 + e**2),
    lambda e: sympy.sqrt(1 + e**2),
    lambda e: 1 / (1 + e**2),
    lambda e: (3 + e**2) ** sympy.Rational(-3, 2),
    lambda e: (2 + sympy.cos(e)) ** sympy.Rational(1, 3),
    lambda e: e**2,
    lambda e: e**7,
    lambda e: sympy.Abs(e),
    lambda e: sympy.Max(e, sympy.Rational(1, 3)),
    lambda e: sympy.Min(e, x, y),
    lambda e: sympy.Piecewise((e, x > y), (2 * e, sympy.And(x < 0, sympy.Ne(y, 1))), (-e, True)),
    lambda e: sympy.atan2(e, 1 + x**2),
)


def grown(inner):
    return st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] - p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(st.sampled_from(WRAPPED), inner).map(lambda p: p[0](p[1])),
    )


@given(st.lists(st.recursive(leaves, grown, max_leaves=6), min_size=1, max_size=3))
@example([x / 2 - y**2 / 3, -x, -x * y, -2 * x * y / (1 + x**2), 1 - x])
@example([sympy.sqrt(2) * x / sympy.sqrt(3) - sympy.pi, x * sympy.exp(-y) / y**2, sympy.Integer(0)])
@example([sympy.Piecewise((x, sympy.Or(x > 1, y <= 0)), (y, sympy.Not(sympy.And(x < y, x < 2))), (0, True))])
@example([sympy.Piecewise((x, x < y), (y, True)), sympy.Piecewise((x * y, x < y), (1, True))])
@example(
    [sympy.Piecewise((x, sympy.Eq(x, y)), (y, True)), sympy.Piecewise((x * y, sympy.Eq(x, y)), (1, True))]
)
def test_lines_compute_the_expressions(expressions):
    for expression, found in zip(expressions, computed(expressions), strict=True):
        expected = exact(expression)
        # Terms may cancel; no term of these expressions is larger than the sum of the absolute values by far.
        scale = np.maximum(1.0, np.abs(expected))
        assert (np.abs(found - expected) <= RELATIVE * scale * np.maximum(1.0, np.abs(expected).max())).all()


def test_what_is_common_is_computed_once():
    lines = straight_lines({"r0": sympy.sin(x * y) + 1, "r1": sympy.sin(x * y) * y}, {x: "t0", y: "t1"})
    assert sum(line.count("sine(") for line in lines) == 1


def test_a_variable_may_have_any_name():
    """Even one that common subexpressions are given."""
    variable = sympy.Symbol("s0")
    results = {"r0": sympy.exp(variable**2) + variable, "r1": sympy.exp(variable**2) * 3}
    space = dict(FUNCTIONS) | {"t0": 0.5}
    exec("\n".join(straight_lines(results, {variable: "t0"})), space)
    assert np.isclose(space["r0"], math.exp(0.25) + 0.5) and np.isclose(space["r1"], 3 * math.exp(0.25))


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (sympy.gamma(x), "gamma has no compiled form"),
        (sympy.Function("f")(x), "f has no compiled form"),
        (sympy.Symbol("z") * x, "z is neither"),
        (x + sympy.oo, "no finite real number"),
        (x + sympy.I, "no finite real number"),
        (sympy.Piecewise((x, sympy.Function("f")(x) > 1), (y, True)), "f has no compiled form"),
    ],
)
def test_what_cannot_be_printed_is_named(expression, said):
    with pytest.raises(NotCompiled, match=said):
        straight_lines({"r0": expression}, {x: "t0", y: "t1"})
