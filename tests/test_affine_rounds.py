"""Rounds as affine maps: hand-computed numbers of the golden instance, and the engine's own paths to rounding."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import (
    Average,
    BadInput,
    diloco,
    fedavg,
    FedNova,
    fednova,
    fedprox,
    Fixed,
    Flow,
    HeavyBall,
    LinearClassification,
    local_gd,
    local_sgd,
    LocalMethod,
    modified_local_gd,
    PowerDecay,
    projection,
    Proximal,
    proximal,
    Quadratics,
    RecordAt,
    RMSProp,
    run,
    savic,
    Scaffold,
    scaffold,
    Sequential,
    Server,
)
from implicitbias.methods import GradientSteps, Projection, Sampled
from implicitbias.problems import NoisyQuadratics
from implicitbias.recursions import affine_round, worker_curvatures
from tests.recursion_zoo import golden, quadratics, regression


SIX = 5e-7  # half a unit of the sixth decimal, to which the numbers were worked out by hand

seeds = st.integers(0, 2**20)


def agrees(found, printed):
    return np.allclose(np.ravel(found), printed, rtol=0, atol=SIX)


def test_fedavg_on_the_golden_instance():
    method = affine_round(golden(), fedavg(0.1, 10, None))
    assert agrees(method.path(rounds=5), [0, 0.111835, 0.174743, 0.210129, 0.230033, 0.241230])
    assert agrees(method.rate, 0.562504) and agrees(method.fixed_point, 0.255626)


@pytest.mark.parametrize(
    ("local_steps", "printed"),
    [(1, [0.2] * 3), (10, [0.255626, 0.227540, 0.213651]), (100, [0.479304, 0.418607, 0.336000])],
)
def test_fedavg_rests_where_the_table_says(local_steps, printed):
    rests = [affine_round(golden(), fedavg(lr, local_steps, None)).fixed_point for lr in (0.1, 0.05, 0.025)]
    assert agrees(rests, printed)


def test_fixed_points_do_not_depend_on_the_server_rate_and_rates_do():
    slow, plain = (affine_round(golden(), fedavg(0.1, 10, None, server=Server(rate))) for rate in (0.5, 1.0))
    assert np.allclose(slow.fixed_point, plain.fixed_point, rtol=0, atol=1e-14)
    assert slow.rate == pytest.approx(1 - 0.5 * (1 - plain.rate), abs=1e-14)


def test_fedprox_with_exact_solves_on_the_golden_instance():
    rests = [affine_round(golden(), proximal(rho)).fixed_point for rho in (0.1, 1.0, 10.0)]
    assert agrees(rests, [0.44, 0.285714, 0.211538])


def test_fedprox_by_many_steps_is_fedprox_by_exact_solves():
    steps = affine_round(golden(), fedprox(0.5, 400, 0.1, None))
    assert np.allclose(steps.matrix, affine_round(golden(), proximal(0.1)).matrix, rtol=0, atol=1e-13)
    assert np.allclose(steps.offset, affine_round(golden(), proximal(0.1)).offset, rtol=0, atol=1e-13)


def test_scaffold_on_the_golden_instance():
    method = affine_round(golden(), scaffold(0.1, 10))
    printed = [0.111835, 0, -0.223670, 0.161135, 0.111835, -0.210434, 0.182867, 0.161135, -0.204600]
    printed += [0.192447, 0.182867, -0.202028]
    assert agrees(method.state_path(rounds=4)[1:], printed)
    assert np.allclose(method.state_fixed_point, [0.2, 0.2, -0.2], rtol=0, atol=1e-14)
    rates = [affine_round(golden(), scaffold(*knobs)).rate for knobs in ((0.1, 10), (0.05, 10), (0.1, 100))]
    assert agrees(rates, [0.440824, 0.723323, 0.758489])


def test_scaffold_with_unequal_steps_divides_by_its_own():
    method = affine_round(golden(), scaffold(0.1, (10, 2)))
    assert np.allclose(method.path(rounds=3)[1:, 0], [0.024687, 0.068735, 0.103542], rtol=0, atol=1e-6)
    assert np.allclose(method.fixed_point, 0.2, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("method", "local_steps", "printed"),
    [
        (fedavg, (10, 2), [0.070466, 0.049634, 0.047818]),
        (fednova, (10, 2), [0.274856, 0.207061, 0.200701]),
        (fedavg, (2, 10), [0.540697, 0.554018, 0.555401]),
        (fednova, (2, 10), [0.190573, 0.199006, 0.199900]),
    ],
)
def test_unequal_local_steps_rest_where_the_table_says(method, local_steps, printed):
    rests = [affine_round(golden(), method(lr, local_steps, None)).fixed_point for lr in (0.1, 0.01, 0.001)]
    assert agrees(rests, printed)


def test_averaged_projections_end_at_the_projection_of_the_start():
    angle = np.pi / 3
    lines = np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])
    # A third coordinate that no worker sees.
    normals = np.column_stack([lines, np.zeros(2)])
    problem = Quadratics(normals[:, :, None] * normals[:, None, :], np.tile([1.0, 2.0, 3.0], (2, 1)))
    method = affine_round(problem, projection())
    assert method.rate == pytest.approx(0.75, abs=1e-14) and method.stable
    assert np.allclose(method.limit(np.array([5.0, 5.0, 7.0])), [1.0, 2.0, 7.0], rtol=0, atol=1e-13)
    with pytest.raises(BadInput, match=r"limit\(start\)"):
        _ = method.fixed_point


@given(
    seed=seeds,
    lr=st.floats(0.05, 0.9),
    local_steps=st.one_of(st.integers(1, 12), st.tuples(*[st.integers(1, 12)] * 3)),
    proximal=st.sampled_from([0.0, 0.3]),
    scaling=st.sampled_from(
        [Fixed((1.0, 2.0, 1.5)), Fixed(((1.0, 2.0, 1.5), (2.0, 1.0, 1.0), (1.5, 1.5, 3.0)))]
    ),
    momentum=st.sampled_from([None, HeavyBall(0.5)]),
    aggregation=st.sampled_from([Average(), Average((1.0, 2.0, 4.0)), Sequential()]),
    server=st.sampled_from(
        [Server(), Server(0.7), Server(0.7, 0.6), Server(0.7, 0.6, nesterov=True), Server(0.3, 0.2, delay=2)]
    ),
    kind=st.sampled_from([quadratics, regression]),
)
def test_local_steps_of_every_kind_are_what_the_engine_runs(seed, kind, **axes):
    axes["local_solver"] = GradientSteps(axes.pop("proximal"))
    assert_same_path(kind(seed), LocalMethod(**axes), seed)


@given(
    seed=seeds,
    solver=st.sampled_from([Proximal(0.3), Projection(), Flow(1.0)]),
    server=st.sampled_from([Server(), Server(0.7, 0.6, nesterov=True), Server(1.3, delay=1)]),
    rank=st.integers(1, 3),
)
def test_exact_solves_of_every_kind_are_what_the_engine_runs(seed, solver, server, rank):
    assert_same_path(quadratics(seed, rank=rank), LocalMethod(local_solver=solver, server=server), seed)
    assert_same_path(regression(seed), LocalMethod(local_solver=solver, aggregation=Average("samples")), seed)


@given(
    seed=seeds,
    lr=st.floats(0.05, 0.9),
    local_steps=st.one_of(st.integers(1, 12), st.tuples(*[st.integers(1, 12)] * 3)),
    correction=st.sampled_from([Scaffold(), Scaffold("gradient"), FedNova(), FedNova(3.0)]),
    aggregation=st.sampled_from([Average(), Average((1.0, 2.0, 4.0)), Average("samples")]),
    server=st.sampled_from([Server(), Server(0.7, 0.6), Server(0.3, 0.2, nesterov=True, delay=2)]),
)
def test_corrections_of_every_kind_are_what_the_engine_runs(seed, **axes):
    assert_same_path(regression(seed), LocalMethod(**axes), seed)


def assert_same_path(problem, method, seed):
    """x⁰, …, x⁷ by powers of matrices and by the steps themselves; rounding grows with the model."""
    start = np.random.default_rng(seed).normal(size=problem.dim)
    ran = run(problem, method, 7, start=start, record=RecordAt.every(1), engine="definition").w[0]
    exact = affine_round(problem, method).path(start, 7)
    assert np.abs(exact - ran).max() <= 1e-12 * (1.0 + np.abs(ran).max())


@pytest.mark.parametrize(
    ("method", "sooner"),
    [
        (fedavg(0.1, 10, None), 30),
        (scaffold(0.1, 10), 18),
        (scaffold(0.1, (10, 2)), 60),
        (fednova(0.1, (10, 2), server=Server(0.5)), 30),
        (diloco(0.1, 10, 0.3, 0.2), 40),
    ],
)
def test_paths_converge_to_the_fixed_point_at_the_rate(method, sooner):
    found = affine_round(golden(), dataclasses.replace(method, aggregation=Average()))
    distances = np.abs(found.path(rounds=2 * sooner)[:, 0] - found.fixed_point)
    assert np.log(distances[-1] / distances[sooner]) / sooner == pytest.approx(np.log(found.rate), rel=0.05)


def test_unstable_rounds_have_a_fixed_point_but_no_rate_and_no_limit():
    found = affine_round(golden(), fedavg(2.5, 3, None))
    assert not found.stable and np.isfinite(found.fixed_point).all()
    for ask in (lambda: found.rate, found.limit):
        with pytest.raises(BadInput, match="a smaller η"):
            ask()


def test_own_scalings_of_workers_that_disagree_along_one_axis_shift_the_model_for_ever():
    # Both see a·x alone, and want it to be 0 and 1; their steps point along D_1⁻¹a and D_2⁻¹a.
    line = np.ones((2, 2))
    problem = Quadratics([line, line], [[0.0, 0.0], [1.0, 0.0]])
    method = LocalMethod(lr=0.1, scaling=Fixed(((1.0, 2.0), (2.0, 1.0))))
    with pytest.raises(BadInput, match="no fixed point"):
        _ = affine_round(problem, method).resting
    assert np.allclose(affine_round(problem, local_gd(0.1, 2)).limit().sum(), 0.5, rtol=0, atol=1e-12)


def test_gradients_of_workers_are_their_curvatures_and_pulls():
    for problem in (quadratics(0), regression(0), NoisyQuadratics(np.eye(3)[None], np.ones((1, 3)))):
        hessians, pulls = worker_curvatures(problem)
        for m in range(problem.workers):
            gradient = problem.worker_gradient(np.arange(3.0), m)
            assert np.allclose(gradient, hessians[m] @ np.arange(3.0) - pulls[m], rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (local_gd(PowerDecay(0.1), 2), "lr"),
        (savic(0.1, 2, RMSProp()), "scaling"),
        (modified_local_gd(local_gd(0.1, 2)), "aggregation"),
        (local_sgd(0.1, 2, batch=1), "random_round"),
        (fedavg(0.1, 2, None, participation=Sampled(1)), "random_round"),
        (fedavg(0.1, 2, "samples"), "has no samples"),
        (fedavg(0.1, 2, (1.0, 2.0, 3.0)), "M = 2"),
        (fedavg(0.1, (2, 3, 4), None), "M = 2"),
    ],
)
def test_other_methods_are_refused(method, said):
    with pytest.raises(BadInput, match=said):
        affine_round(golden(), method)


def test_other_losses_are_refused():
    problem = LinearClassification(np.eye(2), np.ones(2))
    with pytest.raises(BadInput, match="quadratic"):
        affine_round(problem, local_gd(0.1, 2))
