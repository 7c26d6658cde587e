"""Draws read off a path: every round must be the exact update by something that could have been drawn."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

from paper_repro.conformance.case import ask
from paper_repro.conformance.drawn import independent, pairs, uniform
from paper_repro.conformance.judging import relative_errors, rounding, same_path
from paper_repro.conformance.outcome import Finding, Status
from paper_repro.conformance.task import Simulator, Task


@dataclass(frozen=True, eq=False)
class Decoded:
    """What explains every round best.

    Attributes
    ----------
    draws
        Number of what was drawn; a line for each of those who draw.
    kinds
        Of how many things each of them draws.
    nearest
        Exact updates of the observed x^r by these draws.
    """

    draws: Int[np.ndarray, "drawer round"]
    kinds: tuple[int, ...]
    nearest: Float[np.ndarray, "round dim"]

    def counts(self) -> list[Int[np.ndarray, " kind"]]:
        """Return how often everything was drawn, by each of those who draw."""
        return [np.bincount(d, minlength=n) for d, n in zip(self.draws, self.kinds, strict=True)]

    def successive(self) -> list[Int[np.ndarray, "kind kind"]]:
        """Return how often one draw came after another."""
        return [pairs(d[:-1], d[1:], (n, n)) for d, n in zip(self.draws, self.kinds, strict=True)]

    def together(self) -> list[Int[np.ndarray, "kind kind"]]:
        """Return how often two of those who draw drew what in the same round, for each two."""
        both = combinations(range(len(self.kinds)), 2)
        return [pairs(self.draws[a], self.draws[b], (self.kinds[a], self.kinds[b])) for a, b in both]


Decode = Callable[[Task, Float[np.ndarray, "round dim"]], Decoded]
Judge = Callable[[Simulator], Finding]


def explained(
    task: Task,
    decode: Decode,
    otherwise: Callable[[Task, Float[np.ndarray, "round dim"]], str] = lambda task, path: "",
) -> Judge:
    """Return the judge of a path whose every round must be explained; ``otherwise`` says what explains it instead."""

    def judge(simulator: Simulator) -> Finding:
        path = ask(simulator, task)
        found = same_path(decode(task, path).nearest, path, one_round(task))
        if found.status is Status.PASSED:
            return found
        return replace(found, message="; ".join(filter(None, (found.message, otherwise(task, path)))))

    return judge


def equally_often(task: Task, decode: Decode, what: str) -> Judge:
    """Return the judge of frequencies."""
    return _counted(task, decode, lambda found: uniform(found.counts(), f"{what} are drawn equally often"))


def anew(task: Task, decode: Decode) -> Judge:
    """Return the judge of independence from round to round."""
    return _counted(
        task, decode, lambda found: independent(found.successive(), "draws do not depend on the round before")
    )


def separately(task: Task, decode: Decode) -> Judge:
    """Return the judge of independence among those who draw."""
    return _counted(task, decode, lambda found: independent(found.together(), "workers draw each for itself"))


def one_round(task: Task) -> float:
    """Return the rounding of a single round: the next one starts where it was observed to end."""
    return rounding(replace(task, rounds=1))


def _counted(task: Task, decode: Decode, judged: Callable[[Decoded], Finding]) -> Judge:
    """Judge draws if all rounds are explained."""

    def judge(simulator: Simulator) -> Finding:
        path = ask(simulator, task)
        found = decode(task, path)
        missed = int((relative_errors(found.nearest, path).max(axis=1) > one_round(task)).sum())
        if not missed:
            return judged(found)
        words = f"{missed} of {task.rounds} rounds are the update by nothing that could be drawn: nothing to count"
        return replace(judged(found), status=Status.UNDECIDED, message=words)

    return judge
