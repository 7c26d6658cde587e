"""The bias on U is (η(H−1)/2)[∇²f]⁻¹(1/M) Σ ∇²f_m ∇f_m to first order."""

import numpy as np
from jaxtyping import Float

from implicitbias.fixed_point import RESIDUAL
from implicitbias.formulas import local_bias
from implicitbias.statistics import extrapolated_limit, fit_rate
from paper_repro.claims import (
    Claim,
    Curve,
    Falsifier,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.papers.derived.mixed_data.setting import mixed_case, MixedCase, MixedKnobs


COEFFICIENT = "2 bias/(η(H − 1)) as η → 0"
ORDER = "slope of |bias| in η(H − 1)"
# Learning rates, as shares of η/H: ηH ≤ 0.15 for η ≤ 0.5, and the bias stays far above rounding.
SHARES = np.geomspace(1e-2, 0.3, 13)


def rates(case: MixedCase) -> Float[np.ndarray, " rate"]:
    """Learning rates, ascending."""
    return SHARES * case.lr / case.local_steps


def observe(case: MixedCase, traces: Traces) -> Observation:
    """Find where a round rests on U, for every learning rate, and how far from v̄ that is."""
    del traces
    bias = np.stack([case.resting_at(float(lr)) - case.minimiser for lr in rates(case)])
    steps, size = rates(case) * (case.local_steps - 1), np.linalg.norm(bias, axis=1)
    rounding = _rounding(case)
    end = extrapolated_limit(1.0 / steps[::-1], (2.0 * bias / steps[:, None])[::-1], 1.0)
    fitted = fit_rate(1.0 / steps[::-1], size[::-1], relative_error=float((rounding / size).max()))
    half = max(fitted.interval.high - fitted.slope, fitted.slope - fitted.interval.low)
    error = end.error + 4.0 * float((rounding / steps).max())
    quantities = {COEFFICIENT: Measured(end.value, error), ORDER: Measured(-fitted.slope, half)}
    return Observation(quantities, (Curve(steps, size, "|v* − v̄|", method="local_gd"),))


def _rounding(case: MixedCase) -> Float[np.ndarray, " rate"]:
    """Return how well the fixed points are known: what a round may still move, over ηH, over the curvature of f."""
    weakest = float(np.linalg.eigvalsh(_hessians(case).mean(axis=0))[0])
    return RESIDUAL * (1.0 + np.linalg.norm(case.minimiser)) / (rates(case) * case.local_steps * weakest)


def _hessians(case: MixedCase) -> Float[np.ndarray, "worker dim dim"]:
    inside, axes = case.inside, np.eye(case.inside.dim)
    return np.stack([inside.worker_hvp(case.minimiser, axes, m) for m in range(inside.workers)])


def first_order(case: MixedCase) -> Float[np.ndarray, " trapped_dim"]:
    """Return [∇²f]⁻¹ (1/M) Σ ∇²f_m ∇f_m at v̄, on U."""
    gradients = np.stack([case.inside.worker_gradient(case.minimiser, m) for m in range(case.inside.workers)])
    return local_bias(_hessians(case), gradients, 1.0, 3)


def predict(case: MixedCase) -> Prediction:
    """The first-order coefficient, and slope 1."""
    steps, value = rates(case) * (case.local_steps - 1), first_order(case)
    line = Curve(steps, 0.5 * steps * np.linalg.norm(value), "first order", "theory")
    return Prediction({COEFFICIENT: Predicted(value), ORDER: Predicted(1.0)}, (line,))


def scaled(case: MixedCase, factor: float) -> Prediction:
    """Another first-order coefficient."""
    return Prediction({COEFFICIENT: Predicted(factor * first_order(case))})


PROOF = r"""On $U$ worker $m$ starts a round at $v$ and stands at $v - j\eta\nabla f_m(v) + O((\eta H)^2)$ after
$j$ steps, so that the mean of its gradients over the round is $\nabla f_m - \frac{\eta(H-1)}2\nabla^2f_m\nabla
f_m + O((\eta H)^2)$. At a fixed point the mean of this over the workers vanishes: $\nabla f(v^*) =
\frac{\eta(H-1)}2\frac1M\sum_m\nabla^2f_m \nabla f_m + O((\eta H)^2)$. With $\nabla f(\bar v) = 0$ and
$\nabla^2f(\bar v)$ invertible on $U$, expand the left side at $\bar v$. The bias vanishes for $H = 1$
and if all $\nabla f_m(\bar v) = 0$; the coefficient may also vanish by cancellation, and the order is then higher."""

CLAIM = Claim(
    key="derived/mixed-bias-order",
    title="On mixed data the bias in U is of first order in η(H − 1), with a known coefficient",
    statement=(
        r"As $\eta H \to 0$, the fixed point of Local GD in $U$ is $v^* = \bar v + \frac{\eta(H-1)}2 "
        r"[\nabla^2f]^{-1} \frac1M\sum_m\nabla^2f_m\nabla f_m + O((\eta H)^2)$, all derivatives on $U$ at the "
        r"minimiser $\bar v$ of $f$ there."
    ),
    hypotheses=(
        "exponential or logistic loss",
        "ηH → 0, H ≥ 2 fixed",
        r"for a bias of this very order, $\sum_m\nabla^2f_m\nabla f_m \ne 0$ at $\bar v$",
    ),
    reference=Reference("derived", "Local GD without separability"),
    source="derived",
    proof=PROOF,
    knobs=MixedKnobs(),
    setup=mixed_case,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier(
            "H for H − 1",
            "a round has H steps, but the first gradient of a round is unbiased",
            lambda case: scaled(case, case.local_steps / (case.local_steps - 1)),
        ),
        Falsifier(
            "the opposite sign",
            "the drift is −(η(H−1)/2)(…), but at rest the gradient undoes it",
            lambda case: scaled(case, -1.0),
        ),
        Falsifier(
            "second order",
            "as if the leading terms of the workers cancelled in their mean",
            lambda case: Prediction({ORDER: Predicted(2.0)}),
        ),
    ),
    see=("derived/mixed-data", "derived/regression-bias-order"),
    axes=("η(H − 1)", "bias", "log", "log"),
)
