"""The path of anchored averaging solves its equation, is a regularisation path, and is what runs follow."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    Exponential,
    LinearClassification,
    local_gd,
    Logistic,
    max_margin,
    modified_local_gd,
    PolynomialTail,
    residual_limit,
    run,
    Stream,
)
from implicitbias.asymptotics import anchored_path
from implicitbias.data import iid, separable, set_a_prime
from paper_repro.claims import Budget, Status, verify_one
from paper_repro.papers.derived.many_local_steps.anchored_path import CLAIM_PROXIMAL


def drawn(seed, loss):
    stream = Stream(seed)
    data = separable(stream, samples=7, dim=2, margin=0.6, gap=0.3).samples
    workers = iid(7, 2, stream, sizes=(2, 5))
    return LinearClassification(data.features, data.labels, workers=workers, loss=loss)


def gradient(problem, w):
    return np.mean([problem.worker_gradient(w[None], m, None)[0] for m in range(problem.workers)], axis=0)


@settings(deadline=None, max_examples=15)
@given(
    st.integers(0, 10**6),
    st.floats(-3.0, 5.0),
    st.floats(-1.0, 12.0),
    st.sampled_from([Exponential(), Logistic()]),
)
def test_it_solves_its_equation(seed, log_step, log_time, loss):
    problem, width = drawn(seed, loss), 1e-3
    before, here, after = anchored_path(problem, log_step, log_time + np.array([-width, 0.0, width]))
    slope = (after - before) / (2 * width)
    pull = np.exp(log_time + log_step) * gradient(problem, here)
    # Central differences: width² times a third derivative of order 1.
    assert np.allclose(slope, -here - pull, atol=1e-4)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from([Exponential(), Logistic()]))
def test_far_out_it_is_the_separator_times_a_smaller_logarithm(seed, loss):
    problem = drawn(seed, loss)
    svm = max_margin(problem)
    total = 1e4
    path = anchored_path(problem, 0.0, np.array([total]))[0]
    size = total - np.log(total)
    for _ in range(3):
        size = total - np.log(size + 1.0)
    # ρ = w̃ + O(1/L).
    expected = svm.weights * size + residual_limit(problem, svm)
    assert np.linalg.norm(path - expected) < 100.0 / total * (1.0 + np.linalg.norm(svm.weights)) ** 2


@pytest.mark.parametrize("loss", [Exponential(), Logistic()])
def test_runs_join_it_on_unequal_workers(loss):
    data = set_a_prime()
    problem = LinearClassification(data.features, data.labels, workers=data.workers, loss=loss)
    trace = run(problem, modified_local_gd(local_gd(0.2, 10)), 2000, progress=False)
    gaps = np.linalg.norm(
        trace.w[0, 1:] - anchored_path(problem, np.log(2.0), np.log(trace.rounds[1:] + 1.0)), axis=1
    )
    assert gaps[-1] < 5e-3 and gaps[-1] < gaps[len(gaps) // 2] / 5


def test_times_and_losses_are_checked():
    problem = drawn(0, Logistic())
    with pytest.raises(BadInput, match="increase"):
        anchored_path(problem, 0.0, np.array([2.0, 1.0]))
    polynomial = LinearClassification(np.eye(2), np.ones(2), workers=1, loss=PolynomialTail(2.0))
    with pytest.raises(BadInput, match="Exponential"):
        anchored_path(polynomial, 0.0, np.array([1.0]))


def test_a_run_that_ends_before_its_rounds_are_gradient_steps_decides_nothing():
    # Weak regularisation and a small margin: after 200 rounds the path has not begun.
    knobs = dataclasses.replace(CLAIM_PROXIMAL.knobs, data="random", dim=2, margin=0.203125, log_scale=3.0)
    result = verify_one(CLAIM_PROXIMAL, knobs, seed=0, budget=Budget.SMOKE)
    assert result.status is Status.INCONCLUSIVE and "run longer" in result.message
