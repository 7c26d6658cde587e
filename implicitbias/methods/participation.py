"""Which workers take part in a round."""

from dataclasses import dataclass
from typing import Literal

from implicitbias import checks


@dataclass(frozen=True)
class Full:
    """Every worker takes part in every round."""


@dataclass(frozen=True)
class Sampled:
    """``count`` workers, drawn uniformly at random anew in every round, take part; the others do not enter.

    Parameters
    ----------
    count
        |S|, how many are drawn.
    replacement
        Whether one worker may be drawn twice, and then counts twice.
    weighting
        ``"renormalised"``: w^{r+1} = Σ_S p_m w_m/Σ_S p_m. ``"unbiased"``: w^r + (M/|S|) Σ_S p_m (w_m − w^r), whose
        mean is what all workers would give. With equal p_m they are the same.
    """

    count: int
    replacement: bool = False
    weighting: Literal["renormalised", "unbiased"] = "renormalised"

    def __post_init__(self):
        checks.integer("count", self.count, 1, "give how many workers take part, at most M")
        checks.instance("replacement", self.replacement, bool, "give True or False")
        if self.weighting not in ("renormalised", "unbiased"):
            rule = "the weights of those who take part sum to 1, or do so on average"
            raise checks.refuse("weighting", self.weighting, rule, "give 'renormalised' or 'unbiased'")
