"""How fast FedAvg comes to rest: by the spectral radius of I − η_g Σ p_m W_m per round, from the worst start."""

import numpy as np

from implicitbias import RecordAt, RunSpec
from implicitbias.recursions import worker_curvatures
from paper_repro.claims import (
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.unlike_workers import FederatedCase, ROUNDS, unlike_case, UnlikeKnobs
from paper_repro.papers.mcmahan2017.fixed_point import rest


FACTOR = "factor per round, worst start"
# A run errs by about so many roundings of numbers of the size of its models.
OPERATIONS = 1e3
# Rounds count while their rounding is below this share of the error, so that the factor is known to it.
SHARE = 1e-8
# What the factor is predicted to: the rounding of the run, with a margin for that of the eigenvalues.
ACCURACY = 10 * SHARE


def needs(case: FederatedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from every unit vector about the fixed point."""
    del budget
    starts = rest(case) + np.eye(case.problem.dim)
    rows = tuple(tuple(map(float, row)) for row in starts)
    return (RunSpec(case.problem, case.method, ROUNDS, RecordAt.every(1), rows, len(rows)),)


def observe(case: FederatedCase, traces: Traces) -> Observation:
    """Measure |T^r|: the errors from an orthonormal basis of starts are the rows of T^r, whose norm is ρ(T)^r."""
    (trace,) = traces
    errors = trace.w - rest(case)
    largest = np.linalg.norm(np.moveaxis(errors, 1, 0), 2, axis=(1, 2))
    rounding = OPERATIONS * np.finfo(float).eps * (1.0 + np.linalg.norm(rest(case))) / largest
    last = max(1, int(np.argmax(rounding > SHARE)) - 1 if (rounding > SHARE).any() else ROUNDS)
    factor = float(largest[last] ** (1.0 / last))
    curve = Curve(trace.rounds[: last + 1], largest[: last + 1], "worst error", method="fedavg")
    return Observation({FACTOR: Measured(factor, factor * float(rounding[last]) / last)}, (curve,))


def falls_by(factor: float, label: str, role: str) -> Prediction:
    """Return the prediction of a factor per round."""
    rounds = np.arange(ROUNDS + 1)
    allowance = Predicted(factor, ACCURACY, reason="rounding of the run and of the eigenvalues")
    return Prediction({FACTOR: allowance}, (Curve(rounds, factor**rounds, label, role),))


def predict(case: FederatedCase) -> Prediction:
    """The spectral radius of I − η_g Σ p_m W_m, which is symmetric."""
    moved = np.tensordot(case.weights, case.responses, axes=1)
    factor = float(np.abs(1.0 - case.method.server.rate * np.linalg.eigvalsh(moved)).max())
    return falls_by(factor, "spectral radius of I − η_g Σ p_m W_m", "theory")


def straight(case: FederatedCase) -> Prediction:
    """The radius of I − ηη_g Σ p_m H_m A_m."""
    busy = case.weights * np.array(case.steps)
    moved = case.lr * np.tensordot(busy, worker_curvatures(case.problem).hessians, axes=1)
    factor = float(np.abs(1.0 - case.method.server.rate * np.linalg.eigvalsh(moved)).max())
    return falls_by(factor, "W_m = ηH_m A_m", "falsifier")


def common_curvature(case: FederatedCase) -> Prediction:
    """The radius of I − η_g Σ p_m (I − (I − ηA)^{H_m}), A = Σ p_m A_m."""
    mean = np.tensordot(case.weights, worker_curvatures(case.problem).hessians, axes=1)
    left = (1.0 - case.lr * np.linalg.eigvalsh(mean)[:, None]) ** np.array(case.steps) @ case.weights
    rate = case.method.server.rate
    return falls_by(float(np.abs(1.0 - rate + rate * left).max()), "every A_m their mean", "falsifier")


CLAIM = Claim(
    key="mcmahan2017/rate",
    title="The error of FedAvg shrinks per round by the spectral radius of I − η_g Σ p_m W_m",
    statement=(
        r"On quadratic losses the distance of FedAvg to its fixed point shrinks per round by exactly the spectral "
        r"radius of $I-\eta_g\sum_mp_mW_m$, $W_m=I-(I-\eta A_m)^{H_m}$, from the worst start; it is stable iff that "
        r"is below 1. Heterogeneity of the $b_m$ does not enter."
    ),
    hypotheses=("quadratic losses, full gradients", "all workers take part, constant η and H_m"),
    reference=Reference("mcmahan2017", "the algorithm; the rate is ours", ("arXiv 1602.05629",)),
    source="derived",
    proof=(
        r"The error is multiplied by $T=I-\eta_g\sum_mp_mW_m$ (see mcmahan2017/path), which does not contain the "
        r"$b_m$. Each $W_m$ is a polynomial of the symmetric $A_m$; so $T$ is symmetric and $|T^r|=\rho(T)^r$."
    ),
    knobs=UnlikeKnobs(),
    setup=unlike_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("W_m = ηH_m A_m", "to first order it is; but the path bends with the gradient", straight),
        Falsifier("every A_m their mean", "only the mean Hessian enters the loss", common_curvature),
    ),
    see=("mcmahan2017/path", "derived/regression-rate"),
    axes=("communication rounds r", "|x − x_fix|, worst start", "linear", "log"),
)
