"""Rounds of deterministic methods on quadratic losses: one affine map z ← Fz + h, of which everything is known."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import brief, card, in_brief, typeset
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.recursions.admissible import check_affine
from implicitbias.recursions.round_map import layout_of, RoundMap
from implicitbias.recursions.stacked import Layout


# An eigenvalue nearer to 1 than this moves nothing in 1e8 rounds: it belongs to what no round changes.
RESTING = 1e-9
# What a round adds where it should change nothing, relative to |h|: rounding of products of matrices.
ADDED = 1e-9

LATEX = r"z^{r+1} = F z^r + h"


@dataclass(frozen=True, eq=False)
class AffineRound:
    """z^{r+1} = F z^r + h, z the model x and all else that the method carries; all but x starts at 0.

    Attributes
    ----------
    matrix : array (n, n)
        F.
    offset : array (n,)
        h.
    layout
        Where x, velocities, control variates and changes on their way stand in z.
    """

    matrix: Float[np.ndarray, "n n"]
    offset: Float[np.ndarray, " n"]
    layout: Layout

    __repr__ = in_brief

    def _repr_latex_(self) -> str | None:
        return typeset([LATEX])

    def _repr_html_(self) -> str:
        return card("AffineRound", [("z holds", str(self.layout)), ("h", brief(self.offset))], [LATEX])

    @property
    def dim(self) -> int:
        """Dimension d of x."""
        return self.layout.length("x")

    def start(self, x: Float[np.ndarray, " dim"] | None = None) -> Float[np.ndarray, " n"]:
        """Return z⁰ = (x⁰, 0, …, 0); x⁰ = 0 if left out.

        Raises
        ------
        BadInput
            If x⁰ is no finite vector of length d.
        """
        x = np.zeros(self.dim) if x is None else checks.real_array("start", x)
        if x.shape != (self.dim,) or not np.isfinite(x).all():
            raise checks.refuse(
                "start", x.tolist(), f"must be a finite vector of length {self.dim}", "give x⁰"
            )
        return np.concatenate([x, np.zeros(len(self.offset) - self.dim)])

    def state_path(
        self, start: Float[np.ndarray, " dim"] | None = None, rounds: int = 1
    ) -> Float[np.ndarray, "record n"]:
        """Return z⁰, z¹, …, z^R."""
        states = [self.start(start)]
        for _ in range(checks.integer("rounds", rounds, 0, "give the number of rounds")):
            states.append(self.matrix @ states[-1] + self.offset)
        return np.stack(states)

    def path(
        self, start: Float[np.ndarray, " dim"] | None = None, rounds: int = 1
    ) -> Float[np.ndarray, "record dim"]:
        """Return x⁰, x¹, …, x^R."""
        return self.state_path(start, rounds)[:, : self.dim]

    @cached_property
    def resting(self) -> Float[np.ndarray, "n n"]:
        """P, the projector along what a round contracts (or blows up) on what no round changes, FP = PF = P.

        0 unless 1 is an eigenvalue of F, as where some direction has no curvature on any worker.

        Raises
        ------
        BadInput
            If rounds shift that part ever farther, so that there is no fixed point.
        """
        left, singular, right = np.linalg.svd(np.eye(len(self.matrix)) - self.matrix)
        rest = singular <= RESTING * max(1.0, singular[0])
        outgoing, incoming = left[:, rest].T, right[rest].T
        projector = incoming @ np.linalg.solve(outgoing @ incoming, outgoing)
        if np.linalg.norm(projector @ self.offset) > ADDED * (1.0 + np.linalg.norm(self.offset)):
            raise BadInput(
                "method: its rounds shift the model for ever; there is no fixed point on this problem"
            )
        return projector

    @cached_property
    def radius(self) -> float:
        """Spectral radius of F on what rounds change: the factor per round at which the error ends up falling."""
        return float(np.abs(np.linalg.eigvals(self.matrix - self.resting)).max())

    @property
    def stable(self) -> bool:
        """Whether every path converges."""
        return self.radius < 1.0

    @property
    def rate(self) -> float:
        """The radius, of a stable round.

        Raises
        ------
        BadInput
            If paths do not converge.
        """
        self._check_stable()
        return self.radius

    def state_limit(self, start: Float[np.ndarray, " dim"] | None = None) -> Float[np.ndarray, " n"]:
        """Return lim z^r = Pz⁰ + (I − F + P)^{-1}(I − P)h from that start.

        Raises
        ------
        BadInput
            If paths do not converge.
        """
        self._check_stable()
        return self.resting @ self.start(start) + self._settled

    def limit(self, start: Float[np.ndarray, " dim"] | None = None) -> Float[np.ndarray, " dim"]:
        """Return lim x^r from that start; errors as for `state_limit`."""
        return self.state_limit(start)[: self.dim]

    @property
    def state_fixed_point(self) -> Float[np.ndarray, " n"]:
        """The one z = Fz + h, whether or not rounds come to it.

        Raises
        ------
        BadInput
            If there are others: then ``limit(start)`` says which one is reached.
        """
        if np.abs(self.resting).max() > RESTING:
            raise BadInput(
                "fixed_point: rounds leave some direction alone, so that there are many; ask for limit(start), the one "
                "that is reached"
            )
        return self._settled

    @property
    def fixed_point(self) -> Float[np.ndarray, " dim"]:
        """The model of `state_fixed_point`."""
        return self.state_fixed_point[: self.dim]

    @cached_property
    def _settled(self) -> Float[np.ndarray, " n"]:
        moving = np.eye(len(self.matrix)) - self.matrix + self.resting
        return np.linalg.solve(moving, self.offset - self.resting @ self.offset)

    def _check_stable(self) -> None:
        if not self.stable:
            raise BadInput(
                f"method: a round multiplies errors by {self.radius:.4g} ≥ 1; give a smaller η, or server rate"
            )


def affine_round(problem: AbstractProblem, method: LocalMethod) -> AffineRound:
    """Return the round of a deterministic method on quadratic losses.

    Powers of matrices, without running a step: an answer to check runs against.

    Parameters
    ----------
    problem
        ``Quadratics`` or ``LinearRegression`` (or ``NoisyQuadratics``, without their noise).
    method
        Any local solver; constant η, H_m numbers; identity or fixed scaling; heavy ball, corrections, weights and
        server as you like; all workers take part.

    Raises
    ------
    BadInput
        If losses are not quadratic, or rounds draw, differ from one another, or are not affine.
    """
    check_affine(problem, method)
    layout = layout_of(problem, method)
    rounds = RoundMap(problem, method, layout)
    form = rounds.after(rounds.weights, np.ones(problem.workers, dtype=bool))
    return AffineRound(form.matrix, form.offset, layout)
