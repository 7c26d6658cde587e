r"""The slow SDE of Local SGD along Γ, in slow time t = η²·steps (gu2023).

    dζ = P_ζ( B^{−1/2} Σ_∥^{1/2} dW − (1/2B) ∇³L[Σ̂] dt − ((M − 1)/2B) ∇³L[Ψ̂] dt ),

written without Φ, A_T = P_T A a factor of Σ_∥:

    dζ = B^{−1/2} A_T dW − (1/2B) ∇²L⁺ ∇³L[Σ_∥] dt − (1/2B) P_T ∇³L[Σ̂ + (M − 1)Ψ̂] dt.

SGD has no Ψ̂; a quadratic synchronisation rule has Ψ̂ = Σ̂ (gu2024); with label noise Σ = δ²∇²L it is an ordinary
differential equation, the gradient flow along Γ of −(δ²/4B) tr(∇²L + (M − 1)F(2α∇²L)/(2α)).

Steps along D^{−1}g with a fixed D are gradient steps in y = D^{1/2}θ on L(D^{−1/2}y): the equation is taken there, with
D^{−1/2}∇²L D^{−1/2} for ∇²L and D^{−1/2}ΣD^{−1/2} for Σ, and given back in θ.
"""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.stream import Stream
from sde.approximations.frame import frame_of
from sde.approximations.setting import Setting, setting_of, warn_of_coarseness
from sde.equations import Convention, SDE
from sde.landscapes import Chart, LabelNoise, Landscape
from sde.landscapes.curvature import Curvature


# Points of Γ at which a setting is looked at before anything runs.
POINTS = 8
LOOKS = Stream(0).child("slow-sde")
# Tangential noise, or bending of Γ, below this share of the whole is none.
NEGLIGIBLE = 1e-9

Points = Float[np.ndarray, "*batch dim"]


@dataclass(frozen=True)
class SlowDrift:
    """ζ ↦ −(1/2B)( ∇²L⁺∇³L[Σ_∥] + P_T∇³L[Σ̂ + (M − 1)Ψ̂] ), the Itô drift in R^d."""

    landscape: Landscape
    setting: Setting

    def __call__(self, zeta: Points) -> Points:
        """Return the drift at points of Γ."""
        c, setting = self.landscape.curvature(zeta), self.setting
        bent = c.pseudo_inverse @ c.contracted(c.sigma_parallel)[..., None]
        spread = c.sigma_hat
        if setting.workers > 1 and setting.round_time > 0.0:
            spread = spread + (setting.workers - 1) * c.psi_hat(setting.round_time)
        along = c.tangent_projector @ c.contracted(spread)[..., None]
        return -(bent + along)[..., 0] / (2.0 * setting.batch)


@dataclass(frozen=True)
class SlowDiffusion:
    """ζ ↦ P_T A/√B."""

    landscape: Landscape
    setting: Setting

    def __call__(self, zeta: Points) -> Float[np.ndarray, "*batch dim channel"]:
        """Return the diffusion at points of Γ."""
        projector = self.landscape.curvature(zeta).tangent_projector
        return projector @ self.landscape.factors(zeta) / np.sqrt(self.setting.batch)


def slow_sde(landscape: Landscape, method: LocalMethod) -> SDE:
    """Return the slow SDE of a method on a landscape, in the coordinates of R^d, with the way back to Γ.

    Time is slow time t = η²·steps: one round is αη. Integrate it with ``ProjectedEuler()`` from a point of Γ, such as
    ``landscape.project(θ0)``. ``.latex()`` prints the equation, in the chart where Γ has one; the chart's own equation
    is ``chart_sde(landscape, method)``.

    Parameters
    ----------
    landscape
        With its manifold Γ.
    method
        ``local_sgd(lr, local_steps, batch, workers=M)``; H = 1 is SGD. A ``QuadraticRule`` has the H of a
        constant learning rate; under a schedule it is read as its limit, α = ∞. With ``scaling=Fixed(D)`` the way
        back to Γ is near the limit Φ_D of dθ/ds = −D^{−1}∇L.

    Raises
    ------
    BadInput
        Without Γ, for a method whose slow SDE is not known, or where ηλ ≥ 2 on all of Γ (γλ ≥ 2(1 + β) for a step
        γ with momentum β).

    Warns
    -----
    ApproximationWarning
        If ηM, or on curved Γ with tangential noise ηMα, is too large for the limit to be near, or the rounds of a
        quadratic rule are too short for theirs.
    """
    checks.instance("landscape", landscape, Landscape, "give Landscape(loss, variables, noise, manifold)")
    setting = setting_of(method, landscape.workers)
    frame = frame_of(landscape, setting)
    plain = frame.landscape
    points = plain.points(POINTS, LOOKS)
    look_at(plain, setting, points)
    of_plain_steps = SDE(
        SlowDrift(plain, setting),
        SlowDiffusion(plain, setting),
        dim=plain.dim,
        noises=plain.channels,
        convention=Convention.ITO,
        retract=plain.retract,
        printed=SlowLatex(landscape, method),
        name=f"slow SDE of {plain.name or 'a landscape'}",
        probe=tuple(points[0]),
    )
    return frame.equation(of_plain_steps)


def look_at(landscape: Landscape, setting: Setting, points: Float[np.ndarray, "point dim"]) -> None:
    """Warn of a setting far from the limit, refuse one beyond stability: see ``warn_of_coarseness``."""
    curvature = landscape.curvature(points)
    tangential = has_noise_along(curvature).any()
    bending = curvature.pseudo_inverse @ curvature.contracted(curvature.tangent_projector)[..., None]
    curved = bool(tangential and np.abs(bending).max() > NEGLIGIBLE)
    across = curvature.eigenvalues[:, : landscape.codimension]
    warn_of_coarseness(setting, curved, float(across[:, 0].min()), float(across.min()))


def has_noise_along(curvature: Curvature) -> Bool[np.ndarray, "*batch"]:
    """Return at which points the noise has a part along Γ, Σ_∥ ≠ 0."""
    along, whole = (np.abs(s).max(axis=(-2, -1)) for s in (curvature.sigma_parallel, curvature.covariance))
    return along > NEGLIGIBLE * whole


@dataclass(frozen=True)
class SlowLatex:
    """LaTeX of the slow SDE: in the chart where Γ has one and the equation a closed form there, else in R^d."""

    landscape: Landscape
    method: LocalMethod

    def __call__(self) -> str:
        """Return the equation."""
        from sde.approximations.chart import chart_equation

        if isinstance(self.landscape.manifold, Chart):
            # Without a closed form of the eigenvalues there is no equation in the chart.
            with suppress(BadInput):
                return chart_equation(self.landscape, self.method).latex()
        return _general_latex(setting_of(self.method, self.landscape.workers))


def _general_latex(setting: Setting) -> str:
    noise = r"\tfrac{1}{\sqrt{B}}\,\Sigma_\parallel^{1/2}\,\mathrm{d}W"
    first = r"\tfrac{1}{2B}\nabla^3 L[\hat\Sigma]\,\mathrm{d}t"
    second = r"\tfrac{M-1}{2B}\nabla^3 L[\hat\Psi]\,\mathrm{d}t"
    if setting.round_time == np.inf:
        first, second = r"\tfrac{M}{2B}\nabla^3 L[\hat\Sigma]\,\mathrm{d}t", ""
    elif setting.round_time == 0.0 or setting.workers == 1:
        second = ""
    inner = f"{noise} - {first}" + (f" - {second}" if second else "")
    numbers = f"B = {setting.batch:g}" + (
        f",\\; M = {setting.workers}" if second or setting.round_time else ""
    )
    if second:
        numbers += rf",\; \alpha = {setting.round_time:g}"
    if setting.scaling is None:
        return rf"\mathrm{{d}}\zeta = P_\zeta\left({inner}\right),\quad {numbers}"
    diagonal = ", ".join(f"{d:g}" for d in setting.scaling)
    return (
        rf"\mathrm{{d}}\zeta = D^{{-1/2}} P_{{D^{{1/2}}\zeta}}\left({inner}\right),\quad {numbers},\; "
        rf"D = \mathrm{{diag}}({diagonal}),\; L \text{{ and }} \Sigma \text{{ those of }} y = D^{{1/2}}\theta"
    )


def label_noise_flow(landscape: Landscape, method: LocalMethod) -> SDE:
    """Return dζ/dt = −(δ²/4B) ∇_Γ tr(∇²L + (M − 1)F(2α∇²L)/(2α)): the slow SDE under label noise, which has no noise.

    As F′ = ψ, the gradient along Γ is P_T∇³L[f′(∇²L)] with f′(h) = 1 + (M − 1)ψ(2αh). With a fixed scaling D it is the
    trace of D^{−1/2}∇²L D^{−1/2} that falls, along D^{−1} times its gradient.

    Raises
    ------
    BadInput
        If the landscape's noise is not label noise, and as ``slow_sde``.
    """
    checks.instance("noise", landscape.noise, LabelNoise, "give LabelNoise(delta, outputs), or use slow_sde")
    setting, delta = setting_of(method, landscape.workers), landscape.noise.delta  # pyright: ignore[reportAttributeAccessIssue]
    frame = frame_of(landscape, setting)
    plain = frame.landscape
    points = plain.points(POINTS, LOOKS)
    look_at(plain, setting, points)
    of_plain_steps = SDE(
        LabelNoiseDrift(plain, setting, delta),
        NoDiffusion(plain.dim),
        dim=plain.dim,
        noises=0,
        convention=Convention.ITO,
        retract=plain.retract,
        name=f"label-noise flow of {plain.name or 'a landscape'}",
        probe=tuple(points[0]),
    )
    return frame.equation(of_plain_steps)


@dataclass(frozen=True)
class LabelNoiseDrift:
    """ζ ↦ −(δ²/4B) P_T∇³L[f′(∇²L)], f′(h) = 1 + (M − 1)ψ(2αh)."""

    landscape: Landscape
    setting: Setting
    delta: float

    def __call__(self, zeta: Points) -> Points:
        """Return the drift at points of Γ."""
        from sde.formulas import psi

        c, setting = self.landscape.curvature(zeta), self.setting
        slope = np.ones_like(c.eigenvalues)
        if setting.workers > 1 and setting.round_time > 0.0:
            share = (
                np.where(c.normal, 1.0, 0.0)
                if np.isinf(setting.round_time)
                else psi(2.0 * setting.round_time * c.eigenvalues)
            )
            slope = slope + (setting.workers - 1) * share
        matrix = (c.eigenvectors * slope[..., None, :]) @ c.eigenvectors.swapaxes(-1, -2)
        along = c.tangent_projector @ c.contracted(matrix)[..., None]
        return -(self.delta**2 / (4.0 * setting.batch)) * along[..., 0]


@dataclass(frozen=True)
class NoDiffusion:
    """ζ ↦ the empty matrix (d, 0)."""

    dim: int

    def __call__(self, zeta: Points) -> Float[np.ndarray, "*batch dim 0"]:
        """Return no columns."""
        return np.zeros((*zeta.shape[:-1], self.dim, 0))
