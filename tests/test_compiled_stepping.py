"""Euler's schemes compiled: the definition's paths, whatever the company, up to where it leaves the range."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Diverged, RecordAt, Stream
from sde import BrownianPath, Convention, integrate, SDE, SymbolicSDE
from sde.compiled_stepping import FEWEST_STEPS
from sde.schemes import EulerMaruyama, Platen, SimplifiedWeakEuler


x, y = sympy.symbols("x y", real=True)
HALF = sympy.Rational(1, 2)
PLANE = SymbolicSDE(
    (x, y), (-x + sympy.sin(y), -y), [[HALF, 0], [x / 5, sympy.sqrt(1 + x**2) / 3]], Convention.ITO
)
ORNSTEIN_UHLENBECK = SDE(
    lambda z: -z, lambda z: np.ones((*z.shape, 1)), dim=1, noises=1, convention=Convention.ITO
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


def test_both_engines_name_the_step_that_explodes():
    cubic = SymbolicSDE((x,), (x**3,), [[HALF]], Convention.ITO)
    messages = []
    for engine in ("definition", "kernel"):
        with pytest.raises(Diverged) as failure:
            integrate(cubic, 4.0, 1 / 256, start=[2.0], replicas=3, stream=Stream(1), engine=engine)
        messages.append(str(failure.value))
    assert messages[0] == messages[1]


def test_few_steps_are_not_compiled_unasked():
    short = integrate(PLANE, 0.1, 0.1 / (FEWEST_STEPS - 1), start=[0.3, 0.1], stream=Stream(0))
    assert short.engine == "definition"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (dict(sde=ORNSTEIN_UHLENBECK), "functions only"),
        (dict(scheme=Platen()), "no compiled twin"),
        (dict(sde=SymbolicSDE((x,), (-x,), [[sympy.besselj(0, x)]], Convention.ITO)), "engine = 'kernel'"),
        (dict(path=BrownianPath(Stream(0), 1 / 512, 1).coarsened(), stream=None), "coarsened"),
    ],
)
def test_what_has_no_twin_says_why(change, said):
    plain = SymbolicSDE((x,), (-x,), [[1 + x**2 / 4]], Convention.ITO)
    options = dict(sde=plain, t1=1.0, dt=1 / 256, start=[0.1], stream=Stream(0), engine="kernel") | change
    with pytest.raises(BadInput, match=said):
        integrate(**options)
