"""The proof that comes with a worst case: nonnegative multipliers, checked by us, rounding errors included."""

from dataclasses import dataclass

import numpy as np

from implicitbias.display import in_brief
from implicitbias.errors import NotCertified
from implicitbias.worst_case.gram_program import Candidate, GramProgram, solve


# Widest gap between the two bounds of a worst case that counts as certified (absolute):
# Clarabel stalls between 1e-10 and 1e-7 on the problems of this package, which are scaled to size 1, and the
# correction multiplies that by the squared reach; the statements that are told apart differ by 1e-4 or more.
CERTIFIED_GAP = 1e-5


@dataclass(frozen=True)
class WorstCase:
    """A worst case over a whole class of functions, between two bounds.

    Attributes
    ----------
    value : float
        The proved upper bound: nothing in the class exceeds it.
    primal : float
        What the example of the solver attains, feasible up to ``violation``; the worst case is no lower, up to that.
    correction : float
        How much of ``value`` pays for what the multipliers leave over.
    violation : float
        Largest violation of a constraint by the example.
    solver : str
        Who proposed multipliers and example.
    """

    value: float
    primal: float
    correction: float
    violation: float
    solver: str

    __repr__ = in_brief

    @property
    def gap(self) -> float:
        """Distance between the two bounds, and what is left open about them."""
        return abs(self.value - self.primal) + self.violation

    def scaled(self, factor: float) -> "WorstCase":
        """Return the worst case of ``factor`` times the problem."""
        numbers = (self.value, self.primal, self.correction, self.violation)
        return WorstCase(*(float(factor * number) for number in numbers), solver=self.solver)


def certify(program: GramProgram) -> WorstCase:
    """Maximise a program of size 1, and prove the value.

    For any λ ≥ 0 the objective is at most ``c₀ − Σ λ_i c_i + ⟨Q, G⟩ + q·F`` with Q = A₀ − Σ λ_i A_i and
    q = b₀ − Σ λ_i b_i. Exact multipliers make q = 0 and Q ⪯ 0; those of a solver do so up to rounding, and
    ``⟨Q, G⟩ ≤ λ_max(Q)₊ tr G``, ``tr G ≤ Σ reach²``, ``|F| ≤ height`` bound what is left. No solver is trusted.

    Raises
    ------
    NotCertified
        If the gap to the example exceeds 1e-5, or the solver finds nothing.
    """
    candidate = solve(program)
    if candidate is None:
        raise NotCertified(
            "worst case: Clarabel found no answer; bring ηL, μ/L and ζ²/r₀² closer to 1, or take fewer steps"
        )
    worst = _proved(program, candidate)
    if not worst.gap <= CERTIFIED_GAP:
        raise NotCertified(
            f"worst case: the proof gives {worst.value:.9g}, the example {worst.primal:.9g}, violating by "
            f"{worst.violation:.1e}: their gap exceeds {CERTIFIED_GAP:g}; take fewer rounds or local steps"
        )
    return worst


def _proved(program: GramProgram, candidate: Candidate) -> WorstCase:
    multipliers = np.maximum(candidate.multipliers, 0.0)
    sides = np.concatenate(([1.0], -multipliers))
    leftover, slope = np.tensordot(sides, program.gram, 1), sides @ program.values
    # Sums of n terms are rounded to n units in the last place of their absolute terms.
    rounding = len(sides) * np.finfo(float).eps
    noise = rounding * float(np.linalg.norm(np.tensordot(np.abs(sides), np.abs(program.gram), 1)))
    steepest = max(0.0, float(np.linalg.eigvalsh(leftover)[-1]) + noise)
    tilt = np.abs(slope) + rounding * (np.abs(sides) @ np.abs(program.values))
    correction = steepest * float(program.reach @ program.reach) + float(tilt @ program.height)
    value = float(sides @ program.constants) + correction
    primal, violation = _attained(program, candidate)
    return WorstCase(value, primal, correction, violation, candidate.solver)


def _attained(program: GramProgram, candidate: Candidate) -> tuple[float, float]:
    """Return objective and largest violation of the example, with its Gram matrix made positive semidefinite."""
    eigenvalues, vectors = np.linalg.eigh(candidate.gram)
    gram = (vectors * np.maximum(eigenvalues, 0.0)) @ vectors.T
    sides = np.tensordot(program.gram, gram, 2) + program.values @ candidate.values + program.constants
    return float(sides[0]), float(max(0.0, sides[1:].max()))
