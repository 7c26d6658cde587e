"""Exact answers where losses are quadratic: rounds as affine maps, their limits, rates and moments, without a run."""

from implicitbias.recursions.affine_round import affine_round as affine_round
from implicitbias.recursions.affine_round import AffineRound as AffineRound
from implicitbias.recursions.curvatures import worker_curvatures as worker_curvatures
from implicitbias.recursions.curvatures import WorkerCurvatures as WorkerCurvatures
from implicitbias.recursions.random_round import random_round as random_round
from implicitbias.recursions.random_round import RandomRound as RandomRound
from implicitbias.recursions.weights import worker_weights as worker_weights
