"""On inconsistent data Local GD with H > 1 misses the least-squares solution, by O(η(H − 1))."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import LinearRegression, local_gd, RecordAt, Stream
from implicitbias.formulas import local_bias
from implicitbias.statistics import extrapolated_limit, fit_rate
from paper_repro.claims import (
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.regression import gaussian_rows, REMAINDER, rounds_to_converge
from paper_repro.claims.vanishing import rest_of, ROUND_ERROR


END = "limit of w^r"
COEFFICIENT = "2 bias/(η(H − 1)) as η → 0"
ORDER = "slope of |bias| in η(H − 1)"
# Roundings of a run that contracts to its limit add up to some ε/(1 − ρ) of |w|.
ROUNDING = 1e-10
# Learning rates of the first-order claim, as shares of η.
SHARES = np.geomspace(1e-3, 0.1, 13)


@dataclass(frozen=True)
class BiasKnobs:
    """Sizes of inconsistent data, and Local GD with H > 1."""

    workers: int = knob(3, "M", "workers", low=2, high=5)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    local_samples: int = knob(8, "n_m", "samples per worker", low=6, high=20)
    share: float = knob(0.3, "s", "η as a share of 2/max λ(G_m)", low=0.1, high=0.9)
    local_steps: int = knob(5, "H", "local steps", low=2, high=20, log=True)


@dataclass(frozen=True)
class BiasCase:
    """Least squares whose workers have different solutions."""

    problem: LinearRegression
    lr: float
    local_steps: int

    @cached_property
    def least_squares(self) -> Float[np.ndarray, " dim"]:
        """The minimiser of f, the mean of the workers' means."""
        return np.linalg.solve(self.problem.covariances.mean(axis=0), self.moments.mean(axis=0))

    @cached_property
    def moments(self) -> Float[np.ndarray, "worker dim"]:
        """X_mᵀy_m/n_m."""
        problem = self.problem
        return np.stack([problem.features[i].T @ problem.targets[i] / len(i) for i in problem.members])

    @cached_property
    def fixed_point(self) -> Float[np.ndarray, " dim"]:
        """Solve Σ_m S_m (G_m w − c_m) = 0, S_m = Σ_{j<H} (I − ηG_m)^j, c_m = X_mᵀy_m/n_m."""
        sums = self._sums
        right = np.einsum("mij,mj->i", sums, self.moments)
        return np.linalg.solve((sums @ self.problem.covariances).sum(axis=0), right)

    @property
    def factor(self) -> float:
        """Spectral radius of (1/M) Σ_m (I − ηG_m)^H, which is symmetric."""
        moved = self.lr * (self._sums @ self.problem.covariances).mean(axis=0)
        return float(np.abs(1.0 - np.linalg.eigvalsh(0.5 * (moved + moved.T))).max())

    @property
    def first_order(self) -> Float[np.ndarray, " dim"]:
        """[∇²f]⁻¹ (1/M) Σ ∇²f_m ∇f_m at the least-squares solution."""
        hessians = self.problem.covariances
        gradients = hessians @ self.least_squares - self.moments
        return local_bias(hessians, gradients, 1.0, 3)

    @property
    def _sums(self) -> Float[np.ndarray, "worker dim dim"]:
        step = np.eye(self.problem.dim) - self.lr * self.problem.covariances
        return sum((np.linalg.matrix_power(step, j) for j in range(self.local_steps)), np.zeros_like(step))


def setup(knobs: BiasKnobs, stream: Stream) -> BiasCase:
    """Return Gaussian features with independent targets: no w fits, and every worker prefers another."""
    samples = knobs.workers * knobs.local_samples
    features = gaussian_rows(stream, samples, knobs.dim)
    targets = stream.at("regression/targets").generator().standard_normal(samples)
    problem = LinearRegression(features, targets, workers=knobs.workers)
    return BiasCase(problem, knobs.share * 2.0 / problem.smoothness, knobs.local_steps)


def needs(case: BiasCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run from 0 until its error has shrunk to the remainder."""
    del budget
    return (RunSpec(case.problem, local_gd(case.lr, case.local_steps), rounds_to_converge(case.factor)),)


def observe(case: BiasCase, traces: Traces) -> Observation:
    """Read the end of the run."""
    (trace,) = traces
    to_limit = np.linalg.norm(trace.w[0] - case.fixed_point, axis=1)
    to_minimiser = np.linalg.norm(trace.w[0] - case.least_squares, axis=1)
    curves = (
        Curve(trace.rounds, to_limit, "distance to the fixed point", method="local_gd"),
        Curve(trace.rounds, to_minimiser, "distance to least squares", "falsifier"),
    )
    return Observation({END: Measured(trace.w[0, -1])}, curves)


def _end(case: BiasCase, point: np.ndarray) -> Prediction:
    allowance = (REMAINDER + ROUNDING) * float(np.linalg.norm(case.fixed_point))
    return Prediction({END: Predicted(point, allowance, reason="what the contraction leaves")})


def predict(case: BiasCase) -> Prediction:
    """The fixed point in closed form."""
    return _end(case, case.fixed_point)


def unbiased(case: BiasCase) -> Prediction:
    """The least-squares solution."""
    return _end(case, case.least_squares)


def average_of_local(case: BiasCase) -> Prediction:
    """The mean of the workers' own least-squares solutions, where H → ∞ leads."""
    return _end(case, np.linalg.solve(case.problem.covariances, case.moments[..., None])[..., 0].mean(axis=0))


def rates(case: BiasCase) -> np.ndarray:
    """Learning rates from η/1000 to η/10, divided by H to make ηH small."""
    return SHARES * case.lr / case.local_steps


def one_round_each(case: BiasCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One round from w = least squares and from unit steps around it, for every rate."""
    del budget
    starts = np.vstack([case.least_squares, case.least_squares + np.eye(case.problem.dim)])
    start = tuple(tuple(map(float, row)) for row in starts)
    return tuple(
        RunSpec(case.problem, local_gd(float(lr), case.local_steps), 1, RecordAt.last(), start, len(start))
        for lr in rates(case)
    )


def observe_order(case: BiasCase, traces: Traces) -> Observation:
    """Solve for the fixed point of the measured round, an affine map, at every rate."""
    bias = np.stack([rest_of(trace.w[:, -1] - case.least_squares) for trace in traces])
    steps = rates(case) * (case.local_steps - 1)
    size = np.linalg.norm(bias, axis=1)
    end = extrapolated_limit(1.0 / steps[::-1], (2.0 * bias / steps[:, None])[::-1], 1.0)
    # One round moves by ηHλ_min at least, so its rounding is magnified by the inverse.
    weakest = float(np.linalg.eigvalsh(case.problem.covariances.mean(axis=0))[0])
    magnified = ROUND_ERROR * (1.0 + np.linalg.norm(case.least_squares)) / (rates(case) * weakest)
    fitted = fit_rate(1.0 / steps[::-1], size[::-1], relative_error=float((magnified / size).max()))
    half = max(fitted.interval.high - fitted.slope, fitted.slope - fitted.interval.low)
    error = end.error + 2.0 * float((magnified / steps).max())
    quantities = {COEFFICIENT: Measured(end.value, error), ORDER: Measured(-fitted.slope, half)}
    return Observation(quantities, (Curve(steps, size, "|limit − least squares|", method="local_gd"),))


def predict_order(case: BiasCase) -> Prediction:
    """[∇²f]⁻¹ (1/M) Σ ∇²f_m ∇f_m, and slope 1."""
    steps = rates(case) * (case.local_steps - 1)
    line = Curve(steps, 0.5 * steps * np.linalg.norm(case.first_order), "first order", "theory")
    return Prediction({COEFFICIENT: Predicted(case.first_order), ORDER: Predicted(1.0)}, (line,))


def coefficient(value: np.ndarray) -> Prediction:
    """Another first-order coefficient."""
    return Prediction({COEFFICIENT: Predicted(value)})


PROOF = r"""Worker $m$ maps $w$ to $w - \eta S_m(G_mw - c_m)$ with $G_m = X_m^\top X_m/n_m$, $c_m = X_m^\top
y_m/n_m$, $S_m = \sum_{j<H}(I - \eta G_m)^j$; the average is stationary iff $\sum_mS_m(G_mw - c_m) = 0$, and $I
- \frac\eta M\sum_mS_mG_m = \frac1M\sum_m(I-\eta G_m)^H$ is a contraction when the $G_m$ have no common null
vector. For $H = 1$ this is the normal equation of $w_{LS}$, the minimiser of the mean of the workers' means. For
$H > 1$ it holds at $w_{LS}$ iff $\sum_mS_m\nabla f_m(w_{LS}) = 0$, as when all $G_m$ are equal, whatever the
targets; in general it does not. Insert $S_m = HI - \eta\frac{H(H-1)}2G_m +
O(\eta^2)$ and $w = w_{LS} + \delta$: as $\sum_m\nabla f_m(w_{LS}) = 0$, $\delta =
\frac{\eta(H-1)}2[\nabla^2f]^{-1}\frac1M\sum_m\nabla^2f_m\nabla f_m + O(\eta^2)$, all at $w_{LS}$. If the data
are consistent, every $\nabla f_m$ vanishes there, and so does the bias."""

CLAIM = Claim(
    key="derived/regression-bias",
    title="On inconsistent regression Local GD with H > 1 in general ends away from least squares",
    statement=(
        r"For least squares that no $w$ fits, Local GD with constant $\eta < 2/\max_m\lambda_{\max}(G_m)$ "
        r"converges to the solution of $\sum_m S_m(G_mw - c_m) = 0$, $S_m = \sum_{j<H}(I-\eta G_m)^j$, $G_m = "
        r"X_m^\top X_m/n_m$, $c_m = X_m^\top y_m/n_m$. Let $w_{LS}$ minimise $f = "
        r"\frac1M\sum_m f_m$, the mean of the workers' means (least squares weighted by "
        r"$1/(Mn_m)$ if the $n_m$ differ). For $H = 1$ the limit is $w_{LS}$; for $H > 1$ in "
        r"general it is not: it is $w_{LS}$ exactly if $\sum_mS_m\nabla f_m(w_{LS}) = 0$."
    ),
    hypotheses=(
        "XᵀX invertible",
        r"$0 < \eta < 2/\max_m\lambda_{\max}(G_m)$, constant",
        r"$H \ge 2$; for a bias, $\sum_mS_m\nabla f_m(w_{LS}) \ne 0$",
    ),
    reference=Reference("derived", "linear regression"),
    source="derived",
    proof=PROOF,
    knobs=BiasKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "H > 1 is unbiased", "gradient descent is, and so is Local GD on consistent data", unbiased
        ),
        Falsifier(
            "the average of the local solutions", "the limit H → ∞, from every start", average_of_local
        ),
    ),
    see=("derived/regression-bias-order", "derived/mixed-data", "zhu2024/regression-minimum-norm"),
    axes=("communication rounds r", "distance", "linear", "log"),
)

CLAIM_ORDER = Claim(
    key="derived/regression-bias-order",
    title="The bias of Local GD on inconsistent regression is of first order in η(H − 1)",
    statement=(
        r"As $\eta H \to 0$, the limit of Local GD on inconsistent least squares is $w_{LS} + \frac{\eta(H-1)}2 "
        r"[\nabla^2f]^{-1}\frac1M\sum_m\nabla^2f_m\nabla f_m + O((\eta H)^2)$, derivatives at the least-squares "
        r"solution $w_{LS}$."
    ),
    hypotheses=(
        "XᵀX invertible",
        "ηH → 0, H ≥ 2 fixed",
        r"for a bias of this very order, $\sum_m\nabla^2f_m\nabla f_m \ne 0$ at $w_{LS}$",
    ),
    reference=Reference("derived", "linear regression"),
    source="derived",
    proof=PROOF,
    knobs=BiasKnobs(),
    setup=setup,
    needs=one_round_each,
    observe=observe_order,
    predict=predict_order,
    judge=limit,
    falsifiers=(
        Falsifier(
            "H for H − 1",
            "a round has H steps, but the first gradient is unbiased",
            lambda case: coefficient(case.first_order * case.local_steps / (case.local_steps - 1)),
        ),
        Falsifier(
            "second order", "as if the leading terms of the workers cancelled",
            lambda case: Prediction({ORDER: Predicted(2.0)}),
        ),
        Falsifier("the opposite sign", "of a drift −(η(H−1)/2)(…), but the bias undoes it",
                  lambda case: coefficient(-case.first_order)),
    ),
    see=("derived/regression-bias",),
    axes=("η(H − 1)", "bias", "log", "log"),
)  # fmt: skip
