"""Bounds at large steps and on mixed data, by runs of their own and at their edges."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from implicitbias import Exponential, Logistic, Stream
from implicitbias.data import opposed_pair, separable
from implicitbias.errors import BadInput
from implicitbias.loss_bounds import (
    accelerated_loss_bound,
    accelerated_rate,
    local_loss_bound,
    mean_loss_bound,
    mixed_loss_bound,
    phase_bound,
    stable_loss_bound,
)
from paper_repro.claims import Budget, Status, verify_one
from paper_repro.papers.crawshaw2025 import loss_bound as local_claim
from paper_repro.papers.ji2019.setting import excess_loss, falling, non_separable_case, NonSeparableKnobs
from paper_repro.papers.wu2024 import monotone_loss, phase_length
from paper_repro.papers.wu2024.setting import LargeStepKnobs


modest = settings(deadline=None, max_examples=15)
seeds = st.integers(0, 2**16)
rates = st.floats(0.0, 6.0).map(np.exp)
margins = st.floats(0.05, 0.4)


def descent(rows, lr, steps):
    """Gradient descent on the mean logistic loss, from 0: iterates and losses."""
    path = [np.zeros(rows.shape[1])]
    for _ in range(steps):
        slopes = Logistic().slope(rows @ path[-1])
        path.append(path[-1] + lr * slopes @ rows / len(rows))
    path = np.array(path)
    return path, Logistic().value(path @ rows.T).mean(axis=1)


@modest
@given(seeds, margins, rates)
def test_the_mean_loss_stays_below_its_bound_and_above_parts_of_it(seed, margin, lr):
    rows = separable(Stream(seed), samples=6, dim=2, margin=margin).samples.signed
    _, losses = descent(rows, lr, 400)
    for steps in (1, 7, 60, 400):
        bound = mean_loss_bound(margin, lr=lr, steps=steps)
        assert bound.tightness(losses[:steps].mean()) <= 1.0
        parts = 1.0 + bound.constants["ln²(γ²ηt)"] + bound.constants["η²/4"]
        assert bound.value * bound.constants["γ²ηt"] == pytest.approx(parts)


def test_the_pair_that_undoes_itself_needs_the_step_in_the_mean_bound():
    _, losses = descent(opposed_pair(0.09).signed, 64.0, 20)
    bound = mean_loss_bound(0.09, lr=64.0, steps=10)
    step = bound.constants["η²/4"] / bound.constants["γ²ηt"]
    assert bound.value - step < losses[:10].mean() < bound.value


@modest
@given(seeds, margins, rates)
def test_the_stable_phase_descends_below_its_bound(seed, margin, lr):
    rows = separable(Stream(seed), samples=6, dim=2, margin=margin).samples.signed
    path, losses = descent(rows, lr, 600)
    stable = np.flatnonzero(losses <= 1.0 / lr)
    assume(len(stable) > 2)
    first = int(stable[0])
    assert (np.diff(losses[first:]) <= 1e-12 * losses[first:-1]).all()
    risk = float(Exponential().value(rows @ path[first]).mean())
    for later in np.unique(np.geomspace(first + 1, 600, 20).astype(int)):
        bound = stable_loss_bound(
            margin, lr=lr, steps=int(later - first), first_loss=losses[first], first_risk=risk
        )
        assert bound.tightness(losses[later]) <= 1.0
    assert first <= phase_bound(margin, lr=lr, samples=6).value


def test_a_bound_of_the_stable_phase_claims_nothing_before_it():
    bound = stable_loss_bound(0.1, lr=10.0, steps=5, first_loss=0.11, first_risk=1.0)
    assert bound.unmet == ("f(w_s) ≤ 1/η",)


def test_the_accelerated_bound_is_that_of_the_stable_phase_with_the_step_of_its_budget():
    steps, margin = 40_000, 0.2
    lr = accelerated_rate(margin, steps=steps)
    assert 120.0 * lr == pytest.approx(margin**2 * steps)
    value = accelerated_loss_bound(margin, samples=8, steps=steps).value
    assert value == pytest.approx(480.0 * np.log(1600.0**2) ** 2 / 1600.0**2)
    # The second half of the run is in the stable phase, whose bound is the sharper one.
    stable = stable_loss_bound(margin, lr=lr, steps=steps // 2, first_loss=0.0, first_risk=1.0).value
    assert stable < value
    assert not accelerated_loss_bound(margin, samples=15, steps=steps).applicable
    assert accelerated_loss_bound(margin, samples=13, steps=steps).applicable


def test_bounds_on_other_losses_have_their_printed_constants():
    assert local_loss_bound(0.5, lr=2.0, local_steps=8, rounds=10).value == pytest.approx(16.0 / 40.0)
    mixed = mixed_loss_bound(0.5, minimiser_norm=2.0, steps=100, time=50.0)
    expected = np.exp(2.0) / 100 + (4.0 + np.log(100) ** 2 / 0.25) / 100.0
    assert mixed.value == pytest.approx(expected)
    assert mixed.constants["ln²t/(2γ_⊥² Σ η)"] == pytest.approx(np.log(100) ** 2 / 25.0)


@pytest.mark.parametrize(
    "wrong", [{"margin": 0.0}, {"lr": -1.0}, {"steps": 0}, {"steps": 2.5}, {"margin": float("nan")}]
)
def test_bounds_refuse_numbers_they_do_not_speak_about(wrong):
    given_numbers = {"margin": 0.1, "lr": 1.0, "steps": 10} | wrong
    with pytest.raises(BadInput, match=next(iter(wrong))):
        mean_loss_bound(given_numbers["margin"], lr=given_numbers["lr"], steps=given_numbers["steps"])


@modest
@given(seeds, st.sampled_from(["exponential", "logistic"]))
def test_the_loss_above_its_infimum_is_the_difference_and_is_least_at_the_minimiser(seed, loss):
    case = non_separable_case(NonSeparableKnobs(loss=loss), Stream(seed))
    w = Stream(seed).at("w").generator().standard_normal((4, case.problem.dim))
    excess = excess_loss(case, w)
    # Far out along ū, at v̄ in U, the loss is its infimum up to e^{-60}.
    far = case.minimiser @ case.split.subspace + 60.0 * case.separator
    infimum = float(case.problem.loss(far))
    np.testing.assert_allclose(excess, case.problem.loss(w) - infimum, rtol=1e-9, atol=1e-13)
    assert (excess > 0.0).all() and abs(excess_loss(case, far[None])[0]) < 1e-13


def test_the_falling_step_starts_at_its_rate_and_falls_like_a_root():
    np.testing.assert_allclose(falling(0.7).schedule(np.array([0, 3, 99])), [0.7, 0.35, 0.07])


@pytest.mark.parametrize("margin", [0.04, 0.05, 0.07, 0.095])
def test_no_margin_makes_monotone_steps_look_faster_than_they_are(margin):
    knobs = monotone_loss.PairKnobs(margin=margin)
    assert verify_one(monotone_loss.CLAIM, knobs, budget=Budget.SMOKE).status is Status.HOLDS


def test_a_phase_that_outlasts_the_run_is_left_open():
    knobs = LargeStepKnobs(data="opposed", margin=0.03, lr=3.0)
    result = verify_one(phase_length.CLAIM, knobs, budget=Budget.SMOKE)
    assert result.status is Status.INCONCLUSIVE and "ended before" in result.message


def test_past_its_threshold_every_margin_of_local_gd_is_positive():
    case = local_claim.setup(local_claim.LocalStepKnobs(data="random", lr=1.0, local_steps=1), Stream(3))
    (spec,) = local_claim.needs(case, Budget.SMOKE)
    trace = spec.compute()
    past = trace.loss[0] <= case.threshold
    assert past.any() and trace.min_margin is not None
    assert (trace.min_margin[0, past] > 0.0).all()
