"""What the claims about fresh data, outer momentum and random workers compute for themselves."""

import math

import numpy as np
import pytest

from implicitbias import LinearRegression, local_gd, projection, run, Stream
from implicitbias.recursions import FreshRegression
from paper_repro.claims.quadratic_workers import random_quadratics
from paper_repro.papers.douillard2023.setting import factor, heavy_ball, nesterov, recurrence
from paper_repro.papers.ju2024.setting import after_round, FreshCase


# Rounds by einsum and by the definition of the engine, each a few sums of some ten numbers.
ROUNDING = 1e-12


def drawn_again(case: FreshCase) -> tuple[np.ndarray, np.ndarray]:
    rng, sizes = case.stream.at("data").generator(), case.sizes
    features = rng.standard_normal((1, sizes.workers, sizes.samples, sizes.dim))
    return features[0], rng.standard_normal((1, sizes.workers, sizes.samples))[0]


@pytest.mark.parametrize("local_steps", [1, math.inf])
def test_a_fresh_round_is_what_the_engine_does_on_these_data(local_steps):
    case = FreshCase(
        FreshRegression(3, 4, 7), local_steps, None if local_steps == math.inf else 0.3, Stream(5)
    )
    start = np.zeros((3, 1, 7))
    start[0] = case.start
    found = after_round(case, case.stream.at("data").generator(), start).sum(axis=0)[0]
    features, noise = drawn_again(case)
    targets = np.einsum("mnp,mp->mn", features, case.optima) + noise
    problem = LinearRegression(features.reshape(-1, 7), targets.ravel(), workers=3)
    method = projection() if local_steps == math.inf else local_gd(0.3, 1)
    trace = run(problem, method, 1, start=case.start, progress=False)
    np.testing.assert_allclose(found, trace.w[0, -1], atol=ROUNDING)


def test_optima_of_fresh_data_have_mean_zero_and_spread_one():
    optima = FreshCase(FreshRegression(4, 2, 3), 1, 0.1, Stream(1)).optima
    np.testing.assert_allclose(optima.mean(axis=0), 0.0, atol=ROUNDING)
    assert (optima**2).sum(axis=1).mean() == pytest.approx(1.0)


@pytest.mark.parametrize("pair", [nesterov, heavy_ball])
def test_a_recurrence_is_read_off_four_rounds(pair):
    t, d = pair(np.array([0.1, 0.5, 0.9]), 0.8, 0.6)
    errors = [np.ones(3), 1.0 - 0.8 * 1.6 * np.array([0.1, 0.5, 0.9])]
    for _ in range(2):
        errors.append(t * errors[-1] - d * errors[-2])
    found = recurrence(np.stack(errors))
    np.testing.assert_allclose(found, (t, d), atol=1e-9)


def test_the_factor_is_the_larger_root_real_or_complex():
    assert factor(np.array([0.9, 1.0]), np.array([0.2, 0.5])) == pytest.approx([0.5, math.sqrt(0.5)])


def test_random_workers_have_the_curvatures_they_were_asked_for_and_differ():
    problem = random_quadratics(Stream(3), 4, 3, least=0.2, most=0.7)
    spectra = np.linalg.eigvalsh(problem.hessians)
    assert (spectra > 0.2 - ROUNDING).all() and (spectra < 0.7 + ROUNDING).all()
    assert np.ptp(problem.hessians, axis=0).min() > 0.0
