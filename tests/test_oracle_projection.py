"""Projection onto margins: optimality, worked example, the max-margin separator as the projection of 0."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias.errors import BadInput, NotSeparable
from implicitbias.oracle import MarginSet, max_margin, project_onto_margins
from implicitbias.stream import Stream
from tests.oracle_zoo import DEGENERATE, separable, SET_A


sizes = st.tuples(st.integers(1, 25), st.integers(1, 12))
seeds = st.integers(0, 2**31)


def drawn_point(dim: int, seed: int, size: float = 3.0) -> np.ndarray:
    return size * Stream(seed).at("point").generator().standard_normal(dim)


def assert_is_projection(signed, level, point, found, tolerance=1e-11):
    """Check the optimality conditions, which characterise the projection onto a convex set."""
    scale = 1 + np.linalg.norm(found.point - point) + np.linalg.norm(point)
    slack = signed @ found.point - level
    assert slack.min() >= -tolerance * scale * np.abs(signed).max()
    assert found.multipliers.min() >= 0
    np.testing.assert_allclose(point + found.multipliers @ signed, found.point, atol=tolerance * scale)
    assert np.abs(slack[found.active]).max(initial=0) <= tolerance * scale * np.abs(signed).max()


@settings(deadline=None, max_examples=40)
@given(sizes=sizes, seed=seeds)
def test_the_optimality_conditions_hold(sizes, seed):
    signed, point = separable(*sizes, seed), drawn_point(sizes[1], seed)
    assert_is_projection(signed, 1.0, point, project_onto_margins(signed, point))


@settings(deadline=None, max_examples=15)
@given(sizes=sizes, seed=seeds)
def test_the_projection_of_zero_is_the_max_margin_separator(sizes, seed):
    signed = separable(*sizes, seed)
    svm, found = max_margin(signed), project_onto_margins(signed, np.zeros(sizes[1]))
    np.testing.assert_allclose(found.point, svm.weights, atol=1e-11 / svm.margin)


@settings(deadline=None, max_examples=15)
@given(sizes=sizes, seed=seeds)
def test_projecting_twice_changes_nothing_and_distances_never_grow(sizes, seed):
    signed = separable(*sizes, seed)
    margin_set = MarginSet(signed)
    one, two = drawn_point(sizes[1], seed), drawn_point(sizes[1], seed + 1)
    first, second = margin_set.project(one).point, margin_set.project(two).point
    np.testing.assert_allclose(
        margin_set.project(first).point, first, atol=1e-11 * (1 + np.linalg.norm(first))
    )
    assert np.linalg.norm(first - second) <= np.linalg.norm(one - two) + 1e-11


@settings(deadline=None, max_examples=15)
@given(sizes=sizes, seed=seeds)
def test_levels_shift_with_a_translation(sizes, seed):
    signed, point, shift = (
        separable(*sizes, seed),
        drawn_point(sizes[1], seed),
        drawn_point(sizes[1], seed + 7),
    )
    plain = project_onto_margins(signed, point)
    moved = project_onto_margins(signed, point + shift, level=1.0 + signed @ shift)
    np.testing.assert_allclose(
        moved.point, plain.point + shift, atol=1e-10 * (1 + np.linalg.norm(plain.point))
    )


@settings(deadline=None, max_examples=15)
@given(sizes=sizes, seed=seeds, mask=st.integers(0, 2**25 - 1))
def test_a_wrong_start_costs_time_only(sizes, seed, mask):
    signed, point = separable(*sizes, seed), drawn_point(sizes[1], seed)
    start = np.flatnonzero([mask >> i & 1 for i in range(sizes[0])])
    cold, warm = project_onto_margins(signed, point), project_onto_margins(signed, point, start=start)
    np.testing.assert_allclose(warm.point, cold.point, atol=1e-10 * (1 + np.linalg.norm(cold.point)))


def test_two_constraints_of_which_one_is_released():
    found = project_onto_margins([(2, 1), (1, 0)], (-3, 1))
    np.testing.assert_allclose(found.point, [1, 1], atol=1e-15)
    np.testing.assert_allclose(found.multipliers, [0, 4], atol=1e-14)


def test_one_constraint_is_the_half_space_formula():
    x, point = np.array([0.3, -2.0, 1.1]), np.array([1.0, 4.0, -2.0])
    expected = point + (1 - x @ point) / (x @ x) * x
    np.testing.assert_allclose(project_onto_margins(x[None], point).point, expected, rtol=1e-15)


def test_a_feasible_point_is_returned_unchanged():
    point = np.array([5.0, 5.0])
    found = project_onto_margins(SET_A, point)
    assert (found.point == point).all() and not found.multipliers.any()


def test_duplicate_and_degenerate_rows_project_as_if_single():
    for signed in (np.vstack([SET_A] * 3), np.vstack([DEGENERATE, DEGENERATE, (1.0, -1.0)])):
        for seed in range(5):
            point = drawn_point(2, seed)
            assert_is_projection(signed, 1.0, point, project_onto_margins(signed, point))


def test_a_far_point_keeps_its_digits():
    point = np.array([-3e7, 2e7])
    assert_is_projection(SET_A, 1.0, point, project_onto_margins(SET_A, point), tolerance=1e-14)


def test_an_empty_set_is_refused():
    with pytest.raises(NotSeparable):
        project_onto_margins([(1.0, 0.0), (-1.0, 0.0)], (0.0, 0.0))


@pytest.mark.parametrize(
    ("point", "level", "message"),
    [((1.0,), 1.0, "2 finite entries"), ((np.inf, 0.0), 1.0, "finite"), ((-1.0, 0.0), np.nan, "level")],
)
def test_bad_input_is_refused_with_the_rule(point, level, message):
    with pytest.raises(BadInput, match=message):
        project_onto_margins(SET_A, point, level=level)
