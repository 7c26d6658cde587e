"""What the claims about Local GD add to the science: limits of finite records, and the terms of the residual."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import LinearClassification, local_gd, Logistic, RecordAt, run, Stream
from implicitbias.asymptotics import chord_from_residual
from implicitbias.data import set_a
from paper_repro.claims import Status, verify_one
from paper_repro.claims.extrapolation import (
    at_infinity,
    chord_at,
    decay_at_infinity,
    divergence,
    slope_in_log_time,
    unit_vector,
)
from paper_repro.claims.observation import Measured
from paper_repro.claims.separable import SeparableCase
from paper_repro.papers.derived.local_gd import reshuffling, residual_rate
from paper_repro.papers.zhu2024 import direction_real_data, loss_rate_reading


ROUNDS = np.unique(np.round(np.geomspace(1, 1e5, 200)).astype(int))
exponents = st.floats(0.4, 1.0)


@settings(deadline=None, max_examples=30)
@given(kappa=exponents, second=st.floats(0.2, 1.0), size=st.floats(-5, 5), limit=st.floats(-3, 3))
def test_an_extrapolated_limit_is_within_its_error(kappa, second, size, limit):
    values = limit + ROUNDS**-kappa + size * ROUNDS ** -(kappa + second)
    end = at_infinity(ROUNDS, values, kappa)
    assert abs(float(end.value) - limit) <= float(end.error) < 1.0


def test_a_turning_point_is_not_taken_for_convergence():
    rounds = ROUNDS[ROUNDS <= 1000]
    values = 28 + 60 / (1 + rounds / 40) * (rounds - 700) / (rounds + 300)
    end = at_infinity(rounds, values, 1.0)
    assert abs(float(end.value) - 28) <= float(end.error)


def test_a_hopeless_exponent_leaves_the_limit_open():
    assert at_infinity(ROUNDS, ROUNDS**-0.02, 0.02).error == np.inf


@settings(deadline=None, max_examples=20)
@given(kappa=st.floats(0.2, 1.0))
def test_the_slope_of_a_power_is_its_exponent(kappa):
    slope = decay_at_infinity(ROUNDS, 3.0 * ROUNDS**-kappa)
    assert float(slope.value) == pytest.approx(-kappa, abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6), size=st.floats(0.01, 0.9))
def test_directions_and_chords_move_less_than_their_errors(seed, size):
    draw = np.random.default_rng(seed)
    weights, truth, push = draw.normal(size=(3, 4))
    push *= size * np.linalg.norm(truth) / np.linalg.norm(push)
    seen = Measured(truth + push, float(np.linalg.norm(push)))
    unit = unit_vector(seen)
    assert np.linalg.norm(unit.value - truth / np.linalg.norm(truth)) <= float(unit.error) + 1e-12
    chord = chord_at(seen, weights, 7.0)
    exact = float(chord_from_residual(truth, weights, np.asarray(7.0)))
    assert abs(float(chord.value) - exact) <= float(chord.error) + 1e-12


def test_the_two_time_slope_drops_the_constant():
    samples = set_a()
    problem = LinearClassification(samples.features, samples.labels, workers=samples.workers, loss=Logistic())
    trace = run(problem, local_gd(0.2, 2), 500, record=RecordAt.log(60), progress=False)
    weights, constant = np.array([0.9, 0.5]), np.array([-2.0, 0.3])
    path = np.log(np.maximum(trace.rounds, 1))[:, None] * weights + constant
    rounds, slope = slope_in_log_time(dataclasses.replace(trace, w=path[None]))
    np.testing.assert_allclose(slope, np.tile(weights, (len(rounds), 1)), rtol=1e-12)
    assert divergence([trace]) == ""


def test_the_leading_term_of_the_residual_takes_over():
    """Every sample off the support leaves the response of the linearised equation, to first order."""
    case = residual_rate.setup(residual_rate.RateKnobs(data="random", gap=0.3), Stream(0))
    assert isinstance(case, SeparableCase)
    trace = run(case.problem, case.method, 30_000, record=RecordAt.log(100), progress=False)
    late = [np.argmin(np.abs(trace.rounds - r)) for r in (300, 3_000, 30_000)]
    rho = trace.w[0] - np.where(trace.rounds > 0, trace.log_time, 0)[:, None] * case.svm.weights
    shares = []
    for k in late:
        error = rho[k] - case.residual_limit
        rest = error - residual_rate.leading_term(case, error, trace.log_time[k])
        shares.append(np.linalg.norm(rest) / np.linalg.norm(error))
    assert shares[0] > 1.5 * shares[1] > 2.25 * shares[2]
    assert shares[2] < 0.15


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), workers=st.sampled_from([2, 3]), data=st.sampled_from(["A", "random"]))
def test_reshuffling_keeps_the_sizes_and_moves_a_support_vector_when_told(seed, workers, data):
    knobs = reshuffling.ReshuffleKnobs(data=data, workers=workers)
    equal, moved = reshuffling.setup(knobs, Stream(seed)), reshuffling.unequal(knobs, Stream(seed))
    for case in (equal, moved):
        if isinstance(case, reshuffling.ReshuffleCase):
            sizes = [sorted(c.problem.sizes) for c in (case.before, case.after)]
            assert sizes[0] == sizes[1]
            weights = [c.problem.sample_weights[c.svm.support] for c in (case.before, case.after)]
            assert np.allclose(weights[0], weights[1]) == (case is equal)


def test_the_growth_of_a_limit_with_h_has_the_error_of_its_ends():
    grown = loss_rate_reading.growth(np.array([1, 1000]), np.array([5.0, 5.5]), np.array([0.1, 0.2]))
    assert abs(float(grown.value) - 1) < float(grown.error) + np.log(1.1) / np.log(1000)
    unknown = loss_rate_reading.growth(np.array([1, 1000]), np.array([5.0, 0.1]), np.array([0.1, 0.2]))
    assert unknown.error == np.inf


def test_real_data_state_the_date_that_exact_rounds_would_need():
    case = direction_real_data.setup(direction_real_data.RealDataKnobs(data="iris-0-1"), Stream(0))
    assert isinstance(case, direction_real_data.RealDataCase)
    assert case.log10_visible > 30 and f"10^{case.log10_visible:.0f}" in direction_real_data.date(case)


@pytest.mark.parametrize("split", ["label", "iid"])
@pytest.mark.parametrize("data", direction_real_data.SEPARABLE)
def test_all_real_data_go_where_the_theory_says(data, split):
    knobs = direction_real_data.RealDataKnobs(data=data, split=split)
    result = verify_one(direction_real_data.CLAIM, knobs)
    assert result.status is Status.HOLDS, result.message
    assert all(f.status in (Status.REFUTED, Status.NOT_APPLICABLE) for f in result.falsifiers)


@given(exponent=st.floats(0.4, 1.0), limit=st.floats(-3, 3), size=st.floats(0.5, 2))
def test_extrapolation_is_nearer_to_the_limit_than_the_last_record(exponent, limit, size):
    rounds = np.unique(np.geomspace(1, 1e5, 200).round().astype(int))
    values = limit + size * rounds**-exponent
    end = at_infinity(rounds, values[:, None], exponent)
    last = abs(values[-1] - limit)
    # A pure power is extrapolated up to the rounding of its records.
    assert np.linalg.norm(end.value - limit) < 1e-6 * last and np.all(end.error < 1e-3 * last)
