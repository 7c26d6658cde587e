"""How dW is read, and what structure the noise has."""

from enum import Enum, StrEnum


class Convention(Enum):
    """Which limit of sums ∫ b(X) dW means: b at the left end of each step, or the mean of both ends."""

    ITO = "Itô"
    STRATONOVICH = "Stratonovich"


class NoiseKind(StrEnum):
    """Structure of the columns b^1, …, b^k of the diffusion; L^j = b^j·∇.

    ``general``: none. ``commutative``: L^j b^i = L^i b^j for all i, j, so that a path needs no Lévy area.
    ``diagonal``: k = d, and b_ii, a function of x_i alone, is the only entry of row i. ``scalar``: k = 1.
    ``additive``: b does not depend on x.
    """

    GENERAL = "general"
    COMMUTATIVE = "commutative"
    DIAGONAL = "diagonal"
    SCALAR = "scalar"
    ADDITIVE = "additive"


def kinds(declared: NoiseKind, dim: int, noises: int) -> frozenset[NoiseKind]:
    """Return every kind that a diffusion of the declared one, d×k, belongs to."""
    found = {NoiseKind.GENERAL, declared}
    if noises <= 1:
        found.add(NoiseKind.SCALAR)
    if noises <= 1 and dim == 1:
        found.add(NoiseKind.DIAGONAL)
    return frozenset(found | ({NoiseKind.COMMUTATIVE} if len(found) > 1 else set()))
