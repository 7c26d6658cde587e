r"""Federated methods on two workers and the line, derived by SymPy step by step, for a lecturer to print.

Worker m has f_m(x) = a_m(x − b_m)²/2, weight p_m (p_1 + p_2 = 1) and H_m local steps of learning rate η. Local work is
a linear recursion, which SymPy solves; the round, its fixed point, its rate and their series follow by algebra. None of
the results is typed. W_m = 1 − (1 − ηa_m)^{H_m} is the share of the way to b_m that local work goes.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from implicitbias import checks
from implicitbias.formulas._derivation import Derivation, Equation


WORKERS = (0, 1)


def derivation(of: str) -> Derivation:
    """Return the derivation of a method on two workers and the line.

    Parameters
    ----------
    of
        ``"fedavg"``, ``"fednova"``, ``"fedprox"`` (exact solves), ``"scaffold"``, ``"additive-noise"``,
        ``"one-of-two"`` (partial participation) or ``"outer-momentum"`` (Nesterov's, one mode).

    Raises
    ------
    BadInput
        If there is none of that name; the message lists the names.
    """
    if of not in DERIVATIONS:
        raise checks.refuse("of", of, "no such derivation", f"choose one of {', '.join(DERIVATIONS)}")
    return _derived(of)


def fedavg() -> Derivation:
    """Derive FedAvg: local work, the round, its fixed point, rate, limit for small η and first-order bias."""
    s = _symbols()
    return _averaged("fedavg", s, s.p)


def fednova() -> Derivation:
    """Derive FedNova: FedAvg with weights p_m τ/H_m, τ = Σ p_m H_m."""
    s = _symbols()
    effective = sum(s.p[m] * s.H[m] for m in WORKERS)
    return _averaged("fednova", s, tuple(s.p[m] * effective / s.H[m] for m in WORKERS))


def fedprox() -> Derivation:
    """Derive FedProx with exact solves: FedAvg with P_m = a_m/(a_m + ρ) for W_m."""
    import sympy

    s = _symbols()
    rho, w = sympy.Symbol("rho", positive=True), sympy.Symbol("w", real=True)
    ends = []
    for m in WORKERS:
        pulled = s.a[m] * (w - s.b[m]) ** 2 / 2 + rho * (w - s.x) ** 2 / 2
        ends.append(sympy.solve(sympy.diff(pulled, w), w)[0])
    after = s.x + sum(s.p[m] * (ends[m] - s.x) for m in WORKERS)
    equations = [Equation(f"local-work-{m + 1}", f"w_{m + 1}", ends[m]) for m in WORKERS]
    return Derivation("fedprox", (*equations, *_round(s, after)), {})


def scaffold() -> Derivation:
    """Derive SCAFFOLD, controls by the path: its round, fixed point (x, c_1, c_2) and characteristic polynomial."""
    import sympy

    s = _symbols()
    c = sympy.symbols("c_1 c_2", real=True)
    common = sum(s.p[m] * c[m] for m in WORKERS)
    ends = [_local_work(s, m, c[m] - common) for m in WORKERS]
    x = s.x + sum(s.p[m] * (ends[m] - s.x) for m in WORKERS)
    controls = [c[m] - common + (s.x - ends[m]) / (s.eta * s.H[m]) for m in WORKERS]
    # Weights that sum to 1 leave one of them to be said.
    state, after = (s.x, *c), [entry.subs(s.p[1], 1 - s.p[0]) for entry in (x, *controls)]
    matrix = sympy.Matrix(after).jacobian(state).applyfunc(sympy.simplify)
    z = sympy.Symbol("z")
    still = [new - old for new, old in zip(after, state, strict=True)]
    rest = sympy.solve(still, state, dict=True)[0]
    names = (("x", "x^*"), ("c-1", "c_1^*"), ("c-2", "c_2^*"))
    fixed = [
        Equation(f"fixed-point-{name}", left, sympy.factor(rest[entry]))
        for (name, left), entry in zip(names, state, strict=True)
    ]
    equations = (
        *(Equation(f"local-work-{m + 1}", f"w_{m + 1}", ends[m]) for m in WORKERS),
        *(Equation(f"control-{m + 1}", f"c_{m + 1}^+", controls[m]) for m in WORKERS),
        *fixed,
        Equation("polynomial", r"\det(zI - F)", sympy.collect(sympy.expand(matrix.charpoly(z).as_expr()), z)),
    )
    return Derivation("scaffold", equations, s.shares)


def additive_noise() -> Derivation:
    """Derive FedAvg under gradient noise of variance s²: how it gathers in local steps, and the stationary variance."""
    import sympy

    s = _symbols()
    noise, j, q = sympy.Symbol("s", positive=True), _index(), sympy.Symbol("q", positive=True)
    e, squares = sympy.Function("e"), [(1 - s.eta * s.a[m]) ** 2 for m in WORKERS]
    gathered: Any = sympy.rsolve(e(j + 1) - q * e(j) - s.eta**2 * noise**2, e(j), {e(0): 0})
    spreads = [sympy.factor(gathered).subs(j, s.H[m]).subs(q, squares[m]) for m in WORKERS]
    rate, variance = sympy.Symbol("varrho", real=True), sympy.Symbol("V", positive=True)
    kicks = sympy.symbols("E_1 E_2", positive=True)
    after = rate**2 * variance + sum(s.p[m] ** 2 * kicks[m] for m in WORKERS)
    equations = (
        *(Equation(f"local-noise-{m + 1}", f"E_{m + 1}", spreads[m]) for m in WORKERS),
        Equation("rate", r"\varrho", 1 - sum(s.p[m] * s.W[m] for m in WORKERS)),
        Equation("next-variance", "V^+", after),
        Equation("variance", "V", sympy.solve(after - variance, variance)[0]),
    )
    written = dict(zip(kicks, spreads, strict=True)) | {rate: equations[2].expression}
    return Derivation("additive-noise", equations, written | s.shares)


def one_of_two() -> Derivation:
    """Derive FedAvg with one of the two workers at random in each round: stationary mean and variance."""
    import sympy

    s = _symbols()
    rounds = [s.x - s.W[m] * (s.x - s.b[m]) for m in WORKERS]
    mean, second = sympy.symbols("m_1 m_2", real=True)
    first = sympy.solve(sympy.Eq(mean, sum(r.subs(s.x, mean) for r in rounds) / 2), mean)[0]
    squared: Any = sympy.expand(sum(r**2 for r in rounds) / 2)
    after = sum(
        (squared.coeff(s.x, k) * moment for k, moment in enumerate((1, mean, second))), sympy.Integer(0)
    )
    settled = sympy.solve(sympy.Eq(second, after), second)[0]
    equations = (
        *(Equation(f"round-{m + 1}", f"x^+_{{S = {{{m + 1}}}}}", rounds[m]) for m in WORKERS),
        Equation("mean", "m_1", sympy.factor(first)),
        Equation("second-moment", "m_2", sympy.factor(settled)),
        Equation("variance", "V", sympy.factor(sympy.together((settled - mean**2).subs(mean, first)))),
    )
    return Derivation("one-of-two", equations, {mean: first} | s.shares)


def outer_momentum() -> Derivation:
    """Derive Nesterov's momentum on the server along one mode, of which a plain round leaves the share 1 − c."""
    import sympy

    x, v, z = sympy.symbols("x v z")
    c, rate, b = sympy.symbols("c l b", positive=True)
    change = -c * x
    velocity = b * v + change
    after = sympy.Matrix([x + rate * (change + b * velocity), velocity])
    polynomial = after.jacobian(sympy.Matrix([x, v])).charpoly(z).as_expr()
    roots = sympy.solve(polynomial, z)
    equations = (
        Equation("velocity", "v^+", velocity),
        Equation("round", "x^+", sympy.collect(sympy.expand(after[0]), [x, v])),
        Equation("polynomial", r"\det(zI - F)", sympy.collect(sympy.expand(polynomial), z)),
        *(Equation(f"root-{k + 1}", f"z_{k + 1}", root) for k, root in enumerate(roots)),
    )
    return Derivation("outer-momentum", equations, {})


# What can be worked out on two workers and the line; the values make the derivations.
DERIVATIONS: Mapping[str, Callable[[], Derivation]] = {
    "fedavg": fedavg,
    "fednova": fednova,
    "fedprox": fedprox,
    "scaffold": scaffold,
    "additive-noise": additive_noise,
    "one-of-two": one_of_two,
    "outer-momentum": outer_momentum,
}


@cache
def _derived(of: str) -> Derivation:
    return DERIVATIONS[of]()


def _symbols() -> SimpleNamespace:
    """Return the symbols of the setting, and what W_1 and W_2 abbreviate."""
    import sympy

    eta, x = sympy.Symbol("eta", positive=True), sympy.Symbol("x", real=True)
    a, p, steps = (sympy.symbols(f"{letter}_1 {letter}_2", positive=True) for letter in ("a", "p", "H"))
    b, shares = sympy.symbols("b_1 b_2", real=True), sympy.symbols("W_1 W_2", positive=True)
    written = {shares[m]: 1 - (1 - eta * a[m]) ** steps[m] for m in WORKERS}
    return SimpleNamespace(eta=eta, x=x, a=a, b=b, p=p, H=steps, W=shares, shares=written)


def _index() -> Any:
    import sympy

    return sympy.Symbol("j", integer=True, nonnegative=True)


def _local_work(s: SimpleNamespace, worker: int, push: Any = 0) -> Any:
    """Solve v_{j+1} = v_j − η(a(v_j − b) − push), v_0 = x, and return v_H with (1 − ηa)^H written as 1 − W."""
    import sympy

    v, j, a, b = sympy.Function("v"), _index(), s.a[worker], s.b[worker]
    force = sympy.Symbol("f")
    step = v(j + 1) - (1 - s.eta * a) * v(j) - s.eta * (a * b + force)
    end = sympy.rsolve(step, v(j), {v(0): s.x})
    shared = sympy.expand(end).subs((1 - s.eta * a) ** j, 1 - s.W[worker])
    return sympy.collect(sympy.expand(shared), [s.W[worker]]).subs(force, push)


def _averaged(name: str, s: SimpleNamespace, weights: tuple[Any, ...]) -> Derivation:
    """Derive x⁺ = x + Σ_m weight_m (w_m − x) and all that follows."""
    ends = [_local_work(s, m) for m in WORKERS]
    after = s.x + sum(weights[m] * (ends[m] - s.x) for m in WORKERS)
    equations = (
        *(Equation(f"local-work-{m + 1}", f"w_{m + 1}", ends[m]) for m in WORKERS),
        *(Equation(f"share-{m + 1}", f"W_{m + 1}", s.shares[s.W[m]]) for m in WORKERS),
        *(found := _round(s, after)),
        *_small_rates(s, found[1].expression),
    )
    return Derivation(name, equations, s.shares)


def _round(s: SimpleNamespace, after: Any) -> tuple[Equation, Equation, Equation]:
    """Return the round, its fixed point and its rate."""
    import sympy

    return (
        Equation("round", "x^+", after),
        Equation("fixed-point", r"x_{\mathrm{fix}}", sympy.factor(sympy.solve(after - s.x, s.x)[0])),
        Equation("rate", r"\frac{\mathrm{d}x^+}{\mathrm{d}x}", sympy.expand(sympy.diff(after, s.x))),
    )


def _small_rates(s: SimpleNamespace, fixed: Any) -> tuple[Equation, Equation]:
    """Return lim x_fix as η → 0 and dx_fix/dη there, from the series of W_m."""
    import sympy

    series = {
        w: sum(sympy.diff(written, s.eta, k).subs(s.eta, 0) * s.eta**k / sympy.factorial(k) for k in range(3))
        for w, written in s.shares.items()
    }
    rational = sympy.cancel(sympy.together(fixed.subs(series)))
    limit = sympy.factor(rational.subs(s.eta, 0))
    slope = sympy.factor(sympy.diff(rational, s.eta).subs(s.eta, 0))
    return (
        Equation("limit", r"\lim_{\eta \to 0} x_{\mathrm{fix}}", limit),
        Equation("bias", r"\left.\frac{\mathrm{d}x_{\mathrm{fix}}}{\mathrm{d}\eta}\right|_{\eta = 0}", slope),
    )
