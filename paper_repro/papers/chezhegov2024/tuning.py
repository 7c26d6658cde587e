"""How the learning rates of the networks were found: the best of a grid on data, starts and batches of their own.

What is minimised is the loss of training; nothing that is held out, and nothing that a claim judges, is looked at.
``python -m paper_repro.papers.chezhegov2024.tuning`` prints every scan and what was chosen.
"""

import numpy as np

from implicitbias import Stream
from paper_repro.papers.chezhegov2024.setting import case_of, NetworkKnobs, Way
from paper_repro.papers.chezhegov2024.steps import STEPS


# No claim is judged on it: claims draw from Stream(seed) itself.
STREAM = Stream(0).child("tuning of learning rates")
REPLICAS = 6
# Powers of two around the best ones, so that each of these lies inside.
GRID = {
    "identity": tuple(2.0**k for k in range(-1, 6)),
    "rmsprop": tuple(2.0**k for k in range(-6, 1)),
    "adam": tuple(2.0**k for k in range(-5, 2)),
    "oasis": tuple(2.0**k for k in range(-7, 0)),
}


def scan(way: Way) -> dict[float, float]:
    """Return the mean of log f after all rounds for every step of the grid."""
    case = case_of(way.inputs, NetworkKnobs().batch, STREAM)
    traces = {lr: case.spec(way, lr, REPLICAS).compute() for lr in GRID[way.family]}
    # A run that diverged has fewer records, and is no candidate.
    complete = {lr: trace.status.name == "COMPLETE" for lr, trace in traces.items()}
    return {lr: float(t.log_loss[:, -1].mean()) if complete[lr] else np.inf for lr, t in traces.items()}


def tuned(way: Way) -> float:
    """Return the step of the grid with the least mean of log f after all rounds."""
    found = scan(way)
    return min(found, key=lambda lr: found[lr])


def ways() -> tuple[Way, ...]:
    """Return all that has a tuned step."""
    return tuple(
        Way(inputs, family, local_steps, scope)
        for (inputs, scope), families in STEPS.items()
        for family, steps in families.items()
        for local_steps in steps
    )


if __name__ == "__main__":
    for each in ways():
        found = scan(each)
        print(
            each, min(found, key=lambda lr: found[lr]), {lr: round(value, 3) for lr, value in found.items()}
        )
