"""Exact answers: a round of a task is an affine map, whose path, fixed point and rate are linear algebra."""

import math

import numpy as np
from jaxtyping import Float

from implicitbias.recursions import affine_round, AffineRound, minimiser_of
from paper_repro.conformance.task import Task


def exact_round(task: Task) -> AffineRound:
    """Return the round of a task as an affine map of server, controls, velocity and what is on its way."""
    return affine_round(task.problem, task.method)


def exact_path(task: Task) -> Float[np.ndarray, "round dim"]:
    """Return x¹ … x^R."""
    return exact_round(task).path(task.start, task.rounds)[1:]


def optimum(task: Task) -> Float[np.ndarray, " dim"]:
    """Return x* = argmin Σ_m p_m f_m."""
    return minimiser_of(task.problem, task.method)


def rounds_to(precision: float, radius: float) -> int:
    """Return the rounds in which a spectral radius brings a distance down to ``precision`` of itself."""
    return max(1, math.ceil(math.log(precision) / math.log(max(radius, precision))))
