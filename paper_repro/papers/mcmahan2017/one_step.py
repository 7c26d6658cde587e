"""With one local step FedAvg is gradient descent on the pooled loss, however the samples are dealt to workers."""

from dataclasses import dataclass

import numpy as np

from implicitbias import fedavg, gd, LinearRegression, RecordAt, RunSpec, Stream
from implicitbias.methods.federated import Weights
from paper_repro.claims import Claim, closed_form, Falsifier, knob, Reference
from paper_repro.claims.unlike_workers import unlike_regression
from paper_repro.papers.derived.federated.pairs import needs, observe, Pair, Pairs, predict


GAP = "distance of FedAvg with H = 1 from gradient descent on all samples"
ROUNDS = 30


@dataclass(frozen=True)
class DealtKnobs:
    """Samples dealt at random to workers of unequal sizes."""

    workers: int = knob(4, "M", "workers", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=2, high=5)
    share: float = knob(0.1, "s", "η as a share of 2/max λ(A_m)", low=0.05, high=0.9, log=True)


def pair(knobs: DealtKnobs, stream: Stream, weights: Weights = "samples", steps: int = 1) -> Pairs:
    """Return FedAvg on the dealt samples, and gradient descent on one worker that has them all."""
    pooled = unlike_regression(1, knobs.dim, stream)
    owner = _dealt(len(pooled.features), knobs.workers, stream)
    dealt = LinearRegression(pooled.features, pooled.targets, workers=owner)
    lr = knobs.share * 2.0 / dealt.smoothness
    first = RunSpec(dealt, fedavg(lr, steps, weights), ROUNDS, RecordAt.every(1))
    second = RunSpec(pooled, gd(lr), ROUNDS, RecordAt.every(1))
    return {GAP: Pair(first, second, ("FedAvg, H = 1", "gradient descent, all samples"))}


def _dealt(samples: int, workers: int, stream: Stream) -> np.ndarray:
    """Return random owners: one sample for each worker but the first, which has half of the rest."""
    draw = stream.at("dealt").generator()
    rest = np.where(
        draw.uniform(size=samples - workers) < 0.5, 0, draw.integers(workers, size=samples - workers)
    )
    return draw.permutation(np.concatenate([np.arange(workers), rest]))


CLAIM = Claim(
    key="mcmahan2017/one-step",
    title="With one local step FedAvg is gradient descent on all samples, however they are dealt to the workers",
    statement=(
        r"With weights $n_m/n$ and one full-gradient step a round, FedAvg is gradient descent on the pooled loss: "
        r"$x\leftarrow x-\eta\sum_m\frac{n_m}n\nabla f_m(x)=x-\eta\nabla f(x)$ (FedSGD) [recalled], for every "
        r"partition of the samples, to rounding."
    ),
    hypotheses=("H = 1, full gradients, weights n_m/n", "all workers take part, server rate 1"),
    reference=Reference("mcmahan2017", "FedSGD as FedAvg with one step", ("arXiv 1602.05629",)),
    source="recalled",
    knobs=DealtKnobs(),
    setup=pair,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "weights 1/M",
            "the plain mean of the models",
            setup=lambda knobs, stream: pair(knobs, stream, None),
        ),
        Falsifier(
            "two local steps", "small steps commute", setup=lambda knobs, stream: pair(knobs, stream, steps=2)
        ),
    ),
    see=("derived/federated-equal-data", "mcmahan2017/path"),
    axes=("communication rounds r", "first coordinate of x", "linear", "linear"),
)
