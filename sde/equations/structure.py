"""The structure of a symbolic diffusion, by exact algebra."""

from itertools import combinations
from typing import Any

from sde.equations.convention import NoiseKind


# Fifteen digits of SymPy's evalf, and a factor to spare.
NOT_ZERO = 1e-10


def noise_kind(variables: tuple[Any, ...], diffusion: Any) -> NoiseKind:
    """Return the strongest kind of the d×k matrix b(x): additive, scalar, diagonal, commutative or general.

    A zero that SymPy does not recognise makes it ``general``, which every scheme treats rightly.
    """
    dim, noises = diffusion.shape
    if not diffusion.free_symbols & set(variables):
        return NoiseKind.ADDITIVE
    if noises == 1:
        return NoiseKind.SCALAR
    if dim == noises and _is_diagonal(variables, diffusion):
        return NoiseKind.DIAGONAL
    return NoiseKind.COMMUTATIVE if _commutes(variables, diffusion) else NoiseKind.GENERAL


def _is_diagonal(variables: tuple[Any, ...], diffusion: Any) -> bool:
    own = all(diffusion[i, i].free_symbols & set(variables) <= {variables[i]} for i in range(len(variables)))
    return own and diffusion.is_diagonal()


def _commutes(variables: tuple[Any, ...], diffusion: Any) -> bool:

    columns = [diffusion[:, j] for j in range(diffusion.shape[1])]
    brackets = (
        left.jacobian(variables) * right - right.jacobian(variables) * left
        for left, right in combinations(columns, 2)
    )
    return all(_vanishes(entry, variables) for bracket in brackets for entry in bracket)


def _vanishes(entry: Any, variables: tuple[Any, ...]) -> bool:
    import sympy

    # Most entries that do not vanish show it at one point, far quicker than by algebra.
    generic = {v: sympy.Rational(17 + 6 * i, 41 + 2 * i) for i, v in enumerate(variables)}
    value = entry.evalf(subs=generic)
    if value.is_Number and abs(value) > NOT_ZERO:
        return False
    return sympy.simplify(entry) == 0
