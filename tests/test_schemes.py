"""Schemes: the orders they declare are the orders they have, and nearby wrong schemes have others."""

import re
from dataclasses import replace

import numpy as np
import pytest
import sympy

import sde.schemes
from implicitbias import BadInput, Stream
from sde.brownian import Increments
from sde.equations import Convention, NoiseKind, SDE, SymbolicSDE
from sde.orders import (
    circle_case,
    one_step_law,
    SKEWED,
    strong_order,
    torus_case,
    TWO_POINT,
    weak_errors,
    weak_order,
)
from sde.schemes import (
    AdditiveHeun,
    EulerMaruyama,
    ItoTaylor,
    Milstein,
    Platen,
    PlatenGeneral,
    ProjectedEuler,
    SCHEMES,
    SimplifiedWeakEuler,
    StochasticHeun,
)


# What an interval from four step sizes may be wide, and what rounding and the grid leave of an exact order.
WEAK_WIDTH, WEAK_SLACK = 0.1, 0.01
# Strong orders are sampled: half of the distance between neighbouring orders.
STRONG_WIDTH = 0.25
x, y = sympy.symbols("x y", real=True)


def cases(strong):
    """Every scheme on an equation of every structure whose orders it declares."""
    schemes = (*SCHEMES, ProjectedEuler(Increments.TWO_POINT))
    return [
        pytest.param(scheme, kind, id=f"{type(scheme).__name__}-{scheme.increments.name}-{kind}")
        for scheme in schemes
        for kind in scheme.orders
        if not strong or scheme.increments is Increments.GAUSSIAN
    ]


def case_of(scheme, kind):
    return circle_case() if isinstance(scheme, ProjectedEuler) else torus_case(kind, scheme.convention)


@pytest.mark.parametrize(("scheme", "kind"), cases(strong=False))
def test_weak_orders_are_those_declared(scheme, kind):
    case = case_of(scheme, kind)
    declared = scheme.orders[kind].weak
    assert scheme.orders_for(case.moved).weak == declared
    # The circle bends the curve of errors more, and in one dimension long runs are cheap.
    steps = (32, 64, 128, 256) if isinstance(scheme, ProjectedEuler) else (8, 16, 32, 64)
    found = weak_order(scheme, case, steps=steps).interval
    assert found.half_width < WEAK_WIDTH and found.widened(WEAK_SLACK).contains(declared)


@pytest.mark.parametrize(("scheme", "kind"), cases(strong=True))
def test_strong_orders_are_those_declared(scheme, kind):
    case = case_of(scheme, kind)
    declared = scheme.orders[kind].strong
    assert scheme.orders_for(case.moved).strong == declared
    start = case.embed(np.full((1, case.angles.dim), 1.3))[0]
    found = strong_order(scheme, case.moved, start, replicas=1500, stream=Stream(1)).interval
    assert found.half_width < STRONG_WIDTH and found.contains(declared)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: type(s).__name__)
def test_declared_orders_are_the_least_over_the_noise_a_scheme_takes(scheme):
    assert scheme.weak_order == min(o.weak for o in scheme.orders.values())
    strong = [o.strong for o in scheme.orders.values() if o.strong is not None]
    assert scheme.strong_order == (min(strong) if strong else None)
    assert (scheme.strong_order is None) == (scheme.increments is not Increments.GAUSSIAN)
    assert scheme.noise_kinds == tuple(scheme.orders)


def test_the_table_of_schemes_says_what_they_declare():
    rows = [
        re.split(r"\s*\|\s*", line.strip("| ")) for line in sde.schemes.__doc__.splitlines() if "| ``" in line
    ]
    shown = {row[0].strip("`"): row for row in rows}
    assert set(shown) == {type(scheme).__name__ for scheme in SCHEMES}
    number = {"½": 0.5, "–": None}
    for scheme in SCHEMES:
        _, convention, kinds, strong, weak, _ = shown[type(scheme).__name__]
        assert convention.startswith(scheme.convention.value)
        listed = [NoiseKind(kind) for kind in re.split("[;,] ", kinds)]
        assert listed == list(scheme.orders)
        for cell, which in ((strong, "strong"), (weak, "weak")):
            said = [number[c] if c in number else float(c) for c in cell.split("; ")]
            assert said * (len(listed) // len(said)) == [getattr(o, which) for o in scheme.orders.values()]


# Wrong schemes, one change away from a right one.


def test_a_skewed_increment_leaves_weak_euler_order_one_half():
    law = one_step_law(SimplifiedWeakEuler(), 1, SKEWED)
    found = weak_order(SimplifiedWeakEuler(), torus_case("scalar"), steps=(64, 128, 256, 512), law=law)
    assert found.interval.widened(WEAK_SLACK).contains(0.5) and found.interval.half_width < WEAK_WIDTH


@pytest.mark.parametrize("scheme", [ItoTaylor(), Platen(), AdditiveHeun(), PlatenGeneral()], ids=repr)
def test_two_points_leave_schemes_of_order_two_order_one(scheme):
    case = torus_case(next(iter(scheme.orders)))
    law = one_step_law(scheme, case.moved.noises, TWO_POINT)
    found = weak_order(scheme, case, steps=(32, 64, 128, 256), law=law)
    assert found.interval.widened(WEAK_SLACK).contains(1.0) and found.interval.high < 1.5


def test_dropping_v_leaves_order_one_only_where_noises_do_not_commute():
    without = one_step_law(PlatenGeneral(), 2, areas=False)
    wrong = weak_order(PlatenGeneral(), torus_case("general"), steps=(32, 64, 128, 256), law=without)
    assert wrong.interval.widened(WEAK_SLACK).contains(1.0) and wrong.interval.high < 1.5
    spared = weak_order(PlatenGeneral(), torus_case("diagonal"), law=without)
    assert spared.interval.widened(WEAK_SLACK).contains(2.0)


def test_a_scheme_of_the_other_convention_does_not_converge():
    ito = torus_case("scalar")
    errors = weak_errors(StochasticHeun(), _read_as(ito, Convention.STRATONOVICH), steps=(64, 128))
    assert (errors > 0.01).all() and errors[1] > 0.9 * errors[0]


def _read_as(case, convention):
    """The same coefficients under another convention: what the convention check keeps apart."""
    read = replace(case.angles, convention=convention)
    return replace(case, moved=read.compile())


def test_projection_needs_only_the_tangential_drift():
    case = circle_case()
    known = case.moved

    def tangential(q):
        return known.drift(q) - (known.drift(q) * q).sum(axis=-1, keepdims=True) * q

    flat = SDE(
        tangential,
        known.diffusion,
        dim=2,
        noises=1,
        convention=Convention.ITO,
        retract=known.retract,
        probe=(0.6, 0.8),
    )
    found = weak_order(ProjectedEuler(), replace(case, moved=flat), steps=(32, 64, 128, 256))
    assert found.interval.widened(WEAK_SLACK).contains(1.0) and found.interval.half_width < WEAK_WIDTH


def test_platen_for_several_noises_is_platen_for_one():
    case = torus_case("scalar")
    q = np.linspace(0.0, 6.0, 7)[:, None]
    dw, area = np.full((7, 1), 0.3), np.full((7, 1, 1), -0.1)
    one, many = Platen().step(case.moved, q, 0.1, dw), PlatenGeneral().step(case.moved, q, 0.1, dw, area)
    np.testing.assert_allclose(one, many, rtol=1e-14)


def test_milstein_on_a_geometric_brownian_motion_is_its_closed_step():
    sde = SymbolicSDE((x,), (x / 2,), [[3 * x]]).compile()
    stepped = Milstein().step(sde, np.array([[2.0]]), 0.1, np.array([[0.2]]))
    assert stepped == pytest.approx(2.0 * (1 + 0.05 + 0.6 + 4.5 * (0.04 - 0.1)))


@pytest.mark.parametrize(
    ("scheme", "equation", "said"),
    [
        (
            EulerMaruyama(),
            SymbolicSDE((x,), (x,), [[x]], Convention.STRATONOVICH),
            r"integrate sde\.to_ito\(\)",
        ),
        (StochasticHeun(), SymbolicSDE((x,), (x,), [[x]]), r"integrate sde\.to_stratonovich\(\)"),
        (
            Milstein(),
            SymbolicSDE((x, y), (x, y), [[y, 0], [0, x]]),
            "takes commutative or diagonal or scalar",
        ),
        (Platen(), SymbolicSDE((x, y), (x, y), [[x, 0], [0, y]]), "PlatenGeneral"),
        (AdditiveHeun(), SymbolicSDE((x,), (x,), [[x]]), "takes additive noise"),
        (ProjectedEuler(), SymbolicSDE((x,), (x,), [[x]]), "retract = None.*give retract"),
    ],
)
def test_a_scheme_refuses_what_it_would_not_solve(scheme, equation, said):
    with pytest.raises(BadInput, match=said):
        scheme.check(equation.compile())


def test_schemes_that_differentiate_say_what_they_miss():
    known = SymbolicSDE((x,), (x,), [[x]]).compile()
    bare = SDE(known.drift, known.diffusion, dim=1, noises=1, convention=Convention.ITO)
    for scheme, said in ((Milstein(), "diffusion_jacobian = None"), (ItoTaylor(), "symbolic = None")):
        with pytest.raises(BadInput, match=f"{said}.*SymbolicSDE"):
            scheme.check(bare)


def test_additive_noise_has_no_convention():
    StochasticHeun().check(SymbolicSDE((x,), (-x,), [[2]]).compile())
    EulerMaruyama().check(SymbolicSDE((x,), (-x,), [[2]], Convention.STRATONOVICH).compile())
