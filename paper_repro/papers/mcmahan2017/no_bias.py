"""When FedAvg rests at x*: workers agree in Hessians and step counts, or in minimisers, or take one step."""

import dataclasses
from dataclasses import dataclass, replace

import numpy as np

from implicitbias import LocalMethod, Quadratics, RunSpec, Stream
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
    FederatedCase,
    REMAINDER,
    unlike_case,
    unlike_quadratics,
    UnlikeKnobs,
)


ENDS = {
    "hessians": "x − x* at rest, equal A_m and H_m",
    "minimisers": "x − x* at rest, equal b_m",
    "one step": "x − x* at rest, H = 1",
}


@dataclass(frozen=True)
class SharedKnobs:
    """Quadratics that share something, and the local work."""

    workers: int = knob(4, "M", "workers", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    apart: float = knob(1.0, "ζ", "distance of the workers' minimisers", low=0.3, high=10.0, log=True)
    share: float = knob(0.3, "s", "η as a share of 2/max λ(A_m)", low=0.2, high=0.9)
    local_steps: int = knob(8, "H", "local steps of the busiest worker", low=2, high=20, log=True)
    server_rate: float = knob(0.8, "η_g", "rate of the server", low=0.5, high=1.0)

    @property
    def unlike(self) -> UnlikeKnobs:
        """The same sizes with nothing shared."""
        return UnlikeKnobs("quadratics", *dataclasses.astuple(self))


@dataclass(frozen=True)
class Exact:
    """The three ways to have no bias."""

    cases: dict[str, FederatedCase]


def setup(knobs: SharedKnobs, stream: Stream) -> Exact:
    """Return one case of each way, with everything else unequal."""
    case = unlike_case(knobs.unlike, stream)
    return Exact({"hessians": equal_hessians(case, knobs, stream), **_others(case)})


def _others(case: FederatedCase) -> dict[str, FederatedCase]:
    assert isinstance(case.problem, Quadratics)
    shared = np.tile(case.problem.centres[0], (case.problem.workers, 1))
    one_minimum = replace(case, problem=Quadratics(case.problem.hessians, shared))
    return {"minimisers": one_minimum, "one step": case.with_method(with_steps(case, 1))}


def equal_hessians(case: FederatedCase, knobs: SharedKnobs, stream: Stream) -> FederatedCase:
    """Return equal A_m and H_m = H."""
    problem = unlike_quadratics(knobs.workers, knobs.dim, stream, knobs.apart, alike=True)
    lr = knobs.share * 2.0 / problem.smoothness
    return replace(case, problem=problem, method=replace(with_steps(case, knobs.local_steps), lr=lr))


def with_steps(case: FederatedCase, steps: int) -> LocalMethod:
    """Return the method with H for all."""
    return replace(case.method, local_steps=steps)


def all_unlike(knobs: SharedKnobs, stream: Stream) -> Exact:
    """Return unequal A_m for equal ones."""
    case = unlike_case(knobs.unlike, stream)
    return Exact({"hessians": case.with_method(with_steps(case, knobs.local_steps)), **_others(case)})


def unequal_work(knobs: SharedKnobs, stream: Stream) -> Exact:
    """Return equal A_m, but unequal H_m."""
    case = unlike_case(knobs.unlike, stream)
    alike = equal_hessians(case, knobs, stream)
    uneven = alike.with_method(replace(alike.method, local_steps=case.steps))
    return Exact({"hessians": uneven, **_others(case)})


def needs(case: Exact, budget: Budget) -> tuple[RunSpec, ...]:
    """Every case, to rest."""
    del budget
    return tuple(own.run(own.rounds_to_rest) for own in case.cases.values())


def observe(case: Exact, traces: Traces) -> Observation:
    """How far from x* they rest."""
    quantities, curves = {}, []
    for (name, own), trace, key in zip(case.cases.items(), traces, ("H=10", "H=100", "H=1"), strict=True):
        quantities[ENDS[name]] = Measured(trace.w[0, -1] - own.minimiser)
        size = np.linalg.norm(trace.w[0] - own.minimiser, axis=1)
        curves.append(
            Curve(trace.rounds, size, ENDS[name].removeprefix("x − x* at rest, "), method=f"fedavg:{key}")
        )
    return Observation(quantities, tuple(curves))


def predict(case: Exact) -> Prediction:
    """0."""
    quantities = {}
    for name, own in case.cases.items():
        size = 1.0 + float(np.abs(own.start).max() + np.abs(own.own_minimisers).max())
        zero = np.zeros(own.problem.dim)
        quantities[ENDS[name]] = Predicted(zero, REMAINDER * size, reason="what is left of the start")
    return Prediction(quantities)


CLAIM = Claim(
    key="mcmahan2017/no-bias",
    title="FedAvg rests exactly at x* if workers share A_m and H_m, or their minimisers, or take one step",
    statement=(
        r"On quadratic losses $x_{fix}=x^*=\operatorname{argmin}\sum_mp_mf_m$ if (a) all $A_m$ and all $H_m$ agree, "
        r"however far "
        r"apart the minimisers are, or (b) all $b_m$ agree, or (c) every $H_m=1$. Equal $A_m$ with unequal $H_m$ do "
        r"not suffice."
    ),
    hypotheses=("quadratic losses, full gradients", r"$\eta<2/\max_m\lambda_{\max}(A_m)$, $\eta_g\le1$"),
    reference=Reference("mcmahan2017", "the algorithm; the cases are ours", ("arXiv 1602.05629",)),
    source="derived",
    proof=(
        r"$\sum_mp_mW_m(x-b_m)=0$ (see mcmahan2017/fixed-point). (a) One invertible $W$ for all: $x=\sum_mp_mb_m$, "
        r"which is $x^*$ for equal $A_m$. (b) $x=b=x^*$ makes every term vanish. (c) $W_m=\eta A_m$."
    ),
    knobs=SharedKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("unequal A_m", "the same work everywhere ought to be fair", setup=all_unlike),
        Falsifier("equal A_m, unequal H_m", "no worker's loss is steeper", setup=unequal_work),
    ),
    see=("mcmahan2017/fixed-point", "wang2022/equal-hessians"),
    axes=("communication rounds r", "|x − x*|", "linear", "log"),
)
