"""Points that no w separates: w stays finite, and with H > 1 it rests away from the minimum."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias.errors import BadInput
from implicitbias.fixed_point import round_fixed_point
from implicitbias.scaled import minimiser
from paper_repro.classroom.direction.controls import Controls
from paper_repro.classroom.direction.journey import Exact, exact_rounds


# Rounds shown; a finite minimiser is reached like a power of a factor below 1.
ROUNDS = 2_000
# Radians by which the widest gap between rows may miss a half-turn and still be one.
HALF_TURN = 1e-9


@dataclass(frozen=True, eq=False)
class Rest:
    """Exact rounds, where they rest, the minimiser of f, and their difference to first order in η(H − 1) for one H."""

    exact: Exact
    resting: Float[np.ndarray, " 2"]
    minimiser: Float[np.ndarray, " 2"]
    first_order: Float[np.ndarray, " 2"] | None

    @property
    def bias(self) -> float:
        """How far from the minimiser it rests."""
        return float(np.linalg.norm(self.resting - self.minimiser))

    @property
    def capped(self) -> str:
        """What was cut."""
        return f"Exact rounds stop at round {self.exact.last:,}; where they rest is solved for."


def trapped(controls: Controls) -> Rest:
    """Return where w rests.

    Raises
    ------
    BadInput
        If only a part of w stays finite, or the method is none of gradient steps and averages.
    NotCertified
        If no fixed point is found: η is too large.
    Diverged
        Likewise.
    """
    _check(controls)
    problem, method = controls.problem, controls.method
    bottom = minimiser(problem)
    exact = exact_rounds(controls, ROUNDS)
    resting = round_fixed_point(problem, method, bottom)
    return Rest(exact, resting, bottom, _first_order(controls, bottom))


def _first_order(controls: Controls, bottom: Float[np.ndarray, " 2"]) -> Float[np.ndarray, " 2"] | None:
    """Return (η(H − 1)/2) [∇²f]⁻¹ (1/M) Σ_m ∇²f_m ∇f_m at the minimiser; other H_m move w even at vanishing η."""
    if isinstance(controls.local_steps, tuple):
        return None
    problem, workers = controls.problem, range(controls.problem.workers)
    walks = [problem.worker_hvp(bottom, problem.worker_gradient(bottom, m), m) for m in workers]
    hessian = np.array([problem.hvp(bottom, axis) for axis in np.eye(2)])
    return controls.lr * (controls.local_steps - 1) / 2.0 * np.linalg.solve(hessian, np.mean(walks, axis=0))


def widest_gap(rows: Float[np.ndarray, "sample 2"]) -> float:
    """Return the widest angle between neighbouring rows: above π some w separates, below π none does."""
    angles = np.sort(np.arctan2(rows[:, 1], rows[:, 0]))
    return float(np.diff(np.concatenate([angles, [angles[0] + 2.0 * np.pi]])).max())


def _check(controls: Controls) -> None:
    given = "points that no w separates"
    if abs(widest_gap(controls.problem.signed) - np.pi) <= HALF_TURN:
        raise BadInput(
            f"{given}, by a hair: along one line through the origin points pull in opposite directions, beside it they "
            "agree, so that one part of w stays finite and the other grows; move a point off that line"
        )
    if controls.anchored or controls.exact_solves:
        cure = "choose gradient steps and plain averages, or move the conflicting points"
        raise BadInput(f"{given}: there is no separator for {controls.work}, {controls.aggregation}; {cure}")
