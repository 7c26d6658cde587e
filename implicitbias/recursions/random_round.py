"""Rounds that are drawn, on quadratic losses: mean and covariance of all that a method carries obey recursions.

Given who takes part (S, with probability π_S) and the noise ε of local work, z⁺ = F_S z + h_S + G_S ε. Hence

    E z⁺ = F̄ E z + h̄,      Cov z⁺ = L(Cov z) + K(E z)
    L(C) = Σ_S π_S (F_S C F_Sᵀ + G_S N(C) G_Sᵀ),   K(μ) = Σ_S π_S (δ_S δ_Sᵀ + G_S N(μμᵀ) G_Sᵀ)

with δ_S = F_S μ + h_S − (F̄μ + h̄), and N(·) the covariance of ε, linear in the second moments of (z, 1).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import checks
from implicitbias.display import brief, card, in_brief, typeset
from implicitbias.errors import BadInput
from implicitbias.methods import LocalMethod
from implicitbias.problems import AbstractProblem
from implicitbias.recursions.admissible import check_same_affine
from implicitbias.recursions.affine_round import AffineRound
from implicitbias.recursions.attendance import outcomes
from implicitbias.recursions.local_noise import local_noises, LocalNoise
from implicitbias.recursions.lyapunov import doubled, operator_of, solve_symmetric
from implicitbias.recursions.round_map import layout_of, RoundMap
from implicitbias.recursions.stacked import Form, Layout


# Entries of a symmetric covariance up to which the equation it solves is written as one matrix (18 MB).
MOST_UNKNOWNS = 1500

Start = Float[np.ndarray, " dim"] | None

LATEX = r"z^{r+1} = F_S z^r + h_S + G_S \varepsilon"


@dataclass(frozen=True, eq=False)
class RandomRound:
    """Exact moments of z^{r+1} = F_S z^r + h_S + G_S ε from a start that is known.

    Attributes
    ----------
    probabilities : array (outcome,)
        π_S.
    forms : tuple of outcomes
        (F_S, G_S) and h_S.
    noises
        Noise of every worker's local work; none if gradients are exact.
    layout
        Where x, velocities, control variates and changes on their way stand in z.
    """

    probabilities: Float[np.ndarray, " outcome"]
    forms: tuple[Form, ...]
    noises: tuple[LocalNoise, ...]
    layout: Layout

    __repr__ = in_brief

    def _repr_latex_(self) -> str | None:
        return typeset([LATEX])

    def _repr_html_(self) -> str:
        drawn = f"{len(self.probabilities)}, with probabilities {brief(self.probabilities)}"
        return card("RandomRound", [("z holds", str(self.layout)), ("outcomes S", drawn)], [LATEX])

    @property
    def dim(self) -> int:
        """Dimension d of x."""
        return self.layout.length("x")

    @property
    def size(self) -> int:
        """Length n of z."""
        return self.layout.size

    @cached_property
    def mean_round(self) -> AffineRound:
        """F̄ and h̄: the round that the mean goes."""
        matrix = sum(p * form.matrix[:, : self.size] for p, form in self._outcomes)
        offset = sum(p * form.offset for p, form in self._outcomes)
        return AffineRound(np.asarray(matrix), np.asarray(offset), self.layout)

    def mean_path(self, start: Start = None, rounds: int = 1) -> Float[np.ndarray, "record dim"]:
        """Return E x⁰, …, E x^R."""
        return self.mean_round.path(start, rounds)

    def covariance_path(self, start: Start = None, rounds: int = 1) -> Float[np.ndarray, "record dim dim"]:
        """Return Cov x⁰ = 0, …, Cov x^R."""
        covariance = np.zeros((self.size, self.size))
        path = [covariance]
        for mean in self.mean_round.state_path(start, rounds)[:-1]:
            covariance = self._carried(covariance) + self._added(mean)
            path.append(covariance)
        return np.stack(path)[:, : self.dim, : self.dim]

    @property
    def stationary_mean(self) -> Float[np.ndarray, " dim"]:
        """Lim E x^r, from every start.

        Raises
        ------
        BadInput
            If it depends on the start, or there is none.
        """
        _ = self.mean_round.rate
        return self.mean_round.fixed_point

    @cached_property
    def stationary_covariance(self) -> Float[np.ndarray, "dim dim"]:
        """Lim Cov x^r, which solves C = L(C) + K.

        Raises
        ------
        BadInput
            If covariances grow for ever, or the equation is too large.
        """
        if not self.mean_square_radius < 1.0:
            raise BadInput(
                f"mean_square_radius = {self.mean_square_radius:.4g}: rounds must multiply covariances by less than 1; "
                "give a smaller η, or more workers or samples to average over"
            )
        added = self._added(self.mean_round.state_fixed_point)
        found = (
            doubled(self.mean_round.matrix, added) if self._plain else solve_symmetric(self._operator, added)
        )
        return found[: self.dim, : self.dim]

    @cached_property
    def mean_square_radius(self) -> float:
        """Spectral radius of L, below 1 iff covariances converge."""
        if self._plain:
            return float(np.abs(np.linalg.eigvals(self.mean_round.matrix)).max()) ** 2
        return float(np.abs(np.linalg.eigvals(self._operator)).max())

    @property
    def _outcomes(self) -> list[tuple[float, Form]]:
        return list(zip(self.probabilities.tolist(), self.forms, strict=True))

    @property
    def _plain(self) -> bool:
        """Whether noise adds to the model and does not multiply it: L(C) = FCFᵀ."""
        return len(self.forms) == 1 and not self._gathered(np.diag([*np.ones(self.size), 0.0])).any()

    @cached_property
    def _operator(self) -> Float[np.ndarray, "entry entry"]:
        unknowns = self.size * (self.size + 1) // 2
        if unknowns > MOST_UNKNOWNS:
            raise BadInput(
                f"size = {self.size}: the covariance of all that is carried has {unknowns} entries, and at most "
                f"{MOST_UNKNOWNS} are solved for; follow covariance_path, or take fewer parameters or workers"
            )
        return operator_of(self._carried, self.size)

    def _gathered(self, second: Float[np.ndarray, "*batch n1 n1"]) -> Float[np.ndarray, "*batch e e"]:
        """Return N(second), a block for each worker; of size 0 if gradients are exact."""
        blocks = [noise.gathered(second) for noise in self.noises]
        own = blocks[0].shape[-1] if blocks else 0
        whole = np.zeros((*second.shape[:-2], own * len(blocks), own * len(blocks)))
        for m, block in enumerate(blocks):
            here = slice(m * own, (m + 1) * own)
            whole[..., here, here] = block
        return whole

    def _carried(self, covariance: Float[np.ndarray, "*batch n n"]) -> Float[np.ndarray, "*batch n n"]:
        """Return L(C)."""
        second = np.zeros((*covariance.shape[:-2], self.size + 1, self.size + 1))
        second[..., :-1, :-1] = covariance
        noise = self._gathered(second)
        parts = []
        for p, form in self._outcomes:
            onward, kick = form.matrix[:, : self.size], form.matrix[:, self.size :]
            parts.append(p * (onward @ covariance @ onward.T + kick @ noise @ kick.T))
        return np.sum(parts, axis=0)

    def _added(self, mean: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n n"]:
        """Return K(μ)."""
        here = np.append(mean, 1.0)
        noise = self._gathered(np.outer(here, here))
        after = self.mean_round.matrix @ mean + self.mean_round.offset
        parts = []
        for p, form in self._outcomes:
            apart = form.matrix[:, : self.size] @ mean + form.offset - after
            kick = form.matrix[:, self.size :]
            parts.append(p * (np.outer(apart, apart) + kick @ noise @ kick.T))
        return np.sum(parts, axis=0)


def random_round(problem: AbstractProblem, method: LocalMethod) -> RandomRound:
    """Return the exact moments of a method that draws workers, mini-batches or noise, on quadratic losses.

    Parameters
    ----------
    problem
        ``NoisyQuadratics`` for additive noise, ``LinearRegression`` for mini-batches, any of both or ``Quadratics``
        for partial participation.
    method
        As for `affine_round`; with a ``batch``, drawn with replacement, and ``Sampled`` workers as you like.

    Raises
    ------
    BadInput
        If losses are not quadratic, rounds are not of one law or not affine, workers with noise take turns, or
        outcomes of the draw are too many to list.
    """
    check_same_affine(problem, method)
    if method.sequential and method.batch is not None:
        raise checks.refuse(
            "aggregation", method.aggregation, "noise is followed for workers side by side", "give Average()"
        )
    layout = layout_of(problem, method)
    rounds = RoundMap(problem, method, layout_of(problem, method, noisy=method.batch is not None))
    drawn = outcomes(method, rounds.weights)
    return RandomRound(
        np.array([outcome.probability for outcome in drawn]),
        tuple(rounds.after(outcome.share, outcome.present) for outcome in drawn),
        tuple(local_noises(rounds, layout.size)),
        layout,
    )
