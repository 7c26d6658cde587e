"""Bundled real data: labels, preparation, subsets, and which pairs are separable."""

import numpy as np
import pytest
from scipy.optimize import linprog

from implicitbias.data import real
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


ROUNDED = 1e-12
# Ten times the feasibility tolerance of the linear program.
SOLVED = 1e-6

SETS = [("breast-cancer", None), ("digits", (0, 8)), ("iris", (1, 2)), ("iris", (0, 1)), ("wine", (0, 1))]


def largest_least_margin(rows):
    """max over |w|_∞ ≤ 1 of min(min_i x_i·w, 1): positive iff the rows are separable."""
    samples, dim = rows.shape
    found = linprog(
        np.append(np.zeros(dim), -1),
        A_ub=np.column_stack([-rows, np.ones(samples)]),
        b_ub=np.zeros(samples),
        bounds=[(-1, 1)] * dim + [(None, 1)],
    )
    return -found.fun


@pytest.mark.parametrize(("name", "pair"), SETS)
def test_standardised_columns_have_mean_zero_variance_one_and_a_bias(name, pair):
    samples = real(name, pair)
    columns, bias = samples.features[:, :-1], samples.features[:, -1]
    np.testing.assert_array_equal(bias, 1)
    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=ROUNDED)
    deviations = columns.std(axis=0)
    constant = deviations == 0
    np.testing.assert_allclose(deviations[~constant], 1, rtol=ROUNDED)
    assert constant.any() == (name == "digits")
    assert set(np.unique(samples.labels)) == {-1, 1}


@pytest.mark.parametrize(
    ("name", "pair", "separates"),
    [(*case, yes) for case, yes in zip(SETS, (True, True, False, True, True), strict=True)],
)
def test_separability_is_as_documented(name, pair, separates):
    assert (largest_least_margin(real(name, pair).signed) > SOLVED) == separates


def test_raw_features_are_the_table_and_order_of_the_pair_signs_the_labels():
    raw, swapped = (real("iris", pair, standardise=False, bias=False) for pair in ((0, 2), (2, 0)))
    np.testing.assert_array_equal(raw.features[0], [5.1, 3.5, 1.4, 0.2])
    assert raw.features.shape == (100, 4)
    np.testing.assert_array_equal(raw.labels, np.repeat([-1, 1], 50))
    np.testing.assert_array_equal(swapped.labels, -raw.labels)
    np.testing.assert_array_equal(swapped.features, raw.features)


def test_subsets_are_drawn_by_the_stream_without_replacement():
    everything = real("wine", standardise=False)
    drawn, again, other = (real("wine", standardise=False, samples=40, stream=Stream(s)) for s in (1, 1, 2))
    assert drawn.features.tobytes() == again.features.tobytes() != other.features.tobytes()
    rows = {row.tobytes(): label for row, label in zip(everything.features, everything.labels, strict=True)}
    assert all(rows[r.tobytes()] == y for r, y in zip(drawn.features, drawn.labels, strict=True))
    assert len({row.tobytes() for row in drawn.features}) == 40


def test_subsets_without_a_stream_are_evenly_spaced_and_keep_both_classes():
    np.testing.assert_array_equal(real("iris", samples=10).labels, np.repeat([-1, 1], 5))


def test_standardising_refers_to_the_samples_kept():
    kept = real("breast-cancer", samples=50, stream=Stream(0)).features[:, :-1]
    np.testing.assert_allclose(kept.std(axis=0), 1, rtol=ROUNDED)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"name": "irsi"},
            r"name = 'irsi': known are breast-cancer, digits, iris, wine; did you mean 'iris'\?",
        ),
        (
            {"name": "iris", "pair": (0, 3)},
            r"pair = \(0, 3\): must be two different classes among \[0, 1, 2\]",
        ),
        ({"name": "iris", "pair": (1, 1)}, "two different classes"),
        ({"name": "iris", "samples": 101}, "samples = 101: the chosen classes have 100 rows"),
        ({"name": "iris", "samples": 0}, "ask for 1 … 100"),
    ],
)
def test_unknown_data_are_refused(arguments, message):
    with pytest.raises(BadInput, match=message):
        real(**arguments)
