"""Planted data: the optimality conditions of the planted answer, for any admissible numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from implicitbias.data import gaussian_separable, mixed, non_separable, Samples, separable
from implicitbias.errors import BadInput
from implicitbias.oracle import convergence_exponent, max_margin
from implicitbias.stream import Stream


# Rounding of products of at most ten terms, amplified by scale/γ ≤ 20 (twice, in the multipliers).
ROUNDED = 1e-11
# Planted rows have singular values of at least a few per cent of the scale.
RANK = 1e-9

seeds = st.integers(0, 2**32)


@st.composite
def geometries(draw):
    dim = draw(st.integers(1, 8))
    support = draw(st.integers(1, dim))
    zero = draw(st.integers(0, 3)) if support < dim else 0
    return {
        "samples": support + zero + draw(st.integers(0, 12)),
        "dim": dim,
        "support": support,
        "zero_multiplier": zero,
        "margin": draw(st.floats(0.05, 0.4)),
        "gap": draw(st.floats(0.05, 1.0)),
        "conditioning": draw(st.floats(0.05, 1.0)),
        "dual_ratio": draw(st.floats(1.0, 10.0)),
        "spanning": draw(st.booleans()),
    }


def kkt_violation(rows, weights, duals):
    """Largest violation of primal feasibility, dual feasibility, stationarity and complementarity."""
    slack = rows @ weights - 1
    stationarity = np.linalg.norm(duals @ rows - weights) / np.linalg.norm(weights)
    return max(-slack.min(), -duals.min(), stationarity, abs(duals @ slack) * np.sum(weights**2) ** -1)


def rank(rows):
    return np.linalg.matrix_rank(rows, tol=RANK)


@settings(deadline=None, max_examples=30)
@given(knobs=geometries(), seed=seeds)
@example(knobs={"samples": 1, "dim": 1, "support": 1}, seed=0)
def test_planted_separator_is_optimal_with_the_planted_counts(knobs, seed):
    planted = separable(Stream(seed), **knobs)
    rows, slack = planted.samples.signed, planted.samples.signed @ planted.weights - 1
    assert kkt_violation(rows, planted.weights, planted.duals) <= ROUNDED
    np.testing.assert_allclose(1 / np.linalg.norm(planted.weights), planted.margin, rtol=ROUNDED)
    np.testing.assert_allclose(planted.duals.sum(), planted.margin**-2, rtol=ROUNDED)
    np.testing.assert_array_equal(np.flatnonzero(np.abs(slack) <= ROUNDED), planted.support)
    assert planted.support.size == knobs["support"] + knobs.get("zero_multiplier", 0)
    assert np.count_nonzero(planted.duals) == knobs["support"]
    assert planted.samples.features.shape == (knobs["samples"], knobs["dim"])


@settings(deadline=None, max_examples=30)
@given(knobs=geometries(), seed=seeds)
def test_planted_lengths_and_gap_are_attained(knobs, seed):
    planted = separable(Stream(seed), **knobs)
    norms = np.linalg.norm(planted.samples.features, axis=1)
    assert norms.max() <= 1 + ROUNDED
    if knobs["support"] > 1:
        np.testing.assert_allclose(norms[planted.duals > 0].max(), 1, rtol=ROUNDED)
    has_others = knobs["samples"] > planted.support.size
    expected = 1 + knobs["gap"] if has_others else np.inf
    np.testing.assert_allclose(planted.next_margin, expected, rtol=ROUNDED)


@settings(deadline=None, max_examples=30)
@given(knobs=geometries(), seed=seeds)
def test_multipliers_are_unique_and_zero_where_planted(knobs, seed):
    planted = separable(Stream(seed), **knobs)
    on = planted.samples.signed[planted.support]
    active = planted.duals[planted.support] > 0
    assert rank(on[active]) == active.sum()
    # The largest total multiplier that the optimality conditions allow on the rows planted with none.
    best = linprog(
        np.where(active, 0.0, -1.0),
        A_eq=on.T,
        b_eq=planted.weights,
        bounds=(0, None),
        options={"presolve": False},
    )
    assert best.success
    # The feasibility tolerance of the linear program, in units of multipliers of size 1/γ².
    assert -best.fun <= 1e-5 * planted.margin**-2


@settings(deadline=None, max_examples=30)
@given(knobs=geometries(), seed=seeds)
def test_spanning_says_whether_the_support_spans_the_rows(knobs, seed):
    spanning = separable(Stream(seed), **{**knobs, "spanning": True})
    assert rank(spanning.samples.features) == rank(spanning.samples.features[spanning.support])
    leaving = separable(Stream(seed), **{**knobs, "spanning": False})
    support_rank = rank(leaving.samples.features[leaving.support])
    if support_rank < knobs["dim"] and knobs["samples"] > leaving.support.size:
        assert rank(leaving.samples.features) > support_rank


@settings(deadline=None, max_examples=20)
@given(seed=seeds, support=st.integers(3, 7), conditioning=st.floats(0.05, 1), gap=st.floats(0.2, 1))
def test_spectrum_of_the_support_has_one_along_w_hat_and_the_planted_conditioning(
    seed, support, conditioning, gap
):
    planted = separable(Stream(seed), 20, 7, 0.3, support=support, conditioning=conditioning, gap=gap)
    rows, unit = planted.samples.signed, planted.weights * planted.margin
    hessian = rows.T @ (planted.duals[:, None] * rows)
    np.testing.assert_allclose(hessian @ unit, unit, atol=ROUNDED)
    across = np.linalg.eigvalsh(hessian - np.outer(unit, unit))[-(support - 1) :]
    np.testing.assert_allclose(across[0] / across[-1], conditioning, rtol=1e-9)
    np.testing.assert_allclose(planted.kappa, min(across[0], 1, gap), rtol=1e-9)


@settings(deadline=None, max_examples=10)
@given(knobs=geometries(), seed=seeds)
def test_the_oracle_finds_what_was_planted(knobs, seed):
    planted = separable(Stream(seed), **knobs)
    found = max_margin(planted.samples.signed)
    np.testing.assert_array_equal(found.support, planted.support)
    np.testing.assert_allclose(found.weights, planted.weights, atol=ROUNDED / planted.margin)
    np.testing.assert_allclose(found.duals, planted.duals, atol=ROUNDED / planted.margin**2)
    if not knobs["zero_multiplier"]:
        np.testing.assert_allclose(
            convergence_exponent(planted.samples.signed, found), planted.kappa, rtol=1e-9
        )


def test_default_data_have_a_fast_exponent_and_asymmetric_multipliers():
    for seed in range(10):
        planted = separable(Stream(seed))
        positive = planted.duals[planted.duals > 0]
        assert planted.kappa > 0.5
        assert positive.max() / positive.min() > 1.1


@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_more_samples_move_neither_separator_nor_support(seed):
    few, many = (separable(Stream(seed), n, 4, support=3, zero_multiplier=1) for n in (5, 50))
    np.testing.assert_allclose(few.weights, many.weights, rtol=ROUNDED)
    few_rows, many_rows = (np.sort(p.samples.signed[p.support], axis=0) for p in (few, many))
    np.testing.assert_allclose(few_rows, many_rows, atol=ROUNDED)


@settings(deadline=None, max_examples=10)
@given(seed=seeds, factor=st.floats(0.01, 100))
def test_scale_is_a_change_of_units(seed, factor):
    unit = separable(Stream(seed), margin=0.2)
    scaled = separable(Stream(seed), margin=0.2 * factor, scale=factor)
    np.testing.assert_allclose(scaled.samples.features, factor * unit.samples.features, atol=ROUNDED * factor)
    np.testing.assert_allclose(scaled.weights, unit.weights / factor, rtol=1e-9, atol=ROUNDED / factor)


def test_a_flipped_label_breaks_the_optimality_conditions():
    planted = separable(Stream(0))
    labels = planted.samples.labels.copy()
    labels[planted.support[0]] *= -1
    flipped = replace(planted, samples=Samples(planted.samples.features, labels))
    assert kkt_violation(flipped.samples.signed, planted.weights, planted.duals) > 0.1


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"support": 6}, "support = 6: unique multipliers need 1 ≤ support ≤ dim = 5"),
        ({"support": 0}, "support = 0"),
        ({"support": 5, "zero_multiplier": 1}, "0 if support = dim = 5; lower support"),
        ({"samples": 4, "support": 3, "zero_multiplier": 2}, "cannot exceed samples = 4"),
        ({"samples": 2, "zero_multiplier": 3}, "support = -1"),
        ({"margin": 0.6, "gap": 1.0}, r"margin·\(1 \+ gap\) ≤ scale = 1 .*lower the margin or the gap"),
        ({"margin": -0.1}, "must be positive and finite"),
        ({"gap": 0.0}, "must be positive and finite"),
        ({"conditioning": 0.0}, r"conditioning = 0.0: λ_min/λ_max must lie in \(0, 1\]"),
        ({"dual_ratio": 0.5}, "dual_ratio = 0.5"),
        ({"samples": 0}, "both must be at least 1"),
    ],
)
def test_impossible_geometries_are_refused(knobs, message):
    with pytest.raises(BadInput, match=message):
        separable(Stream(0), **knobs)


@settings(deadline=None, max_examples=20)
@given(seed=seeds, samples=st.integers(1, 30), dim=st.integers(1, 30))
def test_gaussian_rows_are_separable_by_the_drawn_normal_with_unit_largest_norm(seed, samples, dim):
    drawn = gaussian_separable(Stream(seed), samples, dim)
    normal = Stream(seed).at("data/gaussian/normal").generator().standard_normal(dim)
    assert (drawn.signed @ normal).min() > 0
    np.testing.assert_allclose(np.linalg.norm(drawn.features, axis=1).max(), 1, rtol=1e-15)


def split_violation(split):
    """Largest violation of the certificates: Σ b_i x_i = 0 on U, optimality of ū/γ_⊥ across U."""
    rows, trapped = split.samples.signed, split.trapped
    across = rows - rows @ split.subspace.T @ split.subspace
    others = np.delete(np.arange(len(rows)), trapped)
    violation = max(np.abs(split.balance @ rows).max(), np.abs(across[trapped]).max(), -split.balance.min())
    if split.direction is None:
        return violation
    kkt = kkt_violation(across[others], split.direction / split.margin, split.duals[others])
    return max(violation, kkt, np.abs(split.subspace @ split.direction).max())


@settings(deadline=None, max_examples=30)
@given(
    seed=seeds,
    trapped_dim=st.integers(1, 4),
    more_dims=st.integers(1, 4),
    more_rows=st.integers(1, 8),
    separable_rows=st.integers(1, 12),
    margin=st.floats(0.05, 0.3),
)
def test_mixed_data_carry_both_certificates(seed, trapped_dim, more_dims, more_rows, separable_rows, margin):
    dim, trapped = trapped_dim + more_dims, trapped_dim + more_rows
    split = mixed(Stream(seed), trapped, separable_rows, dim, trapped_dim, margin)
    assert split_violation(split) <= ROUNDED
    rows = split.samples.signed
    assert split.trapped.size == trapped
    assert split.balance[split.trapped].min() > 0
    np.testing.assert_allclose(split.balance.sum(), 1, rtol=ROUNDED)
    assert rank(rows[split.trapped]) == trapped_dim
    others = np.delete(rows, split.trapped, axis=0)
    np.testing.assert_allclose((others @ split.direction).min(), margin, rtol=ROUNDED)
    assert np.linalg.norm(rows, axis=1).max() <= 1 + ROUNDED
    # The separable part also lives on U: projecting it is part of the problem.
    assert np.abs(others @ split.subspace.T).max() > 0


@settings(deadline=None, max_examples=20)
@given(seed=seeds, dim=st.integers(1, 6), more=st.integers(1, 10))
def test_non_separable_data_span_and_balance(seed, dim, more):
    split = non_separable(Stream(seed), dim + more, dim)
    assert split_violation(split) <= ROUNDED
    assert split.balance.min() > 0 and split.trapped.size == dim + more
    assert rank(split.samples.features) == dim


def test_impossible_splits_are_refused():
    with pytest.raises(BadInput, match="trapped_dim = 5: must lie in 1 … dim − 1 = 4"):
        mixed(Stream(0), dim=5, trapped_dim=5)
    with pytest.raises(BadInput, match="2 trapped rows in 2 dimensions"):
        mixed(Stream(0), trapped=2)
    with pytest.raises(BadInput, match="margin, gap = 0.5, 1"):
        mixed(Stream(0), margin=0.5)
    with pytest.raises(BadInput, match="3 trapped rows in 3 dimensions"):
        non_separable(Stream(0), 3, 3)
