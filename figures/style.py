"""One look for all figures: a colour and a marker per method, widths by venue, settings as plain dictionaries.

Nothing here changes global state; :func:`rc` is handed to ``matplotlib.rc_context`` while a figure is drawn.
"""

import math
import re
from dataclasses import dataclass

from figures.colour import along, mix
from implicitbias.errors import BadInput


THEORY = "#1a1a1a"
REFERENCE = "#8c8c8c"
FALSIFIER = "#d7301f"
INK = "#222222"
GRID = "#e6e6e6"
AXIS = "#666666"

# Local steps H = 1, 10, 100, 1000: lightness rises with log H, so the order survives grey print; H = 1 is GD itself.
LOCAL_STEPS_RAMP = ("#3b1f6b", "#2f6db3", "#2aa198", "#e3a90b")
MOST_LOCAL_STEPS = 1000.0  # the end of the ramp; larger H share its colour
STEP_MARKERS = ("o", "s", "^", "D")

# The first eight, the ramp, theory and falsifier stay apart under each kind of colour blindness (tested).
METHOD_COLOURS = {
    "gd": "#3b1f6b",
    "local_gd": "#2f6db3",
    "local_sgd": "#a05fff",
    "proximal": "#5c7a57",
    "projection": "#86d2f5",
    "sweeping": "#86caa1",
    "anchored": "#7a1d11",
    "momentum": "#bf90d9",
    "modified_local_gd": "#7a1d11",
    "sgd": "#6b5b95",
    "minibatch_sgd": "#6b5b95",
    "savic": "#c2572b",
    # Methods of federated learning, which share figures: these five stay apart as the first eight do.
    "fedavg": "#4a63c8",
    "fedprox": "#79b8ec",
    "scaffold": "#1a8a66",
    "fednova": "#dca11d",
    "diloco": "#7d2f73",
    "slow_sde": "#1b4f9c",
    "conventional_sde": "#e08a3c",
    "normalised_gd": "#0b7a75",
    "prgd": "#d0519a",
    "sequential_gd": "#8a6d3b",
    # The limit of many small local steps, between them and sweeping.
    "local_flow": "#3d8f8f",
    # Local SGD with rules for H, warmer than Local SGD itself.
    "qsr": "#e85d9a",
    "post_local_sgd": "#7fb2d9",
    # Families of scalings: those that square gradients are warm, those that see curvature green.
    "fixed": "#5a6472",
    "rmsprop": "#d98c1f",
    "adam": "#b5403a",
    "adagrad": "#8c5a9e",
    "oasis": "#17806d",
    "adahessian": "#7fae3c",
    "max_margin": THEORY,
}
METHOD_MARKERS = {
    "gd": "o", "local_gd": "s", "local_sgd": "D", "proximal": "^", "projection": "v", "sweeping": "P",
    "anchored": "X", "momentum": "<", "modified_local_gd": "X", "sgd": "h", "minibatch_sgd": "h", "savic": "p",
    "fedavg": "o", "fedprox": "^", "scaffold": "d", "fednova": "P", "diloco": "*",
    "slow_sde": "o", "conventional_sde": "s",
    "normalised_gd": "D", "prgd": "^", "sequential_gd": ">", "local_flow": "P", "qsr": "v",
    "post_local_sgd": "P", "fixed": "s", "rmsprop": "o", "adam": "^", "adagrad": "v", "oasis": "D", "adahessian": "P",
    "max_margin": "*",
}  # fmt: skip

# Softer than the methods, since data lie behind them; more workers than these are drawn alike.
WORKER_COLOURS = ("#77aadd", "#ee8866", "#44bb99", "#ddcc55", "#ffaabb", "#99ddff", "#bbcc33", "#bbaacc")
CROWD = "#9fb0c0"
SAME_HUE_SPREAD = 0.38  # how far H = 1 and H = 1000 of a method with one hue lean towards black and white

_KEY = re.compile(r"(?P<name>[a-z_]+)(?::H=(?P<steps>[0-9.e+]+))?")


@dataclass(frozen=True)
class Venue:
    """Where a figure is printed: width in inches, type size in points, typeface, and dots per inch of its PNG."""

    width: float
    font_size: float
    serif: bool
    dpi: int = 220


# Where a figure can be printed.
VENUES = {
    "page": Venue(width=7.0, font_size=9.0, serif=False),
    "neurips": Venue(width=5.5, font_size=8.5, serif=True, dpi=300),
    "icml": Venue(width=3.25, font_size=8.0, serif=True, dpi=300),
    "icml_wide": Venue(width=6.75, font_size=8.5, serif=True, dpi=300),
    # A4 with margins of 30 mm, and the type of captions in a text of 11 points.
    "thesis": Venue(width=5.9, font_size=10.0, serif=True, dpi=300),
    "slides": Venue(width=11.0, font_size=16.0, serif=False, dpi=160),
}


def venue_named(name: str) -> Venue:
    """Return the venue, or say which exist."""
    if name not in VENUES:
        raise BadInput(f"venue = {name!r}: unknown; use one of {', '.join(VENUES)}")
    return VENUES[name]


def method_colour(method_key: str) -> str:
    """Return the colour of a method, ``"name"`` or ``"name:H=<local steps>"``, the same in every figure.

    With H, Local GD runs along a ramp of hues and any other method along its own hue, dark for H = 1 and light for
    H = 1000, equally spaced in log H.
    """
    name, steps = split_key(method_key)
    if steps is None:
        return METHOD_COLOURS[name]
    if name == "local_gd":
        return along(LOCAL_STEPS_RAMP, _step_position(steps))
    base = METHOD_COLOURS[name]
    ends = mix(base, "#000000", SAME_HUE_SPREAD), base, mix(base, "#ffffff", SAME_HUE_SPREAD)
    return along(ends, _step_position(steps))


def method_marker(method_key: str) -> str:
    """Return the marker of a method; with H, the marker of its decade, so that colour is never alone."""
    name, steps = split_key(method_key)
    if steps is None:
        return METHOD_MARKERS[name]
    return STEP_MARKERS[round(_step_position(steps) * (len(STEP_MARKERS) - 1))]


def split_key(method_key: str) -> tuple[str, float | None]:
    """Return the method's name and its H, if the key gives one.

    Raises
    ------
    BadInput
        If the method is not known or H is below 1.
    """
    found = _KEY.fullmatch(method_key)
    if found is None or found["name"] not in METHOD_COLOURS:
        raise BadInput(
            f"method_key = {method_key!r}: unknown; use one of {', '.join(METHOD_COLOURS)}, "
            "each optionally followed by :H=<number>"
        )
    if found["steps"] is None:
        return found["name"], None
    steps = float(found["steps"])
    if not steps >= 1:
        raise BadInput(f"method_key = {method_key!r}: a round has H ≥ 1 local steps; give H ≥ 1")
    return found["name"], steps


def worker_colour(worker: int, workers: int) -> str:
    """Return the colour of one worker's data; beyond eight workers all are alike, for none could be told apart."""
    return WORKER_COLOURS[worker] if workers <= len(WORKER_COLOURS) else CROWD


def rc(venue: Venue) -> dict[str, object]:
    """Return the settings of a venue, for ``matplotlib.rc_context``: no LaTeX, thin axes, a light grid."""
    size = venue.font_size
    family = {"font.family": "STIXGeneral", "mathtext.fontset": "stix"}
    return {
        **(family if venue.serif else {"font.family": "DejaVu Sans", "mathtext.fontset": "dejavusans"}),
        "text.usetex": False,
        "text.hinting": "no_hinting",  # widths that scale: lines broken at one resolution fit at every other
        "text.color": INK,
        "font.size": size,
        "axes.titlesize": size,
        "axes.titlelocation": "left",
        "axes.titlepad": 0.55 * size,
        "axes.labelsize": size,
        "axes.labelcolor": INK,
        "axes.edgecolor": AXIS,
        "axes.linewidth": 0.07 * size,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.formatter.use_mathtext": True,
        "grid.color": GRID,
        "grid.linewidth": 0.06 * size,
        "lines.linewidth": 0.16 * size,
        "lines.solid_capstyle": "round",
        "xtick.labelsize": 0.88 * size,
        "ytick.labelsize": 0.88 * size,
        "xtick.color": AXIS,
        "ytick.color": AXIS,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.minor.visible": False,
        "ytick.minor.visible": False,
        "legend.fontsize": 0.9 * size,
        "legend.frameon": True,
        "legend.framealpha": 0.9,
        "legend.edgecolor": "none",
        "legend.borderpad": 0.3,
        "legend.handlelength": 1.9,
        "legend.labelspacing": 0.35,
        "legend.columnspacing": 1.4,
        "savefig.dpi": venue.dpi,
        "figure.dpi": 100,
        "svg.fonttype": "path",  # the same shapes on a machine without the typeface
        "svg.hashsalt": "figures",  # element names drawn from content, not from chance
        "pdf.fonttype": 42,  # TrueType: what conferences' checkers ask for
        "path.simplify": True,
    }


def step_label(steps: float) -> str:
    """Return how a legend writes a number of local steps."""
    return f"H = {steps:g}" if steps < 1e4 else f"H = $10^{{{math.log10(steps):g}}}$"


def _step_position(steps: float) -> float:
    """Return log H scaled to [0, 1] over the ramp."""
    return min(math.log(steps) / math.log(MOST_LOCAL_STEPS), 1.0)
