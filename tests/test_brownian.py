"""Brownian increments: where they live, what law they have, and how paths are shared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Stream
from sde.brownian import BrownianPath, Increments


seeds = st.integers(0, 2**32)
laws = st.sampled_from(list(Increments))
SOME = np.array([0, 3])


@given(seeds, st.integers(0, 600), st.integers(1, 4), st.integers(0, 1000))
def test_gaussian_increments_are_the_addressed_normals(seed, step, noises, replica):
    path = BrownianPath(Stream(seed), 0.25, noises)
    segment, place = divmod(step, 256)
    normals = Stream(seed).at("brownian", replica, 0, segment).normal(noises, place * noises)
    assert np.array_equal(path.increments(np.array([replica]), step, 1)[0, 0], 0.5 * normals)


@given(seeds, st.integers(0, 600), st.integers(1, 3))
def test_two_point_increments_are_the_addressed_bits(seed, step, noises):
    path = BrownianPath(Stream(seed), 1.0, noises, Increments.TWO_POINT)
    segment, place = divmod(step, 256)
    words = Stream(seed).at("two-point-brownian", 5, 0, segment).words(4 * noises)
    bits = [int(words[4 * c + place // 64]) >> (place % 64) & 1 for c in range(noises)]
    assert path.increments(np.array([5]), step, 1)[0, 0].tolist() == [1.0 - 2.0 * bit for bit in bits]


@given(seeds, laws, st.integers(0, 300), st.integers(1, 300), st.integers(0, 3))
@settings(max_examples=15)
def test_a_step_does_not_know_its_chunk_nor_a_replica_its_batch(seed, law, first, count, noises):
    path = BrownianPath(Stream(seed), 0.1, noises, law)
    chunk = path.increments(SOME, first, count)
    assert chunk.shape == (2, count, noises)
    alone = path.increments(SOME[1:], first + count - 1, 1)
    assert np.array_equal(chunk[1:, -1:], alone)
    areas = path.antisymmetric(SOME, first, count)
    assert np.array_equal(areas[1:, -1:], path.antisymmetric(SOME[1:], first + count - 1, 1))


@pytest.mark.parametrize("law", list(Increments))
def test_increments_have_the_moments_that_weak_orders_need(law):
    drawn = BrownianPath(Stream(1), 0.04, 2, law).increments(np.arange(300), 0, 256) / 0.2
    count = drawn.size
    # Six standard errors of the first three moments; the fourth is that of the law.
    assert abs(drawn.mean()) < 6 / np.sqrt(count)
    assert abs((drawn**2).mean() - 1) < 6 * np.sqrt(2 / count)
    assert abs((drawn**3).mean()) < 6 * np.sqrt(15 / count)
    fourth = 1.0 if law is Increments.TWO_POINT else 3.0
    assert abs((drawn**4).mean() - fourth) < 6 * np.sqrt(96 / count)
    assert abs((drawn[..., 0] * drawn[..., 1]).mean()) < 6 / np.sqrt(count / 2)


@given(seeds, st.integers(2, 4))
def test_v_is_antisymmetric_up_to_its_diagonal_and_independent_of_the_increments(seed, noises):
    path = BrownianPath(Stream(seed), 0.5, noises, Increments.THREE_POINT)
    area = path.antisymmetric(np.arange(40), 250, 12)
    off = area + 0.5 * np.eye(noises)
    assert np.array_equal(off, -np.swapaxes(off, -1, -2))
    assert (np.abs(off)[..., ~np.eye(noises, dtype=bool)] == 0.5).all()
    assert len(np.unique(off[..., 1, 0])) == 2


@given(seeds, st.integers(0, 100), st.integers(1, 5), st.integers(1, 3))
def test_a_coarse_increment_is_the_sum_of_the_fine_ones(seed, first, count, levels):
    fine = BrownianPath(Stream(seed), 0.01, 2)
    coarse, factor = fine.coarsened(levels), 2**levels
    assert coarse.dt == pytest.approx(0.01 * factor)
    sums = fine.increments(SOME, first * factor, count * factor).reshape(2, count, factor, 2).sum(axis=2)
    np.testing.assert_allclose(coarse.increments(SOME, first, count), sums, rtol=0, atol=1e-15)
    twice = fine
    for _ in range(levels):
        twice = twice.coarsened()
    assert np.array_equal(twice.increments(SOME, first, count), coarse.increments(SOME, first, count))


@pytest.mark.parametrize("law", [Increments.TWO_POINT, Increments.THREE_POINT])
def test_sums_of_other_increments_serve_one_difference_only(law):
    path = BrownianPath(Stream(0), 0.01, 1, law)
    with pytest.raises(BadInput, match="telescoping sum .* single_difference=True"):
        path.coarsened()
    coarse = path.coarsened(single_difference=True)
    fine = path.increments(SOME, 0, 2)
    np.testing.assert_allclose(coarse.increments(SOME, 0, 1)[:, 0], fine.sum(axis=1), rtol=1e-12)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"dt": 0.0}, "dt = 0.0"),
        ({"noises": -1}, "noises = -1"),
        ({"law": "gaussian"}, "Increments.GAUSSIAN"),
        ({"stream": 7}, "give Stream"),
    ],
)
def test_a_path_needs_a_stream_a_step_and_a_law(arguments, said):
    with pytest.raises(BadInput, match=said):
        BrownianPath(**({"stream": Stream(0), "dt": 0.1, "noises": 1} | arguments))
