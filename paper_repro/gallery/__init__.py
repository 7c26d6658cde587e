"""The gallery: figures that tell the story of local methods across claims, one module per figure.

Each module has ``build(seed, budget, data_home)``, and those whose figure moves ``animate`` of the same; it is
imported when its figure is asked for.
"""

from paper_repro.gallery.figure import Animate as Animate
from paper_repro.gallery.figure import Build as Build
from paper_repro.gallery.figure import Figure as Figure
from paper_repro.gallery.figure import in_module
from paper_repro.gallery.figure import Missing as Missing


GALLERY: tuple[Figure, ...] = (
    in_module(
        "separators",
        "Local separators, the global one, and where Local GD goes",
        "separators",
        moves="separators_in_time",
    ),
    in_module(
        "direction",
        "How fast the direction converges, for H = 1 … 1000",
        "direction",
        fills="to round {:,.0f}",
    ),
    in_module(
        "loss",
        "The loss behind the local steps: ηHr·f",
        "loss",
        fills="to round {:,.0f}",
    ),
    in_module(
        "residual",
        "The residual limit, and the weights of the samples in it",
        "residual",
        fills="to round {:,.0f}",
    ),
    in_module("methods", "Averaged local solves, anchored solves, finite H", "methods"),
    in_module("regression", "Regression: the linear rate of Local GD", "regression"),
    in_module("soudry-figure-1", "Gradient descent, with momentum, with local steps", "five_views"),
    in_module(
        "real-data",
        "Real data: when does the theory begin, and where does it end?",
        "real_data",
        fills="to log-time τ = {:.3g}",
    ),
    in_module(
        "sharpness",
        "Sharpness over slow time: SGD, Local SGD with H = 5, 25, 100, QSR",
        "sharpness",
        fills="to slow time {:.3g}",
    ),
    in_module("ablation", "When Local SGD gains: learning rate, slow time, ηH", "ablation"),
    in_module(
        "held-out",
        "Held-out error of four methods, on two truths",
        "held_out",
        fills="to slow time {:.3g}",
    ),
    in_module(
        "ring-density",
        "The density on a ring over slow time, Local SGD and SGD",
        "ring_density",
        moves="ring_in_time",
    ),
    in_module("stationary-laws", "Where Local SGD ends up in a valley, at several α", "stationary_laws"),
    in_module("drift-ratio", "How much faster Local SGD drifts than SGD", "drift_ratio"),
    in_module(
        "valley-fan",
        "Local SGD in a valley, over the fan of its slow SDE",
        "valley_fan",
        moves="cloud_in_valley",
    ),
    in_module("last-layer", "The last layer of a random network on MNIST", "last_layer"),
    in_module(
        "directions", "Which separator: Local GD, a fixed scaling, with and without a floor", "directions"
    ),
    in_module(
        "noise-floor",
        "The noise floor against the number of workers: pooled scalings, and long rounds",
        "noise_floor",
    ),
    in_module(
        "fixed-points",
        "Where scaled Local GD rests, against the learning rate",
        "fixed_points",
        moves="resting_with_steps",
    ),
    in_module("weak-error", "The weak error of the slow SDE against the learning rate", "weak_error"),
    in_module("rounds", "Rounds to accuracy on ill-scaled data, and on turned data", "rounds"),
    in_module("network", "A network on digits: accuracy and loss against rounds", "network"),
    in_module("bound-against-data", "T1 and a scaled run: crude and metric-aware", "bound_against_data"),
    in_module("bug-signatures", "What bugs of federated simulators look like", "bug_signatures"),
    in_module("bug-distances", "How far every planted bug leads, round by round", "bug_distances"),
)
