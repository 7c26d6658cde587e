r"""Where polynomial tails lead: the minimiser of Σ p_i (x_i·u)^{−p} over unit vectors, certified.

With ℓ(z) = (1+z)^{−p} on separable data, gradient flow grows like w ~ s^a v*, a = 1/(p+2), where v* minimises the
strictly convex Ψ(v) = a|v|²/2 + Σ p_i (x_i·v)^{−p} on the cone x_i·v > 0 (derived). Along a ray v = ρu the best length
has aρ^{p+2} = p Σ p_i (x_i·u)^{−p}, and what is left increases with Σ p_i (x_i·u)^{−p}: the direction minimises that.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from implicitbias import checks
from implicitbias.data.samples import Samples
from implicitbias.display import in_brief
from implicitbias.errors import NotCertified
from implicitbias.oracle.max_margin import max_margin
from implicitbias.oracle.separator import MaxMargin
from implicitbias.oracle.signed_rows import HasSignedRows, signed_rows


# |∇Ψ| relative to the sizes of the terms that cancel in it, which carry p + 2 roundings each.
STATIONARY = 1e-14

# Ψ is self-concordant up to a factor that grows with p: tens of damped steps, then quadratic.
NEWTON_STEPS = 500

# Armijo's share of the predicted decrease.
SUFFICIENT_DECREASE = 1e-4

# Below this step the decrease is rounding noise.
SMALLEST_STEP = 1e-12


@dataclass(frozen=True, eq=False)
class TailDirection:
    """Minimiser of Ψ, and how far from the truth it can be.

    Attributes
    ----------
    exponent : float
        p.
    point : array, shape (d,)
        v*, in the span of the rows.
    spectrum : array, shape (rank,)
        Eigenvalues of ∇²Ψ(v*) on that span, ascending; the least is above a = 1/(p+2), and 1 is among them.
    residual : float
        |∇Ψ| at the point.
    """

    exponent: float
    point: Float[np.ndarray, " dim"]
    spectrum: Float[np.ndarray, " rank"]
    residual: float

    __repr__ = in_brief

    @property
    def growth(self) -> float:
        """A = 1/(p+2), with |w| ~ s^a |v*|."""
        return 1.0 / (self.exponent + 2.0)

    @property
    def error(self) -> float:
        """|v − v*| ≤ |∇Ψ(v)|/a, for Ψ − a|v|²/2 is convex."""
        return self.residual / self.growth

    @property
    def direction(self) -> Float[np.ndarray, " dim"]:
        """v*/|v*|."""
        return self.point / np.linalg.norm(self.point)

    @property
    def direction_error(self) -> float:
        """Largest distance of the direction from the truth: 2 error/(2|v| − error)."""
        return 2.0 * self.error / (2.0 * float(np.linalg.norm(self.point)) - self.error)


def tail_direction(
    problem_or_signed: ArrayLike | HasSignedRows | Samples, exponent: float, svm: MaxMargin | None = None
) -> TailDirection:
    """v* = argmin a|v|²/2 + Σ p_i (x_i·v)^{−p}, a = 1/(p+2), by damped Newton steps from the max-margin direction.

    Parameters
    ----------
    problem_or_signed : problem, samples, or array of shape (n, d) with p_i = 1/n
        Rows and weights; the loss of a problem is not looked at.
    exponent : float
        p > 0.
    svm : MaxMargin, optional
        The max-margin separator of these rows, if already known.

    Returns
    -------
    TailDirection

    Raises
    ------
    BadInput
        If p is not positive.
    NotSeparable
        If no w separates the rows.
    NotCertified
        If ∇Ψ stays above its rounding.
    """
    power = checks.number("exponent", exponent, "give a tail exponent, e.g. p = 2", above=0)
    data = signed_rows(problem_or_signed)
    svm = max_margin(data.signed) if svm is None else svm
    basis = np.linalg.svd(data.signed, full_matrices=False)[2][: np.linalg.matrix_rank(data.signed)]
    # Scaled to margin 1 at the start, so that powers of margins neither over- nor underflow for large p.
    scaled = _Potential(data.signed @ basis.T / svm.margin, data.sample_weights, power)
    point, curvature, residual = _newton(scaled, basis @ svm.direction)
    back = svm.margin ** (-power / (power + 2.0))
    return TailDirection(power, back * (point @ basis), np.linalg.eigvalsh(curvature), back * residual)


@dataclass(frozen=True, eq=False)
class _Potential:
    """Ψ on the span of the rows, with values in logarithms where they are large."""

    rows: Float[np.ndarray, "sample rank"]
    shares: Float[np.ndarray, " sample"]
    power: float

    def value(self, v: Float[np.ndarray, " rank"]) -> float:
        """Ψ(v), infinite off the cone."""
        margins = self.rows @ v
        if (margins <= 0.0).any():
            return np.inf
        with np.errstate(over="ignore"):
            return 0.5 * float(v @ v) / (self.power + 2.0) + float(self.shares @ margins**-self.power)

    def derivatives(
        self, v: Float[np.ndarray, " rank"]
    ) -> tuple[Float[np.ndarray, " rank"], Float[np.ndarray, "rank rank"], float]:
        """∇Ψ(v), ∇²Ψ(v), and the |∇Ψ| that rounding of the terms which cancel in it explains."""
        margins, growth = self.rows @ v, 1.0 / (self.power + 2.0)
        push = self.power * self.shares * margins ** (-self.power - 1.0)
        curvature = (self.rows.T * (push * (self.power + 1.0) / margins)) @ self.rows
        curvature.flat[:: len(v) + 1] += growth
        size = growth * float(np.linalg.norm(v)) + float(push @ np.linalg.norm(self.rows, axis=1))
        return growth * v - push @ self.rows, curvature, STATIONARY * (self.power + 2.0) * size


def _newton(potential: _Potential, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    power = potential.power
    length = (power * (power + 2.0) * (potential.value(unit) - 0.5 / (power + 2.0))) ** (1.0 / (power + 2.0))
    v = length * unit
    gradient, curvature, allowed = potential.derivatives(v)
    for _ in range(NEWTON_STEPS):
        if np.linalg.norm(gradient) <= allowed:
            return v, curvature, float(np.linalg.norm(gradient))
        step = -np.linalg.solve(curvature, gradient)
        v = v + _armijo(potential, v, step, float(gradient @ step)) * step
        gradient, curvature, allowed = potential.derivatives(v)
    raise NotCertified(
        f"tail_direction: |∇Ψ| = {np.linalg.norm(gradient):.3g} exceeds its bound {allowed:.3g} after {NEWTON_STEPS} "
        f"Newton steps with p = {power:g}; give a smaller p, or rescale rows of very different lengths"
    )


def _armijo(potential: _Potential, v: np.ndarray, step: np.ndarray, slope: float) -> float:
    """Largest 2^{−k} at which Ψ falls by a share of its promise; the whole step where rounding hides the promise."""
    value, length = potential.value(v), 1.0
    while length > SMALLEST_STEP and -slope > np.finfo(float).eps * value:
        if potential.value(v + length * step) <= value + SUFFICIENT_DECREASE * length * slope:
            return length
        length /= 2.0
    return length
