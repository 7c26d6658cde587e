"""Exact local solves: proximal points, projections and sweeping processes against what is known of them."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import minimize, nnls

from implicitbias.errors import BadInput, NotCertified, NotSeparable
from implicitbias.local_solvers import proximal_point, solve_exactly, sweep
from implicitbias.losses import Exponential, Logistic, PolynomialTail
from implicitbias.methods import Flow, GradientSteps, Projection, Proximal, Sweeping
from implicitbias.oracle import max_margin
from implicitbias.problems import LinearClassification, LinearRegression, Quadratics
from implicitbias.stream import Stream


# Rounding of a few dozen operations on numbers of the sizes drawn here.
ROUNDING = 1e-11

# Two samples of which the first is released on the way: sweeping differs from projection.
RELEASE = np.array([[2.0, 1.0], [1.0, 0.0]])
START = np.array([-3.0, 1.0])

# Two workers, three samples each, with heterogeneous local separators.
TWO_WORKERS = np.array([(1, 0.1), (2, -0.2), (1.5, 1.5), (0.2, 1.6), (0.9, 2.5), (-0.4, 4.8)])

seeds = st.integers(0, 10**6)
limits = st.sampled_from([Projection(), Sweeping()])
losses = st.sampled_from([Exponential(), Logistic(), PolynomialTail(2.0), PolynomialTail(0.5)])


def one_worker(signed, **options):
    return LinearClassification(signed, np.ones(len(signed)), **options)


def draw(seed, n, d, *, separable=True):
    """Rows with x_i·w > 0 for a hidden w, and a point that is far from satisfying them."""
    generator = Stream(seed).at("data").generator()
    rows = generator.standard_normal((n, d))
    if separable:
        rows *= np.sign(rows @ generator.standard_normal(d))[:, None]
    return rows, 3.0 * generator.standard_normal(d)


def solve(problem, solver, u, worker=0):
    return solve_exactly(problem, solver, worker, np.asarray(u, dtype=float)[None])[0]


def two_workers(**options):
    return LinearClassification(TWO_WORKERS, np.ones(6), workers=2, **options)


def average(problem, solver, u):
    return np.mean([solve(problem, solver, u, m) for m in range(problem.workers)], axis=0)


# Projection and sweeping process


def test_sweeping_and_projection_part_where_a_constraint_is_released():
    path = sweep(RELEASE, START)
    np.testing.assert_allclose(path.times, [-5, -5 / 3, 1], atol=ROUNDING)
    np.testing.assert_allclose(path.points, [START, (-5 / 3, 5 / 3), (1, 5 / 3)], atol=ROUNDING)
    problem = one_worker(RELEASE)
    np.testing.assert_allclose(solve(problem, Sweeping(), START), (1, 5 / 3), atol=ROUNDING)
    np.testing.assert_allclose(solve(problem, Projection(), START), (1, 1), atol=ROUNDING)


@given(seeds, st.integers(1, 8), st.integers(2, 8), limits)
@settings(deadline=None, max_examples=30)
def test_the_solution_is_feasible_and_fejer(seed, n, d, solver):
    rows, u = draw(seed, n, d)
    end = solve(one_worker(rows), solver, u)
    assert (rows @ end).min() >= 1 - ROUNDING * (1 + np.abs(end).max())
    centre = max_margin(rows).weights
    for scale in (1.0, 2.0, 30.0):
        assert np.linalg.norm(end - scale * centre) <= np.linalg.norm(u - scale * centre) + ROUNDING
    assert np.linalg.norm(solve(one_worker(rows), solver, end) - end) <= ROUNDING * (1 + np.abs(end).max())


@pytest.mark.parametrize("solver", [Projection(), Sweeping()])
def test_fejer_fails_for_a_point_outside_the_set(solver):
    outside = max_margin(RELEASE).weights / 2
    assert np.linalg.norm(solve(one_worker(RELEASE), solver, outside) - outside) > 0.1


@given(seeds, st.integers(1, 8), st.integers(1, 8), limits)
@settings(deadline=None, max_examples=20)
def test_points_of_the_set_are_fixed_to_the_bit(seed, n, d, solver):
    rows, _ = draw(seed, n, d)
    inside = 1.5 * max_margin(rows).weights
    assert (solve(one_worker(rows), solver, inside) == inside).all()


@given(seeds, st.integers(1, 10), st.integers(1, 6), limits)
@settings(deadline=None, max_examples=20)
@example(26, 3, 1, Sweeping())  # through u = 0 at s = 0, where every relative allowance vanishes
def test_both_maps_are_nonexpansive(seed, n, d, solver):
    rows, u = draw(seed, n, d)
    other = u + Stream(seed).at("other").generator().standard_normal(d)
    problem = one_worker(rows)
    apart = np.linalg.norm(solve(problem, solver, u) - solve(problem, solver, other))
    assert apart <= np.linalg.norm(u - other) + ROUNDING * (1 + np.abs(u).max())


@given(seeds, st.integers(1, 8), limits)
@settings(deadline=None, max_examples=20)
def test_one_sample_is_a_projection_on_a_half_space(seed, d, solver):
    rows, u = draw(seed, 1, d)
    x = rows[0]
    expected = u + max(0.0, 1 - x @ u) / (x @ x) * x
    np.testing.assert_allclose(solve(one_worker(rows), solver, u), expected, atol=ROUNDING)


@given(seeds, st.integers(2, 9), st.integers(2, 8))
@settings(deadline=None, max_examples=20)
def test_sweeping_from_the_origin_is_the_local_separator(seed, n, d):
    rows, _ = draw(seed, n, d)
    separator = max_margin(rows).weights
    np.testing.assert_allclose(sweep(rows, np.zeros(d)).end, separator, atol=1e-9 * np.abs(separator).max())


def test_sweeping_from_the_origin_of_each_worker():
    np.testing.assert_allclose(sweep(TWO_WORKERS[:3], np.zeros(2)).end, (100 / 101, 10 / 101), atol=ROUNDING)
    np.testing.assert_allclose(sweep(TWO_WORKERS[3:], np.zeros(2)).end, (1 / 13, 8 / 13), atol=ROUNDING)


@given(seeds, st.integers(2, 9), st.integers(2, 6))
@settings(deadline=None, max_examples=20)
def test_each_piece_of_the_path_pushes_with_nonnegative_weights_at_unit_speed(seed, n, d):
    rows, u = draw(seed, n, d)
    path = sweep(rows, u)
    size = 1 + np.abs(path.points).max()
    for k, active in enumerate(path.active):
        duration = path.times[k + 1] - path.times[k]
        move = path.points[k + 1] - path.points[k]
        weights, residual = nonnegative_combination(rows[list(active)], move)
        assert residual <= 1e-9 * size
        pushed = rows[list(active)][weights > 1e-7 * duration]
        np.testing.assert_allclose(pushed @ move, duration, atol=1e-8 * size)
        assert (rows @ path.points[k + 1]).min() >= path.times[k + 1] - 1e-9 * size


def nonnegative_combination(rows, move):
    # SciPy aborts the process on a system without columns.
    return nnls(rows.T, move) if len(rows) else (np.zeros(0), np.linalg.norm(move))


@given(seeds, st.integers(1, 4))
@settings(deadline=None, max_examples=20)
def test_without_release_sweeping_is_projection(seed, n):
    generator = Stream(seed).at("nearly orthogonal").generator()
    # Diagonally dominant products: every velocity has positive weights, so that no constraint is released.
    rows = np.eye(n, 5) + 0.05 * generator.standard_normal((n, 5))
    u = 3.0 * generator.standard_normal(5)
    path = sweep(rows, u)
    assert all(set(a) <= set(b) for a, b in zip(path.active, path.active[1:], strict=False))
    np.testing.assert_allclose(path.end, solve(one_worker(rows), Projection(), u), atol=ROUNDING)


@given(seeds, st.integers(1, 8), st.integers(1, 6))
@settings(deadline=None, max_examples=20)
def test_the_projection_is_the_nearest_point(seed, n, d):
    rows, u = draw(seed, n, d)
    projected = solve(one_worker(rows), Projection(), u)
    weights, residual = nonnegative_combination(rows[rows @ projected <= 1 + 1e-9], projected - u)
    assert residual <= 1e-9 * (1 + np.abs(u).max())
    assert (weights >= 0).all()


def local_flow(rows, u, log_scale):
    """Solve du/ds = (1/n) Σ x exp(Λ(s − x·u)) up to s = 1, from before the first constraint acts."""

    def weights(s, point):
        # The cap acts on trial points of the implicit scheme alone; on the path the exponent stays below 10.
        return np.exp(np.minimum(log_scale * (s - rows @ point), 100.0)) / len(rows)

    def push(s, point):
        return weights(s, point) @ rows

    def stiffness(s, point):
        return -log_scale * (rows.T * weights(s, point)) @ rows

    begin = min((rows @ u).min(), 1.0) - 30.0 / log_scale
    flow = solve_ivp(push, (begin, 1.0), u, method="Radau", jac=stiffness, rtol=1e-8, atol=1e-10)
    return flow.y[:, -1]


def test_the_local_flow_at_finite_scale():
    np.testing.assert_allclose(local_flow(RELEASE, START, 20), (0.9653, 1.6850), atol=5e-5)
    np.testing.assert_allclose(local_flow(RELEASE, START, 100), (0.9931, 1.6703), atol=5e-5)
    np.testing.assert_allclose(local_flow(RELEASE, START, 400), (0.9983, 1.6676), atol=5e-5)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4])
def test_the_local_flow_tends_to_sweeping(seed):
    rows, u = draw(seed, 5, 3)
    end = sweep(rows, u).end
    coarse, fine = (np.linalg.norm(local_flow(rows, u, scale) - end) for scale in (100.0, 400.0))
    # log Λ/Λ falls by 3.07 and 1/Λ by 4 from Λ = 100 to 400.
    assert fine <= coarse / 2.5
    assert coarse <= 0.2 * (1 + np.linalg.norm(end))


def test_the_local_flow_tells_sweeping_from_projection():
    end = local_flow(RELEASE, START, 400)
    assert np.linalg.norm(end - (1, 5 / 3)) < 0.01 < np.linalg.norm(end - (1, 1))


@pytest.mark.parametrize("solver", [Projection(), Sweeping()])
def test_duplicate_rows_change_nothing(solver):
    doubled = one_worker(np.vstack([RELEASE, RELEASE, 2 * RELEASE]))
    np.testing.assert_allclose(
        solve(doubled, solver, START), solve(one_worker(RELEASE), solver, START), atol=ROUNDING
    )


# Averaged rounds


def test_halpern_residual_bound():
    problem, u = two_workers(), np.zeros(2)
    separator = max_margin(problem).weights
    ratios = []
    for r in range(200):
        moved = average(problem, Projection(), u)
        ratios.append(np.linalg.norm(u - moved) * (r + 1) / np.linalg.norm(separator))
        u = (1 - 1 / (r + 2)) * moved
    assert max(ratios) <= 2.0
    # The distance itself falls like 1/r, with the constant of this data set.
    assert 200 * np.linalg.norm(u - separator) == pytest.approx(1.85, abs=0.02)


def test_plain_averaging_stops_away_from_the_separator():
    for solver in (Projection(), Sweeping()):
        problem, u = two_workers(), np.zeros(2)
        for _ in range(200):
            u = average(problem, solver, u)
        assert (TWO_WORKERS @ u).min() == pytest.approx(1.0, abs=ROUNDING)
        assert np.linalg.norm(u - max_margin(problem).weights) > 0.015


def test_anchored_proximal_rounds_have_a_floor_set_by_the_log_scale():
    problem, w = two_workers(), np.zeros(2)
    separator = max_margin(problem).weights
    for r in range(100):
        w = (1 - 1 / (r + 2)) * average(problem, Proximal(np.exp(-30.0)), w)
    assert np.linalg.norm(w / 30 - separator) == pytest.approx(0.0364, abs=1e-4)


# Proximal points


@given(seeds, st.integers(1, 9), st.integers(1, 9), losses, st.sampled_from([0.0, 0.3]))
@settings(deadline=None, max_examples=30)
def test_proximal_point_against_a_generic_minimiser(seed, n, d, loss, l2):
    rows, v = draw(seed, n, d, separable=False)
    problem, strength = one_worker(rows, loss=loss, l2=l2), 0.2

    def objective(w):
        return problem.worker_loss(w, 0) + strength / 2 * ((w - v) ** 2).sum()

    def gradient(w):
        return problem.worker_gradient(w, 0) + strength * (w - v)

    w = proximal_point(problem, 0, v, strength).w
    assert np.linalg.norm(gradient(w)) <= 1e-11 * (1 + np.linalg.norm(v))
    start = np.zeros(d)
    found = minimize(objective, start, jac=gradient, method="BFGS", options={"gtol": 1e-9})
    assert objective(w) <= objective(found.x) + ROUNDING
    np.testing.assert_allclose(w, found.x, atol=1e-5)


@given(seeds, st.integers(1, 9), st.integers(1, 9), losses, st.floats(-300, 0.5))
@settings(deadline=None, max_examples=30)
def test_proximal_point_satisfies_its_equation_for_every_strength(seed, n, d, loss, exponent):
    rows, v = draw(seed, n, d)
    problem, strength = one_worker(rows, loss=loss), 10.0**exponent
    point = proximal_point(problem, 0, v, strength)
    move = point.w - v - point.coefficients @ rows
    # An error ε of a margin is an error ε of log c; margins are rounded to eps·|x_i||w|.
    scale = 1 + np.linalg.norm(rows, axis=1).max() * np.linalg.norm(point.w)
    weight = point.coefficients @ np.linalg.norm(rows, axis=1)
    assert np.linalg.norm(move) <= 1e-14 * scale * (1 + weight)
    margins = rows @ point.w
    with np.errstate(divide="ignore"):
        logs = np.log(loss.slope(margins)) - np.log(n) - np.log(strength)
    finite = margins < 300
    np.testing.assert_allclose(point.log_coefficients[finite], logs[finite], atol=1e-9, rtol=1e-12)


@pytest.mark.parametrize("log_scale", [20.0, 100.0, 690.0])
def test_proximal_closed_form(log_scale):
    point = proximal_point(one_worker(RELEASE), 0, log_scale * START, np.exp(-log_scale))
    u = point.rescaled
    assert 1 - u[0] == pytest.approx(np.log(2 * log_scale * (u[0] + 3)) / log_scale, abs=1e-13)
    assert u[1] == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(u - START, point.multipliers @ RELEASE, atol=ROUNDING)
    shortfall = (np.log(2.0) + point.log_coefficients) / log_scale
    np.testing.assert_allclose(1 - RELEASE @ u, shortfall, atol=ROUNDING)


def test_proximal_numbers():
    for log_scale, first in ((20.0, 0.74948), (100.0, 0.93332)):
        u = proximal_point(one_worker(RELEASE), 0, log_scale * START, np.exp(-log_scale)).rescaled
        np.testing.assert_allclose(u, (first, 1.0), atol=1e-5)


@given(seeds, st.integers(1, 6), st.sampled_from([Exponential(), Logistic()]))
@settings(deadline=None, max_examples=20)
def test_proximal_points_reach_the_projection_at_rate_log_scale_over_scale(seed, n, loss):
    rows, v = draw(seed, n, 6)
    problem = one_worker(rows, loss=loss)
    target = solve(problem, Projection(), v)
    gaps = []
    for log_scale in (30.0, 150.0, 700.0):
        point = proximal_point(problem, 0, log_scale * v, np.exp(-log_scale))
        gaps.append(np.linalg.norm(point.rescaled - target) * log_scale / np.log(log_scale))
    if np.linalg.norm(target - v) > 0.1:
        assert gaps[2] <= 1.5 * gaps[1] + 1e-3
        assert gaps[2] >= 0.2 * gaps[1]


def test_the_rate_is_not_one_over_the_scale():
    problem = one_worker(RELEASE)
    products = []
    for log_scale in (30.0, 150.0, 700.0):
        point = proximal_point(problem, 0, log_scale * START, np.exp(-log_scale))
        products.append((1 - point.rescaled[0]) * log_scale)
    assert np.diff(products) == pytest.approx(np.log([5.0, 700 / 150]), abs=0.1)


def test_proximal_limit_is_the_projection_and_not_the_sweeping_process():
    u = proximal_point(one_worker(RELEASE), 0, 690 * START, np.exp(-690.0)).rescaled
    assert np.linalg.norm(u - (1, 1)) < 0.02
    assert np.linalg.norm(u - (1, 5 / 3)) > 0.6


def test_more_samples_than_dimensions_and_fewer_agree():
    rows, v = draw(3, 12, 4)
    embedded = np.hstack([rows, np.zeros((12, 20))])
    tall = proximal_point(one_worker(rows), 0, 50 * v, 1e-100)
    wide = proximal_point(one_worker(embedded), 0, np.append(50 * v, np.zeros(20)), 1e-100)
    np.testing.assert_allclose(wide.w[:4], tall.w, rtol=1e-12)
    assert (wide.w[4:] == 0).all()


@given(seeds, losses, st.sampled_from([1e-3, 1e-12, 1e-60]))
@settings(deadline=None, max_examples=20)
def test_local_data_that_are_not_separable(seed, loss, strength):
    rows, v = draw(seed, 5, 3)
    rows = np.vstack([rows, -rows])
    problem = one_worker(rows, loss=loss)
    w = proximal_point(problem, 0, v, strength).w
    assert np.linalg.norm(problem.worker_gradient(w, 0) + strength * (w - v)) <= 1e-10


def test_mixed_data_are_solved_or_refused():
    # The first two rows conflict along one axis, the third pushes along the other without end.
    problem = one_worker(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]))
    v = np.array([0.5, 0.0])
    w = proximal_point(problem, 0, v, 1e-6).w
    assert w[0] == pytest.approx(0.5e-6 / (2 / 3), rel=1e-4)
    assert np.log(w[1]) + w[1] == pytest.approx(np.log(1e6 / 3), rel=1e-9)
    with pytest.raises(NotCertified, match="use a larger λ"):
        proximal_point(problem, 0, v, 1e-60)


def test_a_far_start_overflows_nothing():
    problem = one_worker(RELEASE)
    for v in ((-1e4, -1e4), (1e4, -3e4), (1e5, 1e5)):
        point = proximal_point(problem, 0, np.array(v), 1e-300)
        assert np.isfinite(point.w).all()
        assert point.relative_error <= 1e-12


# Quadratic losses


@given(seeds, st.integers(1, 8), st.integers(1, 8), st.floats(-6, 1))
@settings(deadline=None, max_examples=20)
def test_regression_proximal_point_solves_the_normal_equations(seed, n, d, exponent):
    generator = Stream(seed).at("regression").generator()
    x, y = generator.standard_normal((n, d)), generator.standard_normal(n)
    v = generator.standard_normal((2, d))
    strength = 10.0**exponent
    found = solve_exactly(LinearRegression(x, y), Proximal(strength), 0, v)
    direct = np.linalg.solve(x.T @ x / n + strength * np.eye(d), (x.T @ y / n + strength * v).T).T
    np.testing.assert_allclose(found, direct, rtol=1e-8, atol=1e-8)


@given(seeds, st.integers(1, 8), st.integers(1, 8), limits)
@settings(deadline=None, max_examples=20)
def test_regression_limit_is_the_affine_projection(seed, n, d, solver):
    generator = Stream(seed).at("regression").generator()
    x, y = generator.standard_normal((n, d)), generator.standard_normal(n)
    w = generator.standard_normal((2, d))
    problem = LinearRegression(x, y)
    found = solve_exactly(problem, solver, 0, w)
    np.testing.assert_allclose(found, w - (w @ x.T - y) @ np.linalg.pinv(x).T, atol=1e-8)
    np.testing.assert_allclose(solve_exactly(problem, Proximal(1e-300), 0, w), found, atol=1e-8)
    steps, lr = w, 1.0 / problem.smoothness
    for _ in range(200):
        steps = steps - lr * problem.worker_gradient(steps, 0)
    assert (np.linalg.norm(steps - found, axis=1) <= np.linalg.norm(w - found, axis=1) + ROUNDING).all()


@given(seeds, st.integers(1, 6), st.integers(1, 6), limits)
@settings(deadline=None, max_examples=20)
def test_quadratic_solutions(seed, rank, d, solver):
    generator = Stream(seed).at("quadratic").generator()
    root, centre, w = generator.standard_normal((rank, d)), *generator.standard_normal((2, d))
    problem = Quadratics((root.T @ root)[None], centre[None])
    near = solve(problem, Proximal(0.3), w)
    assert np.abs(problem.worker_gradient(near, 0) + 0.3 * (near - w)).max() <= ROUNDING * 1e2
    end = solve(problem, solver, w)
    np.testing.assert_allclose(end, w - np.linalg.pinv(root) @ root @ (w - centre), atol=1e-7)
    np.testing.assert_allclose(solve(problem, Proximal(1e-300), w), end, atol=1e-9)


@given(seeds, st.integers(1, 6), st.integers(1, 6), st.floats(-2.0, 1.0))
@settings(deadline=None, max_examples=20)
def test_a_quadratic_flow_is_what_many_small_steps_tend_to(seed, n, d, log_time):
    generator = Stream(seed).at("flow").generator()
    x, y, w = generator.standard_normal((n, d)), generator.standard_normal(n), np.ones((2, d))
    squares = Quadratics((x.T @ x)[None] / n, (np.linalg.pinv(x) @ y)[None])
    for problem in (LinearRegression(x, y), squares):
        found, errors = solve_exactly(problem, Flow(log_time), 0, w), []
        for steps in (2000, 4000):
            v, lr = w, np.exp(log_time) / steps
            for _ in range(steps):
                v = v - lr * problem.worker_gradient(v, 0)
            errors.append(np.abs(v - found).max())
        # Euler's method is of first order: half the step, half the error.
        assert errors[1] <= 0.6 * errors[0] + ROUNDING
    end = solve_exactly(LinearRegression(x, y), Flow(1e4), 0, w)
    np.testing.assert_allclose(end, solve_exactly(LinearRegression(x, y), Sweeping(), 0, w), atol=1e-8)


# The door


def test_every_replica_is_solved_alone():
    problem = two_workers()
    w = np.array([START, -START, [0.5, 0.5]])
    for solver in (Flow(3.0), Proximal(1e-9), Projection(), Sweeping()):
        together = solve_exactly(problem, solver, 1, w)
        alone = [solve(problem, solver, row, 1) for row in w]
        assert (together == alone).all()


@pytest.mark.parametrize("solver", [Projection(), Sweeping()])
def test_the_limits_refuse_data_on_which_they_mean_nothing(solver):
    rows = np.vstack([RELEASE, -RELEASE])
    with pytest.raises(NotSeparable, match="worker 0: C_m"):
        solve(one_worker(rows), solver, START)
    with pytest.raises(BadInput, match="l2 = 0.1"):
        solve(one_worker(RELEASE, l2=0.1), solver, START)
    with pytest.raises(BadInput, match="polynomial tail"):
        solve(one_worker(RELEASE, loss=PolynomialTail(2.0)), solver, START)


def test_bad_input_is_named():
    problem = one_worker(RELEASE)
    with pytest.raises(BadInput, match=r"local_solver = GradientSteps\(\)"):
        solve_exactly(problem, GradientSteps(), 0, START[None])  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="worker = 1"):
        solve(problem, Projection(), START, worker=1)
    with pytest.raises(BadInput, match="w has shape"):
        solve_exactly(problem, Projection(), 0, np.zeros((1, 3)))
    with pytest.raises(BadInput, match="regularisation = 1e-320"):
        proximal_point(problem, 0, START, 1e-320)
    with pytest.raises(BadInput, match="worker = -1"):
        proximal_point(problem, -1, START, 1e-3)
    with pytest.raises(BadInput, match="Λ"):
        _ = proximal_point(problem, 0, START, 1.0).rescaled
    with pytest.raises(NotSeparable):
        sweep(np.vstack([RELEASE, -RELEASE]), START)
    with pytest.raises(BadInput, match="start"):
        sweep(RELEASE, np.zeros(3))


def test_what_is_prepared_does_not_keep_the_problem_alive():
    import gc
    import weakref

    problem = two_workers()
    for solver in (Flow(3.0), Proximal(1e-9), Projection(), Sweeping()):
        solve(problem, solver, START)
    watch = weakref.ref(problem)
    del problem
    gc.collect()
    assert watch() is None


def test_importing_the_solvers_leaves_cvxpy_alone():
    code = (
        "import sys, implicitbias.local_solvers; "
        "assert not {'cvxpy', 'sympy', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
