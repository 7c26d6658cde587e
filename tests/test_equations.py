"""Equations: exact changes of convention, the generator, LaTeX, and errors that say which matrix was meant."""

import pickle

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput
from sde.equations import Convention, NoiseKind, SDE, SymbolicSDE


x, y = sympy.symbols("x y", real=True)
ITO, STRATONOVICH = Convention.ITO, Convention.STRATONOVICH
conventions = st.sampled_from([ITO, STRATONOVICH])
knob = st.integers(-5, 5).map(lambda k: sympy.Rational(k, 4))


@st.composite
def plane_equations(draw):
    """Two coordinates, two noises that do not commute."""
    p, q, r, s = (draw(knob) for _ in range(4))
    drift = (p * sympy.sin(y) - x, q * x * y)
    diffusion = [[1 + r * sympy.cos(x * y), s * y], [q * x, 2 + sympy.sin(x - p * y)]]
    return SymbolicSDE((x, y), drift, diffusion, draw(conventions))


def points(seed, dim):
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (5, dim))


@given(plane_equations())
@settings(max_examples=10)
def test_conversion_and_back_is_the_same_equation(sde):
    other = sde.to_stratonovich() if sde.convention is ITO else sde.to_ito()
    back = other.converted(sde.convention)
    assert other.convention is not sde.convention and back.diffusion == sde.diffusion
    assert all(sympy.simplify(a - b) == 0 for a, b in zip(back.drift, sde.drift, strict=True))


@given(plane_equations(), st.integers(0, 99))
@settings(max_examples=10)
def test_functions_convert_like_symbols(sde, seed):
    compiled, q = sde.compile(), points(seed, 2)
    known = SDE(
        compiled.drift,
        compiled.diffusion,
        dim=2,
        noises=2,
        convention=sde.convention,
        diffusion_jacobian=compiled.diffusion_jacobian,
    )
    for convert in (SDE.to_ito, SDE.to_stratonovich):
        exact, numeric = convert(compiled), convert(known)
        assert exact.convention is numeric.convention
        np.testing.assert_allclose(numeric.drift(q), exact.drift(q), rtol=1e-12, atol=1e-12)


@given(plane_equations(), st.integers(0, 99))
@settings(max_examples=10)
def test_the_jacobian_is_the_derivative_of_the_diffusion(sde, seed):
    compiled, q, h = sde.compile(), points(seed, 2), 1e-6
    jacobian = compiled.diffusion_jacobian(q)
    for axis, step in enumerate(h * np.eye(2)):
        slope = (compiled.diffusion(q + step) - compiled.diffusion(q - step)) / (2 * h)
        np.testing.assert_allclose(jacobian[..., axis], slope, atol=1e-8)


def test_geometric_brownian_motion_in_both_conventions():
    mu, sigma = sympy.symbols("mu sigma", positive=True)
    ito = SymbolicSDE((x,), (mu * x,), [[sigma * x]])
    assert sympy.simplify(ito.to_stratonovich().drift[0] - (mu - sigma**2 / 2) * x) == 0
    assert ito.latex() == r"\mathrm{d}x = \mu x\,\mathrm{d}t + \sigma x\,\mathrm{d}W"
    assert r"\circ \mathrm{d}W" in ito.to_stratonovich().latex()


@given(plane_equations())
@settings(max_examples=5)
def test_the_generator_does_not_depend_on_the_convention_and_knows_itos_formula(sde):
    g = x**2 * y
    other = sde.to_stratonovich() if sde.convention is ITO else sde.to_ito()
    assert sympy.simplify(sde.generator(g) - other.generator(g)) == 0
    a, s = sde.to_ito().drift, sde.diffusion * sde.diffusion.T
    by_hand = 2 * x * y * a[0] + x**2 * a[1] + y * s[0, 0] + 2 * x * s[0, 1]
    assert sympy.simplify(sde.generator(g) - by_hand) == 0


def test_equations_print_one_line_per_coordinate():
    sde = SymbolicSDE((x, y), (-x, 0), [[0, 1], [x - 1, -y]])
    assert sde.latex() == (
        r"\begin{aligned} \mathrm{d}x &= - x\,\mathrm{d}t + \mathrm{d}W_{2} \\ "
        r"\mathrm{d}y &= \left(x - 1\right)\,\mathrm{d}W_{1} - y\,\mathrm{d}W_{2} \end{aligned}"
    )
    assert SymbolicSDE((x,), (0,), [[0]]).latex() == r"\mathrm{d}x = 0"


@pytest.mark.parametrize(
    ("diffusion", "kind"),
    [
        ([[1, 2], [0, 1]], NoiseKind.ADDITIVE),
        ([[x], [y]], NoiseKind.SCALAR),
        ([[x, 0], [0, sympy.sin(y)]], NoiseKind.DIAGONAL),
        ([[y, 0], [0, 1]], NoiseKind.GENERAL),
        ([[sympy.sin(x - y), sympy.cos(y)], [0, sympy.cos(y)]], NoiseKind.COMMUTATIVE),
        ([[1, 0], [0, x]], NoiseKind.GENERAL),
    ],
)
def test_the_structure_of_the_noise_is_read_from_the_symbols(diffusion, kind):
    sde = SymbolicSDE((x, y), (0, 0), diffusion)
    assert sde.noise_kind is kind and sde.compile().noise_kind is kind


def test_structures_imply_others():
    line = SymbolicSDE((x,), (-x,), [[x]]).compile()
    assert line.kinds == {NoiseKind.GENERAL, NoiseKind.COMMUTATIVE, NoiseKind.DIAGONAL, NoiseKind.SCALAR}
    assert SymbolicSDE((x, y), (0, 0), [[y, 0], [0, 1]]).compile().kinds == {NoiseKind.GENERAL}


def test_a_compiled_equation_can_be_pickled_after_use():
    sde = SymbolicSDE((x,), (-x,), [[sympy.cos(x)]]).compile()
    q = np.array([[0.3]])
    before = sde.drift(q)
    again = pickle.loads(pickle.dumps(sde))
    assert again == sde and np.array_equal(again.drift(q), before) and again.fingerprint == sde.fingerprint


def test_other_equations_have_other_fingerprints():
    base = SymbolicSDE((x,), (-x,), [[x]])
    others = [
        SymbolicSDE((x,), (-2 * x,), [[x]]),
        SymbolicSDE((x,), (-x,), [[2 * x]]),
        SymbolicSDE((x,), (-x,), [[x]], STRATONOVICH),
    ]
    assert len({s.compile().fingerprint for s in [base, *others]}) == 4


def test_parameters_get_values():
    mu = sympy.Symbol("mu")
    sde = SymbolicSDE((x,), (mu * x,), [[1]])
    with pytest.raises(BadInput, match="free symbols mu.*with_values"):
        sde.compile()
    assert sde.with_values({mu: 3}).compile().drift(np.array([[2.0]])).tolist() == [[6.0]]


def _sde(drift=lambda x: -x, diffusion=lambda x: x[..., None] * np.eye(2), **other):
    return SDE(drift, diffusion, **({"dim": 2, "noises": 2, "convention": ITO} | other))


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"diffusion": lambda x: x}, r"b\[..., None\] \* np.eye\(d\)"),
        ({"diffusion": lambda x: np.eye(2)}, "np.broadcast_to"),
        ({"diffusion": lambda x: np.zeros((*x.shape, 3))}, "say noises=3"),
        ({"diffusion": lambda x: np.zeros((*x.shape[:-1], 3, 2)), "noises": 3}, "transpose"),
        ({"diffusion": lambda x: x, "noises": 1}, r"return b\[..., None\]"),
        ({"drift": lambda x: np.array([[0.0, 1.0], [2.0, 0.0]]) @ x}, r"x @ A\.T"),
        ({"drift": lambda x: x[0] + x}, "other values on a batch"),
        ({"drift": lambda x: x[..., :1]}, r"returned shape \(1,\).*asks for \(2,\)"),
        ({"drift": lambda x: x @ np.ones((3, 2))}, "fails on x of shape"),
        ({"drift": 3.0}, "must be a function"),
        ({"convention": "ito"}, "Convention.ITO"),
        ({"dim": 0}, "dim = 0"),
        ({"noise_kind": "wild"}, "give one of general, commutative"),
        ({"noise_kind": "additive"}, "is not additive"),
        ({"noise_kind": "scalar"}, "is not scalar"),
        ({"noise_kind": "diagonal", "diffusion": lambda x: np.ones((*x.shape, 2))}, "is not diagonal"),
        ({"retract": lambda x: x[..., 0]}, "retract: returned shape"),
        ({"diffusion_jacobian": lambda x: np.zeros((*x.shape, 2))}, "diffusion_jacobian: returned shape"),
        ({"probe": (1.0,)}, "one point of 2 coordinates"),
    ],
)
def test_an_equation_that_does_not_fit_is_refused_with_what_was_meant(arguments, said):
    with pytest.raises(BadInput, match=said):
        _sde(**arguments)


@pytest.mark.parametrize("kind", ["commutative", "diagonal"])
def test_a_declared_structure_is_checked_by_the_jacobian_where_there_is_one(kind):
    turning = SymbolicSDE((x, y), (0, 0), [[y, 0], [0, x]]).compile()
    with pytest.raises(BadInput, match=f"is not {kind}"):
        _sde(diffusion=turning.diffusion, diffusion_jacobian=turning.diffusion_jacobian, noise_kind=kind)


def test_functions_without_derivative_cannot_change_convention_unless_the_noise_is_additive():
    with pytest.raises(BadInput, match="diffusion_jacobian = None.*SymbolicSDE"):
        _sde().to_stratonovich()
    constant = _sde(diffusion=lambda x: np.ones((*x.shape, 2)), noise_kind="additive")
    assert constant.to_stratonovich().drift is constant.drift
    with pytest.raises(BadInput, match="cannot be printed"):
        constant.latex()


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (((x, y), (x,), [[1], [1]]), "must have d = 2 entries"),
        (((x,), (x,), [[1], [1]]), "has 2 rows for d = 1"),
        (((x, x), (x, x), [[1], [1]]), "distinct symbols"),
        ((("x",), (x,), [[1]]), "sympy.symbols"),
        (((x,), (x,), [[1]], "ito"), "Convention.ITO"),
        (((x, y), (x, y), [[1, 2], [1]]), "must be a matrix"),
    ],
)
def test_symbols_that_do_not_fit_are_refused(arguments, said):
    with pytest.raises(BadInput, match=said):
        SymbolicSDE(*arguments)
