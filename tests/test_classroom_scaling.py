"""The lesson of scaling without a browser: what scalings buy, what they cannot see, and what theorems say of them."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from figures import view_to_json
from implicitbias.errors import BadInput
from implicitbias.scaled import identical_workers, worker_gradients
from paper_repro.classroom.lessons import lesson_named
from paper_repro.classroom.scaling import Controls, instance_of, NAMES, race, show, study, tuned
from paper_repro.classroom.scaling.bounding import Held, held
from paper_repro.classroom.scaling.races import GRID, horizon, Race, replicas
from paper_repro.classroom.scaling.words import facts
from paper_repro.classroom.shown import attempt, Refused
from tests.on_screen import printed


FIRST = Controls()
SCALED = ("rmsprop", "adam", "oasis", "adagrad", "adahessian")


def bound_of(**controls):
    found = held(replace(FIRST, **controls))
    assert isinstance(found, Held)
    return found


def test_on_ill_chosen_units_every_scaling_beats_none():
    plain = race(FIRST, "identity")
    assert plain.censored and plain.said == f"> {horizon(FIRST)}"
    for family in SCALED:
        own = race(FIRST, family)
        assert own.rounds <= plain.horizon // 2 and own.mean[-1] < plain.mean[-1] / 3


def test_on_turned_data_nothing_is_gained():
    turned = replace(FIRST, rotated=True)
    ends = {family: race(turned, family).mean[-1] for family in ("identity", "rmsprop", "oasis")}
    assert all(ends[family] > ends["identity"] / 2 for family in ("rmsprop", "oasis"))
    own, plain = instance_of(turned), instance_of(FIRST)
    assert own.condition == pytest.approx(plain.condition, rel=1e-6)
    assert own.condition_scaled == pytest.approx(own.condition, rel=1e-6)
    assert plain.condition_scaled < plain.condition / 100


@pytest.mark.parametrize("family", ["rmsprop", "oasis"])
def test_on_unlike_data_workers_must_share_a_scaling(family):
    unlike = replace(FIRST, heterogeneity=1.0, batch=0)
    shared, own = (race(replace(unlike, scope=scope), family) for scope in ("global", "worker"))
    assert not shared.censored and own.censored
    # A shorter step does not cure it: the resting point is another.
    slower = race(replace(unlike, scope="worker", step=0.25), family)
    assert slower.censored and slower.mean[-1] > 2 * shared.mean[-1]


def test_on_like_data_the_scope_hardly_matters():
    ends = [race(replace(FIRST, scope=scope, batch=0), "rmsprop").mean[-1] for scope in ("global", "worker")]
    assert ends[0] == pytest.approx(ends[1], rel=1e-6)


@settings(deadline=None, max_examples=10)
@given(
    share=st.floats(0.0, 1.0),
    workers=st.sampled_from([1, 2, 4, 8]),
    decades=st.floats(0.0, 3.0),
    rotated=st.booleans(),
)
def test_workers_are_alike_as_far_as_asked(share, workers, decades, rotated):
    own = instance_of(Controls(heterogeneity=share, workers=workers, decades=decades, rotated=rotated))
    apart = round(50 * share)
    assert identical_workers(own.problem) == (apart == 0 or workers == 1)
    assert own.problem.workers == workers
    mean = worker_gradients(own.problem, own.best).mean(axis=0)
    assert np.abs(mean).max() < 1e-6 and own.problem.loss(own.best + 0.1) > own.least


@settings(deadline=None, max_examples=30)
@given(
    gaps=st.lists(st.floats(0.0, 1.0), min_size=3, max_size=12),
    accuracy=st.floats(0.05, 0.9),
)
def test_rounds_are_counted_until_the_gap_stays_and_censored_honestly(gaps, accuracy):
    own = Race("adam", 0.1, np.array([gaps, gaps]), accuracy)
    late = [r for r, gap in enumerate(gaps) if gap > accuracy]
    assert own.censored == (gaps[-1] > accuracy)
    assert own.rounds == max(1, late[-1] + 1 if late else 1)
    assert own.said.startswith(">") == own.censored and own.span == (own.rounds, own.rounds)


def test_a_run_that_leaves_the_numbers_has_not_come():
    lost = Race("adam", 9.0, np.array([[1.0, 0.01, np.inf], [1.0, 0.01, 0.001]]), 0.1)
    assert lost.censored and lost.said == "> 2"


def test_learning_rates_are_tuned_on_other_batches_and_can_be_moved():
    assert tuned(FIRST, "oasis") == tuned(replace(FIRST, seed=7, step=4.0, effort=4), "oasis")
    rates = {race(replace(FIRST, step=step), "oasis").lr for step in (0.5, 1.0)}
    assert max(rates) == pytest.approx(2 * min(rates))
    assert f"best of {len(GRID)}" in show(FIRST).capped


@settings(deadline=None, max_examples=12)
@given(
    theorem=st.sampled_from(["T1", "T2", "T3", "T4"]),
    family=st.sampled_from(["identity", "rmsprop", "oasis"]),
    decades=st.sampled_from([0.0, 1.5, 2.0]),
    ridge=st.sampled_from([1e-4, 1e-2]),
    steps=st.sampled_from([1, 8, 16]),
    share=st.sampled_from([0.0, 0.6]),
)
def test_no_run_exceeds_a_bound_that_applies(theorem, family, decades, ridge, steps, share):
    own = bound_of(
        theorem=theorem, bounded=family, decades=decades, ridge=ridge, local_steps=steps, heterogeneity=share
    )
    if theorem in ("T1", "T2") and share:
        assert "f_m = f for every worker" in own.unmet and not own.applicable
    for side in (own.bounds, own.crude):
        values = np.array([bound.value if bound.applicable else np.inf for bound in side])
        assert (own.measured <= values * (1 + 1e-9)).all()
    if own.applicable:
        assert 0.0 <= own.tightness <= 1.0


def test_a_bound_that_is_exceeded_is_not_said_to_hold():
    found = study(FIRST)
    own = found.held
    assert "≤" in facts(found)[-2].value and not len(own.exceeded)
    too_far = np.where(np.arange(len(own.rounds)) == 2, 2.0 * own.bounds[2].value, own.measured)
    told = facts(replace(found, held=replace(own, measured=too_far)))[-2]
    assert ">" in told.value and "≤" not in told.value and f"round {own.rounds[2]:.0f}:" in told.means


def test_the_metric_sees_what_the_ends_of_the_diagonal_do_not():
    own = bound_of(decades=1.5, ridge=0.01, local_steps=16)
    assert own.applicable and own.bounds[-1].value < own.bounds[0].value / 3
    assert not own.crude[-1].applicable and "η L_D ≤ 1/4" in own.crude[-1].unmet


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        ({"heterogeneity": 1.0}, "= f for every worker"),
        ({"scope": "worker"}, "here each worker has its own"),
        ({"bounded": "adagrad"}, "grows without end"),
        ({"bounded": "adam"}, "c ≤ Hη$μ_{D}$/2"),
    ],
)
def test_a_theorem_that_does_not_apply_names_why(controls, said):
    facts = show(replace(FIRST, **controls)).facts
    own = next(fact for fact in facts if fact.name.startswith("T1 for"))
    assert own.value in ("claims nothing", "says nothing") and said in own.means


def test_tuned_steps_are_longer_than_any_theorem_admits():
    assert "η L_D ≤ 1/4" in study(replace(FIRST, bounded="identity")).unmet


@settings(deadline=None, max_examples=30)
@given(steps=st.integers(1, 64), workers=st.integers(1, 8), effort=st.sampled_from([1, 4, 16]))
def test_work_is_capped_and_more_is_more(steps, workers, effort):
    own = Controls(local_steps=steps, workers=workers, effort=effort)
    assert 4 <= replicas(own) <= 64 and 1 <= horizon(own) <= 100
    assert replicas(own) >= replicas(replace(own, effort=1))


def test_what_is_capped_is_said():
    scene = show(FIRST)
    assert f"At most {horizon(FIRST)} rounds, {replicas(FIRST)} replicas" in scene.capped
    assert "“more” = 4 takes about" in scene.capped
    assert "“more”" not in show(replace(FIRST, effort=16, families=("oasis",))).capped


@pytest.mark.parametrize(
    "controls", [FIRST, Controls(scope="worker", heterogeneity=0.4, batch=0, families=tuple(NAMES), step=0.5)]
)
def test_the_code_prints_the_numbers_on_screen(controls):
    scene = show(controls)
    found = dict(re.findall(r"(\w+): (> \d+|\d+) rounds", printed(scene.code)))
    for family in controls.families:
        value = next(fact.value for fact in scene.facts if fact.name == NAMES[family])
        assert found[family] == value.partition(" (")[0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"families": ()}, "nothing to compare"),
        ({"families": ("sgd",)}, "scaling = 'sgd'"),
        ({"decades": 9.0}, "≤ 4"),
        ({"heterogeneity": 1.5}, "≤ 1"),
        ({"local_steps": 0}, "local_steps = 0"),
        ({"workers": 100}, "give 1 … 8"),
        ({"batch": -1}, "0 is full gradients"),
        ({"scope": "both"}, "choose 'global'"),
        ({"theorem": "T9"}, "choose one of T1"),
        ({"accuracy": float("nan")}, "accuracy = nan"),
        ({"step": 0.0}, "step = 0.0"),
        ({"seed": -1}, "seed = -1"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(wrong, said):
    with pytest.raises(BadInput, match=re.escape(said)):
        Controls(**wrong)
    assert isinstance(attempt(lambda: show(Controls(**wrong))), Refused)


@settings(deadline=None, max_examples=4)
@example(steps=64, workers=1, batch=0, step=1000.0, decades=4.0, share=1.0, theorem="T1")
@given(
    steps=st.sampled_from([1, 32]),
    workers=st.sampled_from([1, 8]),
    batch=st.sampled_from([0, 2]),
    step=st.sampled_from([0.01, 1000.0]),
    decades=st.sampled_from([0.0, 4.0]),
    share=st.sampled_from([0.0, 1.0]),
    theorem=st.sampled_from(["T1", "T3"]),
)
def test_every_setting_gives_pictures(steps, workers, batch, step, decades, share, theorem):
    scene = show(
        Controls(
            local_steps=steps,
            workers=workers,
            batch=batch,
            step=step,
            decades=decades,
            heterogeneity=share,
            theorem=theorem,
            families=("identity", "adam"),
        )  # fmt: skip
    )
    assert len(json.loads(view_to_json(scene.views[0]))["panels"]) == 3


def test_the_notes_say_what_is_shown():
    notes = lesson_named("scaling").notes.read_text()
    first = {family: race(FIRST, family).rounds for family in ("rmsprop", "oasis")}
    assert "do not come to $\\varepsilon$ in 35 rounds" in notes and horizon(FIRST) == 35
    assert f"RMSProp needs {first['rmsprop']}, OASIS {first['oasis']}." in notes
    own = instance_of(FIRST)
    assert f"is {own.condition:.0f}, and {own.condition_scaled:.2f} once" in notes
    steps = [race(replace(FIRST, local_steps=h), "oasis").rounds for h in (1, 4, 16)]
    assert f"needs {steps[0]}, {steps[1]} and {steps[2]} rounds" in notes
    unlike = replace(FIRST, heterogeneity=1.0, batch=0)
    assert f"RMSProp needs {race(unlike, 'rmsprop').rounds} rounds." in notes
    bound = bound_of(decades=1.5, ridge=0.01, local_steps=16)
    assert f"is {bound.bounds[-1].value:.0f} where the run" in notes


@pytest.mark.parametrize("other", [{"workers": 1}, {"step": 10.0}, {"rotated": True}])
def test_unlike_scalings_are_not_blamed_for_what_else_keeps_from_the_minimum(other):
    unlike = {"scope": "worker", "heterogeneity": 1.0, "batch": 0}
    assert "their mean step" in show(Controls(**unlike)).finding
    assert "their mean step" not in show(Controls(**unlike, **other)).finding
