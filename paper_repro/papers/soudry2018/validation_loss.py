"""Corollary 6: the validation loss grows like log t as soon as ŵ misclassifies one validation point."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Logistic, Stream
from implicitbias.statistics import fit_log_slope
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.papers.soudry2018.sum_loss import sum_loss_case, SumLossCase, SumLossKnobs


SLOPE = "growth of the validation loss per unit of log t"

# x·ŵ of the validation points: away from 0, so that each settles on its side within the smallest budget.
NEAREST, FARTHEST = 0.4, 2.0
CORRECT = 4
DECADES = 100  # slopes are fitted over the last two decades


@dataclass(frozen=True)
class ValidationKnobs(SumLossKnobs):
    """Training knobs, and how many validation points ŵ misclassifies."""

    misclassified: int = knob(2, "k", "misclassified validation points", low=1, high=5)


@dataclass(frozen=True)
class ValidationCase:
    """Gradient descent on the training data, and validation points as signed rows."""

    training: SumLossCase
    validation: Float[np.ndarray, "point dim"]

    @property
    def slopes(self) -> Float[np.ndarray, " point"]:
        """max(−x·ŵ, 0) of every validation point."""
        return np.maximum(-self.validation @ self.training.separable.svm.weights, 0.0)


def setup(knobs: ValidationKnobs, stream: Stream) -> ValidationCase | AssumptionUnmet:
    """Draw validation points on both sides of the separator."""
    training = sum_loss_case(knobs, stream)
    if isinstance(training, AssumptionUnmet):
        return training
    draw = stream.at("validation").generator()
    sides = np.repeat([-1.0, 1.0], [knobs.misclassified, CORRECT])
    along = sides * draw.uniform(NEAREST, FARTHEST, sides.size)
    svm = training.separable.svm
    across = draw.standard_normal((sides.size, svm.weights.size)) * svm.margin
    across -= np.outer(across @ svm.direction, svm.direction)
    return ValidationCase(training, np.outer(along * svm.margin, svm.direction) + across)


def needs(case: ValidationCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, as long as the budget allows."""
    rounds = budget.pick(smoke=3_000, quick=100_000, paper=10_000_000)
    return (RunSpec(case.training.separable.problem, case.training.separable.method, rounds),)


def observe(case: ValidationCase, traces: Traces) -> Observation:
    """Fit the slope of the summed logistic validation loss in log t."""
    (trace,) = traces
    late = trace.rounds >= trace.rounds[-1] / DECADES
    losses = Logistic().value(trace.w[0, late] @ case.validation.T).sum(axis=1)
    fitted = fit_log_slope(trace.rounds[late], losses)
    # Terms t^{−κ}, t^{−|x·ŵ|} and log t/t of either sign may cancel where the slopes look settled, not in all windows.
    spread = float(np.ptp(fitted.local_slopes))
    error = max(fitted.interval.high - fitted.slope, fitted.slope - fitted.interval.low, spread)
    measured = Measured(fitted.slope, error)
    return Observation(
        {SLOPE: measured}, (Curve(trace.rounds[late], losses, "validation loss", method="gd"),)
    )


def predict(case: ValidationCase) -> Prediction:
    """Σ |x·ŵ| over the misclassified points."""
    slope = float(case.slopes.sum())
    times = np.array([1e2, 1e5])
    w = np.outer(np.log(times), case.training.separable.svm.weights) + case.training.limit
    wrong = case.validation[case.slopes > 0]
    line = -(w @ wrong.T).sum(axis=1)
    return Prediction({SLOPE: Predicted(slope)}, (Curve(times, line, "Σ |x·ŵ| log t − Σ x·w̃", "theory"),))


def worst_only(case: ValidationCase) -> Prediction | AssumptionUnmet:
    """The slope of the worst point alone."""
    if np.count_nonzero(case.slopes) < 2:
        return AssumptionUnmet("one misclassified point: it is the sum")
    return Prediction({SLOPE: Predicted(float(case.slopes.max()))})


CLAIM = Claim(
    key="soudry2018/validation-loss",
    title="The validation loss grows like Σ |x·ŵ| log t, summed over the misclassified points",
    statement=(
        r"If some validation point has $x\cdot\hat w < 0$ (labels absorbed), the logistic validation loss is "
        r"$\Omega(\log t)$ although the direction converges; its slope in $\log t$ tends to $\sum_{x\cdot\hat w<0} "
        r"|x\cdot\hat w|$."
    ),
    hypotheses=(
        "separable training data, margin γ > 0; step below the bound of Lemma 1",
        "every support vector has a positive multiplier, and the support vectors span the data",
        "no validation point on the separator",
    ),
    reference=Reference(
        "soudry2018", "Corollary 6; the exact slope follows from Theorem 4", ("JMLR 19(70)",)
    ),
    source="stated",
    knobs=ValidationKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier(
            "bounded",
            "the direction converges, so the validation loss seems to do so too",
            lambda case: Prediction({SLOPE: Predicted(0.0)}),
        ),
        Falsifier("the worst point alone", "the lower bound of the proof keeps one point", worst_only),
    ),
    see=("soudry2018/residual-limit",),
    axes=("iterations t", "validation loss", "log", "linear"),
)
