"""The conformance suite: right simulators pass all of it, and every mistake is caught where it should be."""

import dataclasses
import unittest
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from implicitbias import BadInput
from paper_repro.conformance import cases, check, golden, NotChecked, random_instance, Status
from paper_repro.conformance.case import Case
from paper_repro.conformance.drawn import independent, LEVEL, pairs, uniform
from paper_repro.conformance.estimates import estimated
from paper_repro.conformance.golden import CURVATURES
from paper_repro.conformance.oracles.exact import exact_path, exact_round, optimum
from paper_repro.conformance.oracles.minibatches import drawn_samples
from paper_repro.conformance.oracles.participation import drawn_sets
from paper_repro.conformance.outcome import Outcome
from paper_repro.conformance.suite import outcomes, select, Suite
from paper_repro.conformance.task import FEATURES
from tests import conformance_simulators as simulators
from tests.conformance_simulators import plain_fedavg, Reference


SEEDS = st.integers(0, 2**20)
FINISHED = frozenset({Status.PASSED, Status.NOT_RUN})


@cache
def known(seed: int = 0) -> dict[str, Case]:
    return {case.name: case for case in cases(seed)}


@cache
def whole() -> Suite:
    return Suite(tuple(outcomes(Reference(), known().values())))


def statuses(suite: Suite) -> set[Status]:
    return {outcome.status for outcome in suite.outcomes}


@pytest.fixture
def undiagnosed(monkeypatch):
    """Failures without the search for their cause, which takes longer than they do."""
    monkeypatch.setattr(Case, "_diagnosed", lambda self, simulator, outcome, found: outcome)


def test_a_right_simulator_passes_everything():
    assert {o.case: o.message for o in whole().outcomes if o.status is not Status.PASSED} == {}
    assert whole().exit_code == 0


def test_a_simulator_that_declares_nothing_is_asked_for_fedavg_alone():
    chosen = [case for name, case in known().items() if not name.startswith("O7/many")]
    suite = Suite(tuple(outcomes(plain_fedavg, chosen)))
    assert statuses(suite) == FINISHED and suite.exit_code == 0
    ran = [known()[o.case] for o in suite.having(Status.PASSED)]
    assert {case.needs for case in ran} == {("fedavg",)}
    assert {case.oracle for case in ran} >= {"O0", "O1", "O4", "O7", "O9"}


def test_what_is_not_declared_or_not_implemented_is_not_run_and_says_why():
    def partial(task):
        if task.delay:
            raise NotImplementedError("nothing arrives late here")
        return Reference()(task)

    partial.supports = tuple(name for name in FEATURES if name != "scaffold")
    late, controlled = (known()[name].check(partial) for name in ("O8/delay-path@G", "O3/path@G"))
    assert late.status is Status.NOT_RUN and "nothing arrives late here" in late.message
    assert controlled.status is Status.NOT_RUN and "scaffold" in controlled.message
    with pytest.raises(BadInput, match="'scafold' is no feature"):
        partial.supports = ("scafold",)
        check(partial)


def test_oracles_come_in_the_order_in_which_they_build_on_each_other():
    names = [case.name for case in cases(3, 2)]
    order = [name[:2] for name in names]
    ranks = ["O0", "O1", "O2", "O3", "O4", "O5", "O7", "O8", "O9"]
    assert list(dict.fromkeys(order)) == ranks and order == sorted(order)
    assert len(set(names)) == len(names)
    first, limit = names.index("O1/path@random-1"), names.index("O1/limit@G")
    assert first < limit


MISTAKES = {
    "OneMoreStep": ("O0a/equal-workers@G", "O0b/one-step@G", "O1/path@G", "O1/limit@G", "O1/rate@G", "O3/path@G"),
    "SwappedSteps": ("O0d/order@random-0", "O0d/copies@G", "O4/fedavg-path-10-2@G", "O4/fednova-path-2-10@G"),
    "SwappedWeights": ("O0b/partition@random-0", "O1/path@random-0", "O4/fednova-limit@random-0"),
    "DroppedWeight": ("O0b/one-step@G", "O1/path@G", "O9/average@random-0", "O9/excess@random-0"),
    "Uniform": ("O0b/partition@random-0", "O1/path@random-0", "O5/fedavg-sets@random-0"),
    "SinglePrecision": ("O0e/shift@G", "O1/path@random-0", "O2/many-steps-1@G"),
    "HiddenSeed": ("O0d/same-seed-participation@random-0", "O0d/same-seed-minibatches@random-0"),
    "ConstantSeed": ("O0d/other-seed-participation@G", "O0d/other-seed-minibatches@random-0"),
    "Remembering": ("O0d/run-between@G", "O0d/run-between@random-0"),
    "Scribbling": ("O0d/data-untouched@G",),
    "DecayingRate": ("O0d/prefix@G",),
    "ForgottenMomentum": ("O8/momentum-path@G", "O8/nesterov-path@random-0", "O8/nesterov-companion@G"),
    "WrongControls": ("O3/unequal-path@G", "O3/unequal-path@random-0"),
    "TwiceDrawn": ("O5/fedavg-sets@random-0",),
    "DrawnByWeight": ("O5/sets-uniform@random-0",),
    "StuckControls": ("O3/path@G", "O3/limit@random-0", "O5/scaffold-limit@G"),
    "GrownControls": ("O5/scaffold-sets@G", "O5/scaffold-sets@random-0"),
    "TakingTurns": ("O5/sets-independent@G", "O5/sets-uniform@random-0"),
    "SharedBatches": ("O5/samples-of-workers@random-0",),
    "Shuffled": ("O5/samples-independent@random-0",),
    "HalfBatches": ("O5/minibatch-moments@random-0",),
    "SharedData": ("O0d/order@G", "O7/one-step-distance@fresh", "O9/average@random-0"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_caught(mistake, undiagnosed):
    for name in MISTAKES[mistake]:
        outcome = known()[name].check(getattr(simulators, mistake)())
        assert outcome.status is Status.FAILED, f"{name}: {outcome.message}"
        assert not outcome.error <= outcome.tolerance or "seed" in outcome.message


def test_a_mistake_in_one_feature_leaves_the_others_alone(undiagnosed):
    suite = check(simulators.WrongControls(), only=("O1", "O2", "O3", "O4/fednova-path"))
    assert {o.case.split("@")[0] for o in suite.failures} <= {"O3/unequal-path", "O3/unequal-limit"}


def test_a_simulator_that_writes_on_its_task_harms_no_other_run(undiagnosed):
    suite = check(simulators.Scribbling(), only=("O0d/data-untouched", "O0d/same-seed", "O1/path"))
    assert {o.case.split("@")[0] for o in suite.failures} == {"O0d/data-untouched"}


def test_one_mistake_gets_one_name_throughout():
    chosen = select(tuple(known().values()), ("O1/path", "O1/server-rate", "O8/momentum-path"))
    suite = Suite(tuple(outcomes(simulators.OneMoreStep(), chosen)))
    (cause, explained), *others = suite.causes.items()
    assert cause.startswith("H+1") and len(explained) == len(chosen) and not others
    assert all(outcome.to_json()["cause_known"] for outcome in explained)
    with pytest.raises(AssertionError, match="likely cause: H\\+1"):
        chosen[0].assert_holds(simulators.OneMoreStep())


def test_a_broken_search_for_the_cause_leaves_the_numbers(monkeypatch):
    def broken(task, observed, ask):
        raise ArithmeticError("no luck")

    monkeypatch.setattr("paper_repro.conformance.diagnosis.diagnose", broken)
    outcome = known()["O1/path@G"].check(simulators.OneMoreStep())
    assert outcome.status is Status.FAILED and outcome.finding is not None and outcome.cause == ""
    assert "0.121539 instead of 0.111835" in outcome.message and "ArithmeticError: no luck" in outcome.message


def test_failures_name_those_that_they_may_follow_from(undiagnosed):
    suite = check(simulators.OneMoreStep(), only=("O0a", "O1/path", "O3/path"))
    found = {outcome.case: outcome.follows for outcome in suite.outcomes}
    assert found["O0a/equal-workers@G"] == ()
    assert found["O3/path@G"] == ("O0a/equal-workers@G", "O1/path@G")
    other = check(simulators.ForgottenMomentum(), only=("O3", "O8/momentum-path"))
    assert all(outcome.follows == () for outcome in other.having(Status.PASSED))


@pytest.mark.parametrize(
    ("broken", "status", "words"),
    [
        (lambda task: [task.start] * (task.rounds + 1), Status.ERROR, "shape (6, 1)"),
        (lambda task: {}["missing"], Status.ERROR, "KeyError"),
        (lambda task: exit(3), Status.ERROR, "SystemExit"),
        (lambda task: [[np.nan]] * task.rounds, Status.FAILED, "round 1: nan is not finite"),
        (lambda task: [[0.0] * k for k in range(task.rounds)], Status.ERROR, "is a list, and no array"),
        (lambda task: [["a"]] * task.rounds, Status.ERROR, "real numbers"),
    ],
)
def test_whatever_a_simulator_does_is_an_outcome(broken, status, words, undiagnosed):
    outcome = known()["O1/path@G"].check(broken)
    assert outcome.status is status and words in outcome.message
    assert bool(outcome.traceback) == (status is Status.ERROR)


def test_a_simulator_may_yield_its_vectors():
    def yields(task):
        yield from plain_fedavg(task)

    assert known()["O1/path@G"].check(yields).status is Status.PASSED


def test_a_failed_assertion_holds_the_numbers(undiagnosed):
    case = known()["O1/path@G"]
    case.assert_holds(plain_fedavg)
    with pytest.raises(AssertionError, match=r"O1/path@G: .*\nround 1: 0.121539 instead of 0.111835"):
        case.assert_holds(simulators.OneMoreStep())


def test_what_is_not_checked_is_skipped():
    with pytest.raises(NotChecked, match="O3/path@G: it does not declare scaffold"):
        known()["O3/path@G"].assert_holds(plain_fedavg)
    assert issubclass(NotChecked, unittest.SkipTest)


@given(SEEDS, st.integers(0, 3))
@example(0, 0)
def test_random_instances_are_uneven_well_conditioned_and_shared_by_algorithms(seed, index):
    task = random_instance(seed, index=index)
    other = random_instance(seed, "scaffold", index=index)
    sizes = [len(labels) for labels in task.labels]
    assert (task.workers, task.dim) == (4, 3) and len(set(sizes)) == len(set(task.local_steps)) == 4
    assert np.allclose(task.weights, np.array(sizes) / sum(sizes)) and np.any(task.start != 0)
    modes = np.linalg.eigvalsh([rows.T @ rows / len(rows) for rows in task.features])
    assert CURVATURES[0] * (1 - 1e-9) <= modes.min() and modes.max() <= CURVATURES[1] * (1 + 1e-9)
    assert all(np.array_equal(a, b) for a, b in zip(task.features, other.features, strict=True))
    assert not np.array_equal(task.start, random_instance(seed, index=index + 1).start)


@settings(max_examples=3)
@given(SEEDS)
def test_rounds_are_stable_and_limits_in_reach_whatever_the_seed(seed):
    for case in cases(seed):
        if case.oracle in ("O1", "O3", "O8") and case.diagnosable:
            assert exact_round(case.task).radius < 0.97, case.name


@settings(max_examples=2)
@given(SEEDS)
def test_a_right_simulator_passes_whatever_the_seed(seed):
    chosen = select(cases(seed), ("O1", "O2", "O3", "O4", "O8", "O5/fedavg-sets", "O5/samples"))
    assert all(case.check(Reference()).status is Status.PASSED for case in chosen)


def test_the_golden_instance_is_the_one_worked_by_hand():
    task = golden()
    samples = list(zip(task.features, task.labels, strict=True))
    losses = [[((rows @ [x] - y) ** 2).mean() / 2 for rows, y in samples] for x in (0.0, 1.0, 3.0)]
    assert np.allclose(losses, [(0.0, 1 / 8), (0.5, 0.0), (4.5, 0.5)])
    assert optimum(task) == pytest.approx([0.2], abs=1e-15)
    decay = (1 - 0.1 * 0.25) ** 10
    assert exact_path(task)[0] == pytest.approx([(1 - decay) / 2], abs=1e-15)


@given(SEEDS)
def test_drawn_workers_are_read_off_the_path(seed):
    task = random_instance(seed, participants=2, rounds=12)
    chosen = [tuple(sorted(np.random.default_rng([seed, r]).choice(4, 2, replace=False))) for r in range(12)]

    class Scripted(Reference):
        def participants(self, task, random):
            self.round = getattr(self, "round", -1) + 1
            return list(chosen[self.round])

    found = drawn_sets(task, np.array(Scripted()(task)))
    sets = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert [sets[k] for k in found.draws[0]] == chosen


@given(SEEDS)
def test_drawn_samples_are_read_off_the_path(seed):
    task = random_instance(seed, batch=1, rounds=8, local_steps=(1, 1, 1, 1), lr=0.05)
    wanted = [np.random.default_rng([seed, m]).integers(len(y), size=8) for m, y in enumerate(task.labels)]

    class Scripted(Reference):
        def samples(self, task, m, random):
            self.calls = getattr(self, "calls", -1) + 1
            return wanted[m][self.calls // 4 : self.calls // 4 + 1]

    assert np.array_equal(drawn_samples(task, np.array(Scripted()(task))).draws, wanted)


def test_a_round_that_nothing_explains_leaves_draws_uncounted():
    task = known()["O5/sets-uniform@random-0"]
    outcome = task.check(simulators.TwiceDrawn())
    assert outcome.status is Status.UNDECIDED and "nothing to count" in outcome.message


def test_a_wrong_number_of_workers_is_told():
    class Fewer(Reference):
        def participants(self, task, random):
            count = None if task.participants is None else task.participants - 1
            return super().participants(dataclasses.replace(task, participants=count), random)

    outcome = known()["O5/fedavg-sets@random-0"].check(Fewer())
    assert outcome.status is Status.FAILED and "all rounds are those of 1, not 2" in outcome.message

    class Either(Reference):
        def participants(self, task, random):
            count = task.participants and int(random.integers(1, task.workers + 1))
            return super().participants(dataclasses.replace(task, participants=count), random)

    for mistake, words in ((Either, "their number varies"), (simulators.TwiceDrawn, "with replacement")):
        assert words in known()["O5/fedavg-sets@random-0"].check(mistake()).message


def draws(seed, count, odds):
    return np.random.default_rng(seed).choice(len(odds), count, p=np.array(odds) / sum(odds))


def test_frequencies_are_judged_three_ways():
    fair, unfair = (1, 1, 1, 1, 1, 1), (2, 1, 1, 1, 1, 1)
    counted = [uniform([np.bincount(draws(s, 1500, fair), minlength=6)], "") for s in range(200)]
    assert {found.status for found in counted} == {Status.PASSED}
    counted = [uniform([np.bincount(draws(s, 1500, unfair), minlength=6)], "") for s in range(50)]
    assert {found.status for found in counted} == {Status.FAILED}
    few = uniform([np.bincount(draws(0, 40, fair), minlength=6)], "")
    assert few.status is Status.UNDECIDED


def test_independence_is_judged_three_ways():
    def judged(seed, count, sticky):
        kept = draws(seed, count, (1, 1, 1, 1))
        stays = np.random.default_rng(seed + 10**6).random(count) < sticky
        for k in range(1, count):
            kept[k] = kept[k - 1] if stays[k] else kept[k]
        return independent([pairs(kept[:-1], kept[1:], (4, 4))], "").status

    assert {judged(s, 1500, 0.0) for s in range(100)} == {Status.PASSED}
    assert {judged(s, 1500, 0.25) for s in range(20)} == {Status.FAILED}
    assert judged(0, 60, 0.0) is Status.UNDECIDED


def test_means_are_judged_three_ways():
    def judged(seed, count, shift):
        samples = np.random.default_rng(seed).normal(1.0 + shift, 1.0, (count, 2))
        return estimated(("a", "b"), np.ones(2), samples, np.ones(2)).status

    assert {judged(s, 500, 0.0) for s in range(100)} == {Status.PASSED}
    assert {judged(s, 500, 0.6) for s in range(20)} == {Status.FAILED}
    assert judged(0, 20, 0.0) is Status.UNDECIDED


def test_chances_of_a_wrong_statistical_verdict_add_up_to_a_thousandth():
    exact = ("-sets", "/samples", "-limit")
    names = [case.name for case in known().values() if case.oracle in ("O5", "O7")]
    drawn = [name for name in names if not name.split("@")[0].endswith(exact)]
    own = [name for name in drawn if name.endswith("@random-0")]
    assert (len(drawn) + 7 * len(own)) * LEVEL <= 1e-3  # with eight random instances


def test_names_select_oracles_parts_and_cases():
    chosen = select(tuple(known().values()), ("O0d", "O1/path", "O3/rate@G"))
    assert {case.name.split("/")[0] for case in chosen} == {"O0d", "O1", "O3"}
    assert [case.name for case in chosen if case.oracle != "O0"] == [
        "O1/path@G",
        "O1/path@random-0",
        "O3/rate@G",
    ]
    with pytest.raises(BadInput, match="--only O6: there is no such oracle or case; give O0a"):
        select(tuple(known().values()), ("O6",))


def outcome_of(status: Status) -> Outcome:
    return Outcome("O1/x@G", "O1", "t", status, "m", golden())


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ((Status.PASSED, Status.NOT_RUN), 0),
        ((Status.PASSED, Status.FAILED, Status.UNDECIDED), 1),
        ((Status.PASSED, Status.ERROR), 1),
        ((Status.PASSED, Status.UNDECIDED), 3),
        ((Status.NOT_RUN,), 3),
        ((), 3),
    ],
)
def test_exit_codes(found, code):
    assert Suite(tuple(outcome_of(status) for status in found)).exit_code == code
