r"""The twisted valley: two unequal curvatures whose axes turn along Γ, so that the pair (1, 2) moves the slow variable.

Body frame a = cos(kx)y_1 + sin(kx)y_2, b = −sin(kx)y_1 + cos(kx)y_2, L = ½(λ_1a² + λ_2b²), Γ = {y = 0}. Noise turns
with the frame: Σ_ab = ρ. Slow SDE, to which the variances of a and b contribute nothing:

    dx = −(k(λ_1 − λ_2)ρ/(B(λ_1 + λ_2))) [1 + (M − 1)ψ(α(λ_1 + λ_2))] dt + (σ_T/√B) dW.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.problems import AbstractLaw, Gaussian
from sde.formulas import pair_factor
from sde.landscapes import Chart, Factors, Landscape
from sde.zoo.closed_forms import AbstractClosedForms, Coordinates, Points
from sde.zoo.valley import axes


@dataclass(frozen=True)
class TwistedValley(AbstractClosedForms):
    """L = ½(λ_1a² + λ_2b²) in a turning frame; Φ has no closed form.

    The attributes are the arguments of `twisted_valley`.
    """

    curvatures: tuple[float, float]
    twist: float
    normal: float
    mixed: float
    tangential: float
    law: AbstractLaw
    shared: bool

    __repr__ = in_brief

    @property
    def landscape(self) -> Landscape:
        """The loss in the coordinates (x, y_1, y_2)."""
        return _landscape(self)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """The one coordinate x."""
        return (axes("x y1 y2")[0],)

    def project(self, theta: Points) -> Points:
        """Return Φ(θ), the flow being integrated: Φ_x = x − k(λ_1 − λ_2)ab/(λ_1 + λ_2) + O(|y|⁴)."""
        return self.landscape.project(theta)

    def start(self, q: Coordinates) -> Points:
        """Return (x, 0, 0)."""
        x = np.asarray(q, dtype=np.float64)[..., 0]
        return np.stack([x, np.zeros_like(x), np.zeros_like(x)], axis=-1)

    def slow_drift(self, q: Coordinates, workers: int, total_batch: float, alpha: float) -> Coordinates:
        """Return −(k(λ_1 − λ_2)ρ/(B(λ_1 + λ_2)))[1 + (M − 1)ψ(α(λ_1 + λ_2))]."""
        first, second = self.curvatures
        slope = self.twist * (first - second) * self.mixed / (first + second)
        drift = -slope / total_batch * float(pair_factor(workers, alpha, first, second))
        return np.full(np.shape(q), drift)

    def slow_diffusion(
        self, q: Coordinates, total_batch: float
    ) -> Float[np.ndarray, "*batch coordinate channel"]:
        """Return σ_T/√B."""
        return np.full((*np.shape(q), 1), self.tangential / np.sqrt(total_batch))


def twisted_valley(
    curvatures: tuple[float, float] = (2.0, 0.5),
    twist: float = 1.0,
    *,
    normal: float = 1.0,
    mixed: float = 0.6,
    tangential: float = 0.0,
    law: AbstractLaw = Gaussian(),
    shared: bool = False,
) -> TwistedValley:
    """Return the twisted valley.

    Parameters
    ----------
    curvatures
        λ_1 and λ_2 > 0.
    twist
        k, the angle by which the axes turn per unit of x.
    normal, mixed, tangential
        Standard deviation of the noise in a and in b, their covariance ρ, and σ_T.
    law, shared
        Of the noise, as for ``Factors``.

    Raises
    ------
    BadInput
        For curvatures that are not positive, or |ρ| > σ_N².
    """
    cure = "give two curvatures across Γ"
    pair = checks.sequence("curvatures", curvatures, cure)
    first, second = (checks.number("curvatures", value, cure, above=0) for value in pair)
    checks.number("twist", twist, "0 is a straight valley")
    checks.number("normal", normal, "the pair (a, b) needs noise", above=0)
    checks.number("tangential", tangential, "0 leaves an ODE", least=0)
    if not abs(mixed) <= normal**2:
        raise checks.refuse("mixed", mixed, f"|ρ| may not exceed σ_N² = {normal**2:.6g}", "lower it")
    return TwistedValley((first, second), twist, normal, mixed, tangential, law, shared)


@lru_cache(maxsize=64)
def _landscape(valley: TwistedValley) -> Landscape:
    import sympy

    x, first, second = axes("x y1 y2")
    turn = valley.twist * x
    across = sympy.Matrix([sympy.cos(turn), sympy.sin(turn)])
    along = sympy.Matrix([-sympy.sin(turn), sympy.cos(turn)])
    plane = sympy.Matrix([first, second])
    parts = zip(valley.curvatures, (across, along), strict=True)
    loss = sum(curvature * axis.dot(plane) ** 2 for curvature, axis in parts) / 2
    factor = _factor(valley, across, along)
    return Landscape(
        loss,
        (x, first, second),
        Factors(factor, valley.law, valley.shared),
        Chart((x,), (x, 0, 0)),
        name="twisted valley",
    )


def _factor(valley: TwistedValley, across: Any, along: Any) -> Any:
    """Return columns (σ_N, ρ/σ_N) and (0, c) in the frame (a, b), and σ_T in x; those that do not vanish."""
    import sympy

    tied = valley.mixed / valley.normal
    rest = float(np.sqrt(max(valley.normal**2 - tied**2, 0.0)))
    pairs = [valley.normal * across + tied * along, rest * along]
    columns = [[0, *pair] for pair in pairs if any(pair)]
    columns += [[valley.tangential, 0, 0]] if valley.tangential else []
    return sympy.Matrix(columns).T.tolist()
