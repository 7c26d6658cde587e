"""Local work at a finite log-scale against its limit: closed forms, and bounds that hold and are not void."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Exponential, LinearClassification, Logistic, PolynomialTail, Stream
from implicitbias.data import separable, sweeping_example
from implicitbias.formulas import local_flow as one_sample_flow
from implicitbias.local_solvers import (
    local_flow,
    margin_set,
    projection_distance_bound,
    proximal_point,
    sweeping_distance_bound,
    sweeping_process,
)


# LSODA's accumulated error over a long flow, relative to the requested 1e-8.
FLOW = 1e-6


def one_worker(rows, loss=None):
    rows = np.asarray(rows, dtype=float)
    return LinearClassification(rows, np.ones(len(rows)), workers=1, loss=loss or Exponential())


def drawn(seed, margin):
    stream = Stream(seed)
    data = separable(stream, samples=6, dim=3, margin=margin, gap=0.3).samples
    problem = LinearClassification(data.features, data.labels, workers=1, loss=Exponential())
    return problem, 2.0 * stream.at("start").generator().standard_normal(3)


@settings(deadline=None, max_examples=20)
@given(st.floats(0.3, 3.0), st.floats(-50.0, 20.0), st.floats(-5.0, 500.0))
def test_one_sample_flows_by_its_closed_form(length, start, log_time):
    problem = one_worker([[length, 0.0]])
    end = local_flow(problem, 0, np.array([start, 7.0]), log_time)
    expected = np.logaddexp(length * start, 2 * np.log(length) + log_time) / length
    assert np.allclose(end, [expected, 7.0], rtol=FLOW, atol=FLOW)
    if log_time < 300:
        assert np.isclose(expected, one_sample_flow(start, length, np.exp(log_time)))


def test_the_logistic_flow_solves_its_own_equation():
    # dz/dt = 1/(1 + e^z) for x = 1 gives z + e^z = t + z₀ + e^{z₀}.
    z = local_flow(one_worker([[1.0]], Logistic()), 0, np.array([-3.0]), np.log(50.0))[0]
    assert np.isclose(z + np.exp(z), 50.0 - 3.0 + np.exp(-3.0), rtol=FLOW)


def test_the_flow_sweeps_and_does_not_project():
    problem, u = one_worker(sweeping_example().signed), np.array([-3.0, 1.0])
    for scale in (50.0, 2000.0):
        end = local_flow(problem, 0, scale * u, scale)
        # w = Λ(1, 5/3) + a constant: the last active row has n b = 2, hence margin 1 − log 2/Λ.
        assert np.isclose(end[0] - scale, -np.log(2.0), atol=1e-4)
        assert np.linalg.norm(end / scale - [1.0, 5.0 / 3.0]) < 1.0 / scale


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.floats(0.1, 0.7), st.sampled_from([20.0, 100.0, 600.0]))
def test_the_bounds_hold(seed, margin, scale):
    problem, u = drawn(seed, margin)
    prox = proximal_point(problem, 0, scale * u, float(np.exp(-scale))).rescaled
    projected = margin_set(problem, 0).project(u).point
    assert np.linalg.norm(prox - projected) <= projection_distance_bound(problem, 0, u, scale) + 1e-10
    flown = local_flow(problem, 0, scale * u, scale) / scale
    swept = sweeping_process(problem, 0).run(u).end
    assert np.linalg.norm(flown - swept) <= sweeping_distance_bound(problem, 0, u, scale) + FLOW / scale


def test_the_bounds_tell_sweeping_from_projecting():
    problem, u = one_worker(sweeping_example().signed), np.array([-3.0, 1.0])
    apart = 2.0 / 3.0
    assert projection_distance_bound(problem, 0, u, 600.0) < apart / 2
    assert sweeping_distance_bound(problem, 0, u, 600.0) < apart / 2


def test_a_point_inside_stays():
    problem, u = one_worker(sweeping_example().signed), np.array([5.0, 0.0])
    assert np.array_equal(local_flow(problem, 0, 100.0 * u, 100.0), 100.0 * u)
    assert projection_distance_bound(problem, 0, u, 100.0) == pytest.approx(1 / 100.0)


@pytest.mark.parametrize("broken", [{"worker": 3}, {"w": np.zeros(5)}, {"log_time": np.inf}])
def test_wrong_requests_are_refused(broken):
    request = {"problem": one_worker([[1.0, 0.0]]), "worker": 0, "w": np.zeros(2), "log_time": 1.0}
    with pytest.raises(BadInput):
        local_flow(**(request | broken))


def test_a_polynomial_tail_is_refused():
    with pytest.raises(BadInput, match="Exponential"):
        local_flow(one_worker([[1.0]], PolynomialTail(2.0)), 0, np.zeros(1), 1.0)
