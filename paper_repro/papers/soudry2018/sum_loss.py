"""The setting of the paper: gradient descent on the SUM of the losses, on one machine."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import gd, Stream
from implicitbias.data import named
from implicitbias.problems import LinearClassification
from implicitbias.statistics import extrapolated_limit
from paper_repro.claims.claim import AssumptionUnmet
from paper_repro.claims.knobs import knob
from paper_repro.claims.observation import Measured
from paper_repro.claims.separable import certified_case, classification, LOSSES, SeparableCase


# Curvature of the logistic loss, sup ℓ″.
LOGISTIC_SMOOTHNESS = 0.25


@dataclass(frozen=True)
class SumLossKnobs:
    """Data, loss and step size of gradient descent on the sum of the losses."""

    data: str = knob("A", "X", "data set", choices=("A", "A-prime", "O", "random"))
    loss: str = knob("logistic", "ℓ", "loss", choices=tuple(LOSSES))
    share: float = knob(
        0.5, "s", "step size as a share of the largest that Lemma 1 allows", low=0.1, high=0.9
    )


@dataclass(frozen=True)
class SumLossCase:
    """Gradient descent with step ``sum_step`` on the sum, run as step n·``sum_step`` on the mean."""

    separable: SeparableCase
    sum_step: float

    @property
    def samples(self) -> int:
        """Number of samples n, the ratio of sum and mean."""
        return len(self.separable.problem.signed)

    @property
    def limit(self) -> Float[np.ndarray, " dim"]:
        """Limit of w(t) − ŵ log t, with η exp(−x_i·limit) = α_i on the support, η the step on the sum."""
        return self.separable.residual_limit + self.separable.svm.weights * np.log(
            self.samples * self.sum_step
        )


def sum_loss_case(knobs: SumLossKnobs, stream: Stream) -> SumLossCase | AssumptionUnmet:
    """Return the case of the knobs, or which hypothesis its data break."""
    problem = classification(named(knobs.data, stream).with_workers(None), knobs.loss)
    return on_the_sum(problem, knobs.share * largest_step(problem))


def on_the_sum(problem: LinearClassification, sum_step: float) -> SumLossCase | AssumptionUnmet:
    """Return gradient descent with this step on the sum of the losses of a one-machine problem."""
    case = certified_case(problem, gd(len(problem.signed) * sum_step))
    return case if isinstance(case, AssumptionUnmet) else SumLossCase(case, sum_step)


def largest_step(problem: LinearClassification) -> float:
    """Return 2/(β σ_max²) for the logistic loss, 1/(b_x² L(0)) = 1/(b_x² n) for the exponential one.

    The latter is not smooth; below this step the loss decreases from w(0) = 0, and stays where its curvature is
    at most b_x² L(0).
    """
    if isinstance(problem.loss_function, LOSSES["logistic"]):
        return 2.0 / (LOGISTIC_SMOOTHNESS * float(np.linalg.norm(problem.signed, 2)) ** 2)
    return 1.0 / (problem.radius**2 * len(problem.signed))


def cautious_limit(
    time: Float[np.ndarray, " record"], y: Float[np.ndarray, "record ..."], kappa: float
) -> Measured:
    """Extrapolate the last two decades to t → ∞ with the exponent κ, and trust it no farther than it moved.

    Along the way to its limit a sequence holds t^{−κ}, t^{−2κ}, t^{1−θ} and log t/t at once, while the extrapolation
    removes one power: it may be wrong by as much as it differs from the last value, even where it looks settled.
    """
    late = time >= time[-1] / 100
    end = extrapolated_limit(time[late], y[late], kappa)
    return Measured(end.value, max(end.error, float(np.linalg.norm(end.value - y[-1]))))
