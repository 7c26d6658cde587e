"""The chance of any wrong statistical verdict in one run of the catalogue, and each claim's share of it."""

from implicitbias import checks
from implicitbias.statistics import CATALOGUE_LEVEL, claim_level


# At most so many claims of the catalogue sample anything; a test counts them. Fixed, not counted here, so that a new
# claim does not move the verdicts of the others.
STATISTICAL_CLAIMS = 96


def share_of_level(comparisons: int = 1) -> float:
    """Return the level of one confidence interval of a claim that makes so many comparisons.

    With it for every interval, all statistical verdicts of the catalogue are right together, but for a chance of
    ``CATALOGUE_LEVEL`` (union bound).

    Raises
    ------
    BadInput
        Unless comparisons ≥ 1.
    """
    count = checks.integer("comparisons", comparisons, 1, "count the intervals that decide the claim")
    return claim_level(STATISTICAL_CLAIMS, CATALOGUE_LEVEL) / count
