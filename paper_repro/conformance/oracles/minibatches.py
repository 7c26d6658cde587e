"""O5: mini-batches. With B = 1 and H = 1 the path says which sample every worker drew in every round."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.case import Case
from paper_repro.conformance.oracles.decoding import anew, Decoded, equally_often, explained, separately
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.oracles.transformed import single_steps
from paper_repro.conformance.task import Task


DECODED_ROUNDS = 50
# Fixed in advance; with up to 81 pairs of samples it excludes effects that are half as large as those to be found.
COUNTED_ROUNDS = 800
# A single sample may be n_m times as steep as the mean: steps on it have to be short.
RATE = 0.05


def minibatches(source: Source) -> Iterator[Case]:
    """Yield O5 for single samples: exact rounds, frequencies, independence over rounds and over workers."""
    name = source.name
    task = single_steps(source.task(batch=1, lr=RATE, rounds=DECODED_ROUNDS))
    if all(len(labels) == 1 for labels in task.labels):
        return
    title = "with B = 1 and H = 1 every round is the exact update by one sample of every worker"
    yield Case(f"O5/samples@{name}", "O5", title, task, explained(task, drawn_samples))
    task = replace(task, rounds=COUNTED_ROUNDS * source.effort)
    title = "all samples of a worker are drawn equally often"
    often = equally_often(task, drawn_samples, "all samples of a worker")
    yield Case(f"O5/samples-uniform@{name}", "O5", title, task, often)
    title = "samples are drawn with replacement: a draw does not depend on the one before"
    yield Case(f"O5/samples-independent@{name}", "O5", title, task, anew(task, drawn_samples))
    title = "workers do not share their draws"
    yield Case(f"O5/samples-of-workers@{name}", "O5", title, task, separately(task, drawn_samples))


def drawn_samples(task: Task, path: Float[np.ndarray, "round dim"]) -> Decoded:
    """Return which samples explain every round best.

    A round is x − η Σ_m p_m a(a·x − y), one sample (a, y) of every worker: all combinations are tried.
    """
    before = np.vstack([task.start, path[:-1]])
    updates = before[:, None, :]
    with np.errstate(invalid="ignore", over="ignore"):
        for features, labels, weight in zip(task.features, task.labels, task.weights, strict=True):
            moves = -task.lr * weight * (before @ features.T - labels)[:, :, None] * features
            updates = (updates[:, :, None, :] + moves[:, None, :, :]).reshape(len(path), -1, task.dim)
        misses = np.nan_to_num(np.abs(updates - path[:, None, :]).max(axis=2), nan=np.inf)
    best = misses.argmin(axis=1)
    kinds = tuple(len(labels) for labels in task.labels)
    draws = np.array(np.unravel_index(best, kinds))
    return Decoded(draws, kinds, updates[np.arange(len(path)), best])
