"""Closed forms of Φ against the integrated flow, and ∂Φ = P_T on Γ."""

from dataclasses import dataclass

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
from sde.landscapes.projection import flow_limit
from sde.zoo import AbstractClosedForms


END, DERIVATIVE = "Φ(θ)", "∂Φ on Γ"
# Of the iteration to the closest point, a contraction near Γ.
STEPS, REST = 400, 1e-12

NAMES = (
    "exponential_valley",
    "quadratic_valley",
    "ring",
    "circle",
    "sphere",
    "scalar_factorisation",
    "vector_factorisation",
    "diagonal_network",
)


@dataclass(frozen=True)
class ProjectionKnobs:
    """Which landscape, and how far from its minima."""

    landscape: str = knob("scalar_factorisation", "L", "landscape", choices=NAMES)
    distance: float = knob(0.2, "d", "distance of the start from its point of Γ", low=0.05, high=0.3)


@dataclass(frozen=True)
class ProjectionCase:
    """Points on Γ and off it."""

    closed: AbstractClosedForms
    on: Float[np.ndarray, "point dim"]
    off: Float[np.ndarray, "point dim"]


def setup(knobs: ProjectionKnobs, stream: Stream) -> ProjectionCase:
    """Return the case of the knobs."""
    closed = landscape_named(knobs.landscape)
    return ProjectionCase(closed, *points_near(closed, knobs.distance, stream))


def observe(case: ProjectionCase, traces: Traces) -> Observation:
    """Integrate the gradient flow, and its first variation."""
    del traces
    ends = flow_limit(case.closed.landscape, case.off)
    return Observation(
        {END: Measured(ends), DERIVATIVE: Measured(flow_at(case.closed, case.on).first)},
    )


def predict(case: ProjectionCase) -> Prediction:
    """The closed form, and P_T by eigenvectors."""
    tangent = case.closed.landscape.curvature(case.on).tangent_projector
    size = float(np.abs(case.off).max())
    return Prediction({END: predicted(case.closed.project(case.off), size), DERIVATIVE: predicted(tangent)})


def closest_point(case: ProjectionCase) -> Prediction | AssumptionUnmet:
    """The point of Γ nearest to θ."""
    nearest = _nearest(case)
    if np.allclose(nearest, case.closed.project(case.off), atol=REST * STEPS):
        return AssumptionUnmet("here the flow is radial and ends at the closest point")
    return Prediction({END: predicted(nearest)})


def _nearest(case: ProjectionCase) -> Float[np.ndarray, "point dim"]:
    """Return the fixed point of ζ ↦ Φ(ζ + P_T(θ − ζ)), where θ − ζ is normal."""
    at = case.closed.project(case.off)
    for _ in range(STEPS):
        tangent = case.closed.landscape.curvature(at).tangent_projector
        step = (tangent @ (case.off - at)[..., None])[..., 0]
        if np.abs(step).max() <= REST:
            break
        at = case.closed.project(at + step)
    return at


PROOF = r"""Each orbit is found by dividing two components of the flow. Valley $\frac12h(x)y^2$: $dx/dy=h'y/2h$, so
that $\int2h/h'\,dx-y^2/2$ is kept: $\Phi_x=x-cy^2/4$ for $h=e^{cx}$, and $x\,e^{(x^2-y^2)/2}$ is kept for $h=1+x^2$.
Ring: $d\varphi/dr= h'(r-1)/2hr^2$ keeps $\int2h/h'\,d\varphi-(\ln r+1/r-1)$. Circle, sphere: the gradient is radial.
Products: $\dot u=-gv$, $\dot v=-gu$ keep $u^2-v^2$, or $|u+v||u-v|$ and both directions. Diagonal network: $\dot
u=-2u\circ X^\top\rho$, $\dot v=2v\circ X^\top\rho$ with $\rho=r/n$, so $u=u_0\circ e^{-2X^\top\nu}$, $v=v_0\circ
e^{2X^\top\nu}$, $\nu=\int\rho$, and the labels determine $\nu$ by a convex problem. On $\Gamma$:
$V'=-\mathrm{Hess}\,V$ from $I$ tends to the projector on the kernel of the Hessian, which is $P_T$."""

CLAIM = Claim(
    key="derived/slow-sde-projections",
    title="Φ in closed form is where the gradient flow ends, and its derivative on Γ is the tangent projector",
    statement=(
        r"On valleys, rings, circle, sphere, factorisations and the diagonal network the limit $\Phi$ of the "
        r"gradient flow is explicit, or one quadrature or convex problem away; $\partial\Phi=P_T$ on $\Gamma$."
    ),
    hypotheses=("a start near Γ",),
    reference=Reference("derived", "proved here"),
    source="derived",
    proof=PROOF,
    knobs=ProjectionKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "the closest point of Γ",
            "it agrees with Φ to first order, and differs like the square of the distance",
            closest_point,
        ),
    ),
    see=("derived/slow-sde-second-derivative",),
)
