"""Curvature and noise as a diagonal D sees them: constants of f(D^{-1/2}y), in which a scaled method is a plain one.

The crude form L/d_min, μ/d_max, σ²/d_min follows from them and is never better; it cannot show a gain of scaling.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.problems import AbstractProblem, LinearClassification, LinearRegression, Quadratics
from implicitbias.scaled.fixed_points import minimiser, worker_gradients
from implicitbias.scaled.noise import AbstractNoise, Exact


# Eigenvalues below it, relative to d·L, are rounding of 0.
EIGENVALUE_ROUNDING = 1e-15

KINDS = LinearClassification | LinearRegression | Quadratics
KIND_CURE = "give a LinearClassification, a LinearRegression or Quadratics, or the constants by hand"


@dataclass(frozen=True)
class MetricConstants:
    """Constants of f_m(D^{-1/2}y) with gradients D^{-1/2}g^m; with D = I those of f_m.

    Attributes
    ----------
    smoothness, strong_convexity
        L_D and μ_D of every f_m.
    sample_smoothness
        L_D of almost every f_m(·, z).
    noise
        σ_D² ≥ E|g^m − ∇f_m|² in the norm of D^{-1}, at every point; ∞ if there is no such bound.
    minimiser_noise, heterogeneity
        (1/M) Σ E|g^m − ∇f_m|² and ζ*² = (1/M) Σ |∇f_m|² at x*, in that norm.
    """

    smoothness: float
    strong_convexity: float
    sample_smoothness: float
    noise: float
    minimiser_noise: float
    heterogeneity: float

    @property
    def condition(self) -> float:
        """κ_D = L_D/μ_D, infinite for μ_D = 0."""
        return self.smoothness / self.strong_convexity if self.strong_convexity > 0.0 else np.inf

    @property
    def dissimilarity(self) -> float:
        """σ_dif² = (1/M) Σ E|g^m(x*)|²: the noise at x* and ζ*²."""
        return self.minimiser_noise + self.heterogeneity

    def crude(self, floor: float, ceiling: float) -> "MetricConstants":
        """L/d_min, μ/d_max, σ²/d_min: what is known of every D between the bounds, if ``self`` belongs to I."""
        return MetricConstants(
            self.smoothness / floor,
            self.strong_convexity / ceiling,
            self.sample_smoothness / floor,
            self.noise / floor,
            self.minimiser_noise / floor,
            self.heterogeneity / floor,
        )


def metric_constants(
    problem: AbstractProblem,
    diagonal: Float[np.ndarray, " dim"],
    noise: AbstractNoise = Exact(),  # noqa: B008 -- a frozen description without state
    at: Float[np.ndarray, " dim"] | None = None,
) -> MetricConstants:
    """L_D = max_m λ_max(D^{-1/2} H̄_m D^{-1/2}), μ_D = min_m λ_min(D^{-1/2} H_m D^{-1/2}), with H_m ≤ ∇²f_m ≤ H̄_m.

    Quadratics and least squares: H_m = H̄_m = ∇²f_m. Classification: H_m = l2·I, H̄_m = sup ℓ″·X_mᵀX_m/n_m + l2·I.
    With mini-batches, σ_D² is a bound that is valid everywhere and exact nowhere.

    Parameters
    ----------
    problem
        Linear classification with a smooth loss, least squares, or quadratics.
    diagonal : array (dim,)
        D; np.ones(d) gives the Euclidean constants.
    noise
        Law of the gradients.
    at : array (dim,), optional
        x*, if already known.

    Raises
    ------
    BadInput
        For another problem, a loss that is not smooth, or a D that is not positive.
    NotCertified
        If f has no minimiser.
    """
    entries = checks.real_array("diagonal", diagonal)
    if entries.shape != (problem.dim,) or not (np.isfinite(entries) & (entries > 0.0)).all():
        raise BadInput(
            f"diagonal has shape {entries.shape} and least entry {entries.min(initial=np.inf):g}: must hold "
            f"d = {problem.dim} positive numbers; give it a floor"
        )
    upper, lower = curvature_bounds(problem)
    x = minimiser(problem) if at is None else at
    everywhere = np.broadcast_to(x, (problem.workers, problem.dim))
    smoothness = float(_eigenvalues(upper, entries).max())
    return MetricConstants(
        smoothness=smoothness,
        strong_convexity=_positive(float(_eigenvalues(lower, entries).min()), smoothness * problem.dim),
        sample_smoothness=_sample_smoothness(problem, entries) if noise.per_sample else smoothness,
        noise=float((noise.largest_variances(problem) / entries).sum(axis=1).max()),
        minimiser_noise=float((noise.variances(problem, everywhere) / entries).sum(axis=1).mean()),
        heterogeneity=float((worker_gradients(problem, x) ** 2 / entries).sum(axis=1).mean()),
    )


def worst(constants: Iterable[MetricConstants]) -> MetricConstants:
    """sup_p L_D, inf_p μ_D, sup_p σ_D²: constants for every D̂_p that was in force.

    Raises
    ------
    BadInput
        If there is none.
    """
    given = checks.sequence("constants", list(constants), "give those of one D at least")
    table = np.array(
        [
            (c.smoothness, -c.strong_convexity, c.sample_smoothness, c.noise, c.minimiser_noise, c.heterogeneity)
            for c in given
            if isinstance(c, MetricConstants)
        ]
    )  # fmt: skip
    smoothness, negative, *rest = table.max(axis=0).tolist()
    return MetricConstants(smoothness, -negative, *rest)


def curvature_bounds(
    problem: AbstractProblem,
) -> tuple[Float[np.ndarray, "worker dim dim"], Float[np.ndarray, "worker dim dim"]]:
    """Return H̄_m and H_m with H_m ≤ ∇²f_m ≤ H̄_m everywhere.

    Raises
    ------
    BadInput
        For a problem, or a loss, without such bounds.
    """
    checks.instance("problem with known curvature", problem, KINDS, KIND_CURE)
    if isinstance(problem, Quadratics):
        return problem.hessians, problem.hessians
    if isinstance(problem, LinearRegression):
        return problem.covariances, problem.covariances
    assert isinstance(problem, LinearClassification)
    ridge = problem.l2 * np.eye(problem.dim)
    moments = np.stack([rows.T @ rows / len(rows) for rows in problem.local_signed])
    return _sup_curvature(problem) * moments + ridge, np.broadcast_to(ridge, moments.shape)


def identical_workers(problem: AbstractProblem) -> bool:
    """Whether all f_m are one function: the same quadratic, or the same samples in any order."""
    if isinstance(problem, Quadratics):
        parts = [np.column_stack([a, c]) for a, c in zip(problem.hessians, problem.centres, strict=True)]
    elif isinstance(problem, LinearRegression):
        rows = np.column_stack([problem.features, problem.targets])
        parts = [_sorted_rows(rows[members]) for members in problem.members]
    elif isinstance(problem, LinearClassification):
        parts = [_sorted_rows(rows) for rows in problem.local_signed]
    else:
        return problem.workers == 1
    return all(np.array_equal(part, parts[0]) for part in parts)


def _sample_smoothness(problem: AbstractProblem, diagonal: np.ndarray) -> float:
    """Largest sup ℓ″·|x_i|² + l2 in the norm of D^{-1}: of single samples, hence of every mini-batch."""
    if isinstance(problem, LinearClassification):
        lengths = (problem.signed**2 / diagonal).sum(axis=1)
        return float(_sup_curvature(problem) * lengths.max() + problem.l2 / diagonal.min())
    checks.instance("problem with samples", problem, LinearRegression, "use Exact() or Additive(covariance)")
    assert isinstance(problem, LinearRegression)
    return float((problem.features**2 / diagonal).sum(axis=1).max())


def _sup_curvature(problem: LinearClassification) -> float:
    if not np.isfinite(problem.loss_function.smoothness):
        raise BadInput(
            f"loss = {problem.loss_function!r}: its curvature is unbounded, so that there is no L; use Logistic()"
        )
    return problem.loss_function.smoothness


def _eigenvalues(matrices: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    root = np.sqrt(diagonal)
    return np.linalg.eigvalsh(matrices / (root[:, None] * root))


def _positive(eigenvalue: float, scale: float) -> float:
    return eigenvalue if eigenvalue > EIGENVALUE_ROUNDING * scale else 0.0


def _sorted_rows(rows: np.ndarray) -> np.ndarray:
    return rows[np.lexsort(rows.T)]
