r"""Weakly regularised local solves project, many gradient steps sweep: two limits that must not be exchanged."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.data import separable, sweeping_example
from implicitbias.local_solvers import (
    local_flow,
    margin_set,
    projection_distance_bound,
    proximal_point,
    sweeping_distance_bound,
    sweeping_process,
)
from implicitbias.problems import LinearClassification
from paper_repro.claims import (
    AssumptionUnmet,
    bound,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Relation,
    Traces,
)
from paper_repro.claims.separable import classification
from paper_repro.claims.split_data import drawn_direction


PROXIMAL, FLOW = "|prox − P(u)|", "|flow − Φ(u)|"

# Where the worked example starts, and |u| γ of the drawn starts: outside C, with constraints to be released.
EXAMPLE_START = (-3.0, 1.0)
START_SIZE = 2.0
SAMPLES, GAP = 6, 0.3

SHARES = (0.03, 0.1, 0.3, 1.0)

# Errors of the integrator and of the proximal solver, per unit of u.
SOLVED = 1e-6


@dataclass(frozen=True)
class OneWorkerKnobs:
    """One worker, and the log-scale of its local work."""

    data: str = knob("sweeping", "X", "data of one worker", choices=("sweeping", "random"))
    dim: int = knob(3, "d", "dimension, if the data are random", low=2, high=5)
    margin: float = knob(0.5, "γ", "margin, if the data are random (rows of length ≤ 1)", low=0.2, high=0.75)
    log_scale: float = knob(600.0, "Λ", "log(1/λ), and log(ηH)", low=200.0, high=700.0, log=True)


@dataclass(frozen=True, eq=False)
class OneWorkerCase:
    """One worker's problem, the point its local work starts from, and Λ."""

    problem: LinearClassification
    u: Float[np.ndarray, " dim"]
    log_scale: float

    @property
    def projected(self) -> Float[np.ndarray, " dim"]:
        """P(u)."""
        return margin_set(self.problem, 0).project(self.u).point

    @property
    def swept(self) -> Float[np.ndarray, " dim"]:
        """Φ(u)."""
        return sweeping_process(self.problem, 0).run(self.u).end

    def proximal(self, log_scale: float) -> Float[np.ndarray, " dim"]:
        """Proximal point of Λu at λ = e^(−Λ), divided by Λ."""
        return proximal_point(self.problem, 0, log_scale * self.u, float(np.exp(-log_scale))).rescaled

    def flow(self, log_scale: float) -> Float[np.ndarray, " dim"]:
        """Gradient flow from Λu for time e^Λ, divided by Λ."""
        return local_flow(self.problem, 0, log_scale * self.u, log_scale) / log_scale


def setup(knobs: OneWorkerKnobs, stream: Stream) -> OneWorkerCase:
    """Return the worked example, or drawn data with a drawn start."""
    if knobs.data == "sweeping":
        problem, u = classification(sweeping_example(), "exponential"), np.array(EXAMPLE_START)
    else:
        planted = separable(stream, samples=SAMPLES, dim=knobs.dim, margin=knobs.margin, support=2, gap=GAP)
        problem = classification(planted.samples, "exponential")
        u = drawn_direction(stream, knobs.dim) * (START_SIZE / knobs.margin)
    return OneWorkerCase(problem, u, knobs.log_scale)


def observe(case: OneWorkerCase, traces: Traces) -> Observation:
    """Distances of both kinds of local work from their limits."""
    del traces
    scales = np.array(SHARES) * case.log_scale
    proximal = np.array([np.linalg.norm(case.proximal(s) - case.projected) for s in scales])
    flow = np.array([np.linalg.norm(case.flow(s) - case.swept) for s in scales])
    error = SOLVED * (1.0 + float(np.linalg.norm(case.u)))
    curves = (
        Curve(scales, proximal, "proximal point to projection", method="proximal"),
        Curve(scales, flow, "gradient flow to sweeping", method="sweeping"),
    )
    return Observation({PROXIMAL: Measured(proximal[-1], error), FLOW: Measured(flow[-1], error)}, curves)


def predict(case: OneWorkerCase) -> Prediction:
    """The bounds of the proof."""
    scales, slack = np.array(SHARES) * case.log_scale, SOLVED * (1.0 + float(np.linalg.norm(case.u)))
    bounds = {
        PROXIMAL: [projection_distance_bound(case.problem, 0, case.u, s) for s in scales],
        FLOW: [sweeping_distance_bound(case.problem, 0, case.u, s) for s in scales],
    }
    quantities = {
        n: Predicted(b[-1], slack, Relation.AT_MOST, "error of the solvers") for n, b in bounds.items()
    }
    curves = (
        Curve(
            scales, np.array(bounds[PROXIMAL]), "bound for the proximal point", "theory", method="proximal"
        ),
        Curve(scales, np.array(bounds[FLOW]), "bound for the flow", "theory", method="sweeping"),
    )
    return Prediction(quantities, curves)


def exchanged(case: OneWorkerCase) -> Prediction | AssumptionUnmet:
    """Proximal points sweep and flows project: then each is near the other's limit, far from its own."""
    apart = float(np.linalg.norm(case.projected - case.swept))
    own = {name: float(np.max(p.value)) for name, p in predict(case).quantities.items()}
    if apart <= sum(own.values()):
        return AssumptionUnmet("no constraint is released on the way, or too late: both limits are near")
    least = {PROXIMAL: apart - own[FLOW], FLOW: apart - own[PROXIMAL]}
    return Prediction({name: Predicted(value, 0.0, Relation.AT_LEAST) for name, value in least.items()})


PROOF = r"""
Proximal points. With $u_\Lambda = w/\Lambda$, $\lambda = e^{-\Lambda}$, the proximal point minimises
$F(v) = \frac12|v-u|^2 + h(v)$, $h(v) = \frac{1}{n\Lambda^2}\sum_i e^{\Lambda(1-x_i\cdot v)}$, which is 1-strongly
convex: $F(u_\Lambda) + \frac12|P-u_\Lambda|^2 \le F(P)\le\frac12|P-u|^2 + \Lambda^{-2}$ for $P = P_m(u)$. Expand
$|u_\Lambda-u|^2$ about $P$ and use $P-u = \sum\beta_ix_i$ with $\beta_i(x_i\cdot P-1) = 0$:
$$|u_\Lambda-P|^2\le\Lambda^{-2}+\sum_i\Big[\beta_i\delta_i-\frac{e^{\Lambda\delta_i}}{n\Lambda^2}\Big]
\le\Lambda^{-2}+\frac1\Lambda\sum_{\beta_i>0}\beta_i\big(\log(n\Lambda\beta_i)-1\big),$$
$\delta_i=1-x_i\cdot u_\Lambda$, the bracket being largest at $e^{\Lambda\delta_i} = n\Lambda\beta_i$.
Gradient flow: see `derived/sweeping-limit`.
The limits differ as soon as an active constraint is released: the sweeping process keeps its push, the projection
has only the constraints that bind in the end. For $x_a = (2,1)$, $x_b = (1,0)$, $u = (-3,1)$ they are $(1,\frac53)$
and $(1,1)$. $\square$
"""

CLAIM = Claim(
    key="derived/proximal-projection",
    title="Weakly regularised local solves project, many gradient steps sweep: the limits differ",
    statement=(
        r"From $w^r = \Lambda u$: $\operatorname{argmin} f_m(w)+\frac\lambda2|w-w^r|^2$ at $\lambda=e^{-\Lambda}$, "
        r"divided by $\Lambda$, tends to the projection $P_m(u)$; the gradient flow of $f_m$ for time $e^\Lambda$, "
        r"divided by $\Lambda$, to the end $\Phi_m(u)$ of the sweeping process. Both within explicit bounds."
    ),
    hypotheses=("the worker's data separable", "exponential loss"),
    reference=Reference(
        "derived", "the proximal limit is known from sequential training, evron2023 (second-hand)"
    ),
    source="derived",
    knobs=OneWorkerKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "the two limits exchanged",
            "both kinds of local work end on the boundary of the same set, so they seem to end at the same point",
            exchanged,
        ),
    ),
    proof=PROOF,
    see=("derived/sweeping-limit", "derived/proximal-multipliers"),
    axes=("log-scale Λ", "distance from the limit, in units of Λ", "log", "log"),
)
