"""Landscapes: noise as it is drawn, minima as they are declared, and runs on them."""

import pickle
import warnings

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    initial_state,
    local_gd,
    local_sgd,
    Moments,
    NotCertified,
    OfWorkers,
    RecordAt,
    round_step,
    run,
    run_batch,
    RunSpec,
    StepWarning,
    Stream,
    sweep,
)
from implicitbias.problems import Drawn, Gaussian, Skewed, TwoPoint
from implicitbias.problems.laws import SEGMENT
from implicitbias.stiff import stiff_path
from paper_repro.testing import landscapes
from sde.landscapes import (
    Chart,
    Covariance,
    Equations,
    Factors,
    Isotropic,
    LabelNoise,
    Landscape,
    SampleLosses,
)


x, y = sympy.symbols("x y", real=True)
u = sympy.Symbol("u", real=True)
LAWS = st.sampled_from([Gaussian(), TwoPoint(), Skewed(0.3)])
seeds = st.integers(0, 2**32)


def valley(h=None, noise=None, **options):
    noise = noise or Factors([[0], [1]])
    h = sympy.exp(x) if h is None else h
    return Landscape(h * y**2 / 2, (x, y), noise, Equations(y), **options)


@settings(deadline=None)
@given(LAWS, seeds, st.integers(0, 3 * SEGMENT), st.integers(1, 2 * SEGMENT), st.integers(1, 3))
def test_noise_belongs_to_the_step_of_life_and_not_to_the_round(law, seed, first, steps, channels):
    replicas = np.array([4, 0])
    whole = law.scaled(Stream(seed), replicas, 1, 0, first + steps, channels, 2.0)
    part = law.scaled(Stream(seed), replicas, 1, first, steps, channels, 2.0)
    assert np.array_equal(part, whole[first:])
    alone = law.scaled(Stream(seed), replicas[:1], 1, first, steps, channels, 2.0)
    assert np.array_equal(alone[:, 0], part[:, 0])


@pytest.mark.parametrize("law", [Gaussian(), TwoPoint(), Skewed(0.2), Drawn()])
def test_noise_has_mean_zero_and_covariance_one_over_the_batch(law):
    batch, channels = 4.0, 3
    drawn = law.scaled(Stream(5), np.arange(200), 0, 17, 500, channels, batch).reshape(-1, channels)
    covariance = np.cov(drawn.T)
    expected = (np.eye(channels) - isinstance(law, Drawn) / channels) / batch
    # Six standard errors of 1e5 samples with kurtosis below five.
    assert np.allclose(covariance, expected, atol=6 * np.sqrt(5 / 1e5) / batch)
    if not isinstance(law, Drawn):
        assert np.abs(drawn.mean(axis=0)).max() < 6 / np.sqrt(1e5 * batch)


def test_drawn_samples_are_mini_batches():
    losses = (x**2 / 2, (x - 3 * y) ** 2, sympy.exp(x) + y**4)
    landscape = Landscape(sum(losses) / 3, (x, y), SampleLosses(losses))
    theta, size = np.array([[0.3, -0.2]]), 2
    noise = Drawn().scaled(Stream(1), np.arange(1), 0, 0, 1, 3, size)[0]
    times = np.rint(noise[0] * size / np.sqrt(3)).astype(int)
    assert times.sum() == size
    slopes = np.array([[float(own.diff(v).subs({x: 0.3, y: -0.2})) for v in (x, y)] for own in losses])
    assert np.allclose(landscape.noisy_gradient(theta, noise)[0], times @ slopes / size, rtol=1e-13)


def test_the_covariance_is_the_one_given():
    matrix = [[2 + x**2, x, 0], [x, 1, y], [0, y, 3 + y**2]]
    z = sympy.Symbol("z", real=True)
    landscape = Landscape((x * y * z) ** 2, (x, y, z), Covariance(matrix))
    theta = Stream(0).at("theta", np.arange(20)).normal(3) * 0.5
    for point, found in zip(theta, landscape.covariance(theta), strict=True):
        expected = np.array(sympy.Matrix(matrix).subs({x: point[0], y: point[1]}).tolist(), dtype=float)
        assert np.allclose(found, expected, atol=1e-12)


def test_a_singular_covariance_has_a_column_of_zeros():
    landscape = Landscape(y**2, (x, y), Covariance([[y**2, y], [y, 1]]))
    theta = np.array([[0.2, 0.0], [0.1, 0.7]])
    assert np.allclose(landscape.covariance(theta)[0], [[0, 0], [0, 1]], atol=1e-12)
    assert np.allclose(landscape.covariance(theta)[1], [[0.49, 0.7], [0.7, 1]], atol=1e-12)


def test_the_noise_of_samples_grows_with_their_number_and_not_with_its_square():
    rows = Stream(0).at("rows", np.arange(30)).normal(2)

    def noise(count):
        losses = [(a * x + b * y - 1) ** 2 / 2 for a, b in rows[:count]]
        return Landscape(sum(losses) / count, (x, y), SampleLosses(tuple(losses)))

    def operations(landscape):
        shared, entries = sympy.cse(list(landscape.factor_expressions))
        return sum(e.count_ops() for e in (*(value for _, value in shared), *entries))

    assert operations(noise(30)) < 4 * operations(noise(10))
    landscape = noise(10)
    theta = np.array([0.3, -0.2])
    own = rows[:10] * (rows[:10] @ theta - 1)[:, None]
    assert np.allclose(landscape.factors(theta), (own - own.mean(axis=0)).T / np.sqrt(10), atol=1e-12)
    assert landscape == noise(10) and landscape != noise(9)


def test_a_covariance_that_vanishes_somewhere_has_a_factor_there_too():
    landscape = Landscape(y**2, (x, y), Covariance([[x**2, x * y], [y * x, y**2]]))
    theta = np.array([[0.0, 0.0], [0.0, 1.0], [0.3, 0.2]])
    # Warnings are errors here: neither piece of the factor may divide by 0.
    assert np.allclose(landscape.covariance(theta), theta[:, :, None] * theta[:, None, :], atol=1e-12)


def test_a_covariance_may_be_symmetric_after_expansion():
    matrix = [[5, x * (x + 1)], [x**2 + x, 5]]
    assert valley(noise=Covariance(matrix)).covariance([1.0, 0.0])[0, 1] == pytest.approx(2.0)


def test_a_covariance_need_not_be_semidefinite_where_no_minima_are():
    domain = (0.5, 1.5)
    chart = Chart((x,), (x, 0), domain=domain)
    landscape = Landscape(sympy.exp(x) * y**2 / 2, (x, y), Covariance([[x, 0], [0, 1]]), chart)
    assert np.allclose(landscape.covariance([0.8, 0.0]), [[0.8, 0.0], [0.0, 1.0]])


@settings(deadline=None, max_examples=10)
@given(LAWS, seeds, st.integers(1, 3), st.integers(1, 5))
def test_a_replica_does_not_know_its_company(law, seed, workers, local_steps):
    landscape = valley(noise=Factors([[0, 0.2], [1, 0]], law=law))
    method = local_sgd(0.05, local_steps, batch=0.5, workers=workers)
    options = dict(start=[0.3, 0.1], stream=Stream(seed), record=RecordAt.last())
    many, few = (run(landscape, method, 4, replicas=n, **options) for n in (7, 3))
    assert np.array_equal(many.w[:3], few.w)
    assert many.final.local.shape == (7, workers, 2)


@settings(deadline=None, max_examples=10)
@given(seeds)
def test_one_local_step_is_parallel_sgd(seed):
    """H = 1 averages the gradients of the workers at the common model."""
    landscape, method = valley(), local_sgd(0.05, 1, batch=1.0, workers=4)
    state = initial_state(landscape, method, np.array([0.3, 0.2]), np.arange(3))
    after = round_step(landscape, method, state, Stream(seed))
    noise = np.mean(
        [Gaussian().scaled(Stream(seed), np.arange(3), m, 0, 1, 1, 1.0)[0] for m in range(4)], axis=0
    )
    assert np.allclose(after.w, state.w - 0.05 * landscape.noisy_gradient(state.w, noise), rtol=1e-14)


def test_shared_noise_makes_all_workers_one():
    shared = valley(noise=Factors([[0], [1]], shared=True))
    options = dict(start=[0.3, 0.1], replicas=5, stream=Stream(3))
    together = run(shared, local_sgd(0.05, 4, batch=2.0, workers=6), 5, **options)
    alone = run(shared, local_sgd(0.05, 4, batch=2.0, workers=1), 5, **options)
    assert np.allclose(together.w, alone.w, rtol=1e-13) and together.disagreement[:, 1:].max() < 1e-15


def test_statistics_of_workers_are_streamed():
    spread = OfWorkers(lambda local: ((local - local.mean(axis=1, keepdims=True)) ** 2).mean(axis=(1, 2)))
    method = local_sgd(0.05, 4, batch=2.0, workers=6)
    options = dict(start=[0.3, 0.0], replicas=1500, stream=Stream(3), record=RecordAt.every(2))
    kept = run(valley(), method, 4, observe={"spread": spread}, **options)
    streamed = run(valley(), method, 4, observe={"spread": spread}, reduce=Moments(), **options)
    assert np.allclose(streamed.extras["spread"].mean, kept.extras["spread"].mean(axis=0), rtol=1e-12)
    assert np.allclose(kept.extras["spread"], kept.disagreement**2 / 2, rtol=1e-12)
    assert np.allclose(streamed.loss[0], kept.loss.mean(axis=0), rtol=1e-12)


def test_a_trace_goes_on_where_it_ended():
    method = local_sgd(0.05, 3, batch=1.0, workers=2)
    options = dict(replicas=2, stream=Stream(1), record=RecordAt.last())
    whole = run(valley(), method, 200, start=[0.3, 0.0], **options)
    half = run(valley(), method, 90, start=[0.3, 0.0], **options)
    rest = run(valley(), method, 110, start=half, stream=Stream(1))
    # The whole run is long enough to be compiled, its parts are not: equal as twins are.
    assert np.allclose(rest.w[:, -1], whole.w[:, -1], rtol=1e-12)


def test_the_projection_is_where_the_flow_ends():
    theta = Stream(2).at("theta", np.arange(70)).normal(2) * [1.0, 0.7]
    found = valley().project(theta)
    # h = e^x: G(x) = 2x, so 2Φ_x = 2x − y²/2.
    assert np.allclose(found[:, 0], theta[:, 0] - theta[:, 1] ** 2 / 4, atol=1e-9)
    assert np.abs(found[:, 1]).max() < 1e-12


@pytest.mark.parametrize(
    "h",
    [
        1 + sympy.Max(x, 0) ** 3,
        2 + sympy.Abs(x) ** 2.7,
        2 + x**3 * sympy.Heaviside(x),
        2 + sympy.sign(x),
        2 + sympy.Min(x, x**2, 3),
        2 + sympy.Max(x, x**3 / 2),
    ],
)
def test_derivatives_hold_where_a_loss_has_a_kink_elsewhere(h):
    landscape, step = valley(h), 1e-5
    theta = np.array([[0.6, 0.3], [-0.7, 0.5], [1.2, -0.4]])
    ahead, behind = (theta[:, None] + s * step * np.eye(2) for s in (1, -1))
    for function, derivative in (
        (landscape.loss, landscape.gradient),
        (landscape.gradient, landscape.hessian),
        (landscape.hessian, landscape.third),
    ):
        change = (function(ahead) - function(behind)) / (2 * step)
        assert np.allclose(np.moveaxis(change, 1, -1), derivative(theta), atol=1e-8)
    assert not landscape.why_not_compiled(local_sgd(0.1, 2, batch=1, workers=2))


@pytest.mark.parametrize("lost", [np.inf, np.nan])
def test_no_flow_starts_at_a_point_that_is_not_finite(lost):
    with pytest.raises(BadInput, match=r"start at \[0\.2 (inf|nan)\]"):
        valley().project([[0.1, 0.0], [0.2, lost]])


def test_a_path_that_is_not_finite_is_not_called_a_success():
    path = dict(rtol=1e-8, atol=1e-8, what="the flow", cure="")
    with pytest.raises(NotCertified, match="the flow: The path is not finite"):
        stiff_path(
            lambda y, t: y * np.nan, lambda y, t: np.full((1, 1), np.nan), np.ones(1), np.arange(2.0), **path
        )


def test_a_projection_may_be_given_as_expressions_or_as_a_function():
    theta = np.array([[0.3, 0.4], [-0.2, 0.1]])
    limit = np.array([[0.26, 0.0], [-0.2025, 0.0]])
    assert np.allclose(valley(project=(x - y**2 / 4, 0)).project(theta), limit, atol=1e-15)
    solved = valley(project=valley().project)
    assert np.allclose(solved.project(theta), limit, atol=1e-9)


def test_a_landscape_is_a_value():
    first, second = valley(), valley()
    assert first == second and hash(first) == hash(second)
    assert first != valley(h=1 + x**2) and first != valley(noise=Factors([[0], [2]]))
    again = pickle.loads(pickle.dumps(first.for_workers(3)))
    assert again == first and again.workers == 3


def test_workers_share_what_is_compiled():
    landscape = valley()
    theta = np.array([0.3, 0.2])
    bound = landscape.for_workers(3)
    assert np.array_equal(bound.hessian(theta), landscape.hessian(theta))
    assert bound._fields is landscape._fields and "hessian" in landscape._fields
    assert bound.gradient_expressions is landscape.gradient_expressions


def test_chart_and_equations_find_the_same_points():
    circle = (sympy.sqrt(x**2 + y**2) - 1) ** 2 / 2
    noise = Isotropic(1.0)
    by_chart = Landscape(circle, (x, y), noise, Chart((u,), (sympy.cos(u), sympy.sin(u))))
    by_equation = Landscape(circle, (x, y), noise, Equations(x**2 + y**2 - 1))
    for landscape in (by_chart, by_equation):
        points = landscape.points(20, Stream(0))
        assert len(points) > 10 and np.allclose(np.linalg.norm(points, axis=1), 1.0, atol=1e-12)
        projector = landscape.curvature(points).tangent_projector
        assert np.allclose((projector @ points[..., None])[..., 0], 0.0, atol=1e-9)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Landscape(u * y**2, (x, y), Isotropic(1.0)), "holds u"),
        (lambda: Landscape(y**2, (x, x), Isotropic(1.0)), "distinct"),
        (lambda: Landscape(y**2, (x, y), Factors([[1]])), "one row for each"),
        (lambda: Landscape(y**2, (x, y), Covariance([[1, 2], [0, 1]])), "symmetric"),
        (lambda: valley(noise=Covariance([[1, 2], [2, 1]])), "not positive semidefinite at"),
        (lambda: valley(noise=Covariance([[-1, 0], [0, 1]])), "not positive semidefinite at"),
        (lambda: valley(noise=Covariance([[0, 1], [1, 0]])), "not positive semidefinite at"),
        (lambda: valley(noise=Covariance([[x, 0], [0, 1]])), "not positive semidefinite at"),
        (lambda: valley(noise=Covariance([[1, 0], [0, y]])), "not positive semidefinite at"),
        (lambda: Landscape(y**2, (x, y), Covariance([[x, 0], [0, 1]])), "not positive semidefinite at"),
        (lambda: Landscape(y**2, (x, y), Factors([[0], [u]])), "holds u"),
        (
            lambda: Landscape(sympy.Abs(sympy.Symbol("a")) ** 3, (sympy.Symbol("a"),), Isotropic(1.0)),
            "real=True",
        ),
        (lambda: Landscape(y**2, (x, y), Isotropic(1.0), Equations(u)), "manifold = u: holds u"),
        (lambda: valley(invariants=(u,)), "invariants = u: holds u"),
        (lambda: Chart((x,), (x + u, 0)), r"point = u \+ x: holds u"),
        (lambda: Chart(("x",), (x, 0)), "parameters = .* must be distinct SymPy symbols"),
        (lambda: Landscape(y**2, (x, y), Isotropic(1.0), Chart((x,), (x,))), "needs d = 2 coordinates"),
        (lambda: Landscape("y**2", (x, y), Isotropic(1.0)), "other assumptions"),
        (lambda: valley(noise=Factors([[sympy.I], [1]])), "imaginary unit"),
        (lambda: valley(project=(x, 0)), "changes along the gradient flow"),
        (lambda: valley(project=(x - y**2 / 5, 0)), "changes along the gradient flow"),
        (lambda: valley(project=lambda w: w * [1.0, 0.0]), "changes along the gradient flow"),
        (lambda: valley(project=(x, y)), r"\|∇L\| = .* it must vanish"),
        (lambda: valley(project=lambda w: w * 0), "must not move"),
        (lambda: valley(project=lambda w: w[..., :1]), r"maps shape \(8, 2\) to \(8, 1\)"),
        (lambda: valley(project=(x,)), "project has 1 coordinates"),
        (lambda: valley(project=(u, 0)), "project = u: holds u"),
        (lambda: Landscape(y**2, (x, y), "noise"), "give Factors"),
        (lambda: Landscape(y**2, (x, y), Factors([[0], [1]], law=Drawn())), "SampleLosses"),
        (lambda: Landscape(y**2, (x, y), SampleLosses((y**2, 2 * y**2))), "mean must be the loss"),
        (lambda: valley(invariants=(x + y,)), "along the gradient flow"),
        (lambda: Landscape(y**2, (x, y), Isotropic(1.0), Equations(y - 1)), r"\|∇L\| ="),
        (lambda: Landscape(y**4, (x, y), Isotropic(1.0), Equations(y)), "rank of the Hessian"),
        (
            lambda: Landscape(y**2 + x**2, (x, y), Isotropic(1.0), Equations(y**2 + x**2)),
            "no point of Γ|eigenvalues",
        ),
        (lambda: Landscape(x**2 + y**2, (x, y), Isotropic(1.0), Chart((u,), (0, u))), r"\|∇L\| ="),
        (lambda: Landscape(y**2, (x, y), Isotropic(1.0), Equations(x**2 + 1)), "no point of Γ"),
        (lambda: valley(noise=LabelNoise(1.0, (y,))), "label noise has Σ"),
        (lambda: Landscape(y**2, (x, y), Isotropic(1.0)).points(3, Stream(0)), "manifold = None"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_cure(build, said):
    with pytest.raises(BadInput, match=said):
        build()


def test_a_step_too_large_is_said_before_the_run_and_after():
    options = dict(start=[1.0, 0.0], stream=Stream(0))
    with pytest.warns(StepWarning, match=r"ηλ = 2\.72 ≥ 2"):
        run(valley(), local_sgd(1.0, 2, batch=1e6, workers=2), 3, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(valley(), local_sgd(0.7, 2, batch=1e6, workers=2), 3, **options)
        run(valley(), local_sgd(1.0, 1, batch=1e6, workers=2, momentum=0.5), 3, **options)


def test_sweeps_and_batches_bring_the_workers_of_the_method():
    def method(lr):
        return local_sgd(lr, 10, batch=1, workers=2)

    landscape = valley()
    swept = sweep(landscape, method, rounds=5, over={"lr": (0.01, 0.02)}, seeds=(3, 4), start=(0.2, 0.1))
    alone = run(landscape, method(0.02), 5, start=[0.2, 0.1], stream=Stream(4), record=RecordAt.last())
    assert alone.final.local.shape[1] == 2 and np.array_equal(swept["w"][1, 1], alone.w[0, -1])
    (trace,) = run_batch([RunSpec(landscape, method(0.02), 5, RecordAt.last(), (0.2, 0.1), 1, Stream(4))])
    assert np.array_equal(trace.w, alone.w)


@pytest.mark.parametrize(
    ("h", "noise", "said"),
    [
        (1 + sympy.log(x + 3), [[0], [1]], "∇L of .* is not finite at the start"),
        (sympy.exp(x), [[sympy.sqrt(x + 3)], [1]], "the noise of .* is not finite at the start"),
    ],
)
def test_a_start_without_a_gradient_is_not_called_too_large_a_step(h, noise, said):
    landscape = Landscape(h * y**2 / 2, (x, y), Factors(noise))
    starts = [[0.0, 0.1], [-4.0, 0.1]]
    method, options = local_sgd(0.1, 2, batch=1, workers=2), dict(replicas=2, stream=Stream(0))
    with pytest.raises(BadInput, match=r"start = \[-4\.   0\.1\]: " + said):
        run(landscape, method, 3, start=starts, **options)
    run(landscape, method, 3, start=starts[0], **options)


def test_runs_ask_for_what_noise_needs():
    with pytest.raises(BadInput, match="stream = None"):
        run(valley(), local_sgd(0.1, 2, batch=1.0, workers=2), 3, start=[0.1, 0.0])
    sampled = Landscape(y**2, (x, y), SampleLosses((y**2 / 2, 3 * y**2 / 2)))
    with pytest.raises(BadInput, match="must be an integer"):
        run(sampled, local_sgd(0.1, 2, batch=1.5, workers=2), 3, stream=Stream(0))
    for problem in (sampled, valley()):
        with pytest.raises(BadInput, match="replacement = False"):
            run(problem, local_sgd(0.1, 2, batch=1, workers=2, replacement=False), 3, stream=Stream(0))


@settings(deadline=None, max_examples=12)
@given(landscapes(), st.integers(0, 99))
def test_every_landscape_of_the_zoo_is_a_problem(landscape, seed):
    """Full gradients never raise the loss near the minima, and a point of Γ stays where it is."""
    start = landscape.points(4, Stream(seed))
    rested = run(landscape, local_gd(0.01, 3), 2, start=start, replicas=len(start))
    assert np.allclose(rested.w[:, -1], start, atol=1e-9)
    moved = start + 0.01 * Stream(seed).at("off", np.arange(len(start))).normal(landscape.dim)
    trace = run(landscape, local_gd(0.01, 3), 2, start=moved, replicas=len(start), record=RecordAt.every(1))
    assert (np.diff(trace.loss, axis=1) <= 0).all()


def test_the_zoo_says_what_it_has():
    with pytest.raises(BadInput, match="not in the zoo"):
        landscapes(names=("volcano",))
