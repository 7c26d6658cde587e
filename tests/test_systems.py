"""Systems that nobody here wrote take the rounds that formulas say, or say what they do not offer."""

import logging
import multiprocessing
import random
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from implicitbias import Adam, gd, RecordAt, RMSProp, run
from paper_repro.conformance.systems import not_run_reason, SYSTEMS
from paper_repro.conformance.systems.numpy_worker import numpy_workers, whole_weights
from paper_repro.conformance.task import run_simulator, Task


# A few hundred operations in double precision, relative to numbers around 1.
ROUNDING = 1e-13
# Hours of rounds.
FOR_EVER = 10**8
# typer, which Flower imports, asks click for what click will drop.
pytestmark = pytest.mark.filterwarnings("ignore:'click:DeprecationWarning")

SIMULATORS = [name for name, system in SYSTEMS.items() if not system.scaled]
GOLDEN = Task(
    features=(np.array([[1.0]]), np.array([[0.5]])),
    labels=(np.array([0.0]), np.array([0.5])),
    lr=0.1,
    local_steps=(10, 10),
    rounds=5,
    weights=(0.5, 0.5),
    start=np.zeros(1),
)


def drawn(seed, **changes):
    """Return a task of three workers in the plane, all numbers different; p_m is not n_m/n."""
    normal = np.random.default_rng(seed).normal
    sizes = (3, 5, 4)
    given = {
        "features": tuple(normal(size=(n, 2)) for n in sizes),
        "labels": tuple(normal(size=n) for n in sizes),
        "lr": 0.1,
        "local_steps": (2, 5, 3),
        "rounds": 4,
        "weights": (0.5, 0.2, 0.3),
        "start": normal(size=2),
        "seed": seed,
    }
    return Task(**(given | changes))


def exact_path(task):
    """Return the path by v = x − (1 − (1 − ηB)^H) B^{−1}(∇f_m(x) + correction), B = A_m + ρ."""
    p, eye = np.array(task.weights), np.eye(task.dim)
    x, velocity, controls = task.start, np.zeros(task.dim), np.zeros((task.workers, task.dim))
    path = []
    for _ in range(task.rounds):
        moves = []
        for X, y, steps, control in zip(task.features, task.labels, task.local_steps, controls, strict=True):
            B = X.T @ X / len(y) + (task.proximal if task.algorithm == "fedprox" else 0.0) * eye
            gradient = X.T @ (X @ x - y) / len(y) + p @ controls - control
            shrunk = np.linalg.matrix_power(eye - task.lr * B, steps)
            moves.append((shrunk - eye) @ np.linalg.solve(B, gradient))
        moves, steps = np.array(moves), np.array(task.local_steps)
        if task.algorithm == "scaffold":
            controls = controls - p @ controls - moves / (task.lr * steps[:, None])
        moved = p @ moves if task.algorithm != "fednova" else p @ steps * (p / steps) @ moves
        velocity = task.server_momentum * velocity + moved
        ahead = moved + task.server_momentum * velocity if task.nesterov else velocity
        x = x + task.server_lr * ahead
        path.append(x)
    return np.array(path)


def simulator_of(name):
    pytest.importorskip(SYSTEMS[name].library, reason="a system of `make simulators`, which installs it")
    if reason := not_run_reason(name):
        pytest.skip(reason)
    return SYSTEMS[name].load().simulate


VARIANTS = {
    "fedavg": {},
    "fedprox": {"algorithm": "fedprox", "proximal": 0.7},
    "scaffold": {"algorithm": "scaffold"},
    "fednova": {"algorithm": "fednova"},
    "server": {"server_lr": 0.7, "server_momentum": 0.6},
    "nesterov": {"server_lr": 0.7, "server_momentum": 0.6, "nesterov": True},
}
REFUSED = {(name, "nesterov") for name in ("flower", "flower-server", "flower-messages")}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", SIMULATORS)
def test_systems_take_the_rounds_of_the_closed_form_or_say_what_they_do_not_offer(name, variant):
    simulator, task = simulator_of(name), drawn(1, **VARIANTS[variant])
    if (name, variant) in REFUSED or not set(task.needs) <= set(simulator.supports):
        with pytest.raises(NotImplementedError, match="Nesterov|offers no"):
            simulator(task)
        return
    path = run_simulator(simulator, task)
    np.testing.assert_allclose(path, exact_path(task), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("name", SIMULATORS)
def test_systems_pass_the_first_round_of_the_golden_instance(name):
    path = run_simulator(simulator_of(name), GOLDEN)
    # x_1 = (1/2)(1 − (1 − ηA_2)^H) b_2 with A_2 = 1/4, b_2 = 1.
    assert path[0, 0] == pytest.approx(0.5 * (1.0 - 0.975**10), rel=ROUNDING)
    np.testing.assert_allclose(path, exact_path(GOLDEN), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize(
    "changes", [{"participants": 2, "rounds": 6}, {"batch": 1}], ids=["drawn", "batches"]
)
def test_what_is_drawn_follows_the_seed_and_nothing_else(name, changes):
    simulator, task = simulator_of(name), drawn(2, **changes)
    if not set(task.needs) <= set(simulator.supports):
        pytest.skip("not offered")
    first = simulator(task)
    random.random()
    # To rounding: Flower's own loop adds up in an order of its own.
    np.testing.assert_allclose(simulator(task), first, rtol=0, atol=ROUNDING)
    assert np.abs(simulator(replace(task, seed=3)) - first).max() > 1e-3


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_mini_batch_of_equal_samples_is_the_full_gradient(name):
    simulator, task = simulator_of(name), drawn(5)
    alike = replace(task, features=tuple(X[:1].repeat(len(X), 0) for X in task.features))
    alike = replace(alike, labels=tuple(y[:1].repeat(len(y)) for y in task.labels))
    path = simulator(replace(alike, batch=2))
    np.testing.assert_allclose(path, simulator(alike), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("name", ["flower", "flower-messages"])
def test_flower_leaves_the_callers_generator_and_log_as_they_were(name):
    simulator = simulator_of(name)
    random.seed(5)
    expected, level = random.Random(5).random(), logging.getLogger("flwr").level
    simulator(drawn(0))
    assert random.random() == expected and logging.getLogger("flwr").level == level


def test_flowers_own_loop_is_known_not_to_repeat_its_bits():
    """Once this fails, Flower adds up in a fixed order: take the departure out of the registry."""
    loop, ordered = simulator_of("flower-server"), simulator_of("flower")
    task = drawn(0, rounds=8)
    paths = np.array([loop(task) for _ in range(10)])
    assert (paths != paths[0]).any()
    np.testing.assert_allclose(paths, exact_path(task)[None].repeat(10, 0), rtol=0, atol=ROUNDING)
    assert np.array_equal(ordered(task), ordered(task))
    assert set(SYSTEMS["flower-server"].known) == {"O0d/same-seed", "O0d/run-between"}


@pytest.mark.parametrize("variant", ["server", "nesterov"])
def test_torchs_momentum_is_that_of_our_server_from_its_first_step(variant):
    task = drawn(4, **VARIANTS[variant])
    ours = run(task.problem, task.method, task.rounds, start=task.start, record=RecordAt.every(1)).w[0, 1:]
    np.testing.assert_allclose(simulator_of("torch-diloco")(task), ours, rtol=0, atol=ROUNDING)


def test_weights_that_are_no_shares_of_samples_are_reported_to_53_binary_digits():
    task = drawn(0)
    whole = whole_weights(task)
    assert all(isinstance(n, int) for n in whole)
    np.testing.assert_allclose(np.array(whole) / sum(whole), task.weights, rtol=1e-15)
    assert whole_weights(replace(task, weights=(3 / 12, 5 / 12, 4 / 12))) == [3, 5, 4]
    assert [worker.examples for worker in numpy_workers(task)] == whole


@pytest.fixture
def local_sgd():
    """Return Local SGD in real processes, none of them standing by, and see that none is left behind."""
    simulator, module = simulator_of("torch-processes"), SYSTEMS["torch-processes"].load()
    module.stop_all()
    yield simulator
    assert multiprocessing.active_children() == []


def once_all_run(act):
    """Call a function from a thread as soon as both processes of the golden instance are there."""

    def watch():
        while len(multiprocessing.active_children()) < GOLDEN.workers:
            time.sleep(0.01)
        act()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def test_a_process_that_fails_says_how(local_sgd):
    with pytest.raises(RuntimeError, match="Invalid learning rate"):
        local_sgd(replace(GOLDEN, lr=-1.0))


def test_a_process_that_dies_ends_the_run(local_sgd):
    thread = once_all_run(lambda: multiprocessing.active_children()[0].kill())
    with pytest.raises(RuntimeError, match="ended without an answer|a process failed"):
        local_sgd(replace(GOLDEN, rounds=FOR_EVER))
    thread.join()


def test_ctrl_c_stops_all_processes(local_sgd):
    main = threading.main_thread().ident
    thread = once_all_run(lambda: signal.pthread_kill(main, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        local_sgd(replace(GOLDEN, rounds=FOR_EVER))
    thread.join()


def test_processes_stand_by_for_tasks_of_their_number_until_all_are_stopped(local_sgd):
    first = local_sgd(GOLDEN)
    processes = {child.pid for child in multiprocessing.active_children()}
    assert np.array_equal(local_sgd(GOLDEN), first)
    assert {child.pid for child in multiprocessing.active_children()} == processes and len(processes) == 2
    SYSTEMS["torch-processes"].load().stop_all()


def test_processes_are_not_waited_for_without_end(local_sgd, monkeypatch):
    monkeypatch.setattr(SYSTEMS["torch-processes"].load(), "PATIENCE", 0.2)
    with pytest.raises(RuntimeError, match="no answer within 0.2 s"):
        local_sgd(replace(GOLDEN, rounds=FOR_EVER))


@pytest.fixture(scope="module")
def optax_steps():
    pytest.importorskip("optax", reason="a system of `make simulators`, which installs it")
    return SYSTEMS["optax"].load()


def test_optaxs_rules_are_points_of_ours(optax_steps):
    problem = optax_steps.regression(1)
    errors = {point.name: point.error(problem) for point in optax_steps.POINTS}
    assert max(errors.values()) <= optax_steps.TOLERANCE, errors


def test_doubles_are_switched_on_for_optax_alone(optax_steps):
    import jax

    assert optax_steps.optax_path(optax_steps.regression(0), optax_steps.POINTS[0].theirs).dtype == np.float64
    assert not jax.config.jax_enable_x64


def test_neighbours_of_optaxs_rules_are_told_apart(optax_steps):
    import optax

    pooled = {"floor": 1e-3, "pooling": "square_of_mean"}
    impostors = [
        (optax.adam(0.05, b1=0.0, b2=0.9, eps=1e-3), gd(0.05, scaling=Adam(beta=0.9, **pooled))),
        (
            optax.adam(0.05, b1=0.0, b2=0.9, eps=1e-3),
            gd(0.05, scaling=Adam(beta=0.9, floor=1e-3, flooring="plus")),
        ),
        (
            optax.adam(0.05, b1=0.9, b2=0.9, eps=1e-3),
            gd(0.005, momentum=0.9, scaling=Adam(beta=0.9, flooring="plus", **pooled)),
        ),
        (
            optax.rmsprop(0.05, 0.9, 1e-3, 0.04, bias_correction=True),
            gd(0.05, scaling=Adam(beta=0.9, flooring="inside", initial=0.2, **pooled)),
        ),
        (
            optax.rmsprop(0.05, 0.9, 1e-3, centered=True),
            gd(0.05, scaling=RMSProp(beta=0.9, flooring="inside", **pooled)),
        ),
        (
            optax.rmsprop(0.05, 0.9, 1e-3, 0.04),
            gd(0.05, scaling=RMSProp(beta=0.9, flooring="inside", initial=0.04, **pooled)),
        ),
    ]
    problem = optax_steps.regression(1)
    for theirs, ours in impostors:
        assert optax_steps.Point("impostor", theirs, ours).error(problem) > 1e-4, ours
