"""What bugs look like: the path that is right, and the one with a bug, on the golden instance."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Panel, Series, Span, View
from implicitbias import RecordAt, run
from paper_repro.claims.budget import Budget
from paper_repro.conformance.golden import golden
from paper_repro.conformance.planted import PLANTED
from paper_repro.conformance.task import run_simulator, Task
from paper_repro.gallery.bug_runs import seeded


ROUNDS = 12
# SCAFFOLD without 1/H, or with a stale c, grows without bound; other paths stay below.
HIGHEST = 1.0
# What the legend calls the runs of one simulator, and whose colours they take.
RUNS = (("with the bug", "local_gd"), ("with the bug, second run", "anchored"))


@dataclass(frozen=True)
class Signature:
    """A bug, what it is called in the figure, the task that shows it, and how many runs of one simulator it takes."""

    bug: str
    title: str
    task: Task
    runs: int = 1


SIGNATURES = (
    Signature("one-step-more", "a step too many, (10, 2)", golden(local_steps=(10, 2))),
    Signature("uniform", "weights (0.9, 0.1) ignored", golden(weights=(0.9, 0.1))),
    Signature("momentum-left-on", "momentum left at 0.9", golden()),
    Signature("swapped-steps", "steps (10, 2) swapped", golden(local_steps=(10, 2))),
    Signature("not-copied", "server's array shared", golden()),
    Signature("never-reloaded", "models never reloaded", golden()),
    Signature("recorded-before", "recorded a round late", golden()),
    Signature("global-model", "global model: two runs", golden(), runs=2),
    Signature("stale-control", "SCAFFOLD: a stale c", golden("scaffold")),
    Signature("undivided-control", "SCAFFOLD: 1/H forgotten", golden("scaffold")),
    Signature("not-normalised", "FedNova averages plainly", golden("fednova")),
    Signature("hidden-seed", "hidden seed: two runs", golden(participants=1), runs=2),
)


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure; the seed draws the clients of the last panel."""
    del budget, data_home
    panels = tuple(_panel(s, replace(s.task, rounds=ROUNDS, seed=seed)) for s in SIGNATURES)
    title = "Every bug bends the path its own way: some in round 1, some later, one only in a second run"
    caption = (
        "The golden instance: f_1 = x²/2, f_2 = (x − 1)²/8, equal weights unless said, from 0, η = 0.1, H = 10, or "
        "(10, 2) where it says so and for FedNova. Lines: the right path (where one of the two clients is drawn, seed "
        f"{seed}, its mean); points: a simulator with the bug; grey: x*, which FedAvg misses also when it is right. "
        "With a stale c, or without 1/H, SCAFFOLD diverges; points beyond ±1 lie outside the panel."
    )
    return View(title, caption, panels, columns=3, legend="shared")


def right_path(task: Task) -> Float[np.ndarray, " round"]:
    """Return x⁰ … x^R by the definition; all clients give what one drawn uniformly gives on average."""
    method = replace(task, participants=None).method
    trace = run(task.problem, method, task.rounds, start=task.start, record=RecordAt.every(1), progress=False)
    return trace.w[0, :, 0]


def wrong_paths(signature: Signature, task: Task) -> list[Float[np.ndarray, " round"]]:
    """Return x¹ … x^R of the simulator with the bug, one path for each of its runs."""
    simulator = seeded(next(bug for bug in PLANTED if bug.name == signature.bug))
    return [run_simulator(simulator, task)[:, 0] for _ in range(signature.runs)]


def minimiser(task: Task) -> float:
    """Return x*, where Σ p_m f_m is least, on a line."""
    samples = zip(task.weights, task.features, task.labels, strict=True)
    terms = [(p * np.mean(X[:, 0] * y), p * np.mean(X[:, 0] ** 2)) for p, X, y in samples]
    slope, curvature = np.sum(terms, axis=0)
    return float(slope / curvature)


def _panel(signature: Signature, task: Task) -> Panel:
    rounds, best = np.arange(ROUNDS + 1), minimiser(task)
    marks = [Span("y", best, best, "x*"), Series(rounds, right_path(task), "right", "theory")]
    for (label, method), path in zip(RUNS, wrong_paths(signature, task), strict=False):
        shown = np.abs(path) < HIGHEST
        marks.append(Series(rounds[1:][shown], path[shown], label, "measured", method))
    return Panel(tuple(marks), "round", "x", title=signature.title)
