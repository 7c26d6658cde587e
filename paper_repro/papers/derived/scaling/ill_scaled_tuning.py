"""The steps on the ill-scaled instance, and how they were found: on batches of their own, from powers of two.

``python -m paper_repro.papers.derived.scaling.ill_scaled_tuning`` scans them again.
"""

import numpy as np

from implicitbias import Stream
from paper_repro.papers.derived.scaling.ill_scaled import FAMILIES, first_below, HORIZON, Instance, TURNED_STEPS


# No claim is judged on it: claims draw from Stream(seed) itself.
STREAM = Stream(0).child("tuning on ill-scaled data")
REPLICAS, BATCH, ACCURACY = 32, 8, 0.03
GRID = {
    "identity": tuple(2.0**k for k in range(0, 6)),
    "rmsprop": tuple(2.0**k for k in range(-4, 2)),
    "adam": tuple(2.0**k for k in range(-4, 2)),
    "oasis": tuple(2.0**k for k in range(-6, 0)),
}
STEPS = {}
STEPS_TURNED = {}


def scan(instance: Instance, family: str, local_steps: int) -> dict[float, tuple[int, float]]:
    """Return, for every step, the round from which the mean gap stays ≤ ε, and the mean gap at the end."""
    found = {}
    for lr in GRID[family]:
        gaps = instance.gap(instance.spec(family, local_steps, lr, BATCH, REPLICAS, STREAM).compute())
        mean = gaps.mean(axis=0)
        found[lr] = first_below(mean, ACCURACY), float(mean[-1])
    return found


def tuned(instance: Instance, family: str, local_steps: int) -> float:
    """Return the step with fewest rounds, and of equal ones that with the smallest gap at the end."""
    found = scan(instance, family, local_steps)
    return min(found, key=lambda lr: found[lr])


if __name__ == "__main__":
    np.set_printoptions(precision=4)
    pairs = [(Instance(), h) for h in HORIZON] + [(Instance(turned=True), TURNED_STEPS)]
    for instance, steps in pairs:
        for name in FAMILIES:
            scanned = scan(instance, name, steps)
            print(instance, name, steps, min(scanned, key=lambda lr: scanned[lr]), scanned, flush=True)
