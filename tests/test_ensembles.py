"""Generated kernels are the definition on landscapes, replica by replica, and say where they are not compiled."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    Anchored,
    Average,
    BadInput,
    Fixed,
    Flow,
    GradientSteps,
    HeavyBall,
    Identity,
    initial_state,
    LocalMethod,
    Piecewise,
    PowerDecay,
    QuadraticRule,
    RecordAt,
    Rescaling,
    RMSProp,
    run,
    Sequential,
    Server,
    Status,
    Stream,
)
from implicitbias.engine.kernels import Row, threads
from implicitbias.problems import Gaussian, Skewed, TwoPoint
from sde.kernels import COVERAGE, coverage_text, covering_row, generated
from sde.kernels.euler import euler_maruyama, EulerSteps
from sde.landscapes import Factors, Isotropic, LabelNoise, Landscape, SampleLosses
from tests.kernel_zoo import assert_equal_states, assert_same_bytes


x, y, z = sympy.symbols("x y z", real=True)
seeds = st.integers(0, 2**32)
LAWS = {"Gaussian": Gaussian(), "TwoPoint": TwoPoint(), "Skewed": Skewed(0.3)}
FACTORS = [[sympy.Rational(1, 10), x / 3], [1, sympy.sin(x)]]


def bent(law, **options):
    return Landscape((1 + x**2) * y**2 / 2, (x, y), Factors(FACTORS, law=law, **options))


def folded(law):
    """A loss with a corner, three channels in three dimensions, one of them silent."""
    loss = sympy.Piecewise((y**2, x > 0), (2 * y**2, True)) + sympy.exp(-x) * z**2 / 2
    return Landscape(loss, (x, y, z), Factors([[0, 0, 0.1], [1, 0, 0], [0, y, 1]], law=law))


BUILT = {(name, build): build(law) for name, law in LAWS.items() for build in (bent, folded)}


@st.composite
def methods(draw, workers, scalings, noisy=True):
    """Draw the axes of the row that is compiled, and steps that cross segments of noise."""
    lr = draw(st.floats(0.005, 0.05))
    schedule = draw(st.sampled_from([lr, PowerDecay(lr, scale=50.0), Piecewise((lr, lr / 2), (70,))]))
    steps = draw(
        st.one_of(
            st.integers(1, 90),
            st.lists(st.integers(1, 40), min_size=workers, max_size=workers).map(tuple),
            st.just(QuadraticRule(3, 4 * lr)),
        )
    )
    return LocalMethod(
        lr=schedule,
        local_steps=steps,
        batch=draw(st.floats(0.5, 8.0)) if noisy else None,
        momentum=draw(st.sampled_from([None, HeavyBall(0.7)])),
        scaling=draw(st.sampled_from(scalings)),
        workers=workers,
    )


# Steps that are scaled have modules of their own to compile: with these laws, on one landscape, they are tried.
SCALINGS = {(law, bent): [Identity(), Fixed((0.7, 2.0))] for law in ("none", "TwoPoint")}


@settings(max_examples=6)
@pytest.mark.parametrize("build", [bent, folded])
@pytest.mark.parametrize("law", ["none", *LAWS])
@given(st.data(), seeds, st.integers(1, 3), st.integers(1, 18), st.integers(1, 12))
def test_a_kernel_is_the_definition(law, build, data, seed, workers, replicas, rounds):
    landscape = BUILT["Gaussian" if law == "none" else law, build]
    method = data.draw(methods(workers, SCALINGS.get((law, build), [Identity()]), noisy=law != "none"))
    start = Stream(seed).at("start", np.arange(replicas)).normal(landscape.dim) / 3
    options = dict(start=start, replicas=replicas, stream=Stream(seed), record=RecordAt.every(5))
    compiled = run(landscape, method, rounds, engine="kernel", **options)
    defined = run(landscape, method, rounds, engine="definition", **options)
    assert (compiled.engine, defined.engine) == ("landscape", "definition")
    assert_equal_states(compiled.final, defined.final)
    assert np.allclose(compiled.disagreement, defined.disagreement, atol=1e-12)


@pytest.mark.parametrize(
    ("law", "scaling"), [*((law, Identity()) for law in LAWS), ("TwoPoint", Fixed((0.7, 2.0)))]
)
def test_a_replica_has_the_same_bits_alone_in_company_and_in_any_record(law, scaling):
    landscape, method = BUILT[law, bent], LocalMethod(0.02, 7, batch=2.0, workers=3, scaling=scaling)
    options = dict(start=[0.4, 0.2], stream=Stream(3))
    whole = run(landscape, method, 60, replicas=35, record=RecordAt.last(), **options)
    few = run(landscape, method, 60, replicas=3, record=RecordAt.every(1), **options)
    assert np.array_equal(whole.w[:3, -1], few.w[:, -1])
    half = run(landscape, method, 23, replicas=35, **options)
    on = run(landscape, method, 37, start=half, stream=Stream(3))
    assert_same_bytes(on.final, whole.final)


def test_threads_do_not_change_a_bit(monkeypatch):
    landscape, method = BUILT["Gaussian", bent], LocalMethod(0.02, 9, batch=2.0, workers=2)
    options = dict(start=[0.4, 0.2], replicas=70, stream=Stream(3), record=RecordAt.last())
    one = run(landscape, method, 20, **options)
    monkeypatch.setattr(threads, "THREAD_WORK", 0)
    monkeypatch.setattr(numba, "get_num_threads", lambda: 3)
    assert_same_bytes(run(landscape, method, 20, **options).final, one.final)


def test_shared_noise_is_that_of_the_first_worker():
    shared = bent(Gaussian(), shared=True)
    method = LocalMethod(0.02, 11, batch=2.0, workers=3)
    options = dict(start=[0.4, 0.2], replicas=5, stream=Stream(3), record=RecordAt.last())
    compiled = run(shared, method, 30, engine="kernel", **options)
    assert_equal_states(compiled.final, run(shared, method, 30, engine="definition", **options).final)
    assert compiled.disagreement[:, -1].max() < 1e-14


@pytest.mark.parametrize("lr", [1.3, 3.0])
# The step is meant to be too large.
@pytest.mark.filterwarnings("ignore::implicitbias.StepWarning")
def test_a_divergence_is_reported_in_the_round_of_the_definition(lr):
    steep = Landscape(y**4 / 4 + x**2, (x, y), Factors([[0], [1]]))
    method = LocalMethod(lr, 1, batch=4.0, workers=2)
    options = dict(start=[0.1, 1.0], replicas=20, stream=Stream(1), record=RecordAt.every(2), throw=False)
    compiled, defined = (run(steep, method, 300, engine=e, **options) for e in ("kernel", "definition"))
    assert compiled.status is defined.status is Status.DIVERGED
    assert compiled.message == defined.message
    assert compiled.rounds.tolist() == defined.rounds.tolist()
    # Where a step overflows, rounding has grown with it.
    assert np.allclose(compiled.w[:, 0], defined.w[:, 0]) and compiled.final.clock == defined.final.clock


def test_velocities_that_differ_are_left_to_the_definition():
    """The kernel keeps one velocity for all workers; the first round makes it one."""
    landscape = BUILT["TwoPoint", bent]
    method = LocalMethod(0.02, 5, batch=2.0, workers=2, momentum=HeavyBall(0.5))
    state = initial_state(landscape, method, np.array([0.4, 0.2]), np.arange(3))
    velocity = Stream(2).at("velocity", np.arange(3)).normal(4).reshape(3, 2, 2) / 50
    state = dataclasses.replace(state, velocity=velocity)
    compiled, defined = (
        run(landscape, method, 9, start=state, stream=Stream(0), engine=e) for e in ("kernel", "definition")
    )
    assert_equal_states(compiled.final, defined.final)


MADE = {
    "law": {"Drawn": {}},
    "scaling": {
        "Adaptive": {"scaling": RMSProp()},
        "Fixed per worker": {"scaling": Fixed(((1.0, 2.0), (3.0, 0.5)))},
    },
    "local_solver": {
        "Flow": {"local_solver": Flow(0.0)},
        "GradientSteps with a pull": {"local_solver": GradientSteps(0.5)},
    },
    "aggregation": {
        "Anchored": {"aggregation": Anchored()},
        "Average with weights": {"aggregation": Average((1.0, 3.0))},
        "Sequential": {"aggregation": Sequential()},
    },
    "server": {
        "moves": {"server": Server(0.5)},
        "looks ahead": {"server": Server(0.5, 0.5, nesterov=True)},
        "late": {"server": Server(delay=1)},
    },
    "rescaling": {"Rescaling": {"rescaling": Rescaling(1.0, 1.0, 3)}},
}


def uncompiled():
    """Yield every row that says definition, with landscapes and methods that it names."""
    losses = (x**2 + y**2, (x - y) ** 2)
    sampled = Landscape(sum(losses) / 2, (x, y), SampleLosses(losses))
    for row in COVERAGE:
        for axis, values in row.axes:
            for value, axes in MADE.get(axis, {}).items():
                if value in values and not row.kernels:
                    yield row, sampled if value == "Drawn" else BUILT["Gaussian", bent], axes


@pytest.mark.parametrize(("row", "landscape", "axes"), list(uncompiled()))
def test_every_other_row_is_run_by_the_definition_and_says_why(row, landscape, axes):
    exact = isinstance(axes.get("local_solver"), Flow)
    method = LocalMethod(workers=2) if exact else LocalMethod(lr=0.05, local_steps=2, batch=2, workers=2)
    method = dataclasses.replace(method, **axes)
    assert covering_row(landscape, method) is row and str(row) in coverage_text()
    with pytest.raises(BadInput) as refused:
        run(landscape, method, 2, stream=Stream(0), engine="kernel")
    assert row.reason in str(refused.value)
    if not exact:
        assert run(landscape, method, 2, stream=Stream(0)).engine == "definition"


def test_every_row_that_is_not_compiled_is_tried():
    tried = [row for row, _, _ in uncompiled()]
    assert all(row in tried for row in COVERAGE[1:-1]) and COVERAGE[-1].axes == ()


def test_a_kernel_row_names_every_axis_of_a_method():
    """What is new is not compiled until the row says so."""
    (kernel,) = (row for row in COVERAGE if row.kernels)
    read_elsewhere = {"lr", "batch", "replacement", "workers"}
    assert {f.name for f in dataclasses.fields(LocalMethod)} <= {
        axis for axis, _ in kernel.axes
    } | read_elsewhere
    assert isinstance(kernel, Row)


def test_a_function_without_compiled_form_is_named():
    odd = Landscape(sympy.besselj(0, x) * y**2, (x, y), Isotropic(0.1))
    with pytest.raises(BadInput, match="bessel"):
        run(odd, LocalMethod(0.01, 2, batch=1.0), 2, stream=Stream(0), engine="kernel")
    assert run(odd, LocalMethod(0.01, 2, batch=1.0), 2, stream=Stream(0)).engine == "definition"


def test_label_noise_has_a_channel_per_sample():
    outputs = tuple(sympy.tanh(x * k) + y * z for k in range(1, 6))
    loss = sum((f - 1) ** 2 for f in outputs) / 10
    landscape = Landscape(loss, (x, y, z), LabelNoise(0.5, outputs))
    method = LocalMethod(0.02, 30, batch=2.0, workers=2)
    options = dict(start=[0.3, 0.2, 0.5], replicas=3, stream=Stream(3), record=RecordAt.last())
    compiled, defined = (run(landscape, method, 12, engine=e, **options) for e in ("kernel", "definition"))
    assert_equal_states(compiled.final, defined.final)


DRIFT, DIFFUSION = (-x + sympy.sin(y), -(y**3)), ((sympy.sqrt(1 + x**2) / 2, 0.1), (0.2, y))


def by_hand(start, dt, steps, stream, two_point):
    """Return Euler's paths, step by step and increment by increment."""
    paths, replicas = [start], np.arange(len(start))
    for n in range(steps):
        q, p = divmod(n, 256)
        address = stream.at("two-point-brownian" if two_point else "brownian", replicas, 0, q)
        if two_point:
            words = address.words(8).reshape(-1, 2, 4)[:, :, p // 64]
            xi = 1.0 - 2.0 * ((words >> np.uint64(p % 64)) & np.uint64(1)).astype(float)
        else:
            xi = address.normal(2, 2 * p)
        u, v = paths[-1].T
        drift = np.stack([-u + np.sin(v), -(v**3)], axis=1)
        noise = [np.sqrt(1 + u**2) / 2 * xi[:, 0] + 0.1 * xi[:, 1], 0.2 * xi[:, 0] + v * xi[:, 1]]
        paths.append(paths[-1] + dt * drift + np.sqrt(dt) * np.stack(noise, axis=1))
    return np.stack(paths[1:], axis=1)


@settings(max_examples=6)
@pytest.mark.parametrize("two_point", [False, True])
@given(seeds, st.integers(1, 20), st.sampled_from([1, 7, 30]), st.integers(1, 12))
def test_euler_maruyama_takes_the_steps_of_its_formula(two_point, seed, replicas, stride, records):
    start, stream = Stream(seed).at("start", np.arange(replicas)).normal(2), Stream(seed)
    options = dict(start=start, dt=0.01, steps=stride * records, stream=stream, two_point=two_point)
    paths = euler_maruyama((x, y), DRIFT, DIFFUSION, stride=stride, **options)
    expected = by_hand(start, 0.01, stride * records, stream, two_point)[:, stride - 1 :: stride]
    assert paths.shape == (replicas, records, 2)
    assert np.abs(paths - expected).max() < 1e-12 * max(1.0, np.abs(expected).max())


def test_steps_go_on_where_they_stopped_and_stop_before_they_overflow():
    kernel, start, stream = EulerSteps((x, y), DRIFT, DIFFUSION), np.full((5, 2), 0.3), Stream(1)
    whole, done = kernel.advance(start, np.arange(5), 0, 300, 0.01, stream)
    half, _ = kernel.advance(start, np.arange(5), 0, 111, 0.01, stream)
    on, rest = kernel.advance(half, np.arange(5), 111, 189, 0.01, stream)
    assert (done, rest) == (300, 189) and np.array_equal(on, whole)
    explosive = EulerSteps((x,), (x**3,), ((x,),))
    reached, done = explosive.advance(np.full((3, 1), 2.0), np.arange(3), 0, 3000, 0.01, stream)
    assert done < 3000 and np.isfinite(reached).all()
    assert explosive.paths(np.full((3, 1), 2.0), np.arange(3), 300, 0.01, stream).shape[1] < 300


@pytest.mark.bad_input
def test_a_stride_divides_the_steps():
    with pytest.raises(BadInput, match="stride = 7"):
        EulerSteps((x, y), DRIFT, DIFFUSION).paths(
            np.zeros((1, 2)), np.arange(1), 20, 0.1, Stream(0), stride=7
        )


PROGRAM = """
import numpy as np, sympy
from implicitbias import Stream
from sde.kernels.euler import EulerSteps
x = sympy.Symbol("x", real=True)
kernel = EulerSteps((x,), (-x * sympy.Rational(NUMBER, 7),), ((),))
kernel.advance(np.ones((1, 1)), np.arange(1), 0, 2, 0.1, Stream(0))
print(sum(kernel.module.advance.stats.cache_misses.values()), kernel.module.__file__)
"""


def start_program(number):
    text = PROGRAM.replace("NUMBER", str(number))
    return subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)


def test_a_second_process_compiles_nothing_and_two_at_once_do_not_collide():
    # A number that no run before has compiled, as files tell.
    number = 1 + sum(1 for _ in generated.cache_folder().iterdir())
    first, second = (start_program(number) for _ in range(2))
    (_, path), (_, other) = (p.communicate()[0].split() for p in (first, second))
    assert first.returncode == second.returncode == 0 and path == other
    third = start_program(number)
    assert third.communicate()[0].split() == ["0", path]
    Path(path).unlink()


def test_a_package_that_cannot_be_written_uses_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(generated, "_HERE", Path("/proc/nowhere"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert generated.cache_folder.__wrapped__().parent == tmp_path / "implicitbias"
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    folder = generated.cache_folder.__wrapped__()
    assert folder.exists() and folder.name.startswith("implicitbias-")
    folder.rmdir()


def test_kernels_import_neither_numba_nor_sympy():
    code = "import sde.kernels, sys; assert not {'numba', 'sympy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
