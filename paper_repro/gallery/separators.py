"""Set A in the plane of the data and in the plane of the weights."""

from pathlib import Path

import numpy as np

from figures import Cloud, Panel, ray, Separator, Series, Trajectory, View
from implicitbias import max_margin
from implicitbias.asymptotics import angle_from_chord, direction_error, predicted_path
from paper_repro.claims.budget import Budget
from paper_repro.gallery.local_steps import local_runs, LocalRun, LR


SHOWN = 1  # H = 10, of the runs shared with other figures
BOX = 9.0  # extent of the plane of weights, in the units of w


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure; it draws nothing at random."""
    del seed, data_home
    runs = local_runs(budget, False)
    own = [max_margin(rows).weights for rows in runs[0].case.problem.local_signed]
    apart = _degrees(own[0], own[1])
    left = _degrees(runs[SHOWN].trace.w[0, -1], runs[0].case.svm.weights)
    title = (
        f"Two workers whose separators lie {apart:.0f}° apart agree on a third: "
        f"Local GD comes within {left:.1f}° of the global max margin"
    )
    caption = (
        f"Set A: samples with labels absorbed (all margins should be positive), logistic loss, η = {LR}, from "
        "0. Left: the separators are orthogonal to the weights drawn right; rings mark the support vectors of "
        f"the global problem, dotted lines its margin. Right: paths of w, {runs[0].label} to round "
        f"{runs[0].trace.rounds[-1]:,}, and their asymptote ŵ log(ηHr) + w̃, which runs parallel to the ray of "
        "ŵ: directions meet only as 1/log r."
    )
    return View(title, caption, (_data_plane(runs, own), _weight_plane(runs, own)), columns=2)


def _data_plane(runs: tuple[LocalRun, ...], own: list[np.ndarray]) -> Panel:
    case, reached = runs[SHOWN].case, runs[SHOWN].trace.w[0, -1]
    rows = case.problem.signed
    cloud = Cloud(
        rows[:, 0],
        rows[:, 1],
        workers=case.problem.assignment,
        ringed=tuple(int(i) for i in case.svm.support),
        ring_label="support vectors",
    )
    local = [Separator(w, worker=m, label=f"worker {m + 1} alone") for m, w in enumerate(own)]
    found = Separator(reached, label=f"Local GD, {runs[SHOWN].label}", method_key=runs[SHOWN].key)
    best = Separator(case.svm.weights, label="max margin", role="theory", margins=True)
    marks = (cloud, *local, found, best)
    return Panel(marks, "$x_1$", "$x_2$", title="data", xlim=(-3.6, 5.3), ylim=(-1.6, 5.2), aspect="equal")


def _weight_plane(runs: tuple[LocalRun, ...], own: list[np.ndarray]) -> Panel:
    case = runs[0].case
    paths = [
        Trajectory(run.trace.w[0, :, 0], run.trace.w[0, :, 1], f"Local GD, {run.label}", "measured", run.key)
        for run in (runs[0], runs[2])
    ]
    tau = np.linspace(2.5, 30, 2)
    asymptote = predicted_path(case.svm.weights, case.residual_limit, tau)
    marks = (
        *paths,
        Series(asymptote[:, 0], asymptote[:, 1], "asymptote ŵτ + w̃", "theory"),
        ray(case.svm.weights, 2 * BOX, label="ray of ŵ", role="reference"),
        *(ray(w, 3.0, label="a worker alone", role="falsifier") for w in own),
    )
    return Panel(
        marks, "$w_1$", "$w_2$", title="weights", xlim=(-0.6, BOX + 3), ylim=(-0.6, BOX), aspect="equal"
    )


def _degrees(u: np.ndarray, v: np.ndarray) -> float:
    return float(np.degrees(angle_from_chord(direction_error(u, v))))
