"""Rules for the number of local steps: the released quadratic rule to the integer, and runs that end where told."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    local_gd,
    local_sgd,
    post_local_sgd,
    PostLocal,
    PowerDecay,
    qsr,
    QuadraticRule,
    Quadratics,
    RecordAt,
    rounds_of,
    run,
    Stream,
    Trace,
    WarmupCosine,
)
from implicitbias.data import set_a
from implicitbias.problems import LinearRegression


modest = settings(deadline=None, max_examples=30)


def replay(peak, total, warmup, growth, base):
    """Return the rounds of a training run with the quadratic rule, in its recipe."""
    schedule = WarmupCosine(peak, total, warmup)
    return rounds_of(qsr(schedule, growth, base, 1, warmup=warmup, total=total), total)


@pytest.mark.parametrize(
    ("growth", "base", "rounds"), [(0.0175, 4, 9711), (0.0175, 8, 6461), (0.015, 4, 11523)]
)
def test_the_rounds_of_the_vision_transformer(growth, base, rounds):
    steps = replay(0.008, 93_600, 10_000, growth, base)
    assert len(steps) == rounds and steps.sum() == 93_600
    assert (np.diff(steps[10_000 // base : -1]) >= 0).all()


@pytest.mark.parametrize(
    ("growth", "base", "rounds"),
    [(0.2, 2, 24_792), (0.2, 4, 12_874), (0.25, 4, 12_539), (0.25, 2, 23_996), (0.3, 4, 12_234)],
)
def test_the_rounds_of_the_residual_network(growth, base, rounds):
    assert len(replay(0.8, 62_400, 1_560, growth, base)) == rounds


def test_constant_rounds_are_counted():
    assert len(rounds_of(local_sgd(0.1, 4, 1), 93_600)) == 23_400
    assert len(rounds_of(local_sgd(0.1, 8, 1), 93_600)) == 11_700
    assert len(rounds_of(local_sgd(0.1, 8, 1), 0)) == 0


@modest
@given(
    growth=st.floats(0.005, 0.3),
    base=st.integers(1, 6),
    power=st.sampled_from([1.0, 2.0, 3.0]),
    warmup=st.integers(0, 40),
    first=st.integers(1, 5),
    total=st.integers(50, 400),
)
def test_the_rule_is_the_released_loop(growth, base, power, warmup, first, total):
    """The loop as published, with its own clock; the warm-up ends the run too if it is that short."""
    schedule, expected, s = WarmupCosine(0.1, total, warmup), [], 0
    while s < total:
        lr, remaining = float(schedule(np.array(s))), total - s
        h = first if s < warmup else max(min(max(int((growth / lr) ** power), base), remaining), 1)
        expected.append(min(h, remaining))
        s += expected[-1]
    method = qsr(schedule, growth, base, 1, power=power, warmup=warmup, first=first, total=total)
    assert rounds_of(method, total).tolist() == expected


@modest
@given(st.floats(0.01, 0.4), st.integers(1, 5), st.integers(20, 200))
def test_a_run_ends_exactly_at_its_total_and_steps_as_the_replay_says(growth, base, total):
    problem = Quadratics(np.stack([np.eye(1), 2 * np.eye(1)]), np.array([[1.0], [-1.0]]))
    method = local_gd(WarmupCosine(0.2, total, 5), QuadraticRule(base, growth, total=total))
    steps = rounds_of(method, total)
    trace = run(problem, method, len(steps), record=RecordAt.every(1))
    assert trace.final.clock.steps == (total, total)
    rates = method.schedule(np.arange(total))
    np.testing.assert_allclose(trace.time[1:], np.cumsum(rates)[np.cumsum(steps) - 1])
    beyond = run(problem, method, len(steps) + 3)
    assert beyond.final.clock.steps == (total + 3, total + 3), "beyond the end a round is a single step"


def test_rounds_grow_as_the_rate_decays_and_only_then():
    method = qsr(PowerDecay(0.1), 0.2, 2, 1, total=5000)
    steps = rounds_of(method, 5000)
    assert (np.diff(steps[:-1]) >= 0).all() and steps[0] == 4 and steps[-2] > 1000
    assert set(rounds_of(qsr(0.1, 0.05, 3, 1, total=99), 99)) == {3}


@modest
@given(st.integers(1, 20), st.integers(0, 30), st.integers(0, 12))
def test_post_local_sgd_is_sgd_and_then_local_sgd(local_steps, switch, rounds):
    method = post_local_sgd(0.1, local_steps, 1, switch=switch)
    steps = rounds_of(method, switch + rounds * local_steps)
    assert steps.tolist() == [1] * switch + [local_steps] * rounds


def test_post_local_sgd_follows_both_of_its_parts():
    samples = set_a()
    problem = LinearRegression(samples.features, samples.labels, workers=samples.workers)
    given = dict(stream=Stream(3), engine="definition")
    first = run(problem, local_sgd(0.05, 1, 1), 7, **given)
    then = run(problem, local_sgd(0.05, 4, 1), 3, start=first, **given)
    both = run(problem, post_local_sgd(0.05, 4, 1, switch=7), 10, **given)
    np.testing.assert_allclose(both.w[:, -1], then.w[:, -1], rtol=1e-12)
    assert both.final.clock.steps == then.final.clock.steps == (19, 19)
    later = run(problem, post_local_sgd(0.05, 4, 1, switch=8), 10, **given)
    assert np.abs(later.w[:, -1] - both.w[:, -1]).max() > 1e-3


def test_warm_up_is_linear_and_the_fall_a_cosine():
    schedule = WarmupCosine(1.0, 100, 20, final=0.1)
    np.testing.assert_allclose(
        schedule(np.array([0, 10, 20, 60, 100, 500])), [0.1, 0.55, 1.0, 0.55, 0.1, 0.1]
    )
    rates = schedule(np.arange(101))
    assert (np.diff(rates[:21]) > 0).all() and (np.diff(rates[20:]) < 0).all()
    angle = math.pi / 8
    assert schedule(np.array(30)) == pytest.approx(0.1 + 0.45 * (1 + math.cos(angle)))
    np.testing.assert_allclose(WarmupCosine(1.0, 100)(np.array([0, 50])), [1.0, 0.5], atol=1e-6)


@pytest.mark.parametrize("rule", [QuadraticRule(2, 0.3, 3.0, 4, 5, 60), PostLocal(7, 20, 60)])
def test_runs_by_a_rule_survive_being_saved(rule, tmp_path):
    problem = Quadratics(np.eye(2)[None], np.ones((1, 2)))
    method = local_gd(WarmupCosine(0.2, 60, 5), rule)
    trace = run(problem, method, 4)
    trace.save(tmp_path / "run.npz")
    again = Trace.load(tmp_path / "run.npz")
    assert again.method == method
    whole = run(problem, method, 8)
    np.testing.assert_array_equal(run(problem, method, 4, start=again).w[:, -1], whole.w[:, -1])


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: qsr(0.1, 0.0, 4, 1), "growth = 0.0.*> 0"),
        (lambda: qsr(0.1, 0.2, 0, 1), "base = 0.*≥ 1"),
        (lambda: qsr(0.1, 0.2, 4, 1, power=-1), "power = -1"),
        (lambda: qsr(0.1, 0.2, 4, 1, warmup=-3), "warmup = -3"),
        (lambda: qsr(0.1, 0.2, 4, 1, first=0), "first = 0"),
        (lambda: qsr(0.1, 0.2, 4, 1, total=1.5), "total = 1.5.*None if it has no end"),
        (lambda: qsr(0.1, 0.2, 4, None), "batch = None"),
        (lambda: post_local_sgd(0.1, 4, 1, switch=-1), "switch = -1"),
        (lambda: post_local_sgd(0.1, 0, 1, switch=1), "local_steps = 0"),
        (lambda: WarmupCosine(0.1, 10, 10), "total = 10.*≥ 11"),
        (lambda: WarmupCosine(0.1, 10, -1), "warmup = -1"),
        (lambda: WarmupCosine(0.1, 10, final=0.0), "final = 0.0.*> 0"),
        (lambda: WarmupCosine(0.1, 10, final=0.2), "peak = 0.1.*≥ 0.2"),
        (lambda: rounds_of(local_sgd(0.1, 7, 1), 10), r"total = 10.*ends at step 14.*PostLocal\(7, switch=0"),
        (lambda: rounds_of(local_gd(0.1, (1, 2)), 10), r"local_steps = \(1, 2\).*one H"),
        (lambda: rounds_of(local_gd(0.1, 1), -1), "total = -1"),
        (lambda: rounds_of("qsr", 10), "method = 'qsr'"),
    ],
)
def test_bad_rules_are_refused(build, said):
    with pytest.raises(BadInput, match=said):
        build()
