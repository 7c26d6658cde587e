"""The error of Local GD on consistent least squares shrinks by the spectral radius of T_H per round."""

from dataclasses import dataclass

import numpy as np

from implicitbias import RecordAt, Stream
from implicitbias.formulas import regression_rate
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.regression import consistent_case, RegressionCase, RegressionKnobs


FACTOR = "factor per round, worst start"
ROUNDS = 30
# A run of ROUNDS rounds with H ≤ 20 local steps adds at most about so many roundings of numbers of the size of w.
OPERATIONS = 1e3
# Rounds are used while their rounding is below this share of the error, so that the factor is known to it.
SHARE = 1e-8
# What the factor is predicted to: the rounding of the run, with a margin for that of the SVD.
ACCURACY = 10 * SHARE


@dataclass(frozen=True)
class ExactKnobs:
    """Sizes of the data under exact local solves."""

    workers: int = knob(3, "M", "workers", low=2, high=5)
    local_samples: int = knob(2, "n_m", "samples per worker", low=1, high=3)
    spare: int = knob(4, "d − n", "dimensions beyond the number of samples", low=1, high=12)


def exact_case(knobs: ExactKnobs, stream: Stream) -> RegressionCase:
    """Return the data with H = ∞."""
    return consistent_case(
        RegressionKnobs(knobs.workers, knobs.local_samples, knobs.spare), stream, exact=True
    )


def needs(case: RegressionCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from w* + q for every q of an orthonormal basis of the row space."""
    del budget
    starts = tuple(tuple(map(float, row)) for row in case.minimum_norm + case.row_space)
    every = RecordAt.every(1)
    return (RunSpec(case.problem, case.method, ROUNDS, every, start=starts, replicas=len(starts)),)


def observe(case: RegressionCase, traces: Traces) -> Observation:
    """Measure |T^r|: errors from an orthonormal basis of starts are the rows of T^r, whose norm is ρ(T)^r."""
    (trace,) = traces
    errors = trace.w - case.minimum_norm
    largest = np.array([np.linalg.norm(errors[:, r], 2) for r in range(errors.shape[1])])
    rounding = OPERATIONS * np.finfo(float).eps * (1.0 + np.linalg.norm(case.minimum_norm)) / largest
    last = max(1, int(np.sum(rounding <= SHARE)) - 1)
    factor = float(largest[last] ** (1.0 / last))
    curve = Curve(trace.rounds[: last + 1], largest[: last + 1], "worst error", method="local_gd")
    return Observation({FACTOR: Measured(factor, factor * float(rounding[last]) / last)}, (curve,))


def _prediction(factor: float) -> Prediction:
    rounds = np.arange(ROUNDS + 1)
    curve = Curve(rounds, factor**rounds, "predicted", "theory")
    return Prediction(
        {FACTOR: Predicted(factor, ACCURACY, reason="rounding of the run and of the SVD")}, (curve,)
    )


def predict(case: RegressionCase) -> Prediction:
    """Spectral radius of T_H on the row space."""
    return _prediction(regression_rate(case.blocks, case.lr, case.local_steps))


def predict_exact(case: RegressionCase) -> Prediction:
    """1 − θ_min, θ_min the least positive eigenvalue of the mean projection."""
    return _prediction(regression_rate(case.blocks, case.lr))


def pooled(case: RegressionCase) -> Prediction:
    """1 − λ_min⁺(XᵀX/n)."""
    return _prediction(1.0 - float(case.pooled_spectrum[0]))


def without_mean(case: RegressionCase) -> Prediction:
    """1 − λ_min⁺(Σ X_m⁺X_m), without 1/M."""
    rate = regression_rate(case.blocks, case.lr)
    return _prediction(abs(1.0 - case.problem.workers * (1.0 - rate)))


def pooled_steps(case: RegressionCase) -> Prediction | AssumptionUnmet:
    """The factor of H steps of gradient descent on all data."""
    if case.local_steps == 1:
        return AssumptionUnmet("H = 1: Local GD is gradient descent on all data")
    return _prediction(float(np.abs(1.0 - case.lr * case.pooled_spectrum).max() ** case.local_steps))


AXES = ("communication rounds r", "distance to the solution, worst start", "linear", "log")

PROOF = r"""Let $w^*$ be any solution and $G_m = X_m^\top X_m/n_m$. Worker $m$ maps the error $e = w - w^*$ to
$(I - \eta G_m)^He$, so a round maps it to $T_He$, $T_H = \frac1M\sum_m(I-\eta G_m)^H$. For $0 < \eta <
2/\max_m\lambda_{\max}(G_m)$ each factor is symmetric, has norm at most 1 and fixes exactly the null space of
$X_m$; hence $T_Hv = v$ iff $v$ lies in all null spaces, and $-1$ is no eigenvalue. On the row space of $X$,
which is invariant, $T_H$ is symmetric with $\rho(T_H) < 1$ and $|T_H^r| = \rho(T_H)^r$. For $H \to \infty$ the
factors become $I - X_m^+X_m$ and the rate $1 - \theta_{\min}$, with $\theta_{\min}$ the least eigenvalue of
$\frac1M\sum_mX_m^+X_m$ on the row space."""

POOLED = Falsifier(
    "1 − λ_min⁺(XᵀX/n)", "the curvature of all data together; workers see only their own", predict=pooled
)

CLAIM = Claim(
    key="derived/regression-rate",
    title="On consistent regression the error shrinks by the spectral radius of T_H per round",
    statement=(
        r"For consistent least squares and $0 < \eta < 2/\max_m\lambda_{\max}(G_m)$, $G_m = X_m^\top X_m/n_m$, the "
        r"error of Local GD on the row space of $X$ contracts per round by exactly the spectral radius of $T_H = "
        r"\frac1M\sum_m (I - \eta G_m)^H$ there, from the worst start."
    ),
    hypotheses=("consistent data: some w fits every sample", "0 < η < 2/max_m λ_max(G_m)"),
    reference=Reference("derived", "linear regression"),
    source="derived",
    proof=PROOF,
    knobs=RegressionKnobs(),
    setup=consistent_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        POOLED,
        Falsifier(
            "H steps of gradient descent on all data",
            "a round has H steps, but they are taken on each worker's data alone",
            predict=pooled_steps,
        ),
    ),
    see=("derived/regression-exact-solves", "zhu2024/regression-minimum-norm"),
    axes=AXES,
)

CLAIM_EXACT = Claim(
    key="derived/regression-exact-solves",
    title="With exact local solves the error shrinks by 1 − θ_min per round",
    statement=(
        r"For consistent least squares whose local problems are solved exactly ($H = \infty$: $w \mapsto w - "
        r"X_m^+(X_mw - y_m)$), the error on the row space of $X$ contracts per round by exactly $1 - "
        r"\theta_{\min}$, $\theta_{\min} = \lambda_{\min}^+\bigl(\frac1M\sum_m X_m^+X_m\bigr) \in (0, 1]$, from "
        r"the worst start."
    ),
    hypotheses=("consistent data: some w fits every sample", "local problems solved exactly"),
    reference=Reference("derived", "linear regression"),
    source="derived",
    proof=PROOF,
    knobs=ExactKnobs(),
    setup=exact_case,
    needs=needs,
    observe=observe,
    predict=predict_exact,
    judge=closed_form,
    falsifiers=(
        POOLED,
        Falsifier("1 − Mθ_min", "the sum of the projections for their mean", predict=without_mean),
    ),
    see=("derived/regression-rate", "zhu2024/regression-minimum-norm"),
    axes=AXES,
)
