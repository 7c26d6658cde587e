"""Intervals, rates, limits and sequential sampling: how a number becomes a verdict.

| question | answer |
|---|---|
| does an interval support, refute or leave open a prediction | `three_way`, `resolution` |
| mean or probability of samples | `mean_interval`, `proportion_interval`, `Moments` |
| sample until decided, within a budget | `SequentialPlan`, `sequential`, `claim_level` |
| exponent of a deterministic series | `fit_rate`, `fit_log_slope` |
| exponent of a measured series, order of a scheme | `fit_rate_noisy`, `fit_order` |
| limit of a series with a known power | `extrapolated_limit` |
"""

from implicitbias.statistics._estimate import mean_interval as mean_interval
from implicitbias.statistics._estimate import proportion_interval as proportion_interval
from implicitbias.statistics._estimate import student_quantile as student_quantile
from implicitbias.statistics._interval import Interval as Interval
from implicitbias.statistics._interval import Outcome as Outcome
from implicitbias.statistics._interval import resolution as resolution
from implicitbias.statistics._interval import three_way as three_way
from implicitbias.statistics._limit import extrapolated_limit as extrapolated_limit
from implicitbias.statistics._limit import Limit as Limit
from implicitbias.statistics._moments import LEAF as LEAF
from implicitbias.statistics._moments import Moments as Moments
from implicitbias.statistics._noisy import fit_order as fit_order
from implicitbias.statistics._noisy import fit_rate_noisy as fit_rate_noisy
from implicitbias.statistics._noisy import NoisyRate as NoisyRate
from implicitbias.statistics._rate import fit_log_slope as fit_log_slope
from implicitbias.statistics._rate import fit_rate as fit_rate
from implicitbias.statistics._rate import Rate as Rate
from implicitbias.statistics._sequential import CATALOGUE_LEVEL as CATALOGUE_LEVEL
from implicitbias.statistics._sequential import claim_level as claim_level
from implicitbias.statistics._sequential import sequential as sequential
from implicitbias.statistics._sequential import SequentialPlan as SequentialPlan
from implicitbias.statistics._sequential import SequentialResult as SequentialResult
