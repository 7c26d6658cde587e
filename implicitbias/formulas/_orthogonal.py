r"""The orthogonal set: worker m owns the single sample c_m e_m, and everything is solvable.

The coordinates decouple: in each, one worker moves and M − 1 rest. Hence ŵ_m = 1/c_m, a_m = 1/c_m²,
1/γ² = Σ 1/c_m², A_S = I, and w̃_m = −log(M/c_m²)/c_m for the exponential loss.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.formulas._formula import Formula, Variable


Values = float | Float[np.ndarray, "..."]


def local_flow(w: Values, scale: Values, time: Values) -> Values:
    """Gradient flow of e^{−cw} for time T: φ_T(w) = log(e^{cw} + c²T)/c, without overflow (derived)."""
    with np.errstate(divide="ignore"):  # T = 0 is the identity: log 0 = −∞ is then meant
        growth = 2.0 * np.log(scale) + np.log(time)
    return np.logaddexp(scale * np.asarray(w, dtype=float), growth) / scale


def orthogonal_residual_limit(scale: Values, workers: int) -> Values:
    """Limit w̃_m = −log(M/c²)/c of w_m − log(ηHr)/c on the orthogonal set, exponential loss (derived)."""
    return (2.0 * np.log(scale) - math.log(workers)) / scale


def orthogonal_projection_iterate(scale: Values, workers: int, rounds: float) -> Values:
    """Coordinate u_m = (1 − (1 − 1/M)^r)/c of the averaged projections from 0 on the orthogonal set (derived)."""
    if workers == 1:
        return (1.0 if rounds > 0 else 0.0) / scale
    return -math.expm1(rounds * math.log1p(-1.0 / workers)) / scale


@dataclass(frozen=True)
class OrthogonalSet:
    """All closed forms of the orthogonal set with samples c_m e_m, m = 1 … M, one per worker (derived).

    Parameters
    ----------
    scales : tuple of float
        c_m > 0.
    """

    scales: tuple[float, ...]

    __repr__ = in_brief

    def __post_init__(self):
        if not self.scales or not min(self.scales) > 0.0:
            raise BadInput(f"scales = {self.scales}: sample m is c_m e_m with c_m > 0; give one per worker")

    @property
    def signed(self) -> Float[np.ndarray, "worker worker"]:
        """Rows c_m e_m."""
        return np.diag(self.scales)

    @property
    def weights(self) -> Float[np.ndarray, "worker"]:
        """Max-margin vector ŵ_m = 1/c_m."""
        return 1.0 / np.array(self.scales)

    @property
    def duals(self) -> Float[np.ndarray, "worker"]:
        """Multipliers a_m = 1/c_m²."""
        return self.weights**2

    @property
    def margin(self) -> float:
        """γ = (Σ 1/c_m²)^(−1/2)."""
        return 1.0 / float(np.linalg.norm(self.weights))

    @property
    def residual_limit(self) -> Float[np.ndarray, "worker"]:
        """w̃_m = −log(M/c_m²)/c_m, exponential or logistic loss."""
        return np.asarray(orthogonal_residual_limit(np.array(self.scales), len(self.scales)))

    def local_flow(self, w: Float[np.ndarray, "... worker"], time: float) -> Float[np.ndarray, "... worker"]:
        """Average over workers after a local flow of e^{−z} for time T: one round with η → 0, ηH = T."""
        moved = np.asarray(local_flow(w, np.array(self.scales), time))
        return w + (moved - w) / len(self.scales)

    def projection_iterate(self, rounds: int) -> Float[np.ndarray, "worker"]:
        """Averaged projections from 0 after r rounds; the limit is ŵ, a lucky case."""
        return np.asarray(orthogonal_projection_iterate(np.array(self.scales), len(self.scales), rounds))


def _local_flow(w, scale, time):
    import sympy

    return sympy.log(sympy.exp(scale * w) + scale**2 * time) / scale


def _residual_limit(scale, workers):
    import sympy

    return -sympy.log(workers / scale**2) / scale


def _projection_iterate(scale, workers, rounds):
    return (1 - (1 - 1 / workers) ** rounds) / scale


SCALE = Variable("c", 0.2, 5.0)
WORKERS = Variable("M", 2.0, 50.0)

FORMULAS = (
    Formula(
        "local-flow",
        "gradient flow of exp(−c w) for time T from w",
        "derived",
        r"\varphi_T(w)",
        {"w": Variable("w", -5.0, 20.0), "scale": SCALE, "time": Variable("T", 1e-3, 1e6)},
        _local_flow,
        local_flow,
    ),
    Formula(
        "orthogonal-residual-limit",
        "limit of w_m − log(ηHr)/c when worker m owns the sample c e_m",
        "derived",
        r"\tilde w_m",
        {"scale": SCALE, "workers": WORKERS},
        _residual_limit,
        orthogonal_residual_limit,
    ),
    Formula(
        "orthogonal-projections",
        "averaged projections from 0 after r rounds on the orthogonal set",
        "derived",
        "u_m^r",
        {"scale": SCALE, "workers": WORKERS, "rounds": Variable("r", 1.0, 200.0)},
        _projection_iterate,
        orthogonal_projection_iterate,
    ),
)
