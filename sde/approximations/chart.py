r"""The slow SDE in a chart of Γ, derived symbolically.

Let ζ = γ(u), J = ∂γ/∂u and J⁺ = (JᵀJ)^{−1}Jᵀ, so that P_T = JJ⁺. As ζ stays on Γ, Itô's formula for γ gives

    du = −(1/2B) J⁺( ∇³L[Σ̂ + (M − 1)Ψ̂] + ∂²γ[J⁺ΣJ⁺ᵀ] ) dt + B^{−1/2} J⁺A dW.

With the projectors P_a of the distinct eigenvalues λ_a of ∇²L on Γ (λ_0 = 0 along it),

    Σ̂ + (M − 1)Ψ̂ = Σ_{(a,b) ≠ (0,0)} (1 + (M − 1)ψ(α(λ_a + λ_b))) P_aΣP_b/(λ_a + λ_b).

With a fixed scaling D all of it is that of L(D^{−1/2}y) in y = D^{1/2}θ, in the chart D^{1/2}γ of the same u.
"""

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from sde.approximations.frame import frame_of
from sde.approximations.setting import Setting, setting_of
from sde.approximations.slow import look_at, LOOKS, POINTS
from sde.equations import Convention, SDE, SymbolicSDE
from sde.landscapes import Chart, Landscape


# Operations of an expression from which it stays as it is: simplifying a larger one takes seconds, then
# hours, and compiled code shares its common parts anyway.
LARGEST, LARGEST_RATIONAL = 100, 2000


def chart_sde(landscape: Landscape, method: LocalMethod) -> SDE:
    """Return the slow SDE of a method in the parameters u of the landscape's chart; time is slow time.

    Raises
    ------
    BadInput
        If Γ is not given as a ``Chart``, or the eigenvalues of the Hessian on it have no closed form; and as
        ``slow_sde``.
    """
    setting = setting_of(method, landscape.workers)
    equation = chart_equation(landscape, method)
    plain = frame_of(landscape, setting).landscape
    look_at(plain, setting, plain.points(POINTS, LOOKS))
    return equation.compile()


def chart_equation(landscape: Landscape, method: LocalMethod | None = None) -> SymbolicSDE:
    """Return the same in SymPy: with the numbers M, B and α of a method, or with these symbols.

    Raises
    ------
    BadInput
        As ``chart_sde``.
    """
    checks.instance("landscape", landscape, Landscape, "give Landscape(loss, variables, noise, manifold)")
    if method is None:
        return _derived(landscape)
    setting = setting_of(method, landscape.workers)
    return _with_numbers(_derived(frame_of(landscape, setting).landscape), setting)


def _with_numbers(equation: SymbolicSDE, setting: Setting) -> SymbolicSDE:
    import sympy

    from sde.approximations.psi_symbol import BATCH, Psi, ROUND_TIME, WORKERS

    if setting.round_time in (0.0, math.inf):
        share = sympy.Integer(setting.round_time > 0.0)
        equation = replace(equation, drift=tuple(a.replace(Psi, lambda x: share) for a in equation.drift))
    batch, time = (sympy.nsimplify(n, rational=True) for n in (setting.batch, setting.round_time))
    return equation.with_values({WORKERS: sympy.Integer(setting.workers), BATCH: batch, ROUND_TIME: time})


@lru_cache(maxsize=64)
def _derived(landscape: Landscape) -> SymbolicSDE:
    """Return the chart SDE with symbols M, B, α."""
    import sympy

    from sde.approximations.psi_symbol import BATCH, Psi, ROUND_TIME, WORKERS

    chart = landscape.manifold
    if not isinstance(chart, Chart):
        raise BadInput(
            f"manifold = {chart!r}: the equation in a chart needs one; give manifold=Chart(parameters, point), or use "
            "slow_sde(…), which lives in R^d"
        )
    at = dict(zip(landscape.variables, chart.point, strict=True))
    embedding = sympy.Matrix(chart.point)
    jacobian = embedding.jacobian(list(chart.parameters))
    left = _simple((jacobian.T * jacobian).inv() * jacobian.T)
    factor = _simple(left * _on(landscape.factor_expressions, at))
    weighed = _pulled(landscape, at, left, jacobian * left)
    drift = _simple(left * _bent(embedding, chart.parameters, factor * factor.T))
    for rate, coefficient in weighed.items():
        drift += coefficient * (1 + (WORKERS - 1) * Psi(ROUND_TIME * rate))
    drift = -drift / (2 * BATCH)
    diffusion = factor / sympy.sqrt(BATCH)
    name = f"slow SDE of {landscape.name or 'a landscape'} in its chart"
    return SymbolicSDE(chart.parameters, tuple(drift), diffusion, Convention.ITO, name=name)


def _pulled(landscape: Landscape, at: dict[Any, Any], left: Any, tangent: Any) -> dict[Any, Any]:
    """Return, for every rate λ_a + λ_b > 0, J⁺∇³L[Σ P_aΣP_b]/(λ_a + λ_b) over the pairs of that rate."""
    import sympy

    factor, third = _on(landscape.factor_expressions, at), _third_on(landscape, at)
    eigenspaces = [
        (sympy.S.Zero, tangent),
        *_normal_parts(landscape, _on(landscape.hessian_expressions, at), tangent),
    ]
    # P_aΣP_b = (P_aA)(P_bA)ᵀ: columns simplify where products of four matrices do not.
    parts = [(value, _simple(projector * factor)) for value, projector in eigenspaces]
    found: dict[Any, Any] = {}
    for a, (first, of_first) in enumerate(parts):
        for b, (second, of_second) in enumerate(parts):
            if a or b:
                rate = _simplified(first + second)
                pair = left * _contracted(third, of_first * of_second.T) / rate
                found[rate] = found.get(rate, sympy.zeros(*pair.shape)) + pair
    return {rate: _simple(coefficient) for rate, coefficient in found.items()}


def _normal_parts(landscape: Landscape, hessian: Any, tangent: Any) -> list[tuple[Any, Any]]:
    """Return the distinct non-zero eigenvalues of the Hessian with their projectors."""
    import sympy

    normal = _simple(sympy.eye(landscape.dim) - tangent)
    if landscape.codimension == 1:
        return [(_simplified(hessian.trace()), normal)]
    values = _distinct_eigenvalues(landscape, hessian)
    parts = []
    for own in values:
        projector = normal
        for other in values:
            if other != own:
                projector = projector * (hessian - other * sympy.eye(landscape.dim)) / (own - other)
        parts.append((own, _simple(projector)))
    return parts


def _distinct_eigenvalues(landscape: Landscape, hessian: Any) -> list[Any]:
    """Return the non-zero roots of det(λ − ∇²L): those of its irreducible factors, which share none."""
    import sympy

    root = sympy.Dummy("lambda")
    # The further coefficients vanish: ∇²L is 0 along Γ.
    kept = [_simplified(c) for c in hessian.charpoly(root).all_coeffs()[: landscape.codimension + 1]]
    polynomial = sum(c * root**k for k, c in enumerate(reversed(kept)))
    factors = sympy.factor_list(sympy.numer(sympy.together(polynomial)), root)[1]
    return [value for factor, _ in factors for value in _roots(landscape, sympy.Poly(factor, root))]


def _roots(landscape: Landscape, factor: Any) -> list[Any]:
    """Return the distinct roots of a factor of degree 1 or 2."""
    import sympy

    if factor.degree() == 1:
        slope, level = factor.all_coeffs()
        return [_simplified(-level / slope)]
    if factor.degree() != 2:
        raise BadInput(
            f"{landscape!r}: the eigenvalues of ∇²L on Γ have no closed form, being roots of a polynomial of degree "
            f"{factor.degree()}; use slow_sde(…), which computes them"
        )
    a, b, c = factor.all_coeffs()
    spread = sympy.sqrt(_simplified(b**2 - 4 * a * c))
    signs = (1, -1) if spread else (1,)
    return [_simplified((-b + sign * spread) / (2 * a)) for sign in signs]


def _third_on(landscape: Landscape, at: dict[Any, Any]) -> list[Any]:
    """Return the matrices ∂_k∇²L on the chart, one for each k."""
    import sympy

    third = landscape.third_expressions
    return [_on(sympy.Matrix([[row[k] for row in rows] for rows in third]), at) for k in range(landscape.dim)]


def _contracted(third: list[Any], matrix: Any) -> Any:
    """Return ∇³L[S]."""
    import sympy

    return sympy.Matrix([sum(own.multiply_elementwise(matrix)) for own in third])


def _bent(embedding: Any, parameters: tuple[Any, ...], spread: Any) -> Any:
    """Return ∂²γ[S]_k = Σ_ab ∂_a∂_bγ_k S_ab."""
    import sympy

    hessians = (sympy.hessian(coordinate, list(parameters)) for coordinate in embedding)
    return sympy.Matrix([(hessian * spread).trace() for hessian in hessians])


def _on(matrix: Any, at: dict[Any, Any]) -> Any:
    """Return a matrix of expressions on the chart."""
    return _simple(matrix.subs(at, simultaneous=True))


def _simple(matrix: Any) -> Any:
    return matrix.applyfunc(_simplified)


# Tensors repeat their entries, and simplifying one takes tenths of a second.
@lru_cache(maxsize=4096)
def _simplified(expression: Any) -> Any:
    """Return a shorter form, or the expression as it stands if it is too large for that."""
    import sympy

    rational, circular = expression.is_rational_function(), expression.has(sympy.sin, sympy.cos)
    largest = LARGEST_RATIONAL if rational or _of_angles_alone(expression) else LARGEST
    if sympy.count_ops(expression) > largest:
        return expression
    if rational:
        return sympy.factor(sympy.cancel(expression))
    if not circular:
        return sympy.simplify(expression)
    # On a circle everything is a rational function of sine and cosine once cos² is 1 − sin², roots of 1 included.
    quotient = sympy.cancel(_pythagorean(sympy.expand_trig(expression)))
    reduced = sympy.cancel(_pythagorean(sympy.expand(quotient)))
    return min(reduced, sympy.trigsimp(reduced), key=sympy.count_ops)


def _of_angles_alone(expression: Any) -> bool:
    """Whether symbols occur within sine and cosine only, which are then all the generators there are."""
    import sympy

    waves = expression.atoms(sympy.sin, sympy.cos)
    return not expression.xreplace(dict.fromkeys(waves, sympy.S.One)).free_symbols


def _pythagorean(expression: Any) -> Any:
    """Return the expression with even powers of every cosine written by the sine, expanded throughout."""
    import sympy

    def even(power: Any) -> bool:
        return power.is_Pow and isinstance(power.base, sympy.cos) and power.exp.is_Integer and power.exp >= 2

    def by_sine(power: Any) -> Any:
        angle, n = power.base.args[0], int(power.exp)
        return (1 - sympy.sin(angle) ** 2) ** (n // 2) * sympy.cos(angle) ** (n % 2)

    return sympy.expand(expression.replace(even, by_sine))
