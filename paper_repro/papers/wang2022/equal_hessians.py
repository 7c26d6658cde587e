"""With equal Hessians the average drift is 0, however unlike the workers' gradients are."""

from dataclasses import dataclass, replace

import numpy as np

from implicitbias import RunSpec, Stream
from paper_repro.claims import (
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.unlike_workers import FederatedCase
from paper_repro.papers.wang2022.setting import (
    closed,
    dissimilarity,
    drift,
    DriftKnobs,
    equal_hessians,
    from_the_optimum,
    rounding,
    unlike,
    with_steps,
)


STEPS = 8
FARTHER = (1.0, 10.0, 100.0)
DRIFT = {c: f"ρ, minimisers {c:g} times as far apart" for c in FARTHER}


@dataclass(frozen=True)
class Apart:
    """The same Hessians with minimisers ever farther apart; and losses whose Hessians differ, to compare with."""

    cases: dict[float, FederatedCase]
    other: FederatedCase


def setup(knobs: DriftKnobs, stream: Stream) -> Apart:
    """Return one Hessian for all workers."""
    cases = {c: equal_hessians(replace(knobs, apart=c * knobs.apart), stream) for c in FARTHER}
    return Apart(
        {c: with_steps(own, STEPS) for c, own in cases.items()}, with_steps(unlike(knobs, stream), STEPS)
    )


def different(knobs: DriftKnobs, stream: Stream) -> Apart:
    """Return a Hessian of its own on every worker."""
    cases = {c: unlike(replace(knobs, apart=c * knobs.apart), stream) for c in FARTHER}
    return replace(setup(knobs, stream), cases={c: with_steps(own, STEPS) for c, own in cases.items()})


def needs(case: Apart, budget: Budget) -> tuple[RunSpec, ...]:
    """One round from x* for every distance."""
    del budget
    return tuple(from_the_optimum(own) for own in case.cases.values())


def observe(case: Apart, traces: Traces) -> Observation:
    """Measure ρ at every distance."""
    pairs = zip(case.cases.items(), traces, strict=True)
    found = {c: float(np.linalg.norm(drift(own, trace))) for (c, own), trace in pairs}
    sizes = np.array([dissimilarity(own) for own in case.cases.values()])
    measured = Curve(sizes, np.array(list(found.values())), "equal A_m: rounding", method="fedavg")
    return Observation({DRIFT[c]: Measured(rho) for c, rho in found.items()}, (measured,))


def predict(case: Apart) -> Prediction:
    """0."""
    quantities = {DRIFT[c]: Predicted(0.0, rounding(own), reason="rounding") for c, own in case.cases.items()}
    line = proportional(case).curves[0]
    return Prediction(quantities, (replace(line, label="A_m that differ: ρ ∝ ζ"),))


def proportional(case: Apart) -> Prediction:
    """ρ ∝ ζ, as it is for the other losses."""
    share = closed(case.other) / dissimilarity(case.other)
    sizes = {c: dissimilarity(own) for c, own in case.cases.items()}
    line = Curve(np.array(list(sizes.values())), share * np.array(list(sizes.values())), "ρ ∝ ζ", "falsifier")
    return Prediction({DRIFT[c]: Predicted(share * size) for c, size in sizes.items()}, (line,))


CLAIM = Claim(
    key="wang2022/equal-hessians",
    title="With equal Hessians the average drift at x* is 0 for any dissimilarity of the gradients",
    statement=(
        r"If all $A_m=A$, the average drift at the optimum is $\rho=0$ however large "
        r"$\zeta^2=\sum_mp_m|\nabla f_m(x^*)|^2$ is, and FedAvg rests at $x^*$: bounded gradient dissimilarity is too "
        r"pessimistic [stated]. It takes unequal Hessians, and then $\rho\propto\zeta$ as minimisers move apart."
    ),
    hypotheses=("quadratic losses with one Hessian, full gradients, H for all", "all workers take part"),
    reference=Reference("wang2022", "abstract; the closed form is ours", ("arXiv 2206.04723",)),
    source="derived",
    proof=r"$\sum_mp_mW(x^*-b_m)=W(x^*-\sum_mp_mb_m)=0$, for $x^*=\sum_mp_mb_m$ where all $A_m$ agree.",
    knobs=DriftKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("ρ ∝ ζ", "bounds grow with the dissimilarity of gradients", proportional),
        Falsifier("a Hessian on every worker", "only gradients pull workers apart", setup=different),
    ),
    see=("wang2022/average-drift", "mcmahan2017/no-bias"),
    axes=("dissimilarity ζ", "average drift ρ", "log", "log"),
)
