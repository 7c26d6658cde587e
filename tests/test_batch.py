"""A batch is its runs one by one: equal to the definition, and to the bit the same in any company."""

import dataclasses
import tracemalloc

import mpmath
import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    Fixed,
    initial_state,
    LinearClassification,
    local_gd,
    local_sgd,
    LocalMethod,
    Logistic,
    modified_local_gd,
    PolynomialTail,
    PowerDecay,
    RecordAt,
    run,
    run_batch,
    RunSpec,
    Server,
    Status,
    Stream,
)
from implicitbias.engine.kernels import find_kernel, Kernel, LaneBatch, Run
from implicitbias.engine.kernels import lane_batch as batch_module
from implicitbias.engine.kernels import threads as threads_module
from implicitbias.engine.kernels.packing import RUNS
from tests.kernel_zoo import by_definition, RELATIVE


SEEDS = st.integers(0, 2**32 - 1)
# The exponential's stated error, 2 units in the last place.
EXPONENTIAL_ERROR = 2 * 2.0**-52
DIAGONAL = Fixed((1.0, 0.5, 2.0, 0.8))
METHODS = (
    local_gd(0.1, 3),
    local_gd(PowerDecay(0.2), (1, 4, 2)),
    local_gd(0.1, 2, scaling=DIAGONAL),
    modified_local_gd(local_gd(0.2, 4)),
    local_sgd(0.1, 3, 2),
    local_sgd(0.1, 3, 2, replacement=False),
)
RECORDS = RecordAt.these([1, 5, 17, 40])


def data(seed, sizes=(3, 5, 4), dim=4, **options):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(sum(sizes), dim)) / np.sqrt(dim)
    rows[:, 0] = np.abs(rows[:, 0]) + 0.2
    return LinearClassification(
        rows, np.ones(len(rows)), workers=np.repeat(np.arange(len(sizes)), sizes), **options
    )


def spec_of(problem, method, seed, replicas=1, rounds=40, record=RECORDS):
    start = tuple(np.random.default_rng(seed).normal(size=problem.dim).tolist())
    return RunSpec(problem, method, rounds, record, start, replicas, Stream(seed))


def with_lr(method, lr):
    return dataclasses.replace(method, lr=lr)


def company(problem, method, seed, others):
    """Runs with other η, H, seeds, starts, records and data than the first."""
    rng = np.random.default_rng(seed)
    runs = []
    for k in range(others):
        own = problem if rng.random() < 0.5 else data(seed + k + 1, loss=problem.loss_function, l2=problem.l2)
        steps = int(rng.integers(1, 9))
        record = RecordAt.every(7) if k % 4 == 3 else RECORDS
        other = dataclasses.replace(method, lr=0.02 * (k + 1), local_steps=steps)
        runs.append(spec_of(own, other, k, 1 + k % 3, record=record))
    return runs


def same(trace, other):
    """Whether two traces hold the same bytes."""
    names = ("w", "rounds", "time", "slow_time", "log_loss", "disagreement", "min_margin")
    return all(getattr(trace, n).tobytes() == getattr(other, n).tobytes() for n in names) and (
        trace.status,
        trace.message,
        trace.engine,
    ) == (other.status, other.message, other.engine)


@pytest.mark.parametrize("method", METHODS, ids=repr)
@given(seed=SEEDS, replicas=st.integers(1, 3))
@settings(max_examples=4)
def test_every_run_of_a_batch_is_the_definition(method, seed, replicas):
    problem = data(seed)
    specs = [spec_of(problem, method, seed, replicas), *company(problem, method, seed % 1000, 5)]
    for spec, trace in zip(specs, run_batch(specs), strict=True):
        expected = run(
            spec.problem,
            spec.method,
            spec.rounds,
            start=np.array(spec.start),
            replicas=spec.replicas,
            record=spec.record,
            stream=spec.stream,
            engine="definition",
        )
        assert trace.engine == "gram-batch"
        assert np.abs(trace.w - expected.w).max() <= RELATIVE * np.abs(expected.w).max()
        assert np.abs(trace.final.local - expected.final.local).max() <= RELATIVE * np.abs(expected.w).max()
        assert trace.final.clock == expected.final.clock
        assert (trace.rounds == expected.rounds).all() and (trace.time == expected.time).all()


@pytest.mark.parametrize("method", METHODS, ids=repr)
@given(seed=SEEDS, others=st.integers(1, 25), place=st.floats(0, 1))
@settings(max_examples=6)
def test_a_run_is_the_same_bytes_in_any_company(method, seed, others, place):
    problem = data(seed % 7, loss=Logistic() if seed % 2 else None)
    spec = spec_of(problem, method, seed, 2)
    around = company(problem, method, seed % 1000, others)
    at = int(place * others)
    together = run_batch([*around[:at], spec, *around[at:]])[at]
    assert same(together, run_batch([spec])[0])


@given(seed=SEEDS, count=st.integers(1, 30))
@settings(max_examples=5)
def test_the_number_of_threads_and_chunks_does_not_matter(seed, count):
    problem, method = data(seed), local_sgd(PowerDecay(0.3), 3, 1, replacement=False)
    specs = [spec_of(problem, with_lr(method, 0.01 * (k + 1)), k) for k in range(count)]
    expected = run_batch(specs)
    threads = numba.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads_module, "THREAD_WORK", 0)
        patch.setattr(batch_module, "CHUNK_WORK", 1e6)
        for used in {1, threads}:
            numba.set_num_threads(used)
            assert all(same(a, b) for a, b in zip(run_batch(specs), expected, strict=True))
    numba.set_num_threads(threads)


@given(seed=SEEDS, sharing=st.booleans())
@settings(max_examples=5)
def test_a_shared_data_set_and_copies_of_it_give_the_same_bytes(seed, sharing):
    # One Gram matrix for all lanes, or one for each: other code, the same operations.
    problem, method = data(seed), local_gd(0.1, 3)
    other = data(seed + 1)
    run_of = Run(problem, method, None, 3)
    alone = LaneBatch([run_of])
    mixed = LaneBatch([run_of, Run(other, method, None, 2)][:: 1 if sharing else -1])
    rng = np.random.default_rng(seed)
    states = [
        initial_state(p, method, rng.normal(size=(n, 4)), np.arange(n)) for p, n in ((problem, 3), (other, 2))
    ]
    expected = alone.advance(states[:1], 50, lambda _: None)[0][0]
    reached = mixed.advance(states[:: 1 if sharing else -1], 50, lambda _: None)[0 if sharing else 1][0]
    assert reached.w.tobytes() == expected.w.tobytes() and reached.local.tobytes() == expected.local.tobytes()


@given(seed=SEEDS, lr=st.floats(20.0, 200.0))
@settings(max_examples=8)
@example(seed=0, lr=40.0)
def test_a_run_that_diverges_does_so_in_its_own_round_and_disturbs_nobody(seed, lr):
    problem = data(seed)
    rng = np.random.default_rng(seed)
    torn = LinearClassification(problem.features, rng.choice([-1.0, 1.0], 12), workers=problem.assignment)
    wild, calm = RunSpec(torn, local_gd(lr, 2), 40, RECORDS), spec_of(torn, local_gd(1e-3, 2), seed)
    steep = dataclasses.replace(calm, start=tuple((-900.0 * torn.signed[0]).tolist()))
    traces = run_batch([calm, wild, steep, calm])
    assert same(traces[0], traces[3]) and same(traces[0], run_batch([calm])[0])
    assert traces[0].status is Status.COMPLETE
    for spec, trace in ((wild, traces[1]), (steep, traces[2])):
        expected = run(
            torn, spec.method, 40, start=spec.start and np.array(spec.start), record=RECORDS, throw=False,
            engine="definition",
        )  # fmt: skip
        assert (trace.status, trace.message) == (expected.status, expected.message)
        assert (trace.rounds == expected.rounds).all()


@given(seed=SEEDS, lr=st.floats(30.0, 90.0))
@settings(max_examples=4)
def test_a_ridge_that_overshoots_diverges_in_the_round_of_the_definition(seed, lr):
    # |1 − ηλ| > 1: what grows is the weight of the start, and no coefficient.
    problem = data(seed, loss=Logistic(), l2=0.1)
    spec = dataclasses.replace(spec_of(problem, local_gd(lr, 9), seed), rounds=200, record=RecordAt.last())
    expected = run(
        problem,
        spec.method,
        200,
        start=np.array(spec.start),
        record=spec.record,
        throw=False,
        engine="definition",
    )
    assert run_batch([spec])[0].message == expected.message
    assert expected.status is Status.DIVERGED


def test_the_example_above_diverges():
    problem = data(0)
    torn = LinearClassification(
        problem.features, np.random.default_rng(0).choice([-1.0, 1.0], 12), workers=problem.assignment
    )
    trace = run_batch([RunSpec(torn, local_gd(40.0, 2), 40, RECORDS)])[0]
    assert trace.status is Status.DIVERGED and "overflowed in round" in trace.message


@given(seed=SEEDS)
@settings(max_examples=4)
def test_a_run_that_goes_on_is_a_run_that_never_stopped(seed):
    problem, method, stream = data(seed), local_sgd(0.1, 3, 2, replacement=False), Stream(seed)
    whole = run(problem, method, 600, replicas=3, stream=stream, record=RecordAt.last())
    first = run(problem, method, 300, replicas=3, stream=stream)
    rest = run(problem, method, 300, start=first, stream=stream)
    assert whole.engine == rest.engine == "gram-batch"
    assert np.abs(rest.w[:, -1] - whole.w[:, -1]).max() <= RELATIVE * np.abs(whole.w).max()


def test_what_no_register_can_run_is_run_alone():
    problem = data(0)
    momentum = local_gd(0.1, 3, momentum=0.5)
    tall = data(0, sizes=(200, 200), dim=2)
    specs = [
        spec_of(problem, momentum, 1),
        spec_of(tall, local_gd(0.1, 9), 2, rounds=5, record=RecordAt.last()),
    ]
    traces = run_batch(specs)
    assert [t.engine for t in traces] == ["gram", "weights"]
    assert all(same(t, s.compute()) for t, s in zip(traces, specs, strict=True))
    assert run_batch([]) == ()


def test_registers_are_preferred_where_no_vector_is_padded():
    assert find_kernel(data(0, sizes=(8, 8)), local_gd(0.1, 3), many=True) == batch_module.LaneKernel()
    assert find_kernel(data(0, sizes=(8, 8)), local_gd(0.1, 3)) == Kernel("gram")


def test_a_run_that_cannot_be_done_is_refused():
    with pytest.raises(BadInput, match="n_m = 3"):
        run_batch([spec_of(data(0), local_sgd(0.1, 2, 4, replacement=False), 0)])


@pytest.mark.parametrize("method", [local_gd(0.1, 3, momentum=0.5), LocalMethod(lr=0.1, server=Server(0.5))])
def test_a_register_refuses_velocities(method):
    with pytest.raises(BadInput, match="velocities"):
        LaneBatch([Run(data(0), method, None, 1)])


def test_replicas_that_start_apart_fill_registers():
    problem, starts = data(0), np.random.default_rng(0).normal(size=(9, 4))
    many = run(problem, local_gd(0.1, 3), 20, start=starts, replicas=9)
    assert many.engine == "gram-batch"
    assert run(problem, local_gd(0.1, 3), 20).engine == "gram"
    alone = run(problem, local_gd(0.1, 3), 20, start=starts[4:5])
    assert alone.w[0].tobytes() == many.w[4].tobytes()


class Bar:
    """Counts, and presses Ctrl-C when it has seen enough."""

    def __init__(self, patience=np.inf):
        self.seen, self.patience = 0, patience

    def update(self, n):
        self.seen += n
        if self.seen > self.patience:
            raise KeyboardInterrupt


def test_progress_counts_every_round_of_every_run():
    problem, bar = data(0), Bar()
    run_batch([spec_of(problem, local_gd(0.1, h), h) for h in range(1, 12)], progress=bar)
    assert bar.seen == 11 * 40


def test_the_keyboard_stops_a_batch_between_two_chunks():
    problem, bar = data(0), Bar(patience=20)
    with pytest.raises(KeyboardInterrupt):
        run_batch([spec_of(problem, local_gd(0.1, 3), 0)], progress=bar)
    trace = run(
        problem, local_sgd(0.1, 3, 2), 40, stream=Stream(0), record=RECORDS, progress=Bar(patience=20)
    )
    assert trace.status is Status.INTERRUPTED and trace.rounds[-1] < 40


def test_memory_is_what_the_docstring_says():
    # Wide data, shared: per run 12 n + d (M + 3) doubles; records hold some more models.
    problem, count = data(0, sizes=(20, 20), dim=500), 256
    specs = [
        RunSpec(problem, with_lr(local_gd(1.0, 2), 1e-4 * (k + 1)), 20, RecordAt.last()) for k in range(count)
    ]
    run_batch(specs[:8])
    tracemalloc.start()
    traces = run_batch(specs)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    n, d, workers = 40, 500, 2
    stated = 8 * count * (12 * n + d * (workers + 3))
    assert len(traces) == count and stated / 2 <= used <= 6 * stated


@pytest.fixture(scope="module")
def decays():
    from implicitbias.engine.kernels.exponential_kernel import EXPONENTIAL
    from implicitbias.engine.kernels.lane_slopes_kernel import weigh_slopes
    from implicitbias.engine.kernels.lanes import pointer, splat

    @numba.njit(error_model="numpy")
    def compiled(z, out):
        rows = pointer(z, 0)
        weigh_slopes(rows, 0, len(z), rows, splat(1.0), EXPONENTIAL, 0.0, pointer(out, 0))

    def decay(values):
        z = np.zeros((-(-len(values) // RUNS), RUNS))
        z.ravel()[: len(values)] = values
        out = np.empty_like(z)
        compiled(z, out)
        return out.ravel()[: len(values)]

    return decay


@given(seed=SEEDS)
@settings(max_examples=30)
def test_the_exponential_of_a_register_is_right_to_two_units(decays, seed):
    rng = np.random.default_rng(seed)
    z = np.concatenate(
        [rng.uniform(-709, 708.39, 40), rng.uniform(-1, 1, 20), 2.0 ** rng.uniform(-60, 9, 20)]
    )
    with mpmath.workdps(40):
        for x, got in zip(z.tolist(), decays(z).tolist(), strict=True):
            exact = mpmath.exp(-mpmath.mpf(x))
            assert abs(mpmath.mpf(got) - exact) <= EXPONENTIAL_ERROR * exact


def test_the_exponential_of_a_register_at_the_ends_of_its_range(decays):
    ends = decays([0.0, -0.0, 708.39, 709.0, 800.0, 1e300, np.inf, -709.0, -710.0, -1e300, -np.inf, np.nan])
    assert ends[0] == ends[1] == 1.0
    assert abs(ends[2] - np.exp(-708.39)) <= EXPONENTIAL_ERROR * np.exp(-708.39)
    assert (ends[3:7] == 0.0).all()
    assert (ends[7:11] == ends[7]).all() and abs(ends[7] - np.exp(709.0)) <= EXPONENTIAL_ERROR * np.exp(709.0)
    assert np.isnan(ends[11])


@given(x=st.floats(708.3964, 708.7))
def test_the_exponential_of_a_register_passes_into_subnormal_numbers(decays, x):
    # One unit of the smallest subnormal, plus the relative error where it is larger.
    assert abs(decays([x])[0] - np.exp(-x)) <= 5e-324 + EXPONENTIAL_ERROR * np.exp(-x)


@pytest.mark.parametrize("loss", [Logistic(), PolynomialTail(1.5)])
def test_steep_margins_of_either_sign_are_those_of_the_definition(loss):
    problem = data(3, loss=loss)
    method = LocalMethod(lr=0.5, local_steps=2)
    for size in (-1500.0, 40.0, 800.0):
        start = size * problem.signed[0]
        state = initial_state(problem, method, np.stack([start, start / 2]), np.arange(2))
        reached, failed = batch_module.LaneKernel().advance(problem, method, state, None, 9)
        expected = by_definition(problem, method, state, None, 9)
        assert failed is None
        assert np.abs(reached.w - expected.w).max() <= RELATIVE * np.abs(expected.w).max()
