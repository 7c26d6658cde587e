"""Federated axes of the engine: weights, who takes part, control variates, normalised averages, late servers."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    Adam,
    Anchored,
    Average,
    BadInput,
    diloco,
    fedavg,
    FedNova,
    fednova,
    fedprox,
    gd,
    GradientSteps,
    HeavyBall,
    initial_state,
    LinearClassification,
    LinearRegression,
    local_gd,
    LocalMethod,
    Logistic,
    Normalised,
    PowerDecay,
    projection,
    Proximal,
    Quadratics,
    RecordAt,
    round_step,
    run,
    Sampled,
    Scaffold,
    scaffold,
    Server,
    Stream,
)
from implicitbias.engine.aggregation import attendance
from implicitbias.engine.storage import trace_from_bytes, trace_to_bytes
from implicitbias.fixed_point import round_fixed_point


seeds = st.integers(0, 10**6)
steps = st.integers(1, 5)
EVERY = RecordAt.every(1)

# Rounding of a few hundred steps on problems of size 1.
ROUNDING = 1e-12


def quadratics(seed, workers=3, dim=2):
    draw = Stream(seed).at("quadratics").generator()
    roots = draw.normal(size=(workers, dim, dim))
    return Quadratics(
        roots @ roots.swapaxes(1, 2) / dim + 0.2 * np.eye(dim), draw.normal(size=(workers, dim))
    )


def regression(seed, sizes=(2, 5, 3), dim=2):
    draw = Stream(seed).at("regression").generator()
    count = sum(sizes)
    assignment = np.repeat(np.arange(len(sizes)), sizes)
    return LinearRegression(draw.normal(size=(count, dim)), draw.normal(size=count), workers=assignment)


def path(problem, method, rounds=4, **options):
    return run(problem, method, rounds, record=EVERY, **options).w


def close(one, other):
    scale = 1.0 + np.abs(other).max()
    return np.allclose(one, other, rtol=0.0, atol=ROUNDING * scale)


@given(seeds)
def test_one_local_step_weighed_by_samples_is_descent_on_the_pooled_loss(seed):
    problem = regression(seed)
    pooled = LinearRegression(problem.features, problem.targets)
    assert close(path(problem, fedavg(0.05, 1)), path(pooled, gd(0.05)))
    assert not close(path(problem, fedavg(0.05, 1, None)), path(pooled, gd(0.05)))


@given(seeds, steps)
def test_on_equal_workers_corrections_do_nothing(seed, local_steps):
    one = quadratics(seed, workers=1)
    same = Quadratics(np.repeat(one.hessians, 3, axis=0), np.repeat(one.centres, 3, axis=0))
    alone = path(one, local_gd(0.05, local_steps))
    assert close(path(same, scaffold(0.05, local_steps)), alone)
    assert close(path(same, fednova(0.05, local_steps, None)), alone)
    by_lot = fedavg(0.05, local_steps, None, participation=Sampled(2))
    assert close(path(same, by_lot, stream=Stream(seed)), alone)


@given(seeds, st.tuples(steps, steps, steps), st.sampled_from(["path", "gradient"]))
def test_scaffold_rests_at_the_minimiser_of_the_weighted_loss_whatever_the_steps(seed, local_steps, option):
    problem, p = quadratics(seed), (1.0, 2.0, 0.5)
    pull = np.einsum("m,mij,mj->i", p, problem.hessians, problem.centres)
    best = np.linalg.solve(np.einsum("m,mij->ij", p, problem.hessians), pull)
    controls = np.array([[problem.worker_gradient(best, m) for m in range(3)]])
    method = scaffold(0.2 / problem.smoothness, local_steps, p, option=option)
    state = dataclasses.replace(initial_state(problem, method, best), controls=controls)
    after = round_step(problem, method, state)
    assert close(after.w[0], best) and close(after.controls, controls)


@pytest.mark.parametrize("option", ["path", "gradient"])
def test_scaffold_comes_to_rest_there(option):
    problem = quadratics(5)
    trace = run(
        problem, scaffold(0.5 / problem.smoothness, (1, 4, 2), option=option), 1500, record=RecordAt.last()
    )
    assert np.allclose(trace.w[0, -1], problem.minimiser, atol=1e-9)


@given(seeds, steps)
def test_controls_average_to_the_mean_gradient_along_the_round(seed, local_steps):
    problem, method = quadratics(seed), scaffold(PowerDecay(0.05), local_steps, (1.0, 2.0, 3.0))
    state = round_step(problem, method, initial_state(problem, method, np.ones(2)))
    later = round_step(problem, method, state)
    p = np.array([1.0, 2.0, 3.0]) / 6.0
    length = method.schedule(np.arange(local_steps, 2 * local_steps)).sum()
    # Σ p_m c_m⁺ = (w^r − Σ p_m w_m)/Σ η, since Σ p_m (c_m − c) = 0.
    assert close(p @ later.controls[0], (state.w[0] - p @ later.local[0]) / length)


@given(seeds, st.tuples(steps, steps, steps))
def test_normalised_averages_count_no_worker_by_its_steps(seed, local_steps):
    problem, p = quadratics(seed), np.array([1.0, 2.0, 0.5]) / 3.5
    start = initial_state(problem, LocalMethod(), np.ones(2))
    plain = round_step(problem, fedavg(0.05, local_steps, tuple(p)), start)
    moved = (plain.local[0] - 1.0) / np.array(local_steps)[:, None]
    for tau, given_tau in ((p @ local_steps, None), (1.0, 1.0)):
        nova = fednova(0.05, local_steps, tuple(p), effective_steps=given_tau)
        assert close(round_step(problem, nova, start).w[0], 1.0 + tau * p @ moved)


@given(seeds, steps, st.floats(0.1, 5.0))
def test_a_pull_is_a_worker_with_a_ridge_at_the_model_of_the_round(seed, local_steps, pull):
    problem, w = quadratics(seed), np.array([0.3, -1.0])
    ridge = Quadratics(
        problem.hessians + pull * np.eye(2),
        [
            np.linalg.solve(a + pull * np.eye(2), a @ c + pull * w)
            for a, c in zip(problem.hessians, problem.centres, strict=True)
        ],
    )
    state = initial_state(problem, LocalMethod(), w)
    method, plain = fedprox(0.05, local_steps, pull, None), local_gd(0.05, local_steps)
    assert close(round_step(problem, method, state).w, round_step(ridge, plain, state).w)


@settings(max_examples=10)
@given(seeds, st.floats(1.0, 3.0))
def test_many_pulled_steps_are_a_proximal_solve(seed, pull):
    problem = quadratics(seed)
    many = fedprox(0.5 / (problem.smoothness + pull), 400, pull, None)
    assert np.allclose(
        path(problem, many, 3), path(problem, LocalMethod(local_solver=Proximal(pull)), 3), atol=1e-9
    )


@given(seeds, st.integers(0, 3))
def test_a_late_server_applies_what_was_sent_that_many_rounds_ago(seed, delay):
    problem, method = quadratics(seed), local_gd(0.05, 2)
    moved = path(problem, dataclasses.replace(method, server=Server(0.7, delay=delay)), 8)[0]
    expected = [np.zeros(2)]
    for r in range(8):
        state = initial_state(problem, method, expected[max(r - delay, 0)])
        sent = round_step(problem, method, state).w[0] - state.w[0]
        expected.append(expected[-1] + (0.7 * sent if r >= delay else 0.0))
    assert close(moved, np.array(expected))


@given(seeds, st.floats(0.1, 0.9))
def test_a_server_that_looks_ahead_is_nesterovs_in_his_own_variables(seed, momentum):
    problem, rate = quadratics(seed), 0.6
    moved = path(problem, diloco(0.05, 3, rate, momentum), 6)[0]
    # y ← x + β(x − x⁻), x ← y + rate·Δ(y); the server's model is y.
    x, y, method = np.zeros(2), np.zeros(2), local_gd(0.05, 3)
    for r in range(6):
        sent = round_step(problem, method, initial_state(problem, method, y)).w[0] - y
        before, x = x, y + rate * sent
        y = x + momentum * (x - before)
        assert close(moved[r + 1], y)


@given(seeds, st.integers(1, 4), st.booleans())
def test_who_takes_part_is_drawn_anew_and_alike(seed, count, replacement):
    problem = quadratics(seed, workers=4)
    method = fedavg(0.1, 1, None, participation=Sampled(count, replacement))
    state = initial_state(problem, method, replicas=np.arange(50))
    counts = attendance(problem, method, state, Stream(seed))
    assert (counts.sum(axis=1) == count).all() and counts.min() >= 0
    assert replacement or counts.max() == 1
    part = dataclasses.replace(state, replicas=state.replicas[7:9])
    assert (attendance(problem, method, part, Stream(seed)) == counts[7:9]).all()


def test_workers_are_drawn_uniformly():
    problem, method = quadratics(0, workers=4), fedavg(0.1, 1, None, participation=Sampled(2))
    state = initial_state(problem, method, replicas=np.arange(6000))
    counts = attendance(problem, method, state, Stream(0))
    pairs = np.bincount(counts @ [8, 4, 2, 1], minlength=16)
    pairs = pairs[pairs > 0]
    # χ² with 5 degrees of freedom exceeds 25 with probability 1e-4; the seed is fixed.
    assert len(pairs) == 6 and ((pairs - 1000) ** 2 / 1000).sum() < 25.0


@given(seeds, st.integers(1, 3))
def test_only_those_who_take_part_enter_the_average_and_renew_their_control(seed, count):
    problem, p = quadratics(seed), np.array([0.2, 0.3, 0.5])
    method = scaffold(0.05, 2, tuple(p), participation=Sampled(count))
    before = round_step(problem, method, initial_state(problem, method, np.ones(2)), Stream(seed))
    counts = attendance(problem, method, before, Stream(seed))[0]
    after = round_step(problem, method, before, Stream(seed))
    shares = counts * p / (counts @ p)
    assert close(after.w[0], shares @ after.local[0])
    assert ((after.controls[0] != before.controls[0]).any(axis=1) == (counts > 0)).all()


@given(seeds)
def test_unbiased_weights_average_to_full_participation(seed):
    problem, p = quadratics(seed), (0.2, 0.3, 0.5)
    method = fedavg(0.05, 2, p, participation=Sampled(1, weighting="unbiased"))
    start = initial_state(problem, method, np.ones(2), np.arange(300))
    after, counts = (
        round_step(problem, method, start, Stream(seed)),
        attendance(problem, method, start, Stream(seed)),
    )
    each = [after.w[np.argmax(counts[:, m])] for m in range(3)]
    assert close(np.mean(each, axis=0), round_step(problem, fedavg(0.05, 2, p), start).w[0])


@given(seeds)
def test_a_run_goes_on_where_it_stopped_and_comes_back_from_disk(seed):
    problem = quadratics(seed)
    method = scaffold(0.05, 2, server=Server(0.5, 0.5, nesterov=True, delay=2), participation=Sampled(2))
    whole = run(problem, method, 7, stream=Stream(seed), record=EVERY)
    half = run(problem, method, 3, stream=Stream(seed), record=EVERY)
    kept = trace_from_bytes(trace_to_bytes(half))
    rest = run(problem, method, 4, start=kept, stream=Stream(seed), record=EVERY)
    assert (rest.w[0] == whole.w[0, 3:]).all()


@given(seeds)
def test_replicas_do_not_know_of_each_other(seed):
    problem = regression(seed)
    method = scaffold(0.05, 2, "samples", batch=2, participation=Sampled(2))
    many = run(problem, method, 3, replicas=5, stream=Stream(seed)).w
    assert (run(problem, method, 3, replicas=2, stream=Stream(seed)).w == many[:2]).all()


def test_velocities_are_averaged_as_the_models_are():
    problem, p = quadratics(1), np.array([0.2, 0.3, 0.5])
    method = dataclasses.replace(fedavg(0.05, 1, tuple(p)), momentum=HeavyBall(0.5))
    state = round_step(problem, method, initial_state(problem, method, np.ones(2)))
    gradients = np.stack([problem.worker_gradient(np.ones(2), m) for m in range(3)])
    assert close(state.velocity[0, 0], -0.05 * p @ gradients)


PROBLEM = quadratics(3)
SEPARABLE = LinearClassification(np.eye(2), np.ones(2), workers=2, loss=Logistic())


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: scaffold(0.1, 2, (1.0, -1.0, 1.0)), "weights = -1.0: must be a finite number > 0"),
        (lambda: run(PROBLEM, fedavg(0.1, 2), 1), "has no samples to count; give weights=None"),
        (lambda: run(PROBLEM, fedavg(0.1, 2, (1.0, 1.0)), 1), "one for each of the M = 3 workers"),
        (
            lambda: run(PROBLEM, fedavg(0.1, 2, None, participation=Sampled(2)), 1),
            "stream = None: who takes part",
        ),
        (
            lambda: run(PROBLEM, fedavg(0.1, 2, None, participation=Sampled(4)), 1, stream=Stream(0)),
            "only M = 3 workers; draw fewer",
        ),
        (lambda: Sampled(0), "count = 0"),
        (lambda: Sampled(1, weighting="biased"), "weighting = 'biased'"),
        (lambda: Scaffold("control"), "give 'path' or 'gradient'"),
        (lambda: FedNova(0.0), "effective_steps = 0"),
        (lambda: Server(delay=-1), "delay = -1"),
        (lambda: GradientSteps(-1.0), "proximal = -1"),
        (lambda: LocalMethod(correction=Scaffold(), momentum=HeavyBall(0.9)), "leave momentum at None"),
        (lambda: LocalMethod(correction=FedNova(), local_solver=GradientSteps(1.0)), "leave local_solver"),
        (lambda: LocalMethod(correction=Scaffold(), aggregation=Anchored()), "give Average()"),
        (lambda: LocalMethod(correction=Scaffold(), lr=Normalised(0.1)), "give a number or a schedule"),
        (
            lambda: LocalMethod(
                correction=FedNova(), participation=Sampled(1, weighting="unbiased"), local_steps=(1, 2)
            ),
            "would spoil the mean",
        ),
        (lambda: LocalMethod(participation=Sampled(1), scaling=Adam()), "refreshed by all workers"),
        (lambda: LocalMethod(lr=Normalised(0.1), local_solver=GradientSteps(1.0)), "has no place"),
        (
            lambda: round_fixed_point(PROBLEM, scaffold(0.1, 2), np.zeros(2)),
            "a round also moves the controls",
        ),
        (lambda: round_fixed_point(PROBLEM, LocalMethod(server=Server(delay=1)), np.zeros(2)), "on its way"),
    ],
)
def test_bad_input_names_value_rule_and_cure(build, words):
    with pytest.raises(BadInput) as refused:
        build()
    assert words in str(refused.value)


def test_exact_solves_take_part_by_lot_and_by_weight():
    method = dataclasses.replace(projection(), aggregation=Average((1.0, 3.0)))
    w = run(SEPARABLE, method, 1).w[0, -1]
    assert np.allclose(w, [0.25, 0.75])
    drawn = dataclasses.replace(projection(), participation=Sampled(1))
    one = run(SEPARABLE, drawn, 1, stream=Stream(0)).w[0, -1]
    assert sorted(one) == [0.0, 1.0]
