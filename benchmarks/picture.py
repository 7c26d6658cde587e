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
    title = f"A batch of 64 runs is {loops[0]:.0f} and {loops[1]:.0f} times faster than loops, at a cost per round free of d"
    caption = (
        f"Exact Local GD in doubles on one core ({batch['setting']['model']}), processor time. Left: median µs per round "
        f"of the batch; small: {small['setting']}; large: {large['setting']}. Right: a round of "
        "16 runs with n=50, M=5, H=10 (points: median and quartiles of turns; line: constant), and start and record of "
        "the same (line: proportional to d)."
    )
    return View(title, caption, (_peers(small, large), _dimensions(curves["curves"])))


def _ratio(comparison: dict, name: str) -> float:
    return next(r["ratio_to_engine"]["median"] for r in comparison["rows"] if r["contestant"] == name)


def _peers(small: dict, large: dict) -> Panel:
    """Return the table of medians; a peer that one setting lacks has a dash there."""
    seconds = [
        {r["contestant"]: 1e6 * r["seconds_per_round"]["median"] for r in c["rows"]} for c in (small, large)
    ]
    names = [r["contestant"] for r in small["rows"]]
    rows = tuple((name, seconds[0][name], seconds[1].get(name)) for name in names)
    return Panel((Table(("µs per round", "small", "large"), rows),))


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
