"""Diagonal scalings D̂ of local steps, w ← w − η D̂^{−1} g: constant ones, and those that follow the run.

Every adaptive family is a point of one table: a rule that averages curvature samples h into a memory D, the kind
of samples, and whether the average is corrected for its start.

| name | rule | h | corrected |
|---|---|---|---|
| ``Adam()`` | squared: D² ← β_t D² + (1 − β_t) h² | gradient | yes |
| ``RMSProp()`` | squared | gradient | no |
| ``AdaGrad()`` | sum: D² ← D² + h² | gradient | – |
| ``OASIS()`` | linear: D ← β_t D + (1 − β_t) h | v∘(∇²f_m v) | no |
| ``AdaHessian()`` | squared | v∘(∇²f_m v) | yes |
"""

import math
from dataclasses import dataclass, fields
from typing import Literal, TypedDict, Unpack

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import ends
from implicitbias.errors import BadInput


Rule = Literal["squared", "linear", "sum"]
Curvature = Literal["gradient", "hessian"]
Flooring = Literal["max", "plus", "inside"]

_CHOICES = {
    "rule": ("squared", "linear", "sum"),
    "curvature": ("gradient", "hessian"),
    "flooring": ("max", "plus", "inside"),
    "scope": ("global", "worker"),
    "pooling": ("mean_of_squares", "square_of_mean"),
    "sample": ("fresh", "same"),
}


@dataclass(frozen=True)
class Identity:
    """D = I: no scaling."""


@dataclass(frozen=True)
class Fixed:
    """w ← w − η D^{−1}∇f_m with a constant diagonal D > 0, or with a D_m of each worker's own.

    Parameters
    ----------
    diagonal
        The entries of D, shape (dim,); or those of D_1, …, D_M, shape (worker, dim), kept as tuples.

    Raises
    ------
    BadInput
        For entries that are not positive, or rows of unequal length.
    """

    diagonal: tuple[float, ...] | tuple[tuple[float, ...], ...]

    def __post_init__(self):
        cure = (
            "give one positive entry of D per parameter, e.g. Fixed((1.0, 2.0)), or such a tuple per worker"
        )
        entries = checks.real_array("diagonal", self.diagonal, cure)
        if entries.ndim not in (1, 2) or not entries.size:
            rule = "must be a non-empty tuple of entries, or one for each worker"
            raise checks.refuse("diagonal", self.diagonal, rule, cure)
        for entry in entries.ravel().tolist():
            checks.number("diagonal", entry, cure, above=0)
        rows = tuple(tuple(row) for row in np.atleast_2d(entries).tolist())
        object.__setattr__(self, "diagonal", rows if entries.ndim == 2 else rows[0])

    @property
    def scope(self) -> Literal["global", "worker"]:
        """Whether all workers share one D, or each has its own."""
        return "worker" if isinstance(self.diagonal[0], tuple) else "global"

    def __repr__(self) -> str:
        """Show the ends of many entries."""
        return f"Fixed(diagonal={ends(self.diagonal)})"


@dataclass(frozen=True)
class Adaptive:
    """w ← w − η D̂^{−1} g, with D̂ = clip(D) made from curvature samples h and frozen between refreshes.

    Parameters
    ----------
    rule
        ``"squared"``: D² ← β_t D² + (1 − β_t) h²; ``"linear"``: D ← β_t D + (1 − β_t) h, which may change sign;
        ``"sum"``: D² ← D² + h².
    curvature
        h: ``"gradient"``, the gradient a step would see, or ``"hessian"``, Hutchinson's v∘(∇²f_m v) with random
        signs v, whose mean is the diagonal of ∇²f_m.
    beta
        Weight β of the past in [0, 1); no heavy-ball momentum, and without a say in ``"sum"``.
    bias_correction
        β_t = (β − β^{t+1})/(1 − β^{t+1}) at the refresh after t others, so that the start has no weight. t counts
        refreshes of D (and the samples of the warm-up), not steps.
    floor, flooring
        d_min > 0 and how it enters: ``"max"`` D̂ = max(d_min, |D|), the form of the theory; ``"plus"`` |D| + d_min and
        ``"inside"`` √(D² + d_min), the ε of other libraries outside and inside the root. ``None``: D̂ = |D|, and a
        coordinate where D and the gradient vanish stays.
    ceiling
        d_max: h is clipped to [−d_max, d_max] *before* it enters D, without which D̂ may jump; ``None`` for none.
    warmup
        Samples at w⁰ from which D is built before the first round: their mean (of squares; their sum for ``"sum"``).
    initial
        D before any sample.
    scope
        ``"global"``: one D for all workers, refreshed at synchronisations; ``"worker"``: each keeps its own.
    refresh
        Every how many rounds, or ``"step"``: before each local step of a worker's own D.
    pooling
        How workers' samples become one D² in global scope: (1/M) Σ h_m² or ((1/M) Σ h_m)².
    sample
        ``"fresh"``: h comes from a draw of its own; ``"same"``: from the mini-batch of the very step it scales,
        which makes that step biased.

    Raises
    ------
    BadInput
        For a value outside its range, or options that contradict each other.
    """

    rule: Rule
    curvature: Curvature
    beta: float = 0.999
    bias_correction: bool = False
    floor: float | None = 1e-8
    flooring: Flooring = "max"
    ceiling: float | None = None
    warmup: int = 0
    initial: float = 0.0
    scope: Literal["global", "worker"] = "global"
    refresh: int | Literal["step"] = 1
    pooling: Literal["mean_of_squares", "square_of_mean"] = "mean_of_squares"
    sample: Literal["fresh", "same"] = "fresh"

    def __post_init__(self):
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if not isinstance(value, str) or value not in choices:
                raise checks.refuse(name, value, f"must be one of {choices}", "choose one")
        checks.instance("bias_correction", self.bias_correction, bool, "give True or False")
        # As plain numbers: 0 and 0.0, or a NumPy scalar, are the same scaling and must have the same address.
        for name, value in _checked_numbers(self).items():
            object.__setattr__(self, name, value)
        _check_together(self)

    @property
    def needs(self) -> tuple[str, ...]:
        """What a problem must offer beyond gradients."""
        return ("worker_hvp",) if self.curvature == "hessian" else ()

    def weight(self, refreshes: int) -> float:
        """Return β_t at the refresh after t = ``refreshes`` others; 1 under the rule ``sum``."""
        if self.rule == "sum":
            return 1.0
        if not self.bias_correction:
            return self.beta
        if self.beta == 0.0:
            return 0.0
        # 1 − β^t by expm1: for β near 1 the difference of the powers would lose most of its digits.
        log = math.log(self.beta)
        return self.beta * math.expm1(refreshes * log) / math.expm1((refreshes + 1) * log)

    def due(self, round: int, refreshes: int) -> bool:
        """Whether D is refreshed at the start of a round, the first one in any case."""
        return self.refresh != "step" and (refreshes <= self.warmup or round % self.refresh == 0)

    def clipped(self, memory: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim"]:
        """Return D̂ = clip(D)."""
        size = np.abs(memory)
        if self.floor is None:
            return size
        if self.flooring == "max":
            return np.maximum(size, self.floor)
        # D² may underflow where D does not; hypot squares nothing.
        return size + self.floor if self.flooring == "plus" else np.hypot(size, np.sqrt(self.floor))

    def __repr__(self) -> str:
        """Return the name and what differs from its defaults."""
        for name, known in _KNOWN.items():
            if all(getattr(self, axis) == value for axis, value in known.items()):
                return f"{name}({self._options(known)})"
        return f"Adaptive({self.rule!r}, {self.curvature!r}{', ' * bool(rest := self._options({}))}{rest})"

    def _options(self, known: dict[str, object]) -> str:
        own = [f for f in fields(self) if f.name not in ("rule", "curvature", *known)]
        return ", ".join(
            f"{f.name}={getattr(self, f.name)!r}" for f in own if getattr(self, f.name) != f.default
        )


class Options(TypedDict, total=False):
    """Options that all families share; ``Adaptive`` explains them."""

    beta: float
    floor: float | None
    flooring: Flooring
    ceiling: float | None
    warmup: int
    initial: float
    scope: Literal["global", "worker"]
    refresh: int | Literal["step"]
    pooling: Literal["mean_of_squares", "square_of_mean"]
    sample: Literal["fresh", "same"]


# What divides the local steps.
Scaling = Identity | Fixed | Adaptive


def Adam(**options: Unpack[Options]) -> Adaptive:
    """Return D² ← bias-corrected mean of squared gradients [kingma2015]; its first moment is ``momentum``."""
    return Adaptive("squared", "gradient", bias_correction=True, **options)


def RMSProp(**options: Unpack[Options]) -> Adaptive:
    """Return D² ← running mean of squared gradients [tieleman2012].

    From D = 0 the first D̂ is √(1 − β)|h|, and steps are 1/√(1 − β) times too long; a ``warmup`` spares them.
    """
    return Adaptive("squared", "gradient", **options)


def AdaGrad(**options: Unpack[Options]) -> Adaptive:
    """Return D² ← sum of squared gradients [duchi2011]."""
    return Adaptive("sum", "gradient", **options)


def OASIS(**options: Unpack[Options]) -> Adaptive:
    """Return D ← running mean of Hutchinson samples, which keeps their sign until it is clipped [jahani2022].

    From D = 0 the first D̂ is (1 − β)|h|, and steps are 1/(1 − β) times too long; a ``warmup`` spares them.
    """
    return Adaptive("linear", "hessian", **options)


def AdaHessian(**options: Unpack[Options]) -> Adaptive:
    """Return D² ← bias-corrected mean of squared Hutchinson samples [yao2021]."""
    return Adaptive("squared", "hessian", bias_correction=True, **options)


_KNOWN: dict[str, dict[str, object]] = {
    "Adam": {"rule": "squared", "curvature": "gradient", "bias_correction": True},
    "RMSProp": {"rule": "squared", "curvature": "gradient", "bias_correction": False},
    "AdaGrad": {"rule": "sum", "curvature": "gradient", "bias_correction": False},
    "OASIS": {"rule": "linear", "curvature": "hessian", "bias_correction": False},
    "AdaHessian": {"rule": "squared", "curvature": "hessian", "bias_correction": True},
}


def _checked_numbers(scaling: Adaptive) -> dict[str, float | int | None]:
    """Return every number in range, as a float or an int."""
    cure = "the floor keeps steps finite, e.g. 1e-8; floor=None is a scaling without one"
    found: dict[str, float | int | None] = {
        "beta": checks.number(
            "beta", scaling.beta, "0.999 is common; 0 forgets all but the last sample", least=0, below=1
        ),
        "warmup": checks.integer("warmup", scaling.warmup, 0, "30 … 100 samples are common; 0 is no warm-up"),
        "initial": checks.number("initial", scaling.initial, "0 lets the samples decide", least=0),
    }
    if scaling.floor is not None:
        found["floor"] = checks.number("floor", scaling.floor, cure, above=0)
    if scaling.ceiling is not None:
        found["ceiling"] = checks.number(
            "ceiling", scaling.ceiling, "None leaves samples as they are", above=0
        )
    if not isinstance(scaling.refresh, str) or scaling.refresh != "step":
        cure = "1 refreshes at every synchronisation, or give 'step'"
        found["refresh"] = checks.integer("refresh", scaling.refresh, 1, cure)
    return found


def _check_together(scaling: Adaptive) -> None:
    floor, ceiling = scaling.floor, scaling.ceiling
    if floor is None and scaling.flooring != "max":
        raise BadInput(
            f"flooring = {scaling.flooring!r}: there is no floor to add; give one, or leave it out"
        )
    # With flooring "inside" the least D̂ is √floor.
    if (
        floor is not None
        and ceiling is not None
        and (least := float(scaling.clipped(np.zeros(1))[0])) > ceiling
    ):
        raise BadInput(
            f"floor = {floor:g}: D̂ ≥ {least:g} must not exceed ceiling = {ceiling:g}, for d_min ≤ D̂ ≤ d_max; "
            "raise the ceiling"
        )
    if ceiling is not None and scaling.initial > ceiling:
        raise BadInput(
            f"initial = {scaling.initial:g}: |D| must start below ceiling = {ceiling:g}; lower it, 0 is common"
        )
    if scaling.refresh == "step" and scaling.scope == "global":
        raise BadInput(
            "refresh = 'step': one D for all workers would have to be communicated at every local step; "
            "give scope='worker', or refresh=1 (at synchronisations)"
        )
    if scaling.rule == "sum" and scaling.bias_correction:
        raise BadInput("bias_correction = True: a sum has no weights to correct; leave it out")
    if scaling.rule == "linear" and scaling.pooling == "square_of_mean":
        raise BadInput("pooling = 'square_of_mean': the linear rule squares nothing; leave it out")
    if scaling.scope == "worker" and scaling.pooling == "square_of_mean":
        raise BadInput("pooling = 'square_of_mean': with scope='worker' nothing is pooled; leave it out")
