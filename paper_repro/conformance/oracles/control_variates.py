"""O3: SCAFFOLD, exact for every η and H in the stable range; its path tells its controls apart."""

from collections.abc import Iterator
from dataclasses import replace

from paper_repro.conformance.case import ask, Case
from paper_repro.conformance.judging import rounding, same_vector
from paper_repro.conformance.oracles.exact import exact_round, optimum, rounds_to
from paper_repro.conformance.oracles.paths import ARRIVED, MOST_ROUNDS, path_case, rate_cases
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.outcome import Finding
from paper_repro.conformance.task import Simulator, Task


UNEQUAL = (10, 2)


def control_variates(source: Source) -> Iterator[Case]:
    """Yield O3 on one set of samples: equal steps and unequal ones."""
    name = source.name
    equal = source.task("scaffold", local_steps=(10,) * source.task().workers)
    unequal = source.task("scaffold", **({"local_steps": UNEQUAL} if name == "G" else {}))
    title = "steps along ∇f_m(v) − c_m + c, then c_m ← c_m − c + (x^r − v_m)/(Hη)"
    yield path_case(f"O3/path@{name}", "O3", title, equal)
    yield optimum_case(f"O3/limit@{name}", "it ends at x* = argmin Σ p_m f_m for every η and H", equal)
    yield from rate_cases(f"O3/rate@{name}", "O3", "the rounds shrink by the spectral radius", equal)
    title = "with unequal H_m every worker divides by its own"
    yield path_case(f"O3/unequal-path@{name}", "O3", title, unequal)
    yield optimum_case(f"O3/unequal-limit@{name}", "with unequal H_m it ends at x*, too", unequal)


def optimum_case(name: str, title: str, task: Task, precision: float = ARRIVED) -> Case:
    """Return the case that a long run of SCAFFOLD arrives at x*."""
    radius = exact_round(task).radius
    long = replace(task, rounds=min(rounds_to(precision / 100, radius), MOST_ROUNDS))

    def judge(simulator: Simulator) -> Finding:
        return same_vector("the limit", optimum(long), ask(simulator, long)[-1], precision + rounding(long))

    return Case(name, "O3", title, long, judge)
