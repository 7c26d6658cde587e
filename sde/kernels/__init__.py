"""Compiled ensembles: code generated from expressions moves sixteen replicas in a register, on threads.

``print(coverage_text())`` says which methods on which landscapes are compiled; numba is imported when the first of
them runs.
"""

from sde.kernels.coverage import COVERAGE as COVERAGE
from sde.kernels.coverage import coverage_text as coverage_text
from sde.kernels.coverage import covering_row as covering_row
from sde.kernels.coverage import find_advance as find_advance
from sde.kernels.coverage import why_not as why_not
