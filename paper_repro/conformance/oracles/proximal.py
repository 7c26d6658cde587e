"""O2: FedProx, by its gradient steps and, with many of them, by exact local solves."""

import math
from collections.abc import Iterator

import numpy as np

from implicitbias import Average, LocalMethod, Proximal
from implicitbias.recursions import affine_round, worker_curvatures
from paper_repro.conformance.case import ask, Case
from paper_repro.conformance.judging import rounding, same_path
from paper_repro.conformance.oracles.paths import limit_case, path_case, rate_cases
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.outcome import Finding
from paper_repro.conformance.task import Simulator, Task


PULLS = (0.1, 1.0, 10.0)
# What gradient steps leave of the distance to a local solution: a digit below what paths are compared to.
SOLVED = 1e-13


def proximal_steps(source: Source) -> Iterator[Case]:
    """Yield O2 on one set of samples."""
    name = source.name
    task = source.task("fedprox")
    title = "a step is v ← v − η(∇f_m(v) + ρ(v − x^r))"
    yield path_case(f"O2/path@{name}", "O2", title, task)
    for pull in PULLS:
        yield _exact_solves(f"O2/many-steps-{pull:g}@{name}", source, pull)
    yield limit_case(f"O2/limit@{name}", "O2", "it ends between the FedAvg limit and x*", task)
    yield from rate_cases(f"O2/rate@{name}", "O2", "the rounds shrink by the spectral radius", task)


def _exact_solves(name: str, source: Source, pull: float) -> Case:
    """Return the case that many steps solve argmin f_m(v) + (ρ/2)|v − x|²: W_m becomes A_m (A_m + ρI)⁻¹."""
    plain = source.task("fedprox", proximal=pull)
    modes = np.linalg.eigvalsh(worker_curvatures(plain.problem)[0])
    low, high = float(modes.min()), float(modes.max())
    steps = math.ceil(math.log(SOLVED) / math.log(max((high - low) / (high + pull), SOLVED)))
    task = source.task("fedprox", proximal=pull, lr=1 / (high + pull), local_steps=(steps,) * plain.workers)

    def judge(simulator: Simulator) -> Finding:
        return same_path(solved_path(task), ask(simulator, task), rounding(task))

    title = f"{steps} steps with ρ = {pull:g} solve argmin f_m(v) + (ρ/2)|v − x^r|²"
    return Case(name, "O2", title, task, judge, diagnosable=True)


def solved_path(task: Task) -> np.ndarray:
    """Return the path of FedProx with exact local solves."""
    method = LocalMethod(local_solver=Proximal(task.proximal), aggregation=Average(task.weights))
    return affine_round(task.problem, method).path(task.start, task.rounds)[1:]
