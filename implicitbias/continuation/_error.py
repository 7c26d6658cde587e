"""How far a continuation may be from the exact rounds.

Per round, map and flow differ by O((ηHf)²) = O(1/r²), or O(1/r³) to second order, and the flow contracts distances.
Along ŵ, where it contracts like 1/r, the errors from r₀ on add up to Σ (1/k³)(k/r) = O(1/(r r₀)), elsewhere to no more
than O(1/r₀²): a second-order continuation from r₀/2 is two to four times as wrong as that from r₀, and their distance D
is one to three times the error of the latter.

| order | estimate |
|---|---|
| 2 | 2D |
| 1 | the distance of first and second order, and 2D of the second order |

D of the first order itself would only see one dyadic block of rounds: each makes an error of the same size along ŵ.
"""

import numpy as np
from jaxtyping import Float

from implicitbias.continuation._flow import LogTimeFlow
from implicitbias.continuation._span import Span
from implicitbias.oracle.separator import UNDECIDED_SLACK


# Times the distance of two hand-overs: twice the least that the error can be of it.
HALVING = 2.0

# Errors of single steps, of relative size rtol, add up over a few dozen of them before they are forgotten.
ACCUMULATED = 30.0
# Roundings of the model at the hand-over, in units of eps·|w|: coordinates, lift, and the term ŵτ taken away.
ROUNDINGS = 10.0

Path = Float[np.ndarray, "time span"]


def rounding(size: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return the error of ρ = w − ŵτ that comes from rounding models of this size."""
    return ROUNDINGS * np.finfo(float).eps * size


def integration_error(path: Path, span: Span, start_time: float, rtol: float) -> Float[np.ndarray, " time"]:
    """Return what integrator and rounding leave open: rtol|ρ| many times over, and eps|w| at the hand-over."""
    size = np.linalg.norm(path, axis=1) + 1.0 / float(np.linalg.norm(span.rows, axis=1).max())
    at_start = abs(start_time) * float(np.linalg.norm(span.separator)) + size[0]
    return ACCUMULATED * rtol * size + rounding(at_start)


def undecided_error(flow: LogTimeFlow, path: Path, times: Float[np.ndarray, " time"]) -> Path:
    """Return the response of ρ to exponents that are wrong by τ·slack, for samples that may or may not be support.

    To first order δρ = A⁻¹ Σ p_i e^{a_i} x_i τ|g_i| with A = Σ p_i e^{a_i} x_i x_iᵀ over all samples.
    """
    errors = np.zeros(len(times))
    undecided = (flow.gaps < 0.0) & (flow.gaps >= -UNDECIDED_SLACK)
    for k in range(len(times) if undecided.any() else 0):
        push = (flow.weights * flow.pulls(path[k], times[k])[0] * times[k] * -flow.gaps)[undecided]
        curvature = -flow.jacobian(path[k], times[k])
        response = np.linalg.lstsq(curvature, push @ flow.rows[undecided], rcond=None)[0]
        errors[k] = np.linalg.norm(response)
    return errors
