"""Activations: slope and bend are derivatives, read off the value; nothing overflows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import Softplus, Tanh


FORMULAS = [(Tanh(), np.tanh), (Softplus(), lambda z: np.log(1 + np.exp(z)))]
# A complex step has no cancellation.
STEP, ROUNDING = 1e-30, 1e-14


@pytest.mark.parametrize(("activation", "formula"), FORMULAS, ids=["tanh", "softplus"])
@given(z=st.floats(-15, 15))
def test_slope_and_bend_are_derivatives(activation, formula, z):
    value = activation.value(np.array(z))
    assert value == pytest.approx(formula(z), rel=1e-9)  # the formula itself cancels at −15
    assert activation.slope(value) == pytest.approx(formula(z + 1j * STEP).imag / STEP, abs=ROUNDING)
    rate = activation.slope(value + 1j * STEP).imag / STEP
    assert activation.bend(value) == pytest.approx(rate, rel=ROUNDING)


@pytest.mark.parametrize("activation", [Tanh(), Softplus()])
def test_far_out_nothing_overflows_and_slopes_have_their_limits(activation):
    z = np.array([-1e4, 1e4])
    value = activation.value(z)
    assert np.isfinite(value).all() and np.isfinite(activation.bend(value)).all()
    wanted = [0.0, 0.0] if activation == Tanh() else [0.0, 1.0]
    np.testing.assert_array_equal(activation.slope(value), wanted)


def test_the_slope_of_a_unit_nearly_off_keeps_its_relative_accuracy():
    z = np.array([-600.0, -40.0])
    value = Softplus().value(z)
    np.testing.assert_allclose(Softplus().slope(value), np.exp(z), rtol=1e-13)
