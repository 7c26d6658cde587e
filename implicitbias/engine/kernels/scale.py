"""An adaptive scaling as numbers: what a kernel reads of ``Adaptive``."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt64

from implicitbias.engine.scaling import sample_source
from implicitbias.methods import Adaptive, LocalMethod
from implicitbias.stream import Stream


SQUARED_RULE, LINEAR_RULE, SUM_RULE = 0, 1, 2
BARE, LARGEST, PLUS, INSIDE = 0, 1, 2, 3

_RULES = {"squared": SQUARED_RULE, "linear": LINEAR_RULE, "sum": SUM_RULE}
_FLOORINGS = {"max": LARGEST, "plus": PLUS, "inside": INSIDE}

# Every option of ``Adaptive`` is read here, ``initial`` by the state, and ``scope`` by the shape of D.
OPTIONS = (
    *("rule", "curvature", "beta", "bias_correction", "floor", "flooring", "ceiling", "warmup", "initial"),
    *("scope", "refresh", "pooling", "sample"),
)


class Scale(NamedTuple):
    """The options of an adaptive scaling; a switch says whether the option is on.

    ``every`` is the number of rounds between refreshes, 0 before each local step. ``keys`` are those of the
    mini-batches of samples, ``sign_keys`` those of the signs.
    """

    rule: int
    hessian: bool
    beta: float
    corrected: bool
    flooring: int
    floor: float
    ceiling: float
    warmup: int
    every: int
    squares: bool
    same: bool
    keys: UInt64[np.ndarray, " word"]
    sign_keys: UInt64[np.ndarray, " word"]


def scale_of(method: LocalMethod, stream: Stream | None) -> Scale | None:
    """Return the scaling's options as numbers; ``None`` for one that does not follow the run."""
    scaling = method.scaling
    if not isinstance(scaling, Adaptive):
        return None
    source = sample_source(scaling, stream)
    return Scale(
        rule=_RULES[scaling.rule],
        hessian=scaling.curvature == "hessian",
        beta=float(scaling.beta),
        corrected=scaling.bias_correction,
        flooring=BARE if scaling.floor is None else _FLOORINGS[scaling.flooring],
        floor=float(scaling.floor or 0.0),
        ceiling=math.inf if scaling.ceiling is None else float(scaling.ceiling),
        warmup=scaling.warmup,
        every=0 if scaling.refresh == "step" else int(scaling.refresh),
        squares=scaling.rule != "linear" and scaling.pooling == "mean_of_squares",
        same=scaling.sample == "same",
        keys=_key(source, "batch" if method.replacement else "order"),
        sign_keys=_key(source, "signs"),
    )


def _key(source: Stream | None, purpose: str) -> UInt64[np.ndarray, " word"]:
    return np.array((0, 0) if source is None else source.key(purpose), dtype=np.uint64)
