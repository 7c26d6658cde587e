"""The weak error of the slow SDE against η: e₁η + e₂η² fits, the powers ½ and ¼ do not."""

from dataclasses import replace
from pathlib import Path

from figures import Panel, View
from implicitbias import Stream
from paper_repro.claims.budget import Budget
from paper_repro.claims.picture import series
from paper_repro.papers.gu2023.label_valley import LabelValleyKnobs
from paper_repro.papers.gu2023.weak_error import needs, observe, setup, WeakErrorCase


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure: Local SGD beside SGD, each at four learning rates."""
    del data_home
    local = setup(LabelValleyKnobs(), Stream(seed))
    of, knobs = local.valley.refinement, LabelValleyKnobs()
    parallel = replace(local.valley, refinement=replace(of, local_steps=1), stream=Stream(seed).child("sgd"))
    title = "The error of the slow SDE is of first order in η: a line fits, and the powers ½ and ¼ do not"
    caption = (
        f"Valley ½e^(cx)y², c = {knobs.rate:g}, label noise δ = 1, B = 1, start (x, y) = ({knobs.start:g}, 0), slow "
        f"time {of.slow_time:g}; M = {knobs.workers}, α = ηH = {knobs.round_time:g} for Local SGD, H = 1 for SGD. "
        "Points: mean of Φ_x over independent replicas less the solution of the slow ODE, with intervals of the claim "
        "gu2023/weak-error; black: weighted fit of e₁η + e₂η²; red: fits of one power, with their χ² on one more "
        f"degree of freedom. The theorem bounds the error by η^¼ up to logarithms. Seed {seed}."
    )
    panels = (
        _panel(local, budget, "local_sgd", "Local SGD"),
        _panel(replace(local, valley=parallel), budget, "sgd", "SGD"),
    )
    return View(title, caption, panels)


def _panel(case: WeakErrorCase, budget: Budget, method: str, name: str) -> Panel:
    observation = observe(case, tuple(spec.compute() for spec in needs(case, budget)))
    curves = (replace(c, method=method, label=name) if c.method else c for c in observation.curves)
    marks = tuple(series(curve, "log", "log") for curve in curves)
    return Panel(marks, "learning rate η", "|E Φ_x − x(T)|", "log", "log", name)
