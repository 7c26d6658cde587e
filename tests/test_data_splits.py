"""Splits: partitions of the stated sizes, pure or mixed as promised, a function of their address."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from implicitbias.data import by_direction, by_label, dirichlet, iid, set_a
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


seeds = st.integers(0, 2**32)
counts = st.tuples(st.integers(1, 40), st.integers(1, 40)).filter(lambda c: c[0] >= c[1])


def labels_of(seed, samples, classes=2):
    return Stream(seed).at("labels").generator().integers(classes, size=samples)


def rows_of(seed, samples, dim=3):
    return Stream(seed).at("rows").generator().standard_normal((samples, dim))


def splits(seed, samples, workers, sizes=None):
    """Every split that has sizes, on the same drawn data."""
    return {
        "iid": iid(samples, workers, Stream(seed), sizes),
        "by_label": by_label(labels_of(seed, samples), workers, sizes),
        "by_direction": by_direction(rows_of(seed, samples), workers, sizes=sizes),
    }


@settings(deadline=None, max_examples=30)
@given(seed=seeds, count=counts, alpha=st.floats(0.01, 100))
def test_every_split_is_a_partition_without_empty_worker(seed, count, alpha):
    samples, workers = count
    made = splits(seed, samples, workers)
    made["dirichlet"] = dirichlet(labels_of(seed, samples), workers, alpha, Stream(seed))
    for split in made.values():
        assert split.shape == (samples,) and split.dtype.kind == "i"
        np.testing.assert_array_equal(np.unique(split), np.arange(workers))


@settings(deadline=None, max_examples=20)
@given(seed=seeds, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_integer_sizes_are_exact(seed, sizes):
    for split in splits(seed, sum(sizes), len(sizes), tuple(sizes)).values():
        np.testing.assert_array_equal(np.bincount(split), sizes)


@settings(deadline=None, max_examples=20)
@given(seed=seeds, count=counts)
def test_default_sizes_differ_by_at_most_one(seed, count):
    samples, workers = count
    for name in ("iid", "by_direction"):
        assert np.ptp(np.bincount(splits(seed, samples, workers)[name])) <= 1


@settings(deadline=None, max_examples=30)
@given(seed=seeds, parts=st.lists(st.integers(1, 20), min_size=1, max_size=6), samples=st.integers(6, 200))
def test_proportions_are_met_within_one_sample_unless_a_worker_would_be_empty(seed, parts, samples):
    shares = np.array(parts) / sum(parts)
    sizes = np.bincount(iid(samples, len(parts), Stream(seed), tuple(shares)))
    assert sizes.sum() == samples and sizes.min() >= 1
    if samples * shares.min() >= 1:
        assert np.abs(sizes - samples * shares).max() < 1


def test_proportions_round_by_the_largest_remainder():
    split = iid(10, 3, Stream(0), (0.55, 0.28, 0.17))
    np.testing.assert_array_equal(np.bincount(split), [5, 3, 2])
    tiny = iid(10, 3, Stream(0), (0.98, 0.01, 0.01))
    np.testing.assert_array_equal(np.bincount(tiny), [8, 1, 1])


def test_iid_is_a_function_of_its_address_and_accepts_any_way_to_say_n():
    first = iid(30, 4, Stream(1))
    for same in (iid(30, 4, Stream(1)), iid(np.zeros(30), 4, Stream(1))):
        np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, iid(30, 4, Stream(2)))
    assert iid(set_a(), 2, Stream(0)).shape == (6,)


def test_iid_gives_every_sample_to_every_worker_equally_often():
    held = np.mean([iid(6, 3, Stream(seed), (1, 2, 3)) == 2 for seed in range(2000)], axis=0)
    # Four standard deviations of a share of 1/2 over 2000 draws.
    np.testing.assert_allclose(held, 1 / 2, atol=4 * 0.5 / np.sqrt(2000))


@settings(deadline=None, max_examples=30)
@given(seed=seeds, count=counts, classes=st.integers(1, 5))
def test_by_label_workers_are_pure_once_there_are_enough_of_them(seed, count, classes):
    samples, workers = count
    labels = labels_of(seed, samples, classes)
    present = np.unique(labels).size
    assume(workers >= present)
    split = by_label(labels, workers)
    assert all(np.unique(labels[split == m]).size == 1 for m in range(workers))
    for label in np.unique(labels):
        assert np.ptp(np.unique(split[labels == label], return_counts=True)[1]) <= 1


@settings(deadline=None, max_examples=20)
@given(seed=seeds, sizes=st.lists(st.integers(1, 9), min_size=2, max_size=6), classes=st.integers(1, 4))
def test_by_label_with_sizes_lets_labels_meet_only_at_block_ends(seed, sizes, classes):
    labels = labels_of(seed, sum(sizes), classes)
    split = by_label(labels, len(sizes), sizes)
    pairs = {(int(y), int(m)) for y, m in zip(labels, split, strict=True)}
    assert len(pairs) <= len(sizes) + np.unique(labels).size - 1


def test_by_label_gives_workers_in_proportion_to_samples():
    labels = np.repeat([-1, 1], [25, 75])
    np.testing.assert_array_equal(np.bincount(by_label(labels, 4)), [25, 25, 25, 25])
    np.testing.assert_array_equal(by_label(labels, 4)[:25], 0)


def test_by_label_deals_out_a_label_in_the_order_given():
    labels = np.tile([1, -1, 3], 200)
    split = by_label(labels, 7)
    assert all((np.diff(split[labels == label]) >= 0).all() for label in (1, -1, 3))


@settings(deadline=None, max_examples=20)
@given(seed=seeds, workers=st.integers(1, 8))
def test_by_label_counts_do_not_depend_on_the_order_of_samples(seed, workers):
    labels = labels_of(seed, 30, 3)
    order = Stream(seed).at("order").permutation(30)

    def table(y):
        return {m: np.sort(y[by_label(y, workers) == m]).tolist() for m in range(workers)}

    assert table(labels) == table(labels[order])


@settings(deadline=None, max_examples=20)
@given(seed=seeds, workers=st.integers(1, 8))
def test_by_direction_cuts_slabs_and_moves_with_the_samples(seed, workers):
    rows, order = rows_of(seed, 30), Stream(seed).at("order").permutation(30)
    direction = np.array([1.0, -2.0, 0.5])
    split, along = by_direction(rows, workers, direction), rows @ direction
    for m in range(workers - 1):
        assert along[split == m].max() <= along[split == m + 1].min()
    np.testing.assert_array_equal(by_direction(rows[order], workers, direction), split[order])
    np.testing.assert_array_equal(by_direction(rows, workers, 7 * direction), split)


def test_by_direction_defaults_to_the_direction_of_largest_variance_of_the_signed_rows():
    rows = rows_of(0, 60) * [0.1, 5.0, 0.1]
    np.testing.assert_array_equal(by_direction(rows, 3), by_direction(rows, 3, np.array([0.0, 1.0, 0.0])))
    np.testing.assert_array_equal(by_direction(rows + 100, 3), by_direction(rows, 3))
    np.testing.assert_array_equal(by_direction(set_a(), 2), by_direction(set_a().signed, 2))


@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_dirichlet_tends_to_equal_shares_for_large_alpha(seed):
    labels = np.repeat([-1, 1], [300, 900])
    split = dirichlet(labels, 5, 1e8, Stream(seed))
    for label, share in ((-1, 60), (1, 180)):
        assert np.abs(np.bincount(split[labels == label], minlength=5) - share).max() <= 1


@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_dirichlet_tends_to_one_worker_per_label_for_small_alpha(seed):
    labels = np.repeat([-1, 1], 200)
    sizes = np.sort(np.bincount(dirichlet(labels, 6, 1e-3, Stream(seed))))
    # Two labels fill at most two workers, up to shares of the order of alpha; the repair gives the others one each.
    assert sizes[:4].sum() <= 8


def test_dirichlet_shares_have_the_mean_and_variance_of_the_distribution():
    workers, alpha, samples = 4, 2.0, 1000
    labels = np.ones(samples)
    shares = (
        np.stack([np.bincount(dirichlet(labels, workers, alpha, Stream(s))) for s in range(1000)]) / samples
    )
    mean = 1 / workers
    variance = mean * (1 - mean) / (workers * alpha + 1)
    # Four standard errors over 1000 draws; kurtosis below 4 bounds that of the variance.
    np.testing.assert_allclose(shares.mean(axis=0), mean, atol=4 * np.sqrt(variance / 1000))
    np.testing.assert_allclose(shares.var(axis=0), variance, rtol=4 * np.sqrt(3 / 1000))


def test_dirichlet_is_a_function_of_its_address_and_deals_labels_in_random_order():
    labels = labels_of(0, 60)
    first = dirichlet(labels, 4, 0.5, Stream(7))
    np.testing.assert_array_equal(first, dirichlet(labels, 4, 0.5, Stream(7)))
    assert not np.array_equal(first, dirichlet(labels, 4, 0.5, Stream(8)))
    within = dirichlet(np.ones(60), 4, 10.0, Stream(7))
    assert (np.diff(within) < 0).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iid(3, 4, Stream(0)), "workers = 4 > samples = 3: every worker needs at least one sample"),
        (lambda: by_label(np.ones(3), 4), "workers = 4 > samples = 3"),
        (lambda: dirichlet(np.ones(3), 4, 1.0, Stream(0)), "workers = 4 > samples = 3"),
        (lambda: by_direction(np.eye(3), 4), "workers = 4 > samples = 3"),
        (lambda: iid(3, 0, Stream(0)), "workers = 0: needs at least one worker"),
        (
            lambda: iid(6, 2, Stream(0), (6, 0)),
            r"sizes = \(6, 0\): must be at least 1 each and sum to samples = 6",
        ),
        (lambda: iid(6, 2, Stream(0), (3, 4)), "sum to samples = 6, not 7"),
        (lambda: iid(6, 3, Stream(0), (3, 3)), "needs one number for each of the 3 workers"),
        (lambda: iid(6, 2, Stream(0), (0.5, 0.4)), "proportions must be positive and sum to 1, not 0.9"),
        (
            lambda: dirichlet(np.ones(3), 2, 0.0, Stream(0)),
            "alpha = 0.0: the Dirichlet concentration must be positive",
        ),
        (lambda: dirichlet(np.ones(3), 2, np.inf, Stream(0)), "for ∞ use iid"),
        (lambda: dirichlet(np.eye(3), 2, 1.0, Stream(0)), r"labels of shape \(3, 3\)"),
        (lambda: by_direction(np.eye(3), 2, np.zeros(3)), "must be a non-zero finite vector of dimension 3"),
        (lambda: by_direction(np.eye(3), 2, np.ones(2)), "must be a non-zero finite vector of dimension 3"),
        (lambda: by_direction(np.full((3, 2), np.nan), 2), "must be finite numbers"),
    ],
)
def test_impossible_splits_are_refused(call, message, pytestconfig):
    if pytestconfig.getoption("--shapes") and ("shape" in message or "dimension" in message):
        pytest.skip("the check of the annotations refuses wrong shapes first")
    with pytest.raises(BadInput, match=message):
        call()
