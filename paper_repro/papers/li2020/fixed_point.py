"""Where FedProx with exact local solves rests, for three ρ: between the workers' minimisers and x*."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import LocalMethod, Proximal, RunSpec, Stream
from implicitbias.recursions import worker_curvatures
from paper_repro.claims import (
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.unlike_workers import (
    distance,
    FederatedCase,
    REMAINDER,
    unlike_case,
    UnlikeKnobs,
)


# ρ of the three runs, as multiples of the knob.
MULTIPLES = (0.1, 1.0, 5.0)
ENDS = {c: f"rest, {c:g}ρ" for c in MULTIPLES}


@dataclass(frozen=True)
class ProximalKnobs:
    """Workers with unlike losses, and the pull towards the server."""

    data: str = knob("quadratics", "f_m", "losses of the workers", choices=("quadratics", "regression"))
    workers: int = knob(4, "M", "workers", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    apart: float = knob(1.0, "ζ", "distance of the workers' minimisers", low=0.3, high=10.0, log=True)
    pull: float = knob(1.0, "ρ", "proximal coefficient of the middle run", low=0.3, high=2.0, log=True)
    server_rate: float = knob(0.8, "η_g", "rate of the server", low=0.5, high=1.0)


@dataclass(frozen=True)
class ProximalCase:
    """Exact local solves with ρ, about the losses and weights of a federated case."""

    case: FederatedCase
    pull: float

    def with_pull(self, multiple: float) -> FederatedCase:
        """Return the exact solves with that multiple of ρ."""
        method = self.case.method
        exact = LocalMethod(
            local_solver=Proximal(multiple * self.pull), aggregation=method.aggregation, server=method.server
        )
        return self.case.with_method(exact)


def setup(knobs: ProximalKnobs, stream: Stream) -> ProximalCase:
    """Return the case of the knobs."""
    sizes = UnlikeKnobs(knobs.data, knobs.workers, knobs.dim, knobs.apart, server_rate=knobs.server_rate)
    return ProximalCase(unlike_case(sizes, stream), knobs.pull)


def needs(case: ProximalCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Three runs, to rest."""
    del budget
    own = [case.with_pull(multiple) for multiple in MULTIPLES]
    return tuple(one.run(one.rounds_to_rest) for one in own)


def observe(case: ProximalCase, traces: Traces) -> Observation:
    """The last models."""
    quantities, curves = {}, []
    for k, (multiple, trace) in enumerate(zip(MULTIPLES, traces, strict=True)):
        quantities[ENDS[multiple]] = Measured(trace.w[0, -1])
        curve = distance(case.case, trace, f"fedprox:H={10**k}")
        curves.append(Curve(curve.x + 1, curve.y, f"ρ = {multiple * case.pull:.3g}", method=curve.method))
    return Observation(quantities, tuple(curves))


def rest(case: FederatedCase, pull: float) -> Float[np.ndarray, " dim"]:
    """Return (Σ p_m P_m)^{−1} Σ p_m P_m b_m, P_m = A_m(A_m + ρI)^{−1}."""
    hessians, pulls = worker_curvatures(case.problem)
    eased = np.linalg.inv(hessians + pull * np.eye(case.problem.dim))
    shares = np.tensordot(case.weights, eased @ hessians, axes=1)
    return np.linalg.solve(shares, np.einsum("m,mij,mj->i", case.weights, eased, pulls))


def at(case: ProximalCase, points: dict[float, Float[np.ndarray, " dim"]], role: str) -> Prediction:
    """Return the prediction of where the three runs rest."""
    size = 1.0 + float(np.abs(case.case.start).max() + np.abs(case.case.own_minimisers).max())
    reason = "what is left of the start"
    quantities = {ENDS[c]: Predicted(x, REMAINDER * size, reason=reason) for c, x in points.items()}
    rounds = np.array([1.0, max(case.with_pull(c).rounds_to_rest for c in points)])
    heights = [float(np.linalg.norm(x - case.case.minimiser)) for x in points.values()]
    lines = [Curve(rounds, np.full(2, y), "rest", role) for y in heights]
    return Prediction(quantities, tuple(lines))


def predict(case: ProximalCase) -> Prediction:
    """The fixed points."""
    return at(case, {c: rest(case.case, c * case.pull) for c in MULTIPLES}, "theory")


def doubled(case: ProximalCase) -> Prediction:
    """Fixed points with 2ρ."""
    return at(case, {c: rest(case.case, 2.0 * c * case.pull) for c in MULTIPLES}, "falsifier")


def everywhere(case: ProximalCase, point: Float[np.ndarray, " dim"]) -> Prediction:
    """One point for every ρ."""
    return at(case, {c: point for c in MULTIPLES}, "falsifier")


PROOF = r"""$A_m(w-b_m)+\rho(w-x)=0$ gives $w=x-P_m(x-b_m)$, $P_m=A_m(A_m+\rho I)^{-1}$, whose eigenvalues lie in
$(0,1)$. The rest is that of mcmahan2017/fixed-point with $P_m$ in the place of $W_m$."""

CLAIM = Claim(
    key="li2020/fixed-point",
    title="FedProx with exact solves rests at the mean of the b_m with weights p_m A_m(A_m + ρI)⁻¹, not at x*",
    statement=(
        r"With $\operatorname{argmin}_wf_m(w)+\frac\rho2|w-x|^2$ solved exactly on quadratic losses, FedProx "
        r"converges to "
        r"$(\sum_mp_mP_m)^{-1}\sum_mp_mP_mb_m$, $P_m=A_m(A_m+\rho I)^{-1}$, whatever the server rate $\eta_g\le1$."
    ),
    hypotheses=("quadratic losses, A_m > 0, ρ > 0", "exact local solves, all workers take part"),
    reference=Reference("li2020", "the algorithm; the fixed point is ours", ("arXiv 1812.06127",)),
    source="derived",
    proof=PROOF,
    knobs=ProximalKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("2ρ for ρ", "the penalty is ρ/2, as a weight decay is often meant to be ρ", doubled),
        Falsifier("x* for every ρ", "the penalty vanishes at rest", lambda case: everywhere(case, case.case.minimiser)),
        Falsifier(
            "Σ p_m b_m for every ρ",
            "exact solves end at the b_m",
            lambda case: everywhere(case, case.case.weights @ case.case.own_minimisers),
        ),
    ),
    see=("li2020/pull", "mcmahan2017/fixed-point"),
    axes=("communication rounds r + 1", "|x − x*|", "log", "log"),
)  # fmt: skip
