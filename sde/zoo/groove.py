r"""A curve of minima with one normal mode of curvature h(q): what a valley and a ring share.

The gradient flow descends along dq = (h′/2h) ds, where the depth s is y²/2 in a valley and ln r + 1/r − 1 about a ring.
Noise of one sample in the frame (normal, tangent): covariance entries σ_N², σ_T² and ρ, and label noise δ²h on Γ. With
Σ_nn = σ_N² + δ²h and A, A_m the gains of normal and mixed noise, the slow SDE is

    dq = −(1/B)[(h′/4h) Σ_nn A + k ρ A_m] dt + (σ_T/√B) dW,      k = 0 for a flat Γ, 1 for the unit circle.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractLaw, Gaussian
from sde.formulas import drift_factor, label_noise_log_density, mixed_factor, stationary_log_density
from sde.landscapes.compiled import compiled, Field


# Of the integrator along an orbit of the flow, which is smooth and of moderate length.
RTOL, ATOL = 1e-12, 1e-14
# ρ² above σ_N²σ_T² by this share is rounding of an exactly degenerate covariance.
ROUNDING = 1e-12
SIZES = "give standard deviations of one sample's gradient"

Scalars = Float[np.ndarray, "..."]


@dataclass(frozen=True)
class Groove:
    """Curvature and noise along a curve of minima.

    Parameters
    ----------
    profile
        h > 0 as a SymPy expression.
    variable
        Its symbol, the coordinate q.
    normal, tangential
        σ_N and σ_T ≥ 0.
    mixed
        ρ, |ρ| ≤ σ_N σ_T.
    label
        δ ≥ 0.
    law, shared
        Of the noise, as for ``Factors``.

    Raises
    ------
    BadInput
        For a profile in other symbols, a covariance that is none, or no noise at all.
    """

    profile: Any
    variable: Any
    normal: float = 1.0
    tangential: float = 0.0
    mixed: float = 0.0
    label: float = 0.0
    law: AbstractLaw = Gaussian()
    shared: bool = False

    def __post_init__(self):
        import sympy

        object.__setattr__(self, "profile", sympy.sympify(self.profile))
        for name in ("normal", "tangential", "label"):
            checks.number(name, getattr(self, name), SIZES, least=0)
        checks.number("mixed", self.mixed, "give the covariance of normal and tangent noise")
        _check_noise(self)
        if self.profile.free_symbols - {self.variable}:
            cure = f"write it in {self.variable} and numbers"
            raise checks.refuse("profile", self.profile, f"must be a function of {self.variable}", cure)

    @property
    def columns(self) -> tuple[tuple[float, float], ...]:
        """Columns (normal, tangent) of the constant noise: (σ_N, ρ/σ_N) and (0, c), those that do not vanish."""
        along = self.mixed / self.normal if self.normal else 0.0
        rest = float(np.sqrt(max(self.tangential**2 - along**2, 0.0)))
        return tuple(column for column in ((self.normal, along), (0.0, rest)) if any(column))

    @property
    def constant_slope(self) -> Any | None:
        """h′/h if it is a number, else ``None``: then Φ is explicit."""
        slope = _log_slope(self.profile, self.variable)
        return None if slope.free_symbols else slope

    def curvature(self, q: Scalars) -> Scalars:
        """Return h(q)."""
        return self._profile(q)[..., 0]

    def log_slope(self, q: Scalars) -> Scalars:
        """Return h′/h."""
        return self._profile(q)[..., 1]

    def descended(self, q: Scalars, depth: Scalars) -> Scalars:
        """Return q after the descent from depth s to 0."""
        q, depth = np.broadcast_arrays(np.asarray(q, dtype=np.float64), depth)
        slope = self.constant_slope
        return q - 0.5 * float(slope) * depth if slope is not None else _descend(self.log_slope, q, depth)

    def drift(
        self, q: Scalars, workers: int, total_batch: float, alpha: float, *, bend: float = 0.0
    ) -> Scalars:
        """Return the slow drift of q; ``bend`` is k."""
        h = self.curvature(q)
        normal = self.normal**2 + self.label**2 * h
        sliding = 0.25 * self.log_slope(q) * normal * drift_factor(workers, alpha, h)
        return -(sliding + bend * self.mixed * np.asarray(mixed_factor(workers, alpha, h))) / total_batch

    def diffusion(self, q: Scalars, total_batch: float) -> Scalars:
        """Return σ_T/√B."""
        return np.full(np.shape(q), self.tangential / np.sqrt(total_batch))

    def log_density(self, q: Scalars, workers: int, alpha: float) -> Scalars:
        """Return the logarithm of the stationary density, up to a constant; B does not enter.

        Raises
        ------
        BadInput
            Without tangential noise.
        """
        if not self.tangential:
            raise BadInput(
                "tangential = 0: without noise along Γ there is no stationary density; give σ_T > 0"
            )
        h, scale = self.curvature(q), self.tangential**2
        exponent = self.normal**2 / (2.0 * scale)
        if np.isinf(alpha):
            constant = stationary_log_density(h, workers * exponent, 1, 0.0)
        else:
            constant = stationary_log_density(h, exponent, workers, alpha)
        return np.asarray(constant + label_noise_log_density(h, self.label**2 / scale, workers, alpha))

    def _profile(self, q: Scalars) -> Scalars:
        return _compiled_profile(self.profile, self.variable)(np.asarray(q, dtype=np.float64)[..., None])


def _check_noise(groove: Groove) -> None:
    largest = groove.normal * groove.tangential
    if abs(groove.mixed) > largest * (1.0 + ROUNDING):
        rule = f"|ρ| may not exceed σ_N σ_T = {largest:.6g}"
        raise checks.refuse("mixed", groove.mixed, rule, "no covariance matrix has such an entry")
    if not (groove.normal or groove.tangential or groove.label):
        raise BadInput(
            "normal = tangential = label = 0: there is no noise; for gradient descent leave batch out"
        )


@lru_cache(maxsize=64)
def _log_slope(profile: Any, variable: Any) -> Any:
    import sympy

    return sympy.simplify(profile.diff(variable) / profile)


@lru_cache(maxsize=64)
def _compiled_profile(profile: Any, variable: Any) -> Field:
    return compiled((variable,), (profile, _log_slope(profile, variable)))


def _descend(log_slope: Any, q: Scalars, depth: Scalars) -> Scalars:
    """Integrate dq/ds = (h′/2h)(q) from s = depth to 0, all points on one clock 0 … 1."""
    from scipy.integrate import solve_ivp

    reach = depth.ravel()
    found = solve_ivp(
        lambda clock, at: -0.5 * reach * log_slope(at), (0.0, 1.0), q.ravel(), "DOP853", rtol=RTOL, atol=ATOL
    )
    return found.y[:, -1].reshape(q.shape)
