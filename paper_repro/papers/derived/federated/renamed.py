"""Who is called worker 1, and whether every worker has a twin, changes no federated method."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from implicitbias import Average, FedNova, GradientSteps, LocalMethod, Quadratics, Scaffold, Stream
from paper_repro.claims import Claim, closed_form, Falsifier, knob, Reference
from paper_repro.claims.unlike_workers import FederatedCase, unlike_case, UnlikeKnobs
from paper_repro.papers.derived.federated.pairs import needs, observe, Pair, Pairs, predict


RENAMED, TWINS = "distance after renaming workers", "distance after doubling all workers"
ROUNDS = 15
METHODS = ("fedavg", "fedprox", "scaffold", "fednova")
# ρ of FedProx, in units of the curvatures.
PULL = 0.5


@dataclass(frozen=True)
class MethodKnobs:
    """A federated method with unequal H_m and weights, on unlike quadratics."""

    method: str = knob("scaffold", "method", "federated method", choices=METHODS)
    workers: int = knob(4, "M", "workers", low=2, high=5)
    dim: int = knob(3, "d", "dimension", low=2, high=5)
    share: float = knob(0.1, "s", "η as a share of 2/max λ(A_m)", low=0.05, high=0.5, log=True)
    local_steps: int = knob(8, "H", "local steps of the busiest worker", low=2, high=10, log=True)


def of_method(knobs: MethodKnobs, stream: Stream) -> FederatedCase:
    """Return the method on its losses."""
    sizes = ("quadratics", knobs.workers, knobs.dim, 1.0, 0.5, knobs.local_steps)
    case = unlike_case(UnlikeKnobs(*sizes), stream)
    plain = replace(case.method, lr=2.0 * knobs.share / case.problem.smoothness)
    methods: dict[str, LocalMethod] = {
        "fedavg": plain,
        "fedprox": replace(plain, local_solver=GradientSteps(PULL)),
        "scaffold": replace(plain, correction=Scaffold()),
        "fednova": replace(plain, correction=FedNova()),
    }
    return case.with_method(methods[knobs.method])


def in_order(case: FederatedCase, order: Int[np.ndarray, " worker"]) -> FederatedCase:
    """Return the losses, weights and step counts of these workers, in this order."""
    assert isinstance(case.problem, Quadratics)
    problem = Quadratics(case.problem.hessians[order], case.problem.centres[order])
    return replace(case, problem=problem, method=_work_of(case, order))


def _work_of(case: FederatedCase, order: Int[np.ndarray, " worker"]) -> LocalMethod:
    steps = tuple(case.steps[k] for k in order)
    weights = Average(tuple(map(float, case.weights[order])))
    return replace(case.method, local_steps=steps, aggregation=weights)


def cyclic(case: FederatedCase) -> Int[np.ndarray, " worker"]:
    """Return the workers, the first one last."""
    return np.roll(np.arange(case.problem.workers), -1)


def twice(case: FederatedCase) -> Int[np.ndarray, " worker"]:
    """Return every worker twice."""
    return np.tile(np.arange(case.problem.workers), 2)


def pair(case: FederatedCase, other: FederatedCase, labels: tuple[str, str], name: str) -> Pair:
    """Return the runs of both."""
    return Pair(case.run(ROUNDS), other.run(ROUNDS), labels, name)


def setup(knobs: MethodKnobs, stream: Stream) -> Pairs:
    """Return the workers renamed, and the workers doubled."""
    case = of_method(knobs, stream)
    renamed, twins = in_order(case, cyclic(case)), in_order(case, twice(case))
    return {
        RENAMED: pair(case, renamed, ("as they are", "renamed"), knobs.method),
        TWINS: pair(case, twins, ("each once", "each twice"), knobs.method),
    }


def swapped_steps(knobs: MethodKnobs, stream: Stream) -> Pairs:
    """Return workers that are renamed while their step counts stay."""
    case = of_method(knobs, stream)
    moved = in_order(case, cyclic(case))
    mixed = moved.with_method(replace(moved.method, local_steps=case.steps))
    return {
        **setup(knobs, stream),
        RENAMED: pair(case, mixed, ("as they are", "steps swapped"), knobs.method),
    }


def one_twin(knobs: MethodKnobs, stream: Stream) -> Pairs:
    """Return a twin for the first worker alone."""
    case = of_method(knobs, stream)
    more = in_order(case, np.append(np.arange(case.problem.workers), 0))
    return {**setup(knobs, stream), TWINS: pair(case, more, ("each once", "the first twice"), knobs.method)}


CLAIM = Claim(
    key="derived/federated-renamed",
    title="Renaming the workers, or giving each a twin, changes no federated method",
    statement=(
        r"FedAvg, FedProx, SCAFFOLD and FedNova with full participation depend on the workers only through the "
        r"measure $\sum_mp_m\delta_{(f_m,H_m)}$: permuting the workers with their step counts and weights, or "
        r"doubling all of them, leaves every round as it is, to rounding."
    ),
    hypotheses=("full gradients, all workers take part", "step counts and weights move with their workers"),
    reference=Reference("derived", "federated methods"),
    source="derived",
    proof=(
        r"$w_m$ depends on $x$, $c$, $f_m$, $H_m$, $c_m$ alone; the server, $c$ and $\tau$ are sums $\sum_mp_m(\cdot)$ "
        r"with $p_m$ normalised, and new controls again depend on the same. Twins start alike and stay alike."
    ),
    knobs=MethodKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("step counts that stay behind", "two clients' step counts swapped", setup=swapped_steps),
        Falsifier("one twin", "more of the same data", setup=one_twin),
    ),
    see=("derived/federated-moved", "mcmahan2017/path"),
    axes=("communication rounds r", "first coordinate of x", "linear", "linear"),
)
