"""The flow that the rounds follow, in log-time τ = log s, s = ηH̄r, and in the residual ρ = w − ŵτ.

Worker m takes H_m steps of length η, H̄ their mean. The rounds are those of dw/ds = −∇F(w), F = Σ p_i ℓ(x_i·w) with
p_i = H_m/(M H̄ n_m), which for equal H_m is f, up to O((ηHf)²) per round; up to O((ηHf)³) they are those of

    dw/ds = −∇F + (ηH̄/2) [ (1/M) Σ_m κ_m ∇²f_m ∇f_m − ∇²F ∇F ],      κ_m = H_m(H_m − 1)/H̄²,

as the time-h map of dw/ds = −∇F + c is w − h∇F + hc + (h²/2)∇²F∇F and H_m steps are
w − ηH_m∇f_m + (η²H_m(H_m − 1)/2)∇²f_m∇f_m, to second order. Local flows are the limit κ_m = 1. In log-time

    dρ/dτ = Σ p_i e^{a_i} q_i x_i − ŵ + (ηH̄/2) e^{−τ} [ Q g − (1/M) Σ_m κ_m Q_m g_m ],      a_i = τ(1 − x_i·ŵ) − x_i·ρ,

g_m = (1/n_m) Σ e^{a_i} q_i x_i, Q_m = (1/n_m) Σ e^{a_i} q_i² x_i x_iᵀ, g and Q the same with p_i over all samples,
q_i = 1 (exponential) or 1/(1 + e^{−x_i·w}) (logistic). Nothing of size τ is subtracted.
"""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from implicitbias.continuation._span import Span
from implicitbias.display import in_brief
from implicitbias.losses import Logistic
from implicitbias.methods import Flow, LocalMethod
from implicitbias.problems import LinearClassification


# An implicit trial step may overshoot; it is rejected there, but must stay finite.
LARGEST_EXPONENT = 80.0

# (ηH̄/2)e^{−τ} below which the second order moves nothing: a velocity of order 1 is not known better.
NEGLIGIBLE = 1e-16


@dataclass(frozen=True)
class LogTimeFlow:
    """Rows, weights and gaps of the samples that still pull, in coordinates; sorted by worker.

    Attributes
    ----------
    rows
        x_i.
    weights
        p_i = H_m/(M H̄ n_m).
    second
        κ_m/(M n_m²), the sample's weight in its worker's part of the second order.
    gaps
        1 − x_i·ŵ, exactly 0 on the certified support set: an error δ there becomes an error δτ in ρ.
    separator
        ŵ.
    starts
        First row of every worker that has rows left.
    worker
        Position in ``starts`` of the worker of every row.
    log_step
        log(ηH̄).
    logistic, order
        The loss, and 1 or 2.
    """

    rows: Float[np.ndarray, "sample span"]
    weights: Float[np.ndarray, " sample"]
    second: Float[np.ndarray, " sample"]
    gaps: Float[np.ndarray, " sample"]
    separator: Float[np.ndarray, " span"]
    starts: Int[np.ndarray, " worker"]
    worker: Int[np.ndarray, " sample"]
    log_step: float
    logistic: bool
    order: int

    __repr__ = in_brief

    def exponents(self, rho: Float[np.ndarray, " span"], tau: float) -> Float[np.ndarray, " sample"]:
        """Return a_i."""
        return tau * self.gaps - self.rows @ rho

    def pulls(self, rho: Float[np.ndarray, " span"], tau: float) -> tuple[np.ndarray, np.ndarray]:
        """Return e^{a_i} q_i and e^{a_i} q_i²."""
        tail = np.exp(np.minimum(self.exponents(rho, tau), LARGEST_EXPONENT))
        if not self.logistic:
            return tail, tail
        # e^{a − τ} = e^{−z}.
        damping = 1.0 / (1.0 + math.exp(-tau) * tail)
        pull = tail * damping
        return pull, pull * damping

    def velocity(self, rho: Float[np.ndarray, " span"], tau: float) -> Float[np.ndarray, " span"]:
        """Return dρ/dτ."""
        pull, curvature = self.pulls(rho, tau)
        gradient = (self.weights * pull) @ self.rows
        half_step = 0.5 * math.exp(min(self.log_step - tau, 0.0))
        if self.order == 1 or half_step < NEGLIGIBLE:
            return gradient - self.separator
        return gradient - self.separator + half_step * self._second_order(gradient, pull, curvature)

    def jacobian(self, rho: Float[np.ndarray, " span"], tau: float) -> Float[np.ndarray, "span span"]:
        """Return −Σ p_i e^{a_i} q_i² x_i x_iᵀ, the derivative of the first order; Newton's method needs no more."""
        curvature = self.pulls(rho, tau)[1]
        return -(self.rows.T * (self.weights * curvature)) @ self.rows

    def _second_order(self, gradient: np.ndarray, pull: np.ndarray, curvature: np.ndarray) -> np.ndarray:
        """Return Q g − (1/M) Σ_m κ_m Q_m g_m."""
        of_workers = np.add.reduceat(pull[:, None] * self.rows, self.starts)
        own = np.einsum("ik,ik->i", self.rows, of_workers[self.worker])
        return (curvature * (self.weights * (self.rows @ gradient) - self.second * own)) @ self.rows

    def only(self, alive: Bool[np.ndarray, " sample"], coordinates: int) -> "LogTimeFlow":
        """Return the flow of the samples that are alive, in the first so many coordinates."""
        kept, starts = np.unique(self.worker[alive], return_index=True)
        return dataclasses.replace(
            self,
            rows=np.ascontiguousarray(self.rows[alive, :coordinates]),
            weights=self.weights[alive],
            second=self.second[alive],
            gaps=self.gaps[alive],
            separator=self.separator[:coordinates],
            starts=starts,
            worker=np.searchsorted(kept, self.worker[alive]),
        )


def flow_of(problem: LinearClassification, method: LocalMethod, span: Span, order: int) -> LogTimeFlow:
    """Return the flow that this method's rounds follow, to first or second order in the step."""
    order_by_worker = np.concatenate(problem.members)
    worker = problem.assignment[order_by_worker]
    shares, second = worker_factors(problem, method)
    gaps = -span.svm.slack
    gaps[span.svm.support] = 0.0
    sizes = problem.sizes[worker]
    return LogTimeFlow(
        rows=np.ascontiguousarray(span.rows[order_by_worker]),
        weights=shares[worker] / (problem.workers * sizes),
        second=second[worker] / (problem.workers * sizes**2),
        gaps=gaps[order_by_worker],
        separator=span.separator,
        starts=np.concatenate([[0], np.cumsum(problem.sizes)[:-1]]),
        worker=worker,
        log_step=log_step(problem, method),
        logistic=isinstance(problem.loss_function, Logistic),
        order=order,
    )


def worker_factors(problem: LinearClassification, method: LocalMethod) -> tuple[np.ndarray, np.ndarray]:
    """Return H_m/H̄ and κ_m of every worker."""
    if isinstance(method.local_solver, Flow):
        return np.ones(problem.workers), np.ones(problem.workers)
    steps = np.array(method.steps(problem.workers, 0), dtype=float)
    return steps / steps.mean(), steps * (steps - 1.0) / steps.mean() ** 2


def log_step(problem: LinearClassification, method: LocalMethod) -> float:
    """Return log(ηH̄), the log-time that one round takes."""
    if isinstance(method.local_solver, Flow):
        return method.local_solver.log_time
    return float(np.log(method.first_lr * np.mean(method.steps(problem.workers, 0))))
