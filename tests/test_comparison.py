"""Algorithm against SDE: intervals that cover, orders that come back, budgets that end undecided."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Stream
from implicitbias.statistics import Moments, Outcome, SequentialPlan
from sde.comparison import (
    compare,
    controlled,
    coupled,
    decide,
    decide_extrapolated,
    Estimate,
    estimate,
    evaluate,
    extrapolated,
    extrapolated_pairs,
    order_fit,
    weak_error,
)


modest = settings(deadline=None, max_examples=20)
LEVEL = 1e-3
ETAS = np.array([0.1, 0.05, 0.025, 0.0125])


def draws(seed, *shape):
    return Stream(seed).at("draws").normal(int(np.prod(shape))).reshape(shape)


def addressed(seed, means, scales=1.0):
    """Return samples of independent normals, the same whatever the blocks they are asked for in."""

    def sample(k0, k1):
        rows = Stream(seed).at("sample", np.arange(k0, k1)).normal(2 * len(means))[:, : len(means)]
        return np.asarray(means) + scales * rows

    return sample


def test_simultaneous_intervals_cover_all_means_at_their_level():
    misses, level = 0, 0.2
    for seed in range(400):
        found = estimate(draws(seed, 12, 5) + np.arange(5.0))
        misses += not all(i.contains(m) for i, m in zip(found.intervals(level), range(5), strict=True))
    # 5 independent intervals at 0.04 each miss together with chance 0.185; three standard deviations are 0.058.
    assert 0.127 < misses / 400 < 0.243


def test_an_estimate_reads_samples_moments_and_both_by_name():
    values = draws(1, 50, 2)
    whole = estimate(values, ("a", "b"))
    for other in (
        estimate(Moments.of(values), ("a", "b")),
        estimate({"a": values[:, 0], "b": values[:, 1]}),
        estimate({"a": Moments.of(values[:, 0]), "b": Moments.of(values[:, 1])}),
    ):
        np.testing.assert_allclose(other.mean, whole.mean, rtol=1e-14)
        np.testing.assert_allclose(other.standard_error, whole.standard_error, rtol=1e-14)
        assert other.names == ("a", "b") and other.degrees == 49
    assert whole.mean == pytest.approx(values.mean(axis=0))
    assert whole.standard_error == pytest.approx(values.std(axis=0, ddof=1) / np.sqrt(50))


@modest
@given(st.integers(0, 1000), st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))
def test_a_control_removes_exactly_what_it_explains(seed, slope, offset):
    control = draws(seed, 60, 2)
    explained = offset + slope * control[:, :1] - control[:, 1:]
    found = controlled(explained, control, np.zeros(2))
    assert found.mean == pytest.approx([offset], abs=1e-12) and found.standard_error < 1e-12
    shifted = controlled(explained, control, np.array([0.5, 0.0]))
    assert shifted.mean == pytest.approx([offset + 0.5 * slope], abs=1e-12)


def test_a_control_narrows_by_the_unexplained_share_and_still_covers():
    correlation, misses, shrunk = 0.9, 0, []
    for seed in range(300):
        noise = draws(seed, 100, 2)
        values = correlation * noise[:, :1] + np.sqrt(1 - correlation**2) * noise[:, 1:]
        found = controlled(values, noise[:, :1], np.zeros(1))
        misses += not found.intervals(0.1)[0].contains(0.0)
        shrunk.append(float(found.standard_error[0] / estimate(values).standard_error[0]))
    assert np.mean(shrunk) == pytest.approx(np.sqrt(1 - correlation**2), rel=0.05)
    assert 0.048 < misses / 300 < 0.152  # 0.1 give or take three standard deviations


def test_coupled_runs_have_the_error_of_their_difference():
    common, own = draws(3, 400, 1), 0.01 * draws(4, 400, 1)
    found = coupled(common + own + 0.5, common)
    assert found.mean == pytest.approx([0.5], abs=0.003) and found.standard_error < 0.001
    assert estimate(common).standard_error > 0.04


def test_weak_errors_are_distances_to_the_reference_by_name():
    samples = draws(5, 4000, 2) + np.array([1.0, 0.0])
    values = evaluate({"x": lambda s: s[:, 0], "y²": lambda s: s[:, 1] ** 2}, samples)
    found = weak_error(values, {"y²": 1.0, "x": 0.8}, LEVEL)
    assert found.errors.names == ("x", "y²")
    assert found.errors.mean == pytest.approx([0.2, 0.0], abs=0.08)
    assert 0.2 < found.largest < 0.35
    verdict = found.compare()
    assert verdict.outcomes == (Outcome.REFUTED, Outcome.INCONCLUSIVE) and verdict.outcome is Outcome.REFUTED
    assert found.compare(np.array([0.2, 0.0]), allowance=0.2).outcome is Outcome.HOLDS
    sharper = weak_error(
        values, {"y²": 1.0, "x": 0.8}, LEVEL, controls=samples[:, :1], control_means=np.array([1.0])
    )
    assert sharper.errors.mean[0] == pytest.approx(0.2, abs=1e-12)
    assert sharper.errors.standard_error[1] == pytest.approx(found.errors.standard_error[1], rel=0.05)


def test_the_resolution_is_what_would_be_refuted():
    found = compare(estimate(draws(6, 500, 2) + 3.0), 3.0, LEVEL, allowance=0.4)
    for i, change in enumerate(found.resolution):
        for factor, refuted in ((1.01, True), (0.99, False)):
            moved = np.full(2, 3.0)
            side = 1 if found.measured[i].centre < 3.0 else -1
            moved[i] *= 1 + side * factor * change
            again = compare(estimate(draws(6, 500, 2) + 3.0), moved, LEVEL, allowance=0.4)
            assert (again.outcomes[i] is Outcome.REFUTED) is refuted


def test_without_allowance_nothing_sampled_holds():
    assert compare(estimate(draws(7, 500, 1)), 0.0, LEVEL).outcome is Outcome.INCONCLUSIVE
    assert "INCONCLUSIVE with 500 samples" in repr(compare(estimate(draws(7, 500, 1)), 0.0, LEVEL))


@modest
@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
def test_extrapolation_removes_the_first_order_and_allows_what_it_removed(limit, first, second):
    coarse, fine = (limit + first * eta + second * eta**2 for eta in (0.1, 0.05))
    exact = [Estimate(np.array([v]), np.array([0.0]), 9, ("g",)) for v in (coarse, fine)]
    found = extrapolated(*exact)
    assert found.limit.mean[0] - limit == pytest.approx(-second * 0.1**2 / 2, abs=1e-14)
    assert found.allowance[0] == pytest.approx(abs(coarse - fine))


def test_extrapolation_adds_variances_of_independent_runs_and_uses_the_coupling_of_pairs():
    coarse, fine = draws(8, 300, 1), draws(9, 300, 1)
    alone = extrapolated(estimate(coarse), estimate(fine))
    assert alone.limit.standard_error == pytest.approx(np.sqrt(5 / 300), rel=0.1)
    paired = extrapolated_pairs(fine + 0.1, fine + 0.05)
    assert paired.limit.standard_error == pytest.approx(1 / np.sqrt(300), rel=0.1)
    assert paired.allowance == pytest.approx([0.05])
    assert alone.compare(5.0, LEVEL).outcome is Outcome.REFUTED


def errors_with(first, second, sigma, seed=0):
    noise = Stream(seed).at("errors").normal(4)
    return first * ETAS + second * ETAS**2 + sigma * noise


def test_the_published_errors_of_label_noise_are_of_first_order():
    errors = np.array([-0.0243, -0.0103, -0.0049, -0.0027])
    fit = order_fit(ETAS, errors, np.array([5e-4, 3e-4, 2e-4, 2e-4]), 0.05)
    assert fit.first == pytest.approx(-0.187, abs=0.012) and fit.second == pytest.approx(-0.54, abs=0.15)
    assert not fit.first_interval.contains(0.0)
    assert fit.slope is not None and fit.slope.slope == pytest.approx(1.11, abs=0.03)
    assert fit.slope.interval.half_width < 0.13 and not fit.slope.interval.contains(0.5)
    # The table quotes 4 on 2 degrees, and 29, 675 and 1279 on 3, from errors with one more digit.
    assert fit.chi_square == pytest.approx(4, abs=1.5) and fit.degrees == 2
    known = {1.0: 29, 0.5: 675, 0.25: 1279}
    assert {p.power: p.chi_square for p in fit.powers} == {
        p: pytest.approx(c, rel=0.25) for p, c in known.items()
    }


@pytest.mark.parametrize("first", [-0.2, 0.3])
def test_the_interval_of_the_first_coefficient_covers_it(first):
    fits = [order_fit(ETAS, errors_with(first, -0.5, 1e-4, s), np.full(4, 1e-4), 0.1) for s in range(300)]
    assert np.mean([f.first_interval.contains(first) for f in fits]) > 0.85
    assert np.mean([f.second_interval.contains(-0.5) for f in fits]) > 0.85
    assert np.mean([f.chi_square for f in fits]) == pytest.approx(2.0, abs=0.4)
    assert np.mean([f.first for f in fits]) == pytest.approx(first, abs=1e-3)


@pytest.mark.parametrize("power", [0.5, 0.25])
def test_a_lower_power_is_recognised(power):
    sigma = np.full(4, 1e-3)
    fit = order_fit(ETAS, 0.3 * ETAS**power, sigma, LEVEL)
    assert fit.power(power).chi_square < 1e-12 < 100 < fit.power(1.0).chi_square
    assert fit.chi_square > 20 and fit.power(power).coefficient == pytest.approx(0.3)
    wide = order_fit(ETAS, 0.3 * ETAS**power, sigma, LEVEL).first_interval.half_width
    calm = order_fit(ETAS, 0.3 * ETAS, sigma, LEVEL).first_interval.half_width
    assert wide > 2 * calm, "scatter that the standard errors do not explain widens the interval"


def test_errors_that_are_not_seen_are_left_out():
    errors, sigma = np.array([-0.02, -0.01, -0.005, 0.0005]), np.full(4, 3e-4)
    fit = order_fit(ETAS, errors, sigma, LEVEL)
    assert fit.kept == (0, 1, 2) and fit.degrees == 1
    with pytest.raises(BadInput, match="only 2 exceed 3 standard errors.*more samples"):
        order_fit(ETAS, errors, np.full(4, 2e-3), LEVEL)
    mixed = order_fit(ETAS, np.array([-0.02, 0.01, 0.005, 0.002]), sigma, LEVEL)
    assert mixed.slope is None


def test_clear_cases_are_decided_early_and_close_ones_never_pass():
    plan = SequentialPlan(4096, level=LEVEL)
    early = decide(addressed(1, [0.0, 1.0]), np.array([0.0, 1.0]), plan, allowance=0.5)
    assert early.outcome is Outcome.HOLDS and early.samples < 1000
    wrong = decide(addressed(1, [0.0, 1.0]), np.array([0.0, 3.0]), plan, allowance=0.5)
    assert wrong.outcome is Outcome.REFUTED and wrong.samples == plan.look_sizes[0]
    assert wrong.outcomes[1] is Outcome.REFUTED is not wrong.outcomes[0]
    close = decide(addressed(1, [0.0, 1.0]), np.array([0.0, 1.0]), plan, allowance=0.01)
    assert close.outcome is Outcome.INCONCLUSIVE and close.samples == 4096
    assert all(0.01 < r for r in close.resolution)


def test_what_is_decided_stays_decided_while_the_rest_is_sampled():
    plan = SequentialPlan(4096, level=LEVEL)
    sample = addressed(2, [0.0, 0.0], np.array([0.01, 1.0]))
    found = decide(sample, 0.0, plan, allowance=0.1, names=("calm", "noisy"))
    first = decide(lambda k0, k1: sample(k0, k1)[:, :1], 0.0, plan, allowance=0.1)
    assert found.outcome is Outcome.HOLDS and first.samples < found.samples
    assert found.names == ("calm", "noisy")
    # The calm one was measured at the first look, with half the level since there are two of them.
    assert found.measured[0].half_width == pytest.approx(first.measured[0].half_width, rel=0.1)


def test_false_verdicts_are_rarer_than_the_level():
    plan, wrong = SequentialPlan(256, looks=3, level=0.1), 0
    for seed in range(300):
        wrong += decide(addressed(seed, [0.1, 0.1]), 0.0, plan, allowance=0.1).outcome is Outcome.REFUTED
        wrong += decide(addressed(seed, [0.1001, 0.0]), 0.0, plan, allowance=0.1).outcome is Outcome.HOLDS
    assert wrong / 300 <= 0.1


def test_the_limit_of_two_learning_rates_is_decided_within_what_they_differ():
    """E at η is 1 + η, with common noise: the limit is 1 and the allowance η/2."""

    def sample(k0, k1):
        noise = addressed(3, [0.0])(k0, k1)
        return np.stack([1.2 + 0.3 * noise, 1.1 + 0.3 * noise], axis=1)

    plan = SequentialPlan(4096, level=LEVEL)
    found = decide_extrapolated(sample, 1.0, plan)
    assert found.outcome is Outcome.HOLDS and found.allowed[0].half_width == pytest.approx(0.1)
    for wrong in (1.2, 0.8):
        assert decide_extrapolated(sample, wrong, plan).outcome is Outcome.REFUTED


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: estimate(np.zeros(5)), "values has shape.*values\\[:, None\\]"),
        (lambda: estimate(np.zeros((1, 2))), "1 samples.*at least two"),
        (lambda: estimate(np.full((3, 1), np.nan)), "not finite"),
        (lambda: estimate({"a": np.zeros(3), "b": np.zeros(4)}), "a: 3.*b: 4.*equally many"),
        (lambda: estimate(np.zeros((3, 2)), ("a",)), "names = .*each of the 2"),
        (lambda: evaluate({"g": lambda s: s}, np.zeros((3, 2))), "functions\\['g'\\].*\\(3,\\)"),
        (lambda: coupled(np.zeros((3, 1)), np.zeros((4, 1))), "partner has shape.*same replicas"),
        (
            lambda: controlled(np.zeros((9, 1)), np.ones((9, 1)), np.zeros(1)),
            "constant or linearly dependent",
        ),
        (lambda: controlled(np.zeros((9, 1)), np.ones((8, 1)), np.zeros(1)), "a row of controls per sample"),
        (lambda: weak_error({"a": np.zeros(3)}, {"b": 0.0}, LEVEL), "needs its reference"),
        (lambda: weak_error({"a": np.zeros(3)}, {"a": 0.0}, LEVEL, controls=np.ones((3, 1))), "go together"),
        (
            lambda: weak_error(
                {"a": Moments.of(np.arange(3.0))},
                {"a": 0.0},
                LEVEL,
                controls=np.ones((3, 1)),
                control_means=np.ones(1),
            ),
            "values are moments",
        ),
        (lambda: compare(estimate(np.eye(2)), np.zeros(3), LEVEL), "prediction has shape.*g1, g2"),
        (lambda: compare(estimate(np.eye(2)), 0.0, LEVEL, allowance=-1.0), "allowance = -1.0.*at least 0"),
        (lambda: compare(estimate(np.eye(2)), 0.0, 2.0), "level"),
        (lambda: extrapolated(estimate(np.eye(2)), estimate(np.eye(2), ("a", "b"))), "same functions"),
        (lambda: extrapolated_pairs(np.eye(2), np.eye(3)), "independent runs"),
        (lambda: order_fit(ETAS, np.ones(3), np.ones(3), LEVEL), "one of each per learning rate"),
        (lambda: order_fit([0.1, 0.1, 0.2], np.ones(3), np.full(3, 0.1), LEVEL), "distinct"),
        (lambda: order_fit(ETAS, np.ones(4), np.full(4, 0.1), 1.0), "level = 1.0"),
        (lambda: decide(lambda a, b: np.zeros(b - a), 0.0, SequentialPlan(64)), "must be \\(4, function\\)"),
        (
            lambda: decide_extrapolated(lambda a, b: np.zeros((b - a, 3, 1)), 0.0, SequentialPlan(64)),
            "must be \\(4, 2, function\\)",
        ),
    ],
)
def test_bad_comparisons_are_refused(build, said):
    with pytest.raises(BadInput, match=said):
        build()


def test_results_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        estimate(np.eye(2)).degrees = 3
