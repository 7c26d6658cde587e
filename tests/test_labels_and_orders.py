"""Label noise, factorisations, orders in η: what the claims' settings compute, against known numbers."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import local_sgd, RecordAt, run, Stream
from implicitbias.errors import BadInput
from implicitbias.problems import TwoPoint
from paper_repro.catalogue import find
from paper_repro.claims import (
    closed_form,
    Measured,
    Observation,
    Predicted,
    Prediction,
    statistical,
    Status,
    verify_one,
)
from paper_repro.claims.ensembles import limit_of, mean_curve
from paper_repro.claims.refinement import Refinement
from paper_repro.papers.damian2021.regulariser import RegulariserCase, RegulariserKnobs
from paper_repro.papers.derived.label_noise import factorisation, martingale, network
from paper_repro.papers.derived.slow_sde import conventional_gap, from_disagreement, inside_round
from paper_repro.papers.gu2023.label_valley import label_valley_case, LabelValleyKnobs
from paper_repro.papers.wang2024momentum import same_limit
from sde.within_round import disagreement_matrix, within_round
from sde.zoo import exponential_valley, quadratic


NUMBERS = 1e-4  # what the printed digits of the reference numbers leave open
STREAM = Stream(0)


def test_a_measured_allowance_opens_the_prediction_and_nothing_else():
    seen = {"x": Measured(1.0, 0.01, allowance=0.1)}
    for predicted, status in ((1.05, Status.HOLDS), (1.105, Status.INCONCLUSIVE), (1.2, Status.REFUTED)):
        verdict = statistical(Observation(seen), Prediction({"x": Predicted(predicted)}))
        assert verdict.status is status
    both = Prediction({"x": Predicted(1.15, 0.06)})
    assert closed_form(Observation(seen), both).status is Status.HOLDS, "allowances add"
    with pytest.raises(BadInput, match="allowance"):
        Measured(1.0, 0.0, allowance=-0.1)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), slope=st.floats(-2.0, 2.0))
def test_the_limit_of_a_mean_linear_in_the_rate_is_its_intercept(seed, slope):
    noise = STREAM.at("test/limits", seed).generator().standard_normal((2, 400, 3))
    found = limit_of(5.0 + slope + 0.01 * noise[0], 5.0 + 0.5 * slope + 0.01 * noise[1])
    assert np.shape(found.value) == (3,)
    assert (np.abs(np.subtract(found.value, 5.0)) < found.error).all()
    assert np.allclose(found.allowance, abs(slope) / 2.0, atol=0.01)


@pytest.mark.parametrize("steps", [1, 4])
def test_refinements_take_the_same_slow_time_at_the_same_round_time(steps):
    valley = exponential_valley(1.0, law=TwoPoint()).landscape
    of = Refinement(valley, (0.0, 0.0), 4, 8.0, 0.1, steps, 0.5)
    for m in (1, 2, 3):
        spec = of.spec(m, 2, STREAM)
        h = spec.method.steps(4, 0)[0]
        assert spec.method.first_lr**2 * h * spec.rounds == pytest.approx(of.slow_time)
        assert spec.method.batch == 2.0, "B/M"
        assert h == 1 or h * spec.method.first_lr == pytest.approx(of.setting.round_time)
    assert of.slow_time == pytest.approx(0.5, abs=0.1**2 * steps)
    assert len({of.spec(m, 2, STREAM).stream for m in (1, 2, 3)}) == 3, "independent runs"


def test_the_valley_falls_to_the_printed_limit():
    case = label_valley_case(LabelValleyKnobs(), STREAM, 10, 1.0)
    assert case.limit == pytest.approx(-0.2581912, abs=1e-7)
    times = np.array([0.25, 0.5, 1.0])
    assert case.path(times)[-1] == pytest.approx(case.limit)
    assert (np.diff(case.path(times)) < 0).all()


def test_the_imbalance_falls_to_the_printed_numbers():
    for alpha, printed in ((0.0, 2.3364024), (0.1, 1.9263410), (0.5, 1.4105954), (np.inf, 1.1036383)):
        knobs = factorisation.BalanceKnobs(time=0.25)
        case = factorisation.setup(knobs, STREAM)
        share = 1.0 / case.slow_time
        assert case.at_the_end(alpha, 4, share) == pytest.approx(printed, abs=1e-6)


def test_the_products_of_the_network_fall_to_the_printed_numbers():
    case = network.setup(network.NetworkKnobs(), STREAM)
    times = np.array([0.0, 4.0])
    for alpha, odd, even in ((0.1, 0.19306, 0.23817), (0.5, 0.07460, 0.11873), (2.0, 0.03064, 0.05774)):
        products, trace, norm = case.read(case.path(times, alpha)[-1])
        assert products == pytest.approx([odd, even, odd, even, odd], abs=1e-5)
    assert (trace, norm) == pytest.approx((1.19843, 1.00830), abs=NUMBERS)
    assert case.read(case.path(times, 0.0)[-1])[0] == pytest.approx(np.exp(-1.0) * np.ones(5))


def test_the_gap_is_the_printed_one():
    case = conventional_gap.setup(conventional_gap.GapKnobs(), STREAM)
    gap = conventional_gap.predict(case).quantities[conventional_gap.GAP].value
    assert gap == pytest.approx([-1.0669, 0.2075], abs=NUMBERS)


def test_methods_on_the_same_stream_have_the_same_mean_on_a_quadratic():
    # Averaging is linear there: coupled, Local SGD and SGD have one path.
    landscape = quadratic((1.3, 0.4), law=TwoPoint()).landscape
    methods = (local_sgd(0.1, h, 0.5, workers=4) for h in (5, 1))
    ends = [
        run(landscape, m, 20 // h, start=np.ones(2), replicas=3, stream=STREAM, progress=False).w[:, -1]
        for m, h in zip(methods, (5, 1), strict=True)
    ]
    assert np.allclose(*ends, rtol=1e-12)


def test_the_variance_of_the_martingale_is_that_of_its_moments():
    # m = E S² has m′ = (E D²)′ = 4E S, so that 4S_0 ≤ m′ ≤ 4√m and √m ≤ S_0 + 2t.
    case = martingale.setup(martingale.MartingaleKnobs(), STREAM)
    found, time = martingale._squared(case, case.slow_time), case.slow_time
    assert 4.0 * case.sharpness * time < found < (case.sharpness + 2.0 * time) ** 2 - case.sharpness**2


@pytest.mark.parametrize("lr", [0.5, 0.8])
def test_the_flow_of_the_regulariser_solves_its_equation(lr):
    case, grid = RegulariserCase(RegulariserKnobs(lr=lr), STREAM), np.linspace(0.0, 0.6, 601)
    path = case.path(grid)
    slope, h = np.gradient(path, grid)[1:-1], np.exp(path[1:-1])
    assert slope == pytest.approx(-h / (4.0 * (1.0 - 0.5 * lr * h)), rel=1e-4)
    assert case.path(grid, 0.0)[-1] == pytest.approx(-np.log(np.exp(-case.knobs.start) + 0.15))


def test_inside_a_round_the_steps_are_those_of_the_next_round():
    landscape, method = exponential_valley(1.0, law=TwoPoint()).landscape, local_sgd(0.1, 5, 1.0, workers=3)
    start = np.array([0.2, 0.5])
    part, whole = (
        run(
            landscape,
            method,
            r,
            start=start,
            replicas=4,
            record=RecordAt.every(1),
            stream=STREAM,
            progress=False,
        )
        for r in (3, 4)
    )
    models = within_round(landscape, method, part, STREAM, range(6))
    assert models.shape == (6, 4, 3, 2)
    assert whole.final is not None
    assert np.array_equal(models[-1], whole.final.local)
    assert np.array_equal(models[0], np.repeat(part.w[:, -1, None], 3, axis=1))
    spread = np.trace(disagreement_matrix(models[-1]), axis1=1, axis2=2)
    assert np.sqrt(spread) == pytest.approx(whole.disagreement[:, -1])
    with pytest.raises(BadInput, match="steps = -1"):
        within_round(landscape, method, part, STREAM, (-1,))


def test_the_moments_inside_a_round_are_those_of_the_printed_process():
    from sde.formulas import worker_covariance

    seen = [worker_covariance(1.0, 0.01, 1.0, 8, 1.3, 1.3, k) / 0.01 for k in (25, 50, 100)]
    assert seen == pytest.approx([1.6884, 2.3648, 2.8992], abs=NUMBERS)
    case = inside_round.setup(inside_round.RoundKnobs(), STREAM)
    exact = inside_round.moments(case)
    assert (exact[inside_round.AVERAGE] < exact[inside_round.END]).all()


@pytest.mark.parametrize("name", from_disagreement.LANDSCAPES)
def test_the_drift_said_by_the_limit_of_the_disagreement_is_drift_two(name):
    knobs = from_disagreement.DisagreementKnobs(landscape=name)
    case = from_disagreement.setup(knobs, STREAM)
    zeta = np.array([case.start])
    spread = 3.0 * case.forms.landscape.curvature(zeta).psi_hat(0.4)
    q = case.forms.coordinate(zeta)
    excess = case.forms.slow_drift(q, 4, 1.0, 0.4) - case.forms.slow_drift(q, 1, 1.0, 0.0)
    assert case.excess_drift(zeta, spread) == pytest.approx(excess[:, 0], rel=1e-9)


def test_three_rates_remove_two_orders():
    errors = [0.3 + 2.0 * h + 7.0 * h**2 for h in (0.1, 0.05, 0.025)]
    found = same_limit.richardson([np.array([e - 1e-9, e + 1e-9]) for e in errors])
    assert found.value == pytest.approx(0.3, abs=1e-8)
    assert found.allowance == pytest.approx(errors[1] - errors[2])


def test_a_curve_of_means_has_an_interval_at_every_record():
    values = STREAM.at("test/curve").generator().standard_normal((50, 3))
    curve = mean_curve(np.arange(3.0), values, "x", "sgd")
    assert (curve.low < values.mean(axis=0)).all() and (values.mean(axis=0) < curve.high).all()


def test_the_stationary_variance_holds_where_one_step_forgets_everything():
    claim = find("li2019/stationary-variance")
    knobs = dataclasses.replace(claim.knobs, lr=0.5, curvature=2.0)
    assert verify_one(claim, knobs).status is Status.HOLDS
