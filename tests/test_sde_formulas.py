"""Closed forms of the slow SDE: twins agree, identities hold, limits are reached, published numbers come back."""

import math
import subprocess
import sys

import mpmath
import numpy as np
import pytest
import scipy.linalg
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias.display.formulas import mathml
from implicitbias.errors import BadInput
from sde.formulas import (
    circle_drift,
    circle_moment,
    conventional_gap,
    diagonal_network_rates,
    disagreement,
    drift_factor,
    F,
    finite_drift_factor,
    finite_mixed_factor,
    first_phase_rounds,
    formula,
    FORMULAS,
    J,
    label_noise_log_density,
    label_noise_potential,
    latex,
    mean_covariance,
    mixed_factor,
    pair_factor,
    potential_of_curvature,
    psi,
    psi_discrete,
    qsr_drift_correction,
    round_disagreement,
    round_excess_loss,
    slow_round_disagreement,
    stationary_log_density,
    symbolic,
    uv_imbalance,
    uv_isotropic_drift,
    worker_covariance,
)


modest = settings(deadline=None, max_examples=30)
seeds = st.integers(0, 2**32 - 1)
workers = st.integers(1, 32)
curvatures = st.floats(0.1, 5.0)
round_times = st.floats(0.01, 8.0)
PRECISE = 1e-12  # relative: a few ulps, amplified a hundredfold where two terms of a formula cancel
PUBLISHED = 1e-11  # the tables have twelve digits


def normal(seed, *shape):
    return np.random.Generator(np.random.Philox(seed)).standard_normal(shape)


@pytest.mark.parametrize("name", FORMULAS)
@settings(deadline=None, max_examples=8)
@given(data=st.data())
def test_expression_and_numerical_twin_agree(name, data):
    entry = formula(name)
    values = {k: data.draw(st.floats(v.low, v.high), label=k) for k, v in entry.variables.items()}
    literal = sp.lambdify(list(entry.symbols().values()), entry.symbolic(), "mpmath")
    with mpmath.workdps(60):
        expected = float(mpmath.re(literal(*(mpmath.mpf(values[k]) for k in entry.variables))))
    assert float(entry.numeric(**values)) == pytest.approx(expected, rel=PRECISE, abs=1e-13)


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_prints_and_can_be_shown_on_a_page(name):
    entry = formula(name)
    assert latex(name).count("=") == 1 and mathml(latex(name)).startswith("<math")
    assert entry.symbolic().free_symbols == set(entry.symbols().values())
    assert entry.source in {"derived", "gu2023"} and entry.statement


def test_the_table_of_special_functions():
    x = np.array([0.1, 0.5, 1.0, 2.0, 5.0, 10.0])
    table = {
        psi: [
            0.0483741803596,
            0.213061319425,
            0.367879441171,
            0.567667641618,
            0.801347589400,
            0.900004539993,
        ],
        F: [0.00244546967312, 0.0561579208823, 0.203400400703, 0.680736643830, 2.81219812707, 7.12019508514],
        J: [0.0491803499673, 0.230780759692, 0.428720158126, 0.751595714551, 1.38645428353, 1.97980037487],
    }
    for function, known in table.items():
        np.testing.assert_allclose(function(x), known, rtol=PUBLISHED)
    steps = np.array([2, 10, 100])
    known = [0.00995, 0.0849594854132, 0.564813906964]
    np.testing.assert_allclose(psi_discrete(0.99**2, steps), known, rtol=PUBLISHED)
    assert psi_discrete(0.99, 100) == pytest.approx(0.366032341273, rel=PUBLISHED)


@modest
@given(st.floats(-12.0, 2.5))
def test_series_and_closed_forms_are_their_integrals_to_every_digit(exponent):
    x = 10.0**exponent
    with mpmath.workdps(40):
        exact = mpmath.mpf(x)
        share = 1 + mpmath.expm1(-exact) / exact
        entire = mpmath.log(exact) + mpmath.euler + mpmath.e1(exact)
        known = [float(v) for v in (share, exact - entire, entire - share)]
    assert [psi(x), F(x), J(x)] == [pytest.approx(v, rel=PRECISE) for v in known]


def test_f_and_j_are_the_integrals_of_psi():
    x = sp.Symbol("x", positive=True)
    share = symbolic("psi").subs(formula("psi").symbols()["x"], x)
    for name, slope in (("F", share), ("J", share / x)):
        integral = symbolic(name).subs(formula(name).symbols()["x"], x)
        assert sp.simplify(sp.diff(integral, x).rewrite(sp.exp) - slope) == 0
        assert sp.limit(integral, x, 0) == 0


@modest
@given(st.floats(1e-3, 50.0), st.floats(1.001, 3.0))
def test_psi_increases_from_half_x_to_one(x, factor):
    assert 0.0 < psi(x) < psi(x * factor) < 1.0
    assert x / 2 - x * x / 6 < psi(x) < x / 2
    assert 0.0 < x * (1.0 - psi(x)) <= 1.0 + 1e-13 * x
    assert psi(0.0) == F(0.0) == J(0.0) == 0.0 and psi(np.inf) == 1.0 and F(np.inf) == np.inf


@modest
@given(st.floats(-0.95, 1.0), st.integers(1, 300))
def test_psi_discrete_is_the_mean_of_one_minus_powers(factor, steps):
    mean = math.fsum(1.0 - factor**k for k in range(steps)) / steps
    assert psi_discrete(factor, steps) == pytest.approx(mean, rel=1e-10, abs=1e-15)


@modest
@given(st.floats(0.01, 1.0), st.integers(2, 1000))
def test_psi_discrete_keeps_its_digits_where_nothing_contracts(size, steps):
    lost = size * 1e-7 / steps
    lost = 1.0 - (1.0 - lost)  # what the argument can hold
    with mpmath.workdps(40):
        q = 1 - mpmath.mpf(lost)
        known = float(1 - (1 - q**steps) / (steps * mpmath.mpf(lost)))
    assert psi_discrete(1.0 - lost, steps) == pytest.approx(known, rel=1e-11)


@modest
@given(st.floats(0.05, 5.0), st.floats(0.1, 4.0))
def test_psi_discrete_tends_to_psi_like_eta(curvature, round_time):
    gaps = []
    for steps in (2000, 4000):
        lr = round_time / steps
        gaps.append(abs(psi_discrete((1.0 - lr * curvature) ** 2, steps) - psi(2 * round_time * curvature)))
    assert gaps[0] < 0.01 and gaps[0] / gaps[1] == pytest.approx(2.0, rel=0.02)


def test_special_functions_take_arrays_of_any_shape():
    x = np.linspace(0.0, 3.0, 12).reshape(3, 4)
    for function in (psi, F, J):
        assert function(x).shape == (3, 4)
        np.testing.assert_array_equal(function(x).ravel(), [function(v) for v in x.ravel()])
        assert isinstance(function(0.3), float)
    q, steps = np.array([0.5, 0.99, 1.0])[:, None], np.array([1, 7])
    assert psi_discrete(q, steps).shape == (3, 2)
    assert (psi_discrete(q, steps)[:, 0] == 0.0).all() and psi_discrete(1.0, 7) == 0.0


@pytest.mark.parametrize("wrong", [-0.1, float("nan"), "1", None, 1j, [0.1, -3.0]])
def test_special_functions_refuse_what_is_no_curvature(wrong):
    for function in (psi, F, J):
        with pytest.raises(BadInput, match="x = .*(at least 0|real numbers)"):
            function(wrong)


@pytest.mark.parametrize(
    ("factor", "steps", "said"),
    [
        (-1.0, 3, "factor = -1.0.*smaller step"),
        (1.1, 3, r"factor = 1.1.*\(−1, 1\]"),
        (0.5, 0, "local_steps = 0.0.*at least 1"),
        (-0.5, 2.5, "local_steps = 2.5.*whole where q < 0"),
        (float("nan"), 2, "factor = nan"),
    ],
)
def test_psi_discrete_refuses_unstable_factors_and_broken_steps(factor, steps, said):
    with pytest.raises(BadInput, match=said):
        psi_discrete(factor, steps)


@pytest.mark.parametrize("function", [finite_drift_factor, finite_mixed_factor])
def test_unstable_steps_are_refused_with_the_cure(function):
    with pytest.raises(BadInput, match="ηλ = 2.*below 2.*η < 2/λ_max"):
        function(4, 2.0, 3, 1.0)


@modest
@given(workers, round_times, curvatures, curvatures)
def test_gains_lie_between_sgd_and_the_m_fold_limit(m, alpha, first, second):
    gain = pair_factor(m, alpha, first, second)
    assert pair_factor(m, 0.0, first, second) == 1.0 <= gain <= m == pair_factor(m, np.inf, first, second)
    assert pair_factor(m, np.inf, 0.0, 0.0) == 1.0  # a tangent pair gains nothing, ever
    assert drift_factor(m, alpha, first) == pair_factor(m, alpha, first, first)
    assert mixed_factor(m, alpha, first) == pair_factor(m, alpha, first, 0.0) <= drift_factor(m, alpha, first)
    assert drift_factor(1, alpha, first) == 1.0


@modest
@given(workers, st.floats(0.001, 0.2), curvatures)
def test_one_local_step_is_parallel_sgd(m, lr, curvature):
    assert finite_drift_factor(m, lr, 1, curvature) == pytest.approx(1.0 / (1.0 - lr * curvature / 2.0))
    assert finite_mixed_factor(m, lr, 1, curvature) == 1.0


def test_finite_factors_tend_to_the_slow_ones():
    steps = np.array([100, 1000, 10000])
    gaps = finite_drift_factor(8, 1.0 / steps, steps, 1.3) - drift_factor(8, 1.0, 1.3)
    assert gaps[1] / gaps[0] == pytest.approx(0.1, rel=0.05) and gaps[2] / gaps[1] == pytest.approx(
        0.1, rel=0.05
    )
    mixed = finite_mixed_factor(8, 1.0 / steps, steps, 1.3) - mixed_factor(8, 1.0, 1.3)
    assert mixed[2] / mixed[1] == pytest.approx(0.1, rel=0.05)


@modest
@given(st.floats(0.01, 0.15), curvatures, st.floats(0.0, 5.0), st.integers(1, 8), st.integers(1, 40))
def test_moments_are_those_of_the_exact_recursion(lr, first, second, m, steps):
    """Iterate the covariances of M independent linear workers with step noise MΣ/B."""
    noise, batch = 0.7, 3.0
    q, kick = (1 - lr * first) * (1 - lr * second), lr**2 * noise / batch
    mean = mean_covariance(noise, lr, batch, first, second)
    assert q * mean + kick == pytest.approx(mean, rel=1e-12)
    spread, seen = 0.0, []
    for _ in range(steps):
        seen.append(spread)
        spread = q * spread + (m - 1) * kick
    args = (noise, lr, batch, m, first, second)
    assert disagreement(*args, steps) == pytest.approx(spread, rel=1e-11, abs=1e-18)
    assert worker_covariance(*args, steps) == pytest.approx(mean + spread, rel=1e-11)
    assert round_disagreement(*args, steps) == pytest.approx(np.mean(seen), rel=1e-10, abs=1e-18)


@modest
@given(st.floats(0.01, 0.15), st.integers(2, 8), st.integers(1, 40))
def test_tangent_pairs_spread_like_a_random_walk(lr, m, steps):
    kick = (m - 1) * lr**2 * 0.7 / 3.0
    assert disagreement(0.7, lr, 3.0, m, 0.0, 0.0, steps) == pytest.approx(kick * steps)
    assert round_disagreement(0.7, lr, 3.0, m, 0.0, 0.0, steps) == pytest.approx(kick * (steps - 1) / 2)


def test_the_published_moments_inside_a_round():
    lr, m, rate, steps = 0.01, 8, 1.3, np.array([25, 50, 100])
    discrete = worker_covariance(1.0, lr, 1.0, m, rate, rate, steps) / lr
    np.testing.assert_allclose(discrete, [1.6884, 2.3648, 2.8992], atol=6e-5)
    assert mean_covariance(1.0, lr, 1.0, rate, rate) / lr == pytest.approx(0.3871, abs=6e-5)
    assert round_excess_loss(1.0, lr, 1.0, m, rate, 1.0) / lr == pytest.approx(1.3769, abs=6e-5)
    assert finite_drift_factor(m, lr, 100, rate) / 4 == pytest.approx(1.3810, abs=6e-5)
    assert slow_round_disagreement(1.0, lr, 1.0, m, rate, rate, 1.0) / lr == pytest.approx(1.7337, abs=6e-5)
    assert round_disagreement(1.0, lr, 1.0, m, rate, rate, 100) / lr == pytest.approx(1.7374, abs=6e-5)


@pytest.mark.parametrize(
    ("alpha", "constant", "label"),
    [(0.0, 0.2, 1.0), (0.1, 0.1232336, 0.6056616), (0.5, 0.0664310, 0.3762309), (2.0, 0.0421425, 0.2820294)],
)
def test_stationary_laws_of_the_valley_have_the_published_second_moments(alpha, constant, label):
    x = np.tan(np.linspace(-np.pi / 2, np.pi / 2, 200_003)[1:-1])
    weight = 1.0 + x * x  # dx = (1 + x²) dφ, and h is the same
    for log_density, known in (
        (stationary_log_density(weight, 4.0, 4, alpha), constant),
        (label_noise_log_density(weight, 1.0, 4, alpha), label),
    ):
        density = np.exp(log_density - log_density.max()) * weight
        assert np.sum(x * x * density) / np.sum(density) == pytest.approx(known, abs=1e-6)


@pytest.mark.parametrize(
    ("alpha", "known"),
    [(0.0, 2.3364024), (0.1, 1.9263410), (0.5, 1.4105954), (2.0, 1.1809302), (np.inf, 1.1036383)],
)
def test_the_published_imbalance_of_uv(alpha, known):
    law = dict(label_noise=1.0, total_batch=4.0, workers=4, round_time=alpha)
    assert uv_imbalance(1.0, 3.0, 1.0, **law) == pytest.approx(known, abs=6e-8)


def test_isotropic_noise_leaves_u_and_v_alone_under_sgd_only():
    assert uv_isotropic_drift(2.0, 1.0, 4.0, 1, 3.0) == uv_isotropic_drift(2.0, 1.0, 4.0, 8, 0.0) == 0.0
    assert uv_isotropic_drift(2.0, 1.0, 4.0, 8, 1.0) < 0.0 < uv_isotropic_drift(-2.0, 1.0, 4.0, 8, 1.0)


def test_the_published_drift_of_the_circle_and_its_moments():
    alpha = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0])
    known = [-0.2525, -0.3015, -0.3599, -0.5191, -0.7381, -1.0499, -1.3879, -1.6407]
    np.testing.assert_allclose(0.4 * circle_drift(0.6, 1.0, 8, alpha, 1.5), known, atol=6e-5)
    np.testing.assert_allclose(0.4 * circle_drift(0.6, 1.0, 8, 2 * alpha[4:5], 1.5), known[5:6], atol=6e-5)
    angles = 0.3 + 0.8 * np.sqrt(2.0) * np.polynomial.hermite.hermgauss(60)[0]
    weights = np.polynomial.hermite.hermgauss(60)[1] / np.sqrt(np.pi)
    for order in (1, 2, 3):
        assert circle_moment(order, 0.3, 0.64) == pytest.approx(weights @ np.cos(order * angles), abs=1e-13)


@modest
@given(seeds, workers, st.sampled_from([0.0, 0.3, 2.0, np.inf]))
def test_rates_of_the_diagonal_network_are_the_slope_of_the_potential_along_the_minima(seed, m, alpha):
    """−(δ²/4B)P_T∇tr(…) by differences moves ln p_k = ln u_k v_k by the closed rates."""
    features, point, batch = normal(seed, 2, 4), 0.5 + np.abs(normal(seed + 1, 8)), 3.0

    def jacobian(theta):
        return np.hstack([2 * features * theta[:4], -2 * features * theta[4:]])

    def potential(theta):
        j = jacobian(theta)
        return label_noise_potential(j @ j.T / 2, m, alpha)  # JJᵀ/n carries the non-zero spectrum

    step = 1e-5 * np.eye(8)
    slope = np.array([(potential(point + s) - potential(point - s)) / 2e-5 for s in step])
    j = jacobian(point)
    tangent = slope - j.T @ np.linalg.solve(j @ j.T, j @ slope)
    moved = -tangent / (4 * batch) / point
    law = dict(label_noise=1.0, total_batch=batch, workers=m, round_time=alpha)
    rates = diagonal_network_rates(features, point[:4] ** 2 + point[4:] ** 2, **law)
    np.testing.assert_allclose(moved[:4] + moved[4:], -rates, rtol=1e-6, atol=1e-7)
    sgd = diagonal_network_rates(features, point[:4] ** 2, **(law | {"round_time": 0.0}))
    np.testing.assert_allclose(sgd, 4 * (features**2).sum(axis=0) / (2 * batch), rtol=1e-12)


@modest
@given(seeds, st.integers(2, 16), st.floats(0.05, 5.0))
def test_the_potential_of_label_noise_has_the_stated_limits(seed, m, alpha):
    root = normal(seed, 3, 4)
    hessian = root.T @ root  # rank 3 of 4
    trace = np.trace(hessian)
    assert label_noise_potential(hessian, m, 0.0) == pytest.approx(trace)
    assert label_noise_potential(hessian, m, np.inf) == pytest.approx(m * trace)
    assert trace < label_noise_potential(hessian, m, alpha) < m * trace
    assert label_noise_potential(hessian, 1, alpha) == pytest.approx(trace)
    small = 1e-4 / trace
    onset = (m - 1) * small / 2 * np.trace(hessian @ hessian)
    assert label_noise_potential(hessian, m, small) - trace == pytest.approx(onset, rel=1e-3)
    values = np.linalg.eigvalsh(hessian)[1:]
    large = 40.0 / values[0]
    logarithms = np.log(2 * large * values).sum() + 3 * np.euler_gamma
    wanted = m * trace - (m - 1) / (2 * large) * logarithms
    assert label_noise_potential(hessian, m, large) == pytest.approx(wanted, rel=1e-12)


def test_the_potential_refuses_what_is_no_hessian_at_a_minimum():
    with pytest.raises(BadInput, match="eigenvalue -1.*project the point"):
        label_noise_potential(np.diag([1.0, -1.0]), 4, 1.0)
    with pytest.raises(BadInput, match="symmetric"):
        label_noise_potential(np.array([[1.0, 2.0], [0.0, 1.0]]), 4, 1.0)
    with pytest.raises(BadInput, match=r"got \(3,\)"):
        label_noise_potential(np.ones(3), 4, 1.0)
    stacked = np.stack([np.diag([1.0, 0.0]), np.diag([2.0, 3.0])])
    np.testing.assert_allclose(
        label_noise_potential(stacked, 4, 1.0),
        [
            potential_of_curvature(1.0, 4, 1.0),
            potential_of_curvature(2.0, 4, 1.0) + potential_of_curvature(3.0, 4, 1.0),
        ],
    )


def valley(point):
    """½e^x y² with its derivatives up to the third, and unit noise across it."""
    y, h = point[1], np.exp(point[0])
    third = np.zeros((2, 2, 2))
    third[0, 0, 0], third[1, 1, 0] = h * y * y / 2, h
    third[0, 0, 1] = third[0, 1, 0] = third[1, 0, 0] = h * y
    third[0, 1, 1] = third[1, 0, 1] = h
    return h * np.array([y * y / 2, y]), h * np.array([[y * y / 2, y], [y, 1.0]]), third, np.diag([0.0, 1.0])


def gap_in_the_valley(time, round_time=0.5, workers=8):
    parts = {
        "gradient": lambda point: valley(point)[0],
        "hessian": lambda point: valley(point)[1],
        "third": lambda point: valley(point)[2],
        "covariance": lambda point: valley(point)[3],
    }
    law = dict(workers=workers, total_batch=1.0, round_time=round_time)
    return conventional_gap(np.array([0.0, 1.0]), time, **parts, **law)


def test_the_gap_on_the_conventional_horizon_has_the_published_coefficients():
    np.testing.assert_allclose(gap_in_the_valley(2.0), [-1.0669, 0.2075], atol=6e-5)


def test_the_gap_vanishes_without_workers_or_rounds_and_grows_with_them():
    np.testing.assert_array_equal(gap_in_the_valley(2.0, workers=1), [0.0, 0.0])
    np.testing.assert_array_equal(gap_in_the_valley(0.0), [0.0, 0.0])
    assert np.abs(gap_in_the_valley(1.0, round_time=0.01)).max() < 0.05
    np.testing.assert_allclose(gap_in_the_valley(1.0, workers=15), 2 * gap_in_the_valley(1.0), rtol=1e-8)
    with pytest.raises(BadInput, match="round_time = 0"):
        gap_in_the_valley(1.0, round_time=0.0)


def test_the_published_lengths_of_the_first_phase():
    lr = np.array([0.05, 0.0125, 0.003125])
    np.testing.assert_array_equal(np.ceil(first_phase_rounds(1.0, 1.0, 1.0, lr, 1.0, 0.25)), [8, 11, 13])


def test_the_correction_of_qsr_is_the_mean_curvature_over_a_spreading_round():
    """Average ½ b″ times the spread (1 − 1/M)σ²s/B_loc over a round of slow time α_Q²."""
    growth, m, variance, batch, bend = 0.4, 4, 0.7, 2.0, -0.3
    spread = (1 - 1 / m) * variance / batch * np.linspace(0.0, growth**2, 3)
    assert qsr_drift_correction(growth, m, variance, batch, bend) == pytest.approx(0.5 * bend * spread.mean())
    assert qsr_drift_correction(growth, 1, variance, batch, bend) == 0.0


def mean_on_the_valley(relative_drift, nodes=1201, steps=320):
    """E x(T) of dx = −(r/4)e^x dt + dW/2 from 0.3, T = 0.64, by Crank–Nicolson on the backward equation."""
    x = np.linspace(-3.7, 4.3, nodes)
    gap, time_step = x[1] - x[0], 0.64 / steps
    drift = -relative_drift / 4 * np.exp(x[1:-1])
    lower, upper = 0.125 / gap**2 - drift / (2 * gap), 0.125 / gap**2 + drift / (2 * gap)
    generator = np.zeros((3, nodes))  # the ends, which paths do not reach, keep their value
    generator[0, 2:], generator[1, 1:-1], generator[2, :-2] = upper, -0.25 / gap**2, lower
    implicit, value = -time_step / 2 * generator, x.copy()
    implicit[1] += 1.0
    for _ in range(steps):
        slope = generator[1] * value
        slope[:-1] += generator[0, 1:] * value[1:]
        slope[1:] += generator[2, :-1] * value[:-1]
        value = scipy.linalg.solve_banded((1, 1), implicit, value + time_step / 2 * slope)
    return float(np.interp(0.3, x, value))


def test_the_published_error_coefficient_of_qsr():
    """The response of E x to the relative drift, times ¼(1 − 1/M), since b″ = b on the valley e^x."""
    assert mean_on_the_valley(1.0) == pytest.approx(0.0981145, abs=2e-6)
    response = (mean_on_the_valley(1.01) - mean_on_the_valley(0.99)) / 0.02
    assert response == pytest.approx(-0.18206, abs=2e-5)
    assert response * qsr_drift_correction(1.0, 4, 1.0, 1.0, 1.0) == pytest.approx(-0.03414, abs=6e-6)


def test_importing_formulas_and_comparison_is_light():
    heavy = ("sympy", "numba", "scipy.integrate", "scipy.special", "scipy.linalg")
    code = f"import sde, sde.formulas, sde.comparison, sys; print(*(m in sys.modules for m in {heavy}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"] * len(heavy)
