"""Activations: slope and bend are derivatives, read off the value; nothing overflows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import Softplus, Tanh


# Value and slope by their formulas, analytic in z.
FORMULAS = [
    (Tanh(), np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    (Softplus(), lambda z: np.log(1 + np.exp(z)), lambda z: 1 / (1 + np.exp(-z))),
]
# A complex step has no cancellation.
STEP, ROUNDING = 1e-30, 1e-14


@pytest.mark.parametrize(("activation", "formula", "slope"), FORMULAS, ids=["tanh", "softplus"])
@given(z=st.floats(-15, 15))
def test_slope_and_bend_are_derivatives(activation, formula, slope, z):
    z = np.array([z])
    value = activation.value(z)
    np.testing.assert_allclose(value, formula(z), rtol=1e-9)  # the formula itself cancels at −15
    np.testing.assert_allclose(
        activation.slope(value), formula(z + 1j * STEP).imag / STEP, rtol=0, atol=ROUNDING
    )
    second = slope(z + 1j * STEP).imag / STEP
    np.testing.assert_allclose(
        activation.bend(value) * activation.slope(value), second, rtol=0, atol=ROUNDING
    )


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
