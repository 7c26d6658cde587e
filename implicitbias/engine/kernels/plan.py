"""What a run of one method on one problem needs again at every record, kept as long as the problem lives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Int

from implicitbias.engine.kernels.cost import fold_period, round_cost
from implicitbias.engine.kernels.packing import merged, packed, Rule, rule_of, Samples, TwiceGram
from implicitbias.engine.kernels.scale import Scale, scale_of
from implicitbias.methods import LocalMethod, Scaling
from implicitbias.problems import AbstractProblem
from implicitbias.stream import Stream


@dataclass(frozen=True)
class Plan:
    """Packed data, the method as numbers, and its costs; it does not refer to the problem.

    ``merged`` is for rounds in which all workers take the same number of full-gradient steps; ``scale`` for
    scalings that follow the run.
    """

    samples: Samples
    merged: Samples | None
    rule: Rule
    scale: Scale | None
    steps: Int[np.ndarray, " worker"]
    fold: int
    work: float


@dataclass
class _Kept:
    """Packed forms of a problem, its latest plan with what it was made for, and its Gram matrices."""

    packed: dict[tuple[str, Scaling], Samples]
    grams: dict[Scaling, TwiceGram]
    plan: Plan | None = None
    made_for: tuple[str, LocalMethod, Stream | None] | None = None


_KEPT: WeakKeyDictionary[AbstractProblem, _Kept] = WeakKeyDictionary()


def plan_for(form: str, problem: AbstractProblem, method: LocalMethod, stream: Stream | None) -> Plan:
    """Return the plan, from the store if this problem's latest one was the same.

    Raises
    ------
    BadInput
        For mini-batches that cannot be drawn.
    """
    kept = _KEPT.setdefault(problem, _Kept({}, {}))
    wanted = (form, method, stream)
    if kept.plan is None or kept.made_for != wanted:
        kept.plan, kept.made_for = _plan(form, problem, method, stream, kept.packed), wanted
    return kept.plan


def twice_gram_for(problem: AbstractProblem, scaling: Scaling, make: Callable[[], TwiceGram]) -> TwiceGram:
    """Return the Gram matrix in two doubles, from the store or from ``make``."""
    grams = _KEPT.setdefault(problem, _Kept({}, {})).grams
    if scaling not in grams:
        grams[scaling] = make()
    return grams[scaling]


def _plan(
    form: str, problem: AbstractProblem, method: LocalMethod, stream: Stream | None, store: dict[Any, Any]
) -> Plan:
    rule = rule_of(problem, method, stream)
    key = (form, method.scaling)
    if key not in store:
        store[key] = packed(form, problem, method)
    steps = np.array(method.steps(problem.workers, 0))
    return Plan(
        samples=store[key],
        merged=merged(store[key])
        if form == "gram" and method.batch is None and (steps == steps[0]).all()
        else None,
        rule=rule,
        scale=scale_of(method, stream),
        steps=steps,
        fold=fold_period(form, problem, method),
        work=round_cost(form, problem, method),
    )
