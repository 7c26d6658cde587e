"""Compiled rounds equal the definition, on every row of the coverage table."""

import dataclasses
import subprocess
import sys

import mpmath
import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from implicitbias import (
    AdaGrad,
    Adaptive,
    BadInput,
    Exponential,
    gd,
    HeavyBall,
    initial_state,
    LinearClassification,
    local_gd,
    local_sgd,
    LocalMethod,
    Logistic,
    normalised_gd,
    OASIS,
    PowerDecay,
    projection,
    QuadraticRule,
    Quadratics,
    Rescaling,
    RMSProp,
    run,
    savic,
    sequential_gd,
    Stream,
)
from implicitbias.engine.draws import batches
from implicitbias.engine.kernels import (
    COVERAGE,
    coverage_text,
    covering_row,
    find_kernel,
    Kernel,
    kernel_named,
    why_not,
)
from implicitbias.engine.kernels import kernel as kernel_module
from implicitbias.engine.kernels import lane_batch as batch_module
from implicitbias.engine.kernels import rates as rates_module
from implicitbias.engine.kernels import threads as threads_module
from implicitbias.engine.kernels.cost import LONGEST_PERIOD
from tests.kernel_zoo import assert_equal_states, assert_same_bytes, by_definition, cases, RELATIVE


ROWS = [(row, name) for row in COVERAGE for name in row.kernels]
NAMES = [f"{dict(r.axes)['problem'][0]}-{n}-{'-'.join(dict(r.axes)['momentum'])}" for r, n in ROWS]
# Arrays of a state with one row for each replica.
REPLICATED = ("w", "local", "replicas", "velocity", "scaling", "server", "anchor")
# The widest row of each form: the first that has it, with momentum where it can have it.
WIDEST = {
    name: next((r for r, n in ROWS if n == name and "HeavyBall" in dict(r.axes)["momentum"]), ROWS[1][0])
    for name in ("gram", "gram-batch", "weights", "scaled-gram", "scaled-weights")
}
FORMS = pytest.mark.parametrize("name", list(WIDEST))
# Those that run without a scaling.
PLAIN = [name for name in WIDEST if "Identity" in dict(WIDEST[name].axes)["scaling"]]
SEEDS = st.integers(0, 2**32 - 1)
# Rounds in which every form has folded its coefficients, and gone on from there.
BEYOND_A_FOLD = LONGEST_PERIOD + 64
# The exponential's stated error, 2 units in the last place.
EXPONENTIAL_ERROR = 2 * 2.0**-52
# 256 rounds of coefficients of size 1/2 between two folds, rounded at 2⁻⁵³ each: 3e-14 of a model of size 1.
CANCELLED = 3e-14


def separable(seed, sizes=(3, 5, 4), dim=4, **options):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(sum(sizes), dim)) / np.sqrt(dim)
    rows[:, 0] = np.abs(rows[:, 0]) + 0.2
    labels = rng.choice([-1.0, 1.0], size=len(rows))
    workers = np.repeat(np.arange(len(sizes)), sizes)
    return LinearClassification(rows * labels[:, None], labels, workers=workers, **options)


def started(problem, method, seed, replicas=1):
    start = np.random.default_rng(seed).normal(size=(replicas, problem.dim))
    return initial_state(problem, method, start, np.arange(3, 3 + replicas))


def warmed_up(problem, method, state, stream):
    """The warm-up of a scaling is left to the definition, and with it the first round."""
    return by_definition(problem, method, state, stream, int(getattr(method.scaling, "warmup", 0) > 0))


@pytest.mark.parametrize(("row", "name"), ROWS, ids=NAMES)
@given(data=st.data(), seed=SEEDS, rounds=st.integers(1, 40))
def test_a_kernel_is_the_definition(row, name, data, seed, rounds):
    problem, method = data.draw(cases(row))
    assert name in covering_row(problem, method).kernels
    state, stream = started(problem, method, seed, replicas=2), Stream(seed)
    warm = warmed_up(problem, method, state, stream)
    with pytest.MonkeyPatch.context() as patch:
        # What a kernel cannot do it leaves to the definition: here that would hide what it does.
        patch.setattr(kernel_module, "round_step", None)
        reached, failed = kernel_named(name).advance(problem, method, warm, stream, rounds)
    assert failed is None
    assert_equal_states(reached, by_definition(problem, method, warm, stream, rounds))


@FORMS
@given(data=st.data(), seed=SEEDS)
@settings(max_examples=4)
def test_rounds_beyond_a_fold_are_the_definition(name, data, seed):
    problem, method = data.draw(cases(WIDEST[name]))
    state, stream = started(problem, method, seed), Stream(seed)
    reached, _ = kernel_named(name).advance(problem, method, state, stream, BEYOND_A_FOLD)
    assert_equal_states(reached, by_definition(problem, method, state, stream, BEYOND_A_FOLD))


def test_a_method_without_kernel_says_why():
    problem, other = separable(0), Quadratics(np.ones((1, 1, 1)), np.zeros((1, 1)))
    rule = local_gd(PowerDecay(0.1), QuadraticRule(2, 0.1))
    wanted = [
        (other, local_sgd(0.1, 2, 1), "samples"),
        (problem, rule, "rule"),
        (other, rule, "rule"),
        (problem, projection(), "exact local solve"),
        (problem, normalised_gd(0.1), "normalised rate"),
        (problem, sequential_gd(0.1, 2), "model of the one before"),
        (problem, LocalMethod(lr=0.1, rescaling=Rescaling(1.0, 1.1, 20)), "norm of the model"),
    ]
    for problem, method, reason in wanted:
        assert find_kernel(problem, method) is None
        assert reason in why_not(problem, method)
    assert find_kernel(separable(0), gd(0.1)) is not None
    assert why_not(separable(0), gd(0.1)) == ""


def test_every_row_is_printed():
    for row in COVERAGE:
        assert str(row) in coverage_text() and row.reason in str(row)


def test_an_axis_that_the_table_does_not_know_is_left_to_the_definition():
    kind = dataclasses.make_dataclass("Delayed", [("delay", int, 0)], bases=(LocalMethod,), frozen=True)
    assert find_kernel(separable(0), kind()) is not None
    assert find_kernel(separable(0), kind(delay=3)) is None


def test_the_cheaper_form_runs():
    assert find_kernel(separable(0, sizes=(4, 4), dim=300), local_gd(0.1, 9)) == Kernel("gram")
    assert find_kernel(separable(0, sizes=(200, 200), dim=2), local_gd(0.1, 9)) == Kernel("weights")


@FORMS
@given(data=st.data(), seed=SEEDS, first=st.integers(0, 30), second=st.integers(0, 30))
def test_two_calls_are_one(name, data, seed, first, second):
    problem, method = data.draw(cases(WIDEST[name]))
    kernel, stream = kernel_named(name), Stream(seed)
    state = started(problem, method, seed)
    halfway, _ = kernel.advance(problem, method, state, stream, first)
    apart, _ = kernel.advance(problem, method, halfway, stream, second)
    together, _ = kernel.advance(problem, method, state, stream, first + second)
    assert_equal_states(apart, together)


@FORMS
@given(data=st.data(), seed=SEEDS)
@settings(max_examples=8)
def test_learning_rates_may_come_in_chunks(name, data, seed):
    problem, method = data.draw(cases(WIDEST[name]))
    state, stream = started(problem, method, seed), Stream(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rates_module, "RATES_PER_CHUNK", 17)
        patch.setattr(batch_module, "MOST_RATES", 17)
        reached, _ = kernel_named(name).advance(problem, method, state, stream, 50)
    assert_equal_states(reached, by_definition(problem, method, state, stream, 50))


@pytest.mark.parametrize(("row", "name"), ROWS, ids=NAMES)
@given(data=st.data(), seed=SEEDS, replica=st.integers(0, 4))
@settings(max_examples=8)
def test_a_replica_is_the_same_alone_and_on_any_number_of_threads(row, name, data, seed, replica):
    problem, method = data.draw(cases(row))
    kernel, stream = kernel_named(name), Stream(seed)
    state = started(problem, method, seed, replicas=5)
    one = slice(replica, replica + 1)
    rows = {f: getattr(state, f) for f in REPLICATED}
    alone = dataclasses.replace(state, **{f: None if v is None else v[one] for f, v in rows.items()})
    expected, _ = kernel.advance(problem, method, alone, stream, 12)
    threads = numba.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads_module, "THREAD_WORK", 0)
        for count in {1, min(2, threads)}:
            numba.set_num_threads(count)
            batch, _ = kernel.advance(problem, method, state, stream, 12)
            rows = {f: getattr(batch, f) for f in rows}
            cut = dataclasses.replace(batch, **{f: None if v is None else v[one] for f, v in rows.items()})
            assert_same_bytes(cut, expected)
    numba.set_num_threads(threads)


@pytest.mark.parametrize("name", PLAIN)
@given(seed=SEEDS, lr=st.floats(5.0, 60.0), replicas=st.integers(1, 3))
@example(seed=0, lr=12.0, replicas=2)
def test_a_run_diverges_in_the_round_of_the_definition(name, seed, lr, replicas):
    problem = separable(seed)
    rng = np.random.default_rng(seed)
    # A conflict of labels: the exponential loss cannot settle at this learning rate.
    problem = LinearClassification(
        problem.features, rng.choice([-1.0, 1.0], len(problem.features)), workers=problem.assignment
    )
    method = local_gd(lr, 2)
    state = started(problem, method, seed, replicas)
    reached, failed = kernel_named(name).advance(problem, method, state, None, 60)
    with np.errstate(over="ignore", invalid="ignore"):
        expected, when = state, None
        for _ in range(60):
            following = by_definition(problem, method, expected, None, 1)
            if not np.isfinite(following.w).all():
                when = following.clock.round
                break
            expected = following
    assert failed == when
    assert np.isfinite(reached.w).all() and reached.clock == expected.clock
    if when is not None and when <= 6:
        # Long before divergence rounding is amplified in both; in a few rounds it cannot be.
        assert_equal_states(reached, expected, relative=1e-9)


@pytest.mark.parametrize("name", ["scaled-gram", "scaled-weights"])
@given(seed=SEEDS, lr=st.floats(5.0, 60.0), replicas=st.integers(1, 2))
@settings(max_examples=8)
def test_a_scaled_run_diverges_in_the_round_of_the_definition(name, seed, lr, replicas):
    # A conflict of labels, and D̂ = 1 whatever the curvature: nothing holds the steps back.
    rows = np.array([[1.0, 0.2], [-1.0, 0.1]])
    problem, stream = LinearClassification(rows, np.ones(2), workers=2), Stream(seed)
    method = savic(lr, 2, OASIS(floor=1.0, ceiling=1.0))
    state = started(problem, method, seed, replicas)
    reached, failed = kernel_named(name).advance(problem, method, state, stream, 60)
    assert failed is not None and reached.clock.round == failed - 1
    expected = by_definition(problem, method, state, stream, failed - 1)
    assert np.isfinite(expected.w).all() and reached.clock == expected.clock
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.isfinite(by_definition(problem, method, expected, stream, 1).w).all()


@pytest.mark.parametrize("name", ["scaled-gram", "scaled-weights"])
@pytest.mark.parametrize("scaling", [RMSProp(floor=None, beta=0.9), AdaGrad(floor=None)])
@given(margin=st.floats(2.0, 600.0), batch=st.none() | st.integers(1, 4), seed=SEEDS)
@settings(max_examples=12)
def test_gradients_whose_squares_are_zero_scale_as_any(name, scaling, margin, batch, seed):
    # The last coordinate has no gradient: without a floor, 0/0 = 0 leaves it where it is.
    problem = separable(seed, sizes=(5, 4), loss=Logistic())
    signed = np.column_stack([np.abs(problem.signed), np.zeros(9)])
    problem = LinearClassification(signed, np.ones(9), workers=problem.assignment, loss=Logistic())
    method, stream = savic(0.01, 3, scaling, batch), Stream(seed)
    start = margin / signed.sum(axis=1).max() * np.ones(problem.dim)
    state = initial_state(problem, method, start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel_module, "round_step", None)
        reached, _ = kernel_named(name).advance(problem, method, state, stream, 4)
    expected = by_definition(problem, method, state, stream, 4)
    assert_equal_states(reached, expected)
    memory, exact = reached.scaling[..., :-1], expected.scaling[..., :-1]
    assert (exact > 0).all() and np.abs(memory / exact - 1.0).max() <= 10 * RELATIVE * margin
    assert (reached.w[:, -1] == start[-1]).all() and (reached.scaling[..., -1] == 0.0).all()


def test_a_step_through_a_vanishing_scaling_is_left_to_the_definition():
    # Fresh samples may all miss the one row along the second axis, along which the next step is then 1/0.
    rows = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    problem = LinearClassification(rows, np.ones(3), loss=Logistic())
    method = savic(0.1, 2, RMSProp(floor=None), 1)
    for name in ("scaled-gram", "scaled-weights"):
        for seed in range(6):
            state = initial_state(problem, method)
            _, failed = kernel_named(name).advance(problem, method, state, Stream(seed), 3)
            with np.errstate(all="ignore"):
                rounds = [by_definition(problem, method, state, Stream(seed), r).w for r in (1, 2, 3)]
            when = next((r for r, w in enumerate(rounds, 1) if not np.isfinite(w).all()), None)
            assert failed == when


def test_a_memory_that_the_method_does_not_keep_is_left_to_the_definition():
    problem, method = separable(0), savic(0.1, 2, RMSProp(floor=0.5, warmup=3, refresh=4))
    state = initial_state(problem, method)
    reached, _ = kernel_named("scaled-gram").advance(problem, method, state, None, 9)
    assert_equal_states(reached, by_definition(problem, method, state, None, 9))
    assert reached.refreshes.tolist() == [3 + 3]


def test_scaled_runs_say_which_kernel_moved_them():
    problem = separable(0, dim=40)
    by_round = savic(0.1, 3, RMSProp(floor=0.5))
    assert run(problem, by_round, 3).engine == "scaled-gram"
    own = RMSProp(floor=0.5, scope="worker", refresh="step")
    assert run(problem, savic(0.1, 3, own), 3).engine == "scaled-weights"
    quadratics = Quadratics(np.ones((1, 1, 1)), np.zeros((1, 1)))
    assert run(quadratics, by_round, 3).engine == "scaled-hessians"


def test_an_option_that_no_kernel_reads_is_left_to_the_definition():
    kind = dataclasses.make_dataclass("Delayed", [("delay", int, 3)], bases=(Adaptive,), frozen=True)
    assert find_kernel(separable(0), savic(0.1, 2, kind("squared", "gradient"))) is None


def test_divergence_is_reached_by_the_example_above():
    rows = np.array([[1.0, 0.2], [-1.0, 0.1]])
    problem = LinearClassification(rows, np.ones(2), workers=2)
    for name in PLAIN:
        reached, failed = kernel_named(name).advance(
            problem, local_gd(30.0, 3), initial_state(problem, local_gd(30.0, 3)), None, 100
        )
        assert failed is not None and failed < 100
        assert reached.clock.round == failed - 1


@given(seed=SEEDS, order=st.permutations(range(3)))
@settings(max_examples=10)
def test_the_order_of_the_workers_does_not_matter(seed, order):
    problem = separable(seed)
    renamed = LinearClassification(
        problem.features, problem.labels, workers=np.asarray(order)[problem.assignment]
    )
    method = local_gd(0.1, 4)
    for name in PLAIN:
        one, _ = kernel_named(name).advance(problem, method, started(problem, method, seed), None, 50)
        other, _ = kernel_named(name).advance(renamed, method, started(renamed, method, seed), None, 50)
        assert_equal_states(dataclasses.replace(one, local=other.local[:, order]), one)
        assert np.allclose(other.w, one.w, rtol=RELATIVE, atol=0)


@given(seed=SEEDS)
@settings(max_examples=10)
def test_one_local_step_is_gradient_descent(seed):
    problem = separable(seed, sizes=(4, 4, 4), loss=Logistic())
    state = started(problem, gd(0.3), seed)
    w = state.w
    for _ in range(80):
        w = w - 0.3 * problem.gradient(w)
    for name in PLAIN:
        reached, _ = kernel_named(name).advance(problem, gd(0.3), state, None, 80)
        assert np.abs(reached.w - w).max() <= RELATIVE * np.abs(w).max()


@pytest.mark.parametrize("name", ["gram", "gram-batch"])
def test_coefficients_that_cancel_cost_no_digits(name):
    # No hyperplane separates: the sum of all steps taken grows without bound while the model stays put.
    rows = np.array([[1.0, 0.3], [-0.9, 0.4], [0.2, -1.0], [-0.5, -0.2]])
    problem = LinearClassification(rows, np.ones(4), workers=2, loss=Logistic())
    method = local_gd(1.0, 1)
    state = started(problem, method, 0)
    reached, _ = kernel_named(name).advance(problem, method, state, None, 200_000)
    w = reached.w[0]
    for _ in range(5):
        hessian = np.stack([problem.hvp(w, e) for e in np.eye(2)])
        w = w - np.linalg.solve(hessian, problem.gradient(w))
    assert np.abs(reached.w[0] - w).max() <= CANCELLED * np.abs(w).max()


@pytest.mark.parametrize("momentum", [None, HeavyBall(0.5)])
def test_rounding_does_not_pull_in_one_direction(momentum):
    # Ten workers: a mean written as 10·(1/10) would shrink the model by 2⁻⁵³ in every round.
    problem = separable(2, sizes=(2,) * 10, dim=3)
    method = LocalMethod(lr=0.3, local_steps=(1,) * 9 + (2,), momentum=momentum)
    state = initial_state(problem, method)
    gram, _ = Kernel("gram").advance(problem, method, state, None, 100_000)
    weights, _ = Kernel("weights").advance(problem, method, state, None, 100_000)
    assert np.abs(gram.w - weights.w).max() <= RELATIVE * np.abs(weights.w).max()


@pytest.mark.parametrize(
    ("name", "momentum"),
    [*((name, None) for name in PLAIN), ("gram", HeavyBall(0.8)), ("weights", HeavyBall(0.8))],
)
def test_rounds_are_those_of_sixty_digits(name, momentum):
    problem = separable(1, sizes=(2, 3), dim=3)
    method = LocalMethod(lr=0.4, local_steps=3, momentum=momentum)
    reached, _ = kernel_named(name).advance(problem, method, initial_state(problem, method), None, 400)
    with mpmath.workdps(60):
        exact = _exact_rounds(problem, 0.4, 3, momentum.beta if momentum else 0.0, 400)
        error = max(abs(mpmath.mpf(float(a)) - b) for a, b in zip(reached.w[0], exact, strict=True))
    assert error <= RELATIVE / 10 * np.abs(reached.w).max()


def _exact_rounds(problem, lr, steps, beta, rounds):
    rows = [[[mpmath.mpf(float(x)) for x in row] for row in block] for block in problem.local_signed]
    lr, beta, dim = mpmath.mpf(lr), mpmath.mpf(beta), problem.dim
    w, v = [mpmath.mpf(0)] * dim, [mpmath.mpf(0)] * dim
    for _ in range(rounds):
        ends = []
        for block in rows:
            u, s = list(w), list(v)
            for _ in range(steps):
                slopes = [mpmath.exp(-mpmath.fdot(x, u)) / len(block) for x in block]
                pull = [mpmath.fdot(slopes, [x[k] for x in block]) for k in range(dim)]
                s = [beta * s[k] + lr * pull[k] for k in range(dim)]
                u = [u[k] + s[k] for k in range(dim)]
            ends.append((u, s))
        w = [sum(u[k] for u, _ in ends) / len(ends) for k in range(dim)]
        v = [sum(s[k] for _, s in ends) / len(ends) for k in range(dim)]
    return w


@given(x=st.floats(-708.0, 709.0))
@settings(max_examples=300)
def test_the_exponential_is_right_to_two_units(x):
    from implicitbias.engine.kernels.exponential_kernel import exponential

    with mpmath.workdps(40):
        exact = mpmath.exp(mpmath.mpf(x))
        assert abs(mpmath.mpf(exponential(x)) - exact) <= EXPONENTIAL_ERROR * exact


@given(x=st.floats(-745.2, -708.0))
@example(x=-745.1332191019411)
@example(x=-745.1332191019412)
def test_the_exponential_underflows_through_subnormal_numbers(x):
    from implicitbias.engine.kernels.exponential_kernel import exponential

    # Two units of the smallest subnormal, plus the relative error where it is larger.
    assert abs(exponential(x) - np.exp(x)) <= 2 * 5e-324 + EXPONENTIAL_ERROR * np.exp(x)


def test_the_exponential_at_the_ends_of_its_range():
    from implicitbias.engine.kernels.exponential_kernel import exponential

    assert exponential(0.0) == exponential(-0.0) == 1.0
    assert exponential(709.782712893384) < np.inf == exponential(709.7827128933842)
    assert exponential(np.inf) == exponential(1e300) == np.inf
    assert exponential(-np.inf) == exponential(-1e300) == exponential(-746.0) == 0.0
    assert exponential(-745.0) > 0.0
    assert np.isnan(exponential(np.nan))


@pytest.mark.parametrize("loss", [Exponential(), Logistic()])
def test_slopes_of_margins_of_any_size_are_those_of_the_loss(loss):
    from implicitbias.engine.kernels.exponential_kernel import EXPONENTIAL, LOGISTIC, slopes

    code = EXPONENTIAL if isinstance(loss, Exponential) else LOGISTIC
    z = np.array([[-np.inf, -1e4, -800.0, -709.0, -1.0, -0.0, 0.0, 0.5, 36.0, 700.0, 800.0, np.inf, np.nan]])
    out = np.empty_like(z)
    slopes(z, 0, np.zeros(z.size), 0, z.size, 1.0, np.ones_like(z), code, 0.0, out)
    np.testing.assert_allclose(out, loss.slope(z), rtol=2 * EXPONENTIAL_ERROR, atol=0)


@given(seed=SEEDS, replica=st.integers(0, 2**40), worker=st.integers(0, 50), round_=st.integers(0, 2**50))
def test_words_are_those_of_the_stream(seed, replica, worker, round_):
    from implicitbias.engine.kernels.philox_kernel import write_words

    stream, out = Stream(seed), np.zeros(11, np.uint64)
    key = (np.uint64(k) for k in stream.key("batch"))
    write_words(*key, np.uint64(replica), worker, round_, 11, out)
    assert (out == stream.at("batch", replica, worker, round_).words(11)).all()


@given(
    seed=SEEDS,
    size=st.integers(1, 9),
    batch=st.integers(1, 9),
    steps=st.integers(1, 7),
    life=st.integers(0, 99),
)
def test_samples_in_random_order_are_those_of_the_definition(seed, size, batch, steps, life):
    from implicitbias.engine.kernels.philox_kernel import draw_in_order

    problem, stream = separable(0, sizes=(size,)), Stream(seed)
    batch = min(batch, size)
    method = local_sgd(0.1, steps, batch, replacement=False)
    state = initial_state(problem, method)
    key = [np.uint64(k) for k in stream.key("order")]
    words, orders, epochs = np.zeros(size, np.uint64), np.zeros(size, np.int64), np.full(1, -1)
    out = np.zeros((1, steps * batch), np.int64)
    for step in (life, life + steps):
        clock = dataclasses.replace(state.clock, steps=(step,))
        expected = batches(problem, method, dataclasses.replace(state, clock=clock), 0, steps, stream)
        draw_in_order(*key, np.uint64(0), 0, step * batch, words, epochs, 0, size, orders, steps * batch, out)
        assert (out.reshape(steps, batch) == np.asarray(expected)[:, 0]).all()


def test_batches_that_cannot_be_drawn_are_refused():
    problem = separable(0)
    method = local_sgd(0.1, 2, 4, replacement=False)
    with pytest.raises(BadInput, match="n_m = 3"):
        Kernel("gram").advance(problem, method, initial_state(problem, method), Stream(0), 5)
    with pytest.raises(BadInput, match="stream"):
        Kernel("gram").advance(problem, local_sgd(0.1, 2, 2), initial_state(problem, gd(0.1)), None, 5)


def test_a_state_of_another_method_is_brought_in_line_by_the_definition():
    problem = separable(0)
    method = local_gd(0.1, 2, momentum=0.5)
    state = initial_state(problem, method)
    uneven = dataclasses.replace(state, velocity=np.random.default_rng(0).normal(size=state.velocity.shape))
    for given_state in (uneven, dataclasses.replace(state, velocity=None)):
        reached, _ = Kernel("gram").advance(problem, method, given_state, None, 9)
        assert_equal_states(reached, by_definition(problem, method, given_state, None, 9))


def test_a_packed_problem_dies_with_its_problem():
    from implicitbias.engine.kernels.plan import _KEPT

    problem = separable(12345)
    Kernel("gram").advance(problem, gd(0.1), initial_state(problem, gd(0.1)), None, 1)
    assert problem in _KEPT
    before = len(_KEPT)
    del problem
    assert len(_KEPT) == before - 1


def test_finding_a_kernel_does_not_import_numba():
    code = (
        "import sys; from implicitbias.engine.kernels import find_kernel; assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("curvature", ["gradient", "hessian"])
def test_corrected_weights_are_those_of_the_definition_for_a_long_memory(curvature):
    scaling = Adaptive("squared", curvature, beta=1.0 - 1e-10, bias_correction=True, floor=0.1)
    problem = LinearClassification(
        np.diag([1.0, 2.0, 3.0]), [1.0, 1.0, -1.0], workers=3, loss=Logistic(), l2=0.1
    )
    ends = [
        run(problem, savic(0.1, 2, scaling), 9, stream=Stream(0), engine=engine)
        for engine in ("definition", "kernel")
    ]
    assert ends[1].engine == "scaled-weights"
    np.testing.assert_allclose(ends[1].w[0, -1], ends[0].w[0, -1], rtol=1e-12)
    np.testing.assert_allclose(ends[1].final.scaling, ends[0].final.scaling, rtol=1e-12)
