"""O0a–c: runs that are the same algorithm must give the same path; no reference value is needed."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from paper_repro.conformance.case import ask, Case
from paper_repro.conformance.judging import rounding, same_path
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.oracles.transformed import alike, pooled, repartitioned, single_steps
from paper_repro.conformance.outcome import Finding
from paper_repro.conformance.task import Simulator, Task


STEPS = 5


def equal_paths(
    name: str,
    title: str,
    task: Task,
    other: Task,
    translate: Callable[[np.ndarray], np.ndarray] = lambda path: path,
) -> Case:
    """Return the case that two runs agree, once the path of ``other`` is translated."""

    def judge(simulator: Simulator) -> Finding:
        expected = translate(ask(simulator, other))
        return same_path(expected, ask(simulator, task), max(rounding(task), rounding(other)))

    return Case(name, "O0", title, task, judge, more=(other,))


def equivalences(source: Source) -> Iterator[Case]:
    """Yield O0a, O0b and O0c on one set of samples."""
    task = source.task()
    same, one = alike(task, STEPS), single_steps(task)
    yield equal_paths(
        f"O0a/equal-workers@{source.name}",
        f"on equal data FedAvg with H = {STEPS} is gradient descent: R rounds are {STEPS}R single steps",
        same,
        replace(alike(task, 1), rounds=STEPS * task.rounds),
        lambda path: path[STEPS - 1 :: STEPS],
    )
    yield equal_paths(
        f"O0b/one-step@{source.name}",
        "with H = 1 FedAvg is gradient descent on Σ p_m f_m, whatever the partition",
        one,
        pooled(task),
    )
    yield from _repartition(source)
    yield from _special_points(source)


def _repartition(source: Source) -> Iterator[Case]:
    task = source.task()
    total = sum(len(labels) for labels in task.labels)
    if total < 4:
        return
    yield equal_paths(
        f"O0b/partition@{source.name}",
        "with H = 1 and p_m = n_m/n it does not matter which worker holds which samples",
        repartitioned(task, (1, total // 3, total - 1 - total // 3)),
        repartitioned(task, (total // 2, total - total // 2)),
    )


def _special_points(source: Source) -> Iterator[Case]:
    """Yield corners where the other algorithms are FedAvg, or gradient descent."""
    fedavg = source.task(local_steps=(STEPS,) * source.task().workers)

    def like(algorithm: str, task: Task) -> Task:
        return replace(task, algorithm=algorithm, proximal=0.0)

    one, same = single_steps(fedavg), alike(fedavg, STEPS)
    yield equal_paths(
        f"O0c/scaffold-one-step@{source.name}",
        "with H = 1 SCAFFOLD is gradient descent",
        like("scaffold", one),
        one,
    )
    yield equal_paths(
        f"O0c/scaffold-equal-workers@{source.name}",
        "on equal data SCAFFOLD is FedAvg",
        like("scaffold", same),
        same,
    )
    yield equal_paths(
        f"O0c/fednova-equal-steps@{source.name}",
        "with equal H_m FedNova is FedAvg",
        like("fednova", fedavg),
        fedavg,
    )
    yield equal_paths(
        f"O0c/fedprox-no-pull@{source.name}", "with ρ = 0 FedProx is FedAvg", like("fedprox", fedavg), fedavg
    )
