"""Closed forms equal their numerical twins, satisfy the equations they solve, and print."""

import math
import subprocess
import sys

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias.errors import BadInput
from implicitbias.formulas import (
    cosine,
    cosine_expansion,
    cosine_expansion_printed,
    degenerate_flow,
    degenerate_second,
    formula,
    FORMULAS,
    halpern_residual,
    latex,
    local_bias,
    local_flow,
    OrthogonalSet,
    prox_margin,
    prox_single_margin,
    quadratic_bias,
    regression_rate,
    symbolic,
    tightness_flow,
    two_line_rate,
)


modest = settings(deadline=None, max_examples=20)
seeds = st.integers(0, 2**32 - 1)
PRECISE = 1e-12  # relative: a few ulps, amplified by exponents of size 300 in the arguments


def normal(seed, *shape):
    return np.random.Generator(np.random.Philox(seed)).standard_normal(shape)


@pytest.mark.parametrize("name", FORMULAS)
@settings(deadline=None, max_examples=8)
@given(data=st.data())
def test_expression_and_numerical_twin_agree(name, data):
    entry = formula(name)
    values = {k: data.draw(st.floats(v.low, v.high), label=k) for k, v in entry.variables.items()}
    literal = sp.lambdify(list(entry.symbols().values()), entry.symbolic(), "mpmath")
    with mpmath.workdps(60):
        expected = float(mpmath.re(literal(*(mpmath.mpf(values[k]) for k in entry.variables))))
    assert float(entry.numeric(**values)) == pytest.approx(expected, rel=PRECISE, abs=1e-13)


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_prints_with_its_own_symbols(name):
    entry = formula(name)
    assert latex(name).count("=") == 1
    assert entry.symbolic().free_symbols == set(entry.symbols().values())
    assert entry.source in {"derived", "soudry2018", "lieder2021"} and entry.statement


def test_latex_of_the_corrected_expansion():
    assert latex("cosine-expansion") == (
        r"\cos\varphi = 1 - \frac{{\|\rho\|}^{2} \left(1 - c^{2}\right)}{2 L^{2} {\|\hat w\|}^{2}}"
    )
    with pytest.raises(BadInput, match="cosine-expansion"):
        latex("sine-expansion")


def test_the_corrected_expansion_follows_from_the_series_with_three_eighths():
    x = sp.Symbol("x")
    assert sp.series((1 + x) ** sp.Rational(-1, 2), x, 0, 3).removeO().coeff(x, 2) == sp.Rational(3, 8)
    s = formula("cosine").symbols()
    inverse = sp.Symbol("epsilon", positive=True)
    exact = symbolic("cosine").subs(s["log_time"], 1 / inverse)
    expanded = sp.series(sp.simplify(exact), inverse, 0, 3).removeO()
    corrected = symbolic("cosine-expansion").subs(s["log_time"], 1 / inverse)
    printed = symbolic("cosine-expansion-printed").subs(s["log_time"], 1 / inverse)
    assert sp.simplify(expanded - corrected) == 0
    assert sp.simplify(expanded - printed) != 0
    # The printed one is what the wrong coefficient 3/4 gives.
    u = 2 * s["alignment"] * s["residual"] / s["size"] * inverse + (s["residual"] / s["size"] * inverse) ** 2
    root = 1 - u / 2 + sp.Rational(3, 4) * u**2
    wrong = sp.expand((1 + s["alignment"] * s["residual"] / s["size"] * inverse) * root)
    truncated = sum(wrong.coeff(inverse, k) * inverse**k for k in range(3))
    assert sp.simplify(truncated - printed) == 0


@modest
@given(st.floats(0.5, 3.0), st.floats(0.1, 2.0), st.floats(-0.95, 0.95))
def test_corrected_cosine_is_third_order_and_the_printed_one_exceeds_one(size, rho, c):
    far, farther = 1e3, 1e4
    error = [abs(cosine(L, size, rho, c) - cosine_expansion(L, size, rho, c)) for L in (far, farther)]
    assert error[0] * far**3 <= 2 * (1 + rho / size) ** 3
    assert error[1] * farther**3 <= 2 * (1 + rho / size) ** 3 + 1e-16 * farther**3
    assert cosine(far, size, rho, c) <= 1.0
    if abs(c) > 0.6:
        assert cosine_expansion_printed(far, size, rho, c) > 1.0


def test_flows_solve_their_differential_equations():
    s = formula("local-flow").symbols()
    flow = symbolic("local-flow")
    assert sp.simplify(sp.diff(flow, s["time"]) - s["scale"] * sp.exp(-s["scale"] * flow)) == 0
    assert sp.simplify(flow.subs(s["time"], 0) - s["w"]) == 0
    s = formula("tightness-flow").symbols()
    flow = symbolic("tightness-flow")
    assert sp.simplify(sp.diff(flow, s["time"]) - sp.exp(-flow)) == 0
    assert flow.subs(s["time"], 0) == s["start"]


def test_flow_twins_survive_where_the_expressions_overflow():
    assert local_flow(1e4, 2.0, 1.0) == 1e4
    assert local_flow(0.0, 1.0, 1e300) == pytest.approx(300 * math.log(10))
    assert local_flow(3.0, 2.0, 0.0) == 3.0 and tightness_flow(0.0, 2.0) == 2.0
    assert tightness_flow(1.0, 1e4) == 1e4
    np.testing.assert_allclose(degenerate_second(1e12), math.log(1e12), rtol=1e-9)


def test_degenerate_flow_on_the_set_with_a_zero_multiplier():
    taus = 10.0 ** np.arange(1, 7)
    flow = degenerate_flow(taus)
    known = [2.118265, 4.561799, 6.901140, 9.209450, 11.512813, 13.815497]
    np.testing.assert_allclose(flow[:, 1], known, atol=6e-7)
    np.testing.assert_allclose(np.exp(flow[:, 1]) + flow[:, 1], flow[:, 0] + 1.0, rtol=1e-14)
    np.testing.assert_allclose(degenerate_second(flow[:, 0]), flow[:, 1], rtol=1e-13)
    assert flow[-1, 0] - taus[-1] == pytest.approx(-math.log(2.0), abs=1e-5)


@modest
@given(st.floats(-2.0, 20.0))
def test_degenerate_flow_follows_the_gradient(tau):
    h = 1e-4
    w1, w2 = degenerate_flow(tau)
    slope = (degenerate_flow(tau + h) - degenerate_flow(tau - h)) / (2 * h)
    pull = 0.5 * np.exp(tau - w1) * np.array([1.0 + np.exp(-w2), np.exp(-w2)])
    np.testing.assert_allclose(slope, pull, rtol=1e-6)


def test_orthogonal_set_in_numbers():
    o = OrthogonalSet((1.0, 2.0, 0.5))
    assert o.margin == pytest.approx(0.436436, abs=1e-6)
    np.testing.assert_allclose(o.residual_limit, [-1.098612, 0.143841, -4.969813], atol=1e-6)
    np.testing.assert_allclose(o.signed @ o.weights, 1.0)
    np.testing.assert_allclose(o.duals @ o.signed, o.weights)
    assert o.duals.sum() == pytest.approx(1.0 / o.margin**2)
    np.testing.assert_allclose(np.exp(-o.signed @ o.residual_limit) / 3, o.duals)
    with pytest.raises(BadInput, match="c_m > 0"):
        OrthogonalSet((1.0, 0.0))


def test_rounds_of_local_flow_reach_the_residual_limit_like_log_r_over_r():
    o, time, w, away = OrthogonalSet((1.0, 2.0, 0.5)), 25.0, np.zeros(3), {}
    for r in range(1, 10001):
        w = o.local_flow(w, time)
        if r in (100, 1000, 10000):
            away[r] = float(np.linalg.norm(w - o.weights * math.log(time * r) - o.residual_limit))
    # The known distances of H = 50 steps of eta = .5 are .1133, .01628, .002135: the same envelope.
    assert away[1000] < 0.03 and away[10000] < 0.004
    ratios = [away[100] / away[1000], away[1000] / away[10000]]
    assert all(5.0 < ratio < 10.0 for ratio in ratios)


@modest
@given(st.lists(st.floats(0.3, 3.0), min_size=1, max_size=5), st.integers(0, 30))
def test_projections_on_the_orthogonal_set(scales, rounds):
    o, u = OrthogonalSet(tuple(scales)), np.zeros(len(scales))
    for _ in range(rounds):
        u = u + np.maximum(o.weights - u, 0.0) / len(scales)
    np.testing.assert_allclose(o.projection_iterate(rounds), u, atol=1e-13)


def test_proximal_solve_in_numbers():
    margins = [prox_single_margin(2, Lam, -3.0, 1.0) for Lam in (20.0, 100.0)]
    np.testing.assert_allclose(margins, [0.74948, 0.93332], atol=6e-6)


@modest
@given(st.integers(1, 9), st.floats(3.0, 60.0), st.floats(-3.0, 0.5), st.floats(0.3, 3.0))
def test_proximal_solve_is_stationary_and_obeys_the_margin_relation(n, log_scale, start, norm):
    margin = prox_single_margin(n, log_scale, start, norm)
    multiplier = (margin - start) / norm**2
    assert prox_margin(n, log_scale, multiplier) == pytest.approx(margin, abs=1e-10)
    # d/dw of e^{-Lam·margin}/n + (e^{-Lam}/2)·(Lam·(margin - start)/norm)² along the sample.
    push = norm * math.exp(log_scale * (1.0 - margin)) / n
    assert push == pytest.approx(log_scale * (margin - start) / norm, rel=1e-8)


def test_halpern_residual_of_round_zero():
    assert halpern_residual(1.5, 0) == 3.0


@modest
@given(st.floats(0.05, 1.5), st.floats(0.2, 1.2), st.integers(1, 30), st.floats(0.05, 1.5))
def test_two_line_rate_is_the_spectral_radius(angle, norm, local_steps, reach):
    lr = reach / norm**2
    rows = norm * np.array([[1.0, 0.0], [math.cos(angle), math.sin(angle)]])
    blocks = [rows[:1], rows[1:]]
    closed = two_line_rate(lr, local_steps, norm**2, math.cos(angle))
    assert regression_rate(blocks, lr, local_steps) == pytest.approx(abs(closed), abs=1e-12)
    solved = regression_rate(blocks, lr)
    assert solved == pytest.approx((1 + math.cos(angle)) / 2, abs=1e-12)
    padded = [np.hstack([block, np.zeros((1, 3))]) for block in blocks]
    assert regression_rate(padded, lr, local_steps) == pytest.approx(abs(closed), abs=1e-12)


@modest
@given(seeds, st.integers(1, 3), st.integers(1, 6))
def test_regression_rate_is_the_rate_of_local_gd(seed, workers, local_steps):
    blocks = list(normal(seed, workers, 2, 6))
    grams = [x.T @ x / len(x) for x in blocks]
    lr = 1.0 / max(np.linalg.eigvalsh(g)[-1] for g in grams)
    rate = regression_rate(blocks, lr, local_steps)
    stacked = np.vstack(blocks)
    rows = np.linalg.pinv(stacked) @ stacked
    error = rows @ normal(seed + 1, 6)
    for r in range(400):
        ends = []
        for gram in grams:
            v = error
            for _ in range(local_steps):
                v = v - lr * gram @ v
            ends.append(v)
        shrunk = np.linalg.norm(np.mean(ends, axis=0)) / np.linalg.norm(error)
        assert shrunk <= rate * (1 + 1e-9)
        error = rows @ np.mean(ends, axis=0) / np.linalg.norm(error)
        if r > 5 and shrunk > rate * (1 - 1e-9):
            break
    assert shrunk == pytest.approx(rate, rel=0.02)


def test_many_local_steps_approach_the_projections_and_a_large_rate_is_refused():
    blocks = list(normal(3, 3, 2, 8))
    lr = 0.5 / max(np.linalg.eigvalsh(x @ x.T / 2)[-1] for x in blocks)
    assert regression_rate(blocks, lr, 10**6) == pytest.approx(regression_rate(blocks, lr), abs=1e-12)
    assert regression_rate(blocks, lr, 1) > regression_rate(blocks, lr)
    # 1 - lambda_min^+ of the pooled Gram matrix is another number.
    pooled = np.linalg.eigvalsh(np.vstack(blocks) @ np.vstack(blocks).T / 6)[0]
    assert abs(regression_rate(blocks, lr) - (1.0 - pooled)) > 0.01
    with pytest.raises(BadInput, match="λ_max"):
        regression_rate(blocks, 100.0 * lr, 5)


def test_first_order_bias_is_the_series_of_the_exact_fixed_point():
    s = formula("quadratic-bias").symbols()
    v, lr, H = sp.Symbol("v"), s["lr"], s["local_steps"]
    moved = [1 - (1 - lr * s[a]) ** H for a in ("curvature_1", "curvature_2")]
    fixed = sp.solve(moved[0] * v + moved[1] * (v - s["distance"]), v)[0]
    minimiser = s["curvature_2"] * s["distance"] / (s["curvature_1"] + s["curvature_2"])
    slope = sp.limit(sp.simplify(fixed.subs(H, 3) - minimiser) / lr, lr, 0)
    assert sp.simplify(slope - symbolic("quadratic-bias").subs(H, 3) / lr) == 0


@modest
@given(st.floats(0.2, 2.0), st.floats(0.2, 2.0), st.integers(1, 20))
def test_general_bias_contains_the_quadratic_one(a1, a2, local_steps):
    v = a2 * 1.5 / (a1 + a2)
    gradients = np.array([[a1 * v], [a2 * (v - 1.5)]])
    bias = local_bias(np.array([[[a1]], [[a2]]]), gradients, 0.01, local_steps)
    assert bias[0] == pytest.approx(quadratic_bias(0.01, local_steps, a1, a2, 1.5), abs=1e-15)


@modest
@given(seeds)
def test_local_gd_on_random_quadratics_has_that_bias_to_first_order(seed):
    roots = normal(seed, 3, 2, 2)
    hessians = roots @ roots.transpose(0, 2, 1) + 0.5 * np.eye(2)
    centres = normal(seed + 1, 3, 2)
    minimiser = np.linalg.solve(hessians.sum(0), np.einsum("mij,mj->i", hessians, centres))
    gradients = np.einsum("mij,mj->mi", hessians, minimiser - centres)
    local_steps, relative = 4, []
    for lr in (1e-3, 5e-4):
        powers = [np.linalg.matrix_power(np.eye(2) - lr * h, local_steps) for h in hessians]
        moved = [np.eye(2) - p for p in powers]
        fixed = np.linalg.solve(sum(moved), sum(m @ c for m, c in zip(moved, centres, strict=True)))
        bias = local_bias(hessians, gradients, lr, local_steps)
        relative.append(np.linalg.norm(fixed - minimiser - bias) / lr**2)
    assert relative[1] == pytest.approx(relative[0], rel=0.2)
    np.testing.assert_array_equal(local_bias(hessians, gradients, 0.1, 1), np.zeros(2))


def test_importing_formulas_bounds_and_asymptotics_loads_no_sympy():
    modules = "implicitbias.formulas, implicitbias.bounds, implicitbias.asymptotics"
    code = f"import {modules}, sys; print(*(m in sys.modules for m in ('sympy', 'scipy.stats')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
