"""The case of the claims about normalised steps: rows of length at most 1 on one machine, exponential loss."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from implicitbias import Exponential, LocalMethod, Stream, Trace
from implicitbias.asymptotics import margin_gap, margin_rate_constant
from implicitbias.data import gaussian_separable, named, Samples, separable
from implicitbias.problems import LinearClassification
from paper_repro.claims.claim import AssumptionUnmet
from paper_repro.claims.knobs import knob
from paper_repro.claims.separable import certified_case, SeparableCase


# Samples per dimension of the data drawn with a planted margin; the gap θ − 1 to the next margin is as wide as rows
# of length one allow, less a tenth, and at most 1.
PER_DIMENSION = 6
WIDEST_GAP, SHARE = 1.0, 0.9
# A margin over a norm is a few products and sums of numbers below 1.
GAP_ROUNDING = 4e-16


@dataclass(frozen=True)
class UnitRowKnobs:
    """Which data; all rows are divided by the largest norm."""

    data: str = knob("random", "X", "data set", choices=("random", "A", "O"))
    dim: int = knob(4, "d", "dimension, if the data are random", low=3, high=6)
    margin: float = knob(0.4, "γ", "margin, if the data are random (rows of length ≤ 1)", low=0.25, high=0.65)


def planted(knobs: UnitRowKnobs, stream: Stream, *, spanning: bool = True) -> Samples:
    """Return samples with that margin, whose support vectors span them, or all but one dimension."""
    gap = min(WIDEST_GAP, SHARE * (1.0 / knobs.margin - 1.0))
    support = knobs.dim if spanning else knobs.dim - 1
    count = PER_DIMENSION * knobs.dim
    sizes = {"samples": count, "dim": knobs.dim, "support": support}
    return separable(stream, **sizes, margin=knobs.margin, gap=gap, spanning=spanning).samples


def unit_problem(samples: Samples) -> LinearClassification:
    """Return the mean exponential loss of these samples on one worker, divided by the largest norm."""
    rows = samples.features / np.linalg.norm(samples.features, axis=1).max()
    return LinearClassification(rows, samples.labels, loss=Exponential())


def unit_samples(knobs: UnitRowKnobs, stream: Stream) -> Samples:
    """Return the data set of the knobs; "gaussian" is G(20, 30), with more dimensions than samples."""
    if knobs.data == "random":
        return planted(knobs, stream)
    return gaussian_separable(stream, 20, 30) if knobs.data == "gaussian" else named(knobs.data, stream)


def unit_case(knobs: UnitRowKnobs, stream: Stream, method: LocalMethod) -> SeparableCase | AssumptionUnmet:
    """Return the case of the knobs, or which hypothesis its data break."""
    return certified_case(unit_problem(unit_samples(knobs, stream)), method)


def gap_constant(case: SeparableCase) -> float:
    """Limit of the margin gap times |w| of any path w = ŵτ + w̃ + o(1): w̃·ŵ/|ŵ|² − min_S x_i·w̃."""
    rows = case.svm.signed[case.svm.support]
    return margin_rate_constant(case.svm.weights, case.residual_limit, rows) / case.svm.margin


def gaps(
    trace: Trace, signed: Float[np.ndarray, "sample dim"], margin: float
) -> tuple[Int[np.ndarray, " record"], Float[np.ndarray, " record"]]:
    """Return the recorded rounds but the start, and the margin gaps there."""
    return trace.rounds[1:], margin_gap(trace.w[0, 1:], signed, margin)
