"""Noise of one sample's gradient: what is given, and the factor A(θ) with Σ = AAᵀ that follows.

| given | A |
|---|---|
| ``Factors(A)`` | A itself |
| ``Covariance(Σ)`` | the lower factor of Cholesky, a column of zeros at every pivot that vanishes |
| ``Isotropic(σ)`` | σI |
| ``LabelNoise(δ, (f_1, …, f_n))`` | (δ/√n)(∇f_1, …, ∇f_n): for L = (1/2n)Σ(f_i − y_i)² with labels y_i ± δ |
| ``SampleLosses((ℓ_1, …, ℓ_n))`` | (1/√n)(∇ℓ_1 − ∇L, …, ∇ℓ_n − ∇L): mini-batches of n samples |

``law`` says how ξ in Aξ is distributed, ``shared=True`` gives all workers the same ξ.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractLaw, Drawn, Gaussian, TwoPoint
from sde.landscapes.compiled import slopes


# A pivot below this share of the trace is one that vanishes: rounding leaves some 1e-16 of it.
PIVOT_TOLERANCE = 1e-13
# Both pieces of a Piecewise are computed: where all of Σ vanishes, the one not chosen must not divide by 0.
LEAST_PIVOT = 1e-300


class AbstractNoise(ABC):
    """How the gradient of one sample scatters about ∇L."""

    law: AbstractLaw
    shared: bool

    @abstractmethod
    def factor(self, loss: Any, variables: Sequence[Any]) -> Any:
        """Return A(θ) as a SymPy matrix (dim, channel)."""


@dataclass(frozen=True)
class Factors(AbstractNoise):
    """Noise Aξ, A(θ) given as rows of expressions, shape (dim, channel)."""

    matrix: Any
    law: AbstractLaw = Gaussian()
    shared: bool = False

    def __post_init__(self):
        _check(self)

    def factor(self, loss: Any, variables: Sequence[Any]) -> Any:
        """Return A."""
        del loss
        return _matrix("matrix", self.matrix, len(variables))


@dataclass(frozen=True)
class Covariance(AbstractNoise):
    """Noise of covariance Σ(θ), symmetric positive semidefinite, shape (dim, dim)."""

    matrix: Any
    law: AbstractLaw = Gaussian()
    shared: bool = False

    def __post_init__(self):
        _check(self)

    def factor(self, loss: Any, variables: Sequence[Any]) -> Any:
        """Return the lower factor of Cholesky, whose column is 0 where the pivot is."""
        del loss
        covariance = _matrix("matrix", self.matrix, len(variables))
        if covariance.shape[1] != len(variables) or not _symmetric(covariance):
            raise BadInput(
                f"matrix has shape {covariance.shape}: a covariance is symmetric, (d, d) with d = {len(variables)}; "
                "give Factors(A) if Σ = AAᵀ"
            )
        return _cholesky(covariance)


@dataclass(frozen=True)
class Isotropic(AbstractNoise):
    """Noise of covariance σ²I."""

    sigma: float
    law: AbstractLaw = Gaussian()
    shared: bool = False

    def __post_init__(self):
        _check(self)
        checks.number("sigma", self.sigma, "give the standard deviation of one sample's gradient", least=0)

    def factor(self, loss: Any, variables: Sequence[Any]) -> Any:
        """Return σI."""
        import sympy

        del loss
        return self.sigma * sympy.eye(len(variables))


@dataclass(frozen=True)
class LabelNoise(AbstractNoise):
    """Labels y_i ± δ, fresh at every step, of the loss L = (1/2n) Σ_i (f_i − y_i)²: Σ = δ²∇²L where it vanishes.

    Parameters
    ----------
    delta
        δ > 0.
    outputs
        f_i(θ), one expression per sample.
    law
        Of the signs of ±δ.
    shared
        Whether all workers draw the same numbers.
    """

    delta: float
    outputs: tuple[Any, ...]
    law: AbstractLaw = TwoPoint()
    shared: bool = False

    __repr__ = in_brief

    def __post_init__(self):
        _check(self)
        checks.number("delta", self.delta, "give the size of the label noise", least=0)
        object.__setattr__(self, "outputs", _expressions("outputs", self.outputs))

    def factor(self, loss: Any, variables: Sequence[Any]) -> Any:
        """Return (δ/√n)(∇f_1, …, ∇f_n)."""
        import sympy

        del loss
        jacobian = slopes(self.outputs, variables)
        return (self.delta / sympy.sqrt(len(self.outputs))) * jacobian.T


@dataclass(frozen=True)
class SampleLosses(AbstractNoise):
    """One of n samples at a time, with losses ℓ_i whose mean is L; ``law=Drawn()`` draws real mini-batches."""

    losses: tuple[Any, ...]
    law: AbstractLaw = Drawn()
    shared: bool = False

    __repr__ = in_brief

    def __post_init__(self):
        _check(self)
        object.__setattr__(self, "losses", _expressions("losses", self.losses))

    def factor(self, loss: Any, variables: Sequence[Any]) -> Any:
        """Return (1/√n)(∇ℓ_1 − ∇L, …, ∇ℓ_n − ∇L)."""
        import sympy

        mean = slopes([loss], variables)
        scale = 1 / sympy.sqrt(len(self.losses))
        own = slopes(self.losses, variables)
        return sympy.Matrix(
            len(variables), len(self.losses), lambda i, j: scale * _difference(own[j, i], mean[i])
        )


def _difference(own: Any, mean: Any) -> Any:
    """Return own − mean with the mean as one term, which all samples share; multiplied out, n samples have n² terms."""
    import sympy

    return sympy.Add(own, sympy.Mul(-1, mean, evaluate=False), evaluate=False)


def _symmetric(matrix: Any) -> bool:
    return matrix == matrix.T or (matrix - matrix.T).expand().is_zero_matrix is True


def _cholesky(covariance: Any) -> Any:
    import sympy

    dim, tiny = covariance.shape[0], PIVOT_TOLERANCE * covariance.trace()
    lower = sympy.zeros(dim, dim)
    for j in range(dim):
        pivot = sympy.simplify(covariance[j, j] - sum(lower[j, k] ** 2 for k in range(j)))
        if pivot == 0:
            continue
        for i in range(j, dim):
            entry = covariance[i, j] - sum(lower[i, k] * lower[j, k] for k in range(j))
            lower[i, j] = _over_root(sympy, entry, pivot, tiny)
    return lower


def _over_root(sympy: Any, entry: Any, pivot: Any, tiny: Any) -> Any:
    """Return entry/√pivot, 0 where the pivot vanishes."""
    if pivot.is_positive:
        return sympy.simplify(entry / sympy.sqrt(pivot))
    root = sympy.sqrt(sympy.Max(pivot, tiny, LEAST_PIVOT))
    return sympy.Piecewise((entry / root, pivot > tiny), (0, True))


def _matrix(name: str, value: Any, rows: int) -> Any:
    import sympy

    try:
        matrix = sympy.Matrix(value)
    except (TypeError, ValueError):
        raise checks.refuse(name, value, "must be rows of expressions", "give e.g. [[0], [1]]") from None
    if matrix.shape[0] != rows or matrix.shape[1] == 0:
        raise BadInput(
            f"{name} has shape {matrix.shape}: needs one row for each of the d = {rows} variables; "
            "[[0], [1]] is noise in the second of two"
        )
    return matrix


def _expressions(name: str, value: Any) -> tuple[Any, ...]:
    import sympy

    given = checks.sequence(name, value, "give one expression per sample")
    return tuple(sympy.sympify(e) for e in given)


def _check(noise: AbstractNoise) -> None:
    checks.instance("law", noise.law, AbstractLaw, "give Gaussian(), TwoPoint(), Skewed(p) or Drawn()")
    checks.instance("shared", noise.shared, bool, "give True or False")
    if isinstance(noise.law, Drawn) and not isinstance(noise, SampleLosses):
        raise BadInput("law = Drawn(): only SampleLosses has samples to draw; give Gaussian() or TwoPoint()")
