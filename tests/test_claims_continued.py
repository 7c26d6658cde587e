"""What the claims about continuations rest on: altered flows, expansions in 1/τ, and honest silence."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Exponential, fast_forward, LinearClassification, local_gd, run, Stream
from implicitbias.asymptotics import margin_gap_from_residual
from implicitbias.continuation import follow
from implicitbias.data import set_a_prime
from implicitbias.formulas import degenerate_flow
from paper_repro.claims import limit, Predicted, Prediction, Status
from paper_repro.claims.continued import continuation, nothing_seen
from paper_repro.papers.derived.continuation import reshuffling
from paper_repro.papers.derived.local_gd.reshuffling import ReshuffleKnobs
from paper_repro.papers.soudry2018 import degenerate_rate, margin_gap
from paper_repro.papers.soudry2018.sum_loss import sum_loss_case, SumLossKnobs
from paper_repro.papers.zhu2024 import direction_at_infinity


few = settings(max_examples=12)
seeds = st.integers(0, 2**16)
TIMES = np.array([12.0, 50.0, 1e4])


def overlap(lr, steps):
    samples = set_a_prime()
    problem = LinearClassification(
        samples.features, samples.labels, workers=samples.workers, loss=Exponential()
    )
    method = local_gd(lr, steps)
    return problem, method, run(problem, method, 1000).w[0, -1], math.log(lr * steps * 1000)


@few
@given(lr=st.floats(0.1, 0.5), steps=st.integers(1, 30), order=st.sampled_from([1, 2]))
def test_following_the_flow_of_a_method_is_continuing_it(lr, steps, order):
    problem, method, w, start = overlap(lr, steps)
    continued = fast_forward(problem, method, TIMES, handover=1000, order=order)
    own = follow(problem, method, w, start, TIMES, order=order)
    np.testing.assert_allclose(own, np.asarray(continued.extras["residual"])[0], atol=1e-9)


@few
@given(factor=st.floats(0.2, 5.0))
def test_other_weights_lead_to_another_limit(factor):
    problem, method, w, start = overlap(0.2, 10)

    def heavier(flow):
        return dataclasses.replace(flow, weights=factor * flow.weights)

    moved = follow(problem, method, w, start, TIMES, alter=heavier) - follow(problem, method, w, start, TIMES)
    # All weights times c: the limit moves by ŵ log c.
    weights = direction_at_infinity.setup(
        direction_at_infinity.LocalGDKnobs("A-prime"), Stream(0)
    ).svm.weights
    np.testing.assert_allclose(moved[-1], weights * math.log(factor), atol=1e-9)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"w": np.ones(3)}, "must be one vector"),
        ({"start": 12.0}, "must lie before"),
        ({"order": 3}, "order = 3"),
    ],
)
def test_a_start_that_does_not_fit_is_refused(change, message):
    problem, method, w, start = overlap(0.2, 10)
    given_values = {"w": w, "start": start, "order": 2} | change
    with pytest.raises(BadInput, match=message):
        follow(problem, method, log_time=TIMES, **given_values)


@few
@given(seed=seeds, data=st.sampled_from(["A", "A-prime", "O", "random"]))
def test_the_margin_gap_has_the_expansion_it_is_judged_by(seed, data):
    case = sum_loss_case(SumLossKnobs(data), Stream(seed)).separable
    tau = np.array([1e3, 2e3])
    slack = case.svm.slack.copy()
    slack[case.svm.support] = 0.0
    rho = np.tile(case.residual_limit, (2, 1))
    gap = margin_gap_from_residual(rho, case.svm.weights, tau, case.svm.signed, slack)
    first, second, third = margin_gap.constants(case)
    left = gap * tau - first - second / tau - third / tau**2
    assert np.abs(left[0] / left[1] - 8.0) < 0.3 or np.abs(left).max() < 1e-13


@few
@given(seed=seeds, data=st.sampled_from(["A", "random"]), workers=st.sampled_from([2, 3]))
def test_the_shift_is_that_of_the_limits(seed, data, workers):
    case = reshuffling.setup(ReshuffleKnobs(data=data, workers=workers), Stream(seed))
    moved = case.unequal.after.residual_limit - case.unequal.before.residual_limit
    np.testing.assert_allclose(case.shift, moved, atol=1e-10)
    assert np.linalg.norm(case.shift) > 0.1
    idle = reshuffling.bystanders(ReshuffleKnobs(data=data, workers=workers), Stream(seed))
    if isinstance(idle, reshuffling.TwiceCase):
        np.testing.assert_array_equal(reshuffling.shift(idle.unequal), 0.0)
        before, after = (c.problem.assignment for c in (idle.unequal.before, idle.unequal.after))
        assert (before != after).sum() == 2


def test_degenerate_chords_are_those_of_the_closed_flow():
    case = degenerate_rate.setup(degenerate_rate.DegenerateKnobs(), Stream(0))
    tau = np.array([1e3, 1e6])
    exact = degenerate_flow(tau)[:, 1]
    assert case.reach == pytest.approx(1.0)
    # Up to log τ/τ and less.
    assert (np.abs(case.scaled_chord(tau) / exact - 1.0) <= 2.0 * np.log(tau) / tau).all()


@few
@given(seed=seeds)
def test_what_vanishes_along_degenerate_data_is_the_multiplier(seed):
    knobs = degenerate_rate.DegenerateKnobs(data="random")
    case = degenerate_rate.setup(knobs, Stream(seed))
    trace = continuation(case.problem, case.method).compute()
    rho, row = np.asarray(trace.extras["residual"])[0, -1], case.svm.signed[case.zero]
    weights = case.problem.sample_weights[case.svm.support] * np.exp(-case.svm.signed[case.svm.support] @ rho)
    np.testing.assert_allclose(weights, case.svm.duals[case.svm.support], atol=1e-4)
    assert 1e6 * case.problem.sample_weights[case.zero] * math.exp(-rho @ row) == pytest.approx(
        case.reach**-2, rel=1e-3
    )
    # The closed form leaves out log τ/τ, times what the history and the curvature of the others make of it.
    chord = np.asarray(trace.extras["chord"])[0, -1]
    assert 1e6 * chord == pytest.approx(float(case.scaled_chord(np.array([1e6]))[0]), rel=1e-4)


def test_clocks_are_read_off_exactly():
    knobs = direction_at_infinity.LocalGDKnobs("O", "exponential", 0.1, 5)
    case = direction_at_infinity.setup(knobs, Stream(0))
    constant, shift = direction_at_infinity.clock(
        continuation(case.problem, case.method).compute(), case.svm.direction
    )
    # Set O, c = (1, 2, ½): w̃ = −log(3/c²)/c, ŵ = 1/c.
    c = np.array([1.0, 2.0, 0.5])
    weights, end = 1.0 / c, -np.log(3.0 / c**2) / c
    along = weights @ end / (weights @ weights)
    across = np.linalg.norm(end - along * weights) / np.linalg.norm(weights)
    assert float(constant.value) == pytest.approx(across, rel=1e-10) and constant.error < 1e-9
    assert float(shift.value) == pytest.approx(along, rel=1e-9) and shift.error < 1e-5


def test_what_never_started_is_left_open():
    verdict = limit(nothing_seen("overflowed", "C"), Prediction({"C": Predicted(1.0)}))
    assert verdict.status is Status.INCONCLUSIVE and verdict.message == "overflowed"
