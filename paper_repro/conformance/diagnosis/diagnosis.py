"""From an observed path to its likely cause."""

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from implicitbias import BadInput, checks
from paper_repro.conformance.diagnosis.cause import Cause, Diagnosis
from paper_repro.conformance.diagnosis.free_fits import free_fits
from paper_repro.conformance.diagnosis.free_steps import free_steps
from paper_repro.conformance.diagnosis.hints import hints
from paper_repro.conformance.diagnosis.misfit import Observed, SAME
from paper_repro.conformance.diagnosis.precision import carried, Format, OTHER_ORDER, written_in
from paper_repro.conformance.diagnosis.recipe import right_recipe
from paper_repro.conformance.diagnosis.recursion import path
from paper_repro.conformance.diagnosis.search import equally_good, Search, searched
from paper_repro.conformance.task import Task


# A cause explains the departure to three digits, however small the departure is.
SHARE = 1e-3
# Below it doubles cannot tell, after a few hundred steps.
FLOOR = 1e-14


def diagnose(task: Task, observed: ArrayLike, ask: Callable[[Task], ArrayLike] | None = None) -> Diagnosis:
    """Return the likely causes of a wrong path: recursions with a mistake in them that give this very path.

    Mistakes are tried in stages, and the first stage that explains the path ends the search: one change, also with a
    number that is fitted; two changes; free weights, learning rates, steps or starts. A cause counts if it meets all
    rounds, to ``SAME`` of the path's size and to three digits of its departure, with fewer fitted numbers than the
    path has. All that do are named. What nothing explains is unknown, and said to be.

    Parameters
    ----------
    task
        What was asked.
    observed
        The server's vectors after rounds 1 … R, shape (round, dim).
    ask
        The simulator, if it may be asked again: then causes that are equal on this task are told apart on others.

    Raises
    ------
    BadInput
        If ``observed`` has another shape or holds anything but numbers.
    """
    finite = _finite(_checked(task, observed))
    recipe = right_recipe(task)
    if not len(finite):
        return Diagnosis((), False, "unknown: the first vector already is not finite")
    seen = Observed(finite, recipe.start)
    apart = _distance(path(recipe, len(finite)), seen)
    if apart <= SAME:
        return _same(task, seen)
    search = Search(recipe, dataclasses.replace(seen, tolerance=min(SAME, max(SHARE * apart, FLOOR))))
    causes = _causes(search)
    return Diagnosis(tuple(causes), True, _named(causes)) if causes else _unknown(search)


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


def _distance(right: np.ndarray, seen: Observed) -> float:
    apart = np.abs(right - seen.path).max(axis=1) / seen.scales
    return float(np.max(np.where(np.isfinite(apart), apart, np.inf)))


def _same(task: Task, seen: Observed) -> Diagnosis:
    if len(seen.path) < task.rounds:
        return Diagnosis((), False, f"unknown: right for {len(seen.path)} rounds, then not finite")
    return Diagnosis((), True, "no difference: the path is the right one")


def _causes(search: Search) -> list[Cause]:
    right = path(search.recipe, search.observed.rounds)
    form = written_in(search.observed, right)
    if form is not None:
        return searched(search, pairs_too=False) or _in_short_numbers(search, form, right)
    return searched(search) or _free(search)


def _free(search: Search) -> list[Cause]:
    steps = list(free_steps(search.recipe, search.observed))
    return equally_good(steps or list(free_fits(search.recipe, search.observed)))


def _in_short_numbers(search: Search, form: Format, right: np.ndarray) -> list[Cause]:
    """Causes of a path that is written in a shorter format, to within what its roundings carry."""
    tolerance = OTHER_ORDER * carried(search.recipe, form, search.observed)
    rough = dataclasses.replace(search.observed, tolerance=tolerance)
    short = _short(form)
    if _distance(right, rough) <= tolerance:
        return [short]
    return [_also(short, cause) for cause in searched(Search(search.recipe, rough), pairs_too=False)]


def _short(form: Format) -> Cause:
    return Cause(
        form.name,
        f"numbers are {form.name}: every coordinate is one, and the path is right up to its roundings; "
        "ask for float64 for data, model and average",
        form.spacing,
        (form.name,),
        lambda recipe: recipe.replaced(rounding=form.rounding),
    )


def _also(short: Cause, cause: Cause) -> Cause:
    return Cause(
        f"{short.name}, and {cause.name}",
        f"numbers are {short.name}; and {cause.sentence}",
        cause.misfit,
        (short.name, *cause.parts),
        lambda recipe: short.change(cause.change(recipe)),
        cause.fitted,
    )


def _named(causes: list[Cause]) -> str:
    if len(causes) == 1:
        return f"{causes[0].name}: {causes[0].sentence}"
    lines = [f"{len(causes)} causes that this task cannot tell apart:"]
    return "\n".join([*lines, *(f"- {cause.name}: {cause.sentence}" for cause in causes)])


def _unknown(search: Search) -> Diagnosis:
    said = "; ".join(hints(search))
    return Diagnosis((), False, f"unknown: none of the mistakes that are tried gives this path; {said}")
