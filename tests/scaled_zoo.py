"""Drawn problems, preconditioners and states for the bounds on scaled local methods."""

import numpy as np

from implicitbias import LinearClassification, LinearRegression, Logistic, Quadratics, Stream
from implicitbias.scaled import Additive, Exact, MiniBatch


def numbers(seed, purpose="zoo"):
    return Stream(seed).at(f"scaled/{purpose}").generator()


def diagonal(seed, dim, decades=1.0):
    return 10.0 ** numbers(seed, "diagonal").uniform(-decades, decades, dim)


def quadratics(seed, workers, dim=2, *, identical=False, flat=False, centred=False):
    """Strongly convex quadratics; identical ones, ones with a common flat direction, ones with a common minimiser."""
    rng = numbers(seed, "quadratics")
    count = 1 if identical else workers
    roots = rng.normal(size=(count, dim, dim))
    hessians = roots @ roots.swapaxes(1, 2) / dim + 0.05 * np.eye(dim)
    if flat:
        hessians[:, 0, :] = hessians[:, :, 0] = 0.0
    centres = rng.normal(size=(count, dim)) * (0.0 if centred else 1.0)
    return Quadratics(np.tile(hessians, (workers // count, 1, 1)), np.tile(centres, (workers // count, 1)))


def logistic(seed, workers, dim=2, *, identical=False, l2=0.05):
    """Ridge logistic regression with labels that no w separates; identical workers hold the same rows."""
    rng = numbers(seed, "logistic")
    local = 5
    count = local if identical else workers * local
    features = rng.normal(size=(count, dim)) * 10.0 ** rng.uniform(-0.5, 0.5, dim)
    labels = np.where(rng.uniform(size=count) < 0.5, 1.0, -1.0)
    if identical:
        features, labels = np.tile(features, (workers, 1)), np.tile(labels, workers)
    return LinearClassification(features, labels, workers=workers, loss=Logistic(), l2=l2)


def regression(seed, workers, dim=2):
    rng = numbers(seed, "regression")
    return LinearRegression(
        rng.normal(size=(5 * workers, dim)), rng.normal(size=5 * workers), workers=workers
    )


def covariance(seed, dim):
    root = numbers(seed, "covariance").normal(size=(dim, dim))
    return Additive(root @ root.T)


def drawn(kind, seed, workers, *, identical):
    """A problem and a noise that suits it."""
    if kind == "quadratics":
        return quadratics(seed, workers, identical=identical), covariance(seed, 2)
    if kind == "regression":
        return regression(seed, workers), MiniBatch(1 + seed % 3)
    problem = logistic(seed, workers, identical=identical)
    return problem, Exact() if seed % 4 == 0 else MiniBatch(1 + seed % 3)
