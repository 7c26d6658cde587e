"""Where Local GD goes, as a class sees it: what does not change, what must, what is refused, and the code on screen."""

import math
import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from figures import Separator, Series
from implicitbias.asymptotics import direction_error, rate_constant
from implicitbias.errors import BadInput
from paper_repro.classroom.direction import Controls, show
from paper_repro.classroom.direction.averaged import hand_over
from paper_repro.classroom.direction.checking import MOST_POINTS
from paper_repro.classroom.direction.controls import local_steps_of, LOSSES
from paper_repro.classroom.direction.dealing import DEALINGS, dealt
from paper_repro.classroom.direction.journey import looks, round_number
from paper_repro.classroom.direction.presets import arrangement, PRESETS
from paper_repro.classroom.direction.separators import separators
from paper_repro.classroom.direction.show import journey_of
from paper_repro.classroom.direction.trapped import trapped, widest_gap
from paper_repro.classroom.lessons import lesson_named
from paper_repro.classroom.shown import attempt, Refused
from tests.on_screen import printed


A = "two workers that disagree (set A)"
# Four digits are said.
SAID = 6e-4


def controls_of(name=A, seed=0, **chosen):
    given = arrangement(name, seed)
    return Controls(given.points, given.labels, given.workers, **chosen)


def value(shown, name):
    (found,) = [fact.value for fact in shown.facts if fact.name == name]
    return found


def errors(shown):
    return [fact.value for fact in shown.facts if fact.name.startswith("direction error at")]


def lines(shown):
    return [mark for mark in shown.views[0].panels[0].marks if isinstance(mark, Separator)]


SEEDS = st.integers(0, 10**6)


@settings(max_examples=3, deadline=None)
@given(SEEDS, st.sampled_from([1, 3, 10]))
def test_order_of_points_and_names_of_workers_do_not_matter(seed, steps):
    controls = controls_of("random points", seed, local_steps=steps, decades=30)
    order = np.random.default_rng(seed).permutation(len(controls.points))
    names = {0: 2, 1: 0, 2: 5}
    shuffled = Controls(
        tuple(controls.points[i] for i in order),
        tuple(controls.labels[i] for i in order),
        tuple(names[controls.workers[i]] for i in order),
        local_steps=steps,
        decades=30,
    )
    first, second = attempt(lambda: show(controls)), attempt(lambda: show(shuffled))
    assert isinstance(first, Refused) == isinstance(second, Refused)
    if not isinstance(first, Refused):
        assert errors(first) == errors(second)
        assert value(first, "margin γ") == value(second, "margin γ")


@settings(max_examples=3, deadline=None)
@given(SEEDS, st.sampled_from(["logistic", "polynomial tail"]))
def test_a_flipped_label_at_the_opposite_point_changes_nothing_and_a_mirror_only_mirrors(seed, loss):
    controls = controls_of("random points", seed, loss=loss, decades=20)
    flipped = Controls(
        tuple((-x, -y) for x, y in controls.points),
        tuple(-label for label in controls.labels),
        controls.workers,
        loss=loss,
        decades=20,
    )
    mirrored = Controls(
        tuple((-x, y) for x, y in controls.points), controls.labels, controls.workers, loss=loss, decades=20
    )
    first, second, third = (show(c) for c in (controls, flipped, mirrored))
    assert first.facts == second.facts
    assert errors(first) == errors(third)
    for one, other in zip(lines(first), lines(third), strict=True):
        assert direction_error(np.array(one.normal) * (-1, 1), np.array(other.normal)) < 1e-6


def test_the_limit_does_not_know_the_local_steps_and_the_clock_does():
    few, many = show(controls_of(local_steps=2)), show(controls_of(local_steps=50))
    assert value(few, "w̃") == value(many, "w̃")
    assert few.facts[0] == many.facts[0]
    last = "direction error at round 10¹⁰⁰"
    assert value(few, last) != value(many, last)


@settings(max_examples=4, deadline=None)
@given(
    st.sampled_from([A, "unequal workers (set A′)", "workers that pull apart"]), st.sampled_from([1, 4, 30])
)
def test_error_times_log_time_tends_to_the_part_of_the_limit_across_the_separator(name, steps):
    controls = controls_of(name, local_steps=steps, decades=300)
    found = separators(controls.problem)
    journey = journey_of(controls, found)
    tau = controls.log_step + np.log(10.0) * journey.beyond.decades
    constant = rate_constant(found.common.weights, journey.residual)
    late = journey.beyond.decades >= 150
    off = np.abs(journey.beyond.chord * tau - constant)[late] * tau[late]
    # The next term is −C a, a = w̃·ŵ/|ŵ|².
    bound = (
        1.1
        * constant
        * abs(journey.residual @ found.common.weights)
        / (found.common.weights @ found.common.weights)
    )
    assert np.all(off <= bound + 1e-6 * tau[late])
    assert off[-1] > 0.5 * bound


def test_what_follows_exact_rounds_passes_through_them():
    for chosen in ({}, {"aggregation": "anchored"}, {"loss": "polynomial tail"}, {"local_steps": (3, 30)}):
        controls = controls_of(**chosen)
        found = separators(controls.problem)
        journey = journey_of(controls, found)
        exact = direction_error(journey.exact.w[-1], found.common.weights)
        near = np.abs(journey.beyond.decades - math.log10(journey.exact.last)).argsort()[:2]
        low, high = sorted(journey.beyond.chord[near])
        assert low * 0.99 <= exact <= high * 1.01


@settings(max_examples=3, deadline=None)
@given(st.sampled_from([1.0, 2.0, 5.0]), st.booleans())
def test_a_polynomial_tail_leads_elsewhere_and_settles_there(power, anchored):
    aggregation = "anchored" if anchored else "average"
    controls = controls_of(loss="polynomial tail", power=power, aggregation=aggregation, decades=200)
    found = separators(controls.problem)
    journey = journey_of(controls, found)
    assert direction_error(journey.beyond.w[-1], journey.target) < 1e-6
    assert direction_error(journey.target, found.common.weights) > 0.05
    assert "leads" in show(controls).finding


def test_anchoring_pays_for_projections_only():
    plain, anchored = (controls_of(aggregation=a) for a in ("average", "anchored"))
    found = separators(plain.problem)
    at_last = [looks(journey_of(c, found), found.common.weights, 100)[-1].chord for c in (plain, anchored)]
    assert at_last[1] > at_last[0]
    solved = [controls_of(aggregation=a, work="projection") for a in ("average", "anchored")]
    plain, anchored = (journey_of(c, found) for c in solved)
    assert direction_error(plain.target, found.common.weights) > 0.01
    rounds, error = anchored.exact.rounds, direction_error(anchored.exact.w, found.common.weights)
    slope = np.polyfit(np.log(rounds[rounds > 20]), np.log(error[rounds > 20]), 1)[0]
    assert slope == pytest.approx(-1.0, abs=0.05)


def test_sweeping_and_projections_come_to_satisfy_everybody_and_part_where_a_constraint_is_released():
    sweep, project = (controls_of("random points", 9, work=work) for work in ("sweeping", "projection"))
    found = separators(sweep.problem)
    paths = [journey_of(c, found).exact for c in (sweep, project)]
    for exact in paths:
        early, late = (1.0 - np.min(sweep.problem.signed @ u) for u in (exact.at_half, exact.w[-1]))
        assert 0 < late < 0.8 * early
    assert 1e-7 < direction_error(*(exact.w[-1] for exact in paths)) < 1e-3


def test_averaged_solves_say_whether_they_settled_and_where():
    names = {A: "leads beside", "workers that agree": "happens to end at", "random points": "has not settled"}
    for name, said in names.items():
        assert said in show(controls_of(name, 9, work="sweeping")).finding


def test_points_that_no_w_separates_rest_off_the_minimum_by_a_known_amount():
    near = trapped(controls_of("not separable", lr=0.002, local_steps=11))
    assert near.bias == pytest.approx(float(np.linalg.norm(near.first_order)), rel=0.02)
    assert direction_error(near.resting - near.minimiser, near.first_order) < 0.05
    still = show(controls_of("not separable", local_steps=1))
    assert float(value(still, "bias")) < 1e-12
    moved = show(controls_of("not separable", local_steps=20))
    assert float(value(moved, "bias")) > 0.1 and "No w separates" in moved.finding


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_the_widest_gap_tells_whether_some_w_separates(seed):
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(draw.integers(1, 7), 2)) + (0.7, 0.0)
    gap = widest_gap(rows)
    assume(abs(gap - np.pi) > 1e-6)
    angles = np.linspace(-np.pi, np.pi, 100_001)
    best = (rows @ np.stack([np.cos(angles), np.sin(angles)])).min(axis=0).max()
    assert (best > 0) == (gap > np.pi)


def test_a_hidden_answer_shows_the_points_alone():
    hidden = show(controls_of(prediction=60.0, hidden=True))
    (view,) = hidden.views
    assert [mark.label for mark in lines(hidden)] == ["your guess"]
    assert hidden.facts == () and hidden.code == hidden.why == hidden.capped == ""
    revealed = show(controls_of(prediction=60.0))
    own = separators(controls_of().problem).common.weights
    away = 60.0 - math.degrees(math.atan2(own[1], own[0]))
    assert value(revealed, "your guess") == f"{away:.3g}° off"
    assert "your guess" in [mark.label for mark in lines(revealed)]


def test_what_was_cut_is_said():
    assert "stop at round 10,000" in show(controls_of()).capped
    assert "200 rounds" in show(controls_of(work="sweeping")).capped
    early = show(controls_of("a small margin", lr=0.001, local_steps=1))
    assert "misclassified" in early.capped and "has not begun" in early.finding
    assert not any("10⁶" in fact.name for fact in early.facts)
    late = controls_of(local_steps=1000, lr=10.0)
    exact = journey_of(late, separators(late.problem)).exact
    assert hand_over(late, exact) in ("auto", exact.last)


def test_a_tie_has_no_limit_beside_the_ray():
    shown = show(controls_of("a tie (degenerate)"))
    assert "w̃" not in [fact.name for fact in shown.facts] and r"\log\log" in shown.why
    labels = [mark.label for mark in shown.views[1].panels[0].marks if isinstance(mark, Series)]
    assert "closed form" not in labels


POINTS, LABELS, WORKERS = ((1.0, 0.5), (-1.0, 0.4)), (1, -1), (0, 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"points": (), "labels": (), "workers": ()}, "click on the board"),
        ({"points": ((1.0, 0.5), (0.0, 0.0))}, "point 2"),
        ({"points": ((1.0, np.nan), (1.0, 0.0))}, "finite"),
        ({"points": ((1.0, 1.0),) * (MOST_POINTS + 1)}, f"at most {MOST_POINTS}"),
        ({"labels": (1, 2)}, "−1 or +1"),
        ({"workers": (0,)}, "one worker for each"),
        ({"local_steps": 0}, "H = 0"),
        ({"local_steps": 10**6}, "sweeping"),
        ({"local_steps": (1, 2, 3)}, "M = 2"),
        ({"lr": 0.0}, "η = 0"),
        ({"loss": "hinge"}, "known are logistic"),
        ({"decades": 0}, "decades = 0"),
        ({"decades": 1000}, "at most 300"),
    ],
)
def test_wrong_settings_are_refused_with_a_cure(changed, said):
    chosen = {"points": POINTS, "labels": LABELS, "workers": WORKERS} | changed
    with pytest.raises(BadInput, match=re.escape(said)):
        Controls(**chosen)


@pytest.mark.parametrize(
    ("name", "chosen", "said"),
    [
        (A, {"aggregation": "anchored", "local_steps": (1, 2)}, "one H"),
        (A, {"loss": "polynomial tail", "local_steps": (1, 2)}, "one H"),
        (A, {"loss": "polynomial tail", "work": "sweeping"}, "exponential tail"),
        ("random points", {"loss": "exponential", "lr": 10.0, "local_steps": 1000}, "use loss=Logistic()"),
        ("not separable", {"aggregation": "anchored"}, "plain averages"),
        ("not separable", {"lr": 20.0}, "smaller η"),
    ],
)
def test_what_has_no_answer_is_refused_in_a_sentence(name, chosen, said):
    refused = attempt(lambda: show(controls_of(name, **chosen)))
    assert isinstance(refused, Refused) and said in refused.message


def test_points_on_one_line_are_refused_when_one_part_of_w_stays_finite():
    points = ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0))
    refused = attempt(lambda: show(Controls(points, (1, 1, 1), (0, 0, 1))))
    assert isinstance(refused, Refused) and "off that line" in refused.message


@pytest.mark.parametrize(
    ("text", "steps"),
    [("10", 10), (" 1, 100 ", (1, 100)), ("7,", 7), ("ten", None), ("1.5", None), ("", None)],
)
def test_local_steps_are_read_as_typed(text, steps):
    if steps is not None:
        assert local_steps_of(text) == steps
        return
    with pytest.raises(BadInput, match="whole numbers"):
        local_steps_of(text)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(DEALINGS[1:]), st.integers(1, 6), SEEDS)
def test_dealing_keeps_the_points_and_leaves_no_worker_empty(dealing, workers, seed):
    before = arrangement("random points", seed)
    after = dealt(before, dealing, workers, seed)
    assert (after.points, after.labels) == (before.points, before.labels)
    assert set(after.workers) == set(range(workers))
    sizes = np.bincount(after.workers)
    assert dealing == "by label" or sizes.max() - sizes.min() <= 1
    with pytest.raises(BadInput, match="each worker needs a point"):
        dealt(before, dealing, 13, seed)


def test_every_preset_is_answered_or_says_why_not():
    for name in PRESETS:
        shown = attempt(lambda name=name: show(controls_of(name, decades=10)))
        assert not isinstance(shown, Refused), f"{name}: {shown.message}"
        assert len(shown.views) == 3 and shown.why and shown.capped
        assert arrangement(name).extent > max(abs(c) for point in arrangement(name).points for c in point)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        (A, {}),
        (A, {"local_steps": (1, 100), "decades": 6}),
        (A, {"lr": 10.0, "local_steps": 1000}),
        (A, {"aggregation": "anchored"}),
        (A, {"loss": "polynomial tail"}),
        (A, {"loss": "polynomial tail", "aggregation": "anchored"}),
        (A, {"work": "projection", "aggregation": "anchored"}),
        ("a tie (degenerate)", {"loss": "exponential"}),
        ("a small margin", {"lr": 0.001, "local_steps": 1}),
        ("not separable", {}),
    ],
)
def test_the_code_prints_the_numbers_on_screen(name, chosen):
    shown = show(controls_of(name, **chosen))
    text = printed(shown.code)
    numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e[+-]?\d+)?", text)]
    wanted = ("margin", "direction error at", "w̃", "limit", "minimiser", "where", "bias")
    told = [
        fact.value.split(" ")[0] if "=" in fact.value else fact.value
        for fact in shown.facts
        if fact.name.startswith(wanted)
    ]
    assert told
    for said in told:
        for number in re.findall(r"−?\d+\.?\d*(?:e[+−]?\d+)?", said):
            exact = float(number.replace("−", "-"))
            assert min(abs(exact - n) for n in numbers) <= SAID * abs(exact), (number, text)


@pytest.mark.parametrize("loss", LOSSES)
def test_rounding_is_said_to_be_nothing(loss):
    one = show(Controls(((2.0, -4.0),), (1,), (0,), loss=loss))
    said = " ".join([one.finding, *(f"{fact.value} {fact.means}" for fact in one.facts)])
    assert "0° " in one.finding and not re.search(r"e-\d|0e\+00|e[-−]\d+°", said), said


def test_round_numbers_are_round():
    assert [round_number(n) for n in (1, 2, 3, 9, 10, 49, 50, 99, 12345)] == [
        1,
        2,
        2,
        5,
        10,
        20,
        50,
        50,
        10000,
    ]


def test_the_lecture_notes_say_what_is_shown():
    notes = lesson_named("direction").notes.read_text(encoding="utf-8")
    plain, faster = show(controls_of()), show(controls_of(local_steps=100, decades=6))
    said = [entry.split(" = ")[1] for entry in (errors(plain)[0], *errors(plain)[2:], errors(faster)[2])]
    said.append(value(plain, "workers' own separators").split(" ")[0])
    said.append(re.search(r"ŵ, (.*) away", plain.views[2].title)[1])
    decade = (
        value(plain, "direction error 1%")
        .removeprefix("by round 10")
        .translate(str.maketrans("⁰¹²³", "0123"))
    )
    said.append(f"$10^{{{decade}}}$")
    for chosen in ({"loss": "polynomial tail"}, {"work": "projection"}):
        said.append(value(show(controls_of(**chosen)), "limit").split(" = ")[1].removesuffix(" from ŵ"))
    said.append(f"{float(value(show(controls_of('not separable')), 'bias')):.3f}")
    assert len(said) == 10
    for number in said:
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", notes), number
