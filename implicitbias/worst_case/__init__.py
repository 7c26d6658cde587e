"""Worst cases over whole classes of functions, proved: performance estimation of local methods without noise.

PEPit (goujaud2024) writes the problems down, Clarabel proposes an answer, and `certificate` proves it.
"""

from implicitbias.worst_case.certificate import CERTIFIED_GAP as CERTIFIED_GAP
from implicitbias.worst_case.certificate import WorstCase as WorstCase
from implicitbias.worst_case.estimation import require_pepit as require_pepit
from implicitbias.worst_case.local_gd import local_gd_worst_case as local_gd_worst_case
from implicitbias.worst_case.one_step import consensus_growth as consensus_growth
from implicitbias.worst_case.one_step import HETEROGENEOUS as HETEROGENEOUS
from implicitbias.worst_case.one_step import IDENTICAL as IDENTICAL
from implicitbias.worst_case.one_step import one_step_excess as one_step_excess
from implicitbias.worst_case.one_step import OneStepLemma as OneStepLemma
from implicitbias.worst_case.one_step import smallest_disagreement as smallest_disagreement
from implicitbias.worst_case.scaled import scaled_worst_case as scaled_worst_case
