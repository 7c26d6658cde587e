r"""How long the way to Γ is, and what QSR leaves out: the first phase, and the leading error in α_Q²."""

import numpy as np

from implicitbias.formulas import Formula, Variable
from sde.formulas._special import Values


def first_phase_rounds(
    distance: Values, noise: Values, curvature: Values, lr: Values, total_batch: Values, round_time: Values
) -> Values:
    """log(2λBy_0²/(ησ²))/(2λα), rounds until the mean's second moment is twice its stationary value (derived).

    On ½λy² from y_0 the transient y_0²e^{−2λαr} then equals V = ησ²/(2λB), the stationary variance: the first phase
    lasts of the order of (1/α) log(1/η) rounds, not 1/η. The whole number of rounds is the ceiling.

    Parameters
    ----------
    distance, noise : float or array (...)
        |y_0| and σ.
    curvature, lr, total_batch, round_time : float or array (...)
        λ, η, B and α = ηH.
    """
    curvature = np.asarray(curvature, dtype=np.float64)
    ratio = 2.0 * curvature * total_batch * np.asarray(distance) ** 2 / (lr * np.asarray(noise) ** 2)
    return np.log(ratio) / (2.0 * curvature * round_time)


def qsr_drift_correction(
    growth: Values, workers: Values, tangent_variance: Values, batch: Values, second_derivative: Values
) -> Values:
    """(α_Q²/4)(1 − 1/M)(σ_T²/B_loc) b″, what QSR adds to the drift b of a worker on a flat Γ (derived).

    At time s of a round of slow time α_Q² the workers are spread by (1 − 1/M)(σ_T²/B_loc)s, and the mean feels
    half of that times b″. The error of E g is its first-order response to this change of drift.

    Parameters
    ----------
    growth, workers, tangent_variance, batch : float or array (...)
        α_Q, M, σ_T² and B_loc.
    second_derivative : float or array (...)
        b″ at a point of Γ, b the slow drift of one worker.
    """
    spread = (1.0 - 1.0 / np.asarray(workers, dtype=np.float64)) * tangent_variance / batch
    return np.asarray(growth) ** 2 / 4.0 * spread * second_derivative


def _first_phase_rounds(distance, noise, curvature, lr, total_batch, round_time):
    import sympy

    ratio = 2 * curvature * total_batch * distance**2 / (lr * noise**2)
    return sympy.log(ratio) / (2 * curvature * round_time)


def _qsr_drift_correction(growth, workers, tangent_variance, batch, second_derivative):
    return growth**2 / 4 * (1 - 1 / workers) * tangent_variance / batch * second_derivative


FORMULAS = (
    Formula(
        "first-phase-rounds",
        "rounds of the first phase on a quadratic",
        "derived",
        "r_1",
        {
            "distance": Variable("y_0", 0.5, 5.0),
            "noise": Variable("sigma", 0.2, 2.0),
            "curvature": Variable("lambda", 0.2, 5.0),
            "lr": Variable("eta", 0.001, 0.1),
            "total_batch": Variable("B", 1.0, 64.0),
            "round_time": Variable("alpha", 0.05, 4.0),
        },
        _first_phase_rounds,
        first_phase_rounds,
    ),
    Formula(
        "qsr-drift-correction",
        "leading change of the drift by rounds of QSR",
        "derived",
        r"\Delta b",
        {
            "growth": Variable("alpha_Q", 0.05, 1.0),
            "workers": Variable("M", 1.0, 64.0),
            "tangent_variance": Variable(r"{\sigma_T^2}", 0.1, 4.0),
            "batch": Variable(r"{B_{\mathrm{loc}}}", 0.5, 32.0),
            "second_derivative": Variable("{b''}", -3.0, 3.0),
        },
        _qsr_drift_correction,
        qsr_drift_correction,
    ),
)
