"""Separability is proved either way, on random, hopelessly scaled and real data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias.errors import NotSeparable
from implicitbias.oracle import max_margin, separability
from implicitbias.stream import Stream
from tests.oracle_zoo import separable, SET_A


seeds = st.integers(0, 2**31)
scales = st.sampled_from([0.0, 2.0, 4.0])


def inseparable(samples: int, dim: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows with a known λ > 0, Σ λ_i x_i = 0: the last row balances the others."""
    draw = Stream(seed).at("inseparable").generator()
    rows, shares = draw.standard_normal((samples, dim)), draw.uniform(0.5, 1.5, samples)
    return np.vstack([rows, -shares @ rows]), np.append(shares, 1.0) / (shares.sum() + 1)


def badly_scaled(rows: np.ndarray, decades: float) -> np.ndarray:
    return rows * 10.0 ** np.linspace(-decades, decades, rows.shape[1])


@settings(deadline=None, max_examples=30)
@given(samples=st.integers(1, 30), dim=st.integers(1, 8), seed=seeds, decades=scales)
def test_a_witness_separates_and_brackets_the_margin(samples, dim, seed, decades):
    signed = badly_scaled(separable(samples, dim, seed), decades)
    answer = separability(signed)
    assert answer.separable and answer.witness is not None
    assert (signed @ answer.witness).min() > 0
    assert np.linalg.norm(answer.witness) == pytest.approx(1, rel=1e-14)
    assert 0 < answer.margin_lower <= answer.margin_upper
    if decades <= 2:
        margin = max_margin(signed).margin
        assert answer.margin_lower * (1 - 1e-12) <= margin <= answer.margin_upper * (1 + 1e-12)


@settings(deadline=None, max_examples=30)
@given(samples=st.integers(1, 30), dim=st.integers(1, 8), seed=seeds, decades=scales)
def test_a_certificate_of_non_separability_combines_the_rows_to_zero(samples, dim, seed, decades):
    rows, _ = inseparable(samples, dim, seed)
    signed = badly_scaled(rows, decades)
    radius = np.linalg.norm(signed, axis=1).max()
    answer = separability(signed)
    assert not answer.separable and answer.witness is None and answer.multipliers is not None
    assert answer.multipliers.min() >= 0 and answer.multipliers.sum() == pytest.approx(1, rel=1e-14)
    assert np.linalg.norm(answer.multipliers @ signed) <= 1e-9 * radius
    assert answer.margin_lower == 0 and answer.margin_upper <= 1e-9 * radius
    with pytest.raises(NotSeparable, match="margin is at most"):
        max_margin(signed)


def test_moving_one_sample_out_of_the_span_flips_the_answer():
    rows, _ = inseparable(3, 5, 1)
    assert not separability(rows).separable
    rows[-1] += 1e-6 * np.linalg.svd(rows)[2][-1]
    assert separability(rows).separable


def test_opposite_rows_have_equal_shares():
    answer = separability([(1.0, 2.0), (-1.0, -2.0)])
    np.testing.assert_allclose(answer.multipliers, [0.5, 0.5], rtol=1e-15)


def test_large_data_are_decided_both_ways():
    signed = separable(12000, 100, 3)
    assert separability(signed).separable
    signed[0] = -signed[1]
    answer = separability(signed)
    assert not answer.separable
    assert answer.margin_upper <= 1e-9 * np.linalg.norm(signed, axis=1).max()


def iris(first: int, second: int) -> np.ndarray:
    from sklearn.datasets import load_iris

    features, target = load_iris(return_X_y=True)
    rows = np.isin(target, (first, second))
    labels = np.where(target[rows] == first, 1.0, -1.0)
    return labels[:, None] * np.hstack([features[rows], np.ones((rows.sum(), 1))])


def test_iris_setosa_is_separable_and_the_other_two_species_are_not():
    assert max_margin(iris(0, 1)).margin > 0
    with pytest.raises(NotSeparable):
        max_margin(iris(1, 2))


@pytest.mark.parametrize("standardised", [False, True])
def test_breast_cancer_is_separable_raw_and_standardised(standardised):
    from sklearn.datasets import load_breast_cancer

    features, target = load_breast_cancer(return_X_y=True)
    if standardised:
        features = (features - features.mean(axis=0)) / features.std(axis=0)
    labels = np.where(target == 1, 1.0, -1.0)
    signed = labels[:, None] * np.hstack([features, np.ones((len(features), 1))])
    svm = max_margin(signed)
    assert separability(signed).separable
    # Condition b_x/γ is 1e8 raw: the products x_i·ŵ of the rounded weights keep eight digits.
    np.testing.assert_allclose((signed @ svm.weights)[svm.support], 1, atol=1e-6)
    # The solution is sparse in samples, and no single-class bias: both labels support it.
    assert svm.support.size <= 31 and set(labels[svm.support]) == {-1.0, 1.0}


def test_a_weak_upper_bound_does_not_make_data_inseparable():
    tiny = np.vstack([SET_A, 1e-7 * SET_A[0] / np.linalg.norm(SET_A[0])])
    assert separability(tiny).separable
