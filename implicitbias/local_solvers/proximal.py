"""Weakly regularised local solves, argmin_w f_m(w) + (λ/2)|w − v|², for λ as small as the smallest double.

With a ridge l2, μ = λ + l2 and the centre λv/μ take the place of λ and v. Optimality reads

    w = centre + Σ c_i x_i,    c_i = −ℓ′(x_i·w)/(n_m μ),

and neither the loss nor its slope need be representable: only c_i, of the size of log(1/μ)/|x_i|², is.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.display import in_brief
from implicitbias.errors import BadInput, NotCertified
from implicitbias.local_solvers.dual_newton import balance, SampleKernel
from implicitbias.local_solvers.per_worker import per_worker
from implicitbias.local_solvers.primal_newton import descend, LocalObjective
from implicitbias.local_solvers.tail_graph import tail_graph
from implicitbias.problems import LinearClassification


# Newton's step at the answer, relative to |w| + |centre|: eps, times the roundings of a long sum.
CERTIFIED = 1e-12

# Condition number up to which a computed Newton step has a correct digit, with five in reserve.
TRUSTED_CONDITION = 1e10

# Steps after which refinement has either converged quadratically or stalled.
REFINEMENTS = 4

# log of the largest double, less a margin for sums.
LARGEST_EXPONENT = 600.0


@dataclass(frozen=True, eq=False)
class ProximalPoint:
    """The minimiser of f_m(w) + (λ/2)|w − v|², with its proof.

    Attributes
    ----------
    w : array, shape (d,)
        The minimiser.
    coefficients : array, shape (n_m,)
        c_i = −ℓ′(x_i·w)/(n_m(λ + l2)) > 0, with w = λv/(λ + l2) + Σ c_i x_i.
    log_coefficients : array, shape (n_m,)
        log c_i, finite where c_i underflows.
    regularisation : float
        λ.
    relative_error : float
        Newton's step at w relative to |w| + |centre|; the distance to the minimiser to first order.
    """

    w: Float[np.ndarray, " dim"]
    coefficients: Float[np.ndarray, " local"]
    log_coefficients: Float[np.ndarray, " local"]
    regularisation: float
    relative_error: float

    __repr__ = in_brief

    @property
    def log_scale(self) -> float:
        """Λ = log(1/λ)."""
        return -float(np.log(self.regularisation))

    @property
    def rescaled(self) -> Float[np.ndarray, " dim"]:
        """Rescaled minimiser u = w/Λ, which tends to P_m(v/Λ) as λ → 0."""
        return self.w / self._positive_scale()

    @property
    def multipliers(self) -> Float[np.ndarray, " local"]:
        """β_i = c_i/Λ.

        Without ridge, u − v/Λ = Σ β_i x_i, and for the exponential loss 1 − x_i·u = log(n_m Λ β_i)/Λ.
        """
        return self.coefficients / self._positive_scale()

    def _positive_scale(self) -> float:
        if self.regularisation >= 1:
            raise BadInput(f"regularisation = {self.regularisation!r}: Λ = log(1/λ) > 0 needs λ < 1")
        return self.log_scale


def proximal_point(
    problem: LinearClassification, worker: int, v: Float[np.ndarray, " dim"], regularisation: float
) -> ProximalPoint:
    """Return argmin_w f_m(w) + (λ/2)|w − v|², certified.

    Parameters
    ----------
    problem
        Linear classification with any of its losses and any ridge; separable or not.
    worker
        m.
    v
        Where the local work starts, shape (d,).
    regularisation
        λ > 0, down to the smallest normal double, 2e-308.

    Raises
    ------
    BadInput
        If ``problem`` is of another kind, the worker does not exist, v has another shape, or λ is not positive.
    NotCertified
        If the step to the minimiser exceeds 1e-12 of |w| + |centre|, as on data that are not separable, with λ
        so small that f_m alone decides to the last bit.
    """
    v = _checked(problem, worker, v, regularisation)
    strength = regularisation + problem.l2
    centre = (regularisation / strength) * v
    rows = problem.local_signed[worker]
    graph = tail_graph(problem.loss_function, -float(np.log(len(rows)) + np.log(strength)))
    objective = LocalObjective(rows, problem.loss_function, graph, centre)
    w, error = _through_coefficients(objective, _sample_kernel(problem, worker))
    if not error <= CERTIFIED:
        w, error = _through_the_model(objective)
    if not error <= CERTIFIED:
        raise NotCertified(
            f"proximal, worker {worker}: λ = {regularisation:g}, l2 = {problem.l2:g}: relative error "
            f"{error:.3g} exceeds {CERTIFIED:g}: f_m alone decides to the last bit of a double; "
            "use a larger λ or a ridge l2 > 0"
        )
    logs = graph.log_coefficient(rows @ w)
    return ProximalPoint(w, np.exp(logs), logs, regularisation, error)


def _through_coefficients(objective: LocalObjective, kernel: SampleKernel) -> tuple[np.ndarray, float]:
    """Balance the coefficients, then refine w by Newton steps evaluated at the margins of w itself."""
    centre, graph = objective.centre, objective.graph
    w = centre + balance(graph, kernel, kernel.rows @ centre) @ kernel.rows
    error = np.inf
    for _ in range(REFINEMENTS):
        margins = kernel.rows @ w
        coefficients = np.exp(np.minimum(graph.log_coefficient(margins), LARGEST_EXPONENT))
        weights = graph.decay(margins) * coefficients
        if not weights @ kernel.squares <= TRUSTED_CONDITION:
            return w, np.inf
        pull = centre - w + coefficients @ kernel.rows
        root = np.sqrt(weights)
        step = pull - (root * kernel.damped_solve(root, root * (kernel.rows @ pull))) @ kernel.rows
        last, error = error, _relative(step, w, centre)
        if error <= CERTIFIED or error >= last:
            break
        w = w + step
    return w, error


def _through_the_model(objective: LocalObjective) -> tuple[np.ndarray, float]:
    w = descend(objective)
    step, _, condition = objective.newton_step(w)
    return w, _relative(step, w, objective.centre) if condition <= TRUSTED_CONDITION else np.inf


def _relative(step: np.ndarray, w: np.ndarray, centre: np.ndarray) -> float:
    scale = np.linalg.norm(w) + np.linalg.norm(centre)
    return float(np.linalg.norm(step) / scale) if scale > 0 else float(np.linalg.norm(step))


@per_worker
def _sample_kernel(problem: LinearClassification, worker: int) -> SampleKernel:
    return SampleKernel(problem.local_signed[worker])


def _checked(problem: object, worker: int, v: object, regularisation: float) -> np.ndarray:
    if not isinstance(problem, LinearClassification):
        raise BadInput(f"problem = {problem!r}: coefficients belong to samples of a LinearClassification")
    if not 0 <= worker < problem.workers:
        raise BadInput(f"worker = {worker}: {problem!r} has workers 0 … {problem.workers - 1}")
    vector = np.asarray(v, dtype=float)
    if vector.shape != (problem.dim,) or not np.isfinite(vector).all():
        raise BadInput(f"v = {v}: needs {problem.dim} finite entries, one per feature")
    if not (np.isfinite(regularisation) and regularisation >= np.finfo(float).tiny):
        raise BadInput(
            f"regularisation = {regularisation!r}: λ must be at least 2e-308; for λ → 0 use Projection()"
        )
    return vector
