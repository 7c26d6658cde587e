"""FedProx by gradient steps is an affine recursion, and where its steps lead is the exact local solve."""

from dataclasses import dataclass, replace

import numpy as np

from implicitbias import GradientSteps, LocalMethod, Quadratics, Stream
from paper_repro.claims import (
    Claim,
    closed_form,
    Falsifier,
    knob,
    Observation,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.unlike_workers import (
    FederatedCase,
    path_beside,
    path_of,
    path_run,
    path_under,
    seen_path,
    unlike_case,
    UnlikeKnobs,
)


@dataclass(frozen=True)
class PulledKnobs:
    """Workers with unlike quadratics, their local steps, and the pull towards the server."""

    workers: int = knob(4, "M", "workers", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    apart: float = knob(1.0, "ζ", "distance of the workers' minimisers", low=0.3, high=10.0, log=True)
    pull: float = knob(1.0, "ρ", "proximal coefficient", low=0.3, high=3.0, log=True)
    share: float = knob(0.3, "s", "η as a share of 2/(max λ(A_m) + ρ)", low=0.2, high=0.9)
    local_steps: int = knob(8, "H", "local steps of the busiest worker", low=2, high=20, log=True)


def setup(knobs: PulledKnobs, stream: Stream) -> FederatedCase:
    """Return FedProx with unequal H_m and weights."""
    sizes = UnlikeKnobs("quadratics", knobs.workers, knobs.dim, knobs.apart, 0.5, knobs.local_steps)
    case = unlike_case(sizes, stream)
    lr = knobs.share * 2.0 / (case.problem.smoothness + knobs.pull)
    return case.with_method(replace(case.method, lr=lr, local_solver=GradientSteps(knobs.pull)))


def pulled(case: FederatedCase, multiple: float) -> LocalMethod:
    """Return the method with that multiple of ρ."""
    solver = case.method.local_solver
    assert isinstance(solver, GradientSteps)
    return replace(case.method, local_solver=GradientSteps(multiple * solver.proximal))


def weight_decay(case: FederatedCase) -> Prediction:
    """The path of FedAvg on f_m + (ρ/2)|v|²."""
    solver, problem = case.method.local_solver, case.problem
    assert isinstance(solver, GradientSteps) and isinstance(problem, Quadratics)
    hessians = problem.hessians + solver.proximal * np.eye(problem.dim)
    centres = np.linalg.solve(hessians, (problem.hessians @ problem.centres[..., None]))[..., 0]
    decayed = replace(case, problem=Quadratics(hessians, centres), method=pulled(case, 0.0))
    return Prediction(path_of(decayed).quantities)


def observe(case: FederatedCase, traces: Traces) -> Observation:
    """The path."""
    return seen_path(case, traces, "fedprox")


CLAIM = Claim(
    key="li2020/path",
    title="FedProx by gradient steps on quadratics is an affine recursion: every round of the run lies on it",
    statement=(
        r"With $H_m$ gradient steps on $f_m(v)+\frac\rho2|v-x|^2$, $f_m$ quadratic, FedProx is "
        r"$x\leftarrow x-\eta_g\sum_mp_mW_m(x-b_m)$ with $W_m=P_m(I-(I-\eta(A_m+\rho I))^{H_m})$, "
        r"$P_m=A_m(A_m+\rho I)^{-1}$. Many steps are the exact solve, $W_m\to P_m$."
    ),
    hypotheses=(
        r"quadratic losses, full gradients, $\eta<2/(\max_m\lambda_{\max}(A_m)+\rho)$",
        "all workers take part",
    ),
    reference=Reference("li2020", "the algorithm; the recursion is ours", ("arXiv 1812.06127",)),
    source="derived",
    proof=(
        r"The local loss is a quadratic with Hessian $A_m+\rho I$ and minimiser $x-P_m(x-b_m)$, and $H_m$ steps from "
        r"$x$ leave the share $(I-\eta(A_m+\rho I))^{H_m}$ of the way, whose factors commute with $P_m$."
    ),
    knobs=PulledKnobs(),
    setup=setup,
    needs=path_run,
    observe=observe,
    predict=path_beside(lambda case: pulled(case, 2.0), "2ρ for ρ"),
    judge=closed_form,
    falsifiers=(
        Falsifier("2ρ for ρ", "the gradient of ρ|v − x|²", path_under(lambda case: pulled(case, 2.0))),
        Falsifier("no pull", "it is 0 at the first step", path_under(lambda case: pulled(case, 0.0))),
        Falsifier("pulled to 0, not to x", "an optimiser's weight decay for the penalty", weight_decay),
    ),
    see=("li2020/fixed-point", "mcmahan2017/path"),
    axes=("communication rounds r", "|x − x*|", "linear", "log"),
)
