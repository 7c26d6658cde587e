"""A diagnosis names what is wrong, says so when it does not know, and never names what is not there."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput
from paper_repro.conformance.diagnosis import diagnose, probes
from paper_repro.conformance.diagnosis.affine_work import is_affine, worked
from paper_repro.conformance.diagnosis.cause import Cause
from paper_repro.conformance.diagnosis.formats import FORMATS
from paper_repro.conformance.diagnosis.given import Given
from paper_repro.conformance.diagnosis.local_work import stepped
from paper_repro.conformance.diagnosis.misfit import misfit, Observed
from paper_repro.conformance.diagnosis.mutations import families, mutations, TOPICS
from paper_repro.conformance.diagnosis.probes import explains
from paper_repro.conformance.diagnosis.recipe import right_recipe
from paper_repro.conformance.diagnosis.recursion import advanced, initial, path
from paper_repro.conformance.diagnosis.search import Search, single_changes
from paper_repro.conformance.task import Task
from tests.wrong_fedavg import Switches, wrong_fedavg


ALGORITHMS = ("fedavg", "fedprox", "scaffold", "fednova")
SEEDS = st.integers(0, 2**20)


def drawn_task(seed, algorithm="fedavg", *, workers=3, dim=2, **changes):
    """Return a task without symmetries: all H_m, n_m, p_m differ."""
    draw = np.random.default_rng(seed)
    sizes = draw.permutation(np.arange(3, 3 + workers))
    shares = draw.permutation(np.arange(2, 2 + workers) ** 2)
    features = tuple(draw.normal(size=(n, dim)) for n in sizes)
    largest = max(float(np.linalg.eigvalsh(x.T @ x / len(x))[-1]) for x in features)
    fields = {
        "features": features,
        "labels": tuple(draw.normal(size=n) for n in sizes),
        "lr": 0.4 / largest,
        "local_steps": tuple(int(h) for h in draw.permutation([2, 5, 9, 3][:workers])),
        "rounds": 5,
        "weights": tuple(float(w) for w in shares / shares.sum()),
        "start": draw.normal(size=dim),
        "algorithm": algorithm,
        "proximal": 0.5 if algorithm == "fedprox" else 0.0,
    }
    return Task(**(fields | changes))


def golden(**changes):
    fields = {
        "features": (np.array([[1.0]]), np.array([[0.5]])),
        "labels": (np.array([0.0]), np.array([0.5])),
        "lr": 0.1,
        "local_steps": (10, 10),
        "rounds": 5,
        "weights": (0.5, 0.5),
        "start": np.zeros(1),
    }
    return Task(**(fields | changes))


def names(diagnosis):
    return [cause.name for cause in diagnosis.causes]


@given(SEEDS, st.sampled_from(ALGORITHMS), st.integers(0, 2), st.floats(0.0, 0.9), st.booleans())
def test_the_right_recipe_is_what_the_task_says(seed, algorithm, delay, momentum, nesterov):
    task = drawn_task(seed, algorithm, delay=delay, server_momentum=momentum, nesterov=nesterov and not delay)
    assert np.allclose(
        path(right_recipe(task), task.rounds), wrong_fedavg(task, Switches()), rtol=0.0, atol=1e-12
    )


@given(SEEDS)
def test_the_path_of_fedavg_is_its_closed_form(seed):
    task = drawn_task(seed)
    x, shown = task.start, []
    for _ in range(task.rounds):
        new = 0.0
        for features, labels, steps, weight in zip(
            task.features, task.labels, task.local_steps, task.weights, strict=True
        ):
            curvature = features.T @ features / len(labels)
            left = np.linalg.matrix_power(np.eye(task.dim) - task.lr * curvature, steps)
            optimum = np.linalg.solve(curvature, features.T @ labels / len(labels))
            new = new + weight * (optimum + left @ (x - optimum))
        x = new
        shown.append(x)
    assert np.allclose(path(right_recipe(task), task.rounds), shown, rtol=0.0, atol=1e-12)


@given(SEEDS, st.sampled_from(ALGORITHMS), st.floats(-0.5, 3.0))
def test_closed_local_work_is_its_steps(seed, algorithm, decay):
    recipe = right_recipe(drawn_task(seed, algorithm, start=np.ones(2))).working(weight_decay=decay)
    begin, anchor, pull, buffer = np.random.default_rng(seed).normal(size=(4, 3, 2))
    given_ = Given(0, begin, anchor, pull if algorithm == "scaffold" else 0.0 * pull, buffer)
    assert is_affine(recipe)
    assert np.allclose(worked(recipe, given_), stepped(recipe, given_)[0], rtol=1e-11, atol=1e-11)


def test_what_is_not_one_affine_map_is_stepped():
    recipe = right_recipe(drawn_task(0))
    for changed in (
        recipe.working(momentum=0.5),
        recipe.working(evaluated="late"),
        recipe.working(schedule=lambda r, k, h: 1.0),
        recipe.working(transform=lambda g: g),
        recipe.working(averages_every_step=True),
        recipe.replaced(rounding=FORMATS[0].rounding),
        recipe.replaced(samples=dataclasses.replace(recipe.samples, batch=1)),
    ):
        assert not is_affine(changed)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_nothing_is_found_where_nothing_is_wrong(algorithm):
    task = drawn_task(3, algorithm)
    diagnosis = diagnose(task, wrong_fedavg(task, Switches()))
    assert diagnosis.known and not diagnosis.causes and "no difference" in diagnosis.message


WRONG = [
    ("fedavg", Switches(extra_steps=1), "H+1"),
    ("fedavg", Switches(extra_steps=-1), "H−1"),
    ("fedavg", Switches(steps="first"), "H = that of the first worker"),
    ("fedavg", Switches(steps="largest"), "H = the largest H"),
    ("fedavg", Switches(weights="uniform"), "weights uniform"),
    ("fedavg", Switches(weights="samples"), "weights n_m"),
    ("fedavg", Switches(weights="steps"), "weights H_m"),
    ("fedavg", Switches(weights="ones"), "sum, not mean"),
    ("fedavg", Switches(lr=2.0), "η·2"),
    ("fedavg", Switches(summed_loss=True), "η·n_m"),
    ("fedavg", Switches(decay=0.01), "weight decay 0.01"),
    ("fedavg", Switches(decay=0.0123), "weight decay 0.0123"),
    ("fedavg", Switches(local_momentum=0.9), "local heavy-ball momentum, reset every round, 0.9"),
    ("fedavg", Switches(keeps_models=True), "models not reset"),
    ("fedavg", Switches(shares_model=True), "in turns, then averaged"),
    ("fedavg", Switches(stale_server=True), "stale broadcast"),
    ("fedavg", Switches(first_gradient=True), "gradient of the round's start"),
    ("fedavg", Switches(server_rate=0.5), "server rate 1/2"),
    ("fedavg", Switches(hidden_server_momentum=0.9), "server momentum 0.9"),
    ("fedavg", Switches(late=1), "delay +1"),
    ("fedavg", Switches(shown_before=True), "record before the round"),
    ("fedavg", Switches(shows_worker=1), "worker 2 shown"),
    ("fedavg", Switches(bias=True), "intercept"),
    ("fedavg", Switches(swapped_data=True), "data exchanged: those of 2, 1, 3"),
    ("fedavg", Switches(pooled=True), "pooled data"),
    ("fedavg", Switches(loses_last=True), "last sample lost everywhere"),
    ("fedavg", Switches(dtype=np.float32), "float32"),
    ("fedprox", Switches(prox=2.0), "ρ doubled"),
    ("fedprox", Switches(prox=0.0), "ρ absent"),
    ("fedprox", Switches(prox_to_zero=True), "pull to 0"),
    ("scaffold", Switches(undivided_control=True), "control not divided by H"),
    ("scaffold", Switches(control_steps="largest"), "control divided by the largest H"),
    ("scaffold", Switches(keeps_controls_at_zero=True), "controls never updated"),
    ("scaffold", Switches(late_c=True), "stale c"),
    ("scaffold", Switches(flipped=True), "correction's sign"),
    ("scaffold", Switches(extra_steps=1), "H+1"),
    ("fednova", Switches(unnormalised=True), "not normalised"),
    ("fednova", Switches(tau="one"), "τ = 1"),
    ("fednova", Switches(tau="largest"), "τ = max H"),
]


@pytest.mark.parametrize(("algorithm", "on", "name"), WRONG, ids=[f"{a}: {n}" for a, _, n in WRONG])
def test_a_mistake_written_by_other_hands_is_named_first_or_among_equals(algorithm, on, name):
    task = drawn_task(5, algorithm, rounds=4)
    observed = wrong_fedavg(task, on)
    diagnosis = diagnose(task, observed)
    assert diagnosis.known and name in names(diagnosis)
    assert len(diagnosis.causes) <= 3
    for cause in diagnosis.causes:
        assert cause.name in diagnosis.message and cause.sentence in diagnosis.message
        if cause.portable:
            assert misfit(cause.change(right_recipe(task)), Observed(observed, task.start)) < 1e-10


@settings(max_examples=12)
@given(SEEDS, st.sampled_from(ALGORITHMS), st.data())
def test_every_change_of_a_recipe_is_recovered_or_tied_with_its_equals(seed, algorithm, data):
    task = drawn_task(seed, algorithm, rounds=4)
    recipe = right_recipe(task)
    topic = data.draw(st.sampled_from(sorted(TOPICS)))
    listed = [mutation for name, mutation in mutations(recipe) if name == topic]
    mutation = data.draw(st.sampled_from(listed)) if listed else None
    if mutation is None:
        return
    observed = Observed(path(mutation.change(recipe), task.rounds), task.start)
    found = list(single_changes(Search(recipe, observed)))
    right = Observed(path(recipe, task.rounds), task.start)
    if misfit(recipe, observed) <= 1e-10:
        assert not found or misfit(mutation.change(recipe), right) <= 1e-10
    elif np.isfinite(observed.path).all():
        assert mutation.name in [cause.name for cause in found]
        for cause in found:
            assert misfit(cause.change(recipe), observed) <= observed.tolerance


def test_names_are_said_once():
    for algorithm in ALGORITHMS:
        recipe = right_recipe(drawn_task(1, algorithm, server_momentum=0.5))
        said = [mutation.name for _, mutation in mutations(recipe)] + [f.name for f in families(recipe)]
        assert len(said) == len(set(said))


def foreign_path(task, step):
    """FedAvg whose local step is another than that of gradient descent: (v, gradient, memory) -> v."""
    x, shown = task.start, []
    memories = [{} for _ in range(task.workers)]
    for _ in range(task.rounds):
        models = []
        for m, (features, labels) in enumerate(zip(task.features, task.labels, strict=True)):
            v = x
            for _ in range(task.local_steps[m]):
                v = step(v, features.T @ (features @ v - labels) / len(labels), memories[m], task.lr)
            models.append(v)
        x = np.tensordot(task.weights, models, 1)
        shown.append(x)
    return np.array(shown)


def adam(v, slope, memory, lr):
    memory["k"] = memory.get("k", 0) + 1
    memory["first"] = 0.9 * memory.get("first", 0.0) + 0.1 * slope
    memory["second"] = 0.999 * memory.get("second", 0.0) + 0.001 * slope**2
    first, second = memory["first"] / (1 - 0.9 ** memory["k"]), memory["second"] / (1 - 0.999 ** memory["k"])
    return v - lr * first / (np.sqrt(second) + 1e-8)


FOREIGN = {
    "Adam": adam,
    "damped": lambda v, slope, memory, lr: v - lr * np.tanh(slope),
    "soft threshold": lambda v, slope, memory, lr: (
        np.sign(v - lr * slope) * np.maximum(np.abs(v - lr * slope) - 0.01, 0.0)
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_algorithm_is_unknown(name):
    task = golden(local_steps=(10, 2), weights=(0.3, 0.7))
    diagnosis = diagnose(task, foreign_path(task, FOREIGN[name]))
    assert not diagnosis.known and not diagnosis.causes
    assert "unknown" in diagnosis.message and "departs in round 1" in diagnosis.message


def test_noise_and_any_affine_map_are_unknown():
    draw = np.random.default_rng(0)
    task = golden(local_steps=(10, 2), weights=(0.3, 0.7), start=np.ones(1))
    x, slope, shift, shown = 1.0, draw.uniform(-0.9, 0.9), draw.normal(), []
    for _ in range(task.rounds):
        x = slope * x + shift
        shown.append([x])
    # Two weights could meet it, and so could anything with two numbers to choose: that is no evidence.
    assert not diagnose(task, shown).known
    assert not diagnose(task, draw.normal(size=(task.rounds, 1))).known


def test_hints_say_where_it_departs_and_where_it_goes():
    task = golden(rounds=12)
    observed = wrong_fedavg(task, Switches())
    observed[3:] += 0.01 * np.random.default_rng(0).normal(size=(9, 1))
    said = diagnose(task, observed).message
    assert "departs in round 4; the rounds before are right" in said
    shown = 0.7 * (1.0 - 0.5 ** np.arange(1, 13))[:, None]
    assert "apparent rate 0.5 per round, apparent limit (0.7)" in diagnose(task, shown).message


def test_two_mistakes_at_once_are_named():
    task = drawn_task(2, workers=2)
    observed = wrong_fedavg(task, Switches(extra_steps=1, weights="uniform"))
    assert "H+1, and weights uniform" in names(diagnose(task, observed))


def test_steps_of_all_workers_are_read_off():
    task = drawn_task(4, workers=2)
    assert task.local_steps == (2, 5) or task.local_steps == (5, 2)
    wrong = dataclasses.replace(task, local_steps=(6, 7))
    found = diagnose(task, wrong_fedavg(wrong, Switches()))
    assert names(found) == ["H = (6, 7)"]


def test_weights_without_a_rule_are_fitted():
    task = drawn_task(4, workers=2)
    wrong = dataclasses.replace(task, weights=(0.37, 0.41))
    found = diagnose(task, wrong_fedavg(wrong, Switches()))
    assert "other weights (0.37, 0.41)" in names(found)
    assert found.causes[0].fitted == pytest.approx((0.37, 0.41), abs=1e-9)


def test_a_fitted_number_needs_more_than_one_number():
    task = golden(rounds=1)
    found = diagnose(task, wrong_fedavg(task, Switches(server_rate=0.77)))
    assert not found.known
    assert diagnose(task, wrong_fedavg(task, Switches(extra_steps=1))).known


def test_other_formats_are_told_apart():
    task = drawn_task(6)
    right = wrong_fedavg(task, Switches())
    assert names(diagnose(task, right.astype(np.float32))) == ["float32 record"]
    assert names(diagnose(task, right.astype(np.float16))) == ["float16 record"]
    short = path(right_recipe(task).replaced(rounding=FORMATS[0].rounding), task.rounds)
    assert names(diagnose(task, short)) == ["bfloat16"]
    tiny = wrong_fedavg(task, Switches(decay=1e-7))
    assert names(diagnose(task, tiny))[0].startswith("weight decay 1e-07")


def test_a_second_mistake_is_named_beside_float32():
    task = drawn_task(6)
    found = diagnose(task, wrong_fedavg(task, Switches(extra_steps=1, dtype=np.float32)))
    assert names(found) == ["float32, and H+1"]


def test_a_mistake_small_enough_for_float32_is_not_called_that():
    task = golden(rounds=8)
    observed = foreign_path(task, lambda v, slope, memory, lr: v - lr * slope - 3e-9)
    assert not diagnose(task, observed).known


def test_asking_again_tells_equals_apart():
    task = golden(local_steps=(10, 2), weights=(0.3, 0.7))

    def always_the_first(asked):
        return wrong_fedavg(asked, Switches(steps="first"))

    alone = diagnose(task, always_the_first(task))
    asked = diagnose(task, always_the_first(task), ask=always_the_first)
    assert {"H = that of the first worker", "H = the largest H"} <= set(names(alone))
    assert names(asked) == ["H = that of the first worker"]


def test_a_cause_that_another_task_contradicts_is_not_named():
    def eleven(asked):
        return wrong_fedavg(dataclasses.replace(asked, local_steps=(11,) * asked.workers), Switches())

    found = diagnose(golden(), eleven(golden()), ask=eleven)
    assert not found.known and "H+1 would explain this path, but not that of another task" in found.message


def test_a_hidden_seed_shows_when_asked_again():
    draw = np.random.default_rng(0)

    def noisy(asked):
        return wrong_fedavg(asked, Switches()) + 1e-3 * draw.normal(size=(asked.rounds, asked.dim))

    assert names(diagnose(golden(), noisy(golden()), ask=noisy)) == ["hidden seed or state"]


def test_probes_have_no_symmetry():
    for probe in probes(golden(seed=3)):
        for values in (probe.local_steps, probe.weights, [len(y) for y in probe.labels]):
            assert len(set(values)) == probe.workers


def drawn_run(task, sets, scale):
    """FedAvg or SCAFFOLD with given participants."""
    recipe, shown = right_recipe(task), []
    state = initial(recipe)
    for present in sets:
        shares = np.array(task.weights) * np.array(present)
        weighed = recipe.replaced(weights=tuple(scale(shares, present) * shares))
        state = advanced(weighed, state, present)
        shown.append(state.server)
    return np.array(shown)


SETS = [(1, 1, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]


def renormalised(shares, present):
    return 1.0 / shares.sum()


@pytest.mark.parametrize(
    ("sets", "scale", "name"),
    [
        ([(1, 1, 1)] * 4, renormalised, "all take part"),
        ([(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 0)], renormalised, "1 take part"),
        ([(1, 1, 0), (1, 1, 1), (0, 0, 1), (1, 0, 1)], renormalised, "numbers vary"),
        (SETS, lambda shares, present: len(present) / sum(present), "weights of participants unbiased"),
        (SETS, lambda shares, present: 1.0, "weights of participants plain"),
    ],
)
def test_who_took_part_is_read_off(sets, scale, name):
    task = drawn_task(7, rounds=4, participants=2)
    assert name in names(diagnose(task, drawn_run(task, sets, scale)))


def test_right_participants_are_right_and_the_rest_is_diagnosed_beside_them():
    task = drawn_task(7, rounds=4, participants=2)
    assert not diagnose(task, drawn_run(task, SETS, renormalised)).causes
    busy = dataclasses.replace(task, local_steps=tuple(h + 1 for h in task.local_steps))
    assert names(diagnose(task, drawn_run(busy, SETS, renormalised))) == ["H+1"]
    frozen = dataclasses.replace(task, rounds=9)
    same = drawn_run(frozen, [(1, 1, 0)] * 9, renormalised)
    assert names(diagnose(frozen, same)) == ["always the same workers"]


def test_mini_batches_that_are_not_drawn_are_named():
    task = drawn_task(8, batch=2)
    assert names(diagnose(task, wrong_fedavg(task, Switches()))) == ["full gradients"]
    recipe = right_recipe(task)
    ordered = recipe.replaced(samples=dataclasses.replace(recipe.samples, batch=2))
    assert names(diagnose(task, path(ordered, task.rounds))) == ["mini-batches of 2 in order"]


def test_a_run_that_stops_being_finite_is_judged_by_its_beginning():
    task = golden()
    right = wrong_fedavg(task, Switches())
    right[3:] = np.nan
    assert "right for 3 rounds, then not finite" in diagnose(task, right).message
    wrong = wrong_fedavg(task, Switches(extra_steps=1))
    wrong[4:] = np.inf
    assert names(diagnose(task, wrong)) == ["H+1"]
    assert "not finite" in diagnose(task, np.full((5, 1), np.nan)).message


@pytest.mark.bad_input
@pytest.mark.parametrize("observed", [np.zeros((5, 2)), np.zeros(5), np.zeros((0, 1)), [["a"]]])
def test_what_is_no_path_is_refused(observed):
    with pytest.raises(BadInput):
        diagnose(golden(), observed)


@pytest.mark.parametrize(("named_on", "asked_about"), [(golden(), drawn_task(1)), (drawn_task(1), golden())])
def test_a_cause_may_speak_of_workers_that_another_task_lacks(named_on, asked_about):
    right = path(right_recipe(asked_about), asked_about.rounds)
    for _, mutation in mutations(right_recipe(named_on)):
        cause = Cause(mutation.name, mutation.sentence, 0.0, (mutation.name,), mutation.change)
        assert explains(cause, asked_about, right + 1.0) in (False, None)


def test_a_simulator_that_never_moves_is_diagnosed_on_tasks_of_other_sizes():
    def stands_still(asked):
        return np.tile(asked.start, (asked.rounds, 1))

    for task in (golden(), drawn_task(3)):
        assert names(diagnose(task, stands_still(task), ask=stands_still)) == ["server stands still"]


def test_a_first_round_at_another_rate_is_not_called_another_start():
    task = drawn_task(5)
    warm = right_recipe(task).working(schedule=lambda round_, step, steps: 1.0 if round_ else 0.5)
    assert names(diagnose(task, path(warm, task.rounds))) == ["η in round 1 multiplied by 1/2"]
