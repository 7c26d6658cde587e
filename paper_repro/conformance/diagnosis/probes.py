"""Further tasks for a simulator that may be asked again, on which causes differ that are equal on the first."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from implicitbias import BadInput
from paper_repro.conformance.diagnosis.cause import Cause
from paper_repro.conformance.diagnosis.misfit import misfit, Observed
from paper_repro.conformance.diagnosis.recipe import right_recipe
from paper_repro.conformance.task import run_simulator, Task


# Enough for all parts of the algorithm to differ, few enough to cost the simulator nothing.
ROUNDS, DIM, LEAST_WORKERS = 4, 3, 3
# η times the largest curvature: far from instability, and from the regime where nothing but ηH matters.
STEP = 0.4


def probes(task: Task) -> tuple[Task, ...]:
    """Return two tasks of the same algorithm without symmetry: all H_m, n_m and p_m differ, weights n_m or not."""
    return tuple(_probe(task, seed, by_samples) for seed, by_samples in ((1, False), (2, True)))


def _probe(task: Task, seed: int, by_samples: bool) -> Task:
    draw = np.random.default_rng((seed, task.seed))
    workers = max(task.workers, LEAST_WORKERS)
    sizes = draw.permutation(np.arange(3, 3 + workers))
    features = tuple(draw.normal(size=(n, DIM)) for n in sizes)
    shares = sizes if by_samples else draw.permutation(np.arange(2, 2 + workers) ** 2)
    return replace(
        task,
        features=features,
        labels=tuple(draw.normal(size=n) for n in sizes),
        lr=STEP / max(float(np.linalg.eigvalsh(x.T @ x / len(x))[-1]) for x in features),
        local_steps=tuple(int(h) for h in draw.permutation(np.arange(2, 2 + 2 * workers, 2))),
        rounds=ROUNDS,
        weights=tuple(float(w) for w in shares / shares.sum()),
        start=draw.normal(size=DIM),
        participants=None,
        batch=None,
    )


def answers(task: Task, ask: Callable[[Task], ArrayLike]) -> Iterator[tuple[Task, Observed]]:
    """Yield the probes that the simulator runs, with its finite paths; what it refuses is left out."""
    for probe in probes(task):
        try:
            path = run_simulator(ask, probe)
        except (NotImplementedError, BadInput):
            continue
        if np.isfinite(path).all():
            yield probe, Observed(path, right_recipe(probe).start)


def explains(cause: Cause, task: Task, given: ArrayLike) -> bool | None:
    """Whether a cause explains the path of another task; None if it speaks of workers or samples not in it."""
    if not cause.portable:
        return True
    recipe = right_recipe(task)
    seen = Observed(np.asarray(given, float), recipe.start)
    try:
        return misfit(cause.change(recipe), seen) <= seen.tolerance
    except (IndexError, ValueError):  # what a change raises where an order or an index does not fit
        return None


def repeats(task: Task, given: np.ndarray, ask: Callable[[Task], ArrayLike]) -> bool:
    """Whether a simulator gives the same path again; not a number is equal to itself here."""
    return np.array_equal(run_simulator(ask, task), given, equal_nan=True)


HIDDEN_SEED = Cause(
    "hidden seed or state",
    "two runs of one task differ: something is drawn from a generator that the task's seed does not set, or is kept "
    "from one run to the next",
    0.0,
    ("hidden seed or state",),
    lambda recipe: recipe,
    portable=False,
)
