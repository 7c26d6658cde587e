"""Algorithm against SDE, with error bars: weak errors, orders in η, extrapolation, and sampling until decided.

| question | answer |
|---|---|
| means of several test functions, with simultaneous intervals | `evaluate`, `estimate` |
| the same with less noise | `controlled` (known means), `coupled` (common noise) |
| E g(algorithm) − E g(limit) over a family of g | `weak_error` |
| is a prediction met, and what would have been refuted | `compare`, `Compared` |
| the limit η → 0 from two learning rates, with its measured allowance | `extrapolated`, `extrapolated_pairs` |
| the order in η | `order_fit` |
| as many replicas as needed, within a budget | `decide`, `decide_extrapolated` |
"""

from sde.comparison._compared import compare as compare
from sde.comparison._compared import Compared as Compared
from sde.comparison._decide import decide as decide
from sde.comparison._decide import decide_extrapolated as decide_extrapolated
from sde.comparison._estimate import controlled as controlled
from sde.comparison._estimate import coupled as coupled
from sde.comparison._estimate import Estimate as Estimate
from sde.comparison._estimate import estimate as estimate
from sde.comparison._estimate import evaluate as evaluate
from sde.comparison._extrapolated import Extrapolated as Extrapolated
from sde.comparison._extrapolated import extrapolated as extrapolated
from sde.comparison._extrapolated import extrapolated_pairs as extrapolated_pairs
from sde.comparison._order import order_fit as order_fit
from sde.comparison._order import OrderFit as OrderFit
from sde.comparison._order import PowerFit as PowerFit
from sde.comparison._weak import weak_error as weak_error
from sde.comparison._weak import WeakError as WeakError
