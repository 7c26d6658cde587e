"""Unknown functions, points and gradients as PEPit names them, each with a proved bound on its size.

The minimiser x* is the origin, and every f_m(x*) = 0: neither shift changes an iterate.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from implicitbias import checks
from implicitbias.worst_case.gram_program import GramProgram


# PEPit numbers its points in class attributes: one problem at a time in a process.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, eq=False)
class Located:
    """A vector as PEPit's point, and a bound on its length."""

    point: Any
    reach: float


def require_pepit() -> ModuleType:
    """Return the module PEPit, imported when a worst case is asked for.

    Raises
    ------
    BadInput
        If it is not installed.
    """
    try:
        import PEPit
        import PEPit.functions  # noqa: F401
    except ImportError as error:
        cure = "pip install 'implicitbias[worst-case]'"
        raise checks.refuse("worst case", "PEPit", "needs that package", cure) from error
    return PEPit


@contextmanager
def estimation() -> Iterator["Estimation"]:
    """Yield an empty problem; another thread that asks for one waits."""
    library = require_pepit()
    with _ONE_AT_A_TIME:
        yield Estimation(library)


class Estimation:
    """A problem under construction: where PEPit's leaf points and values get their bounds."""

    def __init__(self, library: ModuleType):
        self.library = library
        self.problem = library.PEP()
        self._reach: dict[Any, float] = {}
        self._height: dict[Any, float] = {}

    def origin(self) -> Located:
        """Return x* = 0."""
        return Located(self.library.null_point, 0.0)

    def vector(self, reach: float) -> Located:
        """Return an unknown vector whose length the constraints, still to be added, keep below ``reach``."""
        return self._bounded(self.library.Point(), reach)

    def function(self, smoothness: float, strong_convexity: float, slope: Located) -> "Unknown":
        """Return an unknown L-smooth, μ-strongly convex f with f(0) = 0 and ∇f(0) = ``slope``."""
        kind = self.library.functions.SmoothStronglyConvexFunction
        declared = self.problem.declare_function(kind, L=smoothness, mu=strong_convexity)
        declared.add_point((self.library.null_point, slope.point, self.library.null_expression))
        return Unknown(self, declared, smoothness, strong_convexity, slope)

    def program(self, objective: Any) -> GramProgram:
        """Return max ``objective`` under all constraints and the interpolation conditions of the functions."""
        from PEPit.tools.expressions_to_matrices import expression_to_matrices

        for declared in self.problem.list_of_functions:
            declared.set_class_constraints()
        conditions = [c for f in self.problem.list_of_functions for c in f.list_of_class_constraints]
        expressions = [objective, *(c.expression for c in (*self.problem.list_of_constraints, *conditions))]
        gram, values, constants = zip(*map(expression_to_matrices, expressions), strict=True)
        reach = [self._reach[p] for p in self.library.Point.list_of_leaf_points]
        height = [self._height[v] for v in self.library.Expression.list_of_leaf_expressions]
        return GramProgram(
            *(np.array(part, dtype=float) for part in (gram, values, constants, reach, height))
        )

    def _bounded(self, point: Any, reach: float) -> Located:
        if point.get_is_leaf():
            self._reach.setdefault(point, reach)
        return Located(point, reach)

    def _lifted(self, value: Any, height: float) -> Any:
        if value.get_is_leaf():
            self._height.setdefault(value, height)
        return value


@dataclass(frozen=True, eq=False)
class Unknown:
    """An L-smooth, μ-strongly convex function f with f(0) = 0 and ∇f(0) = ``slope``, of which nothing else is known."""

    owner: Estimation
    declared: Any
    smoothness: float
    strong_convexity: float
    slope: Located

    def gradient(self, x: Located) -> Located:
        """∇f(x), of length at most |∇f(0)| + L|x|; |f(x)| ≤ |∇f(0)||x| + L|x|²/2 comes with it."""
        gradient, value = self.declared.oracle(x.point)
        height = self.slope.reach * x.reach + self.smoothness * x.reach**2 / 2.0
        self.owner._lifted(value, height)
        return self.owner._bounded(gradient, self.slope.reach + self.smoothness * x.reach)

    def value(self, x: Located) -> Any:
        """f(x), as PEPit's expression."""
        self.gradient(x)
        return self.declared.value(x.point)

    def step(self, x: Located, lr: float) -> Located:
        """One step x − η∇f(x), of length at most max(|1 − ημ|, |1 − ηL|)|x| + η|∇f(0)|."""
        contraction = max(abs(1.0 - lr * self.strong_convexity), abs(1.0 - lr * self.smoothness))
        reach = contraction * x.reach + lr * self.slope.reach
        return Located(x.point - lr * self.gradient(x).point, reach)


def mean(vectors: list[Located]) -> Located:
    """Average of vectors, no longer than the average of their lengths."""
    total = sum((v.point for v in vectors[1:]), vectors[0].point)
    return Located(total / len(vectors), sum(v.reach for v in vectors) / len(vectors))
