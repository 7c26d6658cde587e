"""The zoo of landscapes: every closed form against the general theory, and the numbers known beforehand."""

import pickle

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from implicitbias import BadInput, local_sgd, run, Stream
from implicitbias.errors import NotCertified
from sde import zoo
from sde.formulas import label_noise_potential
from sde.landscapes.variations import variations_of
from tests.sde_zoo import (
    around,
    chart_drift,
    derivatives,
    INSTANCES,
    jacobian,
    LABEL_NOISE,
    points,
    variations_at_a_point,
    without_closed_forms,
)


EVERY = pytest.mark.parametrize("name", INSTANCES)
KNOWN_FLOW = [name for name, closed in INSTANCES.items() if closed.landscape.given_projection is not None]
KNOWN_INVARIANTS = [name for name, closed in INSTANCES.items() if closed.landscape.invariants]
# What identities in doubles leave, with the errors of the integrated flow where there is one.
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
# Differences of sixth order of functions known to 1e-13.
DIFFERENCES = {"rtol": 1e-8, "atol": 1e-8}

workers = st.integers(1, 9)
batches = st.floats(0.5, 20.0)
alphas = st.one_of(st.sampled_from([0.0, np.inf]), st.floats(0.01, 20.0))
seeds = st.integers(0, 2**20)


def test_the_zoo_is_covered():
    assert {name.split(",")[0] for name in INSTANCES} == set(zoo.ZOO)
    for name, factory in zoo.ZOO.items():
        assert name in zoo.__doc__ and isinstance(factory(), zoo.AbstractClosedForms)


@pytest.mark.parametrize("name", KNOWN_FLOW)
def test_the_integrated_flow_ends_where_the_closed_form_says(name):
    closed = INSTANCES[name]
    on, off = around(closed)
    assert np.allclose(without_closed_forms(closed).project(off), closed.project(off), **CLOSE)
    assert np.allclose(closed.landscape.project(off), closed.project(off), **CLOSE)
    assert np.allclose(closed.project(on), on, **CLOSE)


@EVERY
def test_the_derivative_of_the_projection_is_the_tangent_projector(name):
    closed = INSTANCES[name]
    zeta, flow = variations_at_a_point(name)
    tangent = closed.landscape.curvature(zeta).tangent_projector
    assert np.allclose(flow.first, tangent, **CLOSE)
    if name in KNOWN_FLOW:
        assert np.allclose(jacobian(closed.project, zeta), tangent, **DIFFERENCES)


@EVERY
def test_second_derivatives_of_the_projection_are_those_of_the_variations(name):
    closed = INSTANCES[name]
    zeta, flow = variations_at_a_point(name)
    own = closed.landscape.curvature(zeta)
    for symmetric in np.eye(closed.landscape.dim)[:, :, None] + np.ones(closed.landscape.dim):
        matrix = symmetric + symmetric.T
        assert np.allclose(own.second_of_projection(matrix), flow.contracted(matrix), **CLOSE)


@pytest.mark.parametrize("name", ["ring", "quadratic_valley", "scalar_factorisation", "diagonal_network"])
def test_variations_off_the_minima_are_derivatives_of_the_projection(name):
    closed = INSTANCES[name]
    _, off = around(closed, count=1)
    flow = variations_of(closed.landscape, off)
    assert np.allclose(flow.limit, closed.project(off), **CLOSE)
    assert np.allclose(flow.first, jacobian(closed.project, off), **DIFFERENCES)
    if name == "scalar_factorisation":
        second = jacobian(lambda at: jacobian(closed.project, at).reshape(*at.shape[:-1], -1), off)
        assert np.allclose(flow.second, second.reshape(flow.second.shape), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["exponential_valley", "ring", "scalar_factorisation"])
def test_the_closest_point_is_not_the_end_of_the_flow(name):
    # It agrees to first order, so that only the second derivative tells them apart.
    closed = INSTANCES[name]
    (zeta,) = points(closed, count=1)
    normal = closed.landscape.curvature(zeta).eigenvectors[:, 0]
    near, far = (np.linalg.norm(closed.project(zeta + d * normal) - zeta) for d in (0.01, 0.02))
    assert 3.5 < far / near < 4.5


@pytest.mark.parametrize("name", KNOWN_INVARIANTS)
def test_invariants_do_not_change_along_the_flow(name):
    closed = INSTANCES[name]
    _, off = around(closed)
    landscape = closed.landscape
    assert np.allclose(
        landscape.invariant(without_closed_forms(closed).project(off)), landscape.invariant(off)
    )
    assert np.allclose(closed.invariant(off), closed.coordinate(closed.project(off)), **CLOSE)


@EVERY
def test_coordinates_and_points_of_the_manifold_belong_together(name):
    closed = INSTANCES[name]
    zeta = points(closed)
    q = closed.coordinate(zeta)
    again = closed.start(q)
    assert np.allclose(closed.coordinate(again), q, **CLOSE)
    assert np.allclose(closed.landscape.gradient(again), 0.0, **CLOSE)


@EVERY
@settings(max_examples=5)
@given(workers, batches, alphas, seeds)
def test_the_slow_sde_is_that_of_the_general_theory(name, workers, batch, alpha, seed):
    closed = INSTANCES[name]
    zeta = points(closed, seed)
    drift, rate = chart_drift(closed, zeta, workers, batch, alpha)
    q = closed.coordinate(zeta)
    root = closed.slow_diffusion(q, batch)
    assert np.allclose(closed.slow_drift(q, workers, batch, alpha), drift, **CLOSE)
    assert np.allclose(root @ root.swapaxes(-1, -2), rate, **CLOSE)


@pytest.mark.parametrize("name", KNOWN_INVARIANTS)
@settings(max_examples=5)
@given(workers, alphas, seeds)
def test_the_master_formula_needs_one_hessian(name, workers, alpha, seed):
    # ½⟨∇²q, Σ_eff⟩ = ½(∇q·∂²Φ[Σ_eff] + ⟨∇²q, Σ_∥⟩) for every invariant q of the flow.
    closed = INSTANCES[name]
    zeta = points(closed, seed)
    slope, bend = (f(zeta) for f in derivatives(closed.landscape.variables, closed.landscape.invariants))
    own = closed.landscape.curvature(zeta)
    effective = own.effective_covariance(workers, alpha)
    master = np.einsum("...qij,...ij->...q", bend, effective)
    moved = np.einsum("...qi,...i->...q", slope, own.second_of_projection(effective))
    moved += np.einsum("...qij,...ij->...q", bend, own.sigma_parallel)
    assert np.allclose(master, moved, rtol=1e-9, atol=1e-9 * np.abs(bend).max())


@pytest.mark.parametrize("name", LABEL_NOISE)
def test_label_noise_is_the_hessian_and_follows_its_potential(name):
    closed = INSTANCES[name]
    zeta = points(closed, count=2)
    own, delta = closed.landscape.curvature(zeta), closed.landscape.noise.delta
    assert np.allclose(own.covariance, delta**2 * closed.landscape.hessian(zeta), **CLOSE)
    assert np.allclose(own.sigma_parallel, 0.0, **CLOSE)
    drift = 0.5 * own.second_of_projection(own.effective_covariance(5, 0.8)) / 3.0

    def potential(theta):
        return label_noise_potential(closed.landscape.hessian(closed.landscape.project(theta)), 5, 0.8)[
            ..., None
        ]

    steepest = jacobian(potential, zeta, step=1e-2)[..., 0, :]
    assert np.allclose(drift, -(delta**2) / 12.0 * steepest, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["exponential_valley", "quadratic_valley", "ring", "ring, spiral", "circle"])
def test_noise_has_the_stated_covariance_in_its_frame(name):
    closed = INSTANCES[name]
    on, off = around(closed)
    groove = closed.groove
    for at in (on, off) if not groove.label else (on,):
        x, y = at.T
        round_ = "valley" not in name
        normal = at / np.hypot(x, y)[:, None] if round_ else np.broadcast_to([0.0, 1.0], at.shape)
        tangent = (
            np.stack([-normal[:, 1], normal[:, 0]], -1) if round_ else np.broadcast_to([1.0, 0], at.shape)
        )
        frame = np.stack([normal, tangent], axis=1)
        found = frame @ closed.landscape.covariance(at) @ frame.swapaxes(-1, -2)
        h = groove.curvature(closed.coordinate(at)[:, 0])
        assert np.allclose(found[:, 0, 0], groove.normal**2 + groove.label**2 * h)
        assert np.allclose(found[:, 0, 1], groove.mixed)
        assert np.allclose(found[:, 1, 1], groove.tangential**2)


def test_the_twisted_noise_turns_with_the_frame():
    closed = INSTANCES["twisted_valley"]
    _, off = around(closed)
    cos, sin, zero, one = np.cos(off[:, 0]), np.sin(off[:, 0]), np.zeros(3), np.ones(3)
    frame = np.stack([[one, zero, zero], [zero, cos, sin], [zero, -sin, cos]]).transpose(2, 0, 1)
    found = frame @ closed.landscape.covariance(off) @ frame.swapaxes(-1, -2)
    assert np.allclose(found, [[0.09, 0.0, 0.0], [0.0, 1.0, 0.6], [0.0, 0.6, 1.0]])


@pytest.mark.parametrize("name", ["quadratic_valley", "valley", "ring"])
@pytest.mark.parametrize("alpha", [0.0, 0.7, np.inf])
def test_stationary_densities_balance_drift_and_diffusion(name, alpha):
    closed = zoo.ring(tangential=0.7) if name == "ring" else INSTANCES[name]
    q = np.linspace(-1.2, 1.3, 5)[:, None]
    slope = jacobian(lambda at: closed.stationary_log_density(at, 4, alpha)[..., None], q)[..., 0]
    balance = 2.0 * closed.slow_drift(q, 4, 3.0, alpha) / closed.slow_diffusion(q, 3.0)[..., 0] ** 2
    assert np.allclose(slope, balance, **DIFFERENCES)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"normal": np.sqrt(8.0)}, (0.2, 0.1232336, 0.0664310, 0.0421425, 1 / 29)),
        ({"normal": 0.0, "label": 1.0}, (1.0, 0.6056616, 0.3762309, 0.2820294, 0.25)),
    ],
)
def test_second_moments_in_the_quadratic_valley(options, expected):
    closed = zoo.quadratic_valley(tangential=1.0, **options)
    for alpha, value in zip((0.0, 0.1, 0.5, 2.0, np.inf), expected, strict=True):
        middle = closed.stationary_log_density(np.zeros(1), 4, alpha)

        def weighed(q, power, alpha=alpha, middle=middle):
            return q**power * np.exp(closed.stationary_log_density(np.array([q]), 4, alpha) - middle)

        moments = [quad(weighed, -np.inf, np.inf, (power,), epsabs=1e-12)[0] for power in (2, 0)]
        assert moments[0] / moments[1] == pytest.approx(value, abs=2e-7)


def test_means_on_the_ring():
    closed = zoo.ring()
    angle = np.linspace(-np.pi, np.pi, 257)[:-1, None]
    for alpha, mean in (
        (0.0, -0.16912),
        (0.02, -0.18943),
        (0.5, -0.50189),
        (8.0, -0.82574),
        (np.inf, -0.84935),
    ):
        log = closed.stationary_log_density(angle, 8, alpha)
        p = np.exp(log - log.max())
        assert p @ np.sin(angle[:, 0]) / p.sum() == pytest.approx(mean, abs=6e-6)


def test_the_angle_on_the_circle():
    closed = zoo.circle(1.5, mixed=0.6, tangential=np.sqrt(0.45))
    means = {0.01: -0.2525, 0.1: -0.3599, 0.5: -0.7381, 1.0: -1.0499, 2.0: -1.3879, 4.0: -1.6407}
    for alpha, mean in means.items():
        found = closed.law_of_angle(0.0, 0.4, 8, 1.0, alpha)
        assert found == (pytest.approx(mean, abs=6e-5), pytest.approx(0.18))


def test_drift_in_the_twisted_valley():
    closed = zoo.twisted_valley()
    drift = [0.4 * closed.slow_drift(np.zeros(1), 4, 1.0, alpha)[0] for alpha in (0.25, 1.0)]
    assert drift == [pytest.approx(-0.2548, abs=6e-5), pytest.approx(-0.4174, abs=6e-5)]


def test_ratios_to_sgd_in_the_exponential_valley():
    closed = zoo.exponential_valley()
    expected = {0.01: 1.0888, 0.05: 1.4223, 0.5: 3.7772, 1.0: 5.0514, 2.0: 6.2330, 8.0: 7.5154}
    for alpha, ratio in expected.items():
        end = closed.slow_path(np.array([0.3]), np.array([0.4]), 8, 1.0, alpha)[0, 0]
        assert (0.3 - end) / 0.1 == pytest.approx(ratio, abs=6e-5)


@given(
    st.floats(-2.0, 2.0), st.floats(0.0, 1.5), st.floats(0.1, 1.5), st.sampled_from([(0.0, 1), (np.inf, 4)])
)
@settings(max_examples=15)
def test_positions_in_the_exponential_valley_solve_the_slow_equation(rate, normal, label, limit):
    closed, (alpha, gain) = zoo.exponential_valley(rate, normal=normal, label=label), limit
    path = closed.slow_path(np.array([0.4]), np.array([0.3, 0.9]), 4, 2.0, alpha)[:, 0]
    found = [closed.position(0.4, time, 2.0, gain) for time in (0.3, 0.9)]
    assert np.allclose(path, found, rtol=1e-9)


def test_label_noise_in_the_exponential_valley():
    closed = zoo.exponential_valley(normal=0.0, label=1.0)
    assert closed.position(0.5, 1.0, 1.0) == pytest.approx(0.1548652, abs=1e-7)
    assert closed.position(0.5, 1.0, 1.0, gain=4.0) == pytest.approx(-0.4740770, abs=1e-7)
    path = closed.slow_path(np.array([0.5]), np.array([1.0]), 4, 1.0, 1.0)
    assert path[0, 0] == pytest.approx(-0.2581912, abs=1e-7)


@pytest.mark.parametrize("alpha, gain", [(0.0, 1.0), (np.inf, 5.0)])
def test_label_noise_makes_the_quadratic_valley_an_ornstein_uhlenbeck_process(alpha, gain):
    closed = zoo.quadratic_valley(normal=0.0, label=0.8, tangential=0.6)
    q, step = np.array([0.7]), 1e-7
    mean, variance = closed.label_noise_law(0.7, step, 3.0, gain)
    assert (mean - 0.7) / step == pytest.approx(closed.slow_drift(q, 5, 3.0, alpha)[0], rel=1e-6)
    assert variance / step == pytest.approx(closed.slow_diffusion(q, 3.0)[0, 0] ** 2, rel=1e-6)
    far = closed.label_noise_law(0.7, 1e9, 3.0, gain)
    assert far == (pytest.approx(0.0), pytest.approx(0.36 / (gain * 0.64)))


def test_the_mean_on_the_sphere_decays_by_its_drift():
    closed, zeta = zoo.sphere(4, sigma=0.7), np.array([0.0, 0.6, 0.8, 0.0])
    change = (closed.mean(zeta, 1e-7, 2.0) - zeta) / 1e-7
    assert np.allclose(change, closed.slow_drift(zeta, 3, 2.0, 0.4), rtol=1e-6)
    assert np.allclose(closed.mean(zeta, 1.3, 2.0), np.exp(-3 * 0.49 * 1.3 / 4) * zeta)


def test_the_standard_diagonal_network():
    closed = zoo.diagonal_network()
    zeta = closed.project(np.array(zoo.STANDARD_START))
    gram = 2.0 * (closed.matrix * closed.magnitudes(zeta)) @ closed.matrix.T
    found = [closed.magnitudes(zeta).sum(), np.abs(closed.weights(zeta)).sum(), closed.weights(zeta)[0]]
    assert np.allclose(found, [8.40692, 1.50182, 0.53706], atol=6e-6)
    assert np.allclose(np.linalg.eigvalsh(gram), [3.2281, 5.1788], atol=6e-5)
    ends = {
        0.0: (3.30755, 1.05291, 0.42360, np.exp(-1.0), np.exp(-1.0)),
        0.1: (2.16970, 1.03426, 0.39692, 0.19306, 0.23817),
        2.0: (1.19843, 1.00830, 0.38250, 0.03064, 0.05774),
        np.inf: (1.06345, 1.00263, 0.38221, np.exp(-4.0), np.exp(-4.0)),
    }
    start = closed.coordinate(zeta)
    for alpha, expected in ends.items():
        (end,) = closed.slow_path(start, np.array([4.0]), 4, 4.0, alpha)
        at, shrunk = closed.start(end), end[:2] / start[:2]
        found = [
            closed.magnitudes(at).sum(),
            np.abs(closed.weights(at)).sum(),
            closed.weights(at)[0],
            *shrunk,
        ]
        assert np.allclose(found, expected, atol=6e-6)


def test_the_network_moves_by_its_velocity():
    closed = INSTANCES["diagonal_network"]
    zeta = points(closed)
    own = closed.landscape.curvature(zeta)
    drift = 0.5 * own.second_of_projection(own.effective_covariance(3, 0.6)) / 2.0
    assert np.allclose(closed.velocity(zeta, 3, 2.0, 0.6), drift, **CLOSE)


@given(seeds, st.integers(1, 5), st.integers(5, 12), st.integers(1, 5))
@settings(max_examples=15)
def test_sparse_truths_are_met_and_measured(seed, samples, dim, sparsity):
    closed = zoo.sparse_network(samples, dim, sparsity, Stream(seed))
    truth = np.array(closed.truth)
    assert (np.abs(truth[truth != 0.0]) == 1.0).all() and np.count_nonzero(truth) == sparsity
    planted = np.concatenate([np.sqrt(np.maximum(truth, 0.0)), np.sqrt(np.maximum(-truth, 0.0))])
    assert closed.held_out_error(planted) == pytest.approx(0.0)
    start = np.full(2 * dim, 0.5)
    zeta = closed.project(start)
    assert np.allclose(closed.matrix @ closed.weights(zeta), closed.labels)
    assert np.allclose(zeta[:dim] * zeta[dim:], 0.25)
    assert closed.held_out_error(zeta) == pytest.approx(((closed.weights(zeta) - truth) ** 2).sum())
    assert closed == zoo.sparse_network(samples, dim, sparsity, Stream(seed))


def test_imbalance_of_scalar_factorisation():
    closed = zoo.scalar_factorisation(1.0)
    limits = {0.0: 2.3364024, 0.1: 1.9263410, 0.5: 1.4105954, 2.0: 1.1809302, np.inf: 1.1036383}
    for alpha, value in limits.items():
        end = closed.slow_path(np.array([3.0]), np.array([1.0]), 4, 4.0, alpha)[0, 0]
        assert end == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize("name", ["matrix_factorisation", "matrix_factorisation, square"])
@settings(max_examples=5)
@given(workers, alphas, seeds)
def test_imbalance_of_matrix_factorisation(name, workers, alpha, seed):
    closed = INSTANCES[name]
    (zeta,) = points(closed, seed, count=1)
    u, v = closed.factors(zeta)
    m, n = len(u), len(v)
    du, dv = closed.factors(closed.slow_drift(zeta, workers, 2.0, alpha))
    product = du.T @ u + u.T @ du - dv.T @ v - v.T @ dv
    found = closed.imbalance_drift(zeta, workers, 2.0, alpha)
    assert np.allclose(found, product, **CLOSE)
    sgd = closed.label**2 / 2.0 * (m * v.T @ v - n * u.T @ u)
    assert np.allclose(closed.imbalance_drift(zeta, 1, 2.0, alpha), sgd, **CLOSE)
    if m == n:
        assert np.allclose(sgd, -m * closed.label**2 / 2.0 * closed.imbalance(zeta), **CLOSE)


def test_the_conventional_sde_of_a_quadratic_is_an_ornstein_uhlenbeck_process():
    closed = INSTANCES["quadratic"]
    early = closed.covariance(1e-7, 0.1, 2.0) / 1e-7
    assert np.allclose(early, 0.05 * np.array(closed.sigma), rtol=1e-6)
    values, late = np.diag(closed.curvatures), closed.covariance(0.8, 0.1, 2.0)
    change = (closed.covariance(0.8 + 1e-5, 0.1, 2.0) - closed.covariance(0.8 - 1e-5, 0.1, 2.0)) / 2e-5
    assert np.allclose(change, 0.05 * np.array(closed.sigma) - values @ late - late @ values, rtol=1e-6)
    assert np.allclose(closed.mean([1.0, 2.0, 3.0], 0.5), [np.exp(-0.65), 2.0, 3 * np.exp(-1.0)])
    assert zoo.quadratic().covariance(np.inf, 0.01, 1.0) == pytest.approx(0.01 / 2.6)


def test_random_manifolds_hide_no_symmetry():
    closed = INSTANCES["random_manifold"]
    (zeta,) = points(closed, count=1)
    own = closed.landscape.curvature(zeta)
    bodies = own.eigenvectors.T @ own.covariance @ own.eigenvectors
    assert np.abs(bodies).min() > 1e-3 and own.eigenvalues[0] > 1.2 * own.eigenvalues[1]
    assert not np.array_equal(closed.jacobian(zeta), zoo.random_manifold(Stream(2), 3).jacobian(zeta))


@pytest.mark.parametrize("name", ["ring", "diagonal_network", "matrix_factorisation"])
def test_landscapes_of_the_zoo_survive_the_way_to_another_process(name):
    closed = INSTANCES[name]
    again = pickle.loads(pickle.dumps(closed))
    assert again == closed and hash(again) == hash(closed)
    _, off = around(closed, count=1)
    assert np.array_equal(pickle.loads(pickle.dumps(closed.landscape)).project(off), closed.project(off))


def test_local_sgd_runs_on_the_zoo():
    closed = zoo.circle(mixed=0.3)
    method = local_sgd(0.05, 4, batch=1, workers=3)
    trace = run(closed.landscape, method, 5, start=closed.start(np.zeros(1)), replicas=2, stream=Stream(0))
    assert np.linalg.norm(closed.project(trace.w[:, -1]), axis=-1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda: zoo.exponential_valley(mixed=0.1), "may not exceed"),
        (lambda: zoo.exponential_valley(np.inf), "finite"),
        (lambda: zoo.valley(sympy.Symbol("z") + 2, sympy.Symbol("x")), "function of"),
        (lambda: zoo.ring(normal=0.0, tangential=0.0), "no noise"),
        (lambda: zoo.ring(mixed=0.3).stationary_log_density(np.zeros(1), 2, 1.0), "current"),
        (lambda: zoo.valley().stationary_log_density(np.zeros(1), 2, 1.0), "tangential"),
        (lambda: zoo.circle(0.0), "h > 0"),
        (lambda: zoo.sphere(1), "two dimensions"),
        (lambda: zoo.twisted_valley(mixed=1.2), "may not exceed"),
        (lambda: zoo.scalar_factorisation(0.0), "branches"),
        (lambda: zoo.scalar_factorisation(label=0.0), "no noise"),
        (lambda: zoo.vector_factorisation(-1.0), "turn v round"),
        (lambda: zoo.matrix_factorisation([[1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]), "rank"),
        (lambda: zoo.diagonal_network([[1.0, 1.0], [2.0, 2.0]]), "independent"),
        (lambda: zoo.diagonal_network(labels=[1.0]), "n = 2"),
        (lambda: zoo.sparse_network(3, 2, 1, Stream(0)), "d ≥ n"),
        (lambda: zoo.diagonal_network(labels=[1.0, 2.0]).held_out_error(np.ones(10)), "plant"),
        (lambda: zoo.random_manifold(dim=2), "below d"),
        (lambda: zoo.quadratic((0.0,)), "positive"),
        (lambda: zoo.quadratic((1.0,), [[-1.0]]), "semidefinite"),
        (lambda: zoo.circle().slow_path(np.zeros(1), np.ones(1), 2, 1.0, 1.0), "noise along Γ"),
        (lambda: zoo.exponential_valley(tangential=1.0).position(0.0, 1.0, 1.0), "tangential"),
        (lambda: zoo.quadratic_valley().label_noise_law(0.0, 1.0, 1.0), "label"),
    ],
)
def test_what_is_refused_says_why(broken, message):
    with pytest.raises(BadInput, match=message):
        broken()


def test_a_start_out_of_reach_of_the_labels_is_not_certified():
    with pytest.raises(NotCertified, match="labels are missed"):
        zoo.diagonal_network([[1.0, 0.0]], [1.0]).project(np.array([1e-200, 1.0, 1.0, 1.0]) * 0.0)
