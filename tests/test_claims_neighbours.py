"""The parts of the claims about normalised steps, rescaling and turns that carry a proof of their own."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    LinearClassification,
    Logistic,
    normalised_gd,
    PowerDecay,
    RecordAt,
    run,
    sequential_gd,
    Stream,
)
from implicitbias.bounds import normalised_margin_bound
from implicitbias.data import set_a_prime
from paper_repro.claims import AssumptionUnmet, Budget
from paper_repro.claims.unit_rows import gap_constant, gaps, unit_case, UnitRowKnobs
from paper_repro.papers.derived.local_gd.normalised_limit import at_the_end
from paper_repro.papers.ji2021.offset_lower_bound import flow_rest, OffsetCase
from paper_repro.papers.jung2025.sequential_limit import projected, projected_direction, SequentialKnobs
from paper_repro.papers.jung2025.sequential_limit import setup as sequential_case
from paper_repro.papers.nacson2019.normalised_gd import exponent
from paper_repro.papers.wang2024.phase import BALLS, phase_of
from paper_repro.papers.wang2024.progressive_rescaling import RescalingKnobs, setup


SEEDS = st.integers(0, 10**6)
DIMENSIONS = st.integers(3, 5)
MARGINS = st.floats(0.25, 0.65)


def case_of(seed, dim, margin, method=None):
    return unit_case(UnitRowKnobs("random", dim, margin), Stream(seed), method or normalised_gd(1.0))


def across(case):
    """Rows of the support and w̃ across ŵ, and p_i."""
    direction, support = case.svm.direction, case.svm.support
    rows, limit = case.svm.signed[support], case.residual_limit
    offset = limit - (limit @ direction) * direction
    return rows - np.outer(rows @ direction, direction), offset, case.problem.sample_weights[support]


def pull(rows, shares, v):
    margins = rows @ v
    weights = shares * np.exp(margins.min() - margins)
    return weights @ rows / weights.sum()


@settings(deadline=None, max_examples=15)
@given(SEEDS, DIMENSIONS, MARGINS, st.floats(0.3, 1.0), st.integers(5, 40))
def test_a_certified_ball_is_mapped_into_itself(seed, dim, margin, rate, every):
    case = case_of(seed, dim, margin)
    rows, centre, shares = across(case)
    phase = phase_of(case)
    growth = phase.largest_growth(rate, every)
    assert growth > 1.0
    draw = Stream(seed).at("ball").generator().standard_normal(dim)
    heading = draw - (draw @ case.svm.direction) * case.svm.direction
    distance = phase.length * 0.5
    v = centre + distance * heading / np.linalg.norm(heading)
    for _ in range(every):
        v = v + rate * pull(rows, shares, v)
    shrunk = float(phase.shrinkage(np.array(distance), rate, every))
    assert np.linalg.norm(v - centre) <= shrunk * distance * (1 + 1e-9)
    v, distances = centre, []
    for _ in range(12):
        # Rounding along ŵ, which nothing pulls back here, would grow with every rescaling.
        v = growth * (v - (v @ case.svm.direction) * case.svm.direction)
        distances.append(float(np.linalg.norm(v - centre)))
        for _ in range(every):
            v = v + rate * pull(rows, shares, v)
    assert max(distances) <= BALLS[-1] * phase.length
    assert np.linalg.norm(v - centre) < distances[-1]


@settings(deadline=None, max_examples=15)
@given(SEEDS, DIMENSIONS, MARGINS, st.floats(0.3, 1.0), st.integers(5, 40))
def test_a_runaway_growth_is_never_undone(seed, dim, margin, rate, every):
    case = case_of(seed, dim, margin)
    rows, v, shares = across(case)
    growth = phase_of(case).runaway_growth(rate, every)
    for _ in range(5):
        before, v = np.linalg.norm(v), growth * v
        for _ in range(every):
            v = v + rate * pull(rows, shares, v)
        assert np.linalg.norm(v) >= 2.0 * before * (1 - 1e-12)


@settings(deadline=None, max_examples=10)
@given(SEEDS, DIMENSIONS, MARGINS)
def test_the_gap_times_the_norm_tends_to_the_gap_constant(seed, dim, margin):
    case = case_of(seed, dim, margin)
    trace = run(case.problem, case.method, 1500, record=RecordAt.last())
    gap = gaps(trace, case.problem.signed, case.svm.margin)[1][-1]
    size = np.linalg.norm(trace.w[0, -1])
    # The gap is a difference of numbers below 1, and terms |v|²/|w| are left.
    assert gap * size == pytest.approx(gap_constant(case), rel=0.05)
    assert abs(size / (case.svm.margin * 1500) - 1.0) < 0.1


def test_the_flow_of_the_offset_is_its_integral():
    from scipy.integrate import quad

    for samples in (4, 50, 2000):
        start = np.log(samples - 1.0)
        integral = quad(lambda log_odds: 20.0 / (6.0 + np.exp(-log_odds)), -60.0, start)[0]
        assert flow_rest(start) == pytest.approx(integral, rel=1e-9)
        assert flow_rest(start) > np.log(samples / 2.0)


@settings(deadline=None, max_examples=10)
@given(st.integers(4, 500), st.floats(0.2, 1.0))
def test_small_steps_follow_the_flow_of_the_offset(samples, rate):
    case = OffsetCase(samples, rate)
    trace = run(case.problem, case.method, 500, record=RecordAt.every(50))
    along, offset = trace.w[0].T
    total = offset + flow_rest(np.log(samples - 1.0) - 0.1 * along - 0.2 * offset)
    excess = total - flow_rest(np.log(samples - 1.0))
    assert (excess >= -1e-9).all() and (excess <= rate / 5.0).all() and (np.diff(excess) >= -1e-9).all()


@given(st.floats(0.05, 1.0), st.floats(1.0, 20.0), st.floats(-5.0, 5.0))
def test_what_is_left_of_a_geometric_way_is_within_its_error(exponent_, clock, size):
    tau = np.linspace(0.0, clock / exponent_, 40)
    rho = np.array([1.0, -2.0]) + size * np.exp(-exponent_ * tau)[:, None] * np.array([0.6, 0.8])
    end = at_the_end(tau, rho, exponent_, 1.0)
    assert np.linalg.norm(end.value - np.array([1.0, -2.0])) <= end.error * (1 + 1e-9)


@given(st.floats(0.1, 2.0), st.floats(0.0, 30.0), st.floats(0.05, 5.0))
def test_the_exponent_of_a_settled_gap_is_that_of_its_norm(pace, offset, constant):
    times = np.geomspace(10, 10_000, 200)
    norm = pace * 2.0 * np.sqrt(times) + offset
    measured = exponent(times.astype(int), constant / norm, norm, norm - offset)
    assert abs(measured.value + 0.5) <= measured.error + 1e-3
    assert measured.error < 0.5


def test_a_growth_above_one_is_certified_and_data_without_span_are_refused():
    case = setup(RescalingKnobs(), Stream(0))
    assert not isinstance(case, AssumptionUnmet) and 1.0 < case.rescaling.growth < case.runaway.growth
    knobs = UnitRowKnobs("gaussian")
    assert isinstance(unit_case(knobs, Stream(0), normalised_gd(1.0)), AssumptionUnmet)


def test_projections_in_turn_do_not_settle_on_the_joint_separator():
    case = sequential_case(SequentialKnobs(), Stream(0))
    assert not isinstance(case, AssumptionUnmet)
    (spec,) = projected(case, Budget.QUICK)
    (measured,) = projected_direction(case, (spec.compute(),)).quantities.values()
    assert np.max(np.abs(measured.value - case.svm.direction)) > np.max(measured.error) > 0.0


def test_the_order_of_the_turns_is_forgotten():
    data, differences = set_a_prime(), []
    for rounds in (50, 200, 800):
        ends = []
        for order in ([0, 1], [1, 0]):
            workers = [order[m] for m in data.workers]
            problem = LinearClassification(data.features, data.labels, workers=workers, loss=Logistic())
            ends.append(run(problem, sequential_gd(0.4, 3), rounds, record=RecordAt.last()).w[0, -1])
        differences.append(float(np.linalg.norm(ends[0] - ends[1])))
    assert differences[2] < 0.5 * differences[1] < 0.25 * differences[0]


def test_the_margin_bound_claims_nothing_for_longer_rows():
    bound = normalised_margin_bound(0.5, 20, 10.0)
    assert bound.applicable and bound.value == pytest.approx((np.log(20) + 1) / 5.0)
    assert normalised_margin_bound(0.5, 20, 10.0, row_norm=2.0).unmet == ("b_x ≤ 1",)
    with pytest.raises(BadInput, match="unmet"):
        normalised_margin_bound(0.5, 20, 10.0, row_norm=2.0).tightness(0.1)


@settings(deadline=None, max_examples=10)
@given(SEEDS, MARGINS, st.floats(0.2, 1.0), st.floats(0.0, 0.5))
def test_normalised_steps_do_not_raise_the_loss(seed, margin, rate, power):
    case = case_of(seed, 3, margin, normalised_gd(PowerDecay(rate, power=power)))
    trace = run(case.problem, case.method, 60, record=RecordAt.every(1))
    assert (np.diff(trace.log_loss[0]) < 0).all()
    faster = dataclasses.replace(case.method, local_steps=3)
    assert np.allclose(run(case.problem, faster, 20).w[0, -1], trace.w[0, -1], rtol=1e-12)
