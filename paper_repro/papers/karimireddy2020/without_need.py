"""Where SCAFFOLD has nothing to correct: with one local step it is gradient descent, on equal workers FedAvg."""

from dataclasses import dataclass, replace

import numpy as np

from implicitbias import Quadratics, RunSpec, Scaffold, Stream
from paper_repro.claims import Claim, closed_form, Falsifier, knob, Reference
from paper_repro.claims.unlike_workers import FederatedCase, unlike_case, UnlikeKnobs
from paper_repro.papers.derived.federated.pairs import needs, observe, Pair, Pairs, predict


ONE, EQUAL = "distance from FedAvg, H = 1", "distance from FedAvg, equal workers"
ROUNDS = 20


@dataclass(frozen=True)
class CorrectedKnobs:
    """Workers with unlike quadratics, of which one set is made equal."""

    workers: int = knob(4, "M", "workers", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    share: float = knob(0.1, "s", "η as a share of 2/max λ(A_m)", low=0.05, high=0.5, log=True)
    local_steps: int = knob(5, "H", "local steps on equal workers", low=2, high=10, log=True)
    option: str = knob("path", "option", "update of the controls", choices=("path", "gradient"))


def base(knobs: CorrectedKnobs, stream: Stream) -> FederatedCase:
    """Return FedAvg on unlike quadratics, H steps on every worker."""
    sizes = UnlikeKnobs("quadratics", knobs.workers, knobs.dim, 1.0, 0.5, knobs.local_steps)
    case = unlike_case(sizes, stream)
    lr = 2.0 * knobs.share / case.problem.smoothness
    return case.with_method(replace(case.method, lr=lr, local_steps=knobs.local_steps))


def with_one_step(case: FederatedCase) -> FederatedCase:
    """Return H = 1."""
    return case.with_method(replace(case.method, local_steps=1))


def made_equal(case: FederatedCase) -> FederatedCase:
    """Return the first worker's loss on all workers."""
    assert isinstance(case.problem, Quadratics)
    hessians, centres = (
        np.repeat(array[:1], len(array), axis=0) for array in (case.problem.hessians, case.problem.centres)
    )
    return replace(case, problem=Quadratics(hessians, centres))


def pair(case: FederatedCase, option: str, label: str) -> Pair:
    """Return SCAFFOLD and FedAvg."""
    corrected = replace(case.method, correction=Scaffold(option))  # pyright: ignore[reportArgumentType]
    first: RunSpec = case.with_method(corrected).run(ROUNDS)
    return Pair(first, case.run(ROUNDS), (f"SCAFFOLD, {label}", f"FedAvg, {label}"), "scaffold")


def setup(knobs: CorrectedKnobs, stream: Stream) -> Pairs:
    """Return one step on unlike workers, and H steps on equal ones."""
    case = base(knobs, stream)
    return {
        ONE: pair(with_one_step(case), knobs.option, "H = 1"),
        EQUAL: pair(made_equal(case), knobs.option, "equal workers"),
    }


def more_steps(knobs: CorrectedKnobs, stream: Stream) -> Pairs:
    """Return H steps for one, on unlike workers."""
    case = base(knobs, stream)
    return {**setup(knobs, stream), ONE: pair(case, knobs.option, f"H = {knobs.local_steps}")}


def unlike(knobs: CorrectedKnobs, stream: Stream) -> Pairs:
    """Return unlike workers for equal ones."""
    return {**setup(knobs, stream), EQUAL: pair(base(knobs, stream), knobs.option, "unlike workers")}


CLAIM = Claim(
    key="karimireddy2020/nothing-to-correct",
    title="SCAFFOLD with one local step is gradient descent on Σ p_m f_m, and on equal workers it is FedAvg",
    statement=(
        r"Control variates sum to nothing, $\sum_mp_m(c-c_m)=0$. So SCAFFOLD with $H=1$ and all workers is gradient "
        r"descent on $\sum_mp_mf_m$, whatever its controls; and on workers with one loss and one $H$ it is FedAvg."
    ),
    hypotheses=("full gradients, all workers take part", "c = Σ p_m c_m, with the weights of the average"),
    reference=Reference("karimireddy2020", "the algorithm; the relations are ours", ("arXiv 1910.06378",)),
    source="derived",
    proof=(
        r"$H=1$: $\sum_mp_m(x-\eta(\nabla f_m(x)-c_m+c))=x-\eta\sum_mp_m\nabla f_m(x)$. Equal workers: by induction "
        r"all $c_m$ agree with $c$, so that no step is corrected."
    ),
    knobs=CorrectedKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("more local steps", "corrections sum to nothing within every step", setup=more_steps),
        Falsifier("unlike workers", "corrections sum to nothing over the workers", setup=unlike),
    ),
    see=("karimireddy2020/path", "mcmahan2017/one-step"),
    axes=("communication rounds r", "first coordinate of x", "linear", "linear"),
)
