"""A diagnosis names what is wrong, says so when it does not know, and never names what is not there."""

import dataclasses

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from implicitbias import BadInput
from paper_repro.conformance.diagnosis import diagnose, probes
from paper_repro.conformance.diagnosis.affine_work import is_affine, worked
from paper_repro.conformance.diagnosis.formats import FORMATS
from paper_repro.conformance.diagnosis.given import Given
from paper_repro.conformance.diagnosis.local_work import stepped
from paper_repro.conformance.diagnosis.misfit import misfit, Observed
from paper_repro.conformance.diagnosis.mutations import families, mutations, TOPICS
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
    ("fedavg", Switches(server_rate=0.7), "server rate 0.7"),
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
