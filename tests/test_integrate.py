"""``integrate``: paths that belong to their replica, exact means, records, errors and warnings with a cure."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Diverged, Moments, RecordAt, Status, Stream, Trace
from implicitbias.statistics import mean_interval
from sde.brownian import BrownianPath, Increments
from sde.equations import Convention, SDE, SymbolicSDE
from sde.extrapolation import talay_tubaro
from sde.half_step import half_step
from sde.integrate import integrate
from sde.schemes import (
    EulerMaruyama,
    Milstein,
    Platen,
    PlatenGeneral,
    ProjectedEuler,
    SimplifiedWeakEuler,
    StochasticHeun,
)


x, y = sympy.symbols("x y", real=True)
OU = SymbolicSDE((x,), (-x,), [[sympy.Rational(1, 2)]])
TURNING = SymbolicSDE((x, y), (-x, -y), [[1, y], [0, 1 + sympy.cos(x) / 2]])
seeds = st.integers(0, 2**32)
schemes = st.sampled_from([EulerMaruyama(), SimplifiedWeakEuler(), PlatenGeneral()])
LEVEL = 1e-6


@given(seeds, schemes, st.integers(1, 300), st.integers(2, 5))
@settings(max_examples=10)
def test_a_replica_does_not_know_how_many_there_are_nor_when_it_is_recorded(seed, scheme, steps, replicas):
    end, options = 0.01 * steps, {"scheme": scheme, "stream": Stream(seed)}
    many = integrate(
        TURNING, end, 0.01, start=[1.0, 0.0], replicas=replicas, record=RecordAt.every(7), **options
    )
    few = integrate(TURNING, end, 0.01, start=[1.0, 0.0], replicas=replicas - 1, **options)
    assert np.array_equal(many.w[: replicas - 1, -1], few.w[:, -1])
    assert many.rounds[-1] == steps and many.time[-1] == pytest.approx(end)
    assert np.array_equal(many.rounds, RecordAt.every(7).rounds(steps))
    assert many.scheme == repr(scheme) and many.method is None and many.engine == few.engine


@pytest.mark.parametrize("scheme", [EulerMaruyama(), SimplifiedWeakEuler()])
def test_the_kernel_is_the_definition(scheme):
    options = {"start": [1.0, 0.0], "replicas": 20, "scheme": scheme, "stream": Stream(7)}
    records = RecordAt.these([100, 101, 300])
    compiled = integrate(TURNING, 3.0, 0.01, engine="kernel", record=records, **options)
    defined = integrate(TURNING, 3.0, 0.01, engine="definition", record=records, **options)
    assert compiled.engine == "euler" and defined.engine == "definition"
    np.testing.assert_allclose(compiled.w, defined.w, rtol=1e-12, atol=1e-12)


def test_the_kernel_leaves_an_explosion_to_the_definition():
    cubic = SymbolicSDE((x,), (x**3,), [[1]])
    options = {
        "start": [2.0],
        "replicas": 3,
        "stream": Stream(0),
        "record": RecordAt.every(1),
        "throw": False,
    }
    traces = [integrate(cubic, 20.0, 0.5, engine=engine, **options) for engine in ("kernel", "definition")]
    assert [t.status for t in traces] == [Status.DIVERGED] * 2 and traces[0].message == traces[1].message
    np.testing.assert_allclose(traces[0].w, traces[1].w, rtol=1e-11)


def test_kernels_say_what_they_cannot_run():
    path = BrownianPath(Stream(0), 0.05, 1).coarsened()
    with pytest.raises(BadInput, match="coarsened.*use engine='auto'"):
        integrate(OU, 1.0, 0.1, start=[1.0], path=path, engine="kernel")
    known = OU.compile()
    functions = SDE(known.drift, known.diffusion, dim=1, noises=1, convention=Convention.ITO)
    with pytest.raises(BadInput, match="known as functions only"):
        integrate(functions, 1.0, 0.1, start=[1.0], stream=Stream(0), engine="kernel")
    odd = SymbolicSDE((x,), (sympy.besselj(0, x),), [[1]])
    with pytest.raises(BadInput, match="engine = 'kernel'"):
        integrate(odd, 1.0, 0.1, start=[1.0], stream=Stream(0), engine="kernel")


@given(seeds, st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=10)
def test_going_on_from_a_trace_is_the_same_path(seed, first, second):
    stream = Stream(seed)
    whole = integrate(OU, 0.1 * (first + second), 0.1, start=[1.0], replicas=3, stream=stream)
    half = integrate(OU, 0.1 * first, 0.1, start=[1.0], replicas=3, stream=stream)
    rest = integrate(OU, 0.1 * (first + second), 0.1, start=half, stream=stream)
    assert np.array_equal(rest.w[:, -1], whole.w[:, -1]) and rest.rounds.tolist() == [first, first + second]


def test_reduced_statistics_are_those_of_all_replicas():
    observe = {"square": lambda q: q[:, 0] ** 2}
    options = {"start": [1.0], "replicas": 5000, "stream": Stream(3), "observe": observe}
    all_of_them = integrate(OU, 0.5, 0.1, record=RecordAt.every(1), **options)
    reduced = integrate(OU, 0.5, 0.1, record=RecordAt.every(1), reduce=Moments(), **options)
    for name, values in (("w", all_of_them.w), ("square", all_of_them.extras["square"])):
        whole = Moments.of(values)
        assert np.array_equal(reduced.extras[name].mean, whole.mean)
        assert np.array_equal(reduced.extras[name].squares, whole.squares)
    assert reduced.w.shape == (1, 6, 1) and reduced.final is None


@pytest.mark.parametrize("scheme", [EulerMaruyama(), SimplifiedWeakEuler()])
def test_ornstein_uhlenbeck_has_the_moments_of_its_recursion(scheme):
    # Y ← (1 − Δ)Y + ½ΔW, whose mean and variance are geometric series.
    dt, steps, keep = 0.1, 12, 0.9
    end = integrate(OU, 1.2, dt, start=[2.0], replicas=20_000, scheme=scheme, stream=Stream(5)).w[:, -1, 0]
    variance = 0.25 * dt * (1 - keep ** (2 * steps)) / (1 - keep**2)
    assert mean_interval(end, LEVEL).contains(2.0 * keep**steps)
    assert mean_interval((end - 2.0 * keep**steps) ** 2, LEVEL).contains(variance)


def test_the_default_scheme_reads_the_convention_and_the_manifold():
    ito = SymbolicSDE((x,), (0,), [[x]])
    runs = [
        integrate(sde, 0.1, 0.1, start=[1.0], stream=Stream(0))
        for sde in (ito, ito.to_stratonovich(), ito.compile(retract=np.abs))
    ]
    assert [run.scheme.split("(")[0] for run in runs] == ["EulerMaruyama", "StochasticHeun", "ProjectedEuler"]


def test_both_conventions_of_one_process_have_one_mean():
    # E X = e^{−t/4}: in Stratonovich form the drift is −x/4 − x/8.
    sde = SymbolicSDE((x,), (-x / 4,), [[x / 2]])
    for own in (sde, sde.to_stratonovich()):
        end = integrate(own, 1.0, 0.01, start=[1.0], replicas=20_000, stream=Stream(1)).w[:, -1, 0]
        assert mean_interval(end, LEVEL).widened(0.002).contains(np.exp(-0.25))


@pytest.mark.parametrize("law", [Increments.GAUSSIAN, Increments.TWO_POINT])
def test_projected_euler_stays_on_the_sphere_and_forgets_at_the_right_rate(law):
    # Brownian motion on the sphere in R^D: E X_t = e^{−(D−1)t/2} X_0.
    def tangential(q):
        return np.eye(3) - q[..., :, None] * q[..., None, :]

    sphere = SDE(
        lambda q: -q,
        tangential,
        dim=3,
        noises=3,
        convention=Convention.ITO,
        retract=lambda q: q / np.linalg.norm(q, axis=-1, keepdims=True),
        probe=(0.0, 0.6, 0.8),
    )
    scheme, start = ProjectedEuler(law), [0.0, 0.0, 1.0]
    trace = integrate(sphere, 0.5, 0.01, start=start, replicas=10_000, scheme=scheme, stream=Stream(2))
    np.testing.assert_allclose(np.linalg.norm(trace.w, axis=-1), 1.0, rtol=1e-14)
    assert mean_interval(trace.w[:, -1, 2], LEVEL).widened(0.003).contains(np.exp(-0.5))


@given(seeds)
@settings(max_examples=5)
def test_two_schemes_on_one_path_end_closer_than_on_two(seed):
    sde = SymbolicSDE((x,), (-x,), [[x / 2]])
    path = BrownianPath(Stream(seed), 0.01, 1)
    options = {"start": [1.0], "replicas": 50}
    euler = integrate(sde, 1.0, 0.01, path=path, **options).w[:, -1, 0]
    shared = integrate(sde, 1.0, 0.01, path=path, scheme=Milstein(), **options).w[:, -1, 0]
    other = integrate(sde, 1.0, 0.01, stream=Stream(seed).child("other"), **options).w[:, -1, 0]
    assert np.std(euler - shared) < 0.2 * np.std(euler - other)


def test_a_half_step_check_finds_the_integrators_error_and_nothing_where_there_is_none():
    # E Y = (1 − Δ)^n for Euler; additive Heun has its own smaller error.
    found = half_step(
        OU, 1.0, 0.25, lambda q: q[:, 0], start=[1.0], replicas=400, stream=Stream(1), level=LEVEL
    )
    assert found.difference.widened(1e-9).contains((1 - 0.125) ** 8 - (1 - 0.25) ** 4)
    assert found.coarse.contains((1 - 0.25) ** 4) and found.fine.contains((1 - 0.125) ** 8)
    assert found.integrator_error >= 0.02
    still = SymbolicSDE((x,), (1,), [[2]])
    exact = half_step(still, 1.0, 0.25, lambda q: q[:, 0], start=[1.0], replicas=50, stream=Stream(1))
    assert exact.integrator_error < 1e-12


def test_a_half_step_check_takes_schemes_of_order_two():
    found = half_step(
        TURNING,
        0.5,
        0.25,
        lambda q: q[:, 0],
        start=[1.0, 0.0],
        replicas=500,
        stream=Stream(4),
        scheme=PlatenGeneral(),
    )
    assert found.integrator_error < 0.1


@pytest.mark.parametrize(("order", "exact"), [(1, 2.0 + 0.25), (2, 2.0)])
def test_extrapolation_removes_the_leading_power(order, exact):
    # E^Δ = 2 + 3Δ + 7Δ², or without the linear term.
    def expectation(dt):
        return 2.0 + (3.0 * dt if order == 1 else 0.0) + (-0.5 if order == 1 else 7.0) * dt**2 / 0.25

    found = talay_tubaro(expectation(0.25), expectation(0.5), 0.1, 0.2, order=order)
    assert found.value == pytest.approx(exact)
    weights = (2.0, 1.0) if order == 1 else (4 / 3, 1 / 3)
    assert found.standard_error == pytest.approx(np.hypot(0.1 * weights[0], 0.2 * weights[1]))


def test_extrapolated_weak_euler_has_order_two():
    # On OU weak Euler has E Y = (1 − Δ)^n exactly.
    def euler(n):
        return (1 - 1 / n) ** n

    errors = [abs(float(talay_tubaro(euler(2 * n), euler(n)).value) - np.exp(-1)) for n in (8, 16, 32)]
    ratios = np.array(errors[:-1]) / np.array(errors[1:])
    assert (abs(np.log2(ratios) - 2) < 0.1).all()


def test_an_integration_is_kept_on_disk(tmp_path):
    trace = integrate(
        OU, 0.5, 0.1, start=[1.0], replicas=3, stream=Stream(0), observe={"q": lambda q: q[:, 0]}
    )
    trace.save(tmp_path / "path")
    again = Trace.load(tmp_path / "path")
    assert np.array_equal(again.w, trace.w) and again.scheme == "EulerMaruyama()" and again.method is None
    assert np.array_equal(again.extras["q"], trace.extras["q"]) and np.isnan(again.log_loss).all()
    assert "to t = 0.5" in repr(again)
    onwards = integrate(OU, 1.0, 0.1, start=again, stream=Stream(0))
    whole = integrate(OU, 1.0, 0.1, start=[1.0], replicas=3, stream=Stream(0))
    assert np.array_equal(onwards.w[:, -1], whole.w[:, -1])


def test_an_explosion_is_reported_with_its_step_and_a_cure():
    cubic = SymbolicSDE((x,), (x**3,), [[1]])
    with pytest.raises(Diverged, match=r"in step \d+ \(Δ = 0.5\); take a smaller dt") as caught:
        integrate(cubic, 20.0, 0.5, start=[2.0], stream=Stream(0), record=RecordAt.every(1))
    assert np.isfinite(caught.value.trace.w).all()
    kept = integrate(cubic, 20.0, 0.5, start=[2.0], stream=Stream(0), throw=False)
    assert kept.status is Status.DIVERGED


def test_a_step_beyond_stability_is_announced():
    fast = SymbolicSDE((x, y), (-100 * x, -y), [[1, 0], [0, 1]])
    with pytest.warns(UserWarning, match=r"rate λ = 100.*take dt < 0.02"):
        integrate(fast, 0.05, 0.025, start=[1.0, 1.0], stream=Stream(0))
    integrate(fast, 0.05, 0.01, start=[1.0, 1.0], stream=Stream(0))


@pytest.mark.parametrize("diffusion", [[[]], [[0]]])
def test_an_equation_without_noise_is_solved_by_euler_and_sent_to_a_better_solver(diffusion):
    with pytest.warns(UserWarning, match="no noise.*flow"):
        trace = integrate(SymbolicSDE((x,), (-x,), diffusion), 1.0, 0.25, start=[1.0], stream=Stream(0))
    assert trace.w[0, -1, 0] == pytest.approx(0.75**4)


def test_a_keyboard_interrupt_leaves_the_records_so_far():
    calls = []

    def stop(q):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return q[:, 0]

    trace = integrate(
        OU,
        1.0,
        0.1,
        start=[1.0],
        stream=Stream(0),
        record=RecordAt.every(1),
        observe={"stop": stop},
        throw=False,
    )
    assert trace.status is Status.INTERRUPTED and trace.rounds.tolist() == [0, 1]


GOOD = {"sde": OU, "t1": 1.0, "dt": 0.1, "start": [1.0], "stream": Stream(0)}


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dt": 0.3}, r"must divide t1 − t0 = 1; the nearest that does is 0\.333"),
        ({"dt": -0.1}, "dt = -0.1"),
        ({"t1": -1.0}, "t1 = -1.0"),
        ({"start": [1.0, 2.0]}, r"start has shape \(2,\): must be \(1,\)"),
        ({"start": [[1.0], [2.0]]}, r"\(1, 1\) for all"),
        ({"start": [np.nan]}, "not finite"),
        ({"start": "zero"}, "real numbers"),
        ({"stream": None}, r"give stream=Stream\(0\)"),
        ({"stream": 3}, r"give Stream\(0\)"),
        ({"replicas": 0}, "replicas = 0"),
        ({"scheme": "euler"}, r"give e\.g\. EulerMaruyama\(\)"),
        ({"scheme": StochasticHeun(), "sde": SymbolicSDE((x,), (-x,), [[x]])}, "to_stratonovich"),
        ({"engine": "fast"}, "give 'auto', 'definition' or 'kernel'"),
        ({"engine": "kernel", "scheme": Platen()}, "Platen has no compiled twin.*use engine='auto'"),
        ({"sde": "dX = -X dt"}, "give an SDE or a SymbolicSDE"),
        ({"path": BrownianPath(Stream(0), 0.1, 1)}, "give one of the two"),
        ({"path": BrownianPath(Stream(0), 0.2, 1), "stream": None}, "steps of 0.2"),
        ({"path": BrownianPath(Stream(0), 0.1, 2), "stream": None}, "noises = 1: the path has noises = 2"),
        ({"path": BrownianPath(Stream(0), 0.1, 1, Increments.TWO_POINT), "stream": None}, "the path has law"),
        ({"observe": {"w": lambda q: q}}, "rename it"),
        ({"observe": {"q": lambda q: q.mean()}}, "keep the first axis"),
        ({"record": 5}, "RecordAt"),
        (
            {"sde": SymbolicSDE((x,), (sympy.log(x),), [[1]]), "start": [-1.0]},
            "the drift is not finite there",
        ),
    ],
)
def test_bad_input_is_refused_with_a_cure(changed, said):
    arguments = GOOD | changed
    with pytest.raises(BadInput, match=said):
        integrate(arguments.pop("sde"), arguments.pop("t1"), arguments.pop("dt"), **arguments)


def test_a_trace_of_another_equation_or_of_reduced_replicas_cannot_be_gone_on_from():
    other = integrate(SymbolicSDE((x,), (-2 * x,), [[1]]), 0.5, 0.1, start=[1.0], stream=Stream(0))
    with pytest.raises(BadInput, match="another equation"):
        integrate(OU, 1.0, 0.1, start=other, stream=Stream(0))
    reduced = integrate(OU, 0.5, 0.1, start=[1.0], stream=Stream(0), reduce=Moments(), replicas=4)
    with pytest.raises(BadInput, match="without reduce"):
        integrate(OU, 1.0, 0.1, start=reduced, stream=Stream(0))


@pytest.mark.bad_input
def test_extrapolation_and_half_steps_say_what_they_need():
    with pytest.raises(BadInput, match="shapes"):
        talay_tubaro(np.zeros(2), np.zeros(3))
    with pytest.raises(BadInput, match="≥ 0"):
        talay_tubaro(0.0, 0.0, -1.0)
    with pytest.raises(BadInput, match="g = "):
        half_step(OU, 1.0, 0.5, lambda q: q, start=[1.0], replicas=3, stream=Stream(0))
    with pytest.raises(BadInput, match="replicas = 1"):
        half_step(OU, 1.0, 0.5, lambda q: q[:, 0], start=[1.0], replicas=1, stream=Stream(0))
