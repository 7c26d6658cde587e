"""How far a recipe's path is from the observed one, and from where on they are the same."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from paper_repro.conformance.diagnosis.recipe import Recipe
from paper_repro.conformance.diagnosis.recursion import path, records


# Two codes for one recursion differ by roundings: 1e-16 at a step, a few hundred steps, and sums over samples whose
# terms cancel to a thousandth. A mistake in the fourth digit of anything shows at 1e-5 or above.
SAME = 1e-10


@dataclass(frozen=True, eq=False)
class Observed:
    """A path, shape (round, dim), and where it should have begun."""

    path: Float[np.ndarray, "round dim"]
    start: Float[np.ndarray, " dim"]
    tolerance: float = SAME

    @property
    def rounds(self) -> int:
        """R."""
        return len(self.path)

    @cached_property
    def scales(self) -> Float[np.ndarray, " round"]:
        """The largest coordinate up to each round, start included, so that a path which diverges counts early rounds.

        Of a path that stays at 0, 1.
        """
        sizes = np.maximum.accumulate(np.abs(self.path).max(axis=1))
        sizes = np.maximum(sizes, np.abs(self.start).max(initial=0.0))
        return np.where(sizes > 0.0, sizes, 1.0)

    @property
    def numbers(self) -> int:
        """How many numbers tell one stationary affine round from another: d(d + 1), or all that there are if fewer.

        A path x^{r+1} = Ax^r + a of wrong code is met in full by anything that can choose A and a, however long it is.
        """
        rounds, dim = self.path.shape
        return min(rounds * dim, dim * (dim + 1))

    def head(self, rounds: int) -> "Observed":
        """Return the first rounds of it."""
        return Observed(self.path[:rounds], self.start, self.tolerance)


def misfit(recipe: Recipe, observed: Observed, enough: float | None = None) -> float:
    """max_r |x_r − observed x_r|/scale_r; ∞ as soon as it exceeds ``enough``, the tolerance if not given."""
    enough = observed.tolerance if enough is None else enough
    worst = 0.0
    for r, vector in enumerate(records(recipe, observed.rounds)):
        apart = float(np.abs(vector - observed.path[r]).max()) / float(observed.scales[r])
        if not apart <= enough:  # not a number, too
            return math.inf
        worst = max(worst, apart)
    return worst


def distance(right: Float[np.ndarray, "round dim"], observed: Observed) -> float:
    """max_r |right_r − observed x_r|/scale_r of a path; ∞ where one is not finite."""
    apart = np.abs(right - observed.path).max(axis=1) / observed.scales
    return float(np.max(np.where(np.isfinite(apart), apart, math.inf)))


def residuals(recipe: Recipe, observed: Observed) -> Float[np.ndarray, " number"]:
    """All (x_r − observed x_r)/scale_r in a row; ∞ where the recipe diverges."""
    apart = (path(recipe, observed.rounds) - observed.path) / observed.scales[:, None]
    return np.where(np.isfinite(apart), apart, math.inf).ravel()


def agreeing_rounds(recipe: Recipe, observed: Observed) -> int:
    """Return how many rounds the recipe explains before it departs."""
    for r, vector in enumerate(records(recipe, observed.rounds)):
        if not np.abs(vector - observed.path[r]).max() <= observed.tolerance * observed.scales[r]:
            return r
    return observed.rounds
