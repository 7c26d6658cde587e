"""The engine: reductions to known methods, independence of layout, honest ends, traces on disk."""

import dataclasses
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from implicitbias import (
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
    modified_local_gd,
    Moments,
    Normalised,
    normalised_gd,
    Piecewise,
    PowerDecay,
    prgd,
    projection,
    proximal,
    QuadraticRule,
    Quadratics,
    RecordAt,
    Rescaling,
    run,
    sequential_gd,
    Server,
    Status,
    Stream,
    sweeping,
    Trace,
)


seeds = st.integers(0, 10**6)
engines = pytest.mark.parametrize("engine", ["definition", "auto"])


def problem_of(seed, workers=(0, 0, 0, 1, 1, 2), loss=None, turn=None, scale=1.0):
    features = Stream(seed).at("rows").generator().normal(size=(6, 3))
    features[:, 0] = np.abs(features[:, 0]) + 0.5
    features = scale * (features if turn is None else features @ turn)
    return LinearClassification(features, np.ones(6), workers=list(workers), loss=loss or Logistic())


@engines
@given(seeds, st.integers(1, 4))
def test_one_step_is_gradient_descent(engine, seed, rounds):
    problem = problem_of(seed)
    w = np.zeros(3)
    for _ in range(rounds):
        w = w - 0.3 * problem.gradient(w)
    assert np.allclose(run(problem, local_gd(0.3, 1), rounds, engine=engine).w[0, -1], w, rtol=1e-12)
    assert np.allclose(run(problem, gd(0.3), rounds, engine=engine).w[0, -1], w, rtol=1e-12)


@engines
@given(seeds, st.integers(1, 5))
def test_one_worker_takes_all_its_steps_as_gradient_descent(engine, seed, steps):
    problem = problem_of(seed, workers=[0] * 6)
    local = run(problem, local_gd(0.3, steps), 3, engine=engine).w[0, -1]
    assert np.allclose(local, run(problem, gd(0.3), 3 * steps, engine=engine).w[0, -1], rtol=1e-12)


@engines
@given(seeds, st.permutations([0, 1, 2]))
def test_the_order_of_the_workers_does_not_matter(engine, seed, order):
    problem = problem_of(seed)
    renamed = problem_of(seed, workers=[order[m] for m in problem.assignment])
    steps = np.empty(3, dtype=int)
    steps[list(order)] = (2, 5, 1)
    first = run(problem, local_gd(0.3, (2, 5, 1)), 7, engine=engine).w
    second = run(renamed, local_gd(0.3, tuple(steps)), 7, engine=engine).w
    assert np.allclose(first, second, rtol=1e-12, atol=1e-14)


@engines
@given(seeds)
def test_rotating_the_data_rotates_the_path(engine, seed):
    turn = np.linalg.qr(Stream(seed).at("turn").generator().normal(size=(3, 3)))[0]
    plain = run(problem_of(seed), local_gd(0.3, 4), 9, engine=engine).w
    turned = run(problem_of(seed, turn=turn), local_gd(0.3, 4), 9, engine=engine).w
    assert np.allclose(turned, plain @ turn, rtol=1e-11, atol=1e-13)


@engines
@given(seeds, st.floats(0.2, 5))
def test_scaling_the_data_is_scaling_the_learning_rate(engine, seed, scale):
    plain = run(problem_of(seed), local_gd(0.3, 4), 9, engine=engine).w
    scaled = run(problem_of(seed, scale=scale), local_gd(0.3 / scale**2, 4), 9, engine=engine).w
    assert np.allclose(scaled * scale, plain, rtol=1e-11, atol=1e-13)


@engines
@given(seeds)
def test_fixed_scaling_is_local_gd_on_scaled_features(engine, seed):
    diagonal = np.array([0.5, 2.0, 4.0])
    problem = problem_of(seed)
    root = LinearClassification(
        problem.features / np.sqrt(diagonal), problem.labels, workers=problem.assignment, loss=Logistic()
    )
    scaled = run(problem, local_gd(0.3, 4, scaling=Fixed(tuple(diagonal))), 9, engine=engine).w
    assert np.allclose(
        scaled * np.sqrt(diagonal), run(root, local_gd(0.3, 4), 9, engine=engine).w, rtol=1e-11, atol=1e-13
    )


@engines
@given(seeds)
def test_heavy_ball_is_its_recursion(engine, seed):
    problem = problem_of(seed)
    w, v = np.zeros(3), np.zeros(3)
    for _ in range(6):
        v = 0.9 * v - 0.1 * problem.gradient(w)
        w = w + v
    assert np.allclose(run(problem, gd(0.1, momentum=0.9), 6, engine=engine).w[0, -1], w, rtol=1e-11)


@engines
@given(seeds)
def test_anchoring_is_its_recursion(engine, seed):
    problem, start = problem_of(seed), np.array([1.0, -2.0, 0.5])
    w = start
    for r in range(5):
        plain = run(problem, local_gd(0.3, 4), 1, start=w, engine=engine).w[0, -1]
        w = start / (r + 2) + (1 - 1 / (r + 2)) * plain
    anchored = run(problem, modified_local_gd(local_gd(0.3, 4)), 5, start=start, engine=engine)
    assert np.allclose(anchored.w[0, -1], w, rtol=1e-11)


@engines
@given(seeds)
def test_server_momentum_is_its_recursion(engine, seed):
    problem, w, v = problem_of(seed), np.zeros(3), np.zeros(3)
    method = LocalMethod(lr=0.2, local_steps=3, server=Server(rate=0.7, momentum=0.5))
    for _ in range(5):
        v = 0.5 * v + run(problem, local_gd(0.2, 3), 1, start=w, engine=engine).w[0, -1] - w
        w = w + 0.7 * v
    assert np.allclose(run(problem, method, 5, engine=engine).w[0, -1], w, rtol=1e-11)


METHODS = [
    local_gd(0.3, 3),
    local_sgd(0.3, 3, 2),
    local_sgd(0.3, 3, 1, replacement=False),
    local_sgd(PowerDecay(0.3), 3, 1, momentum=0.5),
    LocalMethod(lr=0.2, local_steps=2, server=Server(momentum=0.5)),
    modified_local_gd(local_gd(0.3, 3)),
    normalised_gd(PowerDecay(0.3)),
    prgd(0.3, Rescaling(1.0, growth=1.2, every=3, start=2)),
    sequential_gd(0.3, 2),
    dataclasses.replace(sequential_gd(0.3, (1, 3, 2)), momentum=HeavyBall(0.5)),
]


@engines
@pytest.mark.parametrize("method", METHODS, ids=repr)
@given(seeds, st.integers(1, 8))
def test_going_on_from_a_trace_is_not_having_stopped(engine, method, seed, stop):
    problem, stream = problem_of(seed), Stream(seed)
    whole = run(problem, method, 9, stream=stream, engine=engine, record=RecordAt.last())
    first = run(problem, method, stop, stream=stream, engine=engine)
    rest = run(problem, method, 9 - stop, start=first, stream=stream, engine=engine)
    assert rest.rounds[0] == stop and rest.rounds[-1] == 9
    assert np.allclose(rest.w[:, -1], whole.w[:, -1], rtol=1e-12)


@engines
@pytest.mark.parametrize("method", METHODS, ids=repr)
@given(seeds, st.integers(0, 4))
def test_a_replica_does_not_know_how_many_there_are(engine, method, seed, replica):
    problem, stream = problem_of(seed), Stream(seed)
    five = run(problem, method, 6, replicas=5, stream=stream, engine=engine)
    fewer = run(problem, method, 6, replicas=replica + 1, stream=stream, engine=engine)
    assert np.array_equal(five.w[replica], fewer.w[replica])


@given(seeds)
def test_without_replacement_every_epoch_sees_every_sample_once(seed):
    # One step per epoch of batch n_m is full gradient descent, in another order of summation.
    problem = problem_of(seed, workers=[0] * 6)
    epochs = run(problem, local_sgd(0.3, 4, 6, replacement=False), 3, stream=Stream(seed))
    assert np.allclose(epochs.w, run(problem, local_gd(0.3, 4), 3).w, rtol=1e-12)


@given(seeds)
def test_reduced_statistics_are_those_of_the_replicas(seed):
    problem, stream, method = problem_of(seed), Stream(seed), local_sgd(0.3, 2, 1)
    norm = {"norm": lambda w: np.linalg.norm(w, axis=1)}
    kept = run(problem, method, 5, replicas=150, stream=stream, observe=norm)
    reduced = run(problem, method, 5, replicas=150, stream=stream, observe=norm, reduce=Moments())
    moments = reduced.extras["norm"]
    assert reduced.w.shape == (1, *kept.w.shape[1:])
    assert np.allclose(reduced.min_margin[0], kept.min_margin.mean(axis=0), rtol=1e-12, atol=1e-14)
    assert np.allclose(reduced.extras["min_margin"].variance, kept.min_margin.var(axis=0, ddof=1), atol=1e-14)
    assert np.allclose(np.log(reduced.loss[0]), kept.log_loss.mean(axis=0), rtol=1e-12)
    assert np.allclose(reduced.w[0], kept.w.mean(axis=0), rtol=1e-12, atol=1e-14)
    assert np.allclose(moments.mean, kept.extras["norm"].mean(axis=0), rtol=1e-12)
    assert np.allclose(moments.variance, kept.extras["norm"].var(axis=0, ddof=1), rtol=1e-9, atol=1e-15)


@engines
def test_overflow_is_diverged_with_round_and_cure(engine):
    # Three equal samples pull the model 10⁴ away from the fourth, whose gradient then exceeds e⁷⁰⁹.
    rows = [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [-0.9, 0.1]]
    problem = LinearClassification(rows, [1] * 4, workers=[0, 0, 1, 1], loss=Exponential())
    with pytest.raises(
        Diverged, match=r"exponential loss overflowed in round \d+ .*Logistic\(\).*M = 2"
    ) as caught:
        run(problem, local_gd(2e4, 1), 50, engine=engine)
    trace = caught.value.trace
    assert isinstance(trace, Trace) and trace.status is Status.DIVERGED and np.isfinite(trace.w).all()
    assert run(problem, local_gd(2e4, 1), 50, engine=engine, throw=False).status is Status.DIVERGED
    tame = LinearClassification(rows, [1] * 4, workers=[0, 0, 1, 1], loss=Logistic())
    assert run(tame, local_gd(2e4, 1), 50, engine=engine).status is Status.COMPLETE


@engines
def test_divergence_raises_no_warning_on_the_way(engine):
    # Warnings are errors here: a bare RuntimeWarning would replace `Diverged`.
    rows, targets = 3 * np.eye(2), np.ones(2)
    for problem in (
        LinearRegression(rows, targets, workers=2),
        LinearClassification(rows, targets, workers=2, loss=Logistic(), l2=1.0),
        Quadratics(np.stack([np.eye(2)] * 2), rows),
    ):
        with pytest.raises(Diverged, match="use a smaller learning rate") as caught:
            run(problem, local_gd(50.0, 2), 1000, engine=engine, record=RecordAt.every(1))
        assert np.isfinite(caught.value.trace.w).all() and caught.value.trace.rounds[-1] > 50


@engines
def test_a_steep_start_is_named_as_a_reason_to_diverge(engine):
    problem = LinearClassification([[1.0, 0.0]], [1])
    with pytest.raises(Diverged, match=r"start is steep, ℓ = e\^750"):
        run(problem, gd(0.1), 5, start=np.array([-750.0, 0.0]), engine=engine)


def test_an_interrupted_run_leaves_a_valid_partial_trace():
    class Stop:
        calls = 0

        def update(self, n):
            self.calls += 1
            if self.calls == 40:
                raise KeyboardInterrupt

    trace = run(
        problem_of(0), local_gd(0.3, 2), 1000, engine="definition", record=RecordAt.every(10), progress=Stop()
    )
    assert trace.status is Status.INTERRUPTED and trace.rounds[-1] == 30
    rest = run(problem_of(0), local_gd(0.3, 2), 970, start=trace)
    assert np.allclose(rest.w[:, -1], run(problem_of(0), local_gd(0.3, 2), 1000).w[:, -1], rtol=1e-12)


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_saving_and_loading_is_the_identity(method, tmp_path):
    trace = run(
        problem_of(1),
        method,
        20,
        replicas=3,
        stream=Stream(4),
        observe={"norm": lambda w: (w * w).sum(axis=1)},
    )
    trace.save(tmp_path / "trace")
    loaded = Trace.load(tmp_path / "trace.npz")
    assert loaded.method == method and loaded.engine == trace.engine and loaded.status is trace.status
    for name in ("w", "rounds", "time", "slow_time", "log_loss", "disagreement", "min_margin"):
        assert np.array_equal(getattr(loaded, name), getattr(trace, name))
    assert np.array_equal(loaded.extras["norm"], trace.extras["norm"])
    again = run(problem_of(1), method, 5, start=loaded, stream=Stream(4))
    assert np.array_equal(again.w, run(problem_of(1), method, 5, start=trace, stream=Stream(4)).w)
    assert list(tmp_path.iterdir()) == [tmp_path / "trace.npz"]


def array_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_a_file_that_is_no_trace_is_refused(tmp_path):
    (tmp_path / "other.npz").write_bytes(b"not an archive")
    with pytest.raises(BadInput, match="is no trace"):
        Trace.load(tmp_path / "other.npz")
    with pytest.raises(BadInput, match="no such file"):
        Trace.load(tmp_path / "absent.npz")
    with pytest.raises(BadInput, match=r"is a folder.*trace\.npz"):
        Trace.load(tmp_path)
    run(problem_of(0), gd(0.1), 3).save(tmp_path / "cut")
    whole = (tmp_path / "cut.npz").read_bytes()
    for bytes_left in (100, len(whole) // 2, len(whole) - 10):
        (tmp_path / "cut.npz").write_bytes(whole[:bytes_left])
        with pytest.raises(BadInput, match="damaged") as refused:
            Trace.load(tmp_path / "cut")
        assert "pickle" not in str(refused.value)
    middle = len(whole) // 2
    foreign = (whole[:middle] + bytes(40) + whole[middle + 40 :], array_bytes(np.ones(3)), b"")
    for content in foreign:
        (tmp_path / "cut.npz").write_bytes(content)
        with pytest.raises(BadInput, match="damaged"):
            Trace.load(tmp_path / "cut")


@pytest.mark.bad_input
def test_a_path_is_a_file_name():
    trace = run(problem_of(0), gd(0.1), 3)
    for use in (trace.save, Trace.load):
        with pytest.raises(BadInput, match="path = 3"):
            use(3)


def test_clocks_count_rounds_steps_and_rates():
    trace = run(problem_of(0), local_gd(0.25, (1, 2, 3)), 4, record=RecordAt.every(1))
    assert np.allclose(trace.time, 0.25 * 2 * np.arange(5)) and np.allclose(
        trace.slow_time, 0.25**2 * 2 * np.arange(5)
    )
    decaying = run(problem_of(0), local_gd(PowerDecay(1.0, power=1.0), 2), 2, record=RecordAt.every(1))
    assert np.allclose(decaying.time, [0, 1 + 1 / 2, 1 + 1 / 2 + 1 / 3 + 1 / 4])
    grown = run(problem_of(0), local_gd(PowerDecay(1.0, power=1.0), QuadraticRule(1, 1.0)), 2)
    assert grown.final.clock.steps == (1 + 4,) * 3


def test_disagreement_is_the_spread_of_the_workers():
    problem = Quadratics(np.stack([np.eye(1)] * 2), np.array([[1.0], [-1.0]]))
    trace = run(problem, local_gd(0.5, 1), 1, engine="definition")
    # From 0 the workers step to ±1/2.
    assert trace.disagreement[0] == pytest.approx([0.0, 0.5])


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"rounds": -1}, "rounds = -1"),
        ({"rounds": 2.5}, "rounds = 2.5"),
        ({"replicas": 0}, "replicas = 0"),
        ({"start": [1.0, 2.0]}, "start has shape"),
        ({"start": [np.inf, 0, 0]}, "not finite"),
        ({"method": local_gd(0.1, (1, 2))}, "one number per worker"),
        ({"method": local_sgd(0.1, 1, 1)}, "stream = None"),
        ({"method": local_sgd(0.1, 1, 4, replacement=False), "stream": Stream(0)}, "without replacement"),
        ({"method": local_sgd(0.1, 1, 1.5), "stream": Stream(0)}, "integer"),
        ({"method": gd(0.1, scaling=Fixed((1.0,)))}, "d = 3"),
        ({"method": dataclasses.replace(gd(0.1), workers=9)}, "brings its own"),
        ({"engine": "fortran"}, "engine = 'fortran'"),
        ({"method": "gd"}, "LocalMethod"),
        ({"record": RecordAt.these([99])}, "run ends at round"),
        ({"rounds": -1}, "0 records the start alone"),
        (
            {"problem": Quadratics(np.ones((1, 1, 1)), [[0.0]]), "method": normalised_gd(0.1)},
            "vanishes at a min",
        ),
        ({"start": "a"}, "start = 'a'"),
        ({"start": [1j, 0, 0]}, "start = .*take .real"),
        ({"stream": 3}, "stream = 3: int is no stream; give Stream"),
        ({"stream": np.random.Generator(np.random.PCG64(0))}, "Generator is no stream"),
        ({"record": 3}, "record = 3"),
        ({"record": "all"}, "record = 'all'"),
        ({"record": [1, 2]}, r"these\("),
        ({"record": None}, "record = None"),
        ({"progress": "yes"}, "progress = 'yes'"),
        ({"observe": [abs]}, "observe = "),
        ({"observe": {"norm": 3}}, r"observe\['norm'\] = 3"),
        ({"observe": {"w": abs}}, "observe = 'w'.*rename"),
        ({"observe": {"min_margin": abs}}, "rename"),
        ({"observe": {3: abs}}, "observe = 3"),
        ({"reduce": "mean"}, "reduce = 'mean'"),
        ({"reduce": Moments.of(np.ones(3))}, "statistics start empty"),
    ],
)
def test_bad_requests_are_refused_before_any_work(change, rule):
    request = {"problem": problem_of(0), "method": gd(0.1), "rounds": 3} | change
    with pytest.raises(BadInput, match=rule):
        run(request.pop("problem"), request.pop("method"), request.pop("rounds"), **request)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (lambda: gd(0.0), "lr = 0.0"),
        (lambda: gd(float("nan")), "lr = nan"),
        (lambda: gd("0.1"), "lr = '0.1'"),
        (lambda: local_gd(0.1, 0), "local_steps = 0"),
        (lambda: local_gd(0.1, 2.0), "local_steps = 2.0"),
        (lambda: gd(0.1, momentum=1.0), "momentum = 1.0"),
        (lambda: local_sgd(0.1, 1, None), "batch = None"),
        (lambda: local_sgd(0.1, 1, -1), "batch = -1"),
        (lambda: Fixed((1.0, 0.0)), "diagonal = 0.0.*positive"),
        (lambda: Server(rate=-1.0), "rate = -1.0"),
        (lambda: local_sgd(0.1, 1, np.inf), "batch = inf"),
        (lambda: gd(0.1, momentum="a"), "momentum = 'a'"),
        (lambda: gd(0.1, momentum=HeavyBall(0.5)), "give β itself"),
        (lambda: local_gd(0.1, 2, momentum=None), "momentum = None"),
        (lambda: LocalMethod(momentum=0.5), "HeavyBall"),
        (lambda: Fixed(("a", 1, 2)), "diagonal = .*real numbers"),
        (lambda: Fixed(()), "non-empty"),
        (lambda: gd(0.1, scaling=np.ones(3)), r"Fixed\(D\)"),
        (lambda: proximal("a"), "regularisation = 'a'"),
        (lambda: Server(rate="a"), "rate = 'a'"),
        (lambda: modified_local_gd(0.1), "method = 0.1"),
        (lambda: QuadraticRule(2.5, 1.0), "base = 2.5"),
        (lambda: PowerDecay(0.1, power="a"), "power = 'a'"),
        (lambda: Piecewise(0.1, 5), "rates = 0.1"),
        (lambda: Piecewise((0.1, 0.2), ("a",)), "boundaries = 'a'"),
        (lambda: local_gd(0.1, ()), "local_steps = .*non-empty"),
        (lambda: local_gd(0.1, [1, 2.5]), "local_steps = 2.5"),
        (lambda: dataclasses.replace(projection(), lr=0.1), "lr = 0.1.*leave lr at 1.0"),
        (lambda: dataclasses.replace(sweeping(), local_steps=2), "leave local_steps at 1"),
        (lambda: normalised_gd(0.0), "lr = 0.0"),
        (lambda: normalised_gd(gd(0.1)), "lr = LocalMethod"),
        (lambda: local_sgd(Normalised(0.1), 1, 1), "batch = 1: lr = Normalised.*full gradients"),
        (lambda: local_gd(Normalised(0.1), QuadraticRule(1, 1.0)), "rule needs η before.*give a number"),
        (lambda: dataclasses.replace(projection(), lr=Normalised(1.0)), "leave lr at 1.0"),
        (lambda: Rescaling(0.0, 1.1, 20), "radius = 0.0"),
        (lambda: Rescaling(1.0, 0.9, 20), "growth = 0.9"),
        (lambda: Rescaling(1.0, 1.1, 0), "every = 0"),
        (lambda: Rescaling(1.0, 1.1, 20, start=0), "start = 0.*never rescaled"),
        (lambda: prgd(1.0, 1.1), "rescaling = 1.1"),
        (lambda: LocalMethod(rescaling=1.1), "rescaling = 1.1.*Rescaling"),
    ],
)
def test_bad_methods_cannot_be_described(build, rule):
    with pytest.raises(BadInput, match=rule):
        build()


def test_linear_regression_and_quadratics_reach_their_minimisers():
    rng = Stream(0).at("regression").generator()
    features, w = rng.normal(size=(8, 3)), np.array([1.0, -2.0, 0.5])
    regression = LinearRegression(features, features @ w, workers=2)
    assert np.allclose(run(regression, local_gd(0.1, 5), 2000).w[0, -1], w, atol=1e-10)
    roots = rng.normal(size=(2, 3, 3))
    quadratics = Quadratics(roots @ roots.swapaxes(1, 2), rng.normal(size=(2, 3)))
    reached = run(quadratics, gd(0.5 / quadratics.smoothness), 20_000, record=RecordAt.last()).w[0, -1]
    assert np.allclose(reached, quadratics.minimiser, atol=1e-8)


@given(st.integers(2, 10**9), st.integers(2, 300))
def test_log_records_are_equally_spaced_in_log_rounds(total, count):
    rounds = RecordAt.log(count).rounds(total)
    assert rounds[0] == 0 and rounds[-1] == total and len(rounds) <= count + 1
    # Rounding to integers moves a record by half a round at most, which is below 5 % from round 10 on.
    late = rounds[rounds >= 10]
    wanted = np.log(total) / (min(count, total + 1) - 1)
    assert (np.diff(np.log(late)) <= wanted + 0.1).all()


def test_records_at_a_period_and_at_chosen_rounds():
    assert RecordAt.every(3).rounds(8).tolist() == [0, 3, 6, 8]
    assert RecordAt.these([5, 2]).rounds(8).tolist() == [0, 2, 5, 8]
    assert RecordAt.last().rounds(8).tolist() == [0, 8]
    assert RecordAt.log(5).rounds(0).tolist() == [0]
