"""A fixed scaling is a change of variables: of landscapes, of runs, and of every equation for them."""

import dataclasses
import pickle
import warnings
from functools import cache

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Fixed, Identity, local_sgd, RecordAt, run, Stream
from implicitbias.problems import Gaussian, TwoPoint
from sde import integrate, ProjectedEuler, WorkerNoise, zoo
from sde.approximations import (
    ApproximationWarning,
    chart_sde,
    conventional_sde,
    label_noise_flow,
    setting_of,
    slow_path,
    slow_sde,
)
from sde.landscapes import (
    Chart,
    Covariance,
    Equations,
    Factors,
    Isotropic,
    LabelNoise,
    Landscape,
    SampleLosses,
    scaled,
)
from sde.zoo.scaled import ScaledCircle, ScaledValley
from tests.sde_zoo import jacobian


x, y, z = sympy.symbols("x y z", real=True)
# Two evaluations of the same closed form, with eigenvectors in between.
SAME = 1e-9
# Of the integrated flow.
INTEGRATED = 1e-8
HEIGHT = y - x**2 / 2
NOISES = {
    "Factors": Factors([[0.3, x], [1, sympy.cos(y)]], law=TwoPoint()),
    "Covariance": Covariance([[1 + x**2, sympy.Rational(1, 3)], [sympy.Rational(1, 3), 1]]),
    "Isotropic": Isotropic(0.7, shared=True),
    "LabelNoise": LabelNoise(0.6, (sympy.sqrt(2) * HEIGHT, 2 * x * HEIGHT)),
    "SampleLosses": SampleLosses((HEIGHT**2 / 2, (1 + 4 * x**2) * HEIGHT**2 / 2)),
}
MANIFOLDS = {"Equations": Equations(HEIGHT), "Chart": Chart((x,), (x, x**2 / 2))}


# Few, as each is a landscape to derive and to compile.
diagonals = st.sampled_from([(2.0, 3.0), (0.7, 1.9)])


@cache
def bent(noise="Factors", manifold="Chart"):
    return Landscape((1 + 2 * x**2) * HEIGHT**2 / 2, (x, y), NOISES[noise], MANIFOLDS[manifold])


def method(diagonal, local_steps=40, batch=0.5, workers=3, **options):
    return local_sgd(0.01, local_steps, batch, workers=workers, scaling=Fixed(diagonal), **options)


def plain(own):
    return dataclasses.replace(own, scaling=Identity())


def quiet(build, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ApproximationWarning)
        return build(*arguments)


def on(landscape, seed=0, count=4):
    return landscape.points(count, Stream(seed))


@settings(max_examples=2)
@pytest.mark.parametrize("manifold", MANIFOLDS)
@pytest.mark.parametrize("noise", NOISES)
@given(diagonals, st.integers(0, 99))
def test_everything_local_transforms_as_a_loss_does(noise, manifold, diagonal, seed):
    own = bent(noise, manifold)
    other, roots = scaled(own, diagonal), np.sqrt(diagonal)
    theta = Stream(seed).at("theta", np.arange(3)).normal(2)
    assert np.allclose(other.loss(roots * theta), own.loss(theta))
    assert np.allclose(other.gradient(roots * theta), own.gradient(theta) / roots)
    assert np.allclose(other.hessian(roots * theta), own.hessian(theta) / np.outer(roots, roots))
    assert np.allclose(other.covariance(roots * theta), own.covariance(theta) / np.outer(roots, roots))
    assert (other.law, other.shared, other.channels) == (own.law, own.shared, own.channels)
    back = on(other, seed) / roots
    assert np.abs(own.gradient(back)).max() < SAME and (other.codimension, other.dim) == (1, 2)
    assert type(other.manifold) is type(own.manifold)


@settings(max_examples=2)
@pytest.mark.parametrize("noise", NOISES)
@given(diagonals, st.integers(0, 99))
def test_a_scaled_run_is_a_plain_run_in_other_variables(noise, diagonal, seed):
    """Noise for noise, whatever the engine."""
    own, roots = bent(noise), np.sqrt(diagonal)
    steps = method(diagonal, 5, batch=2)
    options = dict(replicas=3, stream=Stream(seed), record=RecordAt.every(2), engine="definition")
    there = run(scaled(own, diagonal), plain(steps), 6, start=roots * [0.4, 0.3], **options)
    here = run(own, steps, 6, start=[0.4, 0.3], **options)
    assert np.allclose(roots * here.w, there.w, rtol=0, atol=1e-12)


@settings(max_examples=2)
@given(diagonals, diagonals, st.sampled_from(sorted(NOISES)))
def test_scalings_compose_and_are_undone_by_their_inverse(first, second, noise):
    own, theta = bent(noise), np.array([[0.3, 0.8], [-0.7, 0.1]])
    both = tuple(a * b for a, b in zip(first, second, strict=True))
    twice, once = scaled(scaled(own, first), second), scaled(own, both)
    back = scaled(scaled(own, first), tuple(1.0 / a for a in first))
    for one, other, at in ((twice, once, np.sqrt(both) * theta), (back, own, theta)):
        assert np.allclose(one.gradient(at), other.gradient(at))
        assert np.allclose(one.factors(at) @ one.factors(at).swapaxes(1, 2), other.covariance(at))


@settings(max_examples=2)
@given(diagonals, diagonals, st.integers(0, 99))
def test_equations_are_covariant_under_composition(first, second, seed):
    """D₁D₂ on L is D₁ on L scaled by D₂, in the variables of the latter."""
    own, roots = bent(), np.sqrt(second)
    both = tuple(a * b for a, b in zip(first, second, strict=True))
    there, here = quiet(slow_sde, scaled(own, second), method(first)), quiet(slow_sde, own, method(both))
    zeta = on(own, seed)
    assert np.allclose(there.drift(roots * zeta), roots * here.drift(zeta), rtol=SAME, atol=SAME)
    assert np.allclose(there.diffusion(roots * zeta), roots[:, None] * here.diffusion(zeta), atol=SAME)


def equations(landscape, own):
    """Slow, in R^d and in the chart, and conventional of both orders, as (equation, point) pairs."""
    one_step = dataclasses.replace(own, local_steps=1)
    u = np.array([[0.4], [-0.9]])
    zeta, off = landscape.manifold.embed(u), np.array([[0.3, 0.8]])
    return [
        (quiet(slow_sde, landscape, own), zeta),
        (quiet(chart_sde, landscape, own), u),
        (conventional_sde(landscape, own), off),
        (conventional_sde(landscape, one_step, order=2), off),
    ]


def test_the_identity_as_a_scaling_changes_nothing():
    own = bent()
    assert scaled(own, (1.0, 1.0)) is own
    pairs = zip(equations(own, method((1.0, 1.0))), equations(own, plain(method((1.0, 1.0)))), strict=True)
    for (with_it, at), (without, _) in pairs:
        assert np.array_equal(with_it.drift(at), without.drift(at))
        assert np.array_equal(with_it.diffusion(at), without.diffusion(at))


@settings(max_examples=2)
@given(st.sampled_from([0.5, 2.0, 3.0]), st.sampled_from([1, 40]))
def test_a_multiple_of_the_identity_is_another_learning_rate(c, local_steps):
    """η/c: slow time runs c² times, conventional time c times as slow."""
    own = method((c, c), local_steps)
    slower = dataclasses.replace(plain(own), lr=own.lr / c)
    powers = (2, 2, 1, 1)
    pairs = zip(equations(bent(), own), equations(bent(), slower), powers, strict=True)
    for (here, at), (there, _), power in pairs:
        assert np.allclose(here.drift(at), there.drift(at) / c**power, rtol=1e-7, atol=SAME)
        spread, expected = (b @ b.swapaxes(-1, -2) for b in (here.diffusion(at), there.diffusion(at)))
        assert np.allclose(spread, expected / c**power, rtol=1e-7, atol=SAME)


def test_a_multiple_of_the_identity_keeps_the_projection_and_the_invariants():
    own = zoo.exponential_valley(0.8).landscape
    other, theta = scaled(own, (3.0, 3.0)), np.array([[0.3, 0.4]])
    assert other.given_projection is not None and other.invariants
    assert np.allclose(other.project(np.sqrt(3.0) * theta), np.sqrt(3.0) * own.project(theta))


VALLEYS = {
    "e^cx": zoo.exponential_valley(1.3, normal=0.8, tangential=0.4, mixed=0.2),
    "1+x^2": zoo.quadratic_valley(normal=0.8, tangential=0.5, label=0.6),
    "1+e^x": zoo.valley(tangential=0.4),
}


@settings(max_examples=2)
@pytest.mark.parametrize("name", VALLEYS)
@given(diagonals, st.sampled_from([1, 40, 400]))
def test_the_general_theory_is_the_closed_form_in_a_valley(name, diagonal, local_steps):
    closed, own = ScaledValley(VALLEYS[name], diagonal), method(diagonal, local_steps)
    q, setting = np.array([-0.4, 0.2, 0.9]), setting_of(own)
    numbers = (setting.workers, setting.batch, setting.round_time)
    equation = quiet(slow_sde, closed.landscape, own)
    zeta = closed.valley.start(q[:, None])
    drift = closed.drift(q, *numbers)
    assert np.allclose(equation.drift(zeta), np.stack([drift, 0 * drift], axis=-1), rtol=1e-7, atol=SAME)
    spread = np.linalg.norm(equation.diffusion(zeta)[:, 0], axis=-1)
    assert np.allclose(spread, closed.diffusion(q, setting.batch), rtol=1e-7)
    assert np.allclose(quiet(chart_sde, closed.landscape, own).drift(q[:, None])[:, 0], drift, rtol=1e-7)


@settings(max_examples=2)
@given(diagonals, st.floats(0.0, 1.0), st.floats(0.1, 1.0), st.sampled_from([1, 40, 400]))
def test_the_general_theory_is_the_closed_form_on_the_circle(diagonal, tangential, normal, local_steps):
    closed = ScaledCircle(diagonal, 1.5, normal, tangential)
    own, phi = method(diagonal, local_steps), np.array([0.3, 1.2, 2.5, -2.0])
    setting = setting_of(own)
    equation = quiet(slow_sde, closed.landscape, own)
    zeta, tangent = (np.stack(p, axis=-1) for p in ((np.cos(phi), np.sin(phi)), (-np.sin(phi), np.cos(phi))))
    # The angle has no second derivative along the circle at r = 1: its Itô drift is the tangential one.
    drift = (tangent * equation.drift(zeta)).sum(axis=-1)
    expected = closed.drift(phi, setting.workers, setting.batch, setting.round_time)
    assert np.allclose(drift, expected, rtol=1e-7, atol=SAME)
    spread = np.linalg.norm((tangent[:, :, None] * equation.diffusion(zeta)).sum(axis=1), axis=-1)
    assert np.allclose(spread, closed.diffusion(phi, setting.batch), rtol=1e-7, atol=SAME)


CLOSED = [ScaledValley(valley, (2.0, 3.0)) for valley in VALLEYS.values()]
CLOSED += [ScaledCircle((2.0, 3.0), 1.5), ScaledCircle((1.0, 0.4), 0.7)]


@pytest.mark.parametrize("closed", CLOSED, ids=lambda c: f"{type(c).__name__}{c.diagonal}")
def test_the_limit_of_the_scaled_flow_is_the_closed_form(closed):
    roots = np.sqrt(closed.diagonal)
    theta = 1.2 * np.stack([np.cos([0.4, 1.1, 2.0]), np.sin([0.4, 1.1, 2.0])], axis=-1)
    integrated = scaled(closed.landscape, closed.diagonal).project(roots * theta) / roots
    assert np.allclose(closed.project(theta), integrated, atol=INTEGRATED)
    # Which is not the limit without D.
    assert np.abs(closed.project(theta) - closed.landscape.project(theta)).max() > 1e-3
    given = scaled(closed.landscape, closed.diagonal, project=closed.project)
    assert np.allclose(given.project(roots * theta), roots * closed.project(theta))


def test_a_projection_and_invariants_that_are_given_are_those_of_the_scaled_flow():
    own, moved = zoo.exponential_valley(1.0).landscape, x - sympy.Rational(3, 8) * y**2
    own = Landscape(sympy.exp(x) * y**2 / 2, (x, y), Isotropic(1.0), Chart((x,), (x, 0)))
    other = scaled(own, (2.0, 3.0), project=(moved, 0), invariants=(moved,))
    at, roots = np.array([[0.3, 0.4]]), np.sqrt([2.0, 3.0])
    assert np.allclose(other.project(roots * at) / roots, [[0.3 - 0.06, 0.0]])
    assert np.allclose(other.invariant(roots * at), [[0.24]])
    with pytest.raises(BadInput, match="project"):
        scaled(own, (2.0, 3.0), project=(x - y**2 / 4, 0))


def test_the_diffusion_is_that_of_the_limit_of_a_step():
    """∂Φ_D D^{−1}A/√B, Φ_D differentiated by differences."""
    closed = ScaledCircle((2.0, 3.0), 1.5, 1.0, 0.7)
    zeta, own = np.array([[np.cos(0.7), np.sin(0.7)]]), method((2.0, 3.0))
    moved = jacobian(closed.project, zeta) @ (closed.landscape.factors(zeta) / np.array([2.0, 3.0])[:, None])
    found = quiet(slow_sde, closed.landscape, own).diffusion(zeta)
    assert np.allclose(found, moved / np.sqrt(setting_of(own).batch), atol=1e-7)


def test_the_way_back_to_the_minima_is_the_limit_up_to_third_order():
    closed = ScaledCircle((2.0, 3.0), 1.5)
    retract = quiet(slow_sde, closed.landscape, method((2.0, 3.0))).retract
    for step in (0.02, 0.01):
        phi = 0.7
        theta = np.array([np.cos(phi) - step * np.sin(phi), np.sin(phi) + step * np.cos(phi)])
        gap = np.abs(retract(theta) - closed.project(theta)).max()
        assert np.hypot(*retract(theta)) == pytest.approx(1.0) and gap < 2.0 * step**3


@settings(max_examples=2)
@given(diagonals, st.sampled_from([1, 40]))
def test_label_noise_under_a_scaling_flows_as_the_slow_equation_says(diagonal, local_steps):
    own, landscape = method(diagonal, local_steps), bent("LabelNoise")
    flow, equation = quiet(label_noise_flow, landscape, own), quiet(slow_sde, landscape, own)
    zeta = on(landscape)
    along = flow.drift(zeta)
    assert np.allclose(along, equation.drift(zeta), rtol=1e-7, atol=SAME)
    start, times = on(landscape, count=1)[0], np.array([0.0, 0.01, 0.02])
    path = quiet(slow_path, landscape, own, start, times)
    speed = (path[2] - path[0]) / 0.02
    assert np.allclose(speed, flow.drift(path[1]), rtol=1e-3, atol=1e-5) and np.abs(speed).max() > 1e-4


def test_order_two_is_the_mean_and_the_covariance_of_a_scaled_step():
    """e^{η𝓐} and one step agree on moments up to O(η³): half of η, an eighth of the gap."""
    own = Landscape(sympy.exp(x) * y**2 / 2 + x**4 / 4, (x, y), Factors([[0.3], [1 + x]]))
    theta, d = {x: sympy.Rational(1, 3), y: sympy.Rational(1, 2)}, (2, 3)
    gaps = []
    for lr in (0.01, 0.005):
        step = local_sgd(lr, 1, batch=1.0, workers=1, scaling=Fixed(tuple(map(float, d))))
        equation = conventional_sde(own, step, order=2).symbolic
        once = [equation.generator(g) for g in (x, y, x * y)]
        expected = [
            g + lr * a + lr**2 / 2 * equation.generator(a) for g, a in zip((x, y, x * y), once, strict=True)
        ]
        move = [
            v - lr * (g + a * s) / e
            for v, g, a, e, s in zip(
                (x, y),
                own.gradient_expressions,
                own.factor_expressions,
                d,
                (sympy.Symbol("s"),) * 2,
                strict=True,
            )
        ]
        moments = [_mean(m) for m in (*move, move[0] * move[1])]
        gaps.append([float((m - e).subs(theta)) for m, e in zip(moments, expected, strict=True)])
    # Of O(η²) it would be a quarter.
    assert (np.array(gaps[0]) / np.array(gaps[1]) > 6.0).all()


def _mean(expression):
    """Return the mean over s = ±1."""
    return sum(expression.subs("s", sign) for sign in (-1, 1)) / 2


@pytest.mark.parametrize("law", [Gaussian(), TwoPoint()])
def test_the_slow_equation_driven_by_a_scaled_run_follows_it(law):
    closed = ScaledValley(zoo.exponential_valley(1.0, tangential=0.6, law=law), (2.0, 1.5))
    own = local_sgd(0.005, 60, batch=0.5, workers=2, scaling=Fixed(closed.diagonal))
    options = dict(start=[0.4, 0.0], replicas=60, stream=Stream(4))
    end = run(closed.landscape, own, 60, record=RecordAt.last(), **options)
    equation = slow_sde(closed.landscape, own)
    path = WorkerNoise(closed.landscape, own, Stream(4))
    options = dict(start=[0.4, 0.0], replicas=60, scheme=ProjectedEuler(), path=path)
    found = integrate(equation, 60 * path.dt, path.dt, **options).w[:, -1, 0]
    assert (closed.project(end.w[:, -1])[:, 0] - found).std() < 0.25 * found.std()


def test_latex_names_the_scaling_and_equations_travel():
    own = method((2.0, 3.0))
    assert r"D = \mathrm{diag}(2, 3)" in quiet(slow_sde, bent(manifold="Equations"), own).latex()
    chart = zoo.exponential_valley(1.0).landscape
    assert r"\psi\left(\frac{4 e^{1.0 x}}{15}\right)" in slow_sde(chart, own).latex()
    equation = pickle.loads(pickle.dumps(quiet(slow_sde, bent(), own)))
    zeta = on(bent())
    assert np.array_equal(equation.drift(zeta), quiet(slow_sde, bent(), own).drift(zeta))


@pytest.mark.bad_input
def test_what_is_refused():
    with pytest.raises(BadInput, match="needs one for each of d = 2"):
        scaled(bent(), (1.0, 2.0, 3.0))
    with pytest.raises(BadInput, match="diagonal"):
        scaled(bent(), (1.0, -2.0))
    for build in (slow_sde, chart_sde, conventional_sde):
        with pytest.raises(BadInput, match="needs one for each of d = 2"):
            build(bent(), method((1.0, 2.0, 3.0)))
    with pytest.raises(BadInput, match="needs one interval"):
        scaled(
            Landscape(y**2, (x, y), Isotropic(1.0), Equations(y, domain=((0, 1), (0, 1), (0, 1)))), (1.0, 2.0)
        )
    with pytest.raises(BadInput, match="theta = 0"):
        ScaledCircle((1.0, 2.0)).project(np.zeros((2, 2)))
    # A path is refused in the variables it was asked in.
    with pytest.raises(BadInput, match=r"start = \[0\.3 0\.5\]: is not on Γ"):
        slow_path(bent("LabelNoise"), method((4.0, 9.0)), np.array([0.3, 0.5]), np.array([0.0, 1.0]))
