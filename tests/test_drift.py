"""The drift of a round and its resting point: closed forms where workers decouple, and what must not be accepted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    Exponential,
    gd,
    LinearClassification,
    LinearRegression,
    local_gd,
    local_sgd,
    Logistic,
    modified_local_gd,
    NotCertified,
    Stream,
)
from implicitbias.data import lagging_orthonormal, non_separable
from implicitbias.drift import leading_drift, leading_drift_error, round_drift
from implicitbias.fixed_point import round_fixed_point


def one_sample_each(workers, loss):
    samples = lagging_orthonormal(workers)
    return LinearClassification(samples.features, samples.labels, workers=samples.workers, loss=loss)


@settings(deadline=None, max_examples=20)
@given(
    workers=st.integers(1, 4),
    steps=st.integers(1, 30),
    lr=st.floats(0.05, 0.5),
    margin=st.floats(0.0, 3.0),
)
def test_the_drift_of_decoupled_workers_is_that_of_the_scalar_recursion(workers, steps, lr, margin):
    problem = one_sample_each(workers, Exponential())
    z, moved = margin, 0.0
    for _ in range(steps):
        moved += np.exp(-z)
        z += lr * np.exp(-z)
    scalar = (np.exp(-margin) - moved / steps) / workers
    measured = round_drift(problem, local_gd(lr, steps), np.full((1, workers), margin))
    assert np.allclose(measured.value, scalar, atol=float(measured.rounding[0]) + 1e-16)


def test_gradient_descent_has_no_drift():
    problem = one_sample_each(3, Logistic())
    drift = round_drift(problem, gd(0.3), np.array([[0.1, 2.0, -1.0]]))
    assert np.linalg.norm(drift.value) <= drift.rounding[0]
    assert not leading_drift(problem, gd(0.3), np.ones(3)).any()


def test_the_bound_beyond_the_leading_term_is_attained_with_one_sample_per_worker():
    problem, method = one_sample_each(1, Exponential()), local_gd(0.01, 400)
    w = np.array([[8.0]])
    left = round_drift(problem, method, w).value - leading_drift(problem, method, w)
    assert 0.98 < np.linalg.norm(left) / leading_drift_error(problem, method, w)[0] <= 1.0


@pytest.mark.parametrize(
    "method",
    [local_sgd(0.1, 3, 1), modified_local_gd(local_gd(0.1, 3)), local_gd(0.1, (2, 3)), gd(0.1, momentum=0.5)],
)
def test_the_drift_of_another_method_is_refused(method):
    with pytest.raises(BadInput, match="plain Local GD"):
        round_drift(one_sample_each(2, Exponential()), method, np.zeros((1, 2)))


def test_a_round_rests_where_the_curvatures_weigh_the_local_solutions():
    problem = LinearRegression(np.array([[1.0], [2.0]]), np.array([0.0, 2.0]), workers=2)
    weights = 1.0 - (1.0 - 0.1 * np.array([1.0, 4.0])) ** 5
    rest = round_fixed_point(problem, local_gd(0.1, 5), np.zeros(1))
    assert rest[0] == pytest.approx(weights[1] / weights.sum(), rel=1e-10)
    assert abs(rest[0] - 4.0 / 5.0) > 0.1, "least squares is where H = 1 rests"


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**16), dim=st.integers(1, 3))
def test_one_local_step_rests_at_the_minimiser(seed, dim):
    samples = non_separable(Stream(seed), 4 * dim + 2, dim).samples
    problem = LinearClassification(samples.features, samples.labels, workers=2, loss=Logistic())
    rest = round_fixed_point(problem, local_gd(0.3, 1), np.zeros(dim))
    assert np.linalg.norm(problem.gradient(rest)) < 1e-10


def test_separable_data_have_no_resting_point():
    with pytest.raises(NotCertified, match="smaller η"):
        round_fixed_point(one_sample_each(2, Logistic()), local_gd(0.3, 4), np.zeros(2))
