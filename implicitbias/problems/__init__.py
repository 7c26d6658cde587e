"""Finite problems: objectives of M workers with exact constants."""

from implicitbias.problems.abstract import AbstractProblem as AbstractProblem
from implicitbias.problems.linear_classification import LinearClassification as LinearClassification
from implicitbias.problems.linear_regression import LinearRegression as LinearRegression
from implicitbias.problems.quadratics import Quadratics as Quadratics
from implicitbias.problems.sampled import AbstractSampledProblem as AbstractSampledProblem
