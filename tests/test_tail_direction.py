"""The limit under polynomial tails against a closed form, its own certificate, and the flow itself."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    gd,
    LinearClassification,
    local_gd,
    Logistic,
    max_margin,
    PolynomialTail,
    RecordAt,
    run,
    Stream,
)
from implicitbias.asymptotics import tail_path
from implicitbias.data import orthogonal, separable, set_a, set_a_prime
from implicitbias.errors import BadInput, NotSeparable
from implicitbias.oracle import residual_limit, support_hessian, tail_direction
from paper_repro.papers.derived.polynomial_tail.limit import slope_in_power
from tests.oracle_zoo import rotation


modest = settings(deadline=None, max_examples=25)
seeds = st.integers(0, 2**16)
powers = st.floats(-1.0, 5.0).map(np.exp)
ROUNDED = 1e-11
# Steps of the flow's integrator, 1e-9 each, forgotten where it rests.
INTEGRATED = 1e-9


def planted(seed):
    return separable(Stream(seed), samples=7, dim=3, margin=0.3).samples


@modest
@given(powers, st.floats(0.3, 3.0), st.floats(0.3, 3.0))
def test_orthogonal_rows_have_the_closed_form(power, first, second):
    lengths = np.array([first, second, 1.0])
    found = tail_direction(orthogonal(lengths), power)
    exact = (power * (power + 2.0) * lengths**-power / 3.0) ** (1.0 / (power + 2.0))
    np.testing.assert_allclose(found.point, exact, rtol=ROUNDED)
    np.testing.assert_allclose(found.spectrum, np.ones(3), rtol=1e-9)


@modest
@given(seeds, powers)
def test_no_direction_nearby_or_far_has_a_smaller_sum(seed, power):
    samples, found = planted(seed), tail_direction(planted(seed), power)
    others = (
        found.direction
        + Stream(seed).at("near").generator().standard_normal((200, 3))
        * np.geomspace(1e-4, 1.0, 200)[:, None]
    )
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    margins = others @ samples.signed.T
    inside = (margins > 0.0).all(axis=1)
    log_sums = np.logaddexp.reduce(-power * np.log(margins[inside]), axis=1)
    least = np.logaddexp.reduce(-power * np.log(samples.signed @ found.direction))
    assert inside.any() and (log_sums >= least - 1e-12 * power).all()


@modest
@given(seeds, powers, st.floats(0.1, 10.0))
def test_rotation_and_length_of_the_rows_only_turn_and_stretch_the_limit(seed, power, scale):
    rows, turn = planted(seed).signed, rotation(3, seed)
    found, moved = tail_direction(rows, power), tail_direction(scale * rows @ turn.T, power)
    np.testing.assert_allclose(moved.direction, turn @ found.direction, atol=1e-10)
    stretch = scale ** (-power / (power + 2.0))
    np.testing.assert_allclose(moved.point, stretch * turn @ found.point, rtol=1e-9, atol=1e-10)


@modest
@given(seeds, powers, st.floats(-12.0, -3.0))
def test_the_error_bounds_the_distance_of_a_wrong_point(seed, power, exponent):
    found = tail_direction(planted(seed), power)
    push = Stream(seed).at("push").generator().standard_normal(3) * 10.0**exponent
    rows, shares = planted(seed).signed, np.full(7, 1.0 / 7.0)
    wrong = found.point + push
    margins = rows @ wrong
    gradient = wrong / (power + 2.0) - power * (shares * margins ** (-power - 1.0)) @ rows
    claimed = dataclasses.replace(found, point=wrong, residual=float(np.linalg.norm(gradient)))
    assert claimed.error >= np.linalg.norm(push) - found.error
    distance = np.linalg.norm(claimed.direction - found.direction)
    assert claimed.direction_error >= distance - found.direction_error or claimed.direction_error < 0.0


def test_the_weights_are_those_of_the_workers():
    samples = set_a_prime()
    problem = LinearClassification(
        samples.features, samples.labels, workers=samples.workers, loss=PolynomialTail(2.0)
    )
    own, uniform = tail_direction(problem, 2.0), tail_direction(samples.signed, 2.0)
    np.testing.assert_allclose(own.point, tail_direction(samples, 2.0).point, rtol=ROUNDED)
    assert np.linalg.norm(own.direction - uniform.direction) > 0.04


def test_steep_tails_have_the_curvature_and_the_residual_of_the_exponential_one():
    samples = set_a_prime()
    svm, steep = max_margin(samples), tail_direction(samples, 1e5)
    np.testing.assert_allclose(steep.spectrum, np.linalg.eigvalsh(support_hessian(samples, svm)), atol=1e-4)
    path = svm.weights * (1e5 + 1.0) + residual_limit(samples, svm)
    assert np.linalg.norm(steep.direction - path / np.linalg.norm(path)) < 1e-9


@pytest.mark.parametrize("local_steps", [1, 10])
def test_from_far_out_on_the_limit_path_local_gd_stays_on_it(local_steps):
    samples, power = set_a_prime(), 2.0
    problem = LinearClassification(
        samples.features, samples.labels, workers=samples.workers, loss=PolynomialTail(power)
    )
    found, lr = tail_direction(problem, power), 1.0 / problem.smoothness
    begun = 1e9
    trace = run(
        problem, local_gd(lr, local_steps), 20_000, start=begun**found.growth * found.point, progress=False
    )
    ended = (begun + trace.time[-1]) ** found.growth * found.point
    moved = np.linalg.norm(ended - trace.w[0, 0])
    assert np.linalg.norm(trace.w[0, -1] - ended) < 0.02 * moved


def test_the_slope_in_a_power_drops_the_constant():
    problem = LinearClassification(*(lambda s: (s.features, s.labels))(planted(0)), loss=PolynomialTail(2.0))
    trace = run(problem, local_gd(0.05, 2), 300, progress=False)
    vector, constant = np.array([1.0, -2.0, 0.5]), np.array([3.0, 3.0, -9.0])
    path = trace.time[:, None] ** 0.25 * vector + constant
    _, slopes = slope_in_power(dataclasses.replace(trace, w=path[None]), 0.25)
    np.testing.assert_allclose(slopes, np.tile(vector, (len(slopes), 1)), rtol=1e-9)


def test_bad_input_is_refused():
    with pytest.raises(BadInput, match="exponent"):
        tail_direction(planted(0), 0.0)
    with pytest.raises(NotSeparable):
        tail_direction(np.array([[1.0, 0.0], [-1.0, 0.0]]), 2.0)


@settings(max_examples=5, deadline=None)
@given(st.sampled_from([1.0, 2.0, 4.0]), st.booleans())
def test_the_flow_of_a_tail_rests_at_the_certified_point(power, anchored):
    samples = set_a()
    problem = LinearClassification(
        samples.features, samples.labels, workers=samples.workers, loss=PolynomialTail(power)
    )
    times = np.array([2.0, 200.0, 400.0])
    ends = tail_path(problem, np.array([2.0, 1.0]), times, anchored=anchored)
    limit = tail_direction(problem, power)
    growth = 1.0 / (power + 2.0)
    # An anchor turns a|v|²/2 into (1 + a)|v|²/2, which only shortens v*: by (a/(1 + a))^a.
    shorter = (growth / (1.0 + growth)) ** growth if anchored else 1.0
    for time, w in zip(times[1:], ends[1:], strict=True):
        assert w * np.exp(-growth * time) == pytest.approx(
            shorter * limit.point, rel=20 * np.exp(-growth * time) + INTEGRATED
        )


def test_gradient_descent_follows_the_flow_of_a_tail_as_steps_vanish():
    samples = set_a()
    problem = LinearClassification(
        samples.features, samples.labels, workers=samples.workers, loss=PolynomialTail(2)
    )
    off = []
    for steps in (1_000, 2_000):
        trace = run(problem, gd(20.0 / steps), 3 * steps, record=RecordAt.these([steps, 3 * steps]))
        flow = tail_path(problem, trace.w[0, 1], trace.log_time[1:])
        off.append(np.linalg.norm(flow[-1] - trace.w[0, -1]))
    assert off[1] == pytest.approx(off[0] / 2, rel=0.1)
    assert off[1] < 1e-3


@pytest.mark.parametrize(
    ("loss", "start", "times", "said"),
    [
        (Logistic(), (1.0, 1.0), (1.0, 2.0), "fast_forward"),
        (PolynomialTail(2), (-1.0, 0.0), (1.0, 2.0), "run more rounds"),
        (PolynomialTail(2), (1.0, 1.0), (2.0, 1.0), "increase"),
    ],
)
def test_a_flow_that_is_none_is_refused(loss, start, times, said):
    samples = set_a()
    problem = LinearClassification(samples.features, samples.labels, workers=samples.workers, loss=loss)
    with pytest.raises(BadInput, match=said):
        tail_path(problem, np.array(start), np.array(times))
