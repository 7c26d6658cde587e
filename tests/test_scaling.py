"""Scalings that follow the run: every option against a plain re-implementation, identities, memory, bad input."""

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import implicitbias
from implicitbias import (
    AdaGrad,
    AdaHessian,
    Adam,
    Adaptive,
    BadInput,
    Diverged,
    Exponential,
    Fixed,
    gd,
    HeavyBall,
    LinearClassification,
    LinearRegression,
    local_gd,
    local_sgd,
    LocalMethod,
    Logistic,
    Normalised,
    normalised_gd,
    OASIS,
    OfScaling,
    proximal,
    Quadratics,
    RecordAt,
    RMSProp,
    run,
    run_batch,
    RunSpec,
    savic,
    Sequential,
    Stream,
    Trace,
)
from implicitbias.engine.storage import describe, restore
from implicitbias.fixed_point import round_fixed_point
from implicitbias.problems import AbstractProblem, TwoPoint
from sde import zoo
from sde.landscapes import Isotropic, Landscape


FAMILIES = (Adam, RMSProp, AdaGrad, OASIS, AdaHessian)
# Two orders of the same additions, through some dozen steps.
ROUNDING = 1e-12
REPLICAS, ROUNDS = 2, 4

seeds = st.integers(0, 10**6)


def problem_of(seed, workers=3, loss=None, l2=0.0):
    features = Stream(seed).at("rows").generator().normal(size=(4 * workers, 3))
    return LinearClassification(
        features, np.ones(4 * workers), workers=workers, loss=loss or Logistic(), l2=l2
    )


def start_of(seed, replicas=REPLICAS):
    return Stream(seed).at("start").generator().normal(size=(replicas, 3))


class Plain:
    """One replica of a scaled local method on a logistic problem, number by number as the theory writes it."""

    def __init__(self, problem, method, stream, start, replica):
        self.problem, self.method, self.stream, self.replica = problem, method, stream, replica
        self.x, self.round, self.scaling = start.copy(), 0, method.scaling
        scopes = problem.workers if self.scaling.scope == "worker" else 1
        self.memory = [[self.scaling.initial] * problem.dim for _ in range(scopes)]
        self.count, self.lived = [0] * scopes, [0] * problem.workers
        self.velocity = np.zeros((problem.workers, problem.dim))

    def rows(self, worker):
        return self.problem.features[self.problem.members[worker]]

    def batch(self, stream, worker, number):
        if self.method.batch is None:
            return range(len(self.rows(worker)))
        size, local = self.method.batch, len(self.rows(worker))
        if self.method.replacement:
            address = stream.at("batch", self.replica, worker, self.round)
            return address.integers(local, size, number * size)
        life = (self.lived[worker] + number) * size + np.arange(size)
        return [
            stream.at("order", self.replica, worker, q // local).permutation(local)[q % local] for q in life
        ]

    def gradient(self, x, worker, samples):
        rows = self.rows(worker)
        return sum(-rows[i] / (1.0 + math.exp(rows[i] @ x)) for i in samples) / len(samples) + (
            self.problem.l2 * x
        )

    def curvature(self, x, worker, stream, number):
        samples = self.batch(stream, worker, number)
        if self.scaling.curvature == "gradient":
            return self.gradient(x, worker, samples)
        word = int(stream.at("signs", self.replica, worker, self.round).words(number + 1)[number])
        v = np.array([1.0 - 2.0 * ((word >> k) & 1) for k in range(self.problem.dim)])
        rows, hessian = self.rows(worker), self.problem.l2 * np.eye(self.problem.dim)
        for i in samples:
            p = 1.0 / (1.0 + math.exp(-rows[i] @ x))
            hessian = hessian + p * (1.0 - p) * np.outer(rows[i], rows[i]) / len(samples)
        return v * (hessian @ v)

    def pooled(self, samples):
        """One vector that enters D, or D², per scope."""
        top = self.scaling.ceiling or math.inf
        cut = [np.minimum(np.maximum(h, -top), top) for h in samples]
        square = self.scaling.rule != "linear"
        if self.scaling.scope == "worker":
            return [h * h if square else h for h in cut]
        mean = sum(cut) / len(cut)
        if not square:
            return [mean]
        return [
            mean * mean if self.scaling.pooling == "square_of_mean" else sum(h * h for h in cut) / len(cut)
        ]

    def enter(self, scope, entered):
        rule, memory, t = self.scaling.rule, np.array(self.memory[scope]), self.count[scope]
        b = self.scaling.beta
        beta = (b - b ** (t + 1)) / (1.0 - b ** (t + 1)) if self.scaling.bias_correction else b
        if rule == "linear":
            self.memory[scope] = beta * memory + (1.0 - beta) * entered
        elif rule == "squared":
            self.memory[scope] = np.sqrt(beta * memory**2 + (1.0 - beta) * entered)
        else:
            self.memory[scope] = np.sqrt(memory**2 + entered)
        self.count[scope] += 1

    def warm_up(self):
        source, number = self.stream.child("warm-up"), self.scaling.warmup
        drawn = [
            self.pooled([self.curvature(self.x, m, source, j) for m in range(self.problem.workers)])
            for j in range(number)
        ]
        for scope in range(len(self.memory)):
            total = sum(own[scope] for own in drawn)
            if self.scaling.rule == "linear":
                self.memory[scope] = total / number
            elif self.scaling.rule == "squared":
                self.memory[scope] = np.sqrt(total / number)
            else:
                self.memory[scope] = np.sqrt(np.array(self.memory[scope]) ** 2 + total)
            self.count[scope] = number

    def diagonal(self, worker):
        own = np.abs(self.memory[worker if self.scaling.scope == "worker" else 0])
        floor = self.scaling.floor
        if floor is None:
            return own
        return {"max": np.maximum(own, floor), "plus": own + floor, "inside": np.sqrt(own**2 + floor)}[
            self.scaling.flooring
        ]

    def source(self):
        return self.stream if self.scaling.sample == "same" else self.stream.child("curvature")

    def step_of(self, rate, g, diagonal):
        return np.array(
            [0.0 if a == 0.0 and d == 0.0 else rate * a / d for a, d in zip(g, diagonal, strict=True)]
        )

    def work(self, worker, x, steps):
        for k in range(steps):
            if self.scaling.refresh == "step":
                h = self.curvature(x, worker, self.source(), k)
                top = self.scaling.ceiling or math.inf
                h = np.minimum(np.maximum(h, -top), top)
                self.enter(worker, h if self.scaling.rule == "linear" else h * h)
            g = self.gradient(x, worker, self.batch(self.stream, worker, k))
            step = self.step_of(self.method.first_lr, g, self.diagonal(worker))
            beta = self.method.momentum.beta if self.method.momentum else 0.0
            self.velocity[worker] = beta * self.velocity[worker] - step
            x = x + self.velocity[worker]
        return x

    def advance(self):
        workers = range(self.problem.workers)
        if self.round == 0 and self.scaling.warmup:
            self.warm_up()
        if self.scaling.refresh != "step" and self.round % self.scaling.refresh == 0:
            entered = self.pooled([self.curvature(self.x, m, self.source(), 0) for m in workers])
            for scope, own in enumerate(entered):
                self.enter(scope, own)
        steps = self.method.steps(len(workers), 0)
        if self.method.sequential:
            for m in workers:
                if m:
                    self.velocity[m] = self.velocity[m - 1]
                self.x = self.work(m, self.x, steps[m])
            self.velocity[:] = self.velocity[-1]
        else:
            self.x = sum(self.work(m, self.x, steps[m]) for m in workers) / len(workers)
            self.velocity[:] = self.velocity.mean(axis=0)
        self.lived = [k + h for k, h in zip(self.lived, steps, strict=True)]
        self.round += 1


@st.composite
def adaptive(draw):
    """Return any scaling that is not refused."""
    rule = draw(st.sampled_from(["squared", "linear", "sum"]))
    scope = draw(st.sampled_from(["global", "worker"]))
    floor = draw(st.sampled_from([0.05, 0.3]))
    return Adaptive(
        rule,
        draw(st.sampled_from(["gradient", "hessian"])),
        beta=draw(st.sampled_from([0.0, 0.5, 0.9, 0.999])),
        bias_correction=rule != "sum" and draw(st.booleans()),
        floor=floor,
        flooring=draw(st.sampled_from(["max", "plus", "inside"])),
        ceiling=draw(st.sampled_from([None, 0.6])),
        warmup=draw(st.sampled_from([0, 1, 4])),
        initial=draw(st.sampled_from([0.0, 0.2])),
        scope=scope,
        refresh=draw(st.sampled_from([1, 3] + ["step"] * (scope == "worker"))),
        pooling=draw(st.sampled_from(["mean_of_squares", "square_of_mean"]))
        if (rule, scope) in (("squared", "global"), ("sum", "global"))
        else "mean_of_squares",
        sample=draw(st.sampled_from(["fresh", "same"])),
    )


@st.composite
def methods(draw):
    """Return any scaled method of three workers."""
    batch = draw(st.sampled_from([None, 1, 3]))
    return LocalMethod(
        lr=0.01,
        local_steps=draw(st.sampled_from([1, 3, (2, 1, 4)])),
        batch=batch,
        replacement=batch is None or draw(st.booleans()),
        momentum=draw(st.sampled_from([None, HeavyBall(0.7)])),
        scaling=draw(adaptive()),
        aggregation=draw(st.sampled_from([LocalMethod().aggregation, Sequential()])),
    )


def differs(first, second):
    return np.max(np.abs(first - second) / np.maximum(1.0, np.abs(second)))


@settings(max_examples=30)
@given(methods(), seeds)
def test_every_option_is_what_the_theory_writes(method, seed):
    problem, stream, start = problem_of(seed, l2=0.1), Stream(seed), start_of(seed)
    record, observe = RecordAt.every(1), {"D": OfScaling()}
    trace = run(
        problem, method, ROUNDS, start=start, replicas=REPLICAS, stream=stream, record=record, observe=observe
    )
    for replica in range(REPLICAS):
        plain = Plain(problem, method, stream, start[replica], replica)
        for r in range(1, ROUNDS + 1):
            plain.advance()
            assert differs(trace.w[replica, r], plain.x) < ROUNDING
            scopes = len(plain.memory)
            own = np.stack([plain.diagonal(m) for m in range(scopes)])
            assert differs(trace.extras["D"][replica, r], own) < ROUNDING
        assert trace.final.refreshes.tolist() == plain.count
        assert differs(trace.final.scaling[replica], np.array(plain.memory)) < ROUNDING


def scaled_features(problem, diagonal):
    """Return the problem on D^{−1/2}x, in y = D^{1/2}w."""
    return LinearClassification(
        problem.features / np.sqrt(diagonal),
        problem.labels,
        workers=problem.assignment,
        loss=problem.loss_function,
    )


@given(seeds, st.sampled_from([None, 2]), st.sampled_from([0.0, 0.6]))
def test_d_of_ones_is_local_sgd_bit_for_bit(seed, batch, momentum):
    problem, stream = problem_of(seed), Stream(seed)
    # d_min = d_max = 1 makes every D̂ equal to 1, whatever the samples.
    for scaling in (
        Fixed((1.0,) * 3),
        *(make(floor=1.0, ceiling=1.0, warmup=2) for make in FAMILIES if make != AdaGrad),
    ):
        method = savic(0.3, 4, scaling, batch, momentum=momentum)
        plain = dataclasses.replace(method, scaling=LocalMethod().scaling)
        traces = [run(problem, m, 6, stream=stream, replicas=2, engine="definition") for m in (method, plain)]
        assert traces[0].w.tobytes() == traces[1].w.tobytes()


@given(seeds, st.floats(0.3, 3.0), st.floats(0.3, 3.0), st.sampled_from([None, 2]))
def test_a_fixed_d_is_local_gd_on_scaled_features(seed, first, second, batch):
    problem, stream, diagonal = problem_of(seed), Stream(seed), np.array([first, 1.0, second])
    scaled = run(
        problem, savic(0.3, 5, Fixed(tuple(diagonal)), batch), 20, stream=stream, engine="definition"
    )
    other = scaled_features(problem, diagonal)
    plain = run(other, savic(0.3, 5, LocalMethod().scaling, batch), 20, stream=stream, engine="definition")
    assert differs(np.sqrt(diagonal) * scaled.w, plain.w) < ROUNDING


@given(seeds, st.sampled_from(["RMSProp", "Adam", "AdaGrad"]))
def test_one_step_with_one_d_is_the_centralised_scaled_method(seed, name):
    problem = problem_of(seed)
    together = LinearClassification(problem.features, problem.labels, loss=problem.loss_function)
    make = getattr(implicitbias, name)
    # The mean of the workers' gradients is the gradient of f, whose square is the square of the mean.
    local = run(problem, local_gd(0.1, 1, scaling=make(floor=0.05, pooling="square_of_mean")), 20)
    central = run(together, gd(0.1, scaling=make(floor=0.05)), 20)
    assert differs(local.w, central.w) < ROUNDING


@given(seeds)
def test_an_adaptive_d_frozen_by_hand_is_that_fixed_one(seed):
    problem, method = problem_of(seed), local_gd(0.1, 3, scaling=RMSProp(floor=0.02, refresh=100))
    every, seen = RecordAt.every(1), {"D": OfScaling()}
    trace = run(problem, method, 12, observe=seen, record=every, engine="definition")
    (diagonal,) = trace.extras["D"][0, -1]
    fixed = run(problem, local_gd(0.1, 3, scaling=Fixed(tuple(diagonal))), 12, engine="definition")
    assert trace.w[0, -1].tobytes() == fixed.w[0, -1].tobytes()


@given(st.floats(0.0, 1.0, exclude_max=True), st.integers(0, 10**4))
@example(1.0 - 1e-12, 3)
@example(0.0, 0)
@example(0.999, 1)
def test_the_corrected_weight_is_that_of_a_plain_mean_of_powers(beta, refreshes):
    from fractions import Fraction

    weight = Adam(beta=beta).weight(refreshes)
    if refreshes > 60:
        # 1 − β_t = (1 − β)/(1 − β^{t+1}) lies between 1 − β and 1.
        assert 0.0 <= weight <= beta
        return
    powers = [Fraction(beta) ** k for k in range(refreshes + 1)]
    assert weight == pytest.approx(float(1 - powers[0] / sum(powers)), rel=1e-15, abs=0.0)


@given(seeds, st.floats(0.0, 0.999), st.integers(1, 8))
def test_a_corrected_memory_is_a_weighted_mean_of_its_samples(seed, beta, count):
    h = Stream(seed).at("samples").generator().normal(size=(count, 3))
    memory = np.full(3, 7.0)
    scaling = Adam(beta=beta)
    for t, own in enumerate(h):
        memory = implicitbias.engine.scaling.updated(scaling, memory, own, t)
    weights = beta ** np.arange(count)[::-1]
    assert differs(memory, np.sqrt(weights @ h**2 / weights.sum())) < ROUNDING


def test_small_gradients_do_not_vanish_in_their_squares():
    # Squares of 1e-170 are 0, and so would be D: sign descent must go on at its speed.
    problem = Quadratics(np.eye(2)[None] * 1e-170, [[3.0, -2.0]])
    for make, workers in itertools.product((RMSProp, Adam, AdaGrad), (1, 2)):
        own = problem if workers == 1 else Quadratics(np.stack([np.eye(2) * 1e-170] * 2), [[3.0, -2.0]] * 2)
        options = {} if make is AdaGrad else {"beta": 0.0}
        trace = run(own, local_gd(0.25, 1, scaling=make(floor=None, **options)), 1)
        assert trace.w[0, -1] == pytest.approx([0.25, -0.25], rel=1e-14)


def test_without_a_floor_a_coordinate_that_saw_nothing_stays():
    problem = Quadratics(np.diag([1.0, 0.0])[None], [[1.0, 5.0]])
    trace = run(problem, local_gd(0.1, 3, scaling=RMSProp(floor=None)), 5)
    assert trace.w[0, -1, 1] == 0.0 and trace.w[0, -1, 0] > 0.1


def test_without_a_floor_a_step_over_nothing_is_a_divergence():
    problem = Quadratics([np.diag([1.0]), np.diag([1.0])], [[1.0], [-1.0]])
    # The mean of the gradients vanishes at 0, those of the workers do not.
    method = local_gd(0.1, 1, scaling=RMSProp(floor=None, pooling="square_of_mean"))
    with pytest.raises(Diverged):
        run(problem, method, 3)


def test_the_signs_are_fair_and_independent():
    problem, method = problem_of(0), local_gd(0.1, 1, scaling=OASIS())
    state = implicitbias.engine.state.initial_state(problem, method, None, np.arange(500))
    v = implicitbias.engine.draws.signs(Stream(3), state, 1, 4, 70)
    assert v.shape == (4, 500, 70) and set(np.unique(v)) == {-1.0, 1.0}
    flat = v.swapaxes(0, 1).reshape(500, -1)
    correlations = flat.T @ flat / 500 - np.eye(280)
    # 39 060 pairs of standard deviation 1/√500: beyond 6 of them is no chance.
    assert np.abs(correlations).max() < 6.0 / math.sqrt(500)
    assert np.abs(flat.mean(axis=0)).max() < 5.0 / math.sqrt(500)


def test_fresh_samples_leave_the_batches_of_the_steps_alone():
    problem, stream = problem_of(1), Stream(1)
    frozen = {"floor": 1.0, "ceiling": 1.0}
    options = [{}, {"warmup": 5}, {"sample": "same"}, {"scope": "worker", "refresh": "step"}]
    runs = [run(problem, savic(0.1, 3, Adam(**frozen, **o), 2), 5, stream=stream) for o in options]
    assert len({trace.w.tobytes() for trace in runs}) == 1


@pytest.mark.parametrize("replacement", [True, False])
def test_the_same_sample_is_that_of_the_first_step(replacement):
    problem, stream = problem_of(7), Stream(7)
    method = savic(
        0.1, 1, RMSProp(beta=0.0, floor=None, scope="worker", sample="same"), 1, replacement=replacement
    )
    trace = run(problem, method, 1, stream=stream)
    # D̂ = |g|: every coordinate of every worker moves by ±η.
    assert np.abs(trace.final.local) == pytest.approx(0.1)
    fresh = dataclasses.replace(method, scaling=RMSProp(beta=0.0, floor=None, scope="worker"))
    assert not np.allclose(np.abs(run(problem, fresh, 1, stream=stream).final.local), 0.1)


def scalings():
    for make in FAMILIES:
        yield make(floor=0.05)
    yield RMSProp(floor=0.05, scope="worker", refresh="step", sample="same")
    yield OASIS(floor=0.05, scope="worker", refresh=2, warmup=3)


each_scaling = pytest.mark.parametrize("scaling", list(scalings()), ids=repr)


@each_scaling
@pytest.mark.parametrize("workers", [1, 3, 17])
def test_a_replica_does_not_know_its_company(scaling, workers):
    problem, stream = problem_of(2, workers), Stream(2)
    method = savic(0.1, 2, scaling, 2)
    many = run(problem, method, 4, stream=stream, replicas=5)
    alone = run(problem, method, 4, stream=stream)
    assert many.w[:1].tobytes() == alone.w.tobytes()
    assert many.final.scaling[:1].tobytes() == alone.final.scaling.tobytes()
    half = run(
        problem, method, 2, start=implicitbias.engine.start.replica_rows(many.final, 3, 4), stream=stream
    )
    whole = run(problem, method, 2, start=many, stream=stream)
    assert whole.w[3:4].tobytes() == half.w.tobytes()


@each_scaling
@pytest.mark.parametrize("batch", [None, 2])
def test_a_split_run_goes_on_with_the_same_memory(tmp_path, scaling, batch):
    problem, stream = problem_of(3), Stream(3)
    method = savic(0.1, (1, 2, 3), scaling, batch, momentum=0.5, replacement=batch is None)
    whole = run(problem, method, 7, stream=stream, replicas=2)
    first = run(problem, method, 3, stream=stream, replicas=2)
    first.save(tmp_path / "trace")
    for start in (first, Trace.load(tmp_path / "trace.npz")):
        second = run(problem, method, 4, start=start, stream=stream)
        assert second.w[:, -1].tobytes() == whole.w[:, -1].tobytes()
        for name in ("scaling", "refreshes", "velocity"):
            assert getattr(second.final, name).tobytes() == getattr(whole.final, name).tobytes()
        assert second.method == method


def test_another_scope_starts_with_another_memory():
    problem = problem_of(4)
    end = run(problem, local_gd(0.1, 1, scaling=RMSProp(floor=0.1)), 3)
    other = run(problem, local_gd(0.1, 1, scaling=RMSProp(floor=0.1, scope="worker")), 1, start=end)
    assert other.final.scaling.shape == (1, 3, 3) and other.final.refreshes.tolist() == [1, 1, 1]
    plain = run(problem, local_gd(0.1, 1), 1, start=end)
    assert plain.final.scaling is None and plain.final.refreshes is None


@each_scaling
def test_a_batch_of_runs_is_the_runs(scaling):
    spec = RunSpec(problem_of(5), savic(0.1, 2, scaling, 2), 4, replicas=2, stream=Stream(5))
    plain = dataclasses.replace(spec, method=local_sgd(0.1, 2, 2))
    for own, trace in zip((spec, plain), run_batch([spec, plain]), strict=True):
        assert trace.w.tobytes() == own.compute().w.tobytes()


@each_scaling
def test_a_description_comes_back_as_itself(scaling):
    method = savic(0.1, 2, scaling, 2)
    assert restore(json.loads(json.dumps(describe(method)))) == method
    assert eval(repr(method.scaling), vars(implicitbias)) == method.scaling
    assert hash(dataclasses.replace(scaling)) == hash(scaling)


def test_a_scaling_is_named_by_what_differs():
    assert repr(RMSProp()) == "RMSProp()"
    assert repr(Adam(beta=0.99, scope="worker")) == "Adam(beta=0.99, scope='worker')"
    assert repr(OASIS(floor=None, refresh=3)) == "OASIS(floor=None, refresh=3)"
    assert repr(Adaptive("linear", "gradient")) == "Adaptive('linear', 'gradient')"
    assert repr(Adaptive("linear", "hessian", bias_correction=True)) == (
        "Adaptive('linear', 'hessian', bias_correction=True)"
    )
    assert len({RMSProp(beta=0), RMSProp(beta=0.0), RMSProp(beta=np.float64(0.0))}) == 1
    assert repr(RMSProp(beta=np.float64(0))) == repr(RMSProp(beta=0)) == "RMSProp(beta=0.0)"


@pytest.mark.parametrize(
    ("method", "draws"),
    [
        (gd(0.1, scaling=RMSProp()), False),
        (gd(0.1, scaling=OASIS()), True),
        (savic(0.1, 2, RMSProp(), 2), True),
        (savic(0.1, 2, AdaHessian()), True),
    ],
)
def test_what_draws_says_so(method, draws):
    assert method.deterministic is not draws
    if draws:
        with pytest.raises(BadInput, match=r"stream = None: .*give stream=Stream\(0\)"):
            run(problem_of(0), method, 1)
    else:
        run(problem_of(0), method, 1)


def test_the_scaling_that_is_observed_is_that_of_the_round_before():
    problem, method = problem_of(6), local_gd(0.1, 1, scaling=RMSProp(beta=0.5, floor=0.01))
    largest = OfScaling(lambda scaling: scaling.max(axis=(1, 2)))
    trace = run(problem, method, 3, observe={"D": OfScaling(), "top": largest}, record=RecordAt.every(1))
    assert trace.extras["D"].shape == (1, 4, 1, 3) and (trace.extras["D"][0, 0] == 0.01).all()
    for r in range(3):
        step = 0.1 * problem.gradient(trace.w[0, r]) / trace.extras["D"][0, r + 1, 0]
        assert trace.w[0, r] - trace.w[0, r + 1] == pytest.approx(step, rel=1e-10)
    assert trace.extras["top"][0] == pytest.approx(trace.extras["D"][0].max(axis=(1, 2)), rel=0.0)
    fixed = run(problem, local_gd(0.1, 2, scaling=Fixed((1.0, 2.0, 3.0))), 2, observe={"D": OfScaling()})
    assert fixed.extras["D"].shape[2:] == (1, 3) and (fixed.extras["D"] == [1.0, 2.0, 3.0]).all()


@given(seeds)
def test_gradient_samples_are_those_of_a_normalised_step(seed):
    problem = problem_of(seed, workers=1, loss=Exponential())
    method = dataclasses.replace(normalised_gd(0.1), scaling=RMSProp(beta=0.0, floor=None))
    # D̂ = |∇log f|: sign descent.
    assert np.abs(run(problem, method, 1).w[0, -1]) == pytest.approx(0.1)


@pytest.mark.parametrize("make", FAMILIES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("engine", ["auto", "definition"])
def test_a_landscape_with_noise_is_scaled_too(make, engine):
    landscape = zoo.quadratic_valley().landscape
    method = savic(0.01, 3, make(floor=0.1), 1, workers=4)
    start = np.full(landscape.dim, 0.3)
    trace = run(landscape, method, 5, start=start, replicas=3, stream=Stream(1), engine=engine)
    assert np.isfinite(trace.w).all() and trace.final.scaling.shape == (3, 1, landscape.dim)
    alone = run(landscape, method, 5, start=start, stream=Stream(1), engine=engine)
    assert alone.w.tobytes() == trace.w[:1].tobytes()


def test_fresh_noise_is_not_that_of_the_steps():
    landscape, start = zoo.quadratic_valley().landscape, np.full(2, 0.3)
    options = {"beta": 0.0, "floor": None, "scope": "worker"}
    moved = {
        sample: run(
            landscape,
            savic(0.01, 1, RMSProp(**options, sample=sample), 1, workers=3),
            1,
            start=start,
            stream=Stream(2),
        ).final.local
        - start
        for sample in ("fresh", "same")
    }
    assert np.abs(moved["same"]) == pytest.approx(0.01)
    assert not np.allclose(np.abs(moved["fresh"]), 0.01)


@pytest.mark.parametrize("make", [OASIS, AdaHessian], ids=["OASIS", "AdaHessian"])
def test_curvature_of_a_diagonal_quadratic_is_exact(make):
    diagonal = np.array([0.1, 1.0, 10.0])
    problem = Quadratics(np.stack([np.diag(diagonal)] * 2), np.ones((2, 3)))
    method = local_gd(0.5, 3, scaling=make(beta=0.5, warmup=1))
    trace = run(problem, method, 4, stream=Stream(0), observe={"D": OfScaling()})
    assert trace.extras["D"][0, -1, 0] == pytest.approx(diagonal, rel=1e-14)
    # Newton's step of length ½, three times a round.
    assert trace.w[0, -1] == pytest.approx(np.full(3, 1.0 - 0.5**12), rel=1e-13)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"beta": 1.0}, r"beta = 1.0: must be a finite number ≥ 0 and < 1; 0.999"),
        ({"beta": -0.1}, r"beta = -0.1: .*≥ 0"),
        ({"beta": "0.9"}, r"beta = '0.9': must be a finite number"),
        ({"beta": math.nan}, r"beta = nan: must be a finite number"),
        ({"floor": 0.0}, r"floor = 0.0: must be a finite number > 0; the floor keeps steps finite"),
        ({"floor": -1e-8}, r"floor = -1e-08: .*floor=None"),
        ({"floor": 2.0, "ceiling": 1.0}, r"floor = 2: D̂ ≥ 2 must not exceed ceiling = 1.*raise the ceiling"),
        (
            {"floor": 0.04, "flooring": "inside", "ceiling": 0.1},
            r"floor = 0.04: D̂ ≥ 0.2 must not exceed ceiling = 0.1",
        ),
        ({"floor": None, "flooring": "plus"}, r"flooring = 'plus': there is no floor to add; give one"),
        ({"flooring": "min"}, r"flooring = 'min': must be one of \('max', 'plus', 'inside'\); choose one"),
        ({"flooring": np.array(["max", "plus"])}, r"flooring = array.*must be one of"),
        ({"ceiling": 0.0}, r"ceiling = 0.0: must be a finite number > 0; None leaves"),
        ({"warmup": -1}, r"warmup = -1: must be an integer ≥ 0"),
        ({"warmup": 1.5}, r"warmup = 1.5: must be an integer"),
        ({"initial": -1.0}, r"initial = -1.0: must be a finite number ≥ 0"),
        ({"initial": 3.0, "ceiling": 2.0}, r"initial = 3: \|D\| must start below ceiling = 2; lower it"),
        ({"scope": "local"}, r"scope = 'local': must be one of \('global', 'worker'\)"),
        ({"refresh": 0}, r"refresh = 0: must be an integer ≥ 1; 1 refreshes at every synchronisation"),
        ({"refresh": "round"}, r"refresh = 'round': must be an integer ≥ 1; .*'step'"),
        ({"refresh": True}, r"refresh = True: must be an integer"),
        ({"refresh": "step"}, r"refresh = 'step': one D for all workers .*give scope='worker'"),
        ({"pooling": "mean"}, r"pooling = 'mean': must be one of"),
        (
            {"scope": "worker", "pooling": "square_of_mean"},
            r"pooling = 'square_of_mean': .*nothing is pooled",
        ),
        ({"sample": "old"}, r"sample = 'old': must be one of \('fresh', 'same'\)"),
    ],
)
def test_a_bad_option_is_refused_with_its_rule_and_cure(options, says):
    with pytest.raises(BadInput, match=says):
        RMSProp(**options)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Adaptive("cubed", "gradient"), r"rule = 'cubed': must be one of"),
        (lambda: Adaptive("squared", "fisher"), r"curvature = 'fisher': must be one of"),
        (lambda: Adaptive("squared", "gradient", bias_correction=1), r"bias_correction = 1: int is no"),
        (
            lambda: Adaptive("sum", "gradient", bias_correction=True),
            r"bias_correction = True: a sum has no weights",
        ),
        (
            lambda: OASIS(pooling="square_of_mean"),
            r"pooling = 'square_of_mean': the linear rule squares nothing",
        ),
        (lambda: gd(0.1, scaling="adam"), r"scaling = 'adam': str is no scaling; give Identity\(\), Fixed"),
        (lambda: gd(0.1, scaling=RMSProp), r"scaling = <function RMSProp.*is no scaling"),
        (
            lambda: dataclasses.replace(proximal(0.1), scaling=RMSProp()),
            r"scaling = RMSProp\(\): local_solver",
        ),
    ],
)
def test_a_scaling_that_is_none_is_refused(make, says):
    with pytest.raises(BadInput, match=says):
        make()


class FirstOrder(AbstractProblem):
    """A user's problem without second derivatives: f(w) = |w|²/2."""

    dim, workers = 2, 2

    def worker_loss(self, w, worker):
        return 0.5 * (w**2).sum(axis=-1)

    def worker_gradient(self, w, worker, samples=None):
        return w

    def content(self):
        return ()


def test_curvature_is_asked_of_problems_that_have_it():
    problem, start = FirstOrder(), np.ones(2)
    run(problem, local_gd(0.1, 2, scaling=RMSProp()), 2, start=start)
    with pytest.raises(
        BadInput, match=r"OASIS\(\): needs worker_hvp, which .*FirstOrder.* does not offer; derive"
    ):
        run(problem, local_gd(0.1, 2, scaling=OASIS()), 2, start=start, stream=Stream(0))
    with pytest.raises(BadInput, match="needs worker_hvp"):
        RunSpec(problem, local_gd(0.1, 2, scaling=OASIS()), 2).check()


def test_curvature_of_the_loss_does_not_scale_steps_along_its_logarithm():
    problem = problem_of(0, workers=1, loss=Exponential())
    method = LocalMethod(lr=Normalised(0.1), scaling=AdaHessian())
    with pytest.raises(BadInput, match=r"AdaHessian\(\): samples ∇²f, but lr = .*scale by gradients"):
        run(problem, method, 1, stream=Stream(0))


@pytest.mark.parametrize("make", [AdaHessian, lambda **o: Adaptive("sum", "hessian", **o)])
def test_squares_refuse_negative_curvature(make):
    saddle = zoo.scalar_factorisation().landscape
    start, stream = np.zeros(2), Stream(0)
    with pytest.raises(BadInput, match=r"rule = '(squared|sum)': v·∇²f v = -.* use OASIS\(\)"):
        run(saddle, savic(1e-3, 1, make(), 1, workers=2), 4, start=start, replicas=8, stream=stream)
    run(saddle, savic(1e-3, 1, OASIS(floor=1.0), 1, workers=2), 4, start=start, replicas=8, stream=stream)
    convex = zoo.quadratic_valley().landscape
    run(convex, savic(1e-3, 1, make(), 1, workers=2), 1, start=np.full(2, 0.1), stream=stream)


def test_negative_curvature_that_all_signs_miss_is_found_along_an_axis():
    """(x² − 1)²/4 + y²/2 has the Hessian diag(−0.97, 1) at (0.1, 0.5): v·∇²f v = 0.03 for every sign vector v."""
    import sympy

    x, y = sympy.symbols("x y", real=True)
    loss = (x**2 - 1) ** 2 / 4 + y**2 / 2
    well = Landscape(loss, [x, y], Isotropic(2, law=TwoPoint()), name="double well")
    method = savic(1e-3, 1, AdaHessian(), 1.0, workers=2)
    with pytest.raises(BadInput, match=r"v·∇²f v = -0.97 at the start"):
        run(well, method, 1, start=np.array([0.1, 0.5]), stream=Stream(0))
    run(well, method, 1, start=np.array([1.0, 0.5]), stream=Stream(0))


def test_a_scaling_is_observed_only_where_there_is_one():
    with pytest.raises(BadInput, match=r"observe\['D'\] = .*give the method a scaling, or leave it out"):
        run(problem_of(0), local_gd(0.1, 2), 1, observe={"D": OfScaling()})


def test_what_does_not_follow_a_run_refuses_scalings_that_do():
    regression = LinearRegression(np.eye(2), np.ones(2), workers=2)
    with pytest.raises(BadInput, match=r"Fixed\(tuple"):
        round_fixed_point(regression, local_gd(0.1, 2, scaling=RMSProp()), np.zeros(2))
    with pytest.raises(BadInput, match=r"Fixed\(tuple"):
        implicitbias.fast_forward(problem_of(0), local_gd(0.1, 2, scaling=RMSProp()), 20.0)
