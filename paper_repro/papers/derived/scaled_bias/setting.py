"""Data of the claims on scaled methods, the separators of all norms, and slopes in log-time with their errors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import LinearClassification, LocalMethod, Logistic, max_margin, MaxMargin, Stream, Trace
from implicitbias.asymptotics import unit
from implicitbias.oracle import convergence_exponent
from paper_repro.claims.claim import AssumptionUnmet
from paper_repro.claims.continued import at, residuals
from paper_repro.claims.extrapolation import at_infinity, slope_in_log_time
from paper_repro.claims.observation import Curve, Measured


# Four rows, two a worker, on which the separators of all norms differ.
ROWS = ((1.0, 0.1, 0.3), (2.0, -0.2, 0.5), (0.2, 1.9, -0.3), (0.9, 2.8, 0.1))
DATA = ("reference", "random")
# Drawn rows differ from these by so much an entry: they stay separable, and their separators apart.
SPREAD = 0.1
# The diagonal (1, 4, 1/4) to a power.
LOG4_DIAGONAL = np.array([0.0, 1.0, -1.0])
# Chord below which two directions cannot be told apart by any run here.
SAME = 0.02
# Entries of separators, rounded a few times.
ROUNDING = 1e-12
# The earlier log-time of a slope: e^{−κτ} has vanished there for every κ that double precision resolves.
EARLY = 1e3
# Extrapolation in r^{−κ} with κ of one is that of the discretisation; no margin makes it faster.
FASTEST = 1.0


@dataclass(frozen=True)
class ScaledCase:
    """A separable problem and a scaled method on it."""

    problem: LinearClassification
    method: LocalMethod

    @cached_property
    def euclidean(self) -> MaxMargin:
        """ŵ."""
        return max_margin(self.problem)

    @cached_property
    def largest(self) -> MaxMargin:
        """The separator of largest margin in the max norm."""
        return max_margin(self.problem, norm="linf")

    def in_metric(self, diagonal: Float[np.ndarray, " dim"]) -> MaxMargin:
        """w_D."""
        return max_margin(self.problem, norm=diagonal)

    def exponent(self, diagonal: Float[np.ndarray, " dim"]) -> float:
        """κ of Local GD on the features D^{−1/2}x_i."""
        scaled = scaled_problem(self.problem, diagonal)
        return min(FASTEST, convergence_exponent(scaled, max_margin(scaled)))


def problem_of(data: str, stream: Stream, workers: int = 2) -> LinearClassification:
    """Return the reference rows, or rows drawn around them, over the workers."""
    rows = np.array(ROWS)
    if data == "random":
        rows = rows + SPREAD * stream.at("scaled/rows").generator().standard_normal(rows.shape)
    assignment = np.array([0, 0, 1, 1]) % workers
    return LinearClassification(rows, np.ones(len(rows)), workers=assignment, loss=Logistic())


def diagonal_of(spread: float) -> Float[np.ndarray, " dim"]:
    """Return (1, 4, 1/4) to the power ``spread``."""
    return 4.0 ** (spread * LOG4_DIAGONAL)


def scaled_problem(
    problem: LinearClassification, diagonal: Float[np.ndarray, " dim"]
) -> LinearClassification:
    """Return the problem with features D^{−1/2}x_i, in which D is taken away."""
    return LinearClassification(
        problem.features / np.sqrt(diagonal),
        problem.labels,
        workers=problem.assignment,
        loss=problem.loss_function,
    )


def regular(case: ScaledCase, diagonal: Float[np.ndarray, " dim"]) -> ScaledCase | AssumptionUnmet:
    """Return the case, unless a support vector of w_D has the multiplier zero."""
    if case.in_metric(diagonal).nondegenerate:
        return case
    return AssumptionUnmet("a support vector of w_D has the multiplier zero")


def far_slope(trace: Trace, weights: Float[np.ndarray, " dim"]) -> Measured:
    """Return (w(τ) − w(τ′))/(τ − τ′) of a continuation between τ′ = 10³ and τ = 10⁶: the limit of w/τ."""
    rho, error = residuals(trace)
    first = at(trace, EARLY)
    apart = trace.log_time[-1] - trace.log_time[first]
    return Measured(weights + (rho[-1] - rho[first]) / apart, (error[-1] + error[first]) / apart + ROUNDING)


def limit_of_slope(trace: Trace, exponent: float) -> Measured:
    """Return lim dw/dlog r, extrapolated, with its error."""
    rounds, slopes = slope_in_log_time(trace)
    return at_infinity(rounds, slopes, exponent)


def slope_curve(trace: Trace, target: Float[np.ndarray, " dim"], label: str, role: str, key: str) -> Curve:
    """Return the chord between the slope and a direction over the rounds."""
    rounds, slopes = slope_in_log_time(trace)
    chords = np.linalg.norm(unit_rows(slopes) - unit(target), axis=1)
    return Curve(rounds, chords, label, role, method=key)


def unit_rows(vectors: Float[np.ndarray, "record dim"]) -> Float[np.ndarray, "record dim"]:
    """Return the directions of vectors."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
