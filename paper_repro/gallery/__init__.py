"""The gallery: figures that tell the story of local methods across claims, one module per figure.

Each module has ``build(seed, budget, data_home)``; it is imported when its figure is asked for.
"""

from paper_repro.gallery.figure import Build as Build
from paper_repro.gallery.figure import Figure as Figure
from paper_repro.gallery.figure import InModule
from paper_repro.gallery.figure import Missing as Missing


GALLERY: tuple[Figure, ...] = (
    Figure("separators", "Local separators, the global one, and where Local GD goes", InModule("separators")),
    Figure("direction", "How fast the direction converges, for H = 1 … 1000", InModule("direction")),
    Figure("loss", "The loss behind the local steps: ηHr·f", InModule("loss")),
    Figure("residual", "The residual limit, and the weights of the samples in it", InModule("residual")),
    Figure("methods", "Averaged local solves, anchored solves, finite H", InModule("methods")),
    Figure("regression", "Regression: the linear rate of Local GD", InModule("regression")),
    Figure("soudry-figure-1", "Gradient descent, with momentum, with local steps", InModule("five_views")),
    Figure(
        "real-data", "Real data: when does the theory begin, and where does it end?", InModule("real_data")
    ),
    Figure(
        "sharpness",
        "Sharpness over slow time: SGD, Local SGD with H = 5, 25, 100, QSR",
        InModule("sharpness"),
    ),
    Figure("ablation", "When Local SGD gains: learning rate, slow time, ηH", InModule("ablation")),
    Figure("held-out", "Held-out error of four methods, on two truths", InModule("held_out")),
    Figure(
        "ring-density", "The density on a ring over slow time, Local SGD and SGD", InModule("ring_density")
    ),
    Figure(
        "stationary-laws", "Where Local SGD ends up in a valley, at several α", InModule("stationary_laws")
    ),
    Figure("drift-ratio", "How much faster Local SGD drifts than SGD", InModule("drift_ratio")),
    Figure("valley-fan", "Local SGD in a valley, over the fan of its slow SDE", InModule("valley_fan")),
    Figure("last-layer", "The last layer of a random network on MNIST", InModule("last_layer")),
    Figure(
        "directions",
        "Which separator: Local GD, a fixed scaling, with and without a floor",
        InModule("directions"),
    ),
    Figure(
        "noise-floor",
        "The noise floor against the number of workers: pooled scalings, and long rounds",
        InModule("noise_floor"),
    ),
    Figure(
        "fixed-points",
        "Where scaled Local GD rests, against the learning rate",
        InModule("fixed_points"),
    ),
    Figure("weak-error", "The weak error of the slow SDE against the learning rate", InModule("weak_error")),
    Figure("rounds", "Rounds to accuracy on ill-scaled data, and on turned data", InModule("rounds")),
    Figure("network", "A network on digits: accuracy and loss against rounds", InModule("network")),
    Figure(
        "bound-against-data", "T1 and a scaled run: crude and metric-aware", InModule("bound_against_data")
    ),
    Figure("bug-signatures", "What bugs of federated simulators look like", InModule("bug_signatures")),
    Figure("bug-distances", "How far every planted bug leads, round by round", InModule("bug_distances")),
)
