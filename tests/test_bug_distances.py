"""The figure of all planted bugs: every one is in it, as far from the right path as the definition says."""

from dataclasses import replace

import numpy as np
import pytest

from figures import Heatmap, Histogram
from implicitbias import RecordAt, run
from paper_repro.claims.budget import Budget
from paper_repro.conformance.golden import random_instance
from paper_repro.conformance.planted import Plain, PLANTED
from paper_repro.conformance.planted.bug import Planted
from paper_repro.gallery.bug_distances import build, LIMITS, ROUNDS
from paper_repro.gallery.bug_runs import departure, distances, ROUNDING, tasks, WEIGHTS


SECOND = " (second run)"


@pytest.fixture(scope="module")
def view():
    return build(0, Budget.SMOKE)


@pytest.fixture(scope="module")
def rows(view):
    maps = [mark for panel in view.panels for mark in panel.marks if isinstance(mark, Heatmap)]
    return {name: values for mark in maps for name, values in zip(mark.rows, mark.values, strict=True)}


def test_every_bug_has_a_row_in_which_it_shows(rows):
    assert sorted(name.removesuffix(SECOND) for name in rows) == sorted(bug.name for bug in PLANTED)
    assert all(any(away is not None and away > ROUNDING for away in row) for row in rows.values())


def test_what_survives_a_run_and_nothing_else_shows_in_the_second(rows):
    late = {name.removesuffix(SECOND) for name in rows if name.endswith(SECOND)}
    assert late == {"start-written-on", "global-model", "global-buffer"}


@pytest.mark.parametrize(
    ("bug", "wrong"),
    [
        ("one-step-more", lambda task: {"local_steps": tuple(steps + 1 for steps in task.local_steps)}),
        ("uniform", lambda task: {"weights": (0.25,) * 4}),
    ],
)
def test_distances_are_those_between_two_runs_of_the_definition(rows, bug, wrong):
    task = random_instance(0, rounds=ROUNDS, weights=WEIGHTS)
    right, other = path(task), path(replace(task, **wrong(task)))
    expected = np.linalg.norm(other - right, axis=1) / np.linalg.norm(right, axis=1).max()
    assert rows[bug] == pytest.approx(np.minimum(expected, LIMITS[1]), rel=1e-9)


def path(task):
    options = {"start": task.start, "record": RecordAt.every(1), "engine": "definition"}
    return run(task.problem, task.method, task.rounds, **options).w[0, 1:]


def test_cells_are_blank_until_a_bug_can_show(rows):
    blank = {name: sum(away is None for away in row) for name, row in rows.items()}
    assert blank["uniform"] == 0 and blank["rate-decays"] == blank["stale-control"] == 1
    assert blank["delay-longer"] == 2 and blank["newest-first"] == 3
    assert rows["newest-first"][:3] == (None,) * 3


def test_single_precision_stays_near_its_rounding_error(rows):
    unit = np.finfo(np.float32).eps
    assert all(unit / 100 < away < 10 * unit for away in rows["float32"])


def test_the_title_counts_rows_and_the_histogram_all_bugs(view, rows):
    onsets = [1 + next(k for k, away in enumerate(row) if away and away > ROUNDING) for row in rows.values()]
    far = sum(max(away or 0.0 for away in row) > 0.01 for row in rows.values())
    assert f"{onsets.count(1)} of {len(rows)} bugs show in the first round" in view.title
    assert f"by round {max(onsets)}; {far} lead more" in view.title
    (bars,) = [mark for panel in view.panels for mark in panel.marks if isinstance(mark, Histogram)]
    assert np.sum(np.array(bars.heights, dtype=float)) == len(rows)


def test_the_right_simulator_is_no_distance_away_on_any_task():
    right = Planted("right", "nothing is wrong", {})
    for task in tasks(0, 3):
        assert not np.any(distances(right, task)) and Plain()(task).shape == (3, task.dim)
    with pytest.raises(LookupError, match="right shows on no task"):
        departure(right, 0, 3)


def test_the_figure_is_the_same_when_drawn_again_though_one_bug_hides_its_seed():
    hidden = next(bug for bug in PLANTED if bug.name == "hidden-seed")
    first, again = (departure(hidden, 0, ROUNDS).distance for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_overflow_counts_as_infinitely_far():
    steep = Planted(
        "steep", "the gradient is far too long", {"gradient": lambda *_: {"weight": np.full(3, np.nan)}}
    )
    assert np.isinf(departure(steep, 0, 3).distance).all()
