"""How numbers are said to a class."""

import numpy as np

from implicitbias.asymptotics import angle_from_chord
from paper_repro.classroom.direction.controls import Controls


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# Chords of directions that are one to the last digit of a double.
NOTHING = 1e-15


def power_of_ten(decade: float) -> str:
    """Say 10^k: ``"10³"``, ``"1"``, or ``"20,000"`` where k is not whole."""
    if decade == int(decade) and decade > 2:
        return "10" + str(int(decade)).translate(_RAISED)
    return f"{round(10.0**decade):,}"


def digits(value: float) -> str:
    """Say a number to four digits."""
    return f"{value:.4g}".replace("-", "−")


def degrees(chord: float) -> str:
    """Say a chord of directions as an angle: 0.35°, and 0° for what is only rounding."""
    if chord <= NOTHING:
        return "0°"
    return f"{np.degrees(angle_from_chord(np.array(chord))):.3g}°"


def vector(w: np.ndarray) -> str:
    """Say a vector of the plane."""
    return "(" + ", ".join(digits(0.0 + float(round(x, 9))) for x in w) + ")"


def names(numbers: list[int]) -> str:
    """Say some points by their numbers, counted from 1."""
    said = [str(number + 1) for number in numbers]
    if len(said) == 1:
        return f"point {said[0]}"
    return f"points {', '.join(said[:-1])} and {said[-1]}"


def called(controls: Controls) -> str:
    """Return what the method is called."""
    plain = {
        "gradient steps": f"Local GD, H = {', '.join(map(str, _steps(controls)))}",
        "sweeping": "H → ∞ first",
        "projection": "Projections",
    }[controls.work]
    return f"{plain}, anchored" if controls.anchored else plain


def key(controls: Controls) -> str:
    """Return the key of the method's colour, which is the same in every figure."""
    if controls.anchored:
        return "modified_local_gd"
    if controls.exact_solves:
        return controls.work
    steps = _steps(controls)
    return f"local_gd:H={steps[0]}" if len(steps) == 1 else "local_gd"


def _steps(controls: Controls) -> tuple[int, ...]:
    return controls.local_steps if isinstance(controls.local_steps, tuple) else (controls.local_steps,)
