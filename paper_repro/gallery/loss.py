"""ηHr·f against rounds: every H ends on the level 1/γ²."""

from pathlib import Path

import numpy as np

from figures import Panel, Series, Span, View
from paper_repro.claims.budget import Budget
from paper_repro.gallery.local_steps import local_runs, LocalRun, LR


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure; it draws nothing at random."""
    del seed, data_home
    fixed, scaled = local_runs(budget, False), local_runs(budget, True)
    level = 1 / fixed[0].case.svm.margin ** 2
    title = f"Whatever H and η, ηHr·f tends to 1/γ² = {level:.4f}: only the product ηH matters"
    caption = (
        "Local GD on set A (2 workers, 6 samples), logistic loss, from 0. Points: measured; line: 1/γ² from the "
        "certified max-margin solution. Left: f falls like 1/(γ²ηHr), H times faster. Right: with η = c/H, f is "
        "1/(γ²cr) for every H. A large ηH overshoots first: one round then solves each local problem too well."
    )
    panels = (_panel(fixed, f"η = {LR} fixed", level), _panel(scaled, f"η = {LR}/H", level))
    return View(title, caption, panels, legend="shared")


def _panel(runs: tuple[LocalRun, ...], title: str, level: float) -> Panel:
    marks = [
        Series(run.trace.rounds[1:], _scaled_loss(run), run.label, "measured", run.key, joined=True)
        for run in runs
    ]
    limit = Span("y", level, level, "limit 1/γ²", "theory")
    labels = ("communication rounds r", "ηHr · f($w^r$)")
    return Panel((*marks, limit), *labels, "log", "log", title, ylim=(0.07, 6.0))


def _scaled_loss(run: LocalRun) -> np.ndarray:
    return np.asarray(np.exp(run.trace.log_time + run.trace.log_loss[0]))[1:]
