"""What the approximations read of a method: η, M, B and the round time α."""

import math
import warnings
from dataclasses import dataclass

import numpy as np

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.methods import (
    Average,
    Fixed,
    Full,
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
# αλ from which ψ exceeds 0.8, so that α = ∞ is a limit in sight.
LONGEST = 5.0
# Frames from `_warn` to the line that asked for an equation.
CALLER = 5

# Axes on which the theory is known only at their neutral value.
_NEUTRAL = {
    "correction": None,
    "participation": Full(),
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
        H; that at the first learning rate where it grows.
    momentum
        β.
    grows
        Whether H grows without bound as the learning rate decays, as a quadratic rule makes it.
    scaling
        D of steps along D^{−1}g; ``None`` for the gradient itself.
    """

    lr: float
    workers: int
    batch: float
    local_steps: float
    momentum: float = 0.0
    grows: bool = False
    scaling: tuple[float, ...] | None = None

    __repr__ = in_brief

    @property
    def round_time(self) -> float:
        """α = ηH. A single local step is parallel SGD, for which α = 0 is exact; where H grows, α = ∞."""
        return math.inf if self.grows else self.first_round_time

    @property
    def first_round_time(self) -> float:
        """ηH at the first learning rate, also where H grows."""
        return 0.0 if self.local_steps == 1 else self.lr * self.local_steps

    @property
    def step(self) -> float:
        """γ = (1 − β)η, the learning rate as it is given."""
        return (1.0 - self.momentum) * self.lr

    @property
    def stable_below(self) -> float:
        """The least γλ from which steps across Γ diverge: 2(1 + β)."""
        return 2.0 * (1.0 + self.momentum)


def setting_of(method: LocalMethod, workers: int = 1) -> Setting:
    """Return what the approximations read of a method.

    Parameters
    ----------
    method
        Local SGD, or SGD, with a constant learning rate. A ``QuadraticRule`` at a constant rate has the H that it
        says after its warm-up; under a schedule it is read as its limit of long rounds, α = ∞.
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
    scaling = _scaling(method)
    count = method.workers or workers
    steps, beta = _local_steps(method, count), _momentum(method)
    if beta and steps != 1:
        raise BadInput(
            f"momentum = {method.momentum!r} with H = {steps:g}: the limit is known for one local step; leave it out"
        )
    lr = method.first_lr / (1.0 - beta)
    return Setting(lr, count, count * method.batch, steps, beta, not _one_rate(method), scaling)


def warn_of_coarseness(setting: Setting, curved: bool, sharpest: float, flattest: float) -> None:
    """Warn of a step too large for the approximation; refuse one that no gradient step survives.

    Parameters
    ----------
    setting
        η, M, B, H.
    curved
        Whether Γ is curved and the noise has a tangential part.
    sharpest
        The smallest over points of Γ of the largest eigenvalue of ∇²L there.
    flattest
        The smallest over points of Γ of the smallest non-zero eigenvalue.

    Raises
    ------
    BadInput
        If steps diverge everywhere: ηλ ≥ 2, or γλ ≥ 2(1 + β) with momentum β.
    """
    _refuse_divergence(setting, sharpest)
    noise, spread = setting.lr * setting.workers, setting.lr * setting.workers * setting.round_time
    if noise > LARGEST_NOISE:
        largest = (1.0 - setting.momentum) * LARGEST_NOISE / setting.workers
        _warn(f"ηM = {noise:.3g} > {LARGEST_NOISE}", f"take lr ≤ {largest:.3g}")
    elif curved and np.isfinite(spread) and spread > LARGEST_SPREAD:
        _warn(f"ηMα = {spread:.3g} > {LARGEST_SPREAD}", "take a smaller η at the same α = ηH")
    elif setting.grows and setting.workers > 1 and setting.first_round_time * flattest < LONGEST:
        _warn_of_short_rounds(setting, flattest)


def _refuse_divergence(setting: Setting, sharpest: float) -> None:
    step, limit = setting.step, setting.stable_below
    rate, bound = ("γ", "2(1 + β)") if setting.momentum else ("η", "2")
    if step * sharpest >= limit:
        raise BadInput(
            f"lr = {step:g}: {rate}λ = {step * sharpest:.3g} ≥ {bound} on all of Γ, so that gradient steps diverge "
            f"across it; take {rate} < {bound}/λ = {limit / sharpest:.3g}"
        )


def _warn(what: str, cure: str) -> None:
    text = f"{what}: the slow SDE is the limit η → 0, and its error here exceeds a few per cent; {cure}"
    warnings.warn(text, ApproximationWarning, stacklevel=CALLER)


def _warn_of_short_rounds(setting: Setting, flattest: float) -> None:
    text = (
        f"local_steps: rounds of ηH = {setting.first_round_time:.3g} at the first learning rate make ηHλ = "
        f"{setting.first_round_time * flattest:.3g} < {LONGEST:g} where Γ is flattest, and α = ∞ is far from them; "
        "take a larger growth, or the equation phase by phase, a number as learning rate each"
    )
    warnings.warn(text, ApproximationWarning, stacklevel=CALLER)


def _scaling(method: LocalMethod) -> tuple[float, ...] | None:
    """Return D if it is constant; one that follows the iterate has no change of variables that it is undone by."""
    if isinstance(method.scaling, Identity):
        return None
    if isinstance(method.scaling, Fixed) and method.scaling.scope == "global":
        return tuple(float(d) for d in np.ravel(method.scaling.diagonal))
    raise checks.refuse(
        "scaling",
        method.scaling,
        "the approximations are for one constant D of all workers",
        "freeze an adaptive one at its value: scaling=Fixed(tuple(D))",
    )


def _one_rate(method: LocalMethod) -> bool:
    """Whether the learning rate is constant; another one is known for a quadratic rule only."""
    if isinstance(method.schedule, Constant) and not method.normalised:
        return True
    if isinstance(method.local_steps, QuadraticRule) and not method.normalised:
        return False
    raise BadInput(
        f"lr = {method.lr!r}: the approximation is for one learning rate; take it phase by phase, a number each"
    )


def _momentum(method: LocalMethod) -> float:
    return method.momentum.beta if isinstance(method.momentum, HeavyBall) else 0.0


def _local_steps(method: LocalMethod, workers: int) -> float:
    if isinstance(method.local_steps, QuadraticRule):
        return float(method.local_steps.steps(method.first_lr, method.local_steps.warmup))
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
