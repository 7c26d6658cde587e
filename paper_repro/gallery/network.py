"""A small network on digits: accuracy and loss against rounds, four families, three numbers of local steps."""

from pathlib import Path

from figures import Panel, View
from implicitbias import Stream
from paper_repro.claims.budget import Budget
from paper_repro.claims.observation import Curve
from paper_repro.claims.picture import series
from paper_repro.papers.chezhegov2024.setting import LOCAL_STEPS, NAMES, NetworkKnobs, ROUNDS, SKEWED, Way
from paper_repro.papers.chezhegov2024.study import accuracy_curve, learnt, loss_curve, needs, study


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure from the runs of the claims."""
    del data_home
    ways = tuple(Way(SKEWED, family, steps) for steps in LOCAL_STEPS for family in NAMES)
    of = study(ways, NetworkKnobs(), Stream(seed))
    specs = needs(of, budget)
    found = learnt(of, tuple(spec.compute() for spec in specs))
    panels = []
    for curve, ylabel in ((accuracy_curve, "held-out accuracy"), (loss_curve, "loss of training f")):
        for steps in LOCAL_STEPS:
            own = [curve(way, found[way], len(ways)) for way in ways if way.local_steps == steps]
            panels.append(_panel(own, steps, ylabel))
    title = (
        "On inputs with units decades apart, Adam and RMSProp save a network rounds at every H; "
        "dealt by label, more local steps save few"
    )
    caption = (
        f"10 workers with one class of digits each, 16 tanh units, batches of {NetworkKnobs().batch}, pixels in units "
        f"over two decades; D̂ one for all workers, steps tuned on other seeds for each family and H. Means over "
        f"{specs[0].replicas} runs on the same starts and batches with intervals that hold for the whole catalogue, "
        f"after {ROUNDS} rounds at most."
    )
    return View(title, caption, tuple(panels), columns=len(LOCAL_STEPS), legend="shared")


def _panel(curves: list[Curve], local_steps: int, ylabel: str) -> Panel:
    log = "log" if ylabel.startswith("loss") else "linear"
    marks = tuple(series(curve, "linear", log) for curve in curves)
    return Panel(marks, "communication rounds r", ylabel, "linear", log, f"H = {local_steps}")
