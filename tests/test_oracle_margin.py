"""The max-margin oracle: known answers, optimality, invariances, and refusal to answer uncertified."""

import subprocess
import sys
from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from implicitbias import LinearRegression
from implicitbias.errors import BadInput, NotCertified, NotSeparable
from implicitbias.oracle import max_margin, max_margin_exact
from implicitbias.oracle.certificate import Certificate, CERTIFIED, kkt_certificate
from implicitbias.oracle.equality import LeastDistanceProblem
from implicitbias.oracle.extended import combination, EXTENDED, margins
from implicitbias.oracle.polish import polish
from implicitbias.oracle.separator import SUPPORT_SLACK, UNDECIDED_SLACK
from tests.oracle_zoo import (
    DEGENERATE,
    orthogonal,
    rotation,
    separable,
    SET_A,
    SET_A_UNEQUAL,
    SOUDRY_FIGURE,
)


# Rounding of a double answer of condition up to about 1e3.
ROUNDED = 1e-12

# b_x/γ from where the extended residual Σ a_i x_i − ŵ, of size eps·b_x/γ, may exceed its bound.
BEYOND_EXTENDED = 0.1 * CERTIFIED / float(np.finfo(EXTENDED).eps)

sizes = st.tuples(st.integers(1, 14), st.integers(1, 9))
seeds = st.integers(0, 2**31)


def test_set_a_is_solved_to_the_digits_worked_by_hand():
    svm = max_margin(SET_A)
    # K a = 1 on the two support vectors: |x_1|² = 1.01, x_1·x_4 = 0.36, |x_4|² = 2.6.
    determinant = 1.01 * 2.6 - 0.36**2
    duals = np.array([(2.6 - 0.36) / determinant, (1.01 - 0.36) / determinant])
    np.testing.assert_allclose(svm.duals[[0, 3]], duals, rtol=1e-14)
    np.testing.assert_allclose(svm.duals[[0, 3]], [0.89729210, 0.26037494], atol=5e-9)
    np.testing.assert_allclose(svm.weights, [0.94936709, 0.50632911], atol=5e-9)
    assert svm.margin == pytest.approx(0.92941176, abs=5e-9)
    assert svm.next_margin == pytest.approx(1.797468, abs=5e-7)
    assert svm.support.tolist() == [0, 3]
    assert svm.undecided.size == 0
    assert svm.nondegenerate and svm.spans


def test_the_last_sample_of_set_a_does_not_bind():
    np.testing.assert_allclose(max_margin(SET_A_UNEQUAL).weights, max_margin(SET_A).weights, rtol=1e-15)


@pytest.mark.parametrize("scales", [(1, 2, 0.5), (3.0,), (1e-3, 1e3)])
def test_orthogonal_data_have_weights_one_over_c(scales):
    svm = max_margin(orthogonal(scales))
    c = np.asarray(scales, dtype=float)
    np.testing.assert_allclose(svm.weights, 1 / c, rtol=1e-15)
    np.testing.assert_allclose(svm.duals, 1 / c**2, rtol=1e-14)
    assert svm.margin == pytest.approx(1 / np.sqrt(np.sum(1 / c**2)), rel=1e-15)
    assert svm.support.size == len(c) and svm.next_margin == np.inf


def test_a_row_with_zero_multiplier_belongs_to_the_support():
    for signed in (DEGENERATE, DEGENERATE @ rotation(2, 5).T):
        svm = max_margin(signed)
        assert svm.support.tolist() == [0, 1]
        np.testing.assert_allclose(svm.duals, [1, 0], atol=1e-14)
        assert not svm.nondegenerate


def test_duplicates_are_all_support_vectors_and_do_not_make_the_data_degenerate():
    once, twice = max_margin(SET_A), max_margin(np.vstack([SET_A, SET_A]))
    np.testing.assert_allclose(twice.weights, once.weights, rtol=1e-15)
    assert twice.support.tolist() == [0, 3, 6, 9]
    assert twice.nondegenerate
    np.testing.assert_allclose(twice.duals[:6] + twice.duals[6:], once.duals, atol=1e-15)


def test_more_support_vectors_than_dimensions():
    # Five points of the line x·w = 1, w = (0.6, 0.8)/0.5: the nearest one to 0 is not among them.
    w = np.array([1.2, 1.6])
    foot, along = w / (w @ w), np.array([-0.8, 0.6])
    signed = foot + np.array([-2.0, -1.0, 0.5, 1.0, 3.0])[:, None] * along
    svm = max_margin(signed)
    np.testing.assert_allclose(svm.weights, w, rtol=1e-13)
    assert svm.support.tolist() == [0, 1, 2, 3, 4] and svm.nondegenerate and svm.spans


def test_soudry_figure_has_the_diagonal_separator():
    svm = max_margin(SOUDRY_FIGURE)
    np.testing.assert_allclose(svm.weights, [0.5, 0.5], rtol=1e-15)
    assert svm.margin == pytest.approx(np.sqrt(2), rel=1e-15)


@settings(deadline=None, max_examples=30)
@given(sizes=sizes, seed=seeds)
def test_the_optimality_conditions_hold(sizes, seed):
    samples, dim = sizes
    signed = separable(samples, dim, seed)
    svm = max_margin(signed)
    assert (signed @ svm.weights).min() == pytest.approx(1, abs=ROUNDED)
    assert svm.duals.min() >= 0
    np.testing.assert_allclose(svm.duals @ signed, svm.weights, atol=ROUNDED * np.linalg.norm(svm.weights))
    assert svm.duals.sum() == pytest.approx(1 / svm.margin**2, rel=ROUNDED)
    assert not np.delete(svm.duals, svm.support).any()
    assert svm.next_margin > 1 + SUPPORT_SLACK
    assert ((svm.slack[svm.undecided] > SUPPORT_SLACK) & (svm.slack[svm.undecided] <= UNDECIDED_SLACK)).all()


@settings(deadline=None, max_examples=15)
@given(samples=st.integers(1, 8), dim=st.integers(1, 4), seed=seeds)
def test_exact_rational_arithmetic_agrees(samples, dim, seed):
    signed = np.round(separable(samples, dim, seed), 2)
    signed = signed[signed.any(axis=1)]
    try:
        exact = max_margin_exact(signed)
    except NotSeparable:
        with pytest.raises(NotSeparable):
            max_margin(signed)
        return
    svm = max_margin(signed)
    truth = np.array([float(entry) for entry in exact.weights])
    np.testing.assert_allclose(svm.weights, truth, rtol=0, atol=ROUNDED * np.linalg.norm(truth))
    assert svm.margin == pytest.approx(float(exact.squared_margin) ** 0.5, rel=ROUNDED)
    assert set(exact.support) <= set(svm.support.tolist())


def test_exact_rational_arithmetic_is_exact():
    exact = max_margin_exact(
        [(Fraction(1), Fraction(1, 10)), (2, Fraction(-1, 5)), (Fraction(1, 5), Fraction(8, 5))]
    )
    assert exact.weights == (Fraction(75, 79), Fraction(40, 79))
    assert sum(exact.duals) == 1 / exact.squared_margin == sum(entry**2 for entry in exact.weights)
    assert exact.support == (0, 2)


@settings(deadline=None, max_examples=15)
@given(sizes=sizes, seed=seeds)
def test_rotating_the_data_rotates_the_separator(sizes, seed):
    samples, dim = sizes
    signed, turn = separable(samples, dim, seed), rotation(dim, seed)
    plain, turned = max_margin(signed), max_margin(signed @ turn.T)
    np.testing.assert_allclose(turned.weights, turn @ plain.weights, atol=1e-11 / plain.margin)
    assert turned.support.tolist() == plain.support.tolist()


@settings(deadline=None, max_examples=15)
@given(sizes=sizes, seed=seeds, power=st.integers(-30, 30))
def test_scaling_the_data_scales_the_separator_inversely(sizes, seed, power):
    signed, factor = separable(*sizes, seed), 2.0**power
    plain, scaled = max_margin(signed), max_margin(factor * signed)
    np.testing.assert_allclose(factor * scaled.weights, plain.weights, rtol=1e-10)
    assert scaled.margin == pytest.approx(factor * plain.margin, rel=ROUNDED)


@settings(deadline=None, max_examples=15)
@given(sizes=sizes, seed=seeds)
def test_both_first_guesses_lead_to_the_same_answer(sizes, seed):
    signed = separable(*sizes, seed)
    one = max_margin(signed, first_guess="interior-point")
    other = max_margin(signed, first_guess="squared-hinge")
    np.testing.assert_allclose(one.weights, other.weights, atol=ROUNDED / one.margin)
    assert one.support.tolist() == other.support.tolist()


@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_overparameterised_separators_live_in_the_row_space(seed):
    signed = separable(8, 60, seed)
    svm = max_margin(signed)
    outside = svm.weights - np.linalg.pinv(signed) @ (signed @ svm.weights)
    assert np.linalg.norm(outside) <= ROUNDED * np.linalg.norm(svm.weights)
    assert svm.spans == (svm.support.size == 8)


@settings(deadline=None, max_examples=15)
@given(samples=st.integers(2, 10), seed=seeds)
def test_badly_scaled_features_agree_with_exact_arithmetic(samples, seed):
    signed = separable(samples, 3, seed) * [1e4, 1.0, 1e-4]
    exact = max_margin_exact(signed)
    truth = np.array([float(entry) for entry in exact.weights])
    margin = float(exact.squared_margin) ** 0.5
    try:
        svm = max_margin(signed)
    except NotCertified:
        assert np.linalg.norm(signed, axis=1).max() / margin > BEYOND_EXTENDED
        return
    np.testing.assert_allclose(svm.weights, truth, atol=1e-11 * np.linalg.norm(truth))
    assert svm.margin == pytest.approx(margin, rel=1e-11)


@settings(deadline=None, max_examples=20)
@given(exponent=st.integers(2, 12), seed=seeds)
@example(exponent=4, seed=0)
def test_tiny_margins_are_answered_rightly_or_not_at_all(exponent, seed):
    signed = separable(8, 3, seed, shift=0.0)
    teacher = np.linalg.lstsq(signed, np.ones(8), rcond=None)[0]
    signed = np.vstack([signed, 10.0**-exponent * teacher / np.linalg.norm(teacher) - signed[0]])
    try:
        exact = max_margin_exact(signed)
    except NotSeparable:
        with pytest.raises(NotSeparable):
            max_margin(signed)
        return
    try:
        svm = max_margin(signed)
    except NotCertified:
        condition = np.linalg.norm(signed, axis=1).max() / float(exact.squared_margin) ** 0.5
        assert condition > BEYOND_EXTENDED
        return
    truth = np.array([float(entry) for entry in exact.weights])
    np.testing.assert_allclose(svm.weights, truth, atol=1e-9 * np.linalg.norm(truth))
    assert svm.margin == pytest.approx(float(exact.squared_margin) ** 0.5, rel=1e-9)


@settings(deadline=None, max_examples=15)
@given(sizes=sizes, seed=seeds)
def test_a_metric_is_a_scaling_of_the_features(sizes, seed):
    samples, dim = sizes
    signed = separable(samples, dim, seed)
    metric = 4.0 ** (np.arange(dim) % 4 - 2)
    svm, scaled = max_margin(signed, norm=metric), max_margin(signed / np.sqrt(metric))
    np.testing.assert_allclose(svm.weights * np.sqrt(metric), scaled.weights, atol=ROUNDED / scaled.margin)
    assert svm.margin == pytest.approx(scaled.margin, rel=ROUNDED)
    assert svm.duals.sum() == pytest.approx(svm.weights @ (metric * svm.weights), rel=ROUNDED)


def test_a_metric_changes_the_direction():
    svm, plain = max_margin(SET_A, norm=np.array([1.0, 25.0])), max_margin(SET_A)
    assert np.linalg.norm(svm.direction - plain.direction) > 0.1


@settings(deadline=None, max_examples=8)
@given(seed=seeds)
def test_second_opinions_agree_as_far_as_their_tolerances_allow(seed):
    import cvxpy
    from sklearn.svm import SVC

    signed = separable(30, 4, seed)
    svm = max_margin(signed)
    w = cvxpy.Variable(4)
    cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(w)), [signed @ w >= 1]).solve(solver=cvxpy.CLARABEL)
    np.testing.assert_allclose(svm.weights, w.value, atol=1e-4 / svm.margin)
    # Without intercept: mirrored data with opposite labels force the bias to zero.
    both, labels = np.vstack([signed, -signed]), np.repeat([1, -1], 30)
    classifier = SVC(C=1e10, kernel="linear", tol=1e-6).fit(both, labels)
    np.testing.assert_allclose(svm.weights, classifier.coef_[0], atol=1e-3 / svm.margin)


def test_a_perturbed_answer_is_not_certified():
    svm = max_margin(SET_A)
    duals, primal = svm.duals.astype(EXTENDED), svm.duals.astype(EXTENDED) @ SET_A
    primal = primal * (1 + EXTENDED(1e-9))
    certificate = kkt_certificate(
        margins(SET_A, primal) - 1, duals, primal, combination(SET_A, duals), "by hand"
    )
    assert certificate.failure is not None
    with pytest.raises(NotCertified, match="stationarity"):
        certificate.require()


@pytest.mark.parametrize("field", [field.name for field in fields(Certificate) if field.name != "method"])
@pytest.mark.parametrize("value", [2 * CERTIFIED, np.nan])
def test_every_residual_of_the_certificate_can_fail(field, value):
    certificate = replace(max_margin(SET_A).certificate, **{field: value})
    with pytest.raises(NotCertified, match=field):
        certificate.require()


@settings(deadline=None, max_examples=15)
@given(seed=seeds, mask=st.integers(0, 2**10 - 1))
def test_the_polish_forgets_its_first_guess(seed, mask):
    signed = separable(10, 4, seed)
    guess = np.flatnonzero([mask >> i & 1 for i in range(10)])
    solution = polish(LeastDistanceProblem(signed, np.ones(10, EXTENDED), np.ones(4, EXTENDED)), guess)
    assert solution is not None
    np.testing.assert_allclose(solution.point.astype(float), max_margin(signed).weights, rtol=1e-10)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("signed", "norm", "message"),
    [
        ([["a", "b"]], "l2", "real numbers; pass a LinearClassification"),
        ([[1.0, 2.0j]], "l2", "real numbers"),
        (
            LinearRegression([[1.0, 2.0]], [1.0]),
            "l2",
            "signed = LinearRegression.*pass a LinearClassification",
        ),
        (SET_A, ["a", "b"], "norm = .*real numbers"),
        ([1.0, 2.0], "l2", "shape"),
        (np.zeros((0, 2)), "l2", "shape"),
        ([(1.0, np.nan)], "l2", "finite"),
        ([(1.0, 2.0), (0.0, 0.0)], "l2", "no w separates"),
        (SET_A, "l1", "must be 'l2'"),
        (SET_A, [1.0, 0.0], "> 0"),
        (SET_A, [1.0, 1.0, 1.0], "2 finite entries"),
    ],
)
def test_bad_input_is_refused_with_the_rule(signed, norm, message):
    with pytest.raises(BadInput, match=message):
        max_margin(signed, norm=norm)


def test_wide_data_need_no_solver_beyond_the_path():
    signed = separable(400, 3000, 1)
    svm = max_margin(signed)
    assert svm.certificate.method == "squared-hinge path"
    np.testing.assert_allclose((signed @ svm.weights)[svm.support], 1, atol=ROUNDED)


def test_importing_the_oracle_imports_no_modelling_language():
    code = "import sys, implicitbias.oracle; sys.exit('cvxpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
