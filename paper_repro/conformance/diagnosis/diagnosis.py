"""From an observed path to its likely cause."""

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from implicitbias import BadInput, checks
from paper_repro.conformance.diagnosis.cause import Cause, Diagnosis
from paper_repro.conformance.diagnosis.drawn import drawn_batches, drawn_workers
from paper_repro.conformance.diagnosis.free_fits import free_fits
from paper_repro.conformance.diagnosis.free_steps import free_steps
from paper_repro.conformance.diagnosis.hints import hints
from paper_repro.conformance.diagnosis.misfit import distance, Observed, SAME
from paper_repro.conformance.diagnosis.precision import by_size, written_in
from paper_repro.conformance.diagnosis.probes import answers, explains, HIDDEN_SEED, repeats
from paper_repro.conformance.diagnosis.recipe import right_recipe
from paper_repro.conformance.diagnosis.recursion import path
from paper_repro.conformance.diagnosis.search import equally_good, Search, searched
from paper_repro.conformance.diagnosis.short_numbers import short_causes
from paper_repro.conformance.task import Task


# A cause explains the departure to three digits, however small the departure is.
SHARE = 1e-3
# Below it doubles cannot tell, after a few hundred steps.
FLOOR = 1e-14

Ask = Callable[[Task], ArrayLike]


def diagnose(task: Task, observed: ArrayLike, ask: Ask | None = None) -> Diagnosis:
    """Return the likely causes of a wrong path: recursions with a mistake in them that give this very path.

    Mistakes are tried in stages, and the first stage that explains the path ends the search: one change, also with a
    number that is fitted; two changes; free steps, weights, learning rates or starts. A cause counts if it
    meets all rounds, to ``SAME`` of the path's size and to three digits of its departure, with fewer fitted numbers
    than the path has. All that do are named. What nothing explains is unknown, and said to be.

    Parameters
    ----------
    task
        What was asked.
    observed
        The server's vectors after rounds 1 … R, shape (round, dim).
    ask
        The simulator, if it may be asked again: for the same task, which shows hidden seeds, and for ``probes(task)``,
        which tell causes apart that are equal on this task, and contradict names that fit it by chance.

    Raises
    ------
    BadInput
        If ``observed`` has another shape or holds anything but numbers.
    """
    given = _checked(task, observed)
    with np.errstate(all="ignore"):
        if ask is not None and not repeats(task, given, ask):
            return Diagnosis((HIDDEN_SEED,), True, _named([HIDDEN_SEED]))
        found = _by_itself(task, given)
        if ask is None or (found.known and not found.causes):
            return found
        return _asked(task, given, found, ask)


def _checked(task: Task, observed: ArrayLike) -> Float[np.ndarray, "round dim"]:
    path = checks.real_array("observed", observed)
    if path.ndim != 2 or path.shape[1] != task.dim or not len(path):
        raise BadInput(
            f"observed has shape {path.shape}: must be (round, {task.dim}), the server's vector after every round"
        )
    return path


def _finite(path: np.ndarray) -> np.ndarray:
    """The rounds before a coordinate is not finite."""
    bad = ~np.isfinite(path).all(axis=1)
    return path[: int(np.argmax(bad))] if bad.any() else path


def _by_itself(task: Task, given: np.ndarray) -> Diagnosis:
    """What the path alone tells."""
    seen = Observed(_finite(given), np.asarray(task.start, float))
    if not seen.rounds:
        return Diagnosis((), False, "unknown: the first vector already is not finite")
    recipe = right_recipe(task)
    if task.batch is not None:
        return _listed(drawn_batches(recipe, seen), "mini-batches are drawn, so the path may be right")
    if task.participants is not None:
        return _drawn(task, seen)
    apart = distance(path(recipe, seen.rounds), seen)
    if apart <= SAME:
        return _same(task, seen)
    search = Search(recipe, dataclasses.replace(seen, tolerance=min(SAME, max(SHARE * apart, FLOOR))))
    causes = _causes(search)
    return _listed(causes, "" if causes else "; ".join(hints(search)))


def _drawn(task: Task, seen: Observed) -> Diagnosis:
    assert task.participants is not None
    causes = drawn_workers(right_recipe(task), seen, task.participants)
    if causes is None:
        return _same(task, seen)
    return _listed(causes, "no workers that could have been drawn give this path")


def _same(task: Task, seen: Observed) -> Diagnosis:
    if seen.rounds < task.rounds:
        return Diagnosis((), False, f"unknown: right for {seen.rounds} rounds, then not finite or missing")
    return Diagnosis((), True, "no difference: the path is the right one")


def _causes(search: Search) -> list[Cause]:
    right = path(search.recipe, search.observed.rounds)
    form = written_in(search.observed, right)
    if form is not None:
        return searched(search, pairs_too=False) or short_causes(search, form)
    return searched(search) or _free(search) or by_size(search.recipe, search.observed)


def _free(search: Search) -> list[Cause]:
    steps = list(free_steps(search.recipe, search.observed))
    return equally_good(steps or list(free_fits(search.recipe, search.observed)))


def _asked(task: Task, given: np.ndarray, found: Diagnosis, ask: Ask) -> Diagnosis:
    """The causes that explain other tasks, too; found on those if this one tells nothing."""
    causes = list(found.causes)
    for probe, seen in answers(task, ask):
        if not causes:
            others = _by_itself(probe, seen.path).causes
            causes = [cause for cause in others if explains(cause, task, given)]
            continue
        left = [cause for cause in causes if explains(cause, probe, seen.path) is not False]
        if not left:
            said = "; ".join(cause.name for cause in causes)
            return _listed([], f"{said} would explain this path, but not that of another task")
        causes = left
    return _listed(causes, found.message.removeprefix(UNKNOWN).removeprefix("unknown: "))


UNKNOWN = "unknown: none of the mistakes that are tried gives this path; "


def _listed(causes: list[Cause], otherwise: str) -> Diagnosis:
    if causes:
        return Diagnosis(tuple(causes), True, _named(causes))
    return Diagnosis((), False, UNKNOWN + otherwise)


def _named(causes: list[Cause]) -> str:
    if len(causes) == 1:
        return f"{causes[0].name}: {causes[0].sentence}"
    lines = [f"{len(causes)} causes that this task cannot tell apart:"]
    return "\n".join([*lines, *(f"- {cause.name}: {cause.sentence}" for cause in causes)])
