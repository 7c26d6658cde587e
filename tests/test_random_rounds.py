"""Moments of drawn rounds: numbers worked out by hand, enumeration of every draw, and many runs of the engine."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from implicitbias import (
    Average,
    BadInput,
    fedavg,
    fednova,
    fedprox,
    HeavyBall,
    LinearRegression,
    local_sgd,
    LocalMethod,
    Quadratics,
    RecordAt,
    run,
    Sampled,
    scaffold,
    Sequential,
    Server,
    Stream,
)
from implicitbias.problems import Drawn, NoisyQuadratics, Skewed, TwoPoint
from implicitbias.recursions import affine_round, random_round
from tests.recursion_zoo import golden, quadratics, regression


SIX = 5e-7  # half a unit of the sixth decimal, to which the numbers were worked out by hand
LEVEL = 1e-4  # of a χ² interval; seeds are fixed, so that a test that passes once passes always

seeds = st.integers(0, 2**20)


def noisy(problem, noise=1.0, **law):
    return NoisyQuadratics(problem.hessians, problem.centres, noise, **law)


def test_stationary_variances_of_additive_noise_on_the_golden_instance():
    for local_steps, mean, variance in ((10, 0.255626, 0.046337), (1, 0.2, 0.041290)):
        found = random_round(noisy(golden()), fedavg(0.1, local_steps, None, batch=1))
        assert np.allclose(found.stationary_mean, mean, rtol=0, atol=SIX)
        assert np.allclose(found.stationary_covariance, variance, rtol=0, atol=SIX)


def test_one_of_two_workers_at_random_on_the_golden_instance():
    found = random_round(golden(), fedavg(0.1, 10, None, participation=Sampled(1)))
    assert np.allclose(found.stationary_mean, 0.255626, rtol=0, atol=SIX)
    assert np.allclose(found.stationary_covariance, 0.043458, rtol=0, atol=SIX)
    twice = random_round(golden(), fedavg(0.1, 10, None, participation=Sampled(2, replacement=True)))
    assert np.allclose(twice.stationary_mean, 0.255626, rtol=0, atol=SIX)
    assert 1e-4 < twice.stationary_covariance[0, 0] < 0.043458 / 2 + 1e-3


def test_who_takes_part_does_not_disturb_scaffold_in_the_end():
    found = random_round(golden(), scaffold(0.1, 10, participation=Sampled(1)))
    assert np.allclose(found.stationary_mean, 0.2, rtol=0, atol=1e-13)
    assert found.mean_square_radius < 1 and abs(found.stationary_covariance[0, 0]) < 1e-28


@settings(max_examples=10)
@given(
    seed=seeds,
    local_steps=st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3))),
    proximal=st.sampled_from([0.0, 0.4]),
    batch=st.integers(1, 2),
)
def test_one_round_of_mini_batches_has_the_moments_of_all_its_draws(seed, local_steps, proximal, batch):
    numbers = np.random.default_rng(seed)
    problem = LinearRegression(numbers.normal(size=(4, 2)), numbers.normal(size=4), workers=2)
    method = fedprox(0.3, local_steps, proximal, (1.0, 3.0), batch=batch)
    start = numbers.normal(size=2)
    ends = [all_ends(problem, m, start, proximal, method.steps(2, 0)[m], batch) for m in range(2)]
    found = random_round(problem, method)
    mean = 0.25 * ends[0].mean(axis=0) + 0.75 * ends[1].mean(axis=0)
    spread = 0.25**2 * np.cov(ends[0].T, bias=True) + 0.75**2 * np.cov(ends[1].T, bias=True)
    assert np.allclose(found.mean_path(start)[1], mean, rtol=0, atol=1e-13)
    assert np.allclose(found.covariance_path(start)[1], spread, rtol=0, atol=1e-13)


def all_ends(problem, worker, start, proximal, local_steps, batch, lr=0.3):
    """Where local steps end for every sequence of mini-batches of two samples, all equally likely."""
    ends = [start]
    for _ in range(local_steps):
        ends = [
            v - lr * (problem.worker_gradient(v, worker, np.array(drawn)) + proximal * (v - start))
            for v in ends
            for drawn in itertools.product(range(2), repeat=batch)
        ]
    return np.array(ends)


@settings(max_examples=10)
@given(seed=seeds, count=st.integers(1, 4), lr=st.floats(0.1, 0.9))
def test_a_drawn_subset_makes_the_round_of_its_workers_alone(seed, count, lr):
    problem, weights = quadratics(seed, workers=4), np.array([1.0, 2.0, 3.0, 4.0])
    method = fedavg(lr, (1, 2, 3, 4), tuple(weights), participation=Sampled(count))
    start, rounds = np.ones(3), []
    for chosen in itertools.combinations(range(4), count):
        own = [*chosen]
        part = Quadratics(problem.hessians[own], problem.centres[own])
        alone = fedavg(lr, tuple(m + 1 for m in own), tuple(weights[own]))
        rounds.append(affine_round(part, alone).path(start)[1])
    found = random_round(problem, method)
    assert np.allclose(found.mean_path(start)[1], np.mean(rounds, axis=0), rtol=0, atol=1e-13)
    assert np.allclose(found.covariance_path(start)[1], np.cov(np.array(rounds).T, bias=True), atol=1e-13)


@given(seed=seeds, replacement=st.booleans(), count=st.integers(1, 3))
def test_unbiased_weights_have_the_mean_of_full_participation(seed, replacement, count):
    problem, weights = quadratics(seed), (1.0, 2.0, 4.0)
    drawn = Sampled(count, replacement=replacement, weighting="unbiased")
    mean = random_round(problem, fedavg(0.5, 4, weights, participation=drawn)).mean_round
    full = affine_round(problem, fedavg(0.5, 4, weights))
    assert np.allclose(mean.matrix, full.matrix, rtol=0, atol=1e-13)
    assert np.allclose(mean.offset, full.offset, rtol=0, atol=1e-13)


def test_without_draws_the_mean_is_the_round_itself_and_the_covariance_is_0():
    method = scaffold(0.5, (1, 2, 3), server=Server(0.7, 0.3, delay=1))
    found, exact = random_round(regression(1), method), affine_round(regression(1), method)
    assert np.array_equal(found.mean_path(np.ones(3), 5), exact.path(np.ones(3), 5))
    assert not found.covariance_path(np.ones(3), 5).any()


@pytest.mark.parametrize(
    "method",
    [
        fedavg(0.3, 4, "samples", batch=2, participation=Sampled(2)),
        fednova(0.3, (1, 2, 5), batch=3, participation=Sampled(2)),
        scaffold(0.3, 3, batch=2, participation=Sampled(2, replacement=True)),
        scaffold(0.3, (3, 1, 2), option="gradient", batch=2, participation=Sampled(1)),
        LocalMethod(
            lr=0.3,
            local_steps=(1, 3, 5),
            batch=1,
            momentum=HeavyBall(0.4),
            aggregation=Average((1.0, 2.0, 3.0)),
            server=Server(0.7, 0.3, nesterov=True, delay=1),
            participation=Sampled(2, weighting="unbiased"),
        ),
    ],
)
def test_the_engine_has_these_moments(method):
    assert_moments(regression(3), method, rounds=5, replicas=4000)


@pytest.mark.parametrize("law", [TwoPoint(), Skewed(0.3)])
def test_only_the_covariance_of_additive_noise_counts(law):
    factor = np.array([[1.0, 0.0], [0.5, 0.2], [0.0, -1.0]])
    problem = noisy(quadratics(4), factor, law=law)
    assert_moments(problem, fedavg(0.4, (2, 3, 4), None, batch=2.5), rounds=6, replicas=4000)


def assert_moments(problem, method, rounds, replicas):
    """Means within 5 standard errors, variances of sums along random directions within a χ² interval twice as wide.

    The χ² law is exact for normal models; kurtosis of rounds that are drawn widens it.
    """
    start = np.ones(problem.dim)
    ran = run(
        problem,
        method,
        rounds,
        start=start,
        replicas=replicas,
        stream=Stream(2),
        record=RecordAt.last(),
        engine="definition",
    ).w[:, -1]
    found = random_round(problem, method)
    mean, covariance = (path(start, rounds)[-1] for path in (found.mean_path, found.covariance_path))
    errors = np.sqrt(np.diag(covariance) / replicas)
    assert (np.abs(ran.mean(axis=0) - mean) < 5 * errors).all()
    low, high = chi2.ppf([LEVEL / 2, 1 - LEVEL / 2], replicas - 1) / (replicas - 1)
    for direction in np.random.default_rng(0).normal(size=(4, problem.dim)):
        ratio = np.var(ran @ direction, ddof=1) / (direction @ covariance @ direction)
        assert 1 - 2 * (1 - low) < ratio < 1 + 2 * (high - 1)


def test_covariances_converge_to_the_stationary_one():
    for problem, method in (
        (regression(3), fedavg(0.5, 4, "samples", batch=2, participation=Sampled(2))),
        (noisy(quadratics(5), 0.5), fedavg(0.5, 6, None, batch=1, server=Server(0.8, 0.3))),
    ):
        found = random_round(problem, method)
        late = found.covariance_path(np.ones(3), 200)[-1]
        assert found.mean_square_radius**200 < 1e-12
        assert np.allclose(found.stationary_covariance, late, rtol=1e-9, atol=1e-12)
        assert np.allclose(found.stationary_mean, found.mean_path(np.ones(3), 800)[-1], atol=1e-10)


def test_noise_can_grow_where_the_mean_converges():
    problem = LinearRegression([[3.0], [0.1]], [1.0, -1.0])
    found = random_round(problem, local_sgd(0.4, 1, batch=1))
    assert found.mean_round.stable and found.mean_square_radius > 1
    with pytest.raises(BadInput, match="mean_square_radius"):
        _ = found.stationary_covariance


@pytest.mark.parametrize(
    ("problem", "method", "said"),
    [
        (golden(), local_sgd(0.1, 2, batch=1), "neither samples nor noise"),
        (regression(0), local_sgd(0.1, 2, batch=1, replacement=False), "replacement=True"),
        (regression(0), local_sgd(0.1, 2, batch=1.5), "integer"),
        (golden(), fedavg(0.1, 2, None, participation=Sampled(3)), "M = 2"),
        (quadratics(0, workers=40), fedavg(0.1, 2, None, participation=Sampled(20)), "outcomes"),
        (regression(0), LocalMethod(lr=0.1, batch=1, aggregation=Sequential()), "side by side"),
    ],
)
def test_what_no_recursion_follows_is_refused(problem, method, said):
    with pytest.raises(BadInput, match=said):
        random_round(problem, method)


def test_too_large_an_equation_is_refused_while_paths_can_be_followed():
    problem = quadratics(0, workers=8, dim=7)
    found = random_round(problem, scaffold(0.5, 2, participation=Sampled(4)))
    assert found.covariance_path(np.ones(7), 2).shape == (3, 7, 7)
    with pytest.raises(BadInput, match="covariance_path"):
        _ = found.stationary_covariance


def test_noisy_quadratics_bring_their_workers_and_their_noise():
    problem = noisy(golden(), [[2.0, 1.0]])
    assert problem.for_workers(2) is problem and problem.channels == 2
    assert np.array_equal(problem.covariance, [[5.0]])
    noise = np.array([[1.0, -1.0], [0.5, 0.0]])
    for m in range(2):
        expected = golden().worker_gradient(np.ones((2, 1)), m) + [[1.0], [1.0]]
        assert np.array_equal(problem.noisy_gradient(np.ones((2, 1)), noise, m), expected)
    assert problem != noisy(golden()) and noisy(golden(), 1.0) == noisy(golden(), np.eye(1))
    with pytest.raises(BadInput, match="brings its own M = 2"):
        problem.for_workers(3)
    with pytest.raises(BadInput, match="no samples"):
        noisy(golden(), law=Drawn())
    with pytest.raises(BadInput, match="noise has shape"):
        noisy(golden(), np.eye(2))
