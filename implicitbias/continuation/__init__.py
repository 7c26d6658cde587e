"""Local GD in logarithmic time: exact rounds, then the flow that they follow, to round 10^400000 and beyond.

| step | module |
|---|---|
| the flow on F = Σ p_i ℓ(x_i·w), in coordinates of the span of the data | `_flow`, `_span` |
| exact rounds until a round of local steps is a small step | `_handover` |
| stiff integration; samples and directions that have come to rest are left out | `_integrate` |
| how wrong it may be: two hand-overs, two orders, undecided samples | `_error` |
| the door | `_fast_forward` |
| the flow alone, or an altered one, from a model of one's own | `_follow` |
"""

from implicitbias.continuation._fast_forward import fast_forward as fast_forward
from implicitbias.continuation._flow import LogTimeFlow as LogTimeFlow
from implicitbias.continuation._follow import follow as follow
from implicitbias.continuation._spec import FastForwardSpec as FastForwardSpec
