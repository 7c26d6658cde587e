"""Objectives of M workers: finite problems with exact constants, and what is known by a loss and its noise."""

from implicitbias.problems.abstract import AbstractProblem as AbstractProblem
from implicitbias.problems.laws import AbstractLaw as AbstractLaw
from implicitbias.problems.laws import Drawn as Drawn
from implicitbias.problems.laws import Gaussian as Gaussian
from implicitbias.problems.laws import Skewed as Skewed
from implicitbias.problems.laws import TwoPoint as TwoPoint
from implicitbias.problems.linear import AbstractLinearProblem as AbstractLinearProblem
from implicitbias.problems.linear_classification import LinearClassification as LinearClassification
from implicitbias.problems.linear_regression import LinearRegression as LinearRegression
from implicitbias.problems.network import TwoLayerNetwork as TwoLayerNetwork
from implicitbias.problems.noisy import AbstractNoisyProblem as AbstractNoisyProblem
from implicitbias.problems.noisy_quadratics import NoisyQuadratics as NoisyQuadratics
from implicitbias.problems.quadratics import Quadratics as Quadratics
from implicitbias.problems.sampled import AbstractSampledProblem as AbstractSampledProblem
from implicitbias.problems.twice_differentiable import (
    AbstractTwiceDifferentiable as AbstractTwiceDifferentiable,
)
