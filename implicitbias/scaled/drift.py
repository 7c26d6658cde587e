"""L1: how much a clipped preconditioner can grow at one refresh, and how slow an average must be for a given drift.

All derived, SAVIC-type, for D̂ = max(d_min, |D|), samples clipped to |h| ≤ d_max before they enter D, and |D| ≤ d_max
at the start. κ = d_max/d_min. The rules: squared, D² ← βD² + (1 − β)h²; linear, D ← βD + (1 − β)h.
"""

import math
from typing import Literal

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.bounds import Bound


Rule = Literal["squared", "linear"]

RULE_CURE = "choose 'squared' or 'linear'; the sum rule has no ceiling, hence no such bound"
BETA_CURE = "0.9 to 0.999 is usual"
SPREAD_CURE = "give κ = d_max/d_min ≥ 1"


def growth_bound(
    rule: Rule, beta: float, spread: float, *, form: Literal["sharp", "classical"] = "sharp"
) -> Bound:
    """max_i D̂⁺_i/D̂_i at one refresh.

    Sharp: √(1 + (1−β)(κ²−1)) (squared) and 1 + (1−β)(κ−1) (linear), both attained at |D| = d_min, h = d_max.
    Classical: 1 + (1−β)κ²/2 and 1 + 2(1−β)κ. Proof: D̂⁺² ≤ βD̂² + (1−β)d_max², divided by D̂² ≥ d_min²; linear
    likewise. Clipping D̂ but not h is not enough.

    Parameters
    ----------
    rule, beta, spread
        The rule, β in [0, 1), κ.
    form
        Which bound.

    Raises
    ------
    BadInput
        For another rule or form, or numbers out of range.
    """
    weight = _weight(beta)
    kappa = checks.number("spread", spread, SPREAD_CURE, least=1)
    values = {
        ("squared", "sharp"): math.sqrt(1.0 + weight * (kappa**2 - 1.0)),
        ("linear", "sharp"): 1.0 + weight * (kappa - 1.0),
        ("squared", "classical"): 1.0 + weight * kappa**2 / 2.0,
        ("linear", "classical"): 1.0 + 2.0 * weight * kappa,
    }
    _check_rule(rule)
    if (rule, form) not in values:
        raise checks.refuse("form", form, "no such bound", "choose 'sharp' or 'classical'")
    return Bound(
        f"growth of D̂ at a refresh, {rule} rule, {form}", {"β": beta, "κ": kappa}, (), values[rule, form]
    )


def change_bound(rule: Rule, beta: float, floor: float, ceiling: float) -> Bound:
    """max_i |D̂⁺_i − D̂_i| ≤ (1−β)d_max²/(2d_min) (squared), ≤ 2(1−β)d_max (linear).

    From |max(a, u) − max(a, v)| ≤ |u² − v²|/(2a). The linear one is attained by |D| = d_max and h of the opposite
    sign, if D̂ stays above the floor.

    Parameters
    ----------
    rule, beta
        The rule of D̂, and β in [0, 1).
    floor, ceiling
        0 < d_min ≤ d_max.

    Raises
    ------
    BadInput
        For another rule, or numbers out of range.
    """
    _check_rule(rule)
    weight = _weight(beta)
    low = checks.number("floor", floor, "give d_min > 0", above=0)
    high = checks.number("ceiling", ceiling, "give d_max ≥ d_min", least=low)
    value = weight * high**2 / (2.0 * low) if rule == "squared" else 2.0 * weight * high
    return Bound(
        f"change of D̂ at a refresh, {rule} rule", {"β": beta, "d_min": low, "d_max": high}, (), value
    )


def plus_growth(beta: float, spread: float) -> float:
    """1 + √(1−β)·κ: what one refresh makes of D̂ = |D| + d_min from D = 0 with h = d_max, squared rule.

    Not 1 + O(1−β): with the floor added instead of taken as a maximum, no averaging condition of T1–T4 holds.
    """
    return 1.0 + math.sqrt(_weight(beta)) * checks.number("spread", spread, SPREAD_CURE, least=1)


def largest_weight(rule: Rule, drift: float, spread: float) -> float:
    """Largest 1 − β with growth at most 1 + c: ((1+c)²−1)/(κ²−1) (squared), c/(κ−1) (linear), never more than 1.

    The averaging condition of T1–T4, and the inverse of the sharp `growth_bound`.

    Parameters
    ----------
    rule, drift, spread
        The rule, c ≥ 0, κ.

    Raises
    ------
    BadInput
    """
    _check_rule(rule)
    c = checks.number("drift", drift, "give c ≥ 0", least=0)
    kappa = checks.number("spread", spread, SPREAD_CURE, least=1)
    gain, room = (c * (2.0 + c), kappa**2 - 1.0) if rule == "squared" else (c, kappa - 1.0)
    return 1.0 if gain >= room else gain / room


def admissible_drift(lr: float, local_steps: int, strong_convexity: float) -> float:
    """C = Hημ/2, the largest drift per refresh that T1 and T4 admit.

    Parameters
    ----------
    lr, local_steps
        η and H.
    strong_convexity
        μ in the norm of D̂: μ/d_max, or μ_D (`Constants.scaled`).
    """
    return 0.5 * local_steps * lr * strong_convexity


def measured_drift(scalings: Float[np.ndarray, "refresh *coordinate"]) -> float:
    """C = max_p,i D̂_{p+1,i}/D̂_{p,i} − 1 of the preconditioners in force, at least 0: what a run did."""
    entries = checks.real_array("scalings", scalings)
    if not (entries > 0.0).all():
        raise checks.refuse("scalings", entries, "must be positive", "record D̂, not its memory D")
    if len(entries) < 2:
        return 0.0
    return max(0.0, float((entries[1:] / entries[:-1]).max()) - 1.0)


def averaging_weight(beta: float, refreshes: int) -> float:
    """1 − β_t = (1−β)/(1−β^{t+1}), the weight of sample t + 1 in a bias-corrected average of t + 1 samples.

    About 1/(t+1) for t ≪ 1/(1−β): the first refreshes move D̂ by O(1), and no drift condition holds there. t counts
    refreshes of D, not iterations.

    Parameters
    ----------
    beta : float
        β in [0, 1).
    refreshes : int
        t ≥ 0.
    """
    weight = _weight(beta)
    count = checks.integer("refreshes", refreshes, 0, "count refreshes from 0")
    return 1.0 if beta == 0.0 else weight / -math.expm1((count + 1) * math.log(beta))


def _weight(beta: float) -> float:
    return 1.0 - checks.number("beta", beta, BETA_CURE, least=0, below=1)


def _check_rule(rule: object) -> None:
    if rule not in ("squared", "linear"):
        raise checks.refuse("rule", rule, "no such averaging rule", RULE_CURE)
