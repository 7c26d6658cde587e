"""O7: fresh Gaussian data in every round, fewer samples than parameters: E|x¹ − w*|² has three exact coefficients."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.recursions import FreshRegression
from paper_repro.conformance.case import ask, Case
from paper_repro.conformance.estimates import estimated
from paper_repro.conformance.oracles.sources import Source
from paper_repro.conformance.outcome import Finding
from paper_repro.conformance.task import Simulator, Task


WORKERS, SAMPLES, DIM = 3, 4, 12
RATE = 0.3
# Fixed in advance: coefficients are known to a fifth then.
DRAWS = 250
# What local steps leave of the distance to the solutions of a worker's data: far below what draws can tell.
SOLVED = 1e-4
# |Δ|² = |x⁰ − w*|², ζ² = mean |δ_m|², s²: one of them is 1 and the others 0, for each must be met by itself.
TERMS = ("distance", "heterogeneity", "label-noise")


def fresh_regression(source: Source) -> Iterator[Case]:
    """Yield O7, once for a seed: it brings its own samples, and is asked beside the golden instance."""
    if source.name != "G":
        return
    exact = FreshRegression(WORKERS, SAMPLES, DIM)
    for kind, ask_for, coefficients in (
        ("one-step", one_step, exact.coefficients(1, RATE)),
        ("many-steps", many_steps, exact.coefficients(math.inf)),
    ):
        for number, term in enumerate(TERMS):
            title = f"over fresh data E|x¹ − w*|² has its exact coefficient of the {term.replace('-', ' ')}"

            def drawn(index: int, number: int = number, ask_for: Callable[[Task], Task] = ask_for) -> Task:
                return ask_for(fresh_task(Stream(source.seed), index, np.eye(len(TERMS))[number]))

            judge = _over_data(drawn, DRAWS * source.effort, coefficients[number])
            yield Case(f"O7/{kind}-{term}@fresh", "O7", title, drawn(0), judge)


def fresh_task(stream: Stream, index: int, terms: Float[np.ndarray, " term"]) -> Task:
    """Return draw ``index`` of Gaussian samples with w* = 0, |x⁰|², ζ² and s² as given; H = 1 and η = 0.3."""
    distance, heterogeneity, noise = np.sqrt(terms)
    centred = np.eye(WORKERS, DIM) - np.eye(WORKERS, DIM).mean(axis=0)
    optima = heterogeneity * centred / np.sqrt((centred**2).sum() / WORKERS)
    normal = stream.at("conformance/fresh", index, np.arange(WORKERS)).normal(SAMPLES * (DIM + 1))
    features = normal[:, : SAMPLES * DIM].reshape(WORKERS, SAMPLES, DIM)
    labels = np.einsum("mnd,md->mn", features, optima) + noise * normal[:, SAMPLES * DIM :]
    return Task(
        features=tuple(features),
        labels=tuple(labels),
        lr=RATE,
        local_steps=(1,) * WORKERS,
        rounds=1,
        weights=(1 / WORKERS,) * WORKERS,
        start=distance * np.full(DIM, DIM**-0.5),
    )


def one_step(task: Task) -> Task:
    """Return the task as it is."""
    return task


def many_steps(task: Task) -> Task:
    """Return the task with the steps that solve every worker's equations, at the best rate for the data."""
    squares = np.linalg.svd(np.stack(task.features), compute_uv=False) ** 2 / SAMPLES
    low, high = float(squares.min()), float(squares.max())
    steps = math.ceil(math.log(SOLVED) / math.log((high - low) / (high + low)))
    return replace(task, lr=2 / (high + low), local_steps=(steps,) * WORKERS)


def _over_data(drawn: Callable[[int], Task], draws: int, expected: float) -> Callable[[Simulator], Finding]:
    def judge(simulator: Simulator) -> Finding:
        squares = [float((ask(simulator, drawn(k))[-1] ** 2).sum()) for k in range(draws)]
        exact = np.array([expected])
        return estimated(("the coefficient",), exact, np.array(squares)[:, None], exact)

    return judge
