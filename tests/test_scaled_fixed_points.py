"""Where frozen scalings rest: at the minimiser, beside it by a known vector, or at another point altogether."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    Fixed,
    initial_state,
    LinearClassification,
    LinearRegression,
    LocalMethod,
    Logistic,
    NotCertified,
    round_step,
)
from implicitbias.errors import BadInput
from implicitbias.fixed_point import round_fixed_point
from implicitbias.scaled import (
    first_order_bias,
    fixed_point,
    jump_shift,
    minimiser,
    small_jump_shift,
    smooth_shift,
    stationary_point,
    worker_gradients,
)
from tests.scaled_zoo import diagonal, logistic, numbers, quadratics, regression


seeds = st.integers(0, 2**20)
few = settings(max_examples=10)


def scaled_rounds(problem, entries, lr, local_steps, start, rounds):
    """The iteration itself, with D of shape (dim,) or (worker, dim)."""
    entries = np.broadcast_to(entries, (problem.workers, problem.dim))
    x = start
    for _ in range(rounds):
        ends = []
        for m in range(problem.workers):
            v = x
            for _ in range(local_steps):
                v = v - lr * problem.worker_gradient(v, m) / entries[m]
            ends.append(v)
        x = np.mean(ends, axis=0)
    return x


@few
@given(seed=seeds, workers=st.integers(1, 3), kind=st.sampled_from([logistic, quadratics, regression]))
def test_one_local_step_rests_at_the_minimiser_whatever_the_scaling(seed, workers, kind):
    problem, entries = kind(seed, workers), diagonal(seed, 2)
    x = minimiser(problem)
    assert np.linalg.norm(problem.gradient(x)) < 1e-12 * (1 + problem.smoothness * np.linalg.norm(x))
    rest = fixed_point(problem, entries, 0.1 / problem.smoothness, 1)
    assert np.linalg.norm(rest - x) < 1e-10 * (1 + np.linalg.norm(x))


@few
@given(seed=seeds, steps=st.integers(1, 6), own=st.booleans())
def test_the_fixed_point_is_where_the_iteration_stays(seed, steps, own):
    problem = logistic(seed, 2, l2=0.3)
    entries = (
        np.stack([diagonal(seed, 2, 0.3), diagonal(seed + 1, 2, 0.3)]) if own else diagonal(seed, 2, 0.3)
    )
    lr = 0.5 * entries.min() / problem.smoothness
    rest = fixed_point(problem, entries, lr, steps)
    np.testing.assert_allclose(
        scaled_rounds(problem, entries, lr, steps, rest, 3), rest, rtol=1e-10, atol=1e-11
    )
    away = scaled_rounds(problem, entries, lr, steps, rest + 0.1, 150)
    assert np.linalg.norm(away - rest) < 0.05, "and where it goes"


def test_the_fixed_point_of_a_global_scaling_is_that_of_the_engine():
    problem, entries = logistic(4, 3), diagonal(4, 2, 0.3)
    method = LocalMethod(lr=0.05, local_steps=4, scaling=Fixed(tuple(entries)))
    ours = fixed_point(problem, entries, 0.05, 4)
    np.testing.assert_allclose(ours, round_fixed_point(problem, method, minimiser(problem)), atol=1e-9)
    moved = round_step(problem, method, initial_state(problem, method, ours)).w[0]
    np.testing.assert_allclose(moved, ours, atol=1e-12)


@few
@given(seed=seeds, steps=st.integers(2, 5))
def test_the_bias_of_a_global_scaling_is_the_first_order_vector(seed, steps):
    """Halving η must halve the bias and quarter what the vector leaves."""
    problem, entries = logistic(seed, 3, l2=0.2), diagonal(seed, 2, 0.5)
    x = minimiser(problem)
    lr = 0.02 * entries.min() / (problem.smoothness * steps)
    left, size = [], []
    for eta in (lr, lr / 2):
        bias = fixed_point(problem, entries, eta, steps, x) - x
        vector = first_order_bias(problem, entries, eta, steps, x)
        size.append(np.linalg.norm(bias))
        left.append(np.linalg.norm(bias - vector))
        wrong = vector * steps / (steps - 1)
        assert np.linalg.norm(bias - wrong) > 5 * left[-1], "H instead of H − 1"
    assert size[0] / size[1] == pytest.approx(2.0, rel=0.1)
    assert left[0] / left[1] == pytest.approx(4.0, rel=0.2)


def test_the_vector_needs_the_inverse_scaling():
    """Of the nearby forms A⁻¹ mean A_m D⁻¹∇f_m only this one is first order right; D or no D is not."""
    problem, entries = quadratics(2, 3), np.array([0.3, 2.0])
    x, lr = minimiser(problem), 1e-5
    bias = fixed_point(problem, entries, lr, 3, x) - x
    np.testing.assert_allclose(bias, first_order_bias(problem, entries, lr, 3), rtol=1e-3)
    for wrong in (np.ones(2), 1.0 / entries):
        assert np.linalg.norm(bias - first_order_bias(problem, wrong, lr, 3)) > 0.1 * np.linalg.norm(bias)


@few
@given(seed=seeds, dim=st.integers(1, 3))
def test_own_scalings_rest_at_one_other_point_for_every_learning_rate(seed, dim):
    problem = quadratics(seed, 2, dim)
    entries = np.stack([diagonal(seed, dim, 0.3), diagonal(seed + 1, dim, 0.3)])
    point = stationary_point(problem, entries)
    weights = problem.hessians / entries[..., None]
    pull = np.einsum("mij,mj->i", weights, problem.centres)
    np.testing.assert_allclose(point, np.linalg.solve(weights.sum(axis=0), pull), rtol=1e-8, atol=1e-10)
    for lr in (1e-1, 1e-3, 1e-6):
        np.testing.assert_allclose(fixed_point(problem, entries, lr * 0.1, 1), point, rtol=1e-7, atol=1e-9)


def test_own_scalings_miss_the_minimiser_unless_they_agree_or_all_workers_do():
    entries = np.array([[1.0, 4.0], [4.0, 1.0]])
    problem = quadratics(5, 2)
    x = minimiser(problem)
    assert np.linalg.norm(stationary_point(problem, entries) - x) > 0.05
    np.testing.assert_allclose(stationary_point(problem, entries[:1].repeat(2, 0)), x, atol=1e-10)
    shared = quadratics(5, 2, centred=True)
    assert not worker_gradients(shared, minimiser(shared)).any()
    np.testing.assert_allclose(stationary_point(shared, entries), 0.0, atol=1e-12)


def test_least_squares_with_a_choice_give_the_shortest_minimiser():
    problem = LinearRegression([[1.0, 2.0, 2.0]], [9.0])
    np.testing.assert_allclose(minimiser(problem), [1.0, 2.0, 2.0], atol=1e-12)


def test_separable_data_without_a_ridge_have_no_minimiser():
    problem = LinearClassification([[1.0], [2.0]], [1.0, 1.0], loss=Logistic())
    with pytest.raises(NotCertified, match="l2 > 0"):
        minimiser(problem)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    "entries", [np.ones((3, 2)), np.array([1.0, -1.0]), np.ones(3), np.array([1.0, np.nan])]
)
def test_scalings_must_be_one_positive_diagonal_or_one_each(entries):
    with pytest.raises(BadInput, match="diagonals"):
        stationary_point(quadratics(0, 2), entries)


def local_slopes(slope, model, lr, steps, deviation, workers, rng):
    """Mean slope of many workers at each local step of one round from the model."""
    x, slopes = np.full(workers, model), []
    for _ in range(steps):
        slopes.append(slope(x).mean())
        x = x - lr * (slope(x) + deviation * rng.normal(size=workers))
    return np.array(slopes)


def test_a_jump_of_curvature_shifts_the_model_as_predicted():
    below, above, lr, steps, deviation = 1.0, 4.0, 0.002, 8, 1.0
    slope = lambda x: np.where(x < 0, below * x, above * x)  # noqa: E731
    shift = jump_shift(below, above, lr, steps, deviation)
    assert shift < 0.0, "towards the flat side"
    rng = numbers(0, "jump")
    # At the shifted model the mean slopes of a round cancel; at 0 they do not.
    at, zero = (local_slopes(slope, x, lr, steps, deviation, 400_000, rng).mean() for x in (shift, 0.0))
    assert abs(at) < 0.03 * abs(zero)
    ratio = jump_shift(below, above, lr, 400, deviation) / jump_shift(below, above, lr, 100, deviation)
    assert ratio == pytest.approx(2.0, rel=0.01), "square of order H"
    assert jump_shift(2.0, 2.0, lr, steps, deviation) == 0.0 == jump_shift(below, above, lr, 1, deviation)
    assert jump_shift(above, below, lr, steps, deviation) == pytest.approx(-shift)


@pytest.mark.parametrize("steps", [2, 8, 100])
def test_a_small_jump_shifts_to_first_order_in_the_asymmetry(steps):
    left = [
        abs(jump_shift(1.0, 1.0 + a, 0.1, steps, 2.0) / small_jump_shift(1.0, 1.0 + a, 0.1, steps, 2.0) - 1.0)
        for a in (0.02, 0.01)
    ]
    assert left[0] < 0.02
    assert left[1] < 0.6 * left[0], "what it leaves vanishes with the jump"


def test_a_third_derivative_shifts_the_model_as_predicted():
    second, third, lr, steps, deviation = 2.0, 3.0, 0.002, 8, 1.0
    shift = smooth_shift(second, third, lr, steps, deviation)
    assert shift < 0.0 == smooth_shift(second, third, lr, 1, deviation)
    # Exact: with f′ = f″x + f‴x²/2, E x_k = x̂ and Var x_k = kη²σ² up to O(ηH).
    slopes = [second * shift + third / 2.0 * lr**2 * deviation**2 * k for k in range(steps)]
    assert abs(np.mean(slopes)) < 1e-12 * abs(second * shift) + 1e-18
    assert (
        smooth_shift(second, third, lr, 9, deviation) / smooth_shift(second, third, lr, 3, deviation) == 4.0
    )
    assert smooth_shift(second, third, 2 * lr, 3, deviation) == pytest.approx(
        4 * smooth_shift(second, third, lr, 3, deviation)
    )


def test_identical_quadratics_do_not_shift():
    problem = quadratics(3, 3, identical=True)
    x = minimiser(problem)
    np.testing.assert_allclose(first_order_bias(problem, np.array([0.5, 2.0]), 0.1, 9), 0.0, atol=1e-12)
    np.testing.assert_allclose(fixed_point(problem, np.array([0.5, 2.0]), 0.01, 9), x, atol=1e-10)
