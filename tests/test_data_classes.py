"""Real data of many classes: two disjoint parts, scaled alike, dealt out by label or evenly."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from implicitbias import BadInput, local_sgd, run, Stream
from implicitbias.data import Classified, real_classes
from paper_repro.claims.digits_network import digits_network


ROUNDED = 1e-12


def as_rows(*parts):
    return sorted(row.tobytes() for part in parts for row in part.inputs)


@pytest.mark.parametrize("stream", [None, Stream(3)])
def test_the_parts_are_the_table_and_each_class_gives_its_share(stream):
    inputs, classes = load_digits(return_X_y=True)
    train, rest = real_classes("digits", held_out=0.2, standardise=False, stream=stream)
    assert as_rows(train, rest) == sorted(row.tobytes() for row in inputs)
    np.testing.assert_array_equal(np.bincount(rest.classes), np.round(0.2 * np.bincount(classes)))
    own = {row.tobytes(): k for row, k in zip(inputs, classes, strict=True)}
    assert all(own[r.tobytes()] == k for r, k in zip(rest.inputs, rest.classes, strict=True))


def test_held_out_inputs_are_scaled_as_those_trained_on():
    raw, raw_rest = real_classes("digits", standardise=False, stream=Stream(0))
    train, rest = real_classes("digits", stream=Stream(0))
    moving = np.ptp(raw.inputs, axis=0) > 0
    assert not moving.all()
    np.testing.assert_allclose(train.inputs.mean(axis=0), 0, atol=ROUNDED)
    np.testing.assert_allclose(train.inputs.std(axis=0)[moving], 1, rtol=ROUNDED)
    assert not train.inputs[:, ~moving].any() and not rest.inputs[:, ~moving].any()
    wanted = (raw_rest.inputs - raw.inputs.mean(axis=0))[:, moving] / raw.inputs.std(axis=0)[moving]
    np.testing.assert_allclose(rest.inputs[:, moving], wanted, rtol=1e-9, atol=ROUNDED)


def test_the_stream_draws_what_is_held_out():
    first, again, other = (real_classes("iris", stream=Stream(s))[1] for s in (1, 1, 2))
    assert first.inputs.tobytes() == again.inputs.tobytes() != other.inputs.tobytes()
    inputs = load_iris().data
    spaced = real_classes("iris", held_out=0.1, standardise=False)[1].inputs
    np.testing.assert_array_equal(spaced, inputs[::10])


@pytest.mark.parametrize("share", [1e-6, 1 - 1e-6])
def test_no_part_is_without_a_class(share):
    for part in real_classes("iris", held_out=share):
        assert (np.bincount(part.classes) > 0).all()


def test_a_network_on_digits_by_label_gives_each_worker_its_digit():
    by_digit, even = (digits_network(split, Stream(0)) for split in ("by label", "even"))
    for case, kinds in ((by_digit, 1), (even, 10)):
        members, classes = case.network.members, case.network.classes
        assert [len(np.unique(classes[rows])) for rows in members] == [kinds] * 10
    assert all((by_digit.network.classes[rows] == m).all() for m, rows in enumerate(by_digit.network.members))
    assert by_digit.held_out.inputs.tobytes() == even.held_out.inputs.tobytes()


def test_local_sgd_on_digits_generalises():
    case = digits_network("even", Stream(0), hidden=8)
    start = case.network.initial(Stream(0))
    trace = run(case.network, local_sgd(0.3, 16, 16), 4, start=start, stream=Stream(0))
    guessed, learnt = case.accuracy(trace.w[:, [0, -1]])[0]
    assert guessed < 0.3 and learnt > 0.85


@pytest.mark.bad_input
def test_a_split_that_is_none_is_refused():
    with pytest.raises(BadInput, match="split = 'odd'.*by label, even"):
        digits_network("odd", Stream(0))


def test_a_set_describes_itself():
    assert real_classes("iris", held_out=0.1)[1].describe() == (
        "iris-held-out: n = 15, 4 features, K = 3 classes of [5, 5, 5]"
    )


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "digit"}, "did you mean 'digits'"),
        ({"name": "iris", "held_out": 0.0}, "held_out = 0.0: must be a finite number > 0 and < 1"),
        ({"name": "iris", "held_out": 1}, "held_out = 1"),
        ({"name": "iris", "held_out": None}, "held_out = None"),
    ],
)
def test_unknown_data_and_shares_are_refused(arguments, message):
    with pytest.raises(BadInput, match=message):
        real_classes(**arguments)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("inputs", "classes", "message"),
    [
        ([[1.0]], [0, 1], "one class for each of the 1 samples"),
        ([[1.0]], [0.5], "integers"),
        ([[1.0]], [-1], r"classes\[0\] = -1: must be ≥ 0"),
        ([[np.nan]], [0], r"inputs\[0, 0\] = nan: must be finite"),
        ([1.0], [0], "both at least 1"),
    ],
)
def test_sets_that_are_none_are_refused(inputs, classes, message):
    with pytest.raises(BadInput, match=message):
        Classified(inputs, classes)
