r"""Matrix factorisation L = ½|UVᵀ − Y|², U m×k, V n×k, rank Y = k, label noise of size δ in every entry.

Γ = {(U_0 G, V_0 G^{−ᵀ})}, k²-dimensional. ∇²L has the eigenvalues a_i + b_j of E ↦ UUᵀE + EVVᵀ, a_i of UUᵀ with
eigenvector e_i, b_j of VVᵀ with f_j. With w_ij = 1 + (M − 1)ψ(2α(a_i + b_j)), w_e = Σ_ij w_ij e_i e_iᵀ and
w_f = Σ_ij w_ij f_j f_jᵀ, Γ being taken with its points as coordinates,

    (U, V)′ = −(δ²/2B) P_T(w_e U, w_f V),   (UᵀU − VᵀV)′ = (δ²/B)(Vᵀw_f V − Uᵀw_e U).

UᵀU − VᵀV is an invariant of the flow; for SGD and m = n it shrinks like e^{−mδ²t/B}.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractLaw, TwoPoint
from sde.formulas import pair_factor
from sde.landscapes import Chart, LabelNoise, Landscape
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.valley import axes


Rows = tuple[tuple[float, ...], ...]
Matrices = Float[np.ndarray, "*batch row column"]
# Where the entries of G − I are drawn for checks: G stays invertible.
SHIFT = 0.3


@dataclass(frozen=True)
class MatrixFactorisation(AbstractClosedForms):
    """L = ½|UVᵀ − Y|², Y = U_0V_0ᵀ; θ holds the rows of U, then those of V.

    The attributes are the arguments of `matrix_factorisation`.
    """

    left: Rows
    right: Rows
    label: float
    law: AbstractLaw
    shared: bool

    __repr__ = in_brief

    @property
    def landscape(self) -> Landscape:
        """L = ½|UVᵀ − Y|²."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """All entries of U and V: the point itself."""
        return tuple(_symbols(self))

    def project(self, theta: Points) -> Points:
        """Return Φ(θ), the flow being integrated."""
        return self.landscape.project(theta)

    def start(self, q: Coordinates) -> Points:
        """Return q, a point of Γ."""
        return np.array(q, dtype=np.float64)

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return −(δ²/2B) P_T(w_e U, w_f V) at the point q of Γ."""
        u, v = self.factors(q)
        first, second = _weights(u, v, workers, alpha)
        along = _tangent(u, v, first @ u, second @ v)
        scale = -0.5 * self.label**2 / total_batch
        return scale * np.concatenate([part.reshape(*part.shape[:-2], -1) for part in along], axis=-1)

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return 0: label noise vanishes along Γ."""
        del total_batch
        return np.zeros((*np.shape(q), 1))

    def factors(self, theta: Points) -> tuple[Matrices, Matrices]:
        """Return U and V."""
        theta, width = np.asarray(theta, dtype=np.float64), len(self.left[0])
        u, v = np.split(theta, [len(self.left) * width], axis=-1)
        return u.reshape(*u.shape[:-1], -1, width), v.reshape(*v.shape[:-1], -1, width)

    def imbalance(self, theta: Points) -> Matrices:
        """Return D = UᵀU − VᵀV, which the flow keeps."""
        u, v = self.factors(theta)
        return _t(u) @ u - _t(v) @ v

    def imbalance_drift(self, zeta: Points, workers: int, total_batch: float, alpha: float) -> Matrices:
        """Return D′ = (δ²/B)(Vᵀw_f V − Uᵀw_e U) at points of Γ: (δ²/B)(mVᵀV − nUᵀU) for SGD."""
        u, v = self.factors(zeta)
        first, second = _weights(u, v, workers, alpha)
        return self.label**2 / total_batch * (_t(v) @ second @ v - _t(u) @ first @ u)


def matrix_factorisation(
    left: Any = ((1.0,), (0.5,)),
    right: Any = ((0.8,), (-0.6,)),
    *,
    label: float = 1.0,
    law: AbstractLaw = TwoPoint(),
    shared: bool = False,
) -> MatrixFactorisation:
    """Return L = ½|UVᵀ − Y|² with Y = U_0V_0ᵀ.

    Parameters
    ----------
    left, right
        U_0, shape (m, k), and V_0, shape (n, k), of rank k: the point of Γ from which it is charted.
    label
        δ > 0.
    law, shared
        Of the noise, as for ``LabelNoise``.

    Raises
    ------
    BadInput
        For factors of different width, or not of full rank.
    """
    first, second = checks.real_array("left", left), checks.real_array("right", right)
    checks.number("label", label, "give the size of the label noise", above=0)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise BadInput(
            f"left and right have shapes {first.shape}, {second.shape}: U and V have k columns each"
        )
    if min(np.linalg.matrix_rank(first), np.linalg.matrix_rank(second)) < first.shape[1]:
        raise BadInput(
            "left or right has dependent columns: then the rank of ∇²L drops on Γ; use fewer columns"
        )
    return MatrixFactorisation(_rows(first), _rows(second), label, law, shared)


def _rows(matrix: Float[np.ndarray, "row column"]) -> Rows:
    return tuple(tuple(row) for row in matrix.tolist())


@lru_cache(maxsize=16)
def _landscape(factorisation: MatrixFactorisation) -> Landscape:
    import sympy

    first, second = sympy.Matrix(factorisation.left), sympy.Matrix(factorisation.right)
    variables, width = _symbols(factorisation), first.shape[1]
    u = sympy.Matrix(*first.shape, variables[: len(first)])
    v = sympy.Matrix(*second.shape, variables[len(first) :])
    outputs = tuple(u * v.T)
    count = sympy.sqrt(len(outputs))  # LabelNoise speaks of the mean over samples, L here of the sum
    target = tuple(first * second.T)
    return Landscape(
        sum((f - y) ** 2 for f, y in zip(outputs, target, strict=True)) / 2,
        variables,
        LabelNoise(
            factorisation.label, tuple(count * f for f in outputs), factorisation.law, factorisation.shared
        ),
        _chart(first, second, width),
        invariants=_upper(u.T * u - v.T * v),
        name="matrix factorisation",
    )


def _symbols(factorisation: MatrixFactorisation) -> tuple[Any, ...]:
    width = len(factorisation.left[0])
    sizes = ("u", len(factorisation.left)), ("v", len(factorisation.right))
    return axes(" ".join(f"{name}{i}_{j}" for name, rows in sizes for i in range(rows) for j in range(width)))


def _chart(first: Any, second: Any, width: int) -> Chart:
    """Return G ↦ (U_0 G, V_0 G^{−ᵀ})."""
    import sympy

    entries = axes(" ".join(f"g{i}_{j}" for i in range(width) for j in range(width)))
    moved = sympy.Matrix(width, width, entries)
    domain = tuple((float(i == j) - SHIFT, float(i == j) + SHIFT) for i in range(width) for j in range(width))
    return Chart(entries, (*(first * moved), *(second * moved.inv().T)), domain=domain)


def _upper(matrix: Any) -> tuple[Any, ...]:
    return tuple(matrix[i, j] for i in range(matrix.shape[0]) for j in range(i, matrix.shape[1]))


def _weights(u: Matrices, v: Matrices, workers: int, alpha: float) -> tuple[Matrices, Matrices]:
    """Return w_e and w_f."""
    a, e = np.linalg.eigh(u @ _t(u))
    b, f = np.linalg.eigh(v @ _t(v))
    a, b = np.maximum(a, 0.0), np.maximum(b, 0.0)
    sums = a[..., :, None] + b[..., None, :]
    w = np.asarray(pair_factor(workers, alpha, sums, sums))
    return (e * w.sum(axis=-1)[..., None, :]) @ _t(e), (f * w.sum(axis=-2)[..., None, :]) @ _t(f)


def _tangent(u: Matrices, v: Matrices, x: Matrices, z: Matrices) -> tuple[Matrices, Matrices]:
    """Return P_T(x, z) = (UA, −VAᵀ), where UᵀU A + A VᵀV = Uᵀx − zᵀV."""
    a, e = np.linalg.eigh(_t(u) @ u)
    b, f = np.linalg.eigh(_t(v) @ v)
    given = _t(e) @ (_t(u) @ x - _t(z) @ v) @ f
    inner = e @ (given / (a[..., :, None] + b[..., None, :])) @ _t(f)
    return u @ inner, -v @ _t(inner)


def _t(matrix: Matrices) -> Matrices:
    return matrix.swapaxes(-1, -2)
