"""Direction errors keep their digits at any log-time, and the predicted path is the one local GD takes."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias.asymptotics import (
    angle_from_chord,
    chord_from_residual,
    direction_error,
    log10_accurate_round,
    log10_round_of_chord,
    margin_gap,
    margin_gap_from_residual,
    margin_rate_constant,
    normalised_margin,
    predicted_chord,
    predicted_onset,
    predicted_path,
    rate_constant,
    rate_correction,
    residual,
)
from implicitbias.errors import BadInput


modest = settings(deadline=None, max_examples=30)
seeds = st.integers(0, 2**32 - 1)

# Two workers of three samples; the first of each is a support vector, and p_i = 1/6.
WORKERS = (
    np.array([[1.0, 0.1], [2.0, -0.2], [1.5, 1.5]]),
    np.array([[0.2, 1.6], [0.9, 2.5], [-0.4, 4.8]]),
)
ROWS = np.concatenate(WORKERS)
SUPPORT = ROWS[[0, 3]]
WEIGHTS = np.linalg.solve(SUPPORT, np.ones(2))
DUALS = np.linalg.solve(SUPPORT.T, WEIGHTS)
LIMIT = np.linalg.solve(SUPPORT, -np.log(6.0 * DUALS))
MARGIN = 1.0 / np.linalg.norm(WEIGHTS)
SLACK = np.where(np.isin(np.arange(6), [0, 3]), 0.0, ROWS @ WEIGHTS - 1.0)


def normal(seed, *shape):
    return np.random.Generator(np.random.Philox(seed)).standard_normal(shape)


def local_gd(lr, local_steps, rounds):
    """Exponential loss, from 0; the iterate before every round and after the last."""
    w, path = np.zeros(2), []
    for _ in range(rounds):
        path.append(w)
        moved = []
        for rows in WORKERS:
            v = w
            for _ in range(local_steps):
                v = v + lr * np.exp(-rows @ v) @ rows / len(rows)
            moved.append(v)
        w = (moved[0] + moved[1]) / 2
    return np.array([*path, w])


@modest
@given(seeds, st.floats(-12.0, -0.5), st.floats(-200.0, 200.0))
def test_small_direction_errors_keep_their_digits(seed, log10_error, log10_size):
    u, other = normal(seed, 2, 7)
    u /= np.linalg.norm(u)
    across = other - u * (other @ u)
    tangent = 10.0**log10_error
    v = (u + tangent * across / np.linalg.norm(across)) * 10.0**log10_size
    expected = 2.0 * math.sin(0.5 * math.atan(tangent))
    assert abs(direction_error(v, u) - expected) < 2e-15
    assert angle_from_chord(direction_error(v, u)) == pytest.approx(math.atan(tangent), abs=2e-15)


@modest
@given(seeds)
def test_direction_error_is_a_batched_metric_on_directions(seed):
    u, v, w = normal(seed, 3, 4, 5, 3)
    error = direction_error(u, v)
    assert error.shape == (4, 5)
    np.testing.assert_allclose(error, direction_error(3.0 * v, 0.1 * u), atol=1e-15)
    np.testing.assert_allclose(direction_error(u, u[0, 0])[1, 2], direction_error(u[1, 2], u[0, 0]))
    assert (error <= direction_error(u, w) + direction_error(w, v) + 1e-15).all()
    np.testing.assert_allclose(direction_error(u, -u), 2.0)
    np.testing.assert_allclose(angle_from_chord(direction_error(u, -u)), math.pi, rtol=1e-7)


@pytest.mark.parametrize("vector", [[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_a_vector_without_direction_is_refused(vector):
    with pytest.raises(BadInput, match="direction"):
        direction_error(np.array(vector), np.ones(2))


def test_chord_at_any_log_time_on_the_two_worker_set():
    taus = np.array([50.0, 1e3, 1e4, 1e5, 1e6])
    known = [1.391867e-2, 6.773769e-4, 6.765203e-5, 6.764347e-6, 6.764262e-7]
    np.testing.assert_allclose(chord_from_residual(LIMIT, WEIGHTS, taus), known, rtol=1e-6)


@modest
@given(seeds, st.floats(0.0, 12.0))
def test_chord_and_gap_from_the_residual_match_high_precision(seed, log10_tau):
    mpmath.mp.dps = 60  # exact enough to be the truth; no test here needs fewer digits
    rho, tau = normal(seed, 2), 10.0**log10_tau + 5.0
    w = [mpmath.mpf(WEIGHTS[k]) * mpmath.mpf(tau) + mpmath.mpf(rho[k]) for k in range(2)]
    norm, size = mpmath.hypot(*w), mpmath.hypot(*map(mpmath.mpf, WEIGHTS))
    chord = mpmath.hypot(*(w[k] / norm - mpmath.mpf(WEIGHTS[k]) / size for k in range(2)))
    across = abs(WEIGHTS[0] * rho[1] - WEIGHTS[1] * rho[0]) / np.linalg.norm(rho)
    got = chord_from_residual(rho, WEIGHTS, np.array(tau))
    assert float(abs(got / chord - 1)) < 1e-14 / min(1.0, across)
    # Exact support slacks, as a polished solver gives them: 0 on S whatever the rounding of w_hat.
    products = [tau * (1 + g) + mpmath.mpf(float(x @ rho)) for g, x in zip(SLACK, ROWS, strict=True)]
    gap = 1 / size - min(products) / norm
    found = margin_gap_from_residual(rho, WEIGHTS, np.array(tau), ROWS, SLACK)
    assert float(abs(found - gap)) < 1e-14 / tau + 1e-15 * float(abs(gap))


def test_margin_gap_is_zero_at_the_max_margin_alone():
    assert margin_gap(WEIGHTS, ROWS, MARGIN) == pytest.approx(0.0, abs=1e-15)
    directions = normal(4, 200, 2)
    assert (margin_gap(directions, ROWS, MARGIN) > -1e-15).all()
    w = normal(1, 3, 4, 2)
    assert normalised_margin(w, ROWS).shape == (3, 4)
    np.testing.assert_allclose(normalised_margin(7.0 * w, ROWS), normalised_margin(w, ROWS), rtol=1e-14)


def test_gap_from_the_residual_agrees_with_the_plain_gap_and_with_its_limit():
    taus = np.array([5.0, 10.0, 50.0])
    plain = margin_gap(predicted_path(WEIGHTS, LIMIT, taus), ROWS, MARGIN)
    np.testing.assert_allclose(
        margin_gap_from_residual(LIMIT, WEIGHTS, taus, ROWS, SLACK), plain, rtol=1e-12, atol=1e-14
    )
    constant = margin_rate_constant(WEIGHTS, LIMIT, SUPPORT)
    assert constant == pytest.approx(0.258633, abs=1e-6)
    far = np.array(1e8)
    assert margin_gap_from_residual(LIMIT, WEIGHTS, far, ROWS, SLACK) * far == pytest.approx(
        constant, rel=1e-7
    )


@modest
@given(seeds)
def test_residual_inverts_the_predicted_path(seed):
    taus, limit = np.abs(normal(seed, 6)) * 10, normal(seed + 1, 2)
    path = predicted_path(WEIGHTS, limit, taus)
    assert path.shape == (6, 2)
    np.testing.assert_allclose(residual(path, WEIGHTS, taus), np.tile(limit, (6, 1)), atol=1e-13)
    batch = np.stack([path, path + 1.0])
    np.testing.assert_allclose(residual(batch, WEIGHTS, taus)[1] - 1.0, np.tile(limit, (6, 1)), atol=1e-13)


def test_constant_of_the_chord():
    assert rate_constant(WEIGHTS, LIMIT) == pytest.approx(0.6764252, abs=1e-7)
    assert rate_constant(WEIGHTS, 3.0 * WEIGHTS) == pytest.approx(0.0, abs=1e-15)
    assert rate_correction(WEIGHTS, 3.0 * WEIGHTS) == pytest.approx(3.0)


@modest
@given(seeds)
def test_chord_expansion_has_the_right_second_order_term(seed):
    limit = normal(seed, 2)
    taus = np.array([1e3, 1e4])
    chord = chord_from_residual(limit, WEIGHTS, taus)
    constant, shift = rate_constant(WEIGHTS, limit), rate_correction(WEIGHTS, limit)
    second = np.abs(chord * taus - constant * (1.0 - shift / taus))
    assert (second * taus**2 < 3.0 * constant * (1.0 + constant**2 + shift**2)).all()
    assert (np.abs(chord / predicted_chord(WEIGHTS, limit, taus) - 1.0) * taus**2 < 1.0 + constant**2).all()
    if abs(shift) > 0.1:
        first = np.abs(chord * taus - constant)
        assert (first * taus**2 > 10.0 * constant).all()


@pytest.mark.parametrize(
    "local_steps, chords, distances",
    [
        (1, (0.33039, 0.18093, 0.12577), (1.8665, 0.8245, 0.2979)),
        (10, (0.31240, 0.17875, 0.12543), (1.8150, 0.8095, 0.2959)),
    ],
)
def test_local_gd_approaches_the_predicted_path(local_steps, chords, distances):
    rounds = np.array([10, 100, 1000])
    w = local_gd(0.2 / local_steps, local_steps, 1000)[rounds]
    np.testing.assert_allclose(direction_error(w, WEIGHTS), chords, atol=1e-5)
    away = np.linalg.norm(residual(w, WEIGHTS, np.log(0.2 * rounds)) - LIMIT, axis=1)
    np.testing.assert_allclose(away, distances, atol=1e-4)
    # The clock log r in place of log(eta H r) does not approach the same limit.
    wrong = np.linalg.norm(residual(w, WEIGHTS, np.log(rounds)) - LIMIT, axis=1)
    assert wrong[-1] > 1.0


@modest
@given(
    st.floats(0.01, 1.0),
    st.integers(1, 20),
    st.floats(1e-3, 10.0),
    st.integers(1, 1000),
    st.floats(0.1, 10.0),
)
def test_onset_depends_on_margin_and_workers_alone_and_not_on_units(margin, workers, lr, steps, scale):
    onset = predicted_onset(margin, workers, lr=lr, local_steps=steps)
    assert onset == pytest.approx(70.0 * workers / margin**3, rel=1e-12)
    rescaled = predicted_onset(scale * margin, workers, lr=lr / scale**2, local_steps=steps, row_norm=scale)
    assert rescaled == pytest.approx(onset, rel=1e-12)


def test_onset_is_at_once_for_small_products_of_rate_and_steps():
    assert predicted_onset(0.5, 2, lr=1e-4, local_steps=10, start_loss=math.log(2.0)) == 0.0
    assert predicted_onset(0.5, 2, lr=1.0, local_steps=10, start_loss=math.log(2.0)) == pytest.approx(1120.0)


@modest
@given(st.floats(0.01, 1.0), st.floats(1e-3, 10.0), st.floats(1.0, 1e6), st.floats(1e-12, 1e-4))
def test_envelope_reaches_its_target_at_the_predicted_round(kappa, error, at_round, target):
    log10_round = log10_accurate_round(kappa, error, at_round, target)
    log10_error = math.log10(error) - kappa * (log10_round - math.log10(at_round))
    assert log10_error == pytest.approx(math.log10(target), abs=1e-9)
    assert log10_accurate_round(kappa, error, at_round, 2.0 * error) == math.log10(at_round)


def test_rounds_of_a_chord_are_astronomical_and_right():
    exponent = log10_round_of_chord(WEIGHTS, LIMIT, 1e-6, lr=0.02, local_steps=10)
    assert 2.9e5 < exponent < 3e5
    tau = exponent * math.log(10.0) + math.log(0.2)
    assert chord_from_residual(LIMIT, WEIGHTS, np.array(tau)) == pytest.approx(1e-6, rel=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: log10_accurate_round(0.0, 1.0, 1.0, 1.0),
        lambda: log10_accurate_round(1.0, -1.0, 1.0, 1.0),
        lambda: log10_round_of_chord(WEIGHTS, LIMIT, 0.0, lr=1.0, local_steps=1),
        lambda: predicted_onset(0.0, 1, lr=1.0, local_steps=1),
    ],
)
def test_broken_rules_are_named(call):
    with pytest.raises(BadInput, match=";"):
        call()
