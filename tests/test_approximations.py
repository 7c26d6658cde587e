"""The slow SDE three ways, label noise as a flow, conventional equations, and methods without a slow SDE."""

import warnings
from functools import cache

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    local_gd,
    local_sgd,
    NotCertified,
    PowerDecay,
    QuadraticRule,
    RecordAt,
    run,
    Stream,
)
from implicitbias.problems import Gaussian, TwoPoint
from sde import integrate
from sde.approximations import (
    ApproximationWarning,
    chart_sde,
    conventional_sde,
    label_noise_flow,
    setting_of,
    slow_path,
    slow_sde,
    WorkerNoise,
)
from sde.approximations.chart import chart_equation
from sde.formulas import F, psi
from sde.landscapes import Chart, Covariance, Equations, Factors, Isotropic, LabelNoise, Landscape


x, y, z = sympy.symbols("x y z", real=True)
phi = sympy.Symbol("varphi", real=True)
# Two evaluations of the same closed form, with eigenvectors in between.
SAME = 1e-9
M, B, ALPHA = sympy.symbols("M B alpha", positive=True)

workers_and_steps = st.tuples(st.integers(1, 5), st.sampled_from([1, 2, 50, 400]))


@cache
def valley(noise=None):
    return Landscape(sympy.exp(x) * y**2 / 2, (x, y), noise or Factors([[0], [1]]), Chart((x,), (x, 0)))


@cache
def ring():
    r = sympy.sqrt(x**2 + y**2)
    normal, tangent = sympy.Matrix([x / r, y / r]), sympy.Matrix([-y / r, x / r])
    height = 1 + sympy.Rational(3, 5) * y / r
    noise = Factors(
        sympy.Matrix.hstack(normal + tangent * sympy.Rational(3, 5), tangent * sympy.Rational(3, 10))
    )
    chart = Chart((phi,), (sympy.cos(phi), sympy.sin(phi)), domain=(-3, 3))
    return Landscape(height * (r - 1) ** 2 / 2, (x, y), noise, chart)


@cache
def twisted():
    a, b = sympy.cos(x) * y + sympy.sin(x) * z, -sympy.sin(x) * y + sympy.cos(x) * z
    turn = sympy.Matrix([[sympy.cos(x), -sympy.sin(x)], [sympy.sin(x), sympy.cos(x)]])
    noise = sympy.Matrix([[0, 0]]).col_join(
        turn * sympy.Matrix([[1, 0], [sympy.Rational(3, 5), sympy.Rational(4, 5)]])
    )
    return Landscape(a**2 + b**2 / 4, (x, y, z), Factors(noise), Chart((x,), (x, 0, 0)))


@cache
def paraboloid():
    """Γ is a surface with curvature of its own and two charts' worth of noise."""
    height = z - x**2 / 2
    noise = Covariance(
        [
            [1, sympy.Rational(1, 4), 0],
            [sympy.Rational(1, 4), 1, sympy.Rational(1, 2)],
            [0, sympy.Rational(1, 2), 1],
        ]
    )
    chart = Chart((x, y), (x, y, x**2 / 2))
    return Landscape((1 + y**2) * height**2 / 2, (x, y, z), noise, chart)


def quiet(build, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ApproximationWarning)
        return build(*arguments)


@settings(deadline=None, max_examples=8)
@given(
    st.sampled_from([valley, ring, twisted, paraboloid]),
    workers_and_steps,
    st.floats(0.2, 4),
    st.integers(0, 99),
)
def test_the_chart_and_the_embedded_equation_are_one(build, shape, batch, seed):
    """Itô's formula for γ: γ′ b_u + ½γ″[S_u] = b, γ′ a_u = a."""
    landscape, (workers, steps) = build(), shape
    method = local_sgd(0.01, steps, batch=batch, workers=workers)
    inner, outer = quiet(chart_sde, landscape, method), quiet(slow_sde, landscape, method)
    u = Stream(seed).at("u", np.arange(5)).uniform(len(landscape.manifold.parameters)) - 0.5
    zeta, jacobian = landscape.manifold.embed(u), landscape.manifold.jacobian(u)
    spread = inner.diffusion(u) @ inner.diffusion(u).swapaxes(-1, -2)
    second = np.stack([_second(landscape.manifold, point) for point in u])
    moved = (jacobian @ inner.drift(u)[..., None])[..., 0] + 0.5 * np.einsum("nkab,nab->nk", second, spread)
    assert np.allclose(moved, outer.drift(zeta), atol=SAME * (1 + np.abs(moved).max()))
    pushed = jacobian @ inner.diffusion(u)
    embedded = outer.diffusion(zeta)
    assert np.allclose(pushed @ pushed.swapaxes(-1, -2), embedded @ embedded.swapaxes(-1, -2), atol=SAME)


def _second(chart, u):
    values = dict(zip(chart.parameters, u, strict=True))
    hessians = [sympy.hessian(c, list(chart.parameters)).subs(values) for c in chart.point]
    return np.array([np.array(h.tolist(), dtype=float) for h in hessians])


@cache
def twisted_sheet():
    """A curved surface with curved curvature: expressions that no simplification ends on."""
    loss = (z - x * y + x**3) ** 2 * (2 + sympy.sin(x) * y) / 2
    return Landscape(
        loss,
        (x, y, z),
        Factors(((1, x), (sympy.Rational(1, 3), y + 1), (sympy.Rational(1, 2), 1))),
        Chart((x, y), (x, y, x * y - x**3), domain=(-1, 1)),
    )


@cache
def twisted_cubic():
    """Of codimension 2, with square roots as eigenvalues."""
    loss = ((y - x**2) ** 2 * (1 + x**2) + (z - x * y) ** 2 * 2) / 2
    return Landscape(
        loss,
        (x, y, z),
        Factors(((1, x), (0, y + 1), (sympy.Rational(1, 2), 1))),
        Chart((x,), (x, x**2, x**3)),
    )


@cache
def three_curvatures():
    """Their characteristic polynomial is an irreducible cubic."""
    a, b, c, d = sympy.symbols("a b c d", real=True)
    loss = ((1 + a) * b**2 + 2 * c**2 + (3 - a) * d**2) / 2 + b * c / 3 + c * d / 5
    return Landscape(loss, (a, b, c, d), Isotropic(1.0), Chart((a,), (a, 0, 0, 0), domain=(-0.5, 0.5)))


@pytest.mark.parametrize("build", [twisted_sheet, twisted_cubic])
def test_large_equations_are_derived_and_left_as_they_stand(build):
    landscape, method = build(), local_sgd(0.001, 500, batch=1.0, workers=4)
    inner, outer = quiet(chart_sde, landscape, method), quiet(slow_sde, landscape, method)
    u = Stream(1).at("u", np.arange(3)).uniform(inner.dim) - 0.5
    # A chart whose first coordinates are its parameters.
    assert np.allclose(inner.drift(u), outer.drift(landscape.manifold.embed(u))[:, : inner.dim], rtol=1e-8)


def test_without_a_closed_form_there_is_only_the_general_equation():
    landscape, method = three_curvatures(), local_sgd(0.01, 50, batch=1.0, workers=4)
    with pytest.raises(BadInput, match="no closed form.*degree 3; use slow_sde"):
        chart_sde(landscape, method)
    assert r"\hat\Psi" in slow_sde(landscape, method).latex()


def test_the_valley_is_printed_as_on_paper():
    equation = chart_equation(valley())
    psi_valued = equation.drift[0].atoms(sympy.Function) - {sympy.exp(x)}
    (saturation,) = psi_valued
    assert sympy.simplify(saturation.args[0] - 2 * ALPHA * sympy.exp(x)) == 0
    assert sympy.simplify(equation.drift[0] + (1 + (M - 1) * saturation) / (4 * B)) == 0
    assert r"\psi\left(2 \alpha e^{x}\right)" in equation.latex()


def test_a_proper_pair_enters_with_the_sum_of_its_curvatures():
    equation = chart_equation(twisted())
    rho, (first, second) = sympy.Rational(3, 5), (2, sympy.Rational(1, 2))
    value = float(equation.drift[0].subs({M: 4, B: 1, ALPHA: 1, x: 0.3}))
    expected = -(first - second) * rho / (first + second) * (1 + 3 * psi(float(first + second)))
    assert np.isclose(value, float(expected), rtol=1e-12)


def test_mixed_noise_enters_with_its_own_curvature():
    circle = ring()
    drift = chart_sde(circle, local_sgd(0.001, 1000, batch=1.0, workers=2)).drift(np.array([[0.4]]))[0, 0]
    h, slope = 1 + 0.6 * np.sin(0.4), 0.6 * np.cos(0.4)
    expected = -(slope / (4 * h) * (1 + psi(2 * h)) + 0.6 * (1 + psi(h))) / 2
    assert np.isclose(drift, expected, rtol=1e-12)


@settings(deadline=None, max_examples=10)
@given(workers_and_steps, st.floats(0.3, 2.0), st.integers(0, 99))
def test_label_noise_is_a_gradient_flow_along_the_minima(shape, delta, seed):
    """Also against differences of the potential along Γ."""
    workers, steps = shape
    landscape = Landscape((x * y - 1) ** 2 / 2, (x, y), LabelNoise(delta, (x * y,)), Equations(x * y - 1))
    method = local_sgd(0.01, steps, batch=0.5, workers=workers)
    zeta = landscape.points(4, Stream(seed))
    flow, slow = quiet(label_noise_flow, landscape, method), quiet(slow_sde, landscape, method)
    assert np.allclose(flow.drift(zeta), slow.drift(zeta), atol=SAME * np.abs(flow.drift(zeta)).max())
    assert np.abs(slow.diffusion(zeta)).max() < SAME
    u, setting = zeta[:, 0], setting_of(method)
    expected = (
        -(delta**2 / (4 * setting.batch)) * _slope_of_potential(u, workers, setting.round_time) / (1 + u**-4)
    )
    assert np.allclose(flow.drift(zeta)[:, 0], expected, rtol=1e-5, atol=1e-8)


def _slope_of_potential(u, workers, alpha):
    def potential(u):
        sharpness = u**2 + u**-2
        return sharpness + ((workers - 1) * F(2 * alpha * sharpness) / (2 * alpha) if alpha else 0.0)

    step = 1e-6 * np.abs(u)
    return (potential(u + step) - potential(u - step)) / (2 * step)


def test_a_quadratic_rule_under_a_schedule_is_the_limit_of_long_rounds():
    landscape, rule = valley(), local_sgd(PowerDecay(0.01), QuadraticRule(1, 0.6), batch=1.0, workers=3)
    zeta = np.array([[0.3, 0.0]])
    long = quiet(slow_sde, landscape, local_sgd(0.01, 10**7, batch=1.0, workers=3)).drift(zeta)
    assert np.allclose(slow_sde(landscape, rule).drift(zeta), long, rtol=1e-4)
    one = slow_sde(landscape, local_sgd(0.01, 1, batch=1.0, workers=3)).drift(zeta)
    assert np.allclose(slow_sde(landscape, rule).drift(zeta), 3 * one, rtol=1e-12)


@settings(deadline=None, max_examples=10)
@given(st.floats(0.003, 0.1), st.floats(0.01, 0.3), st.integers(1, 30), st.integers(0, 9))
def test_a_quadratic_rule_at_a_constant_rate_is_its_number_of_steps(lr, growth, base, warmup):
    rule = QuadraticRule(base, growth, warmup=warmup, first=3)
    own = setting_of(local_sgd(lr, rule, batch=1.0, workers=3))
    steps = max(base, int((growth / lr) ** 2))
    assert own == setting_of(local_sgd(lr, steps, batch=1.0, workers=3))
    assert np.isclose(own.round_time, lr * steps if steps > 1 else 0.0, rtol=1e-12)


def test_rounds_of_a_quadratic_rule_that_are_far_from_their_limit_are_said():
    """ηH = 4 at the first rate; on the valley e^x is 0.22 or more, and α = ∞ asks for ηHλ ≥ 5."""
    short, alone = (local_sgd(PowerDecay(0.01), QuadraticRule(1, 0.2), batch=1.0, workers=m) for m in (3, 1))
    with pytest.warns(ApproximationWarning, match="rounds of ηH = 4 .*growth"):
        slow_sde(valley(), short)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        slow_sde(valley(), alone)
    with pytest.raises(BadInput, match="one learning rate"):
        conventional_sde(valley(), short)


def test_momentum_changes_only_the_step():
    landscape = valley()
    with_momentum = setting_of(local_sgd(0.001, 1, batch=1.0, workers=2, momentum=0.9))
    assert np.isclose(with_momentum.lr, 0.01) and np.isclose(with_momentum.step, 0.001)
    assert with_momentum.round_time == 0.0
    with pytest.raises(BadInput, match="limit is known for one local step"):
        slow_sde(landscape, local_sgd(0.001, 5, batch=1.0, workers=2, momentum=0.9))


def test_the_slow_path_of_label_noise_solves_its_ode():
    landscape = Landscape((x * y - 1) ** 2 / 2, (x, y), LabelNoise(1.0, (x * y,)), Equations(x * y - 1))
    start = landscape.project(np.array([2.0, 0.9]))
    path = slow_path(landscape, local_sgd(0.01, 1, batch=2.0, workers=2), start, np.linspace(0, 2, 5))
    imbalance = path[:, 0] ** 2 - path[:, 1] ** 2
    assert np.allclose(imbalance, imbalance[0] * np.exp(-np.linspace(0, 2, 5) / 4), rtol=1e-9)


def _path(landscape=None, start=(0.3, 0.0), times=(0.0, 1.0), lr=0.01):
    return slow_path(landscape or valley(), local_sgd(lr, 10, batch=1.0, workers=4), start, times)


def test_a_slow_path_that_ends_before_the_last_time_is_not_cut_short():
    """Of h = x² the path is a square root: SGD's x² falls at the rate 1/B and reaches 0, where Γ loses its rank."""
    landscape = Landscape(x**2 * y**2 / 2, (x, y), Factors([[0], [1]]), Chart((x,), (x, 0)))
    sgd = local_sgd(0.01, 1, batch=1.0, workers=4)
    times = np.array([0.0, 0.1, 0.2])
    assert np.allclose(
        slow_path(landscape, sgd, [0.3, 0.0], times)[:, 0], np.sqrt(0.09 - times / 4), rtol=1e-9
    )
    with pytest.raises(NotCertified, match=r"followed to slow time 0\.36"):
        slow_path(landscape, sgd, [0.3, 0.0], [0.0, 0.1, 0.5])


def test_a_slow_path_into_noise_along_the_minima_is_refused():
    """At the start itself there is none."""
    into = valley(Factors(((sympy.sin(3 * x), 0), (0, 1))))
    with pytest.raises(BadInput, match=r"noise: .* along Γ at the point \[-.* 0.*\].*slow_sde"):
        _path(into, start=(0.0, 0.0))


def test_a_slow_path_is_looked_at_as_its_equation_is():
    with pytest.warns(ApproximationWarning, match="ηM = 0.4") as said:
        _path(lr=0.1)
    assert said[0].filename == __file__
    with pytest.raises(BadInput, match="ηλ = .* ≥ 2"):
        _path(lr=20.0)


def test_conventional_equations_match_two_moments_of_a_step():
    """Order 2 has drift −∇(L + (η/4)|∇L|²); its noise is √(η/B)A at both orders."""
    landscape, lr = valley(), 0.1
    theta = np.array([[0.2, -0.7], [0.4, 0.1]])
    first, second = (conventional_sde(landscape, local_sgd(lr, 1, batch=1.0, workers=4), k) for k in (1, 2))
    gradient, hessian = landscape.gradient(theta), landscape.hessian(theta)
    assert np.allclose(first.drift(theta), -gradient, rtol=1e-13)
    bend = (hessian @ gradient[..., None])[..., 0]
    assert np.allclose(second.drift(theta), -gradient - lr / 2 * bend, rtol=1e-12)
    for sde in (first, second):
        assert np.allclose(sde.diffusion(theta), np.sqrt(lr / 4) * landscape.factors(theta), rtol=1e-13)


def test_too_large_a_step_is_said():
    with pytest.warns(ApproximationWarning, match="ηM = 0.8"):
        slow_sde(valley(), local_sgd(0.1, 1, batch=1.0, workers=8))
    with pytest.warns(ApproximationWarning, match="ηMα"):
        slow_sde(ring(), local_sgd(0.01, 100, batch=1.0, workers=8))
    with pytest.raises(BadInput, match="ηλ = .* ≥ 2"):
        slow_sde(valley(), local_sgd(20.0, 1, batch=1.0, workers=1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        slow_sde(ring(), local_sgd(PowerDecay(0.01), QuadraticRule(1, 0.6), batch=1.0, workers=8))


@pytest.mark.parametrize("beta", [0.5, 0.9])
def test_steps_with_momentum_are_refused_where_they_diverge(beta):
    """On a quadratic v ← βv − γλw, w ← w + v is stable for γλ < 2(1 + β), whatever η = γ/(1 − β) is."""
    landscape = Landscape(3 * y**2 / 2, (x, y), Factors([[0], [1]]), Chart((x,), (x, 0)))
    least = 2 * (1 + beta) / 3
    for lr, diverges in ((0.999 * least, False), (1.001 * least, True)):
        growth = np.abs(np.linalg.eigvals([[1 - 3 * lr, beta], [-3 * lr, beta]])).max()
        assert (growth > 1) == diverges
        method = local_sgd(lr, 1, batch=1, momentum=beta)
        if diverges:
            with pytest.raises(BadInput, match=rf"lr = {lr:g}: γλ = .* ≥ 2\(1 \+ β\).* = {least:.3g}"):
                quiet(chart_sde, landscape, method)
        else:
            assert quiet(chart_sde, landscape, method).dim == 1
    with pytest.warns(ApproximationWarning, match=rf"ηM = .*take lr ≤ {0.2 * (1 - beta):.3g}"):
        slow_sde(landscape, local_sgd(0.3, 1, batch=1, momentum=beta))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: slow_sde(valley(), local_gd(0.1, 5)), "batch = None"),
        (lambda: slow_sde(valley(), local_sgd(PowerDecay(0.1), 5, batch=1.0)), "one learning rate"),
        (lambda: slow_sde(valley(), local_sgd(0.1, (1, 2), batch=1.0, workers=2)), "one H"),
        (
            lambda: slow_sde(Landscape(y**2, (x, y), Isotropic(1.0)), local_sgd(0.1, 1, batch=1.0)),
            "manifold = None",
        ),
        (lambda: slow_sde("valley", local_sgd(0.1, 1, batch=1.0)), "give Landscape"),
        (lambda: label_noise_flow(valley(), local_sgd(0.1, 1, batch=1.0)), "give LabelNoise"),
        (lambda: conventional_sde(valley(), local_sgd(0.1, 1, batch=1.0), order=3), "known for 1 and 2"),
        (lambda: conventional_sde(valley(), local_sgd(0.1, 5, batch=1.0), order=2), "order = 2 with H"),
        (
            lambda: slow_path(ring(), local_sgd(0.01, 1, batch=1.0), np.array([1.0, 0.0]), [0.0, 1.0]),
            "part along Γ",
        ),
        (
            lambda: chart_sde(
                Landscape(y**2, (x, y), Isotropic(1.0), Equations(y)), local_sgd(0.01, 1, batch=1.0)
            ),
            "give manifold=Chart",
        ),
        (
            lambda: slow_path(valley(), local_sgd(0.01, 1, batch=1.0), np.array([0.3, 0.5]), [0.0, 1.0]),
            r"start = \[0.3 0.5\]: is not on Γ.*landscape.project",
        ),
        (lambda: _path(start=[[0.3, 0.0]]), "start = .*one point"),
        (lambda: _path(start=[np.nan, 0.0]), "start = .*finite"),
        (lambda: _path(times=[0.5, 0.0]), "times = .*increase"),
        (lambda: _path(times=[0.0]), "times = .*at least two"),
        (lambda: _path(times=[0.0, np.inf]), "times = .*finite"),
        (lambda: slow_path("valley", local_sgd(0.1, 1, batch=1.0), [0.3, 0.0], [0.0, 1.0]), "give Landscape"),
    ],
)
def test_methods_and_landscapes_without_a_slow_sde_are_refused(build, said):
    with pytest.raises(BadInput, match=said):
        build()


@pytest.mark.parametrize("law", [Gaussian(), TwoPoint()])
def test_a_slow_sde_driven_by_the_workers_follows_their_run(law):
    """The difference of run and SDE has variance O(η), here a hundredth of that of independent noise."""
    noise = Factors([[sympy.Rational(1, 2), 0], [0, sympy.Rational(1, 10)]], law=law)
    landscape = Landscape((1 + x**2) * y**2 / 2, (x, y), noise, Chart((x,), (x, 0)))
    method, stream = local_sgd(0.01, 20, batch=0.5, workers=4), Stream(3)
    trace = run(landscape, method, 200, start=[0.3, 0.0], replicas=300, stream=stream, record=RecordAt.last())
    followed, other = (
        integrate(chart_sde(landscape, method), 0.4, 0.002, start=[0.3], replicas=300, **source).w[:, -1, 0]
        for source in (dict(path=WorkerNoise(landscape, method, stream)), dict(stream=stream))
    )
    moved = trace.w[:, -1, 0]
    assert np.var(moved - followed) < 0.01 * np.var(moved - other)
    assert np.isclose(np.var(followed), 0.4 / 8, rtol=0.4)


def test_the_increments_of_workers_are_those_of_their_rounds():
    landscape, method = valley(), local_sgd(0.1, 3, batch=2.0, workers=2)
    path = WorkerNoise(landscape, method, Stream(1))
    whole, part = path.increments(np.arange(4), 0, 7), path.increments(np.arange(4), 5, 2)
    assert np.array_equal(whole[:, 5:], part) and np.isclose(path.dt, 0.03)
    with pytest.raises(BadInput, match="one length"):
        WorkerNoise(landscape, local_sgd(0.1, QuadraticRule(1, 0.2), batch=2.0, workers=2), Stream(1))
