"""Samples: what the theory sees of them, and the refusal of data that it does not cover."""

import subprocess
import sys

import numpy as np
import pytest

from implicitbias.data import named, names, relu_features, Samples
from implicitbias.errors import BadInput
from implicitbias.stream import Stream


FEATURES = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
LABELS = np.array([1.0, -1.0, 1.0])


def test_signed_rows_are_labels_times_features():
    np.testing.assert_array_equal(Samples(FEATURES, LABELS).signed, [[1, 2], [-3, -4], [5, 6]])


def test_samples_are_a_read_only_copy():
    features = FEATURES.copy()
    samples = Samples(features, LABELS)
    features[0, 0] = 99
    assert samples.features[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        samples.features[0, 0] = 99


def test_describe_is_one_line_with_sizes_and_largest_norm():
    line = Samples(FEATURES, LABELS, "toy", workers=np.array([0, 0, 1])).describe()
    assert "\n" not in line
    for part in ("toy", "n = 3", "d = 2", "+2/−1", f"b_x = {np.sqrt(61):.4g}", "M = 2", "n_m = 1…2"):
        assert part in line


@pytest.mark.parametrize(
    ("features", "labels", "workers", "message"),
    [
        (FEATURES, [1, 0, 1], None, r"labels\[1\] = 0: labels must be −1 or \+1; map 0 to −1 with 2\*y − 1"),
        (FEATURES, [1, 2, 1], None, r"labels\[1\] = 2: labels must be −1 or \+1; pick two classes"),
        (FEATURES, [1, np.nan, 1], None, r"labels\[1\] = nan"),
        (FEATURES, [1, -1], None, r"labels of shape \(2,\): needs one label for each of the 3"),
        (FEATURES, ["a", "b", "a"], None, "must be an array of real numbers"),
        ([[1, np.inf]], [1], None, r"features\[0, 1\] = inf: must be finite"),
        ([1.0, 2.0], [1, 1], None, r"features of shape \(2,\): must be \(samples, dim\)"),
        (np.empty((0, 2)), [], None, r"features of shape \(0, 2\)"),
        (FEATURES, LABELS, [0, 2, 2], r"worker 1 of 3 \(counted from 0\) holds no sample"),
        (FEATURES, LABELS, [0, 1], r"workers of shape \(2,\): needs one worker index for each of the 3"),
        (FEATURES, LABELS, [0, -1, 0], "integers counted from 0"),
        (FEATURES, LABELS, [0.0, 1.0, 0.0], "integers counted from 0"),
    ],
)
def test_bad_samples_are_refused_with_value_and_cure(features, labels, workers, message, pytestconfig):
    if pytestconfig.getoption("--shapes"):
        pytest.skip("the check of the annotations refuses lists and wrong shapes first")
    with pytest.raises(BadInput, match=message):
        Samples(features, labels, workers=workers)


@pytest.mark.parametrize("name", [name for name in names() if not name.startswith("mnist")])
def test_every_name_builds_its_set_and_builds_it_again_the_same(name):
    first, again = named(name, Stream(3)), named(name.upper(), Stream(3))
    assert first.signed.tobytes() == again.signed.tobytes()
    assert first.name == name or name == "breast-cancer"


@pytest.mark.parametrize("name", ["random", "gaussian", "mixed", "non-separable", "soudry-fig1"])
def test_drawn_sets_depend_on_the_stream_and_ask_for_it(name):
    assert not np.array_equal(named(name, Stream(1)).signed, named(name, Stream(2)).signed)
    with pytest.raises(BadInput, match="needs a stream; give e.g. Stream"):
        named(name)


def test_unknown_names_list_the_known_ones_and_suggest_the_nearest():
    with pytest.raises(BadInput, match=r"known are A, A-prime, .*; did you mean 'breast-cancer'\?"):
        named("brest-cancer")
    with pytest.raises(BadInput, match="pick one of them"):
        named("zzz")


def test_relu_features_are_non_negative_of_unit_largest_norm_and_keep_the_rest():
    samples = named("iris-0-1").with_workers(np.arange(100) % 3)
    layer = relu_features(samples, 64, Stream(0))
    assert layer.features.shape == (100, 64)
    assert layer.features.min() >= 0
    np.testing.assert_allclose(np.linalg.norm(layer.features, axis=1).max(), 1, rtol=1e-15)
    np.testing.assert_array_equal(layer.labels, samples.labels)
    np.testing.assert_array_equal(layer.workers, samples.workers)


def test_relu_features_commute_with_positive_scaling_and_nest_in_width():
    samples = named("iris-1-2")
    twice = Samples(2 * samples.features, samples.labels)
    narrow, wide = (relu_features(samples, width, Stream(5)).features for width in (16, 32))
    np.testing.assert_allclose(relu_features(twice, 16, Stream(5)).features, narrow, rtol=1e-13, atol=1e-15)
    # Only the normalisation c may differ between the first 16 units of both layers.
    ratio = wide[:, :16][narrow > 0] / narrow[narrow > 0]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)


def test_relu_features_keep_relative_lengths_when_wide():
    samples = Samples(np.array([[1.0, 0.0], [0.0, 0.5]]), np.array([1.0, -1.0]))
    lengths = np.linalg.norm(relu_features(samples, 20_000, Stream(1)).features, axis=1)
    # Relative standard deviation of a mean of 20,000 squared half-normals: about 0.016, of the root 0.008.
    assert abs(lengths[1] / lengths[0] - 0.5) < 0.03


def test_relu_features_refuse_a_dead_layer_and_no_units():
    dead = Samples(np.zeros((2, 3)), np.ones(2))
    with pytest.raises(BadInput, match="every ReLU unit is off"):
        relu_features(dead, 4, Stream(0))
    with pytest.raises(BadInput, match="width = 0"):
        relu_features(dead, 0, Stream(0))


def test_importing_the_data_loads_no_heavy_library():
    heavy = {"sklearn", "cvxpy", "sympy", "matplotlib", "numba"}
    code = f"import sys, implicitbias.data; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
