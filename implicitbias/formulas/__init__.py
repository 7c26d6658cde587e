"""Closed forms, each written once: a lazy SymPy expression with a stable numerical twin.

``FORMULAS[name]`` holds both; ``latex(name)`` and ``symbolic(name)`` load SymPy when they are called, the
numerical twins never do. ``derivation(of)`` works out a federated method on two workers, equation by equation.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from implicitbias.formulas import _local_solves, _orthogonal, _separable
from implicitbias.formulas._derivation import Derivation as Derivation
from implicitbias.formulas._derivation import Equation as Equation
from implicitbias.formulas._federated import derivation as derivation
from implicitbias.formulas._federated import DERIVATIONS as DERIVATIONS
from implicitbias.formulas._formula import Formula as Formula
from implicitbias.formulas._formula import named as named
from implicitbias.formulas._formula import Variable as Variable
from implicitbias.formulas._local_solves import halpern_residual as halpern_residual
from implicitbias.formulas._local_solves import local_bias as local_bias
from implicitbias.formulas._local_solves import prox_margin as prox_margin
from implicitbias.formulas._local_solves import prox_single_margin as prox_single_margin
from implicitbias.formulas._local_solves import quadratic_bias as quadratic_bias
from implicitbias.formulas._local_solves import regression_rate as regression_rate
from implicitbias.formulas._local_solves import two_line_rate as two_line_rate
from implicitbias.formulas._orthogonal import local_flow as local_flow
from implicitbias.formulas._orthogonal import orthogonal_projection_iterate as orthogonal_projection_iterate
from implicitbias.formulas._orthogonal import orthogonal_residual_limit as orthogonal_residual_limit
from implicitbias.formulas._orthogonal import OrthogonalSet as OrthogonalSet
from implicitbias.formulas._separable import cosine as cosine
from implicitbias.formulas._separable import cosine_expansion as cosine_expansion
from implicitbias.formulas._separable import cosine_expansion_printed as cosine_expansion_printed
from implicitbias.formulas._separable import degenerate_flow as degenerate_flow
from implicitbias.formulas._separable import degenerate_growth as degenerate_growth
from implicitbias.formulas._separable import degenerate_second as degenerate_second
from implicitbias.formulas._separable import tightness_flow as tightness_flow


# Every closed form on finite problems, by its name.
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {f.name: f for group in (_orthogonal, _separable, _local_solves) for f in group.FORMULAS}
)


def formula(name: str) -> Formula:
    """Return the formula of that name.

    Raises
    ------
    BadInput
        If there is none; the message lists the names.
    """
    return named(FORMULAS, name)


def symbolic(name: str) -> Any:
    """Right-hand side of a formula as a SymPy expression."""
    return formula(name).symbolic()


def latex(name: str) -> str:
    """LaTeX of a formula."""
    return formula(name).latex()
