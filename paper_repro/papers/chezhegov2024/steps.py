"""The learning rates of the networks, as ``tuning.tuned`` found them: the best of powers of two, for each H."""

from paper_repro.papers.chezhegov2024.setting import EVEN, Inputs, SKEWED, STANDARDISED, Way


STEPS: dict[tuple[Inputs, str], dict[str, dict[int, float]]] = {
    (SKEWED, "global"): {
        "identity": {1: 4.0, 8: 4.0, 32: 4.0},
        "rmsprop": {1: 0.5, 8: 0.125, 32: 0.125},
        "adam": {1: 0.5, 8: 0.25, 32: 0.25},
        "oasis": {1: 0.125, 8: 0.0625, 32: 0.0625},
    },
    (SKEWED, "worker"): {"rmsprop": {8: 0.125}, "adam": {8: 0.125}, "oasis": {8: 0.125}},
    (STANDARDISED, "global"): {
        "identity": {8: 4.0},
        "rmsprop": {8: 0.125},
        "adam": {8: 0.25},
        "oasis": {8: 0.0625},
    },
    (EVEN, "global"): {"identity": {1: 4.0, 8: 4.0, 32: 2.0}, "adam": {1: 0.25, 8: 0.125, 32: 0.0625}},
}


def lr_of(way: Way) -> float:
    """Return the tuned step of a way to train."""
    return STEPS[way.inputs, way.scope][way.family][way.local_steps]
