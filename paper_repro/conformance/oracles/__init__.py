"""The oracles, one file for each family; ``cases`` puts them in the order of use."""

from collections.abc import Callable, Iterator

from implicitbias import checks
from paper_repro.conformance.case import Case
from paper_repro.conformance.oracles.control_variates import control_variates
from paper_repro.conformance.oracles.equivalences import equivalences
from paper_repro.conformance.oracles.federated_averaging import (
    averaging_limits,
    averaging_paths,
    unequal_steps,
)
from paper_repro.conformance.oracles.merging import merging
from paper_repro.conformance.oracles.minibatches import minibatches
from paper_repro.conformance.oracles.participation import participation
from paper_repro.conformance.oracles.proximal import proximal_steps
from paper_repro.conformance.oracles.reproducibility import reproducibility
from paper_repro.conformance.oracles.server import servers
from paper_repro.conformance.oracles.sources import Source, sources
from paper_repro.conformance.oracles.symmetries import symmetries


# Paths before limits, and what others build on first: a mistake is met where it is easiest to read.
ORDER: tuple[Callable[[Source], Iterator[Case]], ...] = (
    equivalences,
    symmetries,
    reproducibility,
    averaging_paths,
    averaging_limits,
    proximal_steps,
    control_variates,
    unequal_steps,
    participation,
    minibatches,
    servers,
    merging,
)


# Ten times as many draws find effects a third as large.
THOROUGH = 10


def cases(seed: int = 0, instances: int = 1, *, thorough: bool = False) -> tuple[Case, ...]:
    """Return all cases in the order of use: O0, the first rounds of O1, its limits and rates, O2, O3, and so on.

    Parameters
    ----------
    seed
        Of the random instances.
    instances
        How many of them, beside the golden one.
    thorough
        Whether statistics count ten times as many draws.

    Raises
    ------
    BadInput
        For a negative seed or number of instances.
    """
    checks.integer("seed", seed, 0, "0 is as good as any")
    checks.integer("instances", instances, 0, "0 asks on the golden instance only")
    places = sources(seed, instances, THOROUGH if thorough else 1)
    return tuple(case for family in ORDER for source in places for case in family(source))
