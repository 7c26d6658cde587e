"""References in one dimension: closed forms, each other, and errors that cover what they miss."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, NotCertified
from sde.equations import Convention, SDE, SymbolicSDE
from sde.references import density, expectation, flow, Ring, Segment, stationary_law


x = sympy.Symbol("x", real=True)
INFINITY = float("inf")
positive = st.floats(0.3, 2.0)
centred = st.floats(-1.0, 1.0)


def coordinate(q):
    return q[:, 0]


def line(drift, diffusion, convention=Convention.ITO):
    return SymbolicSDE((x,), (drift,), [[diffusion]], convention)


def covers(reference, exact, at_most):
    """The error covers the truth, and is small."""
    assert np.all(np.abs(reference.value - exact) <= reference.error + 1e-13 * np.abs(exact))
    assert np.all(reference.error <= at_most)
    return True


@given(positive, positive, centred, st.floats(0.1, 1.5))
@settings(max_examples=6)
def test_expectations_of_ornstein_uhlenbeck(rate, spread, start, t):
    sde = line(-rate * x, spread)
    mean, variance = start * np.exp(-rate * t), spread**2 * (1 - np.exp(-2 * rate * t)) / (2 * rate)
    side = 8.0 * max(1.0, spread / np.sqrt(2 * rate))
    found = expectation(sde, lambda q: np.cos(q[:, 0]), t, start, Segment(-side, side))
    assert covers(found, np.cos(mean) * np.exp(-variance / 2), 1e-4)
    assert found.interval.contains(float(found))


@given(centred, positive, st.integers(1, 3), st.floats(-9.0, 9.0))
@settings(max_examples=6)
def test_expectations_of_brownian_motion_on_the_circle(drift, spread, mode, start):
    sde = line(drift, spread)
    found = expectation(sde, lambda q: np.sin(mode * q[:, 0]), 0.7, start, Ring())
    exact = np.sin(mode * (start + 0.7 * drift)) * np.exp(-0.5 * 0.7 * (mode * spread) ** 2)
    assert covers(found, exact, 1e-3)
    # Any cut of the ring is as good.
    elsewhere = expectation(sde, lambda q: np.sin(mode * q[:, 0]), 0.7, start, Ring(low=1.0))
    assert float(elsewhere) == pytest.approx(float(found), abs=1e-9)


def test_moments_of_geometric_brownian_motion_in_both_conventions():
    sde = line(x / 10, 3 * x / 10)
    starts = np.array([0.8, 1.0])
    for own in (sde, sde.to_stratonovich()):
        found = expectation(own, lambda q: q**2, 1.0, starts, Segment(0.01, 25.0), points=2001)
        assert covers(found, starts**2 * np.exp(0.2 + 0.09), 1e-5)
    # Read in the other convention it would be another process.
    other = expectation(
        line(x / 10, 3 * x / 10, Convention.STRATONOVICH), lambda q: q**2, 1.0, 1.0, Segment(0.01, 25.0)
    )
    assert float(other) == pytest.approx(np.exp(0.2 + 0.18), rel=1e-4)


def test_a_martingale_keeps_its_mean_and_noises_add_up():
    two = SymbolicSDE((x,), (0,), [[sympy.Rational(3, 10), sympy.Rational(4, 10)]])
    found = expectation(two, lambda q: q[:, 0] ** 2, 1.0, 0.5, Segment(-6.0, 6.0))
    assert covers(found, 0.25 + 0.25, 1e-4)


def test_ends_that_paths_reach_show_in_the_error():
    wide = expectation(line(0, 1), lambda q: q[:, 0] ** 4, 1.0, 0.0, Segment(-9.0, 9.0))
    narrow = expectation(line(0, 1), lambda q: q[:, 0] ** 4, 1.0, 0.0, Segment(-1.5, 1.5))
    assert covers(wide, 3.0, 1e-2)
    assert abs(float(narrow) - 3.0) > 0.1 and narrow.error > 0.05


@given(centred, centred, st.floats(0.2, 1.0))
@settings(max_examples=5)
def test_the_forward_equation_is_the_dual_of_the_backward_one(drift, start, t):
    sde = line(drift + sympy.sin(x) / 2, 1 + sympy.cos(x) / 2)
    for domain in (Ring(), Segment(-9.0, 9.0)):
        forward = density(sde, t, start, domain, cells=1200)
        backward = expectation(sde, lambda q: np.sin(q[:, 0]), t, start, domain)
        assert forward.expectation(lambda q: np.sin(q[:, 0])) == pytest.approx(float(backward), abs=3e-4)
        assert forward.values.sum() * forward.width == pytest.approx(1.0, abs=1e-12)
        assert forward.values.min() > -1e-9


def test_the_density_of_ornstein_uhlenbeck_is_normal_within_its_error():
    found = density(line(-x, 1), 0.5, 1.0, Segment(-6.0, 6.0))
    mean, variance = np.exp(-0.5), (1 - np.exp(-1.0)) / 2
    exact = np.exp(-((found.q - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    assert 0.5 * np.abs(found.values - exact).sum() * found.width < found.error < 1e-3


def test_a_density_can_start_spread_out_and_reflects_at_the_ends_of_a_segment():
    found = density(line(0, 1), 20.0, lambda q: 1.0 + (q > 0.5), Segment(0.0, 1.0))
    np.testing.assert_allclose(found.values, 1.0, atol=1e-9)


@pytest.mark.parametrize(
    ("alpha", "constant", "label"),
    [(0.0, 0.2, 1.0), (0.1, 0.1232336, 0.6056616), (0.5, 0.0664310, 0.3762309), (2.0, 0.0421425, 0.2820294)]
    + [(INFINITY, 1 / 29, 0.25)],
)
def test_stationary_laws_of_the_valley(alpha, constant, label):
    """h = 1 + x², M = 4: E x² for constant noise of σ_N²/σ_T² = 8 and for label noise of δ²/σ_T² = 1."""
    h, square = 1 + x**2, lambda q: q[:, 0] ** 2
    z = 2 * alpha * h
    if alpha in (0.0, INFINITY):
        gain = 1 if alpha == 0.0 else 4
    else:
        gain = 1 + 3 * (1 - (1 - sympy.exp(-z)) / z)
    for exact, noise in ((constant, 8), (label, h)):
        found = stationary_law(line(-h.diff(x) / (4 * h) * noise * gain, 1)).expectation(square)
        assert abs(found.value - exact) < 1e-7 + found.error and found.error < 1e-10


@given(st.floats(2.0, 8.0), positive)
@settings(max_examples=8)
def test_power_tails_have_their_moments(kappa, spread):
    # p ∝ (1 + x²)^{−κ}, E x² = 1/(2κ − 3).
    found = stationary_law(line(-kappa * spread**2 * x / (1 + x**2), spread)).expectation(
        lambda q: q[:, 0] ** 2
    )
    assert covers(found, 1 / (2 * kappa - 3), 1e-7)


@pytest.mark.parametrize(
    ("sde", "domain", "options", "mean", "variance"),
    [
        (
            line(-(x - 1000), sympy.Rational(1, 100)),
            Segment(),
            {"centre": 1000.0, "scale": 0.01},
            1000.0,
            5e-5,
        ),
        (line(2 - x, sympy.sqrt(x)), Segment(0.0, INFINITY), {}, 2.0, 1.0),
        (line(-2 - x, sympy.sqrt(-x)), Segment(-INFINITY, 0.0), {}, -2.0, 1.0),
        (line(sympy.Rational(3, 10) - x, sympy.sqrt(x * (1 - x))), Segment(0.0, 1.0), {}, 0.3, 0.07),
        (line(0, 1), Segment(2.0, 5.0), {}, 3.5, 0.75),
        (line(0, 1), Ring(0.0, 3.0), {}, 1.5, 0.75),
    ],
)
def test_classical_stationary_laws(sde, domain, options, mean, variance):
    # Ornstein–Uhlenbeck, Gamma, its mirror image, Beta, and the uniform law.
    law = stationary_law(sde, domain, **options)
    assert covers(law.expectation(coordinate), mean, 1e-7)
    assert covers(law.expectation(lambda q: (q[:, 0] - mean) ** 2), variance, 1e-7)
    assert law.masses.sum() == pytest.approx(1.0, abs=1e-12) and (np.diff(law.q) >= 0).all()


@given(centred, positive)
@settings(max_examples=4)
def test_probability_circulates_around_a_ring_as_the_forward_equation_says(drift, spread):
    sde = line(drift + sympy.sin(x), spread * (1 + sympy.cos(x) / 3))
    law = stationary_law(sde, Ring())
    late = density(sde, 60.0 / spread**2, 0.0, Ring(), cells=1200)
    for g in (np.sin, np.cos):
        found = law.expectation(lambda q, g=g: g(q[:, 0]))
        assert late.expectation(lambda q, g=g: g(q[:, 0])) == pytest.approx(float(found), abs=1e-4)


@given(st.floats(0.1, 3.0), st.floats(0.1, 3.0))
@settings(max_examples=8)
def test_without_noise_the_reference_is_the_flow(start, t):
    sde = line(-(x**2), 0)
    exact = start / (1 + start * t)
    path = flow(sde, [0.0, t], np.array([start]))
    np.testing.assert_allclose(path.value[:, 0], [start, exact], rtol=1e-9)
    found = expectation(sde, lambda q: q[:, 0] ** 2, t, [start], Segment(0.0, 4.0))
    np.testing.assert_allclose(found.value, [exact**2], rtol=1e-9)


def test_the_flow_has_any_dimension():
    y = sympy.Symbol("y", real=True)
    turning = SymbolicSDE((x, y), (-y, x), [[], []])
    np.testing.assert_allclose(flow(turning, 1.0, [1.0, 0.0]).value, [np.cos(1.0), np.sin(1.0)], atol=1e-9)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: stationary_law(line(x, 1)), "no stationary law"),
        (lambda: stationary_law(line(0, 1)), "no stationary law.*narrow the domain"),
        (lambda: expectation(line(-x, 1), coordinate, 1.0, 7.0, Segment(-5.0, 5.0)), "widen the domain"),
        (lambda: expectation(line(-x, 1), coordinate, 1.0, 0.0, Segment()), "finite ends"),
        (lambda: expectation(line(-x, 1), coordinate, -1.0, 0.0, Ring()), "t = -1.0"),
        (lambda: expectation(line(-x, 1), lambda q: q.sum(), 1.0, 0.0, Ring()), r"must map \(point, 1\)"),
        (lambda: expectation(line(-x, 1), lambda q: np.log(q[:, 0]), 1.0, 1.0, Ring()), "not finite"),
        (lambda: expectation(line(1 / x, 1), coordinate, 1.0, 1.0, Segment(0.0, 2.0)), "singular"),
        (lambda: density(line(-x, 1), 1.0, 9.0, Segment(-5.0, 5.0)), "widen the domain"),
        (lambda: density(line(-x, 1), 1.0, lambda q: -q, Segment(-5.0, 5.0)), "p ≥ 0"),
        (lambda: density(line(-x, 1), 1.0, 0.0, Ring(), cells=801), "must be even"),
        (lambda: Segment(1.0, 0.0), "low < high"),
        (lambda: Ring(period=-1.0), "period"),
        (lambda: flow(line(-x, 0), [1.0, 0.5], [1.0]), "sort them"),
        (lambda: flow(line(-x, 0), 1.0, [1.0, 2.0]), "1 coordinates"),
        (lambda: flow(line(-x, 0), INFINITY, [1.0]), "finite"),
    ],
)
def test_questions_without_an_answer_are_refused(ask, said):
    with np.errstate(all="ignore"), pytest.raises(BadInput, match=said):
        ask()


def test_only_one_dimension_is_answered():
    plane = SDE(lambda q: -q, lambda q: q[..., None], dim=2, noises=1, convention=Convention.ITO)
    with pytest.raises(BadInput, match="dim = 2"):
        expectation(plane, coordinate, 1.0, 0.0, Ring())


def test_an_explosion_of_the_flow_is_not_certified():
    with np.errstate(all="ignore"), pytest.raises(NotCertified, match="explode"):
        flow(line(x**2, 0), 2.0, [1.0])


@pytest.mark.parametrize(("diffusion", "domain"), [(x, Segment(-1.0, 1.0)), (sympy.sin(x), Ring(0.0))])
def test_a_law_without_noise_at_a_point_inside_is_not_certified(diffusion, domain):
    with pytest.raises(NotCertified, match="s² > 0"):
        stationary_law(line(0, diffusion), domain)
