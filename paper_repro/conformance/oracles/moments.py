"""O5: mean and spread of what is drawn, over many seeds, against exact moments; any H and batch."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from implicitbias.recursions import random_round
from paper_repro.conformance.case import ask, Case
from paper_repro.conformance.estimates import estimated
from paper_repro.conformance.oracles.minibatches import RATE
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.outcome import Finding
from paper_repro.conformance.task import Simulator, Task


# Fixed in advance: variances are known to a third then.
SEEDS = 500
# Drawn workers come close to their stationary law in these, mini-batches have taken some fifteen steps.
ROUNDS_OF_SETS, ROUNDS_OF_BATCHES = 8, 4


def moments(source: Source) -> Iterator[Case]:
    """Yield O5 over seeds: drawn workers, and mini-batches of two samples over several local steps."""
    seeds, name = SEEDS * source.effort, source.name
    task = source.task(participants=source.task().workers // 2, rounds=ROUNDS_OF_SETS)
    title = "over seeds, x^R has the exact mean and variance of drawn workers"
    yield Case(f"O5/sets-moments@{name}", "O5", title, task, _over_seeds(task, seeds))
    task = source.task(batch=2, lr=RATE, rounds=ROUNDS_OF_BATCHES)
    if all(len(labels) == 1 for labels in task.labels):
        return
    title = "over seeds, x^R has the exact mean and variance of mini-batches of two samples"
    yield Case(f"O5/minibatch-moments@{name}", "O5", title, task, _over_seeds(task, seeds))


def _over_seeds(task: Task, seeds: int) -> Callable[[Simulator], Finding]:
    def judge(simulator: Simulator) -> Finding:
        law = random_round(task.problem, task.method)
        mean = law.mean_path(task.start, task.rounds)[-1]
        variance = float(np.trace(law.covariance_path(task.start, task.rounds)[-1]))
        last = np.stack([ask(simulator, replace(task, seed=task.seed + k))[-1] for k in range(seeds)])
        squares = ((last - mean) ** 2).sum(axis=1)
        names = (*(f"coordinate {k + 1}" for k in range(task.dim)), "the variance")
        scales = np.array([*np.full(task.dim, np.sqrt(variance)), variance])
        return estimated(names, np.append(mean, variance), np.column_stack([last, squares]), scales)

    return judge
