"""Losses: derivatives match values, logarithms stay finite, tails are what they are called."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import BadInput, Exponential, Logistic, PolynomialTail


LOSSES = [Exponential(), Logistic(), PolynomialTail(0.5), PolynomialTail(3.0)]
margins = st.floats(-30, 60)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@given(z=margins)
def test_slope_and_curvature_are_derivatives(loss, z):
    # Central differences at h = 1e-5: error h² times the third derivative, relative to the value at z.
    h = 1e-5
    at = np.array([z - h, z, z + h])
    value, slope = loss.value(at), loss.slope(at)
    scale = max(value[1], slope[1])
    assert abs((value[0] - value[2]) / (2 * h) - slope[1]) <= 1e-4 * scale + 1e-9
    if abs(z) > 2 * h:  # the polynomial tail bends at 0
        assert abs((slope[0] - slope[2]) / (2 * h) - loss.curvature(at)[1]) <= 1e-3 * scale + 1e-9


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@given(z=st.floats(-1e4, 1e4))
def test_log_value_is_finite_and_decreasing(loss, z):
    pair = loss.log_value(np.array([z, z + 1.0]))
    assert np.isfinite(pair).all() and pair[1] < pair[0]


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@given(z=st.floats(-300, 300))
def test_log_value_is_the_log_of_the_value(loss, z):
    value = loss.value(np.array([z]))
    assert np.allclose(loss.log_value(np.array([z])), np.log(value), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@given(z=st.floats(-300, 300))
def test_log_slope_is_the_log_of_the_slope(loss, z):
    assert np.allclose(
        loss.log_slope(np.array([z])), np.log(loss.slope(np.array([z]))), rtol=1e-12, atol=1e-14
    )


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@given(z=st.floats(-1e4, 1e4))
def test_log_slope_is_finite_where_the_slope_is_not(loss, z):
    assert np.isfinite(loss.log_slope(np.array([z]))).all()


@given(z=st.floats(30, 700))
def test_logistic_and_exponential_share_their_tail(z):
    at = np.array([z])
    assert np.allclose(Logistic().slope(at), Exponential().slope(at), rtol=1e-12)
    assert np.allclose(Logistic().log_value(at), Exponential().log_value(at), rtol=1e-12)


@pytest.mark.parametrize("loss", LOSSES[1:], ids=repr)
@given(z=st.floats(-1e3, 1e3))
def test_smoothness_bounds_the_curvature(loss, z):
    assert loss.curvature(np.array([z]))[0] <= loss.smoothness * (1 + 1e-15)


@pytest.mark.parametrize("p", [0.0, -1.0, float("inf"), float("nan")])
def test_a_tail_exponent_is_positive(p):
    with pytest.raises(BadInput, match="p ="):
        PolynomialTail(p)
