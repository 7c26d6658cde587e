"""Bounds on the loss of gradient descent with large steps, of Local GD, and on data that no w separates.

All are stated for row norms |x_i| ≤ 1; other data enter as x/b_x, η b_x², γ/b_x. The step η is that of the mean loss.
"""

import math

from implicitbias import checks
from implicitbias.bounds import Bound


CRAWSHAW_LOSS = 16.0  # crawshaw2025: f ≤ 16/(γ²ηH(r − r_c))
WU_PHASE = 60.0  # wu2024: the unstable phase lasts (60/γ²) max{…} steps at most
WU_BUDGET = 120.0  # wu2024: η = γ²T/120 spends half of T on it
WU_ACCELERATED = 480.0  # wu2024: f(w_T) ≤ 480 ln²(γ⁴T²)/(γ⁴T²) then

MARGIN_CURE = "take max_margin(problem).margin of rows of length ≤ 1"
RATE_CURE = "give the step of the mean loss, e.g. 10.0"
TIME_CURE = "count steps from the start of the bound, e.g. 1000"


def mean_loss_bound(margin: float, *, lr: float, steps: int) -> Bound:
    """(1/t) Σ_{k<t} f(w_k) ≤ (1 + ln²(γ²ηt) + η²/4)/(γ²ηt): logistic loss, w_0 = 0, any η > 0 (wu2024, Theorem 1).

    Parameters
    ----------
    margin, lr, steps
        γ, η, t ≥ 1.

    Returns
    -------
    Bound
        Its constants hold γ²ηt and the two parts ln²(γ²ηt) and η²/4 of the numerator.

    Raises
    ------
    BadInput
        If a number is not positive.
    """
    scale = _scale(margin, lr, steps)
    parts = {"ln²(γ²ηt)": math.log(scale) ** 2, "η²/4": lr**2 / 4.0}
    value = (1.0 + sum(parts.values())) / scale
    return Bound("mean loss", {"γ²ηt": scale, **parts}, (), value)


def stable_loss_bound(margin: float, *, lr: float, steps: int, first_loss: float, first_risk: float) -> Bound:
    """f(w_t) ≤ (2E(w_s) + ln²(γ²η(t−s)))/(γ²η(t−s)) once f(w_s) ≤ 1/η (logistic loss; wu2024, Theorem 1).

    Parameters
    ----------
    margin, lr, steps
        γ, η, t − s ≥ 1.
    first_loss, first_risk
        f(w_s), and E(w_s) = Σ p_i e^{−x_i·w_s}, the exponential risk there.

    Raises
    ------
    BadInput
        If γ, η or t − s is not positive.
    """
    scale = _scale(margin, lr, steps)
    value = (2.0 * first_risk + math.log(scale) ** 2) / scale
    constants = {"γ²η(t−s)": scale, "f(w_s)": first_loss, "E(w_s)": first_risk}
    return Bound("loss of the stable phase", constants, (("f(w_s) ≤ 1/η", first_loss <= 1.0 / lr),), value)


def phase_bound(margin: float, *, lr: float, samples: int) -> Bound:
    """S ≤ (60/γ²) max{η, n, e, ((η+n)/η) ln((η+n)/η)}: f(w_s) ≤ 1/η and E(w_s) ≤ 1 by then (wu2024, Theorem 1).

    Parameters
    ----------
    margin, lr, samples
        γ, η, n.

    Raises
    ------
    BadInput
        If γ or η is not positive, or n < 1.
    """
    count = checks.integer("samples", samples, 1, "give n, the number of rows")
    scale, ratio = _scale(margin, lr, 1), (lr + count) / lr
    longest = max(lr, count, math.e, ratio * math.log(ratio))
    constants = {"γ": margin, "η": lr, "n": count}
    return Bound("length of the unstable phase", constants, (), WU_PHASE * lr / scale * longest)


def accelerated_rate(margin: float, *, steps: int) -> float:
    """η = γ²T/120, the step of wu2024, Corollary 2, for a budget of T steps."""
    return _scale(margin, 1.0, steps) / WU_BUDGET


def accelerated_loss_bound(margin: float, *, samples: int, steps: int) -> Bound:
    """f(w_T) ≤ 480 ln²(γ⁴T²)/(γ⁴T²) with η = γ²T/120 and T ≥ 120 max{e, n}/γ² (wu2024, Corollary 2).

    Parameters
    ----------
    margin, samples, steps
        γ, n, T.

    Raises
    ------
    BadInput
        If γ is not positive, or n or T below 1.
    """
    count = checks.integer("samples", samples, 1, "give n, the number of rows")
    scale = _scale(margin, 1.0, steps)
    enough = scale >= WU_BUDGET * max(math.e, count)
    value = WU_ACCELERATED * math.log(scale**2) ** 2 / scale**2
    return Bound("accelerated loss", {"γ²T": scale, "n": count}, (("T ≥ 120 max{e, n}/γ²", enough),), value)


def local_loss_bound(margin: float, *, lr: float, local_steps: int, rounds: int) -> Bound:
    """f(w^r) ≤ 16/(γ²ηH(r − r_c)) past the unstable phase of Local GD, logistic loss (crawshaw2025).

    Parameters
    ----------
    margin, lr, local_steps, rounds
        γ, η, H, r − r_c ≥ 1.

    Raises
    ------
    BadInput
        If a number is not positive.
    """
    scale = _scale(margin, lr * local_steps, rounds)
    return Bound("loss of Local GD", {"γ²ηH(r − r_c)": scale}, (), CRAWSHAW_LOSS / scale)


def mixed_loss_bound(margin: float, *, minimiser_norm: float, steps: int, time: float) -> Bound:
    """f(w_t) − inf f ≤ e^{|v̄|}/t + (|v̄|² + ln²t/γ_⊥²)/(2 Σ_{j<t} η_j), w_0 = 0, η_j ≤ 1 (ji2019, Theorem 3).

    Exponential or logistic loss; rows that no w separates span U, v̄ is the minimiser there, γ_⊥ the margin across U.

    Parameters
    ----------
    margin, minimiser_norm
        γ_⊥ and |v̄|.
    steps, time
        t ≥ 1 and Σ_{j<t} η_j.

    Returns
    -------
    Bound
        Its constants hold the part ln²t/(2γ_⊥² Σ η_j).

    Raises
    ------
    BadInput
        If γ_⊥, t or Σ η_j is not positive, or |v̄| < 0.
    """
    norm = checks.number("minimiser_norm", minimiser_norm, "give |v̄|", least=0)
    scale = 2.0 * _scale(margin, checks.number("time", time, "give Σ η_j", above=0), 1)
    count = checks.integer("steps", steps, 1, TIME_CURE)
    growth = math.log(count) ** 2 / scale
    value = math.exp(norm) / count + (margin * norm) ** 2 / scale + growth
    constants = {"γ_⊥": margin, "|v̄|": norm, "t": count, "Σ η": time, "ln²t/(2γ_⊥² Σ η)": growth}
    return Bound("excess loss on mixed data", constants, (), value)


def _scale(margin: float, lr: float, steps: int) -> float:
    """γ²ηt, checked."""
    checks.number("margin", margin, MARGIN_CURE, above=0)
    checks.number("lr", lr, RATE_CURE, above=0)
    return margin**2 * lr * checks.integer("steps", steps, 1, TIME_CURE)
