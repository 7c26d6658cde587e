"""What the claims about valleys predict: the numbers of the theory, and allowances that shrink with η."""

from dataclasses import replace

import numpy as np
import pytest

from implicitbias import RecordAt, Stream
from paper_repro.papers.derived.valley import mixed_noise
from paper_repro.papers.gu2023.drift_ratio import gained, predict, scan, WRONG
from paper_repro.papers.gu2023.long_rounds import setup as long_rounds
from paper_repro.papers.gu2023.valley import one_step, SHAPES, slide, SlideCase, ValleyKnobs, WorkerKnobs
from paper_repro.papers.gu2023.valley_diffusion import DiffusionKnobs, slow_moments
from paper_repro.papers.gu2023.valley_drift import (
    first_order,
    HIGHER_ORDERS,
    RATIO,
    ratios,
    slow_ratios,
    with_gain,
)
from paper_repro.papers.li2017.slow_horizon import conventional
from sde.approximations import conventional_sde, slow_path
from sde.formulas import finite_drift_factor
from sde.integrate import integrate


# Slow SDE at H steps of η = 0.01: M = 8, B = 1, h = e^x, x_0 = 0.3, T = 0.4.
TABLE = {5: 1.4223, 10: 1.7969, 25: 2.7092, 50: 3.7772, 100: 5.0514, 200: 6.2330, 400: 7.0545, 800: 7.5154}
# The table has four decimals.
ROUNDED = 6e-5


KNOBS = ValleyKnobs()


def at(round_time, knobs=KNOBS, workers=8, lr=None):
    return slide(knobs, knobs.valley(), workers, round_time, lr)


def test_predicted_ratios_are_those_of_the_table():
    slides = tuple(replace(at(0.01 * h, lr=0.01), local_steps=h, rounds=4000 // h) for h in TABLE)
    assert np.abs(slow_ratios(slides).value - np.array(list(TABLE.values()))).max() < ROUNDED


@pytest.mark.parametrize("shape", SHAPES)
def test_predicted_ratios_are_those_of_the_general_slow_equation(shape):
    knobs = ValleyKnobs(shape=shape, start=0.6, total_batch=1.5)
    run = at(0.7, knobs, workers=4)
    landscape, start = run.valley.landscape, np.array([run.start, 0.0])
    times = np.array([0.0, run.slow_time])
    alone = replace(run, workers=1, local_steps=1)
    moved = [slow_path(landscape, s.method, start, times)[-1, 0] - run.start for s in (run, alone)]
    assert np.isclose(slow_ratios((run,)).value[0], moved[0] / moved[1], rtol=1e-6)


def test_what_is_left_out_halves_with_the_learning_rate():
    coarse, fine = (first_order((at(1.0, lr=lr),))[0] for lr in (0.01, 0.005))
    assert 0.48 < fine / coarse < 0.52


def test_what_is_left_out_of_sgd_is_its_discrete_steps():
    run = one_step(KNOBS, KNOBS.valley(), 1, 0.02)
    h = np.exp(np.linspace(run.start, run.start - 0.25 * run.slow_time, 1001))
    steps = np.mean(1.0 / (1.0 - 0.01 * h) - 1.0)
    assert np.isclose(first_order((run,))[0], HIGHER_ORDERS * steps, rtol=1e-3)


@pytest.mark.parametrize("round_time", [0.1, 0.5, 2.0])
def test_what_is_left_out_covers_the_exact_steps_at_frozen_curvature(round_time):
    run = (at(round_time),)
    lr, steps = run[0].lr, run[0].local_steps
    exact = ratios(run, with_gain(run, lambda m, a, h: finite_drift_factor(m, lr, steps, h)))
    assert abs(exact - slow_ratios(run).value)[0] < first_order(run)[0] < 0.2 * exact[0]


def test_falsifiers_of_the_scan_differ_by_more_than_is_left_out():
    case = scan()(WorkerKnobs(), Stream(0))
    right = predict(case).quantities[RATIO]
    for gain in WRONG.values():
        apart = np.abs(gained(gain)(case).quantities[RATIO].value - right.value)
        assert (apart > 2.0 * right.allowance).any()


def test_the_conventional_equation_gives_everyone_the_drift_of_sgd():
    for shape in SHAPES:
        case = scan()(WorkerKnobs(shape=shape), Stream(0))
        found = conventional(lambda s: s.total_batch)(case).quantities[RATIO].value
        assert np.allclose(found, 1.0, atol=1e-6)


def test_paths_of_the_conventional_equation_on_the_slow_horizon_drift_like_sgd():
    run = at(1.0)
    time = run.slow_time / run.lr
    trace = integrate(
        conventional_sde(run.valley.landscape, run.method),
        time,
        run.lr / 2.0,
        start=np.array([run.start, 0.0]),
        replicas=1_000,
        stream=Stream(0),
        record=RecordAt.last(),
        progress=False,
    )
    moved = run.valley.project(trace.w[:, -1])[:, 0] - run.start
    ratio, error = moved.mean() / -0.1, moved.std() / np.sqrt(1_000) / 0.1
    assert abs(ratio - 1.0) < 4.0 * error + 0.02 and error < 0.02


def test_long_rounds_bring_nearly_m_times_the_drift_and_no_more_diffusion():
    mean, variance = slow_moments(long_rounds(DiffusionKnobs(start=0.8), Stream(0)).slide)
    assert 6.5 < mean < 8.0 and 0.8 < variance < 1.0


def test_mixed_noise_turns_a_curve_but_not_a_straight_valley():
    case = mixed_noise.setup(mixed_noise.MixedKnobs(), Stream(0))
    straight, bent = (
        mixed_noise.with_bend(b)(case).quantities["mean displacement over SGD's"].value for b in (0.0, 1.0)
    )
    plain = slow_moments(replace(case.slide, valley=replace(case.slide.valley)))[0]
    assert straight == plain and bent > straight + 2.0


def test_slides_keep_the_round_time_and_the_horizon():
    for a in (0.1, 0.33, 2.0):
        run = at(a)
        assert np.isclose(run.round_time, a) and abs(run.slow_time - 0.4) <= run.lr * a / 2 + 1e-12
        assert isinstance(SlideCase((run,), Stream(0)).slides[0].rounds, int)
