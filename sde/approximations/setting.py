"""What the approximations read of a method: η, M, B and the round time α."""

import math
import warnings
from dataclasses import dataclass

import numpy as np

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods import (
    Average,
    GradientSteps,
    HeavyBall,
    Identity,
    LocalMethod,
    QuadraticRule,
    Server,
)
from implicitbias.methods.schedules import Constant


# Beyond them the O(η) terms that a limit leaves out exceed a few per cent (measured on valleys and circles).
LARGEST_NOISE = 0.2  # ηM
LARGEST_SPREAD = 0.05  # ηMα where Γ is curved and the noise has a tangential part
# ηλ from which gradient steps across Γ overshoot by more than they correct.
UNSTABLE = 2.0
# Frames from `_warn` to the line that asked for an equation.
CALLER = 5

# Axes on which the theory is known only at their neutral value.
_NEUTRAL = {
    "scaling": Identity(),
    "correction": None,
    "local_solver": GradientSteps(),
    "aggregation": Average(),
    "server": Server(),
    "rescaling": None,
}


class ApproximationWarning(UserWarning):
    """A setting in which an approximation is far from its limit; says which number is too large, and the cure."""


@dataclass(frozen=True)
class Setting:
    """A method as the slow SDE sees it.

    Attributes
    ----------
    lr
        η; γ/(1 − β) for a step γ with momentum β.
    workers, batch
        M, and the total batch B = M·B_loc.
    local_steps
        H; infinite for a quadratic rule.
    """

    lr: float
    workers: int
    batch: float
    local_steps: float

    @property
    def round_time(self) -> float:
        """α = ηH. A single local step is parallel SGD, for which α = 0 is exact; a quadratic rule has α = ∞."""
        return 0.0 if self.local_steps == 1 else self.lr * self.local_steps


def setting_of(method: LocalMethod, workers: int = 1) -> Setting:
    """Return what the approximations read of a method.

    Parameters
    ----------
    method
        Local SGD, or SGD, with a constant learning rate; ``QuadraticRule`` is read as its limit of long rounds.
    workers
        M, where the method leaves it open.

    Raises
    ------
    BadInput
        If it has no noise, or an axis for which no approximation is known.
    """
    checks.instance("method", method, LocalMethod, "give e.g. local_sgd(0.01, 100, batch=1, workers=8)")
    if method.batch is None:
        raise BadInput(
            "batch = None: full gradients have no noise to drift by; give local_sgd(…, batch=B_loc)"
        )
    for axis, neutral in _NEUTRAL.items():
        if getattr(method, axis) != neutral:
            rule = "no slow SDE is known for it here"
            raise checks.refuse(axis, getattr(method, axis), rule, f"leave {axis} at {neutral!r}")
    count = method.workers or workers
    steps = _local_steps(method, count)
    return Setting(_rate(method, steps), count, count * method.batch, steps)


def warn_of_coarseness(setting: Setting, curved: bool, sharpest: float) -> None:
    """Warn of a step too large for the approximation; refuse one that no gradient step survives.

    Parameters
    ----------
    setting
        η, M, B, H.
    curved
        Whether Γ is curved and the noise has a tangential part.
    sharpest
        The smallest over points of Γ of the largest eigenvalue of ∇²L there.

    Raises
    ------
    BadInput
        If ηλ ≥ 2 everywhere.
    """
    if setting.lr * sharpest >= UNSTABLE:
        raise BadInput(
            f"lr = {setting.lr:g}: ηλ = {setting.lr * sharpest:.3g} ≥ 2 on all of Γ, so that gradient steps diverge "
            f"across it; take η < 2/λ = {UNSTABLE / sharpest:.3g}"
        )
    noise, spread = setting.lr * setting.workers, setting.lr * setting.workers * setting.round_time
    if noise > LARGEST_NOISE:
        _warn(f"ηM = {noise:.3g} > {LARGEST_NOISE}", f"take η ≤ {LARGEST_NOISE / setting.workers:.3g}")
    elif curved and np.isfinite(spread) and spread > LARGEST_SPREAD:
        _warn(f"ηMα = {spread:.3g} > {LARGEST_SPREAD}", "take a smaller η at the same α = ηH")


def _warn(what: str, cure: str) -> None:
    text = f"{what}: the slow SDE is the limit η → 0, and its error here exceeds a few per cent; {cure}"
    warnings.warn(text, ApproximationWarning, stacklevel=CALLER)


def _rate(method: LocalMethod, steps: float) -> float:
    if method.normalised or not isinstance(method.schedule, Constant):
        if isinstance(method.local_steps, QuadraticRule) and not method.normalised:
            return method.first_lr
        raise BadInput(
            f"lr = {method.lr!r}: the approximation is for one learning rate; take it phase by phase, a number each"
        )
    if not isinstance(method.momentum, HeavyBall):
        return method.first_lr
    if steps != 1:
        raise BadInput(
            f"momentum = {method.momentum!r} with H = {steps:g}: the limit is known for one local step; leave it out"
        )
    return method.first_lr / (1.0 - method.momentum.beta)


def _local_steps(method: LocalMethod, workers: int) -> float:
    if isinstance(method.local_steps, QuadraticRule):
        return math.inf
    try:
        steps = set(method.steps(workers, 0)) if isinstance(method.local_steps, int | tuple) else set()
    except BadInput as refused:
        raise refused from None
    if len(steps) != 1:
        raise BadInput(
            f"local_steps = {method.local_steps!r}: the slow SDE is known for one H, or for a QuadraticRule; "
            "take other rules phase by phase"
        )
    return float(steps.pop())
