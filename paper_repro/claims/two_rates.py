"""Local SGD at η and at η/2 with the same α = ηH, and the limit η → 0 read from the two with its measured allowance.

Runs come in mirrored pairs, with noise Aξ and −Aξ on one stream: their mean has none of the noise that enters linearly,
and a claim about means needs some ten times fewer replicas.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import Fixed, Identity, local_sgd, LocalMethod, RecordAt, RunSpec, Stream
from paper_repro.claims.ensembles import limit_of
from paper_repro.claims.observation import Measured
from sde.landscapes import antithetic, Landscape


# ηM and ηMα of the coarser run: beyond them terms of second order, which extrapolation leaves, outgrow the first.
LARGEST_NOISE, LARGEST_SPREAD = 0.2, 0.1
# H of the coarser run: fewer local steps are not yet a round of length α.
FEWEST_STEPS = 8
# Fewer replicas have no normal mean; more at once only fill the memory.
FEWEST, MOST = 64, 65_536

Values = Float[np.ndarray, "replica *function"]


@dataclass(frozen=True)
class Regime:
    """Local SGD for a whole number of rounds: M, B, η, H, and a fixed scaling if it has one."""

    workers: int
    total_batch: float
    lr: float
    local_steps: int
    rounds: int
    scaling: Identity | Fixed = Identity()

    @property
    def round_time(self) -> float:
        """α = ηH."""
        return self.lr * self.local_steps

    @property
    def slow_time(self) -> float:
        """η²·steps."""
        return self.rounds * self.lr * self.round_time

    @property
    def method(self) -> LocalMethod:
        """The method."""
        batch = self.total_batch / self.workers
        return local_sgd(self.lr, self.local_steps, batch, workers=self.workers, scaling=self.scaling)

    @property
    def finer(self) -> "Regime":
        """Half of η; the same α, the same slow time."""
        return replace(self, lr=self.lr / 2, local_steps=2 * self.local_steps, rounds=2 * self.rounds)

    @property
    def worker_steps(self) -> int:
        """Gradients that one replica takes."""
        return self.rounds * self.local_steps * self.workers


def regime(
    workers: int,
    round_time: float,
    slow_time: float,
    *,
    total_batch: float = 1.0,
    noise: float = LARGEST_NOISE,
    spread: float = LARGEST_SPREAD,
    fewest_steps: int = FEWEST_STEPS,
    multiple: int = 1,
) -> Regime:
    """Return the coarser of two regimes: the largest η that the limit still answers for, and about the slow time.

    Parameters
    ----------
    workers, round_time
        M and α.
    slow_time, multiple
        What the rounds shall take; rounded to a multiple of ``multiple`` rounds.
    total_batch
        B.
    noise, spread, fewest_steps
        Largest ηM/B and ηMα/B, and smallest H. Wider for what is measured more bluntly: an allowance that is smaller
        than the statistical error decides nothing.
    """
    per_batch = workers / total_batch
    largest = min(noise / per_batch, spread / (per_batch * round_time), round_time / fewest_steps)
    local_steps = math.ceil(round_time / largest)
    lr = round_time / local_steps
    rounds = multiple * max(1, round(slow_time / (lr * round_time * multiple)))
    return Regime(workers, total_batch, lr, local_steps, rounds)


def runs_for(coarse: Regime, gradients: float, at_once: int = 1) -> int:
    """Return how many replicas, at η and at η/2 and ``at_once`` of each, cost about so many gradients."""
    cost = coarse.worker_steps + coarse.finer.worker_steps
    return int(min(max(gradients / (cost * at_once), FEWEST), MOST))


def at_two_rates(
    landscape: Landscape,
    coarse: Regime,
    start: Float[np.ndarray, " dim"],
    gradients: float,
    stream: Stream,
    records: int = 1,
) -> tuple[RunSpec, RunSpec]:
    """Return the runs at η and at η/2 that cost about so many gradients, recorded at equally spaced slow times."""
    replicas = runs_for(coarse, gradients)
    first, second = (_run(landscape, own, start, replicas, stream, records) for own in (coarse, coarse.finer))
    return first, second


def mirrored(
    landscape: Landscape,
    coarse: Regime,
    start: Float[np.ndarray, " dim"],
    gradients: float,
    stream: Stream,
    records: int = 1,
) -> tuple[RunSpec, ...]:
    """Return the same runs in mirrored pairs: at η, its mirror, at η/2, its mirror."""
    pairs = runs_for(coarse, gradients, at_once=2)
    return tuple(
        _run(side, own, start, pairs, stream, records)
        for own in (coarse, coarse.finer)
        for side in (landscape, antithetic(landscape))
    )


def _run(
    landscape: Landscape,
    own: Regime,
    start: Float[np.ndarray, " dim"],
    replicas: int,
    stream: Stream,
    records: int,
) -> RunSpec:
    """Describe a run; each learning rate has its own stream, so that the two are independent."""
    record = RecordAt.these(sorted({k * own.rounds // records for k in range(records + 1)}))
    point, noise = tuple(float(x) for x in start), stream.child(f"steps-{own.local_steps}")
    return RunSpec(landscape, own.method, own.rounds, record, point, replicas, noise)


def paired(values: Iterable[Values]) -> tuple[Values, Values]:
    """Return what was read of mirrored runs at η and at η/2, averaged over each run and its mirror."""
    coarse, coarse_mirror, fine, fine_mirror = values
    return 0.5 * (coarse + coarse_mirror), 0.5 * (fine + fine_mirror)


def in_the_limit(
    coarse: Values,
    fine: Values,
    comparisons: int,
    *,
    together: bool = False,
) -> Measured:
    """Return 2E_{η/2} − E_η with Student's half-widths, within the measured allowance |E_η − E_{η/2}|.

    Parameters
    ----------
    coarse, fine
        Independent samples at η and at η/2.
    comparisons
        How many intervals decide the claim.
    together
        Whether the test functions are parts of one statement about their largest error, as a maximum over time: then
        each has the largest allowance of all.
    """
    found = limit_of(coarse, fine, comparisons)
    if not together:
        return found
    return replace(found, allowance=np.full_like(found.allowance, np.max(found.allowance)))


def joined(found: Sequence[Measured]) -> Measured:
    """Return several measurements of one quantity as one array of them."""
    parts = ([getattr(one, name) for one in found] for name in ("value", "error", "allowance"))
    return Measured(*(np.array(part) for part in parts))
