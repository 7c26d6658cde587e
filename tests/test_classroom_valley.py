"""The lesson of the valley without a browser: it measures what the slow SDE says, and shows what it says."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from figures import view_to_json
from figures.values import floats
from implicitbias import rounds_of, Stream
from implicitbias.errors import BadInput
from paper_repro.claims.verdict import Status
from paper_repro.classroom.lessons import lesson_named
from paper_repro.classroom.shown import attempt, Refused
from paper_repro.classroom.valley import Controls, GROUNDS, show, shown, slow_paths, study, visit
from paper_repro.classroom.valley.courses import course, courses
from paper_repro.classroom.valley.drift import ratio_curve
from paper_repro.classroom.valley.walks import budget, FEWEST, GRADIENTS, OVERDRAWN
from paper_repro.classroom.valley.warm import warm
from sde.formulas import drift_factor
from tests.on_screen import printed


FIRST = Controls()
LANDS = [(name, noise) for name, ground in GROUNDS.items() for noise in ground.kinds]


def series(view, panel, role):
    return [m for m in view.panels[panel].marks if getattr(m, "role", None) == role]


@pytest.mark.parametrize(("landscape", "noise"), LANDS)
def test_the_measured_drift_is_that_of_the_slow_sde(landscape, noise):
    found = study(Controls(landscape, noise, slow_time=0.2, local_steps=25, seed=3))
    assert found.verdict is not None and found.verdict.status is Status.HOLDS
    own = found.ratios["local_sgd"]
    one = found.verdict.comparisons[0]
    assert abs(one.measured - own.predicted) <= one.uncertainty + one.allowance
    assert (
        abs(found.ratios["sgd"].measured - 1.0) <= found.ratios["sgd"].error + 0.08
    )  # ηh and η of a small ring


@pytest.mark.parametrize(("landscape", "wide"), [("valley", 0.2), ("ring", 0.03)])
def test_one_worker_is_sgd_however_long_its_rounds(landscape, wide):
    c = Controls(landscape, workers=1, local_steps=1000, lr=wide, sigma=0.5)
    found = study(c)
    ways = {key: own.moved for key, own in found.walks.items()}
    if landscape == "valley":  # some go further than π between two records, which is no turn
        assert np.abs(ways["local_sgd"]).max() > np.pi
    np.testing.assert_allclose(ways["local_sgd"], ways["sgd"], rtol=1e-9, atol=1e-12)
    assert show(c).finding.startswith("One worker alone is SGD")


def test_kernels_are_compiled_beforehand():
    warm()


@pytest.mark.parametrize(("landscape", "noise"), LANDS)
def test_workers_that_meet_after_every_step_are_sgd(landscape, noise):
    found = study(Controls(landscape, noise, local_steps=1, lr=0.01, slow_time=0.1))
    own, alone = found.ratios["local_sgd"], found.ratios["sgd"]
    assert own.predicted == pytest.approx(1.0)
    assert abs(own.measured - alone.measured) <= own.error + alone.error + 0.02


@settings(deadline=None, max_examples=15)
@given(
    workers=st.integers(2, 32),
    alpha=st.floats(0.01, 30.0),
    batch=st.floats(0.5, 8.0),
    shape=st.sampled_from(["valley", "bowl"]),
)
def test_the_curve_is_the_closed_form(workers, alpha, batch, shape):
    c = Controls(shape, workers=workers, batch=batch, slow_time=0.02 * batch / workers)
    gain = float(ratio_curve(c, np.array([alpha]), 1.0)[0])
    h = {"valley": np.exp(0.3), "bowl": 2.0}[shape]
    assert gain == pytest.approx(float(drift_factor(workers, alpha, h)), rel=0.02)  # h moves on the way


@settings(deadline=None, max_examples=10)
@given(workers=st.integers(1, 32), name=st.sampled_from(["valley", "circle"]))
def test_the_ratio_tends_to_m(workers, name):
    curve = ratio_curve(Controls(name, workers=workers), np.array([1e-6, 1.0, 1e6, np.inf]), 1.0)
    assert curve[0] == pytest.approx(1.0, abs=1e-3) and curve[2:] == pytest.approx(workers, rel=1e-3)
    assert (np.diff(curve) >= -1e-9).all()


def test_slow_paths_are_those_of_the_zoo():
    closed, times = FIRST.closed, np.linspace(0.0, 0.4, 25)
    found = slow_paths(closed, (0.3,), [(0.4, np.array([0.5]))], np.array([8.0]), 1.0, 1, Stream(0))
    exact = closed.slow_path(np.array([0.3]), times, 8, 1.0, 0.5)
    assert found.mean == pytest.approx(exact, abs=1e-6)


def test_noise_along_the_minima_spreads_as_much_for_every_method():
    found = study(Controls(noise="across and along", local_steps=100))
    widths = (found.slow.high - found.slow.low)[-1]
    assert widths[1] == pytest.approx(widths[0], rel=0.2)
    spreads = [walk.moved.std() for walk in found.walks.values()]
    assert spreads[1] == pytest.approx(spreads[0], rel=0.25)


@settings(deadline=None, max_examples=25)
@given(
    steps=st.integers(1, 300),
    lr=st.floats(0.02, 0.2),
    workers=st.integers(1, 32),
    schedule=st.sampled_from(["constant", "halved once", "halved twice"]),
)
@example(steps=1, lr=0.05, workers=4, schedule="halved twice")
def test_all_methods_take_the_same_steps_in_the_same_slow_time(steps, lr, workers, schedule):
    own = courses(Controls(local_steps=steps, lr=lr, workers=workers, schedule=schedule))
    assert set(own) == {"sgd", "local_sgd"} | ({"qsr"} if schedule != "constant" else set())
    assert len({(one.steps, one.slow_time) for one in own.values()}) == 1
    for one in own.values():
        assert len(rounds_of(one.method, one.steps)) == one.rounds
        assert one.method.batch * one.workers == pytest.approx(1.0)


def test_qsr_keeps_what_a_constant_h_loses():
    found = study(Controls(lr=0.05, local_steps=10, schedule="halved twice"))
    constant, qsr = (found.ratios[key] for key in ("local_sgd", "qsr"))
    assert qsr.measured - qsr.error > constant.measured + constant.error + 1.0
    assert course(found.controls, "qsr").alphas == pytest.approx([0.5, 1.0, 2.0])
    assert course(found.controls, "local_sgd").alphas == pytest.approx([0.5, 0.25, 0.125])


@settings(deadline=None, max_examples=25)
@given(
    lr=st.floats(0.001, 0.2),
    steps=st.integers(1, 2000),
    workers=st.integers(1, 32),
    effort=st.sampled_from([1, 4, 64]),
    schedule=st.sampled_from(["constant", "halved twice"]),
)
def test_work_is_capped(lr, steps, workers, effort, schedule):
    try:
        asked = Controls(lr=lr, local_steps=steps, workers=workers, effort=effort, schedule=schedule)
        own = budget(asked)
    except BadInput as error:
        assert "gradients of one replica" in str(error)
        return
    single = own.controls.slow_time <= (own.controls.halvings + 1) * lr**2 * steps
    assert own.gradients <= GRADIENTS * effort or (single and own.replicas == FEWEST)
    assert own.gradients <= OVERDRAWN * GRADIENTS * effort and own.controls.slow_time <= own.asked


def test_what_is_capped_is_said():
    scene = show(Controls(lr=0.002, slow_time=0.8))
    shorter = re.search(r"Slow time ([\d.]+) in place of 0.8", scene.capped)
    assert shorter and float(shorter[1]) < 0.8
    assert "“more” = 4 takes about" in scene.capped and "replicas" in scene.capped
    assert "“more”" not in show(Controls(effort=64, lr=0.2, local_steps=1, slow_time=0.1)).capped


@pytest.mark.parametrize(
    "controls",
    [
        FIRST,
        Controls("ring", "across and along", lr=0.05, local_steps=6, schedule="halved once"),
        Controls("sphere"),
    ],
)
def test_the_code_prints_the_numbers_on_screen(controls):
    scene = show(controls)
    said = printed(scene.code)
    values = {fact.name: fact.value for fact in scene.facts}
    assert f"SGD moves {values['SGD moves, slow SDE']};".replace("−", "-") in said
    local = values["Local SGD: drift over SGD's"]
    assert f"Local SGD {local} times" in said
    predicted = next(f.means for f in scene.facts if f.name.startswith("Local SGD"))
    assert predicted.split(": ")[1] in said


def test_points_visited_stay_on_their_own_curve():
    before = [visit(study(replace(FIRST, local_steps=h))) for h in (5, 50)]
    other = visit(study(replace(FIRST, workers=4)))
    found = study(FIRST)
    seen = [
        m for m in series(shown(found, [*before, other]).views[0], 2, "measured") if m.label != "Local SGD"
    ]
    assert floats(seen[0].x) == pytest.approx([0.1, 1.0]) and len(seen) == 1
    assert show(FIRST) == shown(found)


def test_steps_too_long_for_the_theory_are_named():
    assert "Mind" not in show(FIRST).why
    assert "ηM·σ²/B = 0.4 > 0.2" in show(replace(FIRST, lr=0.05)).why
    assert "The whole way is 4 rounds" in show(replace(FIRST, local_steps=250)).why


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"workers": 0}, "workers = 0"),
        ({"workers": 1000}, "give 1 … 32"),
        ({"local_steps": 2.5}, "local_steps = 2.5"),
        ({"lr": -1.0}, "lr = -1.0"),
        ({"lr": 3.0}, "choose η ≤ 0.25"),
        ({"batch": 0.0}, "batch = 0.0"),
        ({"sigma": float("nan")}, "sigma = nan"),
        ({"landscape": "hill"}, "choose one of valley"),
        ({"landscape": "sphere", "noise": "labels"}, "choose isotropic"),
        ({"schedule": "cosine"}, "choose constant"),
        ({"seed": -1}, "seed = -1"),
        ({"slow_time": 5.0}, "T·M·σ²/B = 40"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(wrong, said):
    with pytest.raises(BadInput, match=re.escape(said)):
        Controls(**wrong)
    assert isinstance(attempt(lambda: show(Controls(**wrong))), Refused)


@settings(deadline=None, max_examples=6)
@example(land=("bowl", "labels"), steps=300, lr=0.05, workers=32, schedule="halved twice", sigma=2.0)
@given(
    land=st.sampled_from(LANDS),
    steps=st.sampled_from([1, 7, 300]),
    lr=st.sampled_from([0.005, 0.05, 0.25]),
    workers=st.sampled_from([1, 32]),
    schedule=st.sampled_from(["constant", "halved twice"]),
    sigma=st.sampled_from([0.5, 2.0]),
)
def test_every_setting_gives_pictures_or_a_sentence(land, steps, lr, workers, schedule, sigma):
    scene = attempt(
        lambda: show(
            Controls(*land, local_steps=steps, lr=lr, workers=workers, schedule=schedule, sigma=sigma)
        )
    )
    if not isinstance(scene, Refused):
        assert len(json.loads(view_to_json(scene.views[0]))["panels"]) == 3


def test_the_notes_say_what_is_shown():
    notes = lesson_named("valley").notes.read_text()
    settings_of = {
        "3.35": FIRST,
        "5.03": replace(FIRST, local_steps=50),
        "7.54": replace(FIRST, local_steps=500),
        "2.78": replace(FIRST, lr=0.05, local_steps=10, schedule="halved twice"),
        "6.90": Controls("ring"),
    }
    for number, controls in settings_of.items():
        assert f"{study(controls).ratios['local_sgd'].measured:.2f}" == number and number in notes
    assert f"{study(FIRST).ratios['local_sgd'].predicted:.2f}" == "3.40"
