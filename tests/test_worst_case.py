"""Worst cases over whole classes: closed forms, soundness of the proof, functions that exist, and what lemmas need."""

import dataclasses
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, NotCertified, Quadratics, run
from implicitbias.methods import Fixed, local_gd
from implicitbias.scaled import Constants
from implicitbias.worst_case import (
    certificate,
    CERTIFIED_GAP,
    consensus_growth,
    HETEROGENEOUS,
    IDENTICAL,
    local_gd_worst_case,
    one_step_excess,
    scaled_worst_case,
    smallest_disagreement,
)
from implicitbias.worst_case.estimation import estimation
from implicitbias.worst_case.gram_program import Candidate, solve
from paper_repro.catalogue import find
from paper_repro.claims import Budget, Status, verify_one


MU = 0.1
CLASS = {"smoothness": 1.0, "strong_convexity": MU}
SMALL = {**CLASS, "workers": 2, "local_steps": 2, "rounds": 1, "lr": 0.125}

few = settings(max_examples=8, deadline=None)


def worst(local_steps, rounds, lr, heterogeneity=0.0, workers=2, **more):
    setting = {"workers": workers, "local_steps": local_steps, "rounds": rounds, "lr": lr}
    return local_gd_worst_case(**{**CLASS, **setting, "heterogeneity": heterogeneity, **more})


@few
@given(
    mu=st.floats(0.0, 0.9),
    lr=st.floats(0.05, 2.3),
    shape=st.sampled_from([(1, 1), (2, 1), (1, 2), (3, 1)]),
    workers=st.integers(1, 3),
)
def test_without_heterogeneity_the_worst_case_is_that_of_two_quadratics(mu, lr, shape, workers):
    case = worst(*shape, lr, workers=workers, strong_convexity=mu)
    exact = max(abs(1 - lr * mu), abs(1 - lr)) ** (2 * shape[0] * shape[1])
    assert exact <= case.value + 1e-12
    assert case.value - exact <= CERTIFIED_GAP


@few
@given(scale=st.floats(0.1, 10.0), heterogeneity=st.floats(0.1, 3.0))
def test_the_worst_case_is_homogeneous_in_distance_and_heterogeneity(scale, heterogeneity):
    once = worst(2, 1, 0.125, heterogeneity)
    scaled = worst(2, 1, 0.125, scale * heterogeneity, distance=scale)
    assert scaled.value == pytest.approx(scale * once.value, rel=1e-6)


@pytest.mark.parametrize(
    ("local_steps", "rounds", "lr", "heterogeneity", "value"),
    [
        (1, 4, 0.125, 1.0, 0.9043),
        (2, 2, 0.125, 0.25, 0.90469),
        (2, 2, 0.125, 1.0, 0.90596),
        (2, 1, 0.125, 0.25, 0.95115),
        (2, 1, 0.125, 1.0, 0.95180),
        (4, 1, 1 / 24, 1.0, 0.9675),
    ],
)
def test_values_found_independently(local_steps, rounds, lr, heterogeneity, value):
    # Another encoding, with x* and the values at x* unknown, and a solver good for 3e-5 or four digits.
    assert worst(local_steps, rounds, lr, heterogeneity).value == pytest.approx(value, abs=6e-5)


def test_pepit_itself_finds_the_same():
    with estimation() as problem:
        library, pep = problem.library, problem.problem
        kind = library.functions.SmoothStronglyConvexFunction
        functions = [pep.declare_function(kind, L=1.0, mu=MU) for _ in range(2)]
        mean = (functions[0] + functions[1]) / 2
        minimiser, start = mean.stationary_point(), pep.set_initial_point()
        pep.set_initial_condition((start - minimiser) ** 2 <= 1)
        slopes = [f.gradient(minimiser) ** 2 for f in functions]
        pep.add_constraint((slopes[0] + slopes[1]) / 2 <= 1)
        ends = []
        for f in functions:
            x = start
            for _ in range(2):
                x = x - 0.125 * f.gradient(x)
            ends.append(x)
        pep.set_performance_metric(((ends[0] + ends[1]) / 2 - minimiser) ** 2)
        value = pep.solve(verbose=0, solver="CLARABEL")
    assert worst(2, 1, 0.125, 1.0).value == pytest.approx(value, abs=1e-5)


def quadratic(seed, workers=3, dim=2):
    """Quadratics with curvatures in [μ, 1] whose minimisers differ."""
    rng = np.random.default_rng(seed)
    turns = np.linalg.qr(rng.normal(size=(workers, dim, dim)))[0]
    curvatures = rng.choice([MU, 1.0], size=(workers, dim))
    hessians = np.einsum("mij,mj,mkj->mik", turns, curvatures, turns)
    return Quadratics(hessians, rng.normal(size=(workers, dim)))


def minimiser_and_heterogeneity(problem, diagonal=1.0):
    slope = np.mean([h @ c for h, c in zip(problem.hessians, problem.centres, strict=True)], axis=0)
    x = np.linalg.solve(problem.hessians.mean(axis=0), slope)
    pulls = np.einsum("mij,mj->mi", problem.hessians, x - problem.centres)
    return x, float((pulls**2 / diagonal).sum(axis=-1).mean())


@few
@given(seed=st.integers(0, 10**6), lr=st.floats(0.05, 1.9))
def test_no_quadratic_is_worse_than_the_worst(seed, lr):
    problem = quadratic(seed)
    x, heterogeneity = minimiser_and_heterogeneity(problem)
    start = x + np.random.default_rng(seed + 1).normal(size=2)
    end = run(problem, local_gd(lr, 2), 1, start=start, engine="definition").w[0, -1]
    case = worst(2, 1, lr, heterogeneity, workers=3, distance=float((start - x) @ (start - x)))
    assert (end - x) @ (end - x) <= case.value


@few
@given(seed=st.integers(0, 10**6), lr=st.floats(0.02, 0.9), second=st.floats(0.5, 3.0))
def test_no_scaled_run_is_worse_than_the_scaled_worst(seed, lr, second):
    problem, diagonal = quadratic(seed), np.array([0.5, second])
    x, heterogeneity = minimiser_and_heterogeneity(problem)
    start = x + np.random.default_rng(seed + 1).normal(size=2)
    method = dataclasses.replace(local_gd(lr, 2), scaling=Fixed(tuple(diagonal)))
    end = run(problem, method, 1, start=start, engine="definition").w[0, -1]
    given_constants = constants(lr=lr, ceiling=float(diagonal.max()), heterogeneity=heterogeneity)
    case = scaled_worst_case(given_constants, squared_distance=float((start - x) @ (start - x)), rounds=1)
    assert (end - x) @ (end - x) <= case.value


def constants(**changed):
    crude = {"noise": 0.0, "floor": 0.5, "ceiling": 0.5, "workers": 3, "local_steps": 2, "lr": 0.1}
    return Constants(**{**CLASS, **crude, "identical": False, **changed})


def test_a_multiple_of_the_identity_only_rescales_the_learning_rate():
    scaled = scaled_worst_case(constants(heterogeneity=1.0), squared_distance=1.0, rounds=1)
    assert scaled.value == pytest.approx(worst(2, 1, 0.2, 1.0, workers=3).value, abs=1e-6)


@few
@given(seed=st.integers(0, 10**6), spread=st.sampled_from([1e-8, 1e-4, 0.1, 3.0]))
def test_any_multipliers_prove_a_bound(seed, spread):
    # Soundness does not rest on the solver: whatever it returns, the value stays above an example that exists.
    program = small_program()
    honest = solve(program)
    noise = np.random.default_rng(seed).normal(size=honest.multipliers.shape)
    dishonest = dataclasses.replace(honest, multipliers=honest.multipliers + spread * noise)
    assert certificate._proved(program, dishonest).value >= (1 - 0.5 * MU) ** 2


def small_program():
    with estimation() as problem:
        f = problem.function(1.0, MU, problem.origin())
        x = problem.vector(1.0)
        problem.problem.add_constraint(x.point**2 <= 1)
        return problem.program(f.step(x, 0.5).point ** 2)


def test_what_a_solver_did_not_solve_is_not_certified(monkeypatch):
    def nothing(program):
        rows, points, values = program.gram.shape[0], program.gram.shape[1], program.values.shape[1]
        return Candidate(np.zeros((points, points)), np.zeros(values), np.ones(rows - 1), "none")

    monkeypatch.setattr(certificate, "solve", nothing)
    with pytest.raises(NotCertified, match="gap exceeds 1e-05"):
        worst(2, 1, 0.125)
    monkeypatch.setattr(certificate, "solve", lambda program: None)
    with pytest.raises(NotCertified, match="no answer"):
        worst(2, 1, 0.125)


@pytest.mark.parametrize("unit", [1e-8, 1e8])
def test_units_of_the_loss_do_not_matter(unit):
    """Of a floor of 1e-8 the class has L_D = 1e8 L: what counts is ηL, μ/L and ζ²/L²."""
    setting = {"smoothness": unit, "strong_convexity": 0.1 * unit, "lr": 0.125 / unit, "workers": 2}
    worst = local_gd_worst_case(**setting, local_steps=2, rounds=1, heterogeneity=0.25 * unit**2)
    assert worst.value == pytest.approx(0.95115, abs=1e-4)
    assert abs(one_step_excess(IDENTICAL, **setting).value) < 1e-7
    assert consensus_growth(**setting).value == pytest.approx((1.0 - 0.0125) ** 2, abs=1e-6)


def test_repeated_interleaved_and_threaded_calls_agree_and_are_silent(capsys):
    def both():
        return worst(2, 1, 0.125, 1.0), one_step_excess(IDENTICAL, **CLASS, workers=2, lr=0.25)

    alone = both()
    with ThreadPoolExecutor(4) as pool:
        together = [future.result() for future in [pool.submit(both) for _ in range(6)]]
    assert all(pair == alone for pair in [both(), *together])
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("lemma", "lr", "changed", "excess"),
    [
        (IDENTICAL, 0.25, {}, 0.0),
        (IDENTICAL, 1.5, {}, 0.0),
        (IDENTICAL, 2.2, {}, 1.21),
        (IDENTICAL, 0.25, {"disagreement": 0.0}, 0.0545),
        (IDENTICAL, 0.25, {"disagreement": 0.25}, 0.0082),
        (IDENTICAL, 0.25, {"disagreement": 0.5}, 0.0),
        (IDENTICAL, 0.25, {"descent": 2.0}, 8e-4),
        (HETEROGENEOUS, 0.125, {}, 0.0),
        (HETEROGENEOUS, 1.0, {}, 0.0),
        (HETEROGENEOUS, 0.125, {"disagreement": 0.0}, 0.0309),
        (HETEROGENEOUS, 0.125, {"disagreement": 0.5}, 0.0),
        (HETEROGENEOUS, 0.125, {"descent": 2.0}, 1.8e-4),
    ],
)
def test_one_step_values_found_independently(lemma, lr, changed, excess):
    found = one_step_excess(dataclasses.replace(lemma, **changed), **CLASS, workers=2, lr=lr).value
    assert found == pytest.approx(excess, abs=6e-5 if excess > 1e-3 else 1e-5 if excess else 1e-7)


@pytest.mark.parametrize(("lemma", "lr", "smallest"), [(IDENTICAL, 0.5, 1 / 2), (HETEROGENEOUS, 0.5, 2 / 3)])
def test_the_least_coefficients_without_strong_convexity(lemma, lr, smallest):
    setting = {"smoothness": 1.0, "strong_convexity": 0.0, "workers": 2, "lr": lr}
    low, high = smallest_disagreement(lemma, **setting, halvings=8)
    assert low < smallest
    assert high == pytest.approx(smallest, abs=2 * (high - low))


def test_bisection_needs_a_lemma_that_holds():
    with pytest.raises(BadInput, match="larger disagreement"):
        smallest_disagreement(dataclasses.replace(IDENTICAL, disagreement=0.2), **CLASS, workers=2, lr=0.25)


@few
@given(lr=st.floats(0.05, 2.5), mu=st.floats(0.0, 0.9), workers=st.integers(2, 4))
def test_consensus_of_identical_workers(lr, mu, workers):
    found = consensus_growth(smoothness=1.0, strong_convexity=mu, workers=workers, lr=lr).value
    assert found == pytest.approx(max(abs(1 - lr * mu), abs(1 - lr)) ** 2, abs=CERTIFIED_GAP)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"strong_convexity": 1.0}, "strong_convexity = 1.0.*< 1"),
        ({"strong_convexity": -0.1}, "≥ 0"),
        ({"smoothness": 0.0}, "smoothness"),
        ({"lr": 0.0}, "lr = 0.0"),
        ({"local_steps": 1.5}, "local_steps = 1.5: must be an integer"),
        ({"rounds": 0}, "rounds = 0"),
        ({"heterogeneity": -1.0}, "heterogeneity"),
        ({"distance": 0.0}, "> 0"),
    ],
)
def test_bad_input_is_refused_before_any_work(changed, said):
    with pytest.raises(BadInput, match=said):
        local_gd_worst_case(**{**SMALL, **changed})


def test_other_bad_input():
    with pytest.raises(BadInput, match="one frozen D̂"):
        scaled_worst_case(constants(drift=0.1), squared_distance=1.0, rounds=1)
    with pytest.raises(BadInput, match="two or more|must be an integer ≥ 2"):
        consensus_growth(smoothness=1.0, workers=1, lr=0.5)
    with pytest.raises(BadInput, match="descent"):
        dataclasses.replace(IDENTICAL, descent=-1.0)


def test_without_pepit_the_cure_is_named_and_claims_do_not_apply(monkeypatch):
    monkeypatch.setitem(sys.modules, "PEPit", None)
    with pytest.raises(BadInput, match=r"pip install 'implicitbias\[worst-case\]'"):
        local_gd_worst_case(**SMALL)
    result = verify_one(find("derived/worst-case-one-step"), budget=Budget.SMOKE)
    assert result.status is Status.NOT_APPLICABLE
    assert "pip install" in result.message


def test_importing_is_light():
    code = "import implicitbias.worst_case, sys; assert not {'PEPit', 'pandas', 'cvxpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
