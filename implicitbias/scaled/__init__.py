"""Scaled local methods as mathematics: constants, lemmas L1–L5, theorems T1–T4, fixed points (derived, SAVIC-type).

``Constants.of(problem, …)`` or ``method_constants(problem, method)`` holds the numbers, T1–T4 are ``Bound`` objects
made of them; `expected_step` and `exact_path` compute the expectations that they bound, exactly.
"""

from implicitbias.scaled.asymmetry import jump_shift as jump_shift
from implicitbias.scaled.asymmetry import small_jump_shift as small_jump_shift
from implicitbias.scaled.asymmetry import smooth_shift as smooth_shift
from implicitbias.scaled.consensus import consensus_bound as consensus_bound
from implicitbias.scaled.consensus import expected_consensus as expected_consensus
from implicitbias.scaled.consensus import round_consensus_bound as round_consensus_bound
from implicitbias.scaled.consensus import round_sums as round_sums
from implicitbias.scaled.consensus import RoundSums as RoundSums
from implicitbias.scaled.constants import Constants as Constants
from implicitbias.scaled.drift import admissible_drift as admissible_drift
from implicitbias.scaled.drift import averaging_weight as averaging_weight
from implicitbias.scaled.drift import change_bound as change_bound
from implicitbias.scaled.drift import growth_bound as growth_bound
from implicitbias.scaled.drift import largest_weight as largest_weight
from implicitbias.scaled.drift import measured_drift as measured_drift
from implicitbias.scaled.drift import plus_growth as plus_growth
from implicitbias.scaled.fixed_points import first_order_bias as first_order_bias
from implicitbias.scaled.fixed_points import fixed_point as fixed_point
from implicitbias.scaled.fixed_points import minimiser as minimiser
from implicitbias.scaled.fixed_points import stationary_point as stationary_point
from implicitbias.scaled.fixed_points import worker_diagonals as worker_diagonals
from implicitbias.scaled.fixed_points import worker_gradients as worker_gradients
from implicitbias.scaled.fixed_points import worker_hessians as worker_hessians
from implicitbias.scaled.horizon import HORIZONS as HORIZONS
from implicitbias.scaled.horizon import largest_local_steps as largest_local_steps
from implicitbias.scaled.horizon import step_condition as step_condition
from implicitbias.scaled.metric import curvature_bounds as curvature_bounds
from implicitbias.scaled.metric import identical_workers as identical_workers
from implicitbias.scaled.metric import metric_constants as metric_constants
from implicitbias.scaled.metric import MetricConstants as MetricConstants
from implicitbias.scaled.metric import worst as worst
from implicitbias.scaled.moments import exact_path as exact_path
from implicitbias.scaled.moments import ExactPath as ExactPath
from implicitbias.scaled.noise import AbstractNoise as AbstractNoise
from implicitbias.scaled.noise import Additive as Additive
from implicitbias.scaled.noise import Exact as Exact
from implicitbias.scaled.noise import MiniBatch as MiniBatch
from implicitbias.scaled.of_method import method_constants as method_constants
from implicitbias.scaled.one_step import expected_step as expected_step
from implicitbias.scaled.one_step import heterogeneous_side as heterogeneous_side
from implicitbias.scaled.one_step import heterogeneous_step_bound as heterogeneous_step_bound
from implicitbias.scaled.one_step import identical_side as identical_side
from implicitbias.scaled.one_step import identical_step_bound as identical_step_bound
from implicitbias.scaled.one_step import OneStep as OneStep
from implicitbias.scaled.theorems import crude_rate as crude_rate
from implicitbias.scaled.theorems import FORMS as FORMS
from implicitbias.scaled.theorems import heterogeneous_convex as heterogeneous_convex
from implicitbias.scaled.theorems import heterogeneous_strongly_convex as heterogeneous_strongly_convex
from implicitbias.scaled.theorems import identical_convex as identical_convex
from implicitbias.scaled.theorems import identical_strongly_convex as identical_strongly_convex
from implicitbias.scaled.theorems import metric_rate as metric_rate
from implicitbias.scaled.theorems import THEOREMS as THEOREMS
