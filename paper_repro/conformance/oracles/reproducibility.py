"""O0d: same seed, same bits; nothing is remembered between runs, and nothing of the caller's is written on."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from paper_repro.conformance.case import ask, Case, handed_out
from paper_repro.conformance.judging import relative_errors, rounding, same_path
from paper_repro.conformance.oracles.equivalences import equal_paths
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.outcome import Finding, Status
from paper_repro.conformance.task import run_simulator, Simulator, Task


# Two seeds choose 2 of 4 workers alike in all of these rounds once in 6²⁰ times.
DRAWN_ROUNDS = 20


def reproducibility(source: Source) -> Iterator[Case]:
    """Yield what repeated runs must share."""
    plain, name = source.task(), source.name
    drawn = {
        "": plain,
        "-participation": source.task(participants=plain.workers // 2, rounds=DRAWN_ROUNDS),
        "-minibatches": source.task(batch=1, rounds=DRAWN_ROUNDS),
    }
    yield Case(
        f"O0d/data-untouched@{name}", "O0", "it does not write on the task's arrays", plain, _untouched(plain)
    )
    yield equal_paths(
        f"O0d/prefix@{name}",
        "R rounds are the first R of 2R rounds",
        plain,
        replace(plain, rounds=2 * plain.rounds),
        lambda path: path[: plain.rounds],
    )
    yield equal_paths(
        f"O0d/seed-unused@{name}",
        "where nothing is drawn the seed does not matter",
        plain,
        replace(plain, seed=plain.seed + 1),
    )
    for ending, task in drawn.items():
        if ending == "-minibatches" and all(len(labels) == 1 for labels in task.labels):
            continue  # one sample each: there is nothing to draw
        yield from _repeated(f"{ending}@{name}", task)


def _repeated(ending: str, task: Task) -> Iterator[Case]:
    other = replace(task, seed=task.seed + 1, rounds=task.rounds + 2, start=task.start + 1)
    yield Case(
        f"O0d/same-seed{ending}", "O0", "two runs with the same seed agree bit by bit", task, _twice(task)
    )
    yield Case(
        f"O0d/run-between{ending}",
        "O0",
        "a run in between changes no bit of the next",
        task,
        _twice(task, other),
    )
    if task.batch is not None or task.participants is not None:
        yield Case(f"O0d/other-seed{ending}", "O0", "another seed draws something else", task, _differs(task))


def _twice(task: Task, between: Task | None = None) -> Callable[[Simulator], Finding]:
    def judge(simulator: Simulator) -> Finding:
        first = ask(simulator, task)
        if between is not None:
            ask(simulator, between)
        found = same_path(first, ask(simulator, task), 0.0)
        agree = found.status is Status.PASSED
        return replace(
            found, message="bit by bit the same" if agree else f"the same task again: {found.message}"
        )

    return judge


def _differs(task: Task) -> Callable[[Simulator], Finding]:
    other = replace(task, seed=task.seed + 1)

    def judge(simulator: Simulator) -> Finding:
        found = same_path(ask(simulator, task), ask(simulator, other), rounding(task))
        if found.status is Status.FAILED:
            words = f"seeds {task.seed} and {other.seed} differ"
            return replace(found, status=Status.PASSED, message=words)
        words = (
            f"seeds {task.seed} and {other.seed} give the same path: the seed does not reach what is drawn"
        )
        return replace(found, status=Status.FAILED, message=words)

    return judge


def _untouched(task: Task) -> Callable[[Simulator], Finding]:
    def judge(simulator: Simulator) -> Finding:
        given = handed_out(task)
        run_simulator(simulator, given)
        changed = [
            name for name, values in _arrays(given).items() if not np.array_equal(values, _arrays(task)[name])
        ]
        before, after = (np.concatenate([v.ravel() for v in _arrays(t).values()]) for t in (task, given))
        error = float(relative_errors(before[None], after[None]).max())
        if changed:
            message = f"it writes on {', '.join(changed)} of the task; work on a copy"
            return Finding(before, after, error, 0.0, Status.FAILED, message)
        return Finding(before, after, error, 0.0, Status.PASSED, "all arrays are as they were")

    return judge


def _arrays(task: Task) -> dict[str, np.ndarray]:
    features = {f"features[{m}]": rows for m, rows in enumerate(task.features)}
    return features | {f"labels[{m}]": y for m, y in enumerate(task.labels)} | {"start": task.start}
