"""Constants read off a method are those of its scaling; what the theorems do not cover is told apart."""

import numpy as np
import pytest

from implicitbias import BadInput, Fixed, gd, LocalMethod
from implicitbias.methods import AdaGrad, Adam, OASIS, RMSProp
from implicitbias.scaled import (
    averaging_weight,
    Constants,
    growth_bound,
    identical_strongly_convex,
    largest_weight,
    method_constants,
    MiniBatch,
)
from tests.scaled_zoo import logistic


BOUNDS = {"floor": 0.5, "ceiling": 2.0}


def scaled(scaling, batch: int | None = 1, **other):
    return LocalMethod(lr=0.02, local_steps=4, scaling=scaling, batch=batch, **other)


def test_constants_of_a_method_are_those_given_by_hand():
    problem = logistic(0, 2, identical=True)
    ours = method_constants(problem, scaled(OASIS(beta=0.99, **BOUNDS), batch=3))
    drift = growth_bound("linear", 0.99, 4.0).value - 1.0
    by_hand = Constants.of(problem, lr=0.02, local_steps=4, drift=drift, noise=MiniBatch(3), **BOUNDS)
    assert ours == by_hand and ours.shared and ours.independent and ours.identical


def test_a_constant_scaling_does_not_drift_and_is_its_own_metric():
    problem = logistic(0, 2)
    ours = method_constants(problem, scaled(Fixed((0.5, 2.0))))
    assert (ours.floor, ours.ceiling, ours.drift) == (0.5, 2.0, 0.0) and ours.metric is not None
    plain = method_constants(problem, gd(0.1))
    assert plain.spread == 1.0 and plain.noise == 0.0 and plain.scaled == plain.euclidean


def test_bias_correction_without_warm_up_is_outside_the_first_theorem():
    """The second refresh weighs about 1/2; after a long warm-up, or without the correction, 1 − β."""
    problem = logistic(0, 2, identical=True, l2=0.3)
    rate = 0.2 * BOUNDS["floor"] / problem.smoothness
    allowed = 0.5 * 4 * rate * 0.3 / 2.0
    weight = largest_weight("squared", allowed, 4.0)
    met = {}
    for name, scaling in {
        "corrected": Adam(beta=1 - weight, **BOUNDS),
        "warm": Adam(beta=1 - weight / 2, warmup=int(40 / weight), **BOUNDS),
        "plain": RMSProp(beta=1 - weight, **BOUNDS),
        "fast": RMSProp(beta=1 - 2 * weight, **BOUNDS),
    }.items():
        method = LocalMethod(lr=rate, local_steps=4, scaling=scaling, batch=1)
        bound = identical_strongly_convex(method_constants(problem, method), squared_distance=1.0, rounds=2)
        met[name] = bound.unmet
    assert met["warm"] == met["plain"] == ()
    assert met["corrected"] == met["fast"] == ("c ≤ Hημ_D/2",)


@pytest.mark.parametrize("warmup", [0, 5])
def test_the_first_drift_is_that_of_the_second_refresh(warmup):
    """After W samples of the warm-up and the refresh of round 0, the next weighs 1/(W + 2) for β → 1."""
    ours = method_constants(logistic(0, 2), scaled(Adam(beta=1 - 1e-9, warmup=warmup, **BOUNDS)))
    growth = growth_bound("squared", 1.0 - averaging_weight(1 - 1e-9, warmup + 1), 4.0).value
    assert ours.drift == pytest.approx(growth - 1.0, rel=1e-6)
    assert averaging_weight(1 - 1e-9, warmup + 1) == pytest.approx(1 / (warmup + 2), rel=1e-6)


def test_own_scalings_and_reused_samples_break_a_hypothesis():
    problem = logistic(0, 2)
    own = method_constants(problem, scaled(RMSProp(scope="worker", **BOUNDS)))
    same = method_constants(problem, scaled(RMSProp(sample="same", **BOUNDS)))
    assert not own.shared and own.independent and same.shared and not same.independent
    fixed = method_constants(problem, scaled(Fixed(((0.5, 2.0),) * problem.workers)))
    assert not fixed.shared and method_constants(problem, scaled(Fixed((0.5, 2.0)))).shared
    exact = method_constants(problem, scaled(RMSProp(sample="same", **BOUNDS), batch=None))
    assert exact.independent, "exact gradients are known from the past"


def test_what_a_run_did_may_stand_for_the_bound_on_its_drift():
    problem, rows = logistic(0, 2), np.array([[0.5, 2.0], [0.55, 1.0]])
    ours = method_constants(problem, scaled(RMSProp(flooring="plus", **BOUNDS)), drift=0.1, diagonals=rows)
    assert ours.drift == 0.1 and ours.metric is not None


@pytest.mark.parametrize(
    ("flooring", "bounds"), [("max", (0.5, 2.0)), ("plus", (0.5, 2.5)), ("inside", (0.5**0.5, 4.5**0.5))]
)
def test_the_bounds_on_d_are_those_of_its_flooring(flooring, bounds):
    """A sum has none, whatever is known of its drift."""
    problem = logistic(0, 2)
    ours = method_constants(problem, scaled(RMSProp(flooring=flooring, **BOUNDS)), drift=0.1)
    assert (ours.floor, ours.ceiling) == pytest.approx(bounds)
    with pytest.raises(BadInput, match="no bounds"):
        method_constants(problem, scaled(AdaGrad(**BOUNDS)), drift=0.1)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("method", "said"),
    [
        (scaled(RMSProp(floor=0.5)), "no bounds"),
        (scaled(RMSProp(floor=None, ceiling=1.0)), "no bounds"),
        (scaled(AdaGrad(**BOUNDS)), "no bounds"),
        (scaled(RMSProp(flooring="plus", **BOUNDS)), "give drift=c"),
        (LocalMethod(lr=0.1, local_steps=(2, 3)), "one η and one H"),
        (gd(0.1, momentum=0.5), "one η and one H"),
        (scaled(RMSProp(**BOUNDS), replacement=False), "with replacement"),
    ],
)
def test_other_methods_are_refused(method, said):
    with pytest.raises(BadInput, match=said):
        method_constants(logistic(0, 2), method)
