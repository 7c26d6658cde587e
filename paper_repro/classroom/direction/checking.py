"""What cannot be set: points, their holders and local steps that have no answer, or none that comes at once."""

import numpy as np

from implicitbias import checks
from implicitbias.errors import BadInput


# Beyond these the answer would not come at once.
MOST_POINTS = 60
MOST_WORKERS = 8
MOST_LOCAL_STEPS = 10_000


def check_points(points: tuple[tuple[float, float], ...]) -> None:
    """Refuse points that cannot be drawn, or say nothing: too many, not finite, at the origin.

    Raises
    ------
    BadInput
        Naming the value, the rule and the cure.
    """
    if not points:
        raise BadInput("points = (): there is nothing to learn; click on the board, or choose a preset")
    if len(points) > MOST_POINTS:
        raise BadInput(
            f"points = {len(points)} of them: must be at most {MOST_POINTS}, to answer at once; remove some"
        )
    for number, point in enumerate(points, 1):
        if len(point) != 2 or not np.isfinite(point).all():
            raise checks.refuse(
                f"point {number}", point, "needs two finite coordinates", "drag it onto the board"
            )
        if not np.any(point):
            rule = "lies at the origin, where every w gives the margin 0"
            raise checks.refuse(f"point {number}", point, rule, "drag it away")


def check_holders(workers: tuple[int, ...], points: int) -> None:
    """Refuse workers that are not one for each point, or too many to be told apart.

    Raises
    ------
    BadInput
        Naming the value, the rule and the cure.
    """
    if len(workers) != points:
        raise BadInput(
            f"workers = {workers!r:.60}: needs one worker for each of the {points} points; assign them"
        )
    for worker in set(workers):
        checks.integer("worker", worker, 0, "number workers from 0")
    if len(set(workers)) > MOST_WORKERS:
        rule = f"must be at most {MOST_WORKERS}, to be told apart"
        raise checks.refuse("M", len(set(workers)), rule, "assign points to fewer workers")


def check_steps(local_steps: int | tuple[int, ...], workers: int) -> None:
    """Refuse H that is no count, too large, or not one for each worker.

    Raises
    ------
    BadInput
        Naming the value, the rule and the cure.
    """
    given = local_steps if isinstance(local_steps, tuple) else (local_steps,)
    for steps in given:
        checks.integer("H", steps, 1, "H = 1 is gradient descent, e.g. 10 is Local GD")
        if steps > MOST_LOCAL_STEPS:
            cure = "choose 'sweeping' for the limit H → ∞"
            raise checks.refuse("H", steps, f"must be at most {MOST_LOCAL_STEPS:,}, to answer at once", cure)
    if isinstance(local_steps, tuple) and len(local_steps) != workers:
        cure = f"type one number for all, or {workers} numbers"
        raise checks.refuse("H", local_steps, f"needs one H for each of the M = {workers} workers", cure)
