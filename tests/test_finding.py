"""The main finding: what its settings predict against known numbers, and what its runs are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import rounds_of, Stream
from paper_repro.claims import Budget, Measured
from paper_repro.claims.halved import at_zero_rate
from paper_repro.papers.gu2023.held_out_error import dense_truth, HeldOutCase
from paper_repro.papers.gu2023.sparse_setting import (
    HORIZON,
    METHODS,
    network,
    phases_of,
    plan_of,
    predicted_path,
    RECORDS,
    SparseKnobs,
    start_of,
)
from paper_repro.papers.gu2023.too_long_rounds import averaged
from paper_repro.papers.gu2023.valley_setting import slow_sharpness, valley, ValleyKnobs
from paper_repro.papers.gu2024.decaying_rate import DecayCase
from paper_repro.papers.gu2024.decaying_rate import needs as decay_needs
from paper_repro.papers.gu2024.qsr_error import coefficient, ErrorCase, ErrorKnobs


# Of ODE solvers at relative tolerances of 1e-10 and below.
ODE = 1e-8

knobs = st.builds(
    SparseKnobs,
    workers=st.integers(3, 6),
    total_batch=st.floats(1.0, 2.0),
    alpha=st.floats(0.6, 1.4),
    scale=st.floats(0.7, 1.0),
)


def test_the_error_of_qsr_has_the_coefficient_of_the_standard_valley():
    case = ErrorCase(ErrorKnobs(), Stream(0))
    assert coefficient(case) == pytest.approx(-0.03414, abs=1e-5)
    assert case.mean(case.limit) == pytest.approx(0.0981145, abs=2e-7)
    assert case.mean(case.sgd) == pytest.approx(0.2453899, abs=2e-7)


def test_sgd_halves_the_valley_as_its_closed_form_says():
    start, time, batch = 1.1, 2.4, 3.0
    x, _ = valley().label_noise_law(start, time, batch)
    fastest, _ = valley().label_noise_law(start, time, batch, gain=5)
    found = slow_sharpness(start, time, 5, batch, (0.0, np.inf))
    assert found == pytest.approx([1 + x**2, 1 + fastest**2], rel=ODE)


def test_the_slow_ode_between_the_limits_is_that_of_the_zoo():
    alphas = (0.1, 1.0, 4.0)
    found = slow_sharpness(0.9, 1.7, 6, 4.0, alphas)
    paths = [valley().slow_path(np.array([0.9]), np.array([0.0, 1.7]), 6, 4.0, a)[-1, 0] for a in alphas]
    assert found == pytest.approx(1 + np.array(paths) ** 2, rel=ODE)


@settings(max_examples=3, deadline=None)
@given(knobs)
def test_products_of_the_network_decay_exponentially_under_sgd_and_m_times_as_fast_under_qsr(own):
    start, end = start_of(own), 0.3 * own.total_batch
    u, v = np.split(start, 2)
    # p_k' = −(4δ²/nB)|X_k|² p_k with n = |X_k|² = 3.
    rate = 4.0 / own.total_batch
    for name, gain in (("sgd", 1), ("qsr", own.workers)):
        last = predicted_path(own, end, phases_of(name, own.alpha, 1))[-1]
        products = np.prod(np.split(last, 2), axis=0)
        assert products == pytest.approx(u * v * np.exp(-gain * rate * end), rel=1e-6)
        assert network().matrix @ network().weights(last) == pytest.approx(network().labels, abs=1e-6)


@settings(max_examples=3, deadline=None)
@given(knobs)
def test_methods_are_ordered_on_the_sparse_truth_and_reversed_on_the_dense_one(own):
    end = HORIZON * own.total_batch
    last = {m: predicted_path(own, end, phases_of(m, own.alpha, 2))[-1] for m in METHODS}
    for truth, sign in (("sparse", 1.0), ("dense", -1.0)):
        case = HeldOutCase(plan_of(own, 0.02), Stream(0), truth)
        errors = np.array([case.error(last[m]) for m in METHODS])
        assert (np.diff(sign * errors) < 0).all()


def test_both_truths_have_the_labels_and_only_the_dense_one_is_where_training_starts():
    own = SparseKnobs()
    dense, sparse = dense_truth(own), np.array(network().truth)
    assert network().matrix @ dense == pytest.approx(network().matrix @ sparse, abs=1e-12)
    assert np.abs(dense).min() > 0.1 and np.count_nonzero(sparse) == 1
    assert np.abs(sparse).sum() < np.abs(dense).sum()


@settings(max_examples=20, deadline=None)
@given(knobs)
def test_every_method_of_a_plan_takes_the_same_steps_and_is_read_at_the_same_slow_times(own):
    plan = plan_of(own, 0.02)
    for one in (plan, plan.refined()):
        assert one.slow_times == pytest.approx(plan.slow_times)
        for name in METHODS:
            spec = one.spec(one.method(name), 2, Stream(0))
            ends = np.cumsum(rounds_of(one.method(name), one.steps))
            read = np.concatenate([[0], ends[np.array(spec.record.rounds(spec.rounds)[1:]) - 1]])
            assert one.lr**2 * read == pytest.approx(one.slow_times)
    assert rounds_of(plan.method("qsr"), plan.steps).size == RECORDS


def test_post_local_sgd_is_sgd_before_the_switch_and_moves_on_at_the_pace_of_local_sgd():
    own = SparseKnobs()
    paths = {m: predicted_path(own, 0.32, phases_of(m, 1.0, 8)) for m in METHODS}
    error = {m: network().held_out_error(p) for m, p in paths.items()}
    assert error["post_local_sgd"][:5] == pytest.approx(error["sgd"][:5], rel=ODE)
    again = network().velocity(paths["sgd"][4], own.workers, own.total_batch, 1.0)
    step = (paths["post_local_sgd"][5] - paths["post_local_sgd"][4]) / 0.04
    assert np.linalg.norm(step - again) < 0.3 * np.linalg.norm(again)


def test_the_schedule_halves_twice_over_equal_slow_times():
    case = DecayCase(ValleyKnobs(), Stream(0))
    for spec in decay_needs(case, Budget.SMOKE):
        total = round(sum(0.96 / rate**2 for rate in spec.method.lr.rates))
        assert len(rounds_of(spec.method, total)) == spec.rounds
        rates = spec.method.schedule(np.arange(total))
        phases = [float((rates[rates == r] ** 2).sum()) for r in np.unique(rates)]
        assert len(phases) == 3 and phases == pytest.approx([0.96] * 3)


def test_the_average_of_workers_on_a_circle_is_their_mean_vector():
    spread, workers = 0.7, 5
    angles = np.sqrt(spread) * Stream(1).at("angles", np.arange(40_000)).normal(workers)
    mean = np.exp(1j * angles).mean(axis=1)
    square = np.abs(mean) ** 2
    error = 4.0 * square.std() / np.sqrt(len(square))
    assert abs(square.mean() - averaged(np.array(spread), workers)) < error


def test_the_limit_from_two_rates_loses_the_first_order_and_owns_up_to_what_it_moved():
    noise = 1e-3 * Stream(2).at("pairs").normal(200)
    limit, slope = 0.7, 0.3
    found = at_zero_rate(limit + slope + noise, limit + slope / 2 + noise)
    assert isinstance(found, Measured)
    assert abs(float(found.value) - limit) < float(found.error) - slope / 2
    assert slope / 2 < float(found.error) < slope / 2 + 1e-3
