"""Residuals in log-time as a trace: models, losses and margins, without subtracting anything of size τ."""

import dataclasses

import numpy as np
from jaxtyping import Float

from implicitbias.continuation._flow import log_step, LogTimeFlow
from implicitbias.continuation._span import Span
from implicitbias.engine.trace import Trace
from implicitbias.losses import Logistic
from implicitbias.methods import Flow, LocalMethod
from implicitbias.problems import LinearClassification


# Arrays of a trace with the records alone for an axis, and the extras that a continuation has at every record.
CLOCKS = ("rounds", "time", "slow_time", "stored_log_time")
EXTRAS = ("residual", "residual_error", "chord")

# Margins from which log(1 + e^{−z}) is e^{−z} to the last digit.
TAIL = 40.0

Residuals = Float[np.ndarray, "replica record dim"]
Times = Float[np.ndarray, " record"]


def records_at(
    problem: LinearClassification,
    method: LocalMethod,
    span: Span,
    flow: LogTimeFlow,
    rho: Residuals,
    times: Times,
) -> dict[str, np.ndarray]:
    """Return the arrays of a trace at these residuals and log-times."""
    exponents = -times[:, None] * span.svm.slack - rho @ problem.signed.T
    exponents[..., span.svm.support] = -rho @ problem.signed[span.svm.support].T
    margins = times[:, None] - exponents
    return clocks_at(problem, method, times) | {
        "w": times[:, None] * span.weights + rho,
        "log_loss": _log_loss(problem, exponents, margins) - times,
        "min_margin": margins.min(axis=-1),
        "disagreement": np.array([_disagreement(problem, span, flow, path, times) for path in rho]),
    }


def clocks_at(problem: LinearClassification, method: LocalMethod, times: Times) -> dict[str, np.ndarray]:
    """Return rounds, Σ η and Σ η² at log-times; infinite where they leave the floating-point range."""
    flows = isinstance(method.local_solver, Flow)
    with np.errstate(over="ignore"):
        time = np.exp(times)
        return {
            "rounds": np.exp(times - log_step(problem, method)),
            "time": time,
            "slow_time": np.zeros_like(time) if flows else method.first_lr * time,
            "stored_log_time": times,
        }


def appended(trace: Trace, records: dict[str, np.ndarray], extras: dict[str, np.ndarray]) -> Trace:
    """Return the trace with more records."""
    joined = {n: np.concatenate([getattr(trace, n), r], axis=_axis(n)) for n, r in records.items()}
    more = {n: np.concatenate([np.asarray(trace.extras[n]), r], axis=1) for n, r in extras.items()}
    return dataclasses.replace(trace, **joined, extras=dict(trace.extras) | more, final=None)


def without_records(trace: Trace) -> Trace:
    """Return the trace with none of its records; what its extras say of the limit goes too."""
    names = (*CLOCKS, "w", "log_loss", "min_margin", "disagreement")
    cut = {n: np.take(getattr(trace, n), [], axis=_axis(n)) for n in names}
    extras = {n: np.take(np.asarray(trace.extras[n]), [], axis=1) for n in EXTRAS}
    return dataclasses.replace(trace, **cut, extras=extras)


def _axis(name: str) -> int:
    return 0 if name in CLOCKS else 1


def _log_loss(problem: LinearClassification, exponents: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """Return τ + log Σ p_i ℓ(z_i) = log Σ p_i e^{a_i} ℓ(z_i)e^{z_i}."""
    terms = exponents + np.log(problem.sample_weights)
    if isinstance(problem.loss_function, Logistic):
        near = np.minimum(margins, TAIL)
        terms = terms + np.where(margins < TAIL, problem.loss_function.log_value(near) + near, 0.0)
    return np.logaddexp.reduce(terms, axis=-1)


def _disagreement(
    problem: LinearClassification, span: Span, flow: LogTimeFlow, path: np.ndarray, times: Times
) -> Float[np.ndarray, " record"]:
    """Return √((1/M) Σ |w_m − mean|²) to first order: worker m moves by −ηH_m∇f_m."""
    found = []
    for rho, tau in zip(path, times, strict=True):
        pull = problem.workers * flow.weights * flow.pulls(span.down(rho), tau)[0]
        moves = span.up(np.add.reduceat(pull[:, None] * flow.rows, flow.starts))
        spread = moves - moves.mean(axis=0)
        found.append(np.exp(min(flow.log_step - tau, 0.0)) * np.sqrt((spread**2).sum(axis=1).mean()))
    return np.array(found)
