"""Sweeping processes of all workers, and how near flows at a finite log-scale stay to them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Exponential, LinearClassification, max_margin, Stream
from implicitbias.data import order_of_limits, separable
from implicitbias.local_solvers import (
    growing_sweep,
    layer_bound,
    local_flow,
    local_layer_bound,
    sweeping_process,
)
from paper_repro.papers.derived.many_local_steps import order_case
from paper_repro.papers.derived.many_local_steps import order_of_limits as claim


few = settings(max_examples=20)
# Error of the integrator in w/Λ at Λ ≥ 30: 1e-6, as the claims allow.
INTEGRATION = 1e-6


def one_worker(seed, dim, n=5):
    samples = separable(Stream(seed), samples=n, dim=dim, margin=0.4, support=2, gap=0.5).samples
    return LinearClassification(samples.features, samples.labels, workers=1, loss=Exponential())


def drawn_point(seed, problem, size):
    normal = Stream(seed).at("point").generator().standard_normal(problem.dim)
    return size * normal / np.linalg.norm(normal)


@few
@given(seed=st.integers(0, 2**16), dim=st.sampled_from([2, 3, 5]), log_scale=st.floats(30.0, 1e3))
def test_local_flows_stay_within_the_layer(seed, dim, log_scale):
    problem = one_worker(seed, dim)
    u = drawn_point(seed, problem, 4.0)
    flown = local_flow(problem, 0, log_scale * u, log_scale) / log_scale
    distance = np.linalg.norm(flown - sweeping_process(problem, 0).run(u).end)
    assert distance <= local_layer_bound(problem, 0, u, log_scale) + INTEGRATION


@few
@given(seed=st.integers(0, 2**16), last=st.floats(1.5, 6.0), log_scale=st.floats(50.0, 1e3))
def test_the_flow_of_all_stays_within_the_layer_of_the_growing_sweep(seed, last, log_scale):
    problem = one_worker(seed, 3)
    start = sweeping_process(problem, 0).run(drawn_point(seed, problem, 4.0)).end
    path = growing_sweep(problem.signed, start, last)
    # From time e^Λ to e^(Λ last): as long as from time 0 on, to all digits.
    flown = local_flow(problem, 0, log_scale * start, log_scale * last) / log_scale
    bound = layer_bound(problem.signed, problem.sample_weights, path, log_scale)
    assert np.linalg.norm(flown - path.end) <= bound + 10.0 * INTEGRATION


def test_the_layer_is_as_thick_as_its_pushes_say():
    samples = order_of_limits()
    pooled = LinearClassification(samples.signed[:1], np.ones(1), workers=1, loss=Exponential())
    # One row x, n = 1: v = x/|x|², b = 1/|x|², and |y| = log(|x|²)/|x| exactly, from s = 1 on.
    x = pooled.signed[0]
    start, last, log_scale = x / (x @ x), 3.0, 1e3
    thickness = abs(np.log(x @ x)) / np.linalg.norm(x)
    flown = local_flow(pooled, 0, log_scale * start, log_scale * last) / log_scale
    path = growing_sweep(pooled.signed, start, last)
    assert log_scale * np.linalg.norm(flown - path.end) == pytest.approx(thickness, rel=1e-3)
    assert log_scale * layer_bound(pooled.signed, np.ones(1), path, log_scale) == pytest.approx(
        2.0 * thickness, rel=1e-12
    )


@given(log_scale=st.floats(1.0, 20.0))
def test_a_row_that_only_comes_near_adds_the_time_it_is_near(log_scale):
    # (2, 0) pushes with b = 1/4 against p = 1/2, hence 2y₁ = log 2; the gap of (1, 1) falls from 3/2 to 1/2.
    rows, shares = np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([0.5, 0.5])
    path = growing_sweep(rows, np.array([0.5, 2.0]), 3.0)
    near = (np.exp(-0.5 * log_scale) - np.exp(-1.5 * log_scale)) / (0.5 * log_scale)
    expected = np.log(2.0) / log_scale + 0.5 * np.sqrt(2.0) * near / np.sqrt(2.0)
    assert layer_bound(rows, shares, path, log_scale) == pytest.approx(expected, rel=1e-9)


@few
@given(seed=st.integers(0, 2**16), last=st.floats(1.1, 20.0))
def test_a_growing_sweep_stays_in_the_growing_sets_and_moves_no_faster_than_the_separator(seed, last):
    problem = one_worker(seed, 3)
    start = sweeping_process(problem, 0).run(drawn_point(seed, problem, 4.0)).end
    path = growing_sweep(problem.signed, start, last)
    assert path.times[0] == pytest.approx(1.0) and path.times[-1] == pytest.approx(last)
    np.testing.assert_allclose(path.points[0], start, rtol=1e-12, atol=1e-12)
    assert ((path.points @ problem.signed.T) >= path.times[:, None] - 1e-9).all()
    moved, lasting = np.diff(path.points, axis=0), np.diff(path.times)
    fastest = np.linalg.norm(max_margin(problem).weights)
    assert (np.linalg.norm(moved, axis=1) <= fastest * lasting + 1e-9).all()


def test_it_rests_until_the_sets_reach_it():
    rows = order_of_limits().signed
    path = growing_sweep(rows, 4.0 * np.array([0.5, 0.75]), 5.0)
    np.testing.assert_allclose(path.times[:2], [1.0, 4.0])
    np.testing.assert_array_equal(path.points[0], path.points[1])
    np.testing.assert_allclose(path.end, 5.0 * np.array([0.5, 0.75]), rtol=1e-12)
    with pytest.raises(BadInput, match="last > 1"):
        growing_sweep(rows, np.array([1.0, 1.0]), 1.0)


def test_the_bound_of_the_claim_falls_like_one_over_the_log_scale():
    scales = (3e2, 3e3)
    bounds = [claim.setup(order_case.OrderKnobs(log_scale=scale), Stream(0)).distances for scale in scales]
    # Jumps of the layer, 1/Λ; the way from the sweeping point to the hand-over is of that order too.
    np.testing.assert_allclose(bounds[0] / bounds[1], 10.0, rtol=0.1)
