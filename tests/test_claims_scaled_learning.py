"""Claims on scaled learning: the data are ill-scaled, rounds are counted and steps are tuned as they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import Stream
from paper_repro.claims.digits_network import digits_network
from paper_repro.papers.chezhegov2024 import tuning as network_tuning
from paper_repro.papers.chezhegov2024.setting import case_of, SKEWED, STANDARDISED, Way
from paper_repro.papers.chezhegov2024.steps import lr_of, STEPS
from paper_repro.papers.derived.scaling import ill_scaled_tuning
from paper_repro.papers.derived.scaling.ill_scaled import first_below, Instance, rounds_until


def condition(hessian):
    return np.linalg.cond(hessian)


def divided(hessian):
    d = np.sqrt(np.diag(hessian))
    return hessian / np.outer(d, d)


def test_a_diagonal_mends_the_condition_of_the_data_and_not_of_the_same_data_turned():
    plain, turned = Instance().hessian, Instance(turned=True).hessian
    assert condition(plain) > 3000 and condition(divided(plain)) < 10
    np.testing.assert_allclose(np.linalg.eigvalsh(turned), np.linalg.eigvalsh(plain), rtol=1e-6)
    np.testing.assert_allclose(np.diag(turned), np.trace(turned) / len(turned), rtol=1e-6)
    assert condition(divided(turned)) == pytest.approx(condition(plain), rel=1e-6)


def test_turned_data_have_the_same_least_loss():
    assert Instance(turned=True).least == pytest.approx(Instance().least, rel=1e-9)


@given(last_above=st.integers(0, 9), seed=st.integers(0, 2**16))
@settings(deadline=None, max_examples=20)
def test_a_run_counts_from_the_round_after_its_last_one_above(last_above, seed):
    curve = np.random.default_rng(seed).uniform(0.0, 1.0, size=11)
    curve[last_above + 1 :] *= 0.5
    curve[last_above] = 2.0
    assert first_below(curve, 1.0) == last_above + 1
    assert first_below(np.append(curve, np.nan), 1.0) == len(curve) + 1


def test_the_interval_of_rounds_holds_the_round_of_the_mean_and_narrows_with_replicas():
    mean = np.array([1.0, 0.8, 0.5, 0.2, 0.09, 0.05, 0.02, 0.02])
    noise = np.random.default_rng(0).normal(size=(400, 8))
    few, many = (rounds_until(mean * (1 + 0.2 * noise[:n]), 0.1, 1) for n in (8, 400))
    assert abs(many.value - np.log2(4)) <= many.error < few.error


def test_pixels_run_over_the_decades_asked_for_and_the_held_out_ones_with_them():
    plain, shrunk = (digits_network("even", Stream(0), decades=d) for d in (0.0, 2.0))
    moving = np.ptp(plain.network.inputs, axis=0) > 0
    units = (
        np.abs(shrunk.network.inputs).max(axis=0)[moving] / np.abs(plain.network.inputs).max(axis=0)[moving]
    )
    assert 0.9 < units.max() <= 1 + 1e-9 and 0.01 - 1e-9 <= units.min() < 0.012
    np.testing.assert_allclose(shrunk.held_out.inputs[:, moving], plain.held_out.inputs[:, moving] * units)


def test_replicas_start_apart_and_every_family_from_the_same_starts():
    case = case_of(STANDARDISED, 16, Stream(0))
    first, second = (case.spec(Way(STANDARDISED, f, 8), 0.1, 3) for f in ("identity", "adam"))
    assert first.start == second.start and first.stream == second.stream
    assert isinstance(first.start, tuple) and len(set(first.start)) == 3


def test_every_tuned_step_lies_inside_its_grid():
    for way in network_tuning.ways():
        grid = network_tuning.GRID[way.family]
        assert grid[0] < lr_of(way) < grid[-1]
    assert {inputs for inputs, _ in STEPS} == {way.inputs for way in network_tuning.ways()}
    for steps in (ill_scaled_tuning.STEPS, ill_scaled_tuning.STEPS_TURNED):
        for (family, _), lr in steps.items():
            grid = ill_scaled_tuning.GRID[family]
            assert grid[0] < lr < grid[-1]


def test_tuning_finds_its_steps_again():
    way = Way(SKEWED, "adam", 1)
    assert network_tuning.tuned(way) == lr_of(way)
    assert ill_scaled_tuning.tuned(Instance(), "oasis", 32) == ill_scaled_tuning.STEPS["oasis", 32]
