"""The steps on the ill-scaled instance, and how they were found: on batches of their own, from powers of two.

``python -m paper_repro.papers.derived.scaling.ill_scaled_tuning`` scans them again.
"""

import numpy as np

from implicitbias import Stream
from implicitbias.statistics import Moments
from paper_repro.papers.derived.scaling.ill_scaled import (
    FAMILIES,
    first_below,
    HORIZON,
    Instance,
    TURNED_STEPS,
)


# No claim is judged on it: claims draw from Stream(seed) itself.
STREAM = Stream(0).child("tuning on ill-scaled data")
REPLICAS, BATCH = 16, 8
# ε of the scan, two thirds of what is judged, for the mean gap plus so many standard errors: a step whose gap stays
# below ε by luck on these batches would not on others.
STANDARD_ERRORS = 3.0
ACCURACY, ACCURACY_TURNED = 0.02, 0.033
GRID = {
    "identity": tuple(2.0**k for k in range(1, 6)),
    "rmsprop": tuple(2.0**k for k in range(-3, 2)),
    "adam": tuple(2.0**k for k in range(-3, 2)),
    "oasis": tuple(2.0**k for k in range(-5, 0)),
}
STEPS = {
    (family, local_steps): lr
    for family, lr in {"identity": 4.0, "rmsprop": 0.5, "adam": 0.5, "oasis": 0.125}.items()
    for local_steps in HORIZON
}
STEPS_TURNED = {
    ("identity", TURNED_STEPS): 4.0,
    ("rmsprop", TURNED_STEPS): 0.25,
    ("adam", TURNED_STEPS): 0.25,
    ("oasis", TURNED_STEPS): 0.0625,
}


def scan(instance: Instance, family: str, local_steps: int) -> dict[float, tuple[int, float]]:
    """Return, for every step, the round from which the gap stays ≤ ε, and the gap at the end (upper ends)."""
    found = {}
    for lr in GRID[family]:
        gaps = instance.gap(instance.spec(family, local_steps, lr, BATCH, REPLICAS, STREAM).compute())
        moments = Moments.of(gaps)
        upper = np.asarray(moments.mean) + STANDARD_ERRORS * np.asarray(moments.standard_error)
        accuracy = ACCURACY_TURNED if instance.turned else ACCURACY
        found[lr] = first_below(upper, accuracy), float(upper[-1])
    return found


def tuned(instance: Instance, family: str, local_steps: int) -> float:
    """Return the step with fewest rounds, and of equal ones that with the smallest gap at the end."""
    found = scan(instance, family, local_steps)
    return min(found, key=lambda lr: found[lr])


if __name__ == "__main__":
    pairs = [(Instance(), h) for h in HORIZON] + [(Instance(turned=True), TURNED_STEPS)]
    for instance, steps in pairs:
        for name in FAMILIES:
            scanned = scan(instance, name, steps)
            print(instance, name, steps, min(scanned, key=lambda lr: scanned[lr]), scanned, flush=True)
