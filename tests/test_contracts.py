"""The contracts of losses and problems: kept by ours, and broken by each planted mistake."""

from dataclasses import dataclass

import numpy as np
import pytest

from implicitbias import (
    BadInput,
    Exponential,
    LinearClassification,
    LinearRegression,
    Logistic,
    PolynomialTail,
    Quadratics,
)
from implicitbias.data import set_a
from implicitbias.losses import AbstractLoss
from implicitbias.problems.twice_differentiable import AbstractTwiceDifferentiable
from paper_repro.testing import assert_loss, assert_problem


DATA = set_a()


@pytest.mark.parametrize(
    "loss", [Exponential(), Logistic(), PolynomialTail(0.5), PolynomialTail(3.0)], ids=repr
)
def test_our_losses_keep_the_contract(loss):
    assert_loss(loss)


@pytest.mark.parametrize(
    "problem",
    [
        LinearClassification(DATA.features, DATA.labels, workers=DATA.workers, loss=Logistic(), l2=0.3),
        LinearClassification(DATA.features, DATA.labels, workers=DATA.workers, loss=PolynomialTail(2.0)),
        LinearRegression(DATA.features, DATA.labels, workers=DATA.workers),
        Quadratics([[[1.0, 0.2], [0.2, 2.0]], [[1.0, 0.0], [0.0, 0.0]]], [[0.0, 1.0], [2.0, 0.0]]),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_our_problems_keep_the_contract(problem):
    assert_problem(problem)


@dataclass(frozen=True)
class Altered(AbstractLoss):
    """The logistic loss with one part replaced by what it should not be."""

    part: str = ""
    wrong: object = None

    def _of(self, part, margin):
        right = getattr(Logistic(), part)(margin)
        return self.wrong(margin, right) if part == self.part else right

    def value(self, margin):
        return self._of("value", margin)

    def log_value(self, margin):
        return self._of("log_value", margin)

    def slope(self, margin):
        return self._of("slope", margin)

    def log_slope(self, margin):
        return self._of("log_slope", margin)

    def curvature(self, margin):
        return self._of("curvature", margin)

    @property
    def smoothness(self):
        return 0.2 if self.part == "smoothness" else 0.25


@pytest.mark.parametrize(
    ("part", "wrong", "said"),
    [
        ("slope", lambda z, right: -right, "log_slope is the logarithm of slope"),
        ("slope", lambda z, right: 1.001 * right, "log_slope is the logarithm of slope"),
        ("value", lambda z, right: 2 * right, "log_value is the logarithm of value"),
        ("log_value", lambda z, right: np.where(z > 700, -np.inf, right), "log_value is finite"),
        ("log_value", lambda z, right: right + np.log(2), "log_value is the logarithm of value"),
        ("curvature", lambda z, right: right * 1.01, "curvature is ℓ″"),
        ("smoothness", None, "0 ≤ curvature ≤ smoothness"),
    ],
)
def test_a_wrong_part_of_a_loss_is_named(part, wrong, said):
    assert_loss(Altered())
    with pytest.raises(AssertionError, match=said):
        assert_loss(Altered(part, wrong))


def test_a_slope_and_its_logarithm_that_fit_each_other_but_not_the_loss_are_refused():
    @dataclass(frozen=True)
    class Other(Exponential):
        def slope(self, margin):
            return 2 * np.exp(-margin)

        def log_slope(self, margin):
            return np.log(2) - margin

    with pytest.raises(AssertionError, match="slope is −ℓ′"):
        assert_loss(Other())


class Bowl(AbstractTwiceDifferentiable):
    """f_m(w) = ¼|w|⁴ with one of its parts wrong."""

    workers, dim = 2, 3

    def __init__(self, gradient=1.0, hvp=1.0, mixing=False):
        self.parts = gradient, hvp, mixing

    def worker_loss(self, w, worker):
        return 0.25 * (w**2).sum(axis=-1) ** 2

    def worker_gradient(self, w, worker, samples=None):
        size = (w**2).sum() if self.parts[2] else (w**2).sum(axis=-1, keepdims=True)
        return (self.parts[0] if worker else 1.0) * size * w

    def worker_hvp(self, w, direction, worker, samples=None):
        along = (w * direction).sum(axis=-1, keepdims=True)
        return self.parts[1] * ((w**2).sum(axis=-1, keepdims=True) * direction + 2 * along * w)

    def content(self):
        return self.parts


@pytest.mark.parametrize(
    ("altered", "said"),
    [
        ({"gradient": 1.01}, "worker_gradient·v of worker 1"),
        ({"hvp": 0.5}, "worker_hvp of worker 0"),
        ({"mixing": True}, "worker_gradient"),
    ],
)
def test_a_wrong_part_of_a_problem_is_named(altered, said):
    assert_problem(Bowl())
    with pytest.raises(AssertionError, match=said):
        assert_problem(Bowl(**altered))


def test_what_is_neither_is_refused():
    with pytest.raises(BadInput, match="AbstractLoss"):
        assert_loss(np.exp)
    with pytest.raises(BadInput, match="AbstractProblem"):
        assert_problem(Logistic())
