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


ROUNDS = 12
MINIMISER = 0.2
# SCAFFOLD without 1/H grows without bound, other paths stay below.
HIGHEST = 1.0


@dataclass(frozen=True)
class Signature:
    """A bug, what it is called in the figure, the task that shows it, and in which run of the simulator."""

    bug: str
    title: str
    task: Task
    runs: int = 1


SIGNATURES = (
    Signature("one-step-more", "a step too many, (10, 2)", golden(local_steps=(10, 2))),
    Signature("rate-decays", "learning rate decays", golden()),
    Signature("momentum-left-on", "momentum left at 0.9", golden()),
    Signature("swapped-steps", "steps (10, 2) swapped", golden(local_steps=(10, 2))),
    Signature("not-copied", "server's array shared", golden()),
    Signature("never-reloaded", "models never reloaded", golden()),
    Signature("recorded-before", "recorded a round late", golden()),
    Signature("global-model", "global model, second run", golden(), runs=2),
    Signature("controls-lost", "SCAFFOLD: controls lost", golden("scaffold")),
    Signature("undivided-control", "SCAFFOLD: 1/H forgotten", golden("scaffold")),
    Signature("not-normalised", "FedNova averages plainly", golden("fednova")),
    Signature("drawn-once", "same client every round", golden(participants=1)),
)


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure; the seed draws the client of the last panel."""
    del budget, data_home
    panels = tuple(_panel(s, replace(s.task, rounds=ROUNDS, seed=seed)) for s in SIGNATURES)
    title = "Every bug bends the path its own way: some in round 1, some later, one only in a second run"
    caption = (
        "The golden instance: f_1 = x²/2, f_2 = (x − 1)²/8, equal weights, from 0, η = 0.1, H = 10, or (10, 2) where "
        f"it says so and for FedNova. Lines: the right path (where one of the two clients is drawn, seed {seed}, "
        "its mean); points: a simulator with the bug; grey: x* = 0.2, which FedAvg misses also when it is right. "
        "Without 1/H SCAFFOLD diverges; its points from round 4 on lie outside the panel."
    )
    return View(title, caption, panels, columns=3, legend="shared")


def right_path(task: Task) -> Float[np.ndarray, " round"]:
    """Return x⁰ … x^R by the definition; all clients give what one drawn uniformly gives on average."""
    method = replace(task, participants=None).method
    trace = run(task.problem, method, task.rounds, start=task.start, record=RecordAt.every(1), progress=False)
    return trace.w[0, :, 0]


def wrong_path(signature: Signature, task: Task) -> Float[np.ndarray, " round"]:
    """Return x¹ … x^R of the simulator with the bug, in its last run."""
    bug = next(bug for bug in PLANTED if bug.name == signature.bug)
    simulator = bug.simulator
    return [run_simulator(simulator, task) for _ in range(signature.runs)][-1][:, 0]


def _panel(signature: Signature, task: Task) -> Panel:
    rounds, wrong = np.arange(ROUNDS + 1), wrong_path(signature, task)
    shown = np.abs(wrong) < HIGHEST
    marks = (
        Span("y", MINIMISER, MINIMISER, "x*"),
        Series(rounds, right_path(task), "right", "theory"),
        Series(rounds[1:][shown], wrong[shown], "with the bug", "measured", "local_gd"),
    )
    return Panel(marks, "round", "x", title=signature.title)
