"""What SymPy derives on two workers and the line is what the recursions compute, number by number."""

import dataclasses

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    Average,
    BadInput,
    fedavg,
    fednova,
    LocalMethod,
    Proximal,
    Quadratics,
    Sampled,
    scaffold,
    Server,
)
from implicitbias.formulas import derivation, DERIVATIONS
from implicitbias.problems import NoisyQuadratics
from implicitbias.recursions import affine_round, bias_expansion, outer_radius, random_round


EXACT = 1e-12  # relative: a few roundings of sums and powers

numbers = st.fixed_dictionaries(
    {
        "eta": st.floats(0.05, 0.9),
        "a_1": st.floats(0.2, 1.0),
        "a_2": st.floats(0.2, 1.0),
        "b_1": st.floats(-2.0, 2.0),
        "b_2": st.floats(-2.0, 2.0),
        "p_1": st.floats(0.2, 0.8),
        "H_1": st.integers(1, 12),
        "H_2": st.integers(1, 12),
    }
)
few = settings(max_examples=10)


def setting(n):
    """The numbers with p_2, the problem, and a method's common arguments."""
    problem = Quadratics([[[n["a_1"]]], [[n["a_2"]]]], [[n["b_1"]], [n["b_2"]]])
    weights = (n["p_1"], 1 - n["p_1"])
    return n | {"p_2": weights[1]}, problem, (n["eta"], (n["H_1"], n["H_2"]), weights)


def near(expected):
    return pytest.approx(float(expected), rel=EXACT, abs=EXACT)


@few
@given(n=numbers, x=st.floats(-2.0, 2.0), family=st.sampled_from([("fedavg", fedavg), ("fednova", fednova)]))
def test_rounds_fixed_points_rates_and_biases_of_averages(n, x, family):
    n, problem, common = setting(n)
    derived, method = derivation(family[0]), family[1](*common)
    found, expansion = affine_round(problem, method), bias_expansion(problem, method)
    assert derived.value("round", x=x, **n) == near(found.path(np.array([x]))[1, 0])
    assert derived.value("fixed-point", **n) == near(found.fixed_point[0])
    assert derived.value("rate", **n) == near(found.matrix[0, 0])
    assert derived.value("limit", **n) == near(expansion.limit[0])
    assert derived.value("bias", **n) == near(expansion.slope[0])


@few
@given(n=numbers, rho=st.floats(0.1, 5.0), x=st.floats(-2.0, 2.0))
def test_exact_proximal_solves(n, rho, x):
    n, problem, (_, _, weights) = setting(n)
    found = affine_round(problem, LocalMethod(local_solver=Proximal(rho), aggregation=Average(weights)))
    derived = derivation("fedprox")
    assert derived.value("round", x=x, rho=rho, **n) == near(found.path(np.array([x]))[1, 0])
    assert derived.value("fixed-point", rho=rho, **n) == near(found.fixed_point[0])
    assert derived.value("rate", rho=rho, **n) == near(found.matrix[0, 0])


@few
@given(n=numbers)
def test_scaffold_rests_at_the_minimiser_and_its_polynomial_has_the_eigenvalues_of_the_round(n):
    n, problem, common = setting(n)
    found, derived = affine_round(problem, scaffold(*common)), derivation("scaffold")
    rests = [derived.value(f"fixed-point-{part}", **n) for part in ("x", "c-1", "c-2")]
    assert np.allclose(rests, found.state_fixed_point, rtol=0, atol=1e-11)
    polynomial = np.poly(found.matrix)
    for z in (-1.5, 0.3, 2.0):
        assert derived.value("polynomial", z=z, **n) == pytest.approx(np.polyval(polynomial, z), abs=1e-11)


@few
@given(n=numbers, s=st.floats(0.1, 3.0))
def test_the_stationary_variance_of_additive_noise(n, s):
    n, problem, common = setting(n)
    noisy = NoisyQuadratics(problem.hessians, problem.centres, s)
    found = random_round(noisy, dataclasses.replace(fedavg(*common), batch=1))
    derived = derivation("additive-noise")
    assert derived.value("variance", s=s, **n) == near(found.stationary_covariance[0, 0])
    assert derived.value("rate", **n) == near(found.mean_round.matrix[0, 0])


@few
@given(n=numbers)
def test_the_stationary_moments_of_one_worker_of_two(n):
    n, problem, (lr, local_steps, _) = setting(n)
    found = random_round(problem, fedavg(lr, local_steps, None, participation=Sampled(1)))
    derived, mean = derivation("one-of-two"), float(found.stationary_mean[0])
    assert derived.value("mean", **n) == near(mean)
    assert derived.value("variance", **n) == near(found.stationary_covariance[0, 0])
    assert derived.value("second-moment", **n) == near(found.stationary_covariance[0, 0] + mean**2)


@few
@given(share=st.floats(0.05, 0.95), rate=st.floats(0.2, 2.0), momentum=st.floats(0.05, 0.9))
def test_nesterov_on_the_server_has_the_roots_of_its_polynomial(share, rate, momentum):
    line = Quadratics([[[1.0]]], [[0.0]])
    found = affine_round(line, LocalMethod(lr=share, server=Server(rate, momentum, nesterov=True)))
    derived = derivation("outer-momentum")
    for z in (-1.5, 0.3, 2.0):
        expected = np.polyval(np.poly(found.matrix), z)
        assert derived.value("polynomial", z=z, c=share, l=rate, b=momentum) == pytest.approx(
            expected, abs=1e-12
        )
    values = {
        sp.Symbol(name, positive=True): value
        for name, value in zip("clb", (share, rate, momentum), strict=True)
    }
    roots = [abs(complex(derived[f"root-{k}"].subs(values))) for k in (1, 2)]
    assert max(roots) == pytest.approx(outer_radius(np.ones(1), share, 1, rate, momentum), abs=1e-7)


def test_the_golden_instance_by_hand():
    golden = {"eta": 0.1, "a_1": 1.0, "a_2": 0.25, "b_1": 0.0, "b_2": 1.0, "p_1": 0.5, "p_2": 0.5}
    six = 5e-7  # half a unit of the sixth decimal
    equal = golden | {"H_1": 10, "H_2": 10}
    assert abs(derivation("fedavg").value("fixed-point", **equal) - 0.255626) < six
    assert abs(derivation("fedavg").value("rate", **equal) - 0.562504) < six
    assert abs(derivation("additive-noise").value("variance", s=1.0, **equal) - 0.046337) < six
    assert abs(derivation("one-of-two").value("variance", **equal) - 0.043458) < six
    assert abs(derivation("fednova").value("fixed-point", **golden, H_1=10, H_2=2) - 0.274856) < six


@pytest.mark.parametrize("name", DERIVATIONS)
def test_every_line_is_latex_of_an_equation(name):
    found = derivation(name)
    assert len(found.lines()) == len(found.equations) >= 4
    for line, equation in zip(found.lines(), found.equations, strict=True):
        assert line == f"{equation.left} = {sp.latex(equation.expression)}"
        assert line.count("{") == line.count("}")


def test_what_is_not_derived_or_not_given_is_said():
    with pytest.raises(BadInput, match="choose one of fedavg"):
        derivation("fedsgd")
    with pytest.raises(BadInput, match="choose one of"):
        _ = derivation("fedavg")["variance"]
    with pytest.raises(BadInput, match="lack"):
        derivation("fedavg").value("rate", eta=0.1)
