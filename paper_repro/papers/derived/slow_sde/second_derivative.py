"""Second derivatives of Φ by eigenpairs of the Hessian: what turns ∂²Φ[Σ] into the drifts of the slow SDE."""

from collections.abc import Callable
from dataclasses import dataclass

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
    Prediction,
    Reference,
    Traces,
)
from paper_repro.papers.derived.slow_sde.setting import (
    flow_at,
    manifold_case,
    ManifoldCase,
    predicted,
    SHAPES,
)
from sde.landscapes import Curvature


WHOLE, LOCAL, ALONG = "½∂²Φ[Σ]", "½∂²Φ[Ψ]", "½∂²Φ[Σ_∥]"
TANGENT, DRIFT, FLAT = "½P_T ∂²Φ[Σ_∥]", "½∂²Φ[Σ + (M − 1)Ψ]", "½P_T ∇³L[Σ_∥]"

Vectors = Float[np.ndarray, "point dim"]
Matrices = Float[np.ndarray, "point dim dim"]


@dataclass(frozen=True)
class SecondDerivativeKnobs:
    """Which manifold, and which method."""

    instance: int = knob(
        0,
        "k",
        "random manifold: 0 of codimension 2 in R⁴, 1 of codimension 1 in R³",
        choices=tuple(range(len(SHAPES))),
    )
    workers: int = knob(4, "M", "workers", low=2, high=32)
    alpha: float = knob(0.7, "α", "time of a round, ηH", low=0.05, high=10.0, log=True)


def setup(knobs: SecondDerivativeKnobs, stream: Stream) -> ManifoldCase:
    """Return the case of the knobs."""
    del stream
    return manifold_case(knobs.instance, knobs.workers, knobs.alpha)


def observe(case: ManifoldCase, traces: Traces) -> Observation:
    """Integrate the variational equations of the flow, and contract ∂²Φ."""
    del traces
    own, second = case.curvature, flow_at(case.closed, case.points).contracted
    along = 0.5 * second(own.sigma_parallel)
    found = {
        WHOLE: 0.5 * second(own.covariance),
        LOCAL: 0.5 * second(own.psi(case.alpha)),
        ALONG: along,
        TANGENT: _tangent(own, along),
        DRIFT: 0.5 * second(own.effective_covariance(case.workers, case.alpha)),
        FLAT: 0.5 * _tangent(own, own.contracted(own.sigma_parallel)),
    }
    return Observation({name: Measured(value) for name, value in found.items()})


def predict(case: ManifoldCase) -> Prediction:
    """−½∇²L⁺∇³L[Σ_∥] − ½P_T∇³L[Σ̂] and its parts; the whole once more in the form with 𝓛."""
    own = case.curvature
    staying, zero = _staying(own), np.zeros_like(case.points)
    local = _sliding(own, own.psi_hat(case.alpha))
    whole = staying + _sliding(own, own.sigma_hat)
    values = {
        LOCAL: local,
        ALONG: staying,
        TANGENT: zero,
        DRIFT: whole + (case.workers - 1) * local,
        FLAT: zero,
    }
    return Prediction({WHOLE: predicted(split_form(own)), **{k: predicted(v) for k, v in values.items()}})


def split_form(own: Curvature) -> Vectors:
    """−½∇²L⁺∇³L[Σ_∥] − ½P_T(2∇³L[∇²L⁺Σ_{⊥∥}] + ∇³L[𝓛⁻¹Σ_⊥]), 𝓛S = ∇²L S + S ∇²L, solved as a linear system."""
    tangent = own.tangent_projector
    normal = np.eye(tangent.shape[-1]) - tangent
    mixed = own.pseudo_inverse @ own.covariance @ tangent
    across = np.stack(
        [_lyapunov(h, s) for h, s in zip(_hessian(own), normal @ own.covariance @ normal, strict=True)]
    )
    return _staying(own) + _sliding(own, 2.0 * mixed + across)


def replaced(whole: Callable[[Curvature], Vectors]) -> Callable[[ManifoldCase], Prediction]:
    """Return the prediction with another form of ½∂²Φ[Σ]."""
    return lambda case: Prediction({WHOLE: predicted(whole(case.curvature))})


def _staying(own: Curvature) -> Vectors:
    return -0.5 * (own.pseudo_inverse @ own.contracted(own.sigma_parallel)[..., None])[..., 0]


def _sliding(own: Curvature, spread: Matrices) -> Vectors:
    return -0.5 * _tangent(own, own.contracted(spread))


def _tangent(own: Curvature, vectors: Vectors) -> Vectors:
    return (own.tangent_projector @ vectors[..., None])[..., 0]


def _hessian(own: Curvature) -> Matrices:
    v = own.eigenvectors
    return (v * own.eigenvalues[..., None, :]) @ v.swapaxes(-1, -2)


def _lyapunov(hessian: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the S of least norm with ∇²L S + S ∇²L = right."""
    eye = np.eye(len(hessian))
    system = np.kron(hessian, eye) + np.kron(eye, hessian)
    return np.linalg.lstsq(system, right.ravel(), rcond=1e-9)[0].reshape(right.shape)


def _normal_only(own: Curvature) -> Matrices:
    normal = np.eye(own.covariance.shape[-1]) - own.tangent_projector
    return normal @ own.sigma_hat @ normal


PROOF = r"""Differentiate $\partial\Phi(x)\nabla L(x)=0$ twice on $\Gamma$, where $\nabla L=0$: for all $a,b$,
$\partial^2\Phi[a,\mathrm{Hess}\,b]+\partial^2\Phi[b,\mathrm{Hess}\,a]+\partial\Phi\,\nabla^3L[a,b]=0$. With
eigenvectors $a=v_i$, $b=v_j$ of which at least one is normal: $\partial^2\Phi[v_i,v_j]=-P_T\nabla^3L[v_i,v_j]/
(\lambda_i+\lambda_j)$; weighed with $\langle\Sigma,v_iv_j^\top\rangle$ and summed this is the statement on
$\Sigma_\diamond$ and, with $\psi$ in the weights, on $\Psi$. Tangent pairs: $\Phi(\gamma(s))=\gamma(s)$ on a curve of
$\Gamma$ gives $\partial^2\Phi[\dot\gamma,\dot\gamma]=P_N\ddot\gamma$, and $\nabla L(\gamma)=0$ gives
$\nabla^3L[\dot\gamma,\dot\gamma]= -\mathrm{Hess}\,\ddot\gamma$, which is normal; hence
$\partial^2\Phi[\dot\gamma,\dot\gamma]=-\mathrm{Hess}^+\nabla^3L[\dot\gamma, \dot\gamma]$ and
$P_T\nabla^3L[\Sigma_\parallel]=0$. Splitting $\hat\Sigma$ into its two mixed blocks
$\mathrm{Hess}^+\Sigma_{\perp\parallel}$ and transpose, and its normal block $\mathcal L^{-1}\Sigma_\perp$, gives the
form of Li, Wang and Arora."""

CLAIM = Claim(
    key="derived/slow-sde-second-derivative",
    title="½∂²Φ[Σ] is the bend of Γ in Σ_∥ and the slope of the curvature in Σ̂: the drifts of the slow SDE",
    statement=(
        r"On $\Gamma$: "
        r"$\frac12\partial^2\Phi[\Sigma]=\frac12\partial^2\Phi[\Sigma_\parallel]-\frac12P_T\nabla^3L[\hat\Sigma]$, "
        r"$\frac12\partial^2\Phi[\Psi]=-\frac12P_T\nabla^3L[\hat\Psi]$, "
        r"$\frac12\partial^2\Phi[\Sigma_\parallel]=-\frac12\mathrm{Hess}^+\nabla^3L[\Sigma_\parallel]$, which is "
        r"normal, and $P_T\nabla^3L[\Sigma_\parallel]=0$; so the slow SDE of Local SGD has the drift "
        r"$\frac1{2B}\partial^2\Phi[\Sigma+(M-1)\Psi]$. For $M=1$ it is that of Li, Wang and Arora (2022)."
    ),
    hypotheses=("Γ a manifold of minima on which rank ∇²L is its codimension",),
    reference=Reference("gu2023", "slow SDE in other forms; theorem number unknown", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=SecondDerivativeKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "Σ̂ without the mixed pairs",
            "noise along Γ does not feel the curvature",
            replaced(lambda own: _staying(own) + _sliding(own, _normal_only(own))),
        ),
        Falsifier(
            "½∂²Φ[Σ] = −½P_T∇³L[Σ̂], Σ for Σ_◇",
            "noise along Γ moves along Γ, and Γ is taken for flat",
            replaced(lambda own: _sliding(own, own.sigma_hat)),
        ),
        Falsifier(
            "coefficient 1 for ½",
            "the ½ of Itô's rule forgotten",
            replaced(lambda own: _staying(own) + 2.0 * _sliding(own, own.sigma_hat)),
        ),
    ),
)
