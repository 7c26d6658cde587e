"""FedAvg on equal data is gradient descent, however its steps are cut into rounds."""

from dataclasses import dataclass

import numpy as np

from implicitbias import fedavg, gd, LinearRegression, RecordAt, RunSpec, Stream
from paper_repro.claims import Claim, closed_form, Falsifier, knob, Reference
from paper_repro.claims.unlike_workers import unlike_regression
from paper_repro.papers.derived.federated.pairs import needs, observe, Pair, Pairs, predict


GAP = "distance of FedAvg from gradient descent"
ROUNDS = 12


@dataclass(frozen=True)
class EqualKnobs:
    """How many hold the data, and how many steps a round has."""

    workers: int = knob(4, "M", "workers", low=2, high=8)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    share: float = knob(0.1, "s", "η as a share of 2/λ_max", low=0.02, high=0.9, log=True)
    local_steps: int = knob(5, "H", "local steps", low=2, high=20, log=True)


def same_rows(knobs: EqualKnobs, stream: Stream) -> LinearRegression:
    """Return one data set, on every worker."""
    one = unlike_regression(1, knobs.dim, stream)
    rows, targets = np.tile(one.features, (knobs.workers, 1)), np.tile(one.targets, knobs.workers)
    return LinearRegression(rows, targets, workers=knobs.workers)


def pair(knobs: EqualKnobs, problem: LinearRegression, steps: int) -> Pairs:
    """Return FedAvg with so many steps, and gradient descent with HR steps on f."""
    lr = knobs.share * 2.0 / problem.smoothness
    first = RunSpec(problem, fedavg(lr, steps), ROUNDS, RecordAt.every(1))
    count = knobs.local_steps
    second = RunSpec(problem, gd(lr), ROUNDS * count, RecordAt.every(count))
    return {GAP: Pair(first, second, (f"FedAvg, H = {steps}", "gradient descent, H steps a round"))}


def setup(knobs: EqualKnobs, stream: Stream) -> Pairs:
    """Return both on equal data."""
    return pair(knobs, same_rows(knobs, stream), knobs.local_steps)


def unlike(knobs: EqualKnobs, stream: Stream) -> Pairs:
    """Return both on workers with rows of their own."""
    return pair(knobs, unlike_regression(knobs.workers, knobs.dim, stream), knobs.local_steps)


def one_more(knobs: EqualKnobs, stream: Stream) -> Pairs:
    """Return FedAvg with H + 1 steps."""
    return pair(knobs, same_rows(knobs, stream), knobs.local_steps + 1)


CLAIM = Claim(
    key="derived/federated-equal-data",
    title="On equal data FedAvg with H steps and R rounds is gradient descent with HR steps",
    statement=(
        r"If all workers hold the same data, their models stay equal, and so FedAvg with full gradients, $H$ local "
        r"steps and $R$ rounds is gradient descent with $HR$ steps, to rounding, for every $M$ and all weights."
    ),
    hypotheses=("equal data, full gradients, equal H", "all workers take part, server rate 1"),
    reference=Reference("derived", "federated methods"),
    source="derived",
    proof=r"$w_m$ is the same function of $x$ for all $m$, so $\sum_mp_mw_m=w_1$, and a round is $H$ steps on $f=f_1$.",
    knobs=EqualKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("unlike data", "a partition that does not give all workers the same", setup=unlike),
        Falsifier("one local step more", "an off-by-one in the loop", setup=one_more),
    ),
    see=("mcmahan2017/one-step", "mcmahan2017/path"),
    axes=("communication rounds r", "first coordinate of x", "linear", "linear"),
)
