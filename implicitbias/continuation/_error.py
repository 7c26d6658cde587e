"""How far a continuation may be from the exact rounds.

Per round, map and flow differ by O((ηHf)²), to second order by O((ηHf)³), and the flow contracts distances, along ŵ
like 1/r, where errors last longest. A second-order continuation from round r₀ is therefore wrong by
C(r) Σ_{k>r₀} k f_k³, the distance D of those from r₀/2 and r₀ is the same sum over the rounds between, the error is RD,

    R = Σ_{k>r₀} k f_k³ / Σ_{r₀/2<k≤r₀} k f_k³,      1/f_k = (k + K)/A through f at both hand-overs.

On the asymptote K = 0 and R = 1; before it (K > r₀) most of the error is still to come.

Where f hardly falls, R is huge and D is noise; but a round moves margins by no more than δ = ηHb²f, its third order is
of size δ³/b, and as δ_k ≤ B/k with B = (b/γ)² on the asymptote, all that is still to come is at most
Σ min(δ, B/k)³/b ≤ 1.5 Bδ²/b.

| order | estimate |
|---|---|
| 2 | D + min(RD, 1.5 Bδ²/b) |
| 1 | the distance of first and second order, and the estimate of the second order |

D of the first order itself would only see one dyadic block of rounds: each makes an error of the same size along ŵ.
"""

import numpy as np
from jaxtyping import Float

from implicitbias.continuation._flow import LogTimeFlow
from implicitbias.continuation._span import Span
from implicitbias.oracle.separator import UNDECIDED_SLACK


# Errors of single steps, of relative size rtol, add up over a few dozen of them before they are forgotten.
ACCUMULATED = 30.0
# Roundings of the model at the hand-over, in units of eps·|w|: coordinates, lift, and the term ŵτ taken away.
ROUNDINGS = 10.0

# Growth of 1/f over half the rounds below which there is none.
FLAT = 1e-9

Path = Float[np.ndarray, "time span"]


def rounding(size: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return the error of ρ = w − ŵτ that comes from rounding models of this size."""
    return ROUNDINGS * np.finfo(float).eps * size


def still_to_come(fallen: float) -> float:
    """R: the errors of all later rounds, in units of those between half the hand-over and the hand-over.

    With x = k/r₀ and K = c r₀, ∫ x/(x + c)³ = x²/(2c(x + c)²), hence R = (2 + c)(1 + 2c)²/(2 + 3c); ``fallen`` is
    f(r₀/2)/f(r₀) = (1 + c)/(1/2 + c).
    """
    c = max(0.5 / max(fallen - 1.0, FLAT) - 0.5, 0.0)
    return (2.0 + c) * (1.0 + 2.0 * c) ** 2 / (2.0 + 3.0 * c)


def most_to_come(step: float, radius: float, margin: float) -> float:
    """1.5 (b/γ)² δ²/b, a bound on the errors of all later rounds; δ the largest ηHb²f at the hand-over."""
    return 1.5 * (radius / margin) ** 2 * step**2 / radius


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
