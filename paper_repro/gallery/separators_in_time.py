"""Set A in log-time: the separators of Local GD turn to the max margin, as slowly as 1/τ says, beyond round 10^400."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Animation, Cloud, on_common_limits, Panel, Separator, Series, View
from implicitbias import fast_forward, max_margin, Trace
from implicitbias.asymptotics import angle_from_chord, chord_from_residual
from paper_repro.claims.budget import Budget
from paper_repro.claims.separable import SeparableCase
from paper_repro.gallery.local_steps import case_of, LR


STEPS = (1, 100)
FRAMES, SECONDS = 60, 0.15
TIMES = (0.5, 1000.0)
# Of the paths drawn right; frames take the last record before them.
RECORDS = 150
# τ from which ŵτ + w̃ is drawn: before, it is another path.
FIRST = 4.0
# Up to here rounds are written out.
WRITTEN = 1e6


def animate(seed: int, budget: Budget, data_home: Path | None = None) -> Animation:
    """Build the animation; it draws nothing at random."""
    del seed, budget, data_home
    cases = {steps: case_of(LR, steps) for steps in STEPS}
    records = np.geomspace(*TIMES, RECORDS)
    paths = {
        steps: fast_forward(case.problem, case.method, records, progress=False)
        for steps, case in cases.items()
    }
    own = [max_margin(rows).weights for rows in cases[STEPS[0]].problem.local_signed]
    times = np.geomspace(*TIMES, FRAMES)
    frames = [_frame(cases, paths, own, float(time)) for time in times]
    return Animation(on_common_limits(frames), tuple(_label(float(time)) for time in times), SECONDS)


def _frame(
    cases: dict[int, SeparableCase], paths: dict[int, Trace], own: list[np.ndarray], time: float
) -> View:
    left = [float(np.degrees(angle_from_chord(_chord(path, time)[-1:]))[0]) for path in paths.values()]
    title = (
        "Local GD turns to the global max margin, as slowly as 1/log r, and local steps only set its clock"
    )
    caption = (
        f"Set A, samples with labels absorbed; logistic loss, η = {LR}, from 0. Left: separators of both workers "
        "alone, of all samples, and of Local GD, "
        + " and ".join(f"{a:.2g}° off with H = {steps}" for steps, a in zip(paths, left, strict=True))
        + ". Right: chord to the max margin. After the exact rounds, in log-time by the flow that they follow; lines: "
        "ŵτ + w̃, the same for both."
    )
    panels = (_data_plane(cases, paths, own, time), _chords(cases, paths, time))
    return View(title, caption, panels, columns=2, legend="shared")


def _data_plane(
    cases: dict[int, SeparableCase], paths: dict[int, Trace], own: list[np.ndarray], time: float
) -> Panel:
    case = cases[STEPS[0]]
    rows, support = case.problem.signed, tuple(int(i) for i in case.svm.support)
    cloud = Cloud(
        rows[:, 0], rows[:, 1], workers=case.problem.assignment, ringed=support, ring_label="support vectors"
    )
    alone = [Separator(w, worker=m, label=f"worker {m + 1} alone") for m, w in enumerate(own)]
    found = [
        Separator(path.w[0, _last(path, time)], label=f"Local GD, H = {s}", method_key=f"local_gd:H={s}")
        for s, path in paths.items()
    ]
    best = Separator(case.svm.weights, label="max margin", role="theory", margins=True)
    marks = (cloud, *alone, *found, best)
    return Panel(marks, "$x_1$", "$x_2$", title="data", xlim=(-3.6, 5.3), ylim=(-1.6, 5.2), aspect="equal")


def _chords(cases: dict[int, SeparableCase], paths: dict[int, Trace], time: float) -> Panel:
    marks = []
    case, line = cases[STEPS[0]], np.geomspace(FIRST, TIMES[1], RECORDS)
    for steps, path in paths.items():
        shown = _chord(path, time)
        hidden = (None,) * (len(path.log_time) - len(shown))
        name, key = f"Local GD, H = {steps}", f"local_gd:H={steps}"
        marks.append(Series(path.log_time, (*shown.tolist(), *hidden), name, "measured", key))
    limit = chord_from_residual(case.residual_limit, case.svm.weights, line)
    marks.append(Series(line, limit, "along ŵτ + w̃", "theory"))
    names = ("log-time τ = log(ηHr)", "chord to the max margin")
    return Panel(tuple(marks), *names, "log", "log", title="direction")


def _chord(path: Trace, time: float) -> Float[np.ndarray, " record"]:
    """Return the chords up to a time."""
    return np.asarray(path.extras["chord"])[0, : _last(path, time) + 1]


def _last(path: Trace, time: float) -> int:
    """Return the last record up to a time, or the first one there is."""
    return max(int(np.searchsorted(path.log_time, time, side="right")) - 1, 0)


def _label(time: float) -> str:
    """Return the log-time, and which round it is."""
    decades = (time - np.log(LR)) / np.log(10.0)
    reached = f"{10.0**decades:,.0f}" if decades < np.log10(WRITTEN) else f"10^{decades:.0f}"
    shown = f"{time:.3g}" if time < 100.0 else f"{time:.0f}"
    return f"log-time τ = {shown}: round {reached} for H = 1"
