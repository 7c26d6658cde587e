"""What the claims of curved minima rest on: regimes, mirrored noise, the limit from two rates, known predictions."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Stream
from implicitbias.problems import Skewed, TwoPoint
from paper_repro.claims import Budget, Measured, Observation, Predicted, Prediction, statistical, Status
from paper_repro.claims.two_rates import at_two_rates, in_the_limit, mirrored, paired, regime, runs_for
from paper_repro.papers.derived.curved_minima import (
    curved_ring,
    mixed_noise,
    stationary_ring,
    stationary_valley,
)
from paper_repro.papers.derived.curved_minima import twisted_valley as twisted
from paper_repro.papers.derived.curved_minima.setting import angles, mixed_circle, START, variation
from paper_repro.papers.derived.curved_minima.stationary import Law, MEANS, observe, StationaryKnobs
from paper_repro.papers.gu2023 import closeness, giant_step, weak_approximation
from sde.landscapes import antithetic
from sde.zoo import circle


@given(workers=st.integers(1, 16), round_time=st.floats(0.05, 4.0), multiple=st.integers(1, 20))
@settings(deadline=None, max_examples=50)
def test_a_regime_keeps_its_limits_and_the_finer_one_its_round_and_time(workers, round_time, multiple):
    coarse = regime(workers, round_time, 0.4, multiple=multiple)
    assert coarse.round_time == pytest.approx(round_time)
    assert coarse.lr * workers <= 0.2 * (1 + 1e-12) and coarse.lr * workers * round_time <= 0.1 * (1 + 1e-12)
    assert coarse.local_steps >= 8 and coarse.rounds % multiple == 0
    assert coarse.finer.lr == coarse.lr / 2
    assert coarse.finer.round_time == pytest.approx(round_time)
    assert coarse.finer.slow_time == pytest.approx(coarse.slow_time)
    assert coarse.finer.worker_steps == 4 * coarse.worker_steps


def test_runs_cost_what_they_may():
    coarse = regime(4, 0.5, 0.4)
    assert runs_for(coarse, 1e8) * 5 * coarse.worker_steps == pytest.approx(1e8, rel=0.01)
    assert runs_for(coarse, 1e8, at_once=2) == pytest.approx(runs_for(coarse, 1e8) / 2, rel=0.01)


def test_the_mirror_has_the_negative_noise_and_nothing_else_changed():
    landscape = mixed_circle().landscape
    mirror, points = antithetic(landscape), Stream(0).at("points").normal(20).reshape(10, 2)
    np.testing.assert_allclose(mirror.factors(points), -landscape.factors(points))
    np.testing.assert_allclose(mirror.gradient(points), landscape.gradient(points))
    np.testing.assert_allclose(mirror.covariance(points), landscape.covariance(points))
    assert mirror is antithetic(landscape)


def test_a_law_that_is_not_symmetric_has_no_mirror():
    with pytest.raises(BadInput, match="differ in law"):
        antithetic(circle(law=Skewed(0.2)).landscape)


def test_mirrored_means_cost_a_tenth_of_the_replicas():
    coarse = regime(4, 1.0, 0.2)
    traces = tuple(s.compute() for s in mirrored(mixed_circle().landscape, coarse, START, 2e7, Stream(1)))
    one, mirror = (angles(trace)[:, -1] for trace in traces[:2])
    assert np.corrcoef(one, mirror)[0, 1] < -0.8
    pair, _ = paired(angles(trace)[:, -1] for trace in traces)
    assert pair.var() < 0.1 * one.var() / 2


def test_the_two_rates_are_independent_and_end_at_one_time():
    coarse = regime(4, 1.0, 0.2)
    first, second = (
        s.compute() for s in at_two_rates(mixed_circle().landscape, coarse, START, 2e7, Stream(2), 2)
    )
    np.testing.assert_allclose(first.slow_time, second.slow_time)
    correlation = np.corrcoef(angles(first)[:, -1], angles(second)[:, -1])[0, 1]
    assert abs(correlation) < 4.0 / np.sqrt(len(first.w))


def test_the_limit_removes_the_first_order_and_allows_the_measured_difference():
    noise = Stream(3).at("noise").normal(4000).reshape(2, 1000, 2)
    coarse, fine = (1.0 + 0.3 * eta + 0.01 * z for eta, z in zip((0.2, 0.1), noise, strict=True))
    found = in_the_limit(coarse, fine, comparisons=2)
    np.testing.assert_allclose(found.value, 1.0, atol=0.005)
    np.testing.assert_allclose(found.allowance, 0.03, atol=0.003)
    spread = np.hypot(2 * fine.std(axis=0, ddof=1), coarse.std(axis=0, ddof=1)) / np.sqrt(1000)
    assert (np.asarray(found.error) > 4.2 * spread).all() and (np.asarray(found.error) < 4.8 * spread).all()
    together = in_the_limit(coarse, fine, comparisons=2, together=True)
    np.testing.assert_allclose(together.allowance, np.max(found.allowance))


def test_an_allowance_of_the_measurement_counts_for_every_prediction():
    observation = Observation({"x": Measured(1.0, 0.01, 0.05)})

    def verdict(value):
        return statistical(observation, Prediction({"x": Predicted(value)})).status

    assert [verdict(v) for v in (1.03, 1.05, 1.07)] == [Status.HOLDS, Status.INCONCLUSIVE, Status.REFUTED]


@pytest.mark.parametrize(("alpha", "mean"), [(0.25, -0.5191), (0.5, -0.7381), (1.0, -1.0499)])
def test_the_predicted_mean_angle_is_that_of_the_page(alpha, mean):
    case = mixed_noise.circle_case(mixed_noise.CircleKnobs(8, alpha), Stream(0))
    predicted = mixed_noise.predict(case).quantities[mixed_noise.DRIFT].value
    assert 0.4 * predicted == pytest.approx(mean, abs=1e-4)


def test_the_predictions_of_twisted_valley_and_giant_step_are_those_of_the_page():
    case = twisted.setup(twisted.TwistedKnobs(4, 1.0), Stream(0))
    (right,) = (p.value for p in twisted.predict(case).quantities.values())
    (averaged,) = (p.value for p in twisted.CLAIM.falsifiers[0].predict(case).quantities.values())
    assert 0.4 * right == pytest.approx(-0.4174, abs=1e-4) and 0.4 * averaged == pytest.approx(
        -0.3865, abs=1e-4
    )
    giant = giant_step.setup(giant_step.GiantStepKnobs(4, 1.0, 0.25), Stream(0))
    moments = [p.value for p in giant_step.predict(giant).quantities.values()]
    assert moments == pytest.approx([-1.46776, 0.45], abs=1e-5)


def test_a_giant_step_has_the_rounds_of_the_theorem():
    case = giant_step.setup(giant_step.GiantStepKnobs(4, 0.5, 0.25), Stream(0))
    for giant in (case.coarse, case.fine):
        exact = 1.0 / (0.5 * giant.regime.lr**0.25)
        assert giant.rounds <= exact < giant.rounds + 1
        assert giant.regime.rounds == giant.before + giant_step.GROUPS * giant.rounds


@pytest.mark.parametrize(
    ("alpha", "square"), [(0.1, 0.1232336), (0.5, 0.0664310), (2.0, 0.0421425), (np.inf, 1 / 29)]
)
def test_the_law_in_the_valley_has_the_variance_of_the_page(alpha, square):
    valley = stationary_valley.quadratic_valley(normal=1.0, tangential=stationary_valley.TANGENTIAL)
    assert stationary_valley.law(valley, 4, alpha).mean(np.square) == pytest.approx(square, abs=1e-6)


@pytest.mark.parametrize(
    ("workers", "alpha", "sine", "square"),
    [
        (1, 0.0, -0.16912, 0.52124),
        (8, 0.1, -0.26346, 0.53195),
        (8, 0.5, -0.50189, 0.58707),
        (8, 2.0, -0.73993, 0.70240),
    ],
)
def test_the_law_on_the_ring_has_the_means_of_the_page(workers, alpha, sine, square):
    law = stationary_ring.law(curved_ring.ring_with(mixed=0.0), workers, alpha)
    assert law.mean(lambda u: u) == pytest.approx(sine, abs=1e-5)
    assert law.mean(np.square) == pytest.approx(square, abs=1e-5)


def test_quantiles_invert_the_distribution_function():
    law = Law(np.linspace(1.0, -1.0, 2001), np.full(2001, 1 / 2001))
    levels = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(law.below(law.quantiles(levels)), levels)
    np.testing.assert_allclose(law.quantiles(levels), [-0.8, 0.0, 0.8], atol=2e-3)


def test_stationary_shares_are_read_from_the_second_half_of_the_run_alone():
    case = stationary_valley.setup(StationaryKnobs(2, 1.0), Stream(0))
    traces = tuple(spec.compute() for spec in stationary_valley.needs(case, Budget.SMOKE))
    half = len(traces[0].rounds) // 2 + 1
    started_elsewhere = tuple(
        replace(t, w=np.concatenate([t.w[:, :half] + 5.0, t.w[:, half:]], axis=1)) for t in traces
    )
    one, other = (observe(case, ts).quantities[MEANS].value for ts in (traces, started_elsewhere))
    np.testing.assert_array_equal(one, other)


def test_one_step_along_the_orbit_is_the_projection_to_second_order():
    ring, phi = curved_ring.ring_with(mixed=0.0), np.array([-1.0, 0.3, 2.0])
    errors = []
    for depth in (0.1, 0.05):
        theta = (1.0 + depth) * np.stack([np.cos(phi), np.sin(phi)], axis=-1)
        exact = np.arctan2(*np.moveaxis(ring.project(theta), -1, 0)[::-1])
        errors.append(np.abs(curved_ring.projected_angle(ring, theta) - exact).max())
    assert errors[0] < 1e-4 and errors[1] < errors[0] / 8


def test_the_variation_of_brownian_angles_is_their_variance_rate():
    landscape = mixed_circle().landscape
    coarse = regime(1, 0.2, 0.4, multiple=8)
    _, trace = (s.compute() for s in at_two_rates(landscape, coarse, START, 2e7, Stream(4), 8))
    values = variation(trace)
    assert values.mean() == pytest.approx(0.45, abs=0.02 + 4.5 * values.std() / np.sqrt(len(values)))


def test_the_reference_of_the_weak_error_moves_by_less_than_it_says():
    case = weak_approximation.setup(weak_approximation.WeakKnobs(), Stream(0))
    found = weak_approximation.predict(case).quantities[weak_approximation.MEANS]
    assert np.max(found.allowance) < 1e-3
    still = weak_approximation.CLAIM.falsifiers[0].predict(case).quantities[weak_approximation.MEANS]
    assert np.abs(np.asarray(found.value) - np.asarray(still.value)).max() > 0.1


def test_the_slope_of_the_bound_lies_a_logarithm_below_one_half():
    case = closeness.setup(closeness.ClosenessKnobs(), Stream(0))
    predicted = closeness.predict(case).quantities[closeness.SLOPE]
    assert 0.3 < predicted.value < 0.5
    assert predicted.value + predicted.allowance == pytest.approx(0.5)
    assert len(closeness.needs(case, Budget.SMOKE)) == closeness.REFINEMENTS
    assert isinstance(case.landscape.law, TwoPoint)
