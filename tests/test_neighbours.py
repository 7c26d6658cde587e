"""Normalised learning rates, workers that take turns, and rescaling: reductions, exact answers and ranges."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    Exponential,
    gd,
    HeavyBall,
    LinearClassification,
    local_gd,
    local_sgd,
    LocalMethod,
    Logistic,
    Normalised,
    normalised_gd,
    PolynomialTail,
    PowerDecay,
    prgd,
    projection,
    RecordAt,
    Rescaling,
    run,
    sequential_gd,
    Server,
    Stream,
)
from implicitbias.drift import plain_steps
from implicitbias.errors import BadInput
from implicitbias.local_solvers import solve_exactly
from implicitbias.methods import Sequential


SEEDS = st.integers(0, 10**6)
LOSSES = st.sampled_from([Exponential(), Logistic(), PolynomialTail(1.5)])


def problem_of(seed, workers=(0, 0, 0, 1, 1, 2), loss=None, l2=0.0):
    features = Stream(seed).at("rows").generator().normal(size=(6, 3))
    features[:, 0] = np.abs(features[:, 0]) + 0.5
    return LinearClassification(features, np.ones(6), workers=list(workers), loss=loss or Logistic(), l2=l2)


def point_of(seed, size=3.0):
    return size * Stream(seed).at("point").generator().normal(size=3)


@given(SEEDS, LOSSES, st.sampled_from([0.0, 0.1]), st.integers(0, 2))
def test_the_log_gradient_is_the_gradient_over_the_loss(seed, loss, l2, worker):
    problem, w = problem_of(seed, loss=loss, l2=l2), point_of(seed)
    expected = problem.worker_gradient(w, worker) / problem.worker_loss(w, worker)
    assert np.allclose(problem.worker_log_gradient(w, worker), expected, rtol=1e-11, atol=1e-13)


@given(SEEDS, st.floats(1e3, 1e6), st.sampled_from([-1.0, 1.0]))
def test_far_out_the_log_gradient_is_the_row_of_the_least_margin(seed, size, side):
    problem = problem_of(seed, workers=[0] * 6, loss=Exponential())
    w = side * size * point_of(seed, 1.0)
    margins = np.sort(problem.margins(w))
    found = problem.worker_log_gradient(w, 0)
    assert np.isfinite(found).all()
    if margins[1] - margins[0] > 40:
        assert np.allclose(found, -problem.signed[np.argmin(problem.margins(w))], rtol=1e-12)


@given(SEEDS, st.integers(1, 5), st.integers(1, 3))
def test_every_worker_divides_by_its_own_loss_at_its_own_model(seed, rounds, steps):
    problem, w = problem_of(seed), np.zeros(3)
    for r in range(rounds):
        models = []
        for m in range(3):
            v = w
            for j in range(steps):
                rate = 0.4 / np.sqrt(r * steps + j + 1) / problem.worker_loss(v, m)
                v = v - rate * problem.worker_gradient(v, m)
            models.append(v)
        w = np.mean(models, axis=0)
    trace = run(problem, LocalMethod(lr=Normalised(PowerDecay(0.4)), local_steps=steps), rounds)
    assert np.allclose(trace.w[0, -1], w, rtol=1e-11, atol=1e-13)
    assert trace.time[-1] == pytest.approx((0.4 / np.sqrt(np.arange(1, rounds * steps + 1))).sum())


@given(SEEDS, st.floats(0.1, 10.0))
def test_normalised_steps_do_not_see_the_size_of_the_loss(seed, shift):
    # A second coordinate of 1 for every sample shifts all margins alike: e^{-z} is multiplied, its logarithm moved.
    rows = np.column_stack([problem_of(seed).signed, np.ones(6)])
    problem = LinearClassification(rows, np.ones(6), loss=Exponential())
    start = np.array([0.3, -0.2, 0.1, 0.0])
    moved = start + [0.0, 0.0, 0.0, shift]
    plain = run(problem, normalised_gd(0.3), 10, start=start).w[0, -1] - start
    assert np.allclose(run(problem, normalised_gd(0.3), 10, start=moved).w[0, -1] - moved, plain, atol=1e-12)


def test_a_normalised_run_starts_where_the_loss_overflows():
    problem = LinearClassification([[1.0, 0.0]], [1], loss=Exponential())
    trace = run(problem, normalised_gd(1.0), 2000, start=np.array([-1500.0, 0.0]))
    assert trace.w[0, -1] == pytest.approx([500.0, 0.0])


@given(SEEDS, st.integers(1, 4), st.integers(1, 4))
def test_workers_take_turns_on_one_model(seed, rounds, steps):
    problem, w = problem_of(seed), np.zeros(3)
    for _ in range(rounds):
        for m in range(3):
            for _ in range(steps):
                w = w - 0.3 * problem.worker_gradient(w, m)
    trace = run(problem, sequential_gd(0.3, steps), rounds)
    assert np.allclose(trace.w[0, -1], w, rtol=1e-12)
    assert trace.time[-1] == pytest.approx(3 * 0.3 * steps * rounds)
    assert trace.slow_time[-1] == pytest.approx(3 * 0.3**2 * steps * rounds)


@given(SEEDS, st.integers(1, 4))
def test_one_worker_takes_turns_with_itself(seed, steps):
    problem = problem_of(seed, workers=[0] * 6)
    assert np.array_equal(
        run(problem, sequential_gd(0.3, steps), 5).w,
        run(problem, local_gd(0.3, steps), 5, engine="definition").w,
    )


@given(SEEDS)
def test_a_velocity_travels_with_the_model(seed):
    problem, w, v = problem_of(seed), np.zeros(3), np.zeros(3)
    for m in [0, 1, 2] * 3:
        v = 0.5 * v - 0.2 * problem.worker_gradient(w, m)
        w = w + v
    method = dataclasses.replace(sequential_gd(0.2, 1), momentum=HeavyBall(0.5))
    assert np.allclose(run(problem, method, 3).w[0, -1], w, rtol=1e-12)


@given(SEEDS)
def test_projections_in_turn_are_their_sequence(seed):
    problem, u = problem_of(seed), np.zeros((1, 3))
    method = dataclasses.replace(projection(), aggregation=Sequential())
    for m in [0, 1, 2] * 2:
        u = solve_exactly(problem, method.local_solver, m, u)
    assert np.allclose(run(problem, method, 2).w[0, -1], u[0], rtol=1e-12)


@given(SEEDS)
def test_mini_batches_and_server_rates_go_with_turns(seed):
    problem = problem_of(seed, workers=[0] * 3 + [1] * 3)
    whole = local_sgd(0.3, 2, 3, replacement=False)
    first = dataclasses.replace(whole, aggregation=Sequential(), server=Server(rate=0.5))
    w = run(problem, sequential_gd(0.3, 2), 1).w[0, -1]
    assert np.allclose(run(problem, first, 1, stream=Stream(seed)).w[0, -1], 0.5 * w, rtol=1e-12)


@settings(max_examples=20)
@given(SEEDS, st.floats(1.0, 2.0), st.integers(1, 5), st.integers(1, 6))
def test_the_norm_is_set_at_the_beginning_of_a_phase_and_bounded_in_it(seed, growth, every, start):
    problem = problem_of(seed, workers=[0] * 6, loss=Exponential())
    rescaling = Rescaling(0.7, growth, every, start)
    trace = run(problem, prgd(0.3, rescaling), start + 4 * every, record=RecordAt.every(1))
    norms = np.linalg.norm(trace.w[0], axis=1)
    plain = run(problem, normalised_gd(0.3), start - 1, record=RecordAt.every(1))
    assert np.array_equal(trace.w[0, :start], plain.w[0])
    for r in range(start, len(norms)):
        phase, age = divmod(r - start, every)
        radius = 0.7 * growth**phase
        assert norms[r] <= radius * (1 + 1e-12)
        assert age > 0 or norms[r] == pytest.approx(radius, rel=1e-12)


@given(SEEDS)
def test_a_step_inside_the_ball_is_not_rescaled(seed):
    problem = problem_of(seed, workers=[0] * 6)
    method = LocalMethod(lr=0.1, rescaling=Rescaling(5.0, 1.0, every=100))
    begun = run(problem, method, 1).w[0, -1]
    pulled = begun - 0.1 * problem.gradient(begun)
    expected = pulled * min(1.0, 5.0 / np.linalg.norm(pulled))
    assert np.allclose(run(problem, method, 2).w[0, -1], expected, rtol=1e-12)


def test_the_origin_has_no_direction_to_rescale():
    still = LinearClassification([[1.0, 0.0], [-1.0, 0.0]], [1, 1], loss=Logistic())
    trace = run(still, prgd(0.1, Rescaling(2.0, 2.0, 1)), 5)
    assert np.array_equal(trace.w[0, -1], np.zeros(2))


def test_a_radius_beyond_the_floating_point_range_is_divergence():
    problem = LinearClassification([[1.0, 0.0]], [1], loss=Exponential())
    method = prgd(0.1, Rescaling(1.0, 1e300, 1))
    assert run(problem, method, 5, throw=False).rounds[-1] == 2


def test_what_measures_in_units_of_the_learning_rate_refuses_a_normalised_one():
    with pytest.raises(BadInput, match="constant η"):
        plain_steps(problem_of(0), normalised_gd(0.1))
    for method in (sequential_gd(0.1, 2), dataclasses.replace(gd(0.1), rescaling=Rescaling(1.0, 1.1, 2))):
        with pytest.raises(BadInput, match="plain Local GD"):
            plain_steps(problem_of(0), method)
