"""Compiled twins of ``round_step``, equal to it to 1e-12; numba is imported when the first of them runs.

``print(coverage_text())`` says what is compiled.
"""

from implicitbias.engine.kernels.coverage import COVERAGE as COVERAGE
from implicitbias.engine.kernels.coverage import coverage_text as coverage_text
from implicitbias.engine.kernels.coverage import covering_row as covering_row
from implicitbias.engine.kernels.coverage import find_kernel as find_kernel
from implicitbias.engine.kernels.coverage import kernel_named as kernel_named
from implicitbias.engine.kernels.coverage import Row as Row
from implicitbias.engine.kernels.coverage import why_not as why_not
from implicitbias.engine.kernels.kernel import AbstractKernel as AbstractKernel
from implicitbias.engine.kernels.kernel import Kernel as Kernel
from implicitbias.engine.kernels.lane_batch import lane_signature as lane_signature
from implicitbias.engine.kernels.lane_batch import LaneBatch as LaneBatch
from implicitbias.engine.kernels.lane_batch import LaneKernel as LaneKernel
from implicitbias.engine.kernels.lane_batch import Run as Run
from implicitbias.engine.kernels.scaled import ScaledKernel as ScaledKernel
