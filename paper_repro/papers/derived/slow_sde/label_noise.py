"""Under label noise Local SGD descends tr(∇²L + (M − 1)F(2α∇²L)/(2α)) along Γ."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from paper_repro.claims import (
    Claim,
    closed_form,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.papers.derived.slow_sde.setting import points_near
from sde import zoo
from sde.formulas import F, psi
from sde.landscapes import Curvature
from sde.zoo import AbstractClosedForms


DRIFT = "B times the drift"
# Central differences of order six along Γ, at this step: truncation h⁶, rounding ulp/h, relative to the potential.
STEP, WEIGHTS = 1e-2, {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
ALLOWANCE = 1e-7

FACTORIES: dict[str, Callable[[], AbstractClosedForms]] = {
    "exponential_valley": lambda: zoo.exponential_valley(normal=0.0, label=1.0),
    "scalar_factorisation": zoo.scalar_factorisation,
    "vector_factorisation": zoo.vector_factorisation,
    "diagonal_network": zoo.diagonal_network,
}

Share = Callable[[np.ndarray, float], np.ndarray]


@dataclass(frozen=True)
class LabelKnobs:
    """Which landscape, with labels ±1, and which method."""

    landscape: str = knob("vector_factorisation", "L", "landscape", choices=tuple(FACTORIES))
    workers: int = knob(4, "M", "workers", low=2, high=32)
    alpha: float = knob(0.7, "α", "time of a round, ηH", low=0.1, high=5.0, log=True)


@dataclass(frozen=True)
class LabelCase:
    """Points of Γ, what eigenpairs say there, and a method."""

    closed: AbstractClosedForms
    points: Float[np.ndarray, "point dim"]
    curvature: Curvature = field(compare=False)
    workers: int
    alpha: float


def setup(knobs: LabelKnobs, stream: Stream) -> LabelCase:
    """Return the case of the knobs."""
    closed = FACTORIES[knobs.landscape]()
    points, _ = points_near(closed, 0.0, stream)
    return LabelCase(closed, points, closed.landscape.curvature(points), knobs.workers, knobs.alpha)


def observe(case: LabelCase, traces: Traces) -> Observation:
    """−½P_T∇³L[Σ̂ + (M − 1)Ψ̂], the general drift, with Σ = δ²∇²L as it is assembled."""
    del traces
    own = case.curvature
    spread = own.sigma_hat + (case.workers - 1) * own.psi_hat(case.alpha)
    pushed = own.contracted(spread)[..., None]
    return Observation({DRIFT: Measured(-0.5 * (own.tangent_projector @ pushed)[..., 0])})


def share(h: np.ndarray, alpha: float) -> np.ndarray:
    """F(2αh)/(2α)."""
    return np.asarray(F(2.0 * alpha * h)) / (2.0 * alpha)


def share_at_alpha(h: np.ndarray, alpha: float) -> np.ndarray:
    """F(αh)/α."""
    return np.asarray(F(alpha * h)) / alpha


def share_of_psi(h: np.ndarray, alpha: float) -> np.ndarray:
    """ψ(2αh)/(2α)."""
    return np.asarray(psi(2.0 * alpha * h)) / (2.0 * alpha)


def predict(case: LabelCase) -> Prediction:
    """−¼∇_Γ tr(∇²L + (M − 1)F(2α∇²L)/(2α))."""
    return _descent(case, share)


def descending(other: Share) -> Callable[[LabelCase], Prediction]:
    """Return the prediction with another function of the Hessian for F(2αh)/(2α)."""
    return lambda case: _descent(case, other)


def unprojected(case: LabelCase) -> Prediction:
    """−¼∇ of the same trace in R^d: −¼∇³L[1 + (M − 1)ψ(2α∇²L)]."""
    own, v = case.curvature, case.curvature.eigenvectors
    slope = 1.0 + (case.workers - 1) * np.asarray(psi(2.0 * case.alpha * own.eigenvalues))
    return _predicted(-0.25 * own.contracted((v * slope[..., None, :]) @ v.swapaxes(-1, -2)))


def _descent(case: LabelCase, own: Share) -> Prediction:
    shifts = STEP * np.eye(case.points.shape[1])
    at = case.points[:, None, :]
    total = sum(
        w * (_potential(case, own, at + k * shifts) - _potential(case, own, at - k * shifts))
        for k, w in WEIGHTS.items()
    )
    return _predicted(-0.25 * np.asarray(total) / STEP)


def _potential(case: LabelCase, own: Share, theta: np.ndarray) -> Float[np.ndarray, "point dim"]:
    """The trace at Φ(θ): its gradient in θ is the gradient along Γ."""
    landscape = case.closed.landscape
    h = np.linalg.eigvalsh(landscape.hessian(case.closed.project(theta)))[..., -landscape.codimension :]
    return (h + (case.workers - 1) * own(h, case.alpha)).sum(axis=-1)


def _predicted(value: np.ndarray) -> Prediction:
    allowance = ALLOWANCE * max(1.0, float(np.abs(value).max()))
    return Prediction({DRIFT: Predicted(value, allowance, reason="differences of sixth order along Γ")})


PROOF = r"""With $\Sigma=\delta^2\mathrm{Hess}$ on $\Gamma$, $\Sigma_\parallel=0$, and in the eigenbasis
$\hat\Sigma=\frac{\delta^2}2P_N$, $\hat\Psi=\frac{\delta^2}2\psi(2\alpha\mathrm{Hess})$ on $P_N$. Along $\Gamma$, for
a tangent $u$, $u\cdot\nabla\operatorname{tr}f(\mathrm{Hess})= \langle f'(\mathrm{Hess}),\nabla^3L[u]\rangle$. For
$f(h)=h+(M-1)F(2\alpha h)/2\alpha$, $f'=1+(M-1)\psi(2\alpha h)$, since $F'=\psi$; the tangent eigenvectors contribute
$P_T\nabla^3L[P_T]=0$. Hence $-\frac1{2B}P_T\nabla^3L[\hat\Sigma+(M-1)\hat\Psi]=-\frac{\delta^2}{4B}
\nabla_\Gamma\operatorname{tr}f(\mathrm{Hess})$."""

CLAIM = Claim(
    key="derived/slow-sde-label-noise",
    title="Under label noise the drift is the steepest descent of tr(∇²L + (M − 1)F(2α∇²L)/(2α)) along Γ",
    statement=(
        r"For $\Sigma=\delta^2\mathrm{Hess}$ on $\Gamma$ the slow SDE is the ODE $\dot\zeta=-\frac{\delta^2}{4B} "
        r"\nabla_\Gamma\operatorname{tr}\big(\mathrm{Hess} + (M-1)F(2\alpha\mathrm{Hess})/(2\alpha)\big)$, "
        r"$F(x)=\int_0^x\psi$ applied as a matrix function: $\operatorname{tr}\mathrm{Hess}$ for SGD, $M$ times that "
        r"as $\alpha\to\infty$."
    ),
    hypotheses=("½-squared loss with labels y ± δ", "Γ: every label met"),
    reference=Reference("gu2023", "label noise; theorem number unknown", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=LabelKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("F(αh)/α", "the relaxation e^{−λτ} of y for that of y²", descending(share_at_alpha)),
        Falsifier("ψ for F", "the gain itself, not its integral, as the potential", descending(share_of_psi)),
        Falsifier("the gradient in R^d", "Γ taken for the whole space", unprojected),
    ),
    see=("derived/slow-sde-second-derivative", "derived/slow-sde-special-functions"),
)
