"""The master formula: an invariant of the flow drifts by one Hessian."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from paper_repro.claims import (
    AssumptionUnmet,
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
from paper_repro.papers.derived.slow_sde.setting import flow_at, landscape_named, points_near, predicted
from sde.formulas import psi
from sde.landscapes import Curvature
from sde.landscapes.compiled import compiled
from sde.zoo import AbstractClosedForms


DRIFT = "B times the drift of q"
NAMES = (
    "circle",
    "exponential_valley",
    "quadratic_valley",
    "sphere",
    "scalar_factorisation",
    "vector_factorisation",
    "matrix_factorisation",
    "diagonal_network",
)

Matrices = Float[np.ndarray, "point dim dim"]


@dataclass(frozen=True)
class MasterKnobs:
    """Which landscape, and which method."""

    landscape: str = knob("circle", "L", "landscape", choices=NAMES)
    workers: int = knob(4, "M", "workers", low=2, high=32)
    alpha: float = knob(0.7, "α", "time of a round, ηH", low=0.05, high=10.0, log=True)


@dataclass(frozen=True)
class MasterCase:
    """Points of Γ with ∇q and ∇²q of the invariants there."""

    closed: AbstractClosedForms
    points: Float[np.ndarray, "point dim"]
    curvature: Curvature = field(compare=False)
    slope: Float[np.ndarray, "point invariant dim"]
    bend: Float[np.ndarray, "point invariant dim dim"]
    workers: int
    alpha: float


def setup(knobs: MasterKnobs, stream: Stream) -> MasterCase:
    """Return the case of the knobs."""
    closed = landscape_named(knobs.landscape)
    points, _ = points_near(closed, 0.0, stream)
    v, own = closed.landscape.variables, closed.landscape
    slopes = [[q.diff(a) for a in v] for q in own.invariants]
    bends = [[[s.diff(a) for a in v] for s in row] for row in slopes]
    slope, bend = (compiled(v, e)(points) for e in (slopes, bends))
    return MasterCase(closed, points, own.curvature(points), slope, bend, knobs.workers, knobs.alpha)


def observe(case: MasterCase, traces: Traces) -> Observation:
    """Apply Itô's rule to q on the slow SDE dζ = … + (1/2B)∂²Φ[Σ_eff] dt, ∂²Φ by the variations of the flow."""
    del traces
    own = case.curvature
    drift = flow_at(case.closed, case.points).contracted(own.effective_covariance(case.workers, case.alpha))
    moved = np.einsum("pqi,pi->pq", case.slope, drift) + _bent(case, own.sigma_parallel)
    return Observation({DRIFT: Measured(0.5 * moved)})


def predict(case: MasterCase) -> Prediction:
    """½⟨∇²q, Σ_eff⟩."""
    return _master(case, case.curvature.effective_covariance(case.workers, case.alpha))


def doubled_mixed_pairs(case: MasterCase) -> Prediction | AssumptionUnmet:
    """Ψ with ψ(2αλ_i) for the mixed pair (i, tangent) too."""
    own = case.curvature
    normal = np.where(own.eigenvalues > 0.0, own.eigenvalues, 0.0)
    largest = np.maximum(normal[..., :, None], normal[..., None, :])
    sums = np.where((own.sums > largest), own.sums, 2.0 * own.sums)
    v = own.eigenvectors
    inner = v.swapaxes(-1, -2) @ own.covariance @ v
    wrong = v @ (np.asarray(psi(case.alpha * sums)) * inner) @ v.swapaxes(-1, -2)
    prediction = _master(case, own.covariance + (case.workers - 1) * wrong)
    if prediction.coincides(predict(case)):
        return AssumptionUnmet("mixed noise does not move this invariant")
    return prediction


def sgd(case: MasterCase) -> Prediction | AssumptionUnmet:
    """Σ in place of Σ_eff."""
    prediction = _master(case, case.curvature.covariance)
    if prediction.coincides(predict(case)):
        return AssumptionUnmet("local steps do not move this invariant")
    return prediction


def _master(case: MasterCase, effective: Matrices) -> Prediction:
    return Prediction({DRIFT: predicted(0.5 * _bent(case, effective), float(np.abs(case.bend).max()))})


def _bent(case: MasterCase, matrix: Matrices) -> Float[np.ndarray, "point invariant"]:
    return np.einsum("pqij,pij->pq", case.bend, matrix)


PROOF = r"""$q\circ\Phi=q$ near $\Gamma$. Two derivatives at $\zeta\in\Gamma$, where $\partial\Phi=P_T$:
$\nabla^2q[S]=\nabla q\cdot \partial^2\Phi[S]+\nabla^2q[P_TSP_T]$ for symmetric $S$. Take $S=\Sigma_{\rm
eff}=\Sigma+(M-1)\Psi$, whose tangent part is $\Sigma_\parallel$: the right-hand side is $2B$ times the drift that
Itô's rule gives $q$ on $d\zeta=B^{-1/2}\Sigma_\parallel^{1/2}dW +\frac1{2B}\partial^2\Phi[\Sigma_{\rm eff}]dt$."""

CLAIM = Claim(
    key="derived/slow-sde-master-formula",
    title="An invariant q of the gradient flow drifts by ⟨∇²q, Σ + (M − 1)Ψ⟩/(2B): one Hessian, no Φ",
    statement=(
        r"Let $q\circ\Phi=q$ near $\Gamma$. Under the slow SDE of Local SGD "
        r"$dq=\frac1{2B}\langle\nabla^2q,\Sigma_{\rm eff}\rangle dt+$ martingale, $(\Sigma_{\rm "
        r"eff})_{ij}=\Sigma_{ij}(1+(M-1)\psi(\alpha(\lambda_i+\lambda_j)))$ in the eigenbasis of the Hessian: a "
        r"mixed pair enters with $\psi(\alpha\lambda_i)$."
    ),
    hypotheses=("q is kept by the gradient flow near Γ",),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=MasterKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("ψ(2αλ_i) on mixed pairs", "every normal mode relaxes like e^{−2λτ}", doubled_mixed_pairs),
        Falsifier("Σ for Σ_eff", "averaging undoes what local steps do", sgd),
    ),
    see=("derived/slow-sde-second-derivative",),
)
