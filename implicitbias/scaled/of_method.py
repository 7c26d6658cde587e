"""The constants of T1–T4 read off a method: d_min, d_max and the drift of its scaling, its η, H and batch."""

from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.methods import Adaptive, Identity, LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.scaled.constants import Constants
from implicitbias.scaled.drift import growth_bound
from implicitbias.scaled.noise import Exact, MiniBatch


BOUNDS_CURE = "give floor and ceiling, e.g. RMSProp(floor=0.05, ceiling=0.2)"


def method_constants(
    problem: AbstractProblem,
    method: LocalMethod,
    *,
    drift: float | None = None,
    diagonals: Float[np.ndarray, "*refresh dim"] | None = None,
    at: Float[np.ndarray, " dim"] | None = None,
) -> Constants:
    """Return the constants of a scaled local method on a problem.

    A scaling that follows the run drifts by the sharp growth of L1 at its largest weight 1 − β_t, unless what it did
    is given (`measured_drift`). Own scalings of the workers are not ``shared``; those made from the very mini-batch
    of the next step are not ``independent``.

    Parameters
    ----------
    problem
        As for `Constants.of`.
    method
        Local steps with a constant η and one H, averaged; no momentum, no corrections.
    drift
        c, if known otherwise.
    diagonals : array (refresh, dim), optional
        Every D̂_p in force, for the metric-aware form; a constant D is known.
    at : array (dim,), optional
        x*, if already known.

    Raises
    ------
    BadInput
        If the method is another, its scaling has no ceiling or floor, or no bound on its drift is known.
    NotCertified
        If f has no minimiser.
    """
    lr, local_steps = _constant_steps(problem, method)
    noise = Exact() if method.batch is None else MiniBatch(int(method.batch))
    said: dict[str, Any] = {"lr": lr, "local_steps": local_steps, "noise": noise, "at": at}
    scaling = method.scaling
    if isinstance(scaling, Adaptive):
        said |= _adaptive(scaling, drift, exact=method.batch is None)
    else:
        diagonals = np.ones(problem.dim) if isinstance(scaling, Identity) else np.array(scaling.diagonal)
        said |= {"floor": float(diagonals.min()), "ceiling": float(diagonals.max())}
        said |= {"shared": isinstance(scaling, Identity) or scaling.scope == "global"}
    return Constants.of(problem, diagonals=diagonals, **said)


def _adaptive(scaling: Adaptive, drift: float | None, *, exact: bool) -> dict[str, Any]:
    if scaling.floor is None or scaling.ceiling is None or scaling.rule == "sum":
        raise checks.refuse(
            "scaling", scaling, "has no bounds d_min ≤ D̂ ≤ d_max, which T1–T4 need", BOUNDS_CURE
        )
    shared = scaling.scope == "global" and scaling.refresh != "step"
    # An added floor also lifts what is clipped: D̂ ≤ d_max + d_min, and √(D² + d_min) ≥ √d_min.
    least, most = scaling.clipped(np.array([0.0, scaling.ceiling])).tolist()
    return {
        "floor": least,
        "ceiling": most,
        "drift": _largest_growth(scaling, scaling.ceiling / scaling.floor) if drift is None else drift,
        "shared": shared,
        "independent": exact or scaling.sample == "fresh",
    }


def _largest_growth(scaling: Adaptive, spread: float) -> float:
    """L1 at the second refresh in a run: the first makes D̂_0, and later weights are no larger."""
    if scaling.flooring != "max" or scaling.rule == "sum":
        raise checks.refuse(
            "scaling", scaling, "L1 bounds the drift of averages with a floor by maximum", "give drift=c"
        )
    return growth_bound(scaling.rule, scaling.weight(scaling.warmup + 1), spread).value - 1.0


def _constant_steps(problem: AbstractProblem, method: LocalMethod) -> tuple[float, int]:
    plain = LocalMethod(
        lr=method.lr, local_steps=method.local_steps, batch=method.batch, scaling=method.scaling
    )
    steps, rates = set(method.steps(problem.workers, 0)), method.schedule(np.arange(2))
    if method != plain or len(steps) > 1 or method.normalised or rates[0] != rates[1]:
        raise BadInput(
            f"method = {method!r}: T1–T4 are for averaged local steps with one η and one H, mini-batches drawn with "
            "replacement; use savic(η, H, scaling, batch)"
        )
    return float(rates[0]), steps.pop()
