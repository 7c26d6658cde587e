"""``python -m benchmarks.picture [--records FOLDER] [--out FOLDER]``: the benchmarks as one figure."""

import argparse
import json
from pathlib import Path

import numpy as np

from figures import Panel, save, Series, Table, View


NAME = "speed"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.picture", description="Draw the benchmarks.")
    parser.add_argument("--records", type=Path, default=Path("out/bench"), help="folder of the JSON files")
    parser.add_argument("--out", type=Path, default=Path("out/bench"), help="folder of the figure")
    options = parser.parse_args()
    batch, curves = (json.loads((options.records / f"{n}.json").read_text()) for n in ("batch", "curves"))
    sidecar = {"records": ["batch.json", "curves.json"], "setting": batch["setting"]}
    for path in save(view(batch, curves), options.out, NAME, sidecar, ["png"]):
        print(path)


def view(batch: dict, curves: dict) -> View:
    """Return the figure: seconds next to all peers, and what a round costs as the dimension grows."""
    small, large = batch["comparisons"]
    loops = [_ratio(comparison, "Python loop") for comparison in (small, large)]
    title = f"64 runs at once: {loops[0]:g} and {loops[1]:g} times faster than loops; rounds do not know d"
    caption = (
        f"Exact Local GD in doubles on one core ({batch['setting']['model']}), processor time. Left: medians of "
        f"ratios of time per round; small: {small['setting']}; large: {large['setting']}. Right: a round of 16 runs "
        "with n=50, M=5, H=10 (points: median and quartiles of turns; line: constant), and start and record of "
        "the same (line: proportional to d)."
    )
    return View(title, caption, (_peers(small, large), _dimensions(curves["curves"])))


def _ratio(comparison: dict, name: str) -> float | None:
    ratios = {row["contestant"]: row["ratio_to_engine"]["median"] for row in comparison["rows"]}
    return float(f"{ratios[name]:.3g}") if name in ratios else None


def _peers(small: dict, large: dict) -> Panel:
    """Return the table of ratios; a peer that one setting lacks has a dash there."""
    names = [row["contestant"] for row in small["rows"]]
    rows = tuple((name, *(_ratio(comparison, name) for comparison in (small, large))) for name in names)
    return Panel((Table(("time over the engine's", "small", "large"), rows),))


def _dimensions(curves: list[dict]) -> Panel:
    rounds, ends = (c for c in curves if c["size"] == "dimension d")
    marks = []
    for curve, label, key in ((rounds, "a round", "local_gd"), (ends, "start and record", "gd")):
        d, seconds = np.array(curve["values"]), np.array(curve["seconds"])
        level = np.exp(np.mean(np.log(seconds / d ** curve["predicted"])))
        error = (1e6 * np.array(curve["lower"]), 1e6 * np.array(curve["upper"]))
        marks.append(Series(d, 1e6 * seconds, label, "measured", key, error=error))
        marks.append(Series(d, 1e6 * level * d ** curve["predicted"], None, "theory", key))
    return Panel(tuple(marks), "dimension d", "µs for the batch", "log", "log")


if __name__ == "__main__":
    main()
