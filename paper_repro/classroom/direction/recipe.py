"""Lines of Python that print the numbers on screen, in a fresh interpreter."""

import math

from paper_repro.classroom.direction.averaged import hand_over
from paper_repro.classroom.direction.controls import Controls
from paper_repro.classroom.direction.journey import Journey, Look, told


def of_directions(controls: Controls, journey: Journey, seen: tuple[Look, ...]) -> str:
    """Return code for the margin, the direction errors told, and the limit."""
    lines = [*_problem(controls), "svm = max_margin(problem)"]
    if journey.beyond is None or controls.anchored or controls.loss == "polynomial tail":
        lines.extend(_exact(journey, seen))
    else:
        lines.extend(_continued(controls, journey))
    lines.append("print('margin', svm.margin)")
    lines.extend(_further(controls, journey, seen))
    return "\n".join(_imported(lines))


def of_rest(controls: Controls) -> str:
    """Return code for minimiser, resting point and bias."""
    lines = [
        *_problem(controls),
        "best = minimiser(problem)",
        "rest = round_fixed_point(problem, method, best)",
        "print('minimiser', best)",
        "print('rests at', rest)",
        "print('bias', np.linalg.norm(rest - best))",
    ]
    return "\n".join(_imported(lines))


def _problem(controls: Controls) -> list[str]:
    points = ", ".join(f"({x:.12g}, {y:.12g})" for x, y in controls.points)
    return [
        f"points = [{points}]",
        f"labels, workers = {list(controls.labels)}, {controls.held}",
        f"problem = LinearClassification(points, labels, workers=workers, loss={controls.problem.loss_function})",
        f"method = {_method(controls)}",
    ]


def _method(controls: Controls) -> str:
    steps = f"local_gd({controls.lr:.12g}, {controls.local_steps})"
    plain = {"gradient steps": steps, "sweeping": "sweeping()", "projection": "projection()"}[controls.work]
    return f"modified_local_gd({plain})" if controls.anchored else plain


def _continued(controls: Controls, journey: Journey) -> list[str]:
    handover = hand_over(controls, journey.exact)
    late = "" if handover == "auto" else f", handover={handover}"
    decades = list(told(controls.decades))
    lines = [
        f"tau = np.log({controls.lr * controls.mean_steps:.12g}) + np.log(10) * np.array({decades})",
        f"far = fast_forward(problem, method, tau{late})",
        f"print('rounds 10^{decades}: direction errors', far.extras['chord'][0])",
    ]
    return lines if journey.residual is None else [*lines, "print('w̃', far.extras['limit'][0])"]


def _exact(journey: Journey, seen: tuple[Look, ...]) -> list[str]:
    rounds = sorted({min(round(10.0**look.decade), journey.exact.last) for look in seen if look.decade <= 18})
    return [
        f"trace = run(problem, method, {rounds[-1]}, record=RecordAt.these({rounds}))",
        f"print('rounds {rounds}: direction errors', direction_error(trace.w[0, 1:], svm.weights))",
    ]


def _further(controls: Controls, journey: Journey, seen: tuple[Look, ...]) -> list[str]:
    """Return code for what follows exact rounds where ``fast_forward`` does not."""
    tail = controls.loss == "polynomial tail"
    lines = [_tail_limit(controls)] if tail else []
    later = [int(look.decade) for look in seen if 10.0**look.decade > journey.exact.last]
    if not later or not (tail or controls.anchored):
        return lines
    clock = f"np.log({controls.lr * controls.mean_steps:.12g})"
    if tail:
        rounds = (
            f"np.log(10) * np.array([{math.log10(journey.exact.last):.15g}, {', '.join(map(str, later))}])"
        )
        rounds = f"np.logaddexp({rounds}, 0)" if controls.anchored else rounds
        anchored = ", anchored=True" if controls.anchored else ""
        path = f"path = tail_path(problem, trace.w[0, -1], {clock} + {rounds}{anchored})[1:]"
    else:
        path = f"path = anchored_path(problem, {clock}, np.logaddexp(np.log(10) * np.array({later}), 0))"
    return [*lines, path, f"print('rounds 10^{later}: direction errors', direction_error(path, svm.weights))"]


def _tail_limit(controls: Controls) -> str:
    limit = f"tail_direction(problem, {controls.power:.12g}).direction"
    return f"print('limit', direction_error({limit}, svm.weights), 'from the max margin')"


# Where a name that the lines use comes from.
HOMES = {
    "implicitbias": (
        "direction_error", "Exponential", "fast_forward", "LinearClassification", "local_gd", "Logistic", "max_margin",
        "modified_local_gd", "PolynomialTail", "projection", "RecordAt", "run", "sweeping",
    ),
    "implicitbias.asymptotics": ("anchored_path", "tail_path"),
    "implicitbias.fixed_point": ("round_fixed_point",),
    "implicitbias.oracle": ("tail_direction",),
    "implicitbias.scaled": ("minimiser",),
}  # fmt: skip


def _imported(lines: list[str]) -> list[str]:
    """Return the lines under the imports that they need."""
    text = "\n".join(lines)
    imports = ["import numpy as np"] if "np." in text else []
    for home, names in HOMES.items():
        used = [name for name in names if f"{name}(" in text or f"{name}." in text]
        if used:
            imports.append(f"from {home} import {', '.join(used)}")
    return [*imports, "", *lines]
