"""O9: one round is one-shot merging, x⁰ + λ Σ_m (x_m − x⁰) with server rate λM."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from implicitbias.recursions import one_shot_excess, worker_curvatures
from paper_repro.conformance.case import ask, Case
from paper_repro.conformance.judging import rounding, same_path, same_vector
from paper_repro.conformance.oracles.exact import optimum
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.oracles.transformed import everywhere
from paper_repro.conformance.outcome import Finding
from paper_repro.conformance.task import Simulator, Task


SCALE = 0.3
# What gradient steps leave of the distance to a local optimum.
SOLVED = 1e-13
# The excess is a square of distances: its relative error is twice theirs, over a distance to x* a tenth of them.
SQUARED = 20


def merging(source: Source) -> Iterator[Case]:
    """Yield O9 on one set of samples."""
    plain = source.task(rounds=1)
    equal = replace(plain, weights=(1 / plain.workers,) * plain.workers)
    alone = tuple(everywhere(equal, m) for m in range(equal.workers))
    merged = replace(equal, server_lr=SCALE * equal.workers)
    yield Case(
        f"O9/average@{source.name}",
        "O9",
        "one round is the average of what every worker reaches alone",
        equal,
        _merges(equal, alone, 1 / equal.workers),
        alone,
    )
    yield Case(
        f"O9/task-arithmetic@{source.name}",
        "O9",
        f"with server rate {SCALE:g}M it is x⁰ + {SCALE:g} Σ (x_m − x⁰)",
        merged,
        _merges(merged, alone, SCALE),
        alone,
    )
    yield _excess(source)


def _merges(task: Task, alone: tuple[Task, ...], scale: float) -> Callable[[Simulator], Finding]:
    def judge(simulator: Simulator) -> Finding:
        moves = [ask(simulator, single)[-1] - task.start for single in alone]
        expected = task.start + scale * np.sum(moves, axis=0)
        return same_path(expected[None], ask(simulator, task), rounding(task))

    return judge


def _excess(source: Source) -> Case:
    """Return the case of the loss that merging local optima b_m leaves: ½|Σ p_m b_m − x*|² in the norm of Σ p_m A_m."""
    plain = source.task(rounds=1)
    curvatures = worker_curvatures(plain.problem)[0]
    modes = np.linalg.eigvalsh(curvatures)
    low, high = float(modes.min()), float(modes.max())
    steps = math.ceil(math.log(SOLVED) / math.log(max(1 - low / high, SOLVED)))
    task = replace(plain, lr=1 / high, local_steps=(steps,) * plain.workers)
    mean, best = np.tensordot(task.weights, curvatures, 1), optimum(task)
    expected = np.array([one_shot_excess(task.problem, task.weights)])

    def judge(simulator: Simulator) -> Finding:
        apart = ask(simulator, task)[-1] - best
        excess = np.array([0.5 * apart @ mean @ apart])
        return same_vector("the excess loss", expected, excess, SQUARED * rounding(task))

    title = f"after {steps} local steps a round leaves the excess loss of averaged local optima"
    return Case(f"O9/excess@{source.name}", "O9", title, task, judge)
