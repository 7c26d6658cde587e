"""How far every planted bug takes the path from the right one, round by round."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from figures import Heatmap, Histogram, Panel, View
from paper_repro.claims.budget import Budget
from paper_repro.conformance.planted import TOPICS
from paper_repro.gallery.bug_runs import Departure, departure, ROUNDING


ROUNDS = 12
# Ends of the colours: below, sums differ by their order alone; above, the path has run away.
LIMITS = (ROUNDING, 10.0)


def build(seed: int, budget: Budget, data_home: Path | None = None) -> View:
    """Build the figure; the seed draws the instances, and who takes part."""
    del budget, data_home
    found = {
        topic: sorted((departure(bug, seed, ROUNDS) for bug in bugs), key=_by_onset)
        for topic, bugs in TOPICS.items()
    }
    # Panels side by side are equally high: topics of about as many bugs are neighbours.
    topics = sorted(found, key=lambda topic: -len(found[topic]))
    *panels, last = (_panel(topic, found[topic], last=topic == topics[-1]) for topic in topics)
    everything = [d for part in found.values() for d in part]
    caption = (
        f"Random instances (d = 3, seed {seed}) of four workers, twelve where a bug needs them, with what the bug "
        "needs: another algorithm, momentum, a delay, drawn workers or samples, labels without noise. Colour: "
        "|x − right x| after a round over the largest |right x| of the rounds, both simulators with the same seed; "
        "from 10 on all are alike. White: equal to the last bit. Rows: by the first round that differs, then by how "
        "much; second run: the first is right."
    )
    return View(_title(everything), caption, (*panels, _largest(everything), last), columns=2)


def _title(found: list[Departure]) -> str:
    """Return when bugs show, and how much."""
    onsets = [d.onset for d in found]
    far = sum(d.distance.max() > 0.01 for d in found)
    single = next(d.distance.max() for d in found if d.bug.name == "float32")
    return (
        f"{onsets.count(1)} of {len(found)} bugs show in the first round, the others by round {max(onsets)}; "
        f"{far} lead more than 1 % away, float32 no more than {single:.0e}"
    )


def _by_onset(found: Departure) -> tuple[int, float]:
    return found.onset, -float(found.distance[found.onset - 1])


def _panel(topic: str, found: list[Departure], *, last: bool) -> Panel:
    """Return the rows of one topic; the last panel has the colour bar of all."""
    names = tuple(d.bug.name + (" (second run)" if d.run == 2 else "") for d in found)
    label = "distance, of the path's size" if last else None
    cells = Heatmap(
        np.arange(1, ROUNDS + 1), names, [_cells(d.distance) for d in found], LIMITS, "log", label
    )
    return Panel((cells,), xlabel="round", title=topic)


def _cells(distance: Float[np.ndarray, " round"]) -> list[float | None]:
    """Return finite distances, none where the paths are equal."""
    return [min(float(away), LIMITS[1]) if away > 0 else None for away in distance]


def _largest(found: list[Departure]) -> Panel:
    """Return how many bugs lead how far away."""
    powers = np.log10([min(d.distance.max(), LIMITS[1]) for d in found])
    counts, edges = np.histogram(powers, np.arange(np.floor(powers.min()), np.log10(LIMITS[1]) + 1))
    bars = Histogram(10.0**edges, counts, method_key="local_gd")
    return Panel((bars,), f"largest distance in {ROUNDS} rounds", "bugs", xscale="log", title="All bugs")
