"""Bias, drift, projections, servers, fresh data, merging: each closed form against another way to the same number."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    Average,
    BadInput,
    diloco,
    fedavg,
    fednova,
    fedprox,
    Fixed,
    LinearRegression,
    local_gd,
    LocalMethod,
    proximal,
    Quadratics,
    scaffold,
    Server,
)
from implicitbias.recursions import (
    affine_round,
    average_drift,
    averaged_projections,
    best_server_rate,
    bias_expansion,
    contraction,
    delay_limit,
    first_order_bias,
    first_order_drift,
    fisher_merge,
    FreshRegression,
    minimiser_of,
    nearest_solution,
    one_shot_excess,
    outer_radius,
    task_arithmetic,
    worker_curvatures,
)
from implicitbias.scaled import first_order_bias as savic_bias
from tests.recursion_zoo import golden, quadratics, regression


FOUR = 5e-5  # half a unit of the fourth decimal of the tables worked out by hand
MODES = np.linspace(0.05, 1.0, 50)
RATES = (0.5, 0.7, 1.0, 1.3, 1.6, 2.0)

seeds = st.integers(0, 2**20)


@given(
    seed=seeds,
    family=st.sampled_from([fedavg, fednova, lambda *a: fedprox(a[0], a[1], 0.5, a[2])]),
    local_steps=st.one_of(st.integers(1, 6), st.tuples(*[st.integers(1, 6)] * 3)),
    scaling=st.sampled_from(
        [Fixed((1.0, 1.0, 1.0)), Fixed((1.0, 2.0, 0.5)), Fixed(((1.0,) * 3, (2.0,) * 3, (1, 2, 3)))]
    ),
)
def test_the_bias_expansion_misses_the_fixed_point_by_the_square_of_the_rate(
    seed, family, local_steps, scaling
):
    problem, misses = regression(seed), []
    for lr in (1e-3, 5e-4):
        method = family(lr, local_steps, (1.0, 2.0, 4.0))
        if method.correction is None:
            method = LocalMethod(
                lr=lr,
                local_steps=local_steps,
                local_solver=method.local_solver,
                aggregation=method.aggregation,
                scaling=scaling,
            )
        expansion = bias_expansion(problem, method)
        misses.append(np.linalg.norm(affine_round(problem, method).fixed_point - expansion.at(lr)))
        assert np.allclose(
            first_order_bias(problem, method), expansion.at(lr) - minimiser_of(problem, method)
        )
    if misses[1] > 1e-10:
        assert misses[0] / misses[1] == pytest.approx(4.0, rel=0.1)


def test_small_rates_find_the_limits_of_the_golden_instance():
    for family, local_steps, limit in (
        (fedavg, (10, 2), 1 / 21),
        (fedavg, (2, 10), 5 / 9),
        (fednova, (10, 2), 0.2),
        (scaffold, (10, 2), 0.2),
    ):
        assert np.allclose(bias_expansion(golden(), family(0.1, local_steps, None)).limit, limit, atol=1e-14)


def test_the_bias_of_local_gd_is_that_of_the_scaled_theory():
    problem, diagonal = quadratics(3), (1.0, 2.0, 0.5)
    method = local_gd(0.05, 7, scaling=Fixed(diagonal))
    known = savic_bias(problem, np.array(diagonal), 0.05, 7)
    assert np.allclose(first_order_bias(problem, method), known, rtol=1e-9, atol=1e-13)


@given(seed=seeds, local_steps=st.integers(1, 20), lr=st.floats(0.05, 0.9))
def test_equal_curvatures_do_not_drift_however_far_apart_the_minimisers(seed, local_steps, lr):
    one, numbers = quadratics(seed, workers=1), np.random.default_rng(seed)
    problem = Quadratics(np.tile(one.hessians, (4, 1, 1)), 10 * numbers.normal(size=(4, 3)))
    assert average_drift(problem, local_gd(lr, local_steps)) < 1e-12 / lr
    if local_steps > 1:
        assert average_drift(quadratics(seed), local_gd(lr, local_steps)) > 1e-8


def test_the_drift_is_the_step_of_a_round_from_the_minimiser_and_tends_to_its_expansion():
    problem, x = quadratics(2), minimiser_of(quadratics(2), local_gd(0.1, 2))
    ends = [x, x, x]
    for m in range(3):
        for _ in range(8):
            ends[m] = ends[m] - 0.3 * problem.worker_gradient(ends[m], m)
    drift = np.linalg.norm(np.mean(ends, axis=0) - x) / (0.3 * 8)
    assert average_drift(problem, local_gd(0.3, 8)) == pytest.approx(drift, rel=1e-11)
    small = local_gd(1e-5, 8)
    assert average_drift(problem, small) == pytest.approx(first_order_drift(problem, small), rel=1e-3)


@given(seed=seeds, rank=st.integers(1, 2), dim=st.integers(5, 7))
def test_consistent_projections_end_at_the_solution_next_to_the_start(seed, rank, dim):
    numbers = np.random.default_rng(seed)
    weights, spread = (1.0, 3.0), quadratics(seed, workers=2, dim=dim, rank=rank).hessians
    problem = Quadratics(spread, np.tile(numbers.normal(size=dim), (2, 1)))
    start = numbers.normal(size=dim)
    method = averaged_projections(problem, weights)
    assert np.allclose(method.limit(start), nearest_solution(problem, start), rtol=0, atol=1e-8)
    projectors = [np.linalg.pinv(a, rcond=1e-9, hermitian=True) @ a for a in spread]
    shares = np.linalg.eigvalsh(0.25 * projectors[0] + 0.75 * projectors[1])
    assert method.rate == pytest.approx(1 - shares[shares > 1e-9].min(), abs=1e-9)


def test_projections_of_workers_that_disagree_do_not_end_at_least_squares():
    problem = Quadratics([np.diag([1.0, 0.0]), np.diag([4.0, 0.0])], [[0.0, 5.0], [1.0, -5.0]])
    assert np.allclose(
        averaged_projections(problem).limit(np.array([3.0, 7.0])), [0.5, 7.0], rtol=0, atol=1e-13
    )
    assert np.allclose(problem.minimiser, [0.8, 0.0])
    with pytest.raises(BadInput, match="no solution in common"):
        nearest_solution(problem, np.zeros(2))


def test_a_common_scaling_makes_it_the_nearest_solution_in_its_own_norm():
    numbers, diagonal = np.random.default_rng(1), np.array([1.0, 2.0, 4.0, 0.5])
    rows, solution, start = numbers.normal(size=(2, 4)), numbers.normal(size=4), numbers.normal(size=4)
    problem = LinearRegression(rows, rows @ solution, workers=2)
    found = affine_round(problem, local_gd(0.02, 5, scaling=Fixed(tuple(diagonal)))).limit(start)
    root = np.sqrt(diagonal)
    nearest = start - np.linalg.pinv(rows / root) @ (rows @ (start - solution)) / root
    assert np.allclose(found, nearest, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("delay", "printed"), [(0, 2), (1, 1), (2, 0.61803), (5, 0.28463), (10, 0.14946)])
def test_delayed_descent_is_stable_up_to_the_limit_and_not_beyond(delay, printed):
    assert abs(delay_limit(delay) - printed) < 5e-6 * 1.01
    line = Quadratics([[[1.0]]], [[1.0]])
    for share, stable in ((0.99, True), (1.01, False)):
        method = fedavg(share * delay_limit(delay), 1, None, server=Server(delay=delay))
        assert affine_round(line, method).stable is stable
        inner = LocalMethod(
            lr=0.3, local_steps=4, server=Server(share * delay_limit(delay) / 0.7599, delay=delay)
        )
        assert affine_round(line, inner).stable is stable


@pytest.mark.parametrize(
    ("local_steps", "momentum", "radius", "winner"),
    [
        (1, 0.0, 0.9800, 2.0),
        (1, 0.5, 0.9591, 2.0),
        (1, 0.9, 0.9391, 2.0),
        (8, 0.0, 0.8455, 2.0),
        (8, 0.5, 0.7258, 1.6),
        (8, 0.9, 0.8998, 1.3),
        (32, 0.0, 0.5987, 1.6),
        (32, 0.5, 0.6021, 1.0),
        (32, 0.9, 0.8078, 1.0),
    ],
)
def test_server_rates_and_momenta_on_a_common_hessian(local_steps, momentum, radius, winner):
    radii = {rate: outer_radius(MODES, 0.2, local_steps, rate, momentum) for rate in RATES}
    assert min(radii, key=radii.__getitem__) == winner and abs(radii[winner] - radius) <= FOUR
    best = best_server_rate(MODES, 0.2, local_steps, momentum)
    assert best.radius <= radii[winner] and best.radius == outer_radius(
        MODES, 0.2, local_steps, best.rate, momentum
    )


@settings(max_examples=10)
@given(seed=seeds, rate=st.floats(0.2, 2.5), momentum=st.floats(0.0, 0.9), nesterov=st.booleans())
def test_the_roots_of_every_mode_are_the_eigenvalues_of_the_round(seed, rate, momentum, nesterov):
    problem = quadratics(seed, workers=1)
    server = Server(rate, momentum, nesterov=nesterov)
    method = LocalMethod(lr=0.3, local_steps=4, server=server)
    found = outer_radius(np.linalg.eigvalsh(problem.hessians[0]), 0.3, 4, rate, momentum, nesterov=nesterov)
    # A double root is known to the square root of rounding.
    assert affine_round(problem, method).radius == pytest.approx(found, abs=1e-7)


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.8])
def test_no_other_server_rate_is_better(momentum, nesterov):
    best = best_server_rate(MODES, 0.2, 8, momentum, nesterov=nesterov)
    tried = np.linspace(0.02, 5, 1500)
    others = [outer_radius(MODES, 0.2, 8, rate, momentum, nesterov=nesterov) for rate in tried]
    assert best.radius <= min(others) + 1e-9
    if not momentum:
        c = contraction(MODES, 0.2, 8)
        assert best.radius == pytest.approx((c.max() - c.min()) / (c.max() + c.min()), abs=1e-14)


@pytest.mark.parametrize(
    ("local_steps", "lr", "printed"),
    [
        (math.inf, None, (0.48889, 0.04444, 0.10256)),
        (1, 0.3, (0.54490, 0.05490, 0.05400)),
        (4, 0.15, (0.29634, 0.02385, 0.03931)),
        (16, 0.15, (0.00912, 0.00361, 0.06311)),
    ],
)
def test_fresh_regression_has_the_coefficients_worked_out_by_hand(local_steps, lr, printed):
    found = FreshRegression(5, 20, 60).coefficients(local_steps, lr)
    assert np.allclose(found, printed, rtol=0, atol=5.1e-6)


@pytest.mark.parametrize(("local_steps", "lr"), [(math.inf, None), (1, 0.3), (3, 0.2)])
def test_fresh_regression_is_what_rounds_on_fresh_data_do_on_average(local_steps, lr):
    setting, numbers, draws = FreshRegression(3, 4, 10), np.random.default_rng(0), 4000
    shifts = numbers.normal(size=(3, 10))
    shifts -= shifts.mean(axis=0)
    start = numbers.normal(size=10)
    for zeta, noise, distance in ((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)):
        ends = one_round(numbers, draws, distance * start, zeta * shifts, noise, local_steps, lr)
        squares = (ends**2).sum(axis=1)
        expected = setting.coefficients(local_steps, lr).after(
            distance * start @ start, zeta * (shifts**2).sum() / 3, noise
        )
        assert abs(squares.mean() - expected) < 4.5 * squares.std() / math.sqrt(draws)


def one_round(numbers, draws, start, shifts, noise, local_steps, lr, samples=4):
    """Δ⁺ of one round on fresh data, from the definition: w* = 0."""
    ends = np.zeros((draws, len(start)))
    for shift in shifts:
        w = np.tile(start, (draws, 1))
        for _ in range(1 if local_steps == math.inf else local_steps):
            rows = numbers.normal(size=(draws, samples, len(start)))
            errors = np.einsum("knp,kp->kn", rows, w - shift) - noise * numbers.normal(size=(draws, samples))
            if local_steps == math.inf:
                w = w - (np.linalg.pinv(rows) @ errors[..., None])[..., 0]
            else:
                w = w - lr * np.einsum("knp,kn->kp", rows, errors) / samples
        ends += w / len(shifts)
    return ends


def test_fresh_regression_settles_where_a_round_changes_nothing():
    found = FreshRegression(5, 20, 60).coefficients(4, 0.15)
    rest = found.stationary(2.0, 0.5)
    assert found.after(rest, 2.0, 0.5) == pytest.approx(rest, rel=1e-13)
    with pytest.raises(BadInput, match="smaller η"):
        FreshRegression(1, 1, 60).coefficients(1, 1.0).stationary(1.0)
    with pytest.raises(BadInput, match=r"p > n \+ 1"):
        FreshRegression(1, 20, 21).coefficients(math.inf)


@given(seed=seeds)
def test_task_arithmetic_is_a_round_of_fedavg(seed):
    problem, start, ends = quadratics(seed), np.ones(3), []
    for m in range(3):
        alone = Quadratics(problem.hessians[m : m + 1], problem.centres[m : m + 1])
        ends.append(affine_round(alone, local_gd(0.5, 6)).path(start)[1])
    served = affine_round(problem, fedavg(0.5, 6, None, server=Server(3 * 0.4)))
    assert np.allclose(task_arithmetic(start, np.array(ends), 0.4), served.path(start)[1], rtol=0, atol=1e-13)


@given(seed=seeds)
def test_the_excess_of_the_mean_of_local_minimisers(seed):
    problem, p = quadratics(seed), np.array([1, 2, 5]) / 8
    mean = p @ problem.centres
    best = minimiser_of(problem, LocalMethod(aggregation=Average((1.0, 2.0, 5.0))))
    losses = [sum(p[m] * problem.worker_loss(x, m) for m in range(3)) for x in (mean, best)]
    assert one_shot_excess(problem, (1.0, 2.0, 5.0)) == pytest.approx(
        losses[0] - losses[1], rel=1e-6, abs=1e-10
    )
    # Curvature that knows nothing of the minimiser costs nothing.
    equal = Quadratics(np.tile(problem.hessians[:1], (3, 1, 1)), problem.centres)
    assert one_shot_excess(equal) < 1e-20 * (1 + np.abs(problem.centres).max()) ** 2


@given(seed=seeds)
def test_merging_by_curvature_is_exact_and_by_its_diagonal_only_without_rotation(seed):
    problem = quadratics(seed)
    exact = fisher_merge(problem.centres, problem.hessians)
    assert np.linalg.norm(problem.gradient(exact)) < 1e-12 * (1 + np.abs(problem.centres).max())
    diagonals = np.einsum("mii->mi", problem.hessians)
    assert np.linalg.norm(problem.gradient(fisher_merge(problem.centres, diagonals))) > 1e-6
    straight = Quadratics(diagonals[:, :, None] * np.eye(3), problem.centres)
    assert np.linalg.norm(straight.gradient(fisher_merge(problem.centres, diagonals))) < 1e-12 * 10


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: bias_expansion(golden(), proximal(0.1)), "no η"),
        (lambda: bias_expansion(golden(), local_gd(0.1, 2, momentum=0.5)), "heavy ball"),
        (lambda: bias_expansion(quadratics(0, rank=1, workers=1), local_gd(0.1, 2)), r"limit\(start\)"),
        (lambda: first_order_drift(golden(), fedavg(0.1, (1, 2), None)), "average_drift"),
        (lambda: average_drift(golden(), proximal(0.1)), "gradient steps"),
        (lambda: outer_radius(np.array([0.0, 1.0]), 0.1, 1, 1.0, 0.0), "positive"),
        (lambda: best_server_rate(np.array([1.0]), 2.5, 2, 0.5), "overshoot"),
        (lambda: delay_limit(-1), "τ ≥ 0"),
        (lambda: FreshRegression(2, 2, 10).coefficients(2), "lr"),
        (lambda: fisher_merge(np.ones((2, 3)), np.ones((3, 2))), "like the models"),
        (lambda: fisher_merge(np.ones((2, 2)), np.zeros((2, 2))), "ridge"),
        (lambda: task_arithmetic(np.ones(2), np.ones((2, 3)), 1.0), "models has shape"),
    ],
)
def test_what_has_no_answer_is_refused(ask, said):
    with pytest.raises(BadInput, match=said):
        ask()


def test_the_table_of_the_neighbours_on_diloco_is_that_of_the_round_itself():
    problem = Quadratics(np.diag(MODES)[None], np.zeros((1, 50)))
    for local_steps in (1, 8, 32):
        found = affine_round(problem, diloco(0.2, local_steps, 1.3, 0.9)).radius
        assert found == pytest.approx(outer_radius(MODES, 0.2, local_steps, 1.3, 0.9), abs=1e-7)
    assert np.array_equal(worker_curvatures(problem).pulls, np.zeros((1, 50)))
