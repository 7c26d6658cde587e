"""Limits of the slow SDE's coefficients: one worker, short rounds, endless rounds."""

from dataclasses import dataclass

import numpy as np

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
from paper_repro.claims.verdict import Relation
from paper_repro.papers.derived.slow_sde.setting import manifold_case, ManifoldCase, predicted, SHAPES


ALONE, SHORT, ENDLESS = "B × drift, M = 1", "B × drift, α = 0", "B × drift, α = ∞"
ONSET, DIFFUSION = "slope of B × drift in α at 0", "B × rate of the diffusion"
SATURATED = "smallest gain of a pair at α = 50/λ, λ the smallest"
# ψ(x)/x at this x is ½ up to x/6.
TINY = 1e-6
# αλ at which a round counts as long, also for the slowest pair, a mixed one: ψ(50) = 1 − 1/50.
LONG = 50.0


@dataclass(frozen=True)
class LimitKnobs:
    """Which manifold, and which method."""

    instance: int = knob(
        0,
        "k",
        "random manifold: 0 of codimension 2 in R⁴, 1 of codimension 1 in R³",
        choices=tuple(range(len(SHAPES))),
    )
    workers: int = knob(4, "M", "workers", low=2, high=32)
    alpha: float = knob(0.7, "α", "time of a round, where no limit is taken", low=0.05, high=10.0, log=True)


def setup(knobs: LimitKnobs, stream: Stream) -> ManifoldCase:
    """Return the case of the knobs."""
    del stream
    return manifold_case(knobs.instance, knobs.workers, knobs.alpha)


def observe(case: ManifoldCase, traces: Traces) -> Observation:
    """Assemble drift and diffusion from DF and D²F, at both ends of their range."""
    del traces

    def drift(workers: int, alpha: float) -> np.ndarray:
        return case.closed.slow_drift(case.points, workers, 1.0, alpha)

    root = case.closed.slow_diffusion(case.points, 1.0)
    found = {
        ALONE: drift(1, case.alpha),
        SHORT: drift(case.workers, 0.0),
        ENDLESS: drift(case.workers, np.inf),
        ONSET: (drift(case.workers, TINY) - drift(case.workers, 0.0)) / TINY,
        DIFFUSION: root @ root.swapaxes(-1, -2),
        SATURATED: _smallest_gain(case),
    }
    return Observation({name: Measured(value) for name, value in found.items()})


def _smallest_gain(case: ManifoldCase) -> float:
    """Return the least of ⟨Σ_eff, v_i v_jᵀ⟩/⟨Σ, v_i v_jᵀ⟩ over the pairs of which one is normal."""
    own, v = case.curvature, case.curvature.eigenvectors
    slowest = own.eigenvalues[..., own.codimension - 1].min()
    effective = own.effective_covariance(case.workers, LONG / slowest)
    inner, raised = (v.swapaxes(-1, -2) @ s @ v for s in (own.covariance, effective))
    return float((raised / inner)[..., own.normal[:, None] | own.normal].min())


def predict(case: ManifoldCase) -> Prediction:
    """SGD's drift twice, M times its part in Σ_◇, (M − 1)(λ_i + λ_j)/2, and Σ_∥."""
    own, many = case.curvature, case.workers
    alone = predicted(0.5 * own.second_of_projection(own.covariance))
    onset = 0.25 * (many - 1) * own.second_of_projection(own.weighted(lambda sums: sums))
    endless = 0.5 * own.second_of_projection(own.covariance + (many - 1) * own.sigma_mixed)
    # The next term of ψ is −x²/6, and differences of drifts carry their rounding over the step.
    slack = TINY * many * float(own.eigenvalues.max()) ** 2 * float(np.abs(own.third).max())
    values = {
        ALONE: alone,
        SHORT: alone,
        ENDLESS: predicted(endless, many),
        ONSET: Predicted(onset, slack + 1e-9 * many, reason="ψ = x/2 − x²/6, and rounding over the step"),
        DIFFUSION: predicted(own.sigma_parallel),
        SATURATED: Predicted(0.98 * many + 0.02, 1e-9 * many, Relation.AT_LEAST, "rounding: ψ(50) = 0.98"),
    }
    return Prediction(values)


def amplified(case: ManifoldCase) -> Prediction:
    """MΣ_∥ in the limit of endless rounds."""
    return Prediction({DIFFUSION: predicted(case.workers * case.curvature.sigma_parallel)})


def whole_drift(case: ManifoldCase) -> Prediction:
    """M times the whole of SGD's drift."""
    own = case.curvature
    whole = 0.5 * case.workers * own.second_of_projection(own.covariance)
    return Prediction({ENDLESS: predicted(whole, case.workers)})


def without_onset(case: ManifoldCase) -> Prediction:
    """A gain of second order in α."""
    return Prediction({ONSET: predicted(np.zeros_like(case.points))})


PROOF = r"""The coefficients are $\frac1{2B}\partial^2\Phi[\Sigma+(M-1)\Psi]$ and $\Sigma_\parallel/B$, and $M$ and
$\alpha$ enter by $(M-1)\psi(\alpha(\lambda_i+\lambda_j))$ alone. $M=1$ or $\psi(0)=0$ leave SGD; $\psi(\infty)=1$
leaves $\Sigma+(M-1)\Sigma_\diamond$, that is $M\Sigma_\diamond+\Sigma_\parallel$: $M$ times the drift in
$\hat\Sigma$, while the bend of $\Gamma$ and the diffusion stay. $\psi'(0)=\frac12$ gives the onset, and
$\psi(50)=1-\frac1{50}(1-e^{-50})$ the gain at $\alpha\lambda=50$: $1+(M-1)\psi\ge.98M+.02$."""

CLAIM = Claim(
    key="derived/slow-sde-limits",
    title="Local SGD is SGD for one worker or short rounds; endless rounds give M times the drift, the same diffusion",
    statement=(
        r"As $\alpha\to0$ or for $M=1$ the slow SDE of Local SGD is that of SGD, with slope "
        r"$\frac{M-1}{4B}\partial^2\Phi[(\lambda_i+\lambda_j)\Sigma_{ij}]$ in $\alpha$; as $\alpha\to\infty$ it is "
        r"$d\zeta=P_\zeta(B^{-1/2}\Sigma_\parallel^{1/2}dW-\frac M{2B}\nabla^3L[\hat\Sigma]dt)$. At "
        r"$\alpha\lambda=50$ the gain is at least $.98M+.02$."
    ),
    hypotheses=("Γ a manifold of minima on which rank ∇²L is its codimension",),
    reference=Reference("gu2023", "limits of the slow SDE; theorem number unknown", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=LimitKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("diffusion times M", "workers drift and diffuse M times as fast on their own", amplified),
        Falsifier(
            "the whole drift times M", "the bend of Γ belongs to the drift, so take all of it", whole_drift
        ),
        Falsifier("no onset of first order in α", "a round of one step changes nothing", without_onset),
    ),
    see=("derived/slow-sde-second-derivative",),
)
