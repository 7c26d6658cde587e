"""Addressed randomness: NumPy's cipher, and independence of layout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import BadInput, Stream
from implicitbias.stream import multiply_high


words = st.integers(0, 2**64 - 1)
seeds = st.integers(0, 2**63)
small = st.integers(0, 2**40)


@given(seeds, st.text(max_size=8), small, small, small, st.integers(0, 13))
def test_words_are_those_of_numpys_philox(seed, purpose, replica, worker, round, count):
    address = Stream(seed).at(purpose, replica, worker, round)
    key = np.array(address.key, dtype=np.uint64)
    counter = np.array([0, replica, worker, round], dtype=np.uint64)
    expected = np.random.Philox(key=key, counter=counter).random_raw(count)
    assert np.array_equal(address.words(count), expected)


@given(seeds, st.integers(1, 5), st.integers(1, 4), st.integers(1, 9))
def test_a_lane_does_not_know_its_batch(seed, replicas, workers, count):
    stream = Stream(seed)
    batch = stream.at("p", np.arange(replicas)[:, None], np.arange(workers), 3).normal(count)
    assert batch.shape == (replicas, workers, count)
    alone = stream.at("p", replicas - 1, workers - 1, 3).normal(count)
    assert np.array_equal(batch[-1, -1], alone)


@given(seeds, st.integers(0, 9), st.integers(0, 9), st.sampled_from(["words", "uniform", "normal"]))
def test_reading_may_start_anywhere(seed, first, count, what):
    address = Stream(seed).at("p", [1, 2], 3, 4)
    whole = getattr(address, what)(first + count)
    assert np.array_equal(getattr(address, what)(count, first), whole[..., first:])


@given(words, st.integers(1, 2**31 - 1))
def test_multiply_high_is_the_exact_quotient(word, high):
    assert multiply_high(np.array([word], dtype=np.uint64), high)[0] == (word * high) >> 64


@given(seeds, st.integers(1, 30))
def test_a_permutation_has_every_index_once(seed, size):
    assert sorted(Stream(seed).at("p").permutation(size)) == list(range(size))


def test_different_addresses_differ():
    stream = Stream(1)
    first = [
        stream.at("p", 0),
        stream.at("p", 1),
        stream.at("p", 0, 1),
        stream.at("p", 0, 0, 1),
        stream.at("q"),
    ]
    first += [Stream(2).at("p"), stream.child("a").at("p"), stream.child("b").at("p")]
    assert len({int(a.words(1)[0]) for a in first}) == len(first)


def test_normals_have_moments_of_a_normal():
    normals = Stream(3).at("moments").normal(200_000)
    # Six standard errors of mean, variance and fourth moment.
    assert abs(normals.mean()) < 6 / np.sqrt(2e5)
    assert abs(normals.var() - 1) < 6 * np.sqrt(2 / 2e5)
    assert abs((normals**4).mean() - 3) < 6 * np.sqrt(96 / 2e5)


@pytest.mark.bad_input
@pytest.mark.parametrize("seed", [-1, 1.5, "0", True])
def test_a_seed_is_a_non_negative_integer(seed):
    with pytest.raises(BadInput, match="seed"):
        Stream(seed)
