"""How far from the minimiser rounds come to rest, to first order in the learning rate, and how they drift there.

A worker's H_m steps move the model by −ηH_m D^{-1}∇f_m + η²(H_m(H_m − 1)/2) D^{-1}(A_m + ρI)D^{-1}∇f_m + O(η³). With
q_m = p_m H_m (p_m under FedNova) a round rests at

    x_0 + η (Σ q_m D^{-1}A_m)^{-1} Σ q_m ((H_m − 1)/2) D^{-1}(A_m + ρI)D^{-1}∇f_m(x_0) + O(η²),

x_0 the root of Σ q_m D^{-1}∇f_m: for one H, or FedNova, and one D the minimiser of Σ p_m f_m.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import in_brief
from implicitbias.errors import BadInput
from implicitbias.methods import FedNova, Fixed, GradientSteps, LocalMethod, Scaffold, Server, worker_weights
from implicitbias.problems import AbstractProblem
from implicitbias.recursions.admissible import check_affine
from implicitbias.recursions.affine_round import affine_round
from implicitbias.recursions.curvatures import worker_curvatures
from implicitbias.recursions.local_map import RANK


@dataclass(frozen=True, eq=False)
class BiasExpansion:
    """Fixed point x_0 + η·slope + O(η²) of a round.

    Attributes
    ----------
    limit : array (dim,)
        x_0, where rounds rest as η → 0.
    slope : array (dim,)
        First derivative in η.
    """

    limit: Float[np.ndarray, " dim"]
    slope: Float[np.ndarray, " dim"]

    __repr__ = in_brief

    def at(self, lr: float) -> Float[np.ndarray, " dim"]:
        """Return x_0 + η·slope."""
        return self.limit + lr * self.slope


def minimiser_of(problem: AbstractProblem, method: LocalMethod) -> Float[np.ndarray, " dim"]:
    """Return argmin Σ_m p_m f_m, p_m the weights of the method; the one of minimum norm if there are many."""
    hessians, pulls = worker_curvatures(problem)
    p = worker_weights(problem, method)
    return np.linalg.pinv(np.tensordot(p, hessians, axes=1), hermitian=True) @ (p @ pulls)


def bias_expansion(problem: AbstractProblem, method: LocalMethod) -> BiasExpansion:
    """Return where rounds of gradient steps rest, to first order in η, at fixed H_m (derived).

    Server rate, momentum and delay do not move the fixed point. SCAFFOLD rests at the minimiser, for every η.

    Parameters
    ----------
    problem
        Quadratic losses with Σ_m A_m invertible.
    method
        Gradient steps without heavy ball, whatever its η; side by side.

    Raises
    ------
    BadInput
        For another method, or where fixed points are many.
    """
    _check(problem, method)
    if isinstance(method.correction, Scaffold):
        return BiasExpansion(minimiser_of(problem, method), np.zeros(problem.dim))
    hessians, pulls = worker_curvatures(problem)
    steps, q = np.array(method.steps(problem.workers, 0)), worker_weights(problem, method)
    q = q if isinstance(method.correction, FedNova) else q * steps
    inverse = np.ones(problem.dim) / (method.scaling.diagonal if isinstance(method.scaling, Fixed) else 1.0)
    weighed = q[:, None] * np.broadcast_to(inverse, pulls.shape)
    curvature = np.einsum("mi,mij->ij", weighed, hessians)
    limit = np.linalg.solve(curvature, (weighed * pulls).sum(axis=0))
    slopes = inverse * (hessians @ limit - pulls)
    turned = np.einsum("mij,mj->mi", hessians, slopes) + _pull(method) * slopes
    return BiasExpansion(limit, np.linalg.solve(curvature, (weighed * turned).T @ ((steps - 1) / 2.0)))


def first_order_bias(problem: AbstractProblem, method: LocalMethod) -> Float[np.ndarray, " dim"]:
    """Return x_0 + η·slope − x*, x* = argmin Σ p_m f_m: the bias of the fixed point up to O(η²).

    For FedAvg with one H: (η(H − 1)/2) A^{-1} Σ p_m A_m∇f_m(x*), A = Σ p_m A_m. Errors as for `bias_expansion`.
    """
    return bias_expansion(problem, method).at(method.first_lr) - minimiser_of(problem, method)


def average_drift(problem: AbstractProblem, method: LocalMethod) -> float:
    """Return |Σ_m p_m(w_m − x*)|/(η Σ_m p_m H_m) for local work that starts at x* = argmin Σ p_m f_m [wang2022].

    The average move of a round from the minimiser, per unit of time; 0 for equal curvatures, however far apart the
    workers' minimisers are. What the server makes of the average does not count.
    """
    check_affine(problem, method)
    checks.instance("local_solver", method.local_solver, GradientSteps, "time is counted in gradient steps")
    x = minimiser_of(problem, method)
    plain = dataclasses.replace(method, server=Server())
    moved = affine_round(problem, plain).path(x)[1] - x
    time = method.first_lr * worker_weights(problem, method) @ method.steps(problem.workers, 0)
    return float(np.linalg.norm(moved) / time)


def first_order_drift(problem: AbstractProblem, method: LocalMethod) -> float:
    """Return (η(H − 1)/2)|Σ p_m A_m∇f_m(x*)|, the `average_drift` of H plain steps up to O(η²) (derived).

    Raises
    ------
    BadInput
        If workers differ in H, or steps are not plain.
    """
    check_affine(problem, method)
    steps = set(method.steps(problem.workers, 0))
    plain = LocalMethod(lr=method.lr, local_steps=method.local_steps, aggregation=method.aggregation)
    if len(steps) > 1 or dataclasses.replace(method, server=Server()) != plain or method.sequential:
        raise BadInput(
            f"method = {method!r}: the expansion is for one H and plain steps; ask for average_drift"
        )
    hessians, pulls = worker_curvatures(problem)
    gradients = hessians @ minimiser_of(problem, method) - pulls
    turned = worker_weights(problem, method) @ np.einsum("mij,mj->mi", hessians, gradients)
    return float(method.first_lr * (steps.pop() - 1) / 2.0 * np.linalg.norm(turned))


def _pull(method: LocalMethod) -> float:
    return method.local_solver.proximal if isinstance(method.local_solver, GradientSteps) else 0.0


def _check(problem: AbstractProblem, method: LocalMethod) -> None:
    check_affine(problem, method)
    checks.instance("local_solver", method.local_solver, GradientSteps, "exact solves have no η to expand in")
    if method.momentum or method.sequential:
        rule = "the expansion is for workers side by side, without heavy ball"
        raise BadInput(f"method = {method!r}: {rule}; ask affine_round for the fixed point itself")
    curvatures = np.linalg.eigvalsh(worker_curvatures(problem).hessians.sum(axis=0))
    if curvatures[0] <= RANK * len(curvatures) * curvatures[-1]:
        raise BadInput(
            f"problem = {problem!r}: no worker has curvature along some direction, so that fixed points are many; ask "
            "affine_round for limit(start)"
        )
