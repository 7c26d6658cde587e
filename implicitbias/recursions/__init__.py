"""Exact answers where losses are quadratic: rounds as affine maps, their limits, rates and moments, without a run."""

from implicitbias.recursions.affine_round import affine_round as affine_round
from implicitbias.recursions.affine_round import AffineRound as AffineRound
from implicitbias.recursions.bias import average_drift as average_drift
from implicitbias.recursions.bias import bias_expansion as bias_expansion
from implicitbias.recursions.bias import BiasExpansion as BiasExpansion
from implicitbias.recursions.bias import first_order_bias as first_order_bias
from implicitbias.recursions.bias import first_order_drift as first_order_drift
from implicitbias.recursions.bias import minimiser_of as minimiser_of
from implicitbias.recursions.curvatures import worker_curvatures as worker_curvatures
from implicitbias.recursions.curvatures import WorkerCurvatures as WorkerCurvatures
from implicitbias.recursions.fresh_regression import Coefficients as Coefficients
from implicitbias.recursions.fresh_regression import FreshRegression as FreshRegression
from implicitbias.recursions.merging import fisher_merge as fisher_merge
from implicitbias.recursions.merging import one_shot_excess as one_shot_excess
from implicitbias.recursions.merging import task_arithmetic as task_arithmetic
from implicitbias.recursions.outer import best_server_rate as best_server_rate
from implicitbias.recursions.outer import BestRate as BestRate
from implicitbias.recursions.outer import contraction as contraction
from implicitbias.recursions.outer import delay_limit as delay_limit
from implicitbias.recursions.outer import outer_radius as outer_radius
from implicitbias.recursions.projections import averaged_projections as averaged_projections
from implicitbias.recursions.projections import nearest_solution as nearest_solution
from implicitbias.recursions.random_round import random_round as random_round
from implicitbias.recursions.random_round import RandomRound as RandomRound
