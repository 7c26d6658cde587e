"""Continuations in log-time as measurements: which records to ask for, and the errors they carry."""

import numpy as np
from jaxtyping import Float

from implicitbias import FastForwardSpec, LocalMethod, Trace
from implicitbias.problems import LinearClassification
from paper_repro.claims.observation import Measured, Observation


# The last log-time: s = ηHr = 10^434294.
FAR = 1e6
LOG_TIME = "log-time τ = log(ηHr); its end, τ = 10⁶, is round 10^434294"

# Ten records per decade of τ, whole decades among them.
RECORDS = tuple(10.0 ** (k / 10) for k in range(3, 61))

# Error of a step of the integrator: constants are read off to ten digits, at no cost beyond that of three.
FINE = 1e-12


def continuation(
    problem: LinearClassification, method: LocalMethod, log_time: tuple[float, ...] = RECORDS
) -> FastForwardSpec:
    """Return the continuation to round 10^434294; claims on the same problem and method share it."""
    return FastForwardSpec(problem, method, log_time, rtol=FINE)


def at(trace: Trace, log_time: float) -> int:
    """Return the record nearest to a log-time."""
    return int(np.abs(trace.log_time - log_time).argmin())


def residuals(trace: Trace) -> tuple[Float[np.ndarray, "record dim"], Float[np.ndarray, " record"]]:
    """Return ρ = w − ŵτ and its error, |δρ|, at every record of a single run."""
    rho, error = (np.asarray(trace.extras[name])[0] for name in ("residual", "residual_error"))
    return rho, error


def nothing_seen(reason: str, *names: str) -> Observation:
    """Return the observation of continuations that never started: these quantities could be anything."""
    return Observation({name: Measured(0.0, np.inf) for name in names}, undecided=reason)
