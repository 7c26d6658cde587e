"""Euler's schemes compiled where steps are many: the definition's paths, whatever the company."""

import numpy as np
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import RecordAt, Stream
from sde import Convention, integrate, SymbolicSDE
from sde.compiled_stepping import FEWEST_STEPS
from sde.schemes import EulerMaruyama, SimplifiedWeakEuler


x, y = sympy.symbols("x y", real=True)
HALF = sympy.Rational(1, 2)
PLANE = SymbolicSDE(
    (x, y), (-x + sympy.sin(y), -y), [[HALF, 0], [x / 5, sympy.sqrt(1 + x**2) / 3]], Convention.ITO
)
# Another order of the same operations, over some hundred steps that contract.
TWIN = 1e-12


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 2**32), st.integers(1, 40), st.sampled_from([EulerMaruyama(), SimplifiedWeakEuler()]))
def test_the_kernel_takes_the_steps_of_the_definition(seed, replicas, scheme):
    options = dict(start=[0.3, -0.2], stream=Stream(seed), scheme=scheme, record=RecordAt.every(70))
    defined = integrate(PLANE, 1.0, 1 / 300, replicas=replicas, engine="definition", **options)
    compiled = integrate(PLANE, 1.0, 1 / 300, replicas=replicas, **options)
    assert (defined.engine, compiled.engine) == ("definition", "euler")
    assert np.allclose(compiled.w, defined.w, rtol=TWIN, atol=TWIN)
    alone = integrate(PLANE, 1.0, 1 / 300, replicas=1, **options)
    assert np.array_equal(alone.w[0], compiled.w[0])


def test_few_steps_are_not_compiled_unasked():
    short = integrate(PLANE, 0.1, 0.1 / (FEWEST_STEPS - 1), start=[0.3, 0.1], stream=Stream(0))
    assert short.engine == "definition"
