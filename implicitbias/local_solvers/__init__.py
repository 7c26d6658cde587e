"""Locally exact solves: proximal points, projections, sweeping processes, flows, and what lies between them."""

from implicitbias.local_solvers.dispatch import solve_exactly as solve_exactly
from implicitbias.local_solvers.growing_sweep import growing_sweep as growing_sweep
from implicitbias.local_solvers.limit_bounds import layer_bound as layer_bound
from implicitbias.local_solvers.limit_bounds import local_layer_bound as local_layer_bound
from implicitbias.local_solvers.limit_bounds import projection_distance_bound as projection_distance_bound
from implicitbias.local_solvers.limit_bounds import sweeping_distance_bound as sweeping_distance_bound
from implicitbias.local_solvers.local_flow import local_flow as local_flow
from implicitbias.local_solvers.margin_sets import margin_set as margin_set
from implicitbias.local_solvers.proximal import proximal_point as proximal_point
from implicitbias.local_solvers.proximal import ProximalPoint as ProximalPoint
from implicitbias.local_solvers.sweeping import sweep as sweep
from implicitbias.local_solvers.sweeping import sweeping_process as sweeping_process
from implicitbias.local_solvers.sweeping import SweepingProcess as SweepingProcess
from implicitbias.local_solvers.sweeping import SweepPath as SweepPath
