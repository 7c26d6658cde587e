"""Planted bugs: the simulator is right without them, and each of them shows where it says it does."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from implicitbias import RecordAt, run
from paper_repro.conformance.planted import Plain, PLANTED
from paper_repro.conformance.planted.causes import BEYOND, FORESEEN
from paper_repro.conformance.task import FEATURES, Task
from paper_repro.gallery.bug_signatures import minimiser, right_path, SIGNATURES, wrong_paths


# Two programs that add the same numbers in another order, over a few dozen steps.
ROUNDING = 1e-13
# Of a true null hypothesis, tested once under a fixed seed.
SIGNIFICANCE = 1e-3
SIZES, STEPS, WEIGHTS = (3, 5, 4, 6), (3, 7, 2, 5), (0.1, 0.37, 0.22, 0.31)
VARIANTS = {
    "fedavg": {},
    "fedprox": {"algorithm": "fedprox", "proximal": 0.7},
    "scaffold": {"algorithm": "scaffold"},
    "fednova": {"algorithm": "fednova"},
    "server": {"server_lr": 0.7, "server_momentum": 0.5},
    "nesterov": {"server_lr": 0.7, "server_momentum": 0.5, "nesterov": True},
    "delay": {"delay": 2},
    "participation": {"participants": 2},
    "minibatches": {"batch": 2},
    "drawn scaffold": {"algorithm": "scaffold", "participants": 2},
}
BUGS = {bug.name: bug for bug in PLANTED}


def task(seed=0, workers=4, **changes):
    draws = np.random.default_rng(seed)
    sizes, steps, weights = ((*values * 3,)[:workers] for values in (SIZES, STEPS, WEIGHTS))
    return replace(
        Task(
            features=tuple(draws.normal(size=(n, 3)) for n in sizes),
            labels=tuple(draws.normal(size=n) for n in sizes),
            lr=0.1,
            local_steps=steps,
            rounds=4,
            weights=tuple(np.array(weights) / sum(weights)),
            start=draws.normal(size=3),
        ),
        **changes,
    )


@settings(max_examples=10)
@given(
    seed=st.integers(0, 2**16),
    variant=st.sampled_from(["fedavg", "fedprox", "scaffold", "fednova"]),
    momentum=st.sampled_from([0.0, 0.6]),
    nesterov=st.booleans(),
    delay=st.integers(0, 3),
)
def test_without_a_bug_it_is_the_definition(seed, variant, momentum, nesterov, delay):
    asked = task(
        seed, **VARIANTS[variant], server_lr=0.8, server_momentum=momentum, nesterov=nesterov, delay=delay
    )
    right = run(
        asked.problem,
        asked.method,
        asked.rounds,
        start=asked.start,
        record=RecordAt.every(1),
        engine="definition",
    )
    assert Plain()(asked) == pytest.approx(right.w[0, 1:], rel=ROUNDING, abs=ROUNDING)


def test_every_pair_of_clients_takes_part_as_often():
    asked = task(participants=2, rounds=1)
    pairs = list(combinations(range(4), 2))
    means = [pair_mean(asked, pair) for pair in pairs]
    counts = np.zeros(len(pairs))
    for seed in range(600):
        drawn = Plain()(replace(asked, seed=seed))[0]
        distances = [np.abs(drawn - mean).max() for mean in means]
        assert min(distances) < ROUNDING
        counts[int(np.argmin(distances))] += 1
    assert chisquare(counts).pvalue > SIGNIFICANCE


def pair_mean(asked, pair):
    chosen = {
        name: tuple(getattr(asked, name)[m] for m in pair) for name in ("features", "labels", "local_steps")
    }
    weights = np.array([asked.weights[m] for m in pair])
    return Plain()(
        replace(asked, participants=None, weights=tuple(weights / weights.sum()), **chosen)
    )[0]  # fmt: skip


def test_every_batch_is_drawn_as_often():
    only = task(workers=1, rounds=1, local_steps=(1,), weights=(1.0,), batch=2)
    X, y, x = only.features[0], only.labels[0], only.start
    slopes = [X[i] * (X[i] @ x - y[i]) for i in range(3)]
    ways = [(i, j) for i in range(3) for j in range(3)]
    ends = np.array([x - only.lr * (slopes[i] + slopes[j]) / 2 for i, j in ways])
    counts = np.zeros(len(ways))
    for seed in range(600):
        drawn = Plain()(replace(only, seed=seed))[0]
        near = np.abs(ends - drawn).max(axis=1) < ROUNDING
        assert near.any()
        counts += near / near.sum()
    alike = [ways.index((i, j)) for i, j in ways if i <= j]
    expected = np.array([600 / 9 if i == j else 1200 / 9 for i, j in ways if i <= j])
    seen = np.array([counts[k] * (1 if ways[k][0] == ways[k][1] else 2) for k in alike])
    assert chisquare(seen, expected).pvalue > SIGNIFICANCE


def test_same_seed_same_path_and_another_seed_another_one():
    for drawn in ("participation", "minibatches"):
        asked = task(**VARIANTS[drawn])
        first, again = Plain()(asked), Plain()(asked)
        assert first.tobytes() == again.tobytes()
        assert not np.allclose(first, Plain()(replace(asked, seed=1)))


def test_names_are_unique_and_bugs_are_said_in_one_sentence():
    assert len(BUGS) == len(PLANTED) >= 24
    assert {*FORESEEN, *BEYOND} <= set(BUGS) and not set(FORESEEN) & set(BEYOND)
    for bug in PLANTED:
        assert set(bug.needs) <= set(FEATURES) and 10 < len(bug.sentence) < 100, bug.name


def departs(bug, asked):
    """Whether a bug shows: in the first or in a second run of the same simulator."""
    simulator = bug.simulator
    with np.errstate(all="ignore"):
        runs = [simulator(asked), simulator(asked)]
    right = Plain()(asked)
    return any(not np.allclose(path, right, rtol=ROUNDING, atol=ROUNDING) for path in runs)


SOLVED = np.linalg.solve(task().features[0], task().labels[0])
# What does not show on any four workers: "client10" is the eleventh, and a loss must be small to stop early.
RARE = {"client10-before-client2": {"workers": 12}, "early-stopping": {"start": SOLVED + 0.01}}


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_shows_where_it_says(name):
    bug = BUGS[name]
    variants = [changes for changes in VARIANTS.values() if set(bug.needs) & set(task(**changes).needs)]
    if not bug.needs:
        variants = [VARIANTS["fedavg"]]
    assert any(departs(bug, task(**changes, **RARE.get(name, {}))) for changes in variants)


@pytest.mark.parametrize("name", [name for name, bug in BUGS.items() if bug.needs])
def test_a_bug_that_needs_a_feature_does_not_show_without(name):
    bug = BUGS[name]
    for changes in VARIANTS.values():
        asked = task(**changes)
        if not set(bug.needs) & set(asked.needs):
            assert not departs(bug, asked), asked.needs


def test_what_a_bug_keeps_between_runs_starts_afresh_with_every_simulator():
    bug = BUGS["global-model"]
    assert bug.simulator(task()).tobytes() == bug.simulator(task()).tobytes()


def test_signatures_differ_where_the_title_says():
    first, later, second_run = [], [], []
    for signature in SIGNATURES:
        asked = replace(signature.task, rounds=12)
        right, (once, *_, wrong) = right_path(asked)[1:], wrong_paths(replace(signature, runs=2), asked)
        assert not np.allclose(right, wrong if signature.runs == 2 else once, rtol=0.05), signature.bug
        if np.allclose(right, once):
            second_run.append(signature.bug)
        else:
            (later if np.isclose(right[0], once[0]) else first).append(signature.bug)
    assert second_run == ["global-model"] and len(first) > 2 and len(later) > 2


def test_two_runs_of_a_hidden_seed_differ_and_figures_are_drawn_twice_alike():
    hidden = next(signature for signature in SIGNATURES if signature.bug == "hidden-seed")
    first, second = wrong_paths(hidden, replace(hidden.task, rounds=12))
    assert not np.allclose(first, second)
    assert np.array_equal([first, second], wrong_paths(hidden, replace(hidden.task, rounds=12)))


def test_the_minimiser_of_a_signature_is_where_the_loss_is_flat():
    for signature in SIGNATURES:
        best, asked = minimiser(signature.task), signature.task
        slopes = [X.T @ (X @ [best] - y) / len(y) for X, y in zip(asked.features, asked.labels, strict=True)]
        assert np.dot(asked.weights, np.ravel(slopes)) == pytest.approx(0.0, abs=ROUNDING)
