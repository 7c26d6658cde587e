"""O5: workers drawn in every round; who took part is read off the path."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations, combinations_with_replacement

import numpy as np
from jaxtyping import Float

from implicitbias.recursions import random_round
from paper_repro.conformance.case import ask, Case
from paper_repro.conformance.judging import relative_errors, same_vector
from paper_repro.conformance.oracles.decoding import anew, Decoded, equally_often, explained, one_round
from paper_repro.conformance.oracles.exact import exact_round, optimum, rounds_to
from paper_repro.conformance.oracles.paths import ARRIVED
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.oracles.transformed import among
from paper_repro.conformance.outcome import Finding
from paper_repro.conformance.task import Algorithm, Simulator, Task


# Enough to see every two of four workers, but for a chance of 1e-3.
DECODED_ROUNDS = 50
# Fixed in advance; with six sets of workers it excludes effects that are half as large as those to be found.
COUNTED_ROUNDS = 1500
# Controls enter from the second round on; while models still move, sets of workers can be told apart.
CONTROLLED_ROUNDS = 12
# What E|x − x*|² falls to: above ARRIVED² with a chance below 1e-6 then (Markov).
SQUARED_DISTANCE = 1e-26
ALGORITHMS: tuple[Algorithm, ...] = ("fedavg", "fedprox", "fednova")

Sets = Sequence[tuple[int, ...]]
Path = Float[np.ndarray, "round dim"]


def participation(source: Source) -> Iterator[Case]:
    """Yield O5 for half of the workers: exact rounds, frequencies, independence."""
    half, name = source.task().workers // 2, source.name
    who = "one worker" if half == 1 else f"{half} different workers"
    for algorithm in ALGORITHMS:
        task = source.task(algorithm, participants=half, rounds=DECODED_ROUNDS)
        title = f"every round is the exact update by {who}, p_m renormalised ({algorithm})"
        judge = explained(task, drawn_sets, _otherwise)
        yield Case(f"O5/{algorithm}-sets@{name}", "O5", title, task, judge, diagnosable=True)
    task = source.task(participants=half, rounds=COUNTED_ROUNDS * source.effort)
    title = "all sets of workers are drawn equally often"
    often = equally_often(task, drawn_sets, "all sets of workers")
    yield Case(f"O5/sets-uniform@{name}", "O5", title, task, often)
    title = "who takes part does not depend on the round before"
    yield Case(f"O5/sets-independent@{name}", "O5", title, task, anew(task, drawn_sets))
    yield _controlled(source.task("scaffold", participants=half), name)
    task = source.task("scaffold", participants=half, rounds=CONTROLLED_ROUNDS)
    title = "every round is SCAFFOLD's exact update by those drawn; the others keep their controls"
    yield Case(f"O5/scaffold-sets@{name}", "O5", title, task, explained(task, controlled_sets))


def _controlled(task: Task, name: str) -> Case:
    """Return the case that SCAFFOLD ends at x* whoever is drawn: its variance tends to 0."""
    rounds = rounds_to(SQUARED_DISTANCE, random_round(task.problem, task.method).mean_square_radius)
    long = replace(task, rounds=rounds)

    def judge(simulator: Simulator) -> Finding:
        return same_vector("the limit", optimum(long), ask(simulator, long)[-1], ARRIVED)

    return Case(f"O5/scaffold-limit@{name}", "O5", "SCAFFOLD ends at x*, whoever is drawn", long, judge)


def drawn_sets(task: Task, path: Path, sets: Sets | None = None) -> Decoded:
    """Return which set of workers explains every round best; by default, sets of as many as were asked for."""
    sets = sets or tuple(combinations(range(task.workers), task.participants or task.workers))
    before = np.vstack([task.start, path[:-1]])
    maps = [exact_round(among(task, chosen)) for chosen in sets]
    with np.errstate(invalid="ignore", over="ignore"):
        updates = np.stack([before @ m.matrix.T + m.offset for m in maps])
        misses = np.nan_to_num(np.abs(updates - path).max(axis=2), nan=np.inf)
    drawn = misses.argmin(axis=0)
    return Decoded(drawn[None], (len(sets),), updates[drawn, np.arange(len(path))])


def controlled_sets(task: Task, path: Path) -> Decoded:
    """Return which set of workers explains every round best, with the controls that the rounds before have left.

    An error in the controls that all workers share shows here only: with full participation it cancels.
    """
    law = random_round(task.problem, task.method)
    state, drawn, nearest = law.mean_round.start(task.start), [], []
    for seen in path:
        ahead = np.stack([form.matrix @ state + form.offset for form in law.forms])
        misses = np.nan_to_num(np.abs(ahead[:, : task.dim] - seen).max(axis=1), nan=np.inf)
        state = ahead[misses.argmin()]
        drawn.append(misses.argmin())
        nearest.append(state[: task.dim])
        state = np.concatenate([seen, state[task.dim :]])
    return Decoded(np.array([drawn]), (len(law.forms),), np.stack(nearest))


def _otherwise(task: Task, path: Path) -> str:
    """Return what explains all rounds instead: other numbers of workers, or workers drawn twice."""
    asked, everybody = task.participants or 0, range(task.workers)
    readings: dict[str, Sets] = {
        f"all rounds are those of {count}, not {asked}": tuple(combinations(everybody, count))
        for count in range(1, task.workers + 1)
        if count != asked
    }
    readings[f"workers are drawn with replacement, or fewer than {asked}"] = tuple(
        combinations_with_replacement(everybody, asked)
    )
    readings["their number varies"] = tuple(
        chosen for count in range(1, task.workers + 1) for chosen in combinations(everybody, count)
    )
    explains = partial(_explains, task, path)
    return next((words for words, sets in readings.items() if explains(sets)), "no other drawing explains it")


def _explains(task: Task, path: Path, sets: Sets) -> bool:
    errors = relative_errors(drawn_sets(task, path, sets).nearest, path)
    return bool(errors.max() <= one_round(task))
