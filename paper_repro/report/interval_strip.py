"""A prediction and a measurement on one small axis: the three-way rule at a glance."""

import math

from markupsafe import Markup

from paper_repro.claims.verdict import Comparison, Relation


WIDTH, HEIGHT = 220.0, 26.0
MARGIN = 0.14  # of the width, on either side of what is shown


def interval_strip(c: Comparison) -> Markup:
    """Return an SVG: a band where the prediction counts as met, a point with the interval of the measurement."""
    centres = [v for v in (c.predicted, c.measured) if math.isfinite(v)]
    if len(centres) < 2:
        return Markup("")
    region = (c.predicted - c.allowance, c.predicted + c.allowance)
    interval = (c.measured - c.uncertainty, c.measured + c.uncertainty)
    shown = [v for v in (*region, *interval) if math.isfinite(v)] + centres
    low, high = min(shown), max(shown)
    # Everything at one value (a computer-algebra zero): any unit does.
    unit = (high - low) / (1 - 2 * MARGIN) or abs(high) or 1.0
    left = (low + high) / 2 - unit / 2

    def place(value: float) -> float:
        return min(max((value - left) / unit, 0.0), 1.0) * WIDTH

    band = [
        0.0 if c.relation is Relation.AT_MOST else place(region[0]),
        WIDTH if c.relation is Relation.AT_LEAST else place(region[1]),
    ]
    bar = [place(end) for end in interval]
    middle = HEIGHT / 2
    return Markup(
        '<svg class="strip" viewBox="0 0 {w:g} {h:g}" role="img" aria-label="{label}">'
        '<line class="axis" x1="0" x2="{w:g}" y1="{y:g}" y2="{y:g}"/>'
        '<rect class="allowed" x="{b0:.2f}" y="3" width="{bw:.2f}" height="{bh:g}" rx="2"/>'
        '<line class="predicted" x1="{p:.2f}" x2="{p:.2f}" y1="2" y2="{yb:g}"/>'
        '<line class="spread" x1="{s0:.2f}" x2="{s1:.2f}" y1="{y:g}" y2="{y:g}"/>'
        '<circle class="measured" cx="{m:.2f}" cy="{y:g}" r="4"/></svg>'
    ).format(
        w=WIDTH, h=HEIGHT, y=middle, yb=HEIGHT - 2, label=f"{c.name}: measured against predicted",
        b0=band[0], bw=max(band[1] - band[0], 1.0), bh=HEIGHT - 6,
        p=place(c.predicted), s0=bar[0], s1=bar[1], m=place(c.measured),
    )  # fmt: skip
