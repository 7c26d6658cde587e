"""Margin in the max norm: strong duality of the linear program, known answers, invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias.errors import NotSeparable
from implicitbias.oracle import max_margin
from tests.oracle_zoo import orthogonal, separable, SET_A


ROUNDED = 1e-12  # certified relative gap

sizes = st.tuples(st.integers(1, 20), st.integers(1, 9))
seeds = st.integers(0, 2**31)


@settings(deadline=None, max_examples=30)
@given(sizes=sizes, seed=seeds)
def test_primal_and_dual_margins_coincide(sizes, seed):
    signed = separable(*sizes, seed)
    svm = max_margin(signed, norm="linf")
    assert (signed @ svm.weights).min() == pytest.approx(1, abs=ROUNDED)
    assert np.abs(svm.weights).max() == pytest.approx(1 / svm.margin, rel=ROUNDED)
    assert svm.duals.min() >= 0 and svm.duals.sum() == pytest.approx(1, rel=ROUNDED)
    assert np.abs(svm.duals @ signed).sum() == pytest.approx(svm.margin, rel=ROUNDED)


@settings(deadline=None, max_examples=15)
@given(sizes=sizes, seed=seeds)
def test_the_margin_lies_between_the_euclidean_ones(sizes, seed):
    signed = separable(*sizes, seed)
    euclidean, largest = max_margin(signed), max_margin(signed, norm="linf")
    dim = sizes[1]
    assert (
        euclidean.margin * (1 - ROUNDED) <= largest.margin <= np.sqrt(dim) * euclidean.margin * (1 + ROUNDED)
    )
    attained = (signed @ euclidean.weights).min() / np.abs(euclidean.weights).max()
    assert attained <= largest.margin * (1 + ROUNDED)


@settings(deadline=None, max_examples=15)
@given(sizes=sizes, seed=seeds, power=st.integers(-20, 20))
def test_flipping_permuting_and_scaling_features_keep_the_margin(sizes, seed, power):
    signed = separable(*sizes, seed)
    signs = (-1.0) ** np.arange(sizes[1])
    moved = 2.0**power * (signed * signs)[:, ::-1]
    expected = 2.0**power * max_margin(signed, norm="linf").margin
    assert max_margin(moved, norm="linf").margin == pytest.approx(expected, rel=ROUNDED)


@settings(deadline=None, max_examples=15)
@given(seed=seeds, norm=st.sampled_from(["l2", "linf"]))
def test_of_two_nearly_equal_rows_the_shorter_binds_and_the_longer_is_undecided(seed, norm):
    signed = separable(30, 5, seed)
    shorter = np.arange(30) < 15
    nearby = signed * np.where(shorter, 1 - 1e-10, 1 + 1e-10)[:, None]
    svm = max_margin(np.vstack([signed, nearby]), norm=norm)
    binding = svm.support % 30
    assert svm.support.tolist() == sorted(binding + np.where(shorter[binding], 30, 0))
    assert svm.undecided.tolist() == sorted(binding + np.where(shorter[binding], 0, 30))


def test_orthogonal_data_have_the_smallest_scale_as_margin():
    svm = max_margin(orthogonal((1, 2, 0.5)), norm="linf")
    assert svm.margin == pytest.approx(0.5, rel=1e-15)
    np.testing.assert_allclose(svm.duals, [0, 0, 1], atol=1e-15)


def test_set_a_has_its_margin_at_the_corner():
    svm = max_margin(SET_A, norm="linf")
    assert svm.margin == pytest.approx(1.1, rel=1e-15)
    np.testing.assert_allclose(svm.weights, np.full(2, 1 / 1.1), rtol=1e-15)


def test_conflicting_samples_are_not_separable():
    with pytest.raises(NotSeparable, match="margin is at most"):
        max_margin([(1.0, 2.0), (-1.0, -2.0), (0.3, 0.1)], norm="linf")
