"""Schemes have the weak orders that they declare, and lose them with the wrong random variables."""

from collections.abc import Callable
from functools import cache

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.statistics import fit_order
from paper_repro.claims import (
    Claim,
    Curve,
    Falsifier,
    Measured,
    NoKnobs,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    Traces,
)
from sde.orders import one_step_law, OneStepLaw, SKEWED, torus_case, TWO_POINT, weak_errors
from sde.schemes import AbstractScheme, AdditiveHeun, ItoTaylor, Platen, PlatenGeneral, SimplifiedWeakEuler


# Each scheme on the structure of noise that it is made for, and numbers of steps over t = 1. Order ½ shows late.
SCHEMES: tuple[tuple[AbstractScheme, str, tuple[int, ...]], ...] = (
    (SimplifiedWeakEuler(), "scalar", (64, 128, 256, 512)),
    (ItoTaylor(), "scalar", (16, 32, 64, 128)),
    (Platen(), "scalar", (16, 32, 64, 128)),
    (AdditiveHeun(), "additive", (16, 32, 64, 128)),
    (PlatenGeneral(), "general", (16, 32, 64, 128)),
)
# The grid on the torus truncates the Fourier series of the exact answer: slopes are good to about this.
GRID_ERROR = 0.01

Laws = Callable[[AbstractScheme, int], OneStepLaw | None]


def own_law(scheme: AbstractScheme, noises: int) -> OneStepLaw | None:
    """Return the law that the scheme itself reads."""
    del scheme, noises
    return None


def two_points(scheme: AbstractScheme, noises: int) -> OneStepLaw | None:
    """Return ±√Δ for schemes of order 2."""
    return one_step_law(scheme, noises, TWO_POINT) if scheme.weak_order == 2.0 else None


def skewed(scheme: AbstractScheme, noises: int) -> OneStepLaw | None:
    """Return an asymmetric two-point law for weak Euler."""
    return one_step_law(scheme, noises, SKEWED) if isinstance(scheme, SimplifiedWeakEuler) else None


def without_v(scheme: AbstractScheme, noises: int) -> OneStepLaw | None:
    """Return V = 0 for the scheme of several noises."""
    return one_step_law(scheme, noises, areas=False) if isinstance(scheme, PlatenGeneral) else None


def name_of(scheme: AbstractScheme) -> str:
    """Return what the order of a scheme is called."""
    return f"weak order of {type(scheme).__name__}"


# The errors are computed, not sampled: once a process is enough.
@cache
def errors(index: int, laws: Laws) -> Float[np.ndarray, " step"]:
    """Return the weak errors of scheme number ``index`` over its steps."""
    scheme, kind, steps = SCHEMES[index]
    case = torus_case(kind)
    law = laws(scheme, case.moved.noises)
    if law is None and laws is not own_law:
        return errors(index, own_law)
    return weak_errors(scheme, case, steps=steps, law=law)


def measured(index: int, laws: Laws) -> Measured:
    """Return the order of scheme number ``index``."""
    interval = fit_order(sizes(index), errors(index, laws)).interval
    return Measured(interval.centre, interval.half_width + GRID_ERROR)


def sizes(index: int) -> Float[np.ndarray, " step"]:
    """Return Δ = 1/steps."""
    return 1.0 / np.array(SCHEMES[index][2])


def setup(knobs: NoKnobs, stream: Stream) -> NoKnobs:
    """Return nothing: the equations are fixed ones on the torus."""
    del stream
    return knobs


def observe_with(laws: Laws) -> Callable[[NoKnobs, Traces], Observation]:
    """Return the measurement with these laws."""

    def observe(case: NoKnobs, traces: Traces) -> Observation:
        """Fit log |error| against log Δ."""
        del case, traces
        orders = {name_of(scheme): measured(k, laws) for k, (scheme, _, _) in enumerate(SCHEMES)}
        every = range(len(SCHEMES))
        x, y = (
            np.concatenate(parts) for parts in ([sizes(k) for k in every], [errors(k, laws) for k in every])
        )
        return Observation(orders, (Curve(x, y, "errors, computed exactly"),))

    return observe


def predict(case: NoKnobs) -> Prediction:
    """Return the order that each scheme declares."""
    del case
    orders = {name_of(scheme): Predicted(scheme.weak_order) for scheme, _, _ in SCHEMES}
    wrong = Curve(sizes(2), errors(2, two_points), "Platen with increments ±√Δ", role="falsifier")
    return Prediction(orders, (line(0, "order 1: weak Euler"), line(2, "order 2: Platen and others"), wrong))


def line(index: int, label: str) -> Curve:
    """Return the power of Δ that passes through the finest error of a scheme."""
    scheme, x, y = SCHEMES[index][0], sizes(index), errors(index, own_law)
    return Curve(x, y[-1] * (x / x[-1]) ** scheme.weak_order, label, role="theory")


CLAIM = Claim(
    key="kloeden1992/weak-orders",
    title="Weak Euler has order 1 and Platen's schemes order 2, with increments of two and three points",
    statement=(
        r"The error $|\mathbb E\,g(Y_n)-\mathbb E\,g(X_{n\Delta})|$ at $n\Delta=1$ is $O(\Delta)$ for weak Euler with "
        r"$\Delta\hat W=\pm\sqrt\Delta$, and $O(\Delta^2)$ for the Itô–Taylor and Platen schemes with three-point "
        r"increments, for several noises with the two-point variables $V$. On the torus one step is a matrix on "
        r"trigonometric polynomials and the exact answer is $e^{t\mathcal A}g$: the errors are computed, not sampled."
    ),
    hypotheses=(
        "smooth, bounded coefficients and test function",
        "increments with the moments of a Gaussian up to the order that the scheme needs",
    ),
    reference=Reference("kloeden1992", "chapters 14 and 15; theorem numbers not looked up"),
    source="recalled",
    setup=setup,
    observe=observe_with(own_law),
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier(
            "two points in the schemes of order 2",
            "±√Δ has the mean and the variance of ΔW, and g = x does not notice the rest",
            observe=observe_with(two_points),
        ),
        Falsifier(
            "asymmetric increments in weak Euler",
            "2√Δ with probability 1/5, else −√Δ/2: mean and variance are right, the third moment is not",
            observe=observe_with(skewed),
        ),
        Falsifier(
            "Platen's scheme without V",
            "V has mean 0, so that it looks like noise one could leave out",
            observe=observe_with(without_v),
        ),
    ),
    axes=("step Δ", "weak error at t = 1", "log", "log"),
)
