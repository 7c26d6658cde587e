"""The density of the angle on a ring as slow time grows: Local SGD on the Fokker–Planck equation of its slow SDE."""

from pathlib import Path

import numpy as np

from figures import Animation, on_common_limits, Panel, View
from implicitbias import Stream
from paper_repro.claims.budget import Budget
from paper_repro.gallery.ring_density import angles_at, AXES, caption_of, marks_at, MIXED, REPLICAS
from paper_repro.papers.derived.curved_minima.curved_ring import ring_with


TIMES = tuple(np.linspace(0.1, 2.0, 39).round(3).tolist())
SECONDS = 0.15


def animate(seed: int, budget: Budget, data_home: Path | None = None) -> Animation:
    """Build the animation with noise drawn from the seed."""
    del data_home
    ring = ring_with(MIXED)
    angles = angles_at(ring, TIMES, REPLICAS[budget], Stream(seed).child("ring-density"))
    title = "Local SGD moves round the ring as its slow SDE says, and farther than SGD in the same slow time"
    caption = caption_of(budget, seed)
    frames = [
        View(title, caption, (Panel(marks_at(ring, t, angles[:, k]), *AXES, xlim=(-np.pi, np.pi)),))
        for k, t in enumerate(TIMES)
    ]
    return Animation(on_common_limits(frames), tuple(f"slow time η²·steps = {t:.2f}" for t in TIMES), SECONDS)
