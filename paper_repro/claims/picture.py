"""The standard picture of a claim: its curves, measurement as points, theory as lines."""

import numpy as np

from figures import Panel, Series, Table, View
from figures.views import Scale
from paper_repro.claims.claim import Claim
from paper_repro.claims.observation import Curve, Observation, Prediction
from paper_repro.claims.verdict import Comparison, Status


# Logarithmic axes have no 0: a bar that reaches it is cut at this share of the value.
LEAST_BAR = 0.1


def picture(
    claim: Claim,
    case: object,
    observation: Observation,
    prediction: Prediction,
    caption: str,
    status: Status | None = None,
) -> View:
    """Return the claim's own view, or its curves on one panel, or its comparisons as a table.

    The title says what was found: that of a reading which came out refuted says so.
    """
    if claim.view is not None:
        return claim.view(case, observation, prediction)
    refuted = status is Status.REFUTED and claim.expects is Status.REFUTED
    title = f"Reading refuted. {claim.title}" if refuted else claim.title
    xlabel, ylabel, xscale, yscale = claim.axes
    curves = [c for c in (*observation.curves, *prediction.curves) if visible(c, xscale, yscale).any()]
    if not curves:
        return View(title, caption, (Panel((_number_table(observation, prediction),)),))
    marks = tuple(series(curve, xscale, yscale) for curve in curves)
    panel = Panel(marks, xlabel, ylabel, _scale(xscale), _scale(yscale))
    return View(title, caption, (panel,))


def visible(curve: Curve, xscale: str = "linear", yscale: str = "linear") -> np.ndarray:
    """Return which points axes of these scales can show: a logarithmic one only positive values."""
    shown = np.isfinite(curve.x) & np.isfinite(curve.y)
    shown &= (curve.x > 0) | (xscale != "log")
    return shown & ((curve.y > 0) | (yscale != "log"))


def series(curve: Curve, xscale: str = "linear", yscale: str = "linear") -> Series:
    """Return the visible points of a curve as a series."""
    keep = visible(curve, xscale, yscale)
    error = None
    if curve.low is not None and curve.high is not None:
        low = np.maximum(curve.low, LEAST_BAR * curve.y) if yscale == "log" else curve.low
        error = (tuple(low[keep]), tuple(curve.high[keep]))
    role = {"measured": "measured", "theory": "theory", "reference": "reference", "falsifier": "falsifier"}[
        curve.role
    ]
    return Series(tuple(curve.x[keep]), tuple(curve.y[keep]), curve.label, role, curve.method, error)  # pyright: ignore[reportArgumentType]


def comparison_table(comparisons: tuple[Comparison, ...]) -> Table:
    """Return the comparisons of a verdict as a table."""
    rows = tuple(
        (c.name, f"{c.relation.value} {c.predicted:.6g}", f"{c.measured:.6g}", f"{c.uncertainty:.2g}")
        for c in comparisons
    )
    return Table(("quantity", "predicted", "measured", "±"), rows)


def _number_table(observation: Observation, prediction: Prediction) -> Table:
    rows = tuple(
        (name, f"{p.relation.value} {_shown(p.value)}", _shown(observation.quantities[name].value))
        for name, p in prediction.quantities.items()
    )
    return Table(("quantity", "predicted", "measured"), rows)


def _shown(value: object) -> str:
    flat = np.atleast_1d(np.asarray(value, dtype=float)).ravel()
    return ", ".join(f"{x:.6g}" for x in flat[:4]) + (" …" if len(flat) > 4 else "")


def _scale(name: str) -> Scale:
    return "log" if name == "log" else "symlog" if name == "symlog" else "linear"
