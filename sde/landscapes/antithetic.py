r"""The mirror of a landscape's noise: pairs of runs whose noise cancels wherever it enters linearly.

If ξ and −ξ have one law, so have the runs with noise A(θ)ξ and −A(θ)ξ. On one stream the second is the mirror of the
first: in the mean of the two everything odd in the noise drops out, of the motion along Γ all but O(√η) of it.
"""

from functools import lru_cache

from implicitbias import checks
from implicitbias.errors import BadInput
from implicitbias.problems import Gaussian, TwoPoint
from sde.landscapes.landscape import Landscape
from sde.landscapes.noise import Factors


# Laws of ξ that are those of −ξ.
SYMMETRIC = (Gaussian, TwoPoint)


# One mirror for each landscape, so that equal descriptions of runs are one run.
@lru_cache(maxsize=64)
def antithetic(landscape: Landscape) -> Landscape:
    """Return the landscape with the noise −A(θ)ξ in place of A(θ)ξ.

    Raises
    ------
    BadInput
        If ξ and −ξ differ in law.
    """
    checks.instance("landscape", landscape, Landscape, "give Landscape(loss, variables, noise)")
    if not isinstance(landscape.law, SYMMETRIC):
        raise BadInput(
            f"law = {landscape.law!r}: ξ and −ξ differ in law, so that the mirror is another process; take Gaussian() "
            "or TwoPoint()"
        )
    mirrored = Factors((-landscape.factor_expressions).tolist(), landscape.law, landscape.shared)
    return Landscape(
        landscape.expression,
        landscape.variables,
        mirrored,
        landscape.manifold,
        project=landscape.given_projection,
        invariants=landscape.invariants,
        name=landscape.name,
    )
