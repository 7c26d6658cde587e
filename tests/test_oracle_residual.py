"""The residual limit w̃, its Hessian A_S and the exponent κ: worked numbers, closed forms, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import LinearClassification, Logistic, PolynomialTail
from implicitbias.data import Samples
from implicitbias.errors import BadInput
from implicitbias.oracle import convergence_exponent, max_margin, residual_limit, support_hessian
from tests.oracle_zoo import (
    DEGENERATE,
    orthogonal,
    rotation,
    separable,
    SET_A,
    SET_A_UNEQUAL,
    SOUDRY_FIGURE,
    Weighted,
)


# |∇J| is 1e-13 relative; the error of w̃ is that over the smallest eigenvalue of A_S.
LIMIT = 1e-9

seeds = st.integers(0, 2**31)


def alpha_of(signed, weights, residual):
    return weights * np.exp(-signed @ residual)


def chord_constant(svm, residual):
    return np.linalg.norm(residual - (residual @ svm.direction) * svm.direction) * svm.margin


def test_set_a_with_equal_workers():
    svm = max_margin(SET_A)
    residual = residual_limit(SET_A, svm)
    np.testing.assert_allclose(residual, [-1.676458, -0.069272], atol=5e-7)
    perpendicular = residual - (residual @ svm.direction) * svm.direction
    np.testing.assert_allclose(perpendicular, [-0.342494, 0.642176], atol=5e-7)
    assert chord_constant(svm, residual) == pytest.approx(0.6764252, abs=5e-8)
    np.testing.assert_allclose(np.linalg.eigvalsh(support_hessian(SET_A, svm)), [0.58324, 1], atol=5e-6)
    assert convergence_exponent(SET_A, svm) == pytest.approx(0.58324, abs=5e-6)


def test_set_a_with_unequal_workers_feels_the_weights():
    residual = residual_limit(SET_A_UNEQUAL)
    np.testing.assert_allclose(residual, [-1.702121, 0.187352], atol=5e-7)
    assert chord_constant(max_margin(SET_A_UNEQUAL), residual) == pytest.approx(0.898098, abs=5e-7)
    wrong = residual_limit(SET_A_UNEQUAL.signed)
    np.testing.assert_allclose(wrong, [-1.503368, 0.023043], atol=5e-7)
    assert np.linalg.norm(residual - wrong) == pytest.approx(0.257876, abs=5e-7)


@settings(deadline=None, max_examples=15)
@given(workers=st.integers(1, 6), seed=seeds)
def test_orthogonal_workers_have_a_closed_form(workers, seed):
    scales = 2.0 ** (np.arange(workers) % 3 - 1) * (1 + (seed % 97) / 100)
    signed = orthogonal(scales)
    expected = -np.log(workers / scales**2) / scales
    np.testing.assert_allclose(residual_limit(signed), expected, atol=1e-12)
    np.testing.assert_allclose(support_hessian(signed), np.eye(workers), atol=1e-12)
    assert convergence_exponent(signed) == pytest.approx(1, abs=1e-12)


def test_three_orthogonal_workers_by_number():
    residual = residual_limit(orthogonal((1, 2, 0.5)))
    np.testing.assert_allclose(residual, [-1.098612, 0.143841, -4.969813], atol=5e-7)


def test_soudry_figure_has_a_parallel_residual_and_a_slow_exponent():
    svm = max_margin(SOUDRY_FIGURE)
    residual = residual_limit(SOUDRY_FIGURE, svm)
    assert abs(residual @ [1, -1]) <= 1e-13
    np.testing.assert_allclose(np.linalg.eigvalsh(support_hessian(SOUDRY_FIGURE, svm)), [0.25, 1], atol=1e-12)
    assert convergence_exponent(SOUDRY_FIGURE, svm) == pytest.approx(0.25, abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(samples=st.integers(1, 12), dim=st.integers(1, 6), seed=seeds)
def test_the_limit_makes_positive_multipliers_of_its_weights(samples, dim, seed):
    signed = separable(samples, dim, seed)
    weights = 1.0 + np.arange(samples) % 3
    problem = Weighted(signed, weights / weights.sum())
    svm = max_margin(problem)
    if not svm.nondegenerate:
        with pytest.raises(BadInput, match="multiplier"):
            residual_limit(problem, svm)
        return
    residual = residual_limit(problem, svm)
    alpha = alpha_of(signed, problem.sample_weights, residual)[svm.support]
    np.testing.assert_allclose(alpha @ signed[svm.support], svm.weights, atol=1e-11 / svm.margin)
    np.testing.assert_allclose(alpha, svm.duals[svm.support], rtol=1e-7)
    outside = residual - svm.support_basis @ (svm.support_basis.T @ residual)
    assert np.linalg.norm(outside) <= 1e-12 * (1 + np.linalg.norm(residual))
    hessian = support_hessian(problem, svm)
    np.testing.assert_allclose(hessian @ svm.weights, svm.weights, atol=1e-10 / svm.margin)
    assert 0 < convergence_exponent(problem, svm) <= 1


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_it_minimises_the_dual_objective_also_with_dependent_support_vectors(seed):
    w = np.array([1.2, 1.6])
    along = np.array([-0.8, 0.6])
    steps = np.array([-2.0, -1.0, 0.5, 1.0, 3.0]) + (seed % 50) / 100
    problem = Weighted(w / (w @ w) + steps[:, None] * along, np.array([0.3, 0.1, 0.2, 0.25, 0.15]))
    svm = max_margin(problem)
    residual = residual_limit(problem, svm)
    # With v orthogonal to ŵ: w̃ = v + ŵ log(G(v)/|ŵ|²), G(v) = Σ p_i exp(−x_i·v) smallest along the line.
    v = (residual @ along) * along
    mass = alpha_of(problem.signed, problem.sample_weights, v)
    assert mass @ (problem.signed @ along) == pytest.approx(0, abs=1e-12 * mass.sum())
    expected = v + svm.weights * np.log(mass.sum() / (svm.weights @ svm.weights))
    np.testing.assert_allclose(residual, expected, atol=LIMIT)


def test_splitting_a_sample_into_two_halves_changes_nothing():
    doubled = Weighted(np.vstack([SET_A, SET_A]), np.full(12, 1 / 12))
    np.testing.assert_allclose(residual_limit(doubled), residual_limit(SET_A), atol=LIMIT)
    np.testing.assert_allclose(support_hessian(doubled), support_hessian(SET_A), atol=LIMIT)


@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_rotating_the_data_rotates_the_limit(seed):
    signed, turn = separable(6, 3, seed), rotation(3, seed)
    svm = max_margin(signed)
    if svm.nondegenerate:
        turned = residual_limit(signed @ turn.T)
        size = np.linalg.norm(turned)
        np.testing.assert_allclose(turned, turn @ residual_limit(signed, svm), atol=1e-7 * (1 + size))


def test_the_gradient_flow_in_log_time_comes_to_rest_at_the_limit():
    residual, svm = np.zeros(2), max_margin(SET_A)
    rows = SET_A[svm.support]
    for _ in range(4000):
        residual = residual + 0.02 * ((np.exp(-rows @ residual) / 6) @ rows - svm.weights)
    np.testing.assert_allclose(residual, residual_limit(SET_A, svm), atol=1e-12)


@pytest.mark.parametrize("copies", [1, 2])
def test_degenerate_data_have_no_limit(copies):
    with pytest.raises(BadInput, match="support vector 1 has multiplier .* log log r"):
        residual_limit(np.vstack([DEGENERATE] * copies))


def test_a_separator_of_other_data_or_another_norm_is_refused():
    with pytest.raises(BadInput, match="same problem"):
        residual_limit(SET_A, max_margin(SET_A[:5]))
    with pytest.raises(BadInput, match="Euclidean"):
        residual_limit(SET_A, max_margin(SET_A, norm="linf"))


def test_all_rows_in_the_support_leave_the_hessian_alone_to_limit_the_exponent():
    signed = np.array([(1.0, 0.2), (1.0, -0.3)])
    eigenvalues = np.linalg.eigvalsh(support_hessian(signed))
    assert convergence_exponent(signed) == pytest.approx(eigenvalues[0], rel=1e-12)
    assert eigenvalues[1] == pytest.approx(1, rel=1e-12)


def test_another_limit_than_that_of_an_exponential_tail_is_refused():
    for said, axes in (("l2 = 0.1", {"l2": 0.1}), ("PolynomialTail", {"loss": PolynomialTail(2.0)})):
        problem = LinearClassification(SET_A, np.ones(6), **axes)
        for ask in (residual_limit, support_hessian, convergence_exponent):
            with pytest.raises(BadInput, match=said):
                ask(problem)
    logistic = LinearClassification(SET_A, np.ones(6), loss=Logistic())
    np.testing.assert_allclose(residual_limit(logistic), residual_limit(SET_A), atol=LIMIT)


def test_samples_weigh_as_the_problem_they_make():
    labels, workers = np.array([1.0, -1, 1, 1, -1]), np.array([0, 0, 0, 1, 1])
    samples = Samples(labels[:, None] * SET_A_UNEQUAL.signed, labels, workers=workers)
    assert np.array_equal(residual_limit(samples), residual_limit(SET_A_UNEQUAL))
    assert np.array_equal(residual_limit(samples.with_workers(None)), residual_limit(SET_A_UNEQUAL.signed))
