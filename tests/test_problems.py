"""Problems: gradients are derivatives, means are means of means, bad data are refused before any work."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    Exponential,
    LinearClassification,
    LinearRegression,
    Logistic,
    PolynomialTail,
    Quadratics,
    Stream,
)
from implicitbias.problems import AbstractSampledProblem


seeds = st.integers(0, 10**6)


def drawn_problems(seed):
    rng = Stream(seed).at("problem").generator()
    features, targets = rng.normal(size=(7, 3)), rng.normal(size=7)
    assignment = rng.permutation([0, 0, 0, 0, 1, 1, 2])
    labels = np.sign(targets)
    roots = rng.normal(size=(3, 3, 3))
    yield LinearRegression(features, targets, workers=assignment)
    yield Quadratics(roots @ roots.swapaxes(1, 2), rng.normal(size=(3, 3)))
    for loss in (Exponential(), Logistic(), PolynomialTail(2.0)):
        yield LinearClassification(features, labels, workers=assignment, loss=loss, l2=0.3)


@given(seeds)
def test_gradient_and_hvp_are_derivatives(seed):
    rng = Stream(seed).at("point").generator()
    w, v = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    h = 1e-6
    for problem in drawn_problems(seed):
        slope = (problem.loss(w + h * v) - problem.loss(w - h * v)) / (2 * h)
        assert np.allclose(slope, (problem.gradient(w) * v).sum(axis=1), rtol=1e-5, atol=1e-6)
        if "Polynomial" not in repr(problem):  # its gradient bends where a margin crosses 0
            bend = (problem.gradient(w + h * v) - problem.gradient(w - h * v)) / (2 * h)
            assert np.allclose(bend, problem.hvp(w, v), rtol=1e-5, atol=1e-5)


@given(seeds)
def test_a_product_with_the_hessian_of_a_mini_batch_is_the_mean_of_its_samples(seed):
    rng = Stream(seed).at("point").generator()
    w, v = rng.normal(size=(2, 4, 3))
    for problem in drawn_problems(seed):
        if not isinstance(problem, AbstractSampledProblem):
            continue
        local = int(problem.sizes[0])
        whole = np.broadcast_to(np.arange(local), (4, local))
        assert np.allclose(
            problem.worker_hvp(w, v, 0, whole), problem.worker_hvp(w, v, 0), rtol=1e-12, atol=1e-14
        )
        draws = rng.integers(local, size=(4, 2))
        single = [problem.worker_hvp(w, v, 0, draws[:, [b]]) for b in range(2)]
        assert np.allclose(
            problem.worker_hvp(w, v, 0, draws), np.mean(single, axis=0), rtol=1e-12, atol=1e-14
        )


@given(seeds)
def test_the_objective_is_the_mean_of_worker_means(seed):
    w = Stream(seed).at("point").generator().normal(size=(2, 3))
    for problem in drawn_problems(seed):
        mean = np.mean([problem.worker_loss(w, m) for m in range(problem.workers)], axis=0)
        assert np.allclose(problem.loss(w), mean, rtol=1e-14)
        if isinstance(problem, LinearClassification):
            terms = problem.loss_function.value(problem.margins(w)) @ problem.sample_weights
            assert np.allclose(terms + 0.15 * (w * w).sum(axis=1), mean, rtol=1e-13)
            assert np.allclose(np.exp(problem.log_loss(w)), mean, rtol=1e-12)
            assert np.isclose(problem.sample_weights.sum(), 1.0)


@given(seeds)
def test_a_batch_of_all_samples_is_the_full_gradient(seed):
    w = Stream(seed).at("point").generator().normal(size=(2, 3))
    for problem in drawn_problems(seed):
        if isinstance(problem, Quadratics):
            continue
        for worker, size in enumerate(problem.sizes):
            everything = np.broadcast_to(np.arange(size), (2, size))
            assert np.allclose(
                problem.worker_gradient(w, worker, everything), problem.worker_gradient(w, worker)
            )


def test_log_loss_is_finite_where_the_loss_is_not():
    problem = LinearClassification([[1.0, 0.0], [0.0, 1.0]], [1, 1])
    assert problem.log_loss(np.array([[-1e4, 0.0]])) == pytest.approx(1e4 + np.log(0.5))
    assert problem.log_loss(np.array([[1e4, 1e4]])) == pytest.approx(-1e4)


def test_content_decides_equality():
    first, second = (LinearClassification([[1.0, 2.0], [3.0, 1.0]], [1, -1], workers=2) for _ in range(2))
    other = LinearClassification([[1.0, 2.0], [3.0, 1.0]], [1, -1], workers=[1, 0])
    assert first == second and hash(first) == hash(second) and first != other


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"features": [[1.0, np.nan]]}, "must be finite"),
        ({"features": [1.0, 2.0]}, "axes"),
        ({"features": np.zeros((0, 2))}, "axes"),
        ({"labels": [0]}, r"2\*labels − 1"),
        ({"labels": [1, 1]}, "shape"),
        ({"workers": 3}, "every worker needs a sample"),
        ({"workers": [1]}, "renumber"),
        ({"workers": [0, 1]}, "one worker index"),
        ({"workers": [0.5]}, r"workers\[0\] = 0.5"),
        ({"workers": [["a"]]}, "workers = 'a'"),
        ({"workers": [[0, 0]]}, "must occur once"),
        ({"workers": True}, "workers = True"),
        ({"workers": [10**12]}, "renumber"),
        ({"features": [[1.0, 2.0j]]}, "real"),
        ({"features": [["1", "2"]]}, "real numbers"),
        ({"l2": "a"}, "l2 = 'a'"),
        ({"l2": None}, "l2 = None"),
        ({"loss": "logistic"}, "Logistic"),
        ({"l2": -1.0}, "l2"),
    ],
)
def test_bad_data_name_value_rule_and_cure(arguments, rule):
    good = {"features": [[1.0, 2.0]], "labels": [1]}
    merged = good | arguments
    with pytest.raises(BadInput, match=rule):
        LinearClassification(merged.pop("features"), merged.pop("labels"), **merged)


@pytest.mark.bad_input
@pytest.mark.parametrize("call", ["loss", "gradient", "worker_loss", "worker_gradient", "worker_hvp", "hvp"])
def test_points_and_workers_that_do_not_exist_are_refused(call):
    for problem in drawn_problems(0):
        worker = (3,) if call.startswith("worker") else ()
        direction = (np.ones(3),) if call.endswith("hvp") else ()
        with pytest.raises(BadInput, match="d = 3"):
            getattr(problem, call)(*(np.ones(2),) * (1 + len(direction)), *(0,) * len(worker))
        if worker:
            with pytest.raises(BadInput, match="worker = 3"):
                getattr(problem, call)(np.ones(3), *direction, 3)
            with pytest.raises(BadInput, match="worker = -1"):
                getattr(problem, call)(np.ones(3), *direction, -1)


def test_the_log_loss_with_a_ridge_is_finite_where_the_square_overflows():
    problem = LinearClassification([[1.0, 0.0]], [1], loss=Logistic(), l2=2.0)
    assert problem.log_loss(np.array([[1e200, 0.0]])) == pytest.approx(400 * np.log(10), rel=1e-14)
    assert problem.log_loss(np.zeros((1, 2))) == pytest.approx(np.log(np.log(2)), rel=1e-14)


@pytest.mark.bad_input
def test_every_worker_needs_a_sample():
    with pytest.raises(BadInput, match="worker 1 has no sample"):
        LinearClassification(np.eye(3), [1, 1, 1], workers=[0, 0, 2])


@pytest.mark.bad_input
def test_the_exponent_of_a_tail_is_a_positive_number():
    for p in (0, "2", None, np.inf):
        with pytest.raises(BadInput, match="p = "):
            PolynomialTail(p)


@pytest.mark.bad_input
def test_a_hessian_must_be_symmetric_and_semidefinite():
    with pytest.raises(BadInput, match="symmetric"):
        Quadratics([[[1.0, 1.0], [0.0, 1.0]]], [[0.0, 0.0]])
    with pytest.raises(BadInput, match="eigenvalue"):
        Quadratics([[[1.0, 0.0], [0.0, -1.0]]], [[0.0, 0.0]])
