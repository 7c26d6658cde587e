"""Where rounds rest as a parameter of the method vanishes: solved from one measured round each, and the order."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import LocalMethod, RecordAt, RunSpec
from implicitbias.recursions import worker_curvatures
from implicitbias.statistics import extrapolated_limit, fit_rate
from paper_repro.claims.claim import Traces
from paper_repro.claims.observation import Measured
from paper_repro.claims.unlike_workers import FederatedCase, Losses, minimiser


# Values of ε, as shares of the largest.
SHARES = np.geomspace(1e-3, 0.1, 9)
# One measured round errs by so much of the size of its models; a solve magnifies that by 1/(ελ_min) at most.
ROUND_ERROR = 1e-14

Values = Float[np.ndarray, " value"]


@dataclass(frozen=True)
class Vanishing:
    """A method whose rounds move its model alone, with a parameter ε → 0, about a point near which it rests.

    Attributes
    ----------
    case
        The losses, and the weights.
    about
        The point.
    largest
        What the values of ε are shares of.
    method_of
        ε ↦ method; a round moves errors by a share of about ε at least.
    """

    case: FederatedCase
    about: Float[np.ndarray, " dim"]
    largest: float
    method_of: Callable[[float], LocalMethod]

    @property
    def values(self) -> Values:
        """The values of ε, ascending."""
        return SHARES * self.largest

    @property
    def runs(self) -> tuple[RunSpec, ...]:
        """One round from the point and from unit steps around it, at every ε."""
        rows = np.vstack([self.about, self.about + np.eye(len(self.about))])
        start = tuple(tuple(map(float, row)) for row in rows)
        methods = [self.method_of(float(value)) for value in self.values]
        return tuple(
            RunSpec(self.case.problem, method, 1, RecordAt.last(), start, len(start)) for method in methods
        )

    def offsets(self, traces: Traces) -> Float[np.ndarray, "value dim"]:
        """Return by how much the fixed point of the measured round misses the point, at every ε."""
        return np.stack([rest_of(trace.w[:, -1] - self.about) for trace in traces])

    @property
    def rounding(self) -> Values:
        """Error of the offsets."""
        hessian = np.tensordot(self.case.weights, worker_curvatures(self.case.problem).hessians, axes=1)
        least = self.case.method.server.rate * float(np.linalg.eigvalsh(hessian)[0])
        return ROUND_ERROR * (1.0 + float(np.linalg.norm(self.about))) / (self.values * least)


def small_rates(case: FederatedCase, about: Float[np.ndarray, " dim"]) -> Vanishing:
    """Return the method of the case at learning rates ε = η → 0, shares of 1/(L max H_m)."""
    largest = 1.0 / (case.problem.smoothness * max(case.steps))
    return Vanishing(case, about, largest, lambda lr: dataclasses.replace(case.method, lr=lr))


def rest_of(moved: Float[np.ndarray, "start dim"]) -> Float[np.ndarray, " dim"]:
    """Return v with v = moved₀ + T v, the columns of T being moved_i − moved₀: rounds from 0 and from unit vectors."""
    return np.linalg.solve(np.eye(moved.shape[1]) - (moved[1:] - moved[0]).T, moved[0])


def coefficient(values: Values, offsets: Float[np.ndarray, "value dim"], rounding: Values) -> Measured:
    """Return lim offset/ε as ε → 0, with the error of the extrapolation and of rounding."""
    end = extrapolated_limit(1.0 / values[::-1], (offsets / values[:, None])[::-1], 1.0)
    return Measured(end.value, end.error + 2.0 * float((rounding / values).max()))


def order(values: Values, offsets: Float[np.ndarray, "value dim"], rounding: Values) -> Measured:
    """Return the slope of log |offset| in log ε as ε → 0, within its interval."""
    size = np.linalg.norm(offsets, axis=1)
    relative = float((rounding / size).max())
    fitted = fit_rate(1.0 / values[::-1], size[::-1], relative_error=relative)
    half = max(fitted.interval.high - fitted.slope, fitted.slope - fitted.interval.low)
    return Measured(-fitted.slope, half)


def first_order(
    problem: Losses, weights: Float[np.ndarray, " worker"], factors: Float[np.ndarray, " worker"]
) -> Float[np.ndarray, " dim"]:
    """Return ½A^{−1} Σ_m weight_m factor_m A_m∇f_m at the minimiser of Σ weight_m f_m, A = Σ weight_m A_m.

    With the factors H_m − 1 that is bias/η as η → 0.
    """
    hessians, pulls = worker_curvatures(problem)
    gradients = hessians @ minimiser(problem, weights) - pulls
    pulled = np.einsum("m,mij,mj->i", weights * factors, hessians, gradients)
    return 0.5 * np.linalg.solve(np.tensordot(weights, hessians, axes=1), pulled)
