"""O1–O4, O8: paths, limits and rates against exact recursions."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from implicitbias.recursions import AffineRound
from paper_repro.conformance.case import ask, Case
from paper_repro.conformance.judging import relative_errors, rounding, same_path, same_vector
from paper_repro.conformance.oracles.exact import exact_path, exact_round, rounds_to
from paper_repro.conformance.outcome import Finding
from paper_repro.conformance.task import Simulator, Task


# Distance to the fixed point at which a run has arrived, relative to where it started.
ARRIVED = 1e-10
# Beyond it a slow run is not asked to arrive: it is compared with where the recursion is by then.
MOST_ROUNDS = 400
# Differences of rounds are compared until they are this share of the first: of the 12 digits that a path has, 6 are
# left in them.
STILL_MOVING = 1e-6
# Of the rate: how far the exact path itself may still be from its spectral radius, for the rate to be asked for.
SETTLED = 0.01


def path_case(name: str, oracle: str, title: str, task: Task) -> Case:
    """Return the case that x¹ … x^R are those of the recursion."""

    def judge(simulator: Simulator) -> Finding:
        return same_path(exact_path(task), ask(simulator, task), rounding(task))

    return Case(name, oracle, title, task, judge, diagnosable=True)


def limit_case(name: str, oracle: str, title: str, task: Task) -> Case:
    """Return the case that a long run arrives at the fixed point of the recursion."""
    map = exact_round(task)
    long = replace(task, rounds=min(rounds_to(ARRIVED, map.radius), MOST_ROUNDS))
    limit = map.limit(task.start)
    left = relative_errors(limit[None], exact_path(long)[-1:]).max()

    def judge(simulator: Simulator) -> Finding:
        last = ask(simulator, long)[-1]
        return same_vector("the limit", limit, last, ARRIVED + float(left) + rounding(long))

    return Case(name, oracle, title, long, judge)


def rate_cases(name: str, oracle: str, title: str, task: Task) -> Iterator[Case]:
    """Yield the case that rounds shrink by the spectral radius, if an exact path shows it.

    The rate is the mean over the second half of the rounds that still move. Where x is the whole state, its moves
    along the slowest left eigenvector shrink by the radius from the first round on. Elsewhere how far the exact
    path is from its radius is allowed for, beside the rounding of small differences.
    """
    map = exact_round(task)
    long = replace(task, rounds=max(4, min(rounds_to(STILL_MOVING, map.radius), MOST_ROUNDS)))
    along = slowest(map)
    exact = observed_rate(long, exact_path(long), along)
    if not abs(exact - map.radius) <= SETTLED * map.radius:
        return
    tolerance = abs(exact - map.radius) / map.radius + rounding(long) / STILL_MOVING

    def judge(simulator: Simulator) -> Finding:
        rate = observed_rate(long, ask(simulator, long), along)
        return same_vector("the rate", np.array([map.radius]), np.array([rate]), tolerance)

    yield Case(name, oracle, title, long, judge)


def slowest(map: AffineRound) -> Float[np.ndarray, "direction dim"]:
    """Return the left eigenvector of the largest eigenvalue as one row, or I where x is not the whole state."""
    values, vectors = np.linalg.eig(map.matrix.T)
    largest = int(np.abs(values).argmax())
    if len(values) > map.dim or np.imag(values[largest]) != 0.0:
        return np.eye(map.dim)
    return np.real(vectors[:, largest])[None]


def observed_rate(
    task: Task, path: Float[np.ndarray, "round dim"], along: Float[np.ndarray, "direction dim"]
) -> float:
    """Return the factor per round by which moves x^{r+1} − x^r shrink in the second half of the path."""
    with np.errstate(all="ignore"):
        moves = np.linalg.norm(np.diff(path, axis=0, prepend=task.start[None]) @ along.T, axis=1)
        half = len(moves) // 2
        return float((moves[-1] / moves[half - 1]) ** (1 / (len(moves) - half)))
