"""What the worst-case claims share: the class of functions, and the package without which nothing is certified."""

import dataclasses

import numpy as np
from jaxtyping import Float

from figures import Panel, View
from implicitbias.errors import BadInput
from implicitbias.worst_case import require_pepit, WorstCase
from paper_repro.claims import AssumptionUnmet, Curve, Measured, Observation, Prediction
from paper_repro.claims.picture import series


# Every statement is judged at L = 1: x and f can be measured in units in which it is.
SMOOTHNESS = 1.0


def not_installed() -> AssumptionUnmet | None:
    """Return why no worst case can be certified here, with the cure; None if one can."""
    try:
        require_pepit()
    except BadInput as error:
        return AssumptionUnmet(str(error))
    return None


def certified_values(worst: list[WorstCase]) -> Measured:
    """Return proved values; each worst case lies between its value and that minus its gap."""
    return Measured(np.array([w.value for w in worst]), np.array([w.gap for w in worst]))


def contraction(lr: Float[np.ndarray, " lr"] | float, strong_convexity: float) -> Float[np.ndarray, " lr"]:
    """max(|1 − ημ|, |1 − ηL|)², the worst contraction of a gradient step towards the minimiser, at L = 1."""
    steps = np.asarray(lr, dtype=float)
    return np.maximum(np.abs(1.0 - steps * strong_convexity), np.abs(1.0 - steps * SMOOTHNESS)) ** 2


def lemma_panels(
    title: str, caption: str, xlabel: str, observation: Observation, prediction: Prediction
) -> View:
    """Return a panel for L2 and one for L4, each with the curves whose labels start with its name."""
    curves = (*observation.curves, *prediction.curves)
    panels = tuple(
        Panel(
            tuple(series(_unprefixed(curve, name)) for curve in curves if curve.label.startswith(name)),
            xlabel,
            "max (left − right)",
            title=name,
        )
        for name in ("L2", "L4")
    )
    return View(title, caption, panels)


def _unprefixed(curve: Curve, name: str) -> Curve:
    return dataclasses.replace(curve, label=curve.label.removeprefix(f"{name}: "))
