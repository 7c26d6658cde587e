"""Constants in the metric of D: they bound curvature and noise everywhere, and the crude ones are never better."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    AbstractProblem,
    BadInput,
    Exponential,
    LinearClassification,
    LinearRegression,
    Logistic,
    PolynomialTail,
    Quadratics,
)
from implicitbias.scaled import (
    Additive,
    Constants,
    curvature_bounds,
    Exact,
    identical_workers,
    metric_constants,
    MiniBatch,
    minimiser,
    worker_gradients,
    worker_hessians,
    worst,
)
from tests.scaled_zoo import diagonal, drawn, logistic, numbers, quadratics, regression


seeds = st.integers(0, 2**20)
kinds = st.sampled_from(["quadratics", "logistic", "regression"])
few = settings(max_examples=15)


def rayleigh(matrix, vector, entries):
    """Curvature along a direction over its squared length in the norm of D."""
    return (vector @ matrix @ vector) / (vector**2 @ entries)


@few
@given(seed=seeds, kind=kinds, workers=st.integers(1, 3))
def test_curvature_lies_between_its_bounds_in_every_direction(seed, kind, workers):
    problem, noise = drawn(kind, seed, workers, identical=False)
    entries, rng = diagonal(seed, 2), numbers(seed, "direction")
    constants = metric_constants(problem, entries, noise)
    for _ in range(20):
        x, v = 2.0 * rng.normal(size=2), rng.normal(size=2)
        bends = [rayleigh(h, v, entries) for h in worker_hessians(problem, x)]
        assert constants.strong_convexity <= min(bends) * (1 + 1e-9) + 1e-14
        assert max(bends) <= constants.smoothness * (1 + 1e-9)
    assert constants.smoothness <= constants.sample_smoothness * (1 + 1e-9)


@few
@given(seed=seeds, workers=st.integers(1, 3), size=st.integers(1, 3), loss=st.sampled_from([1.5, None]))
def test_noise_is_bounded_everywhere_and_enumerated_exactly(seed, workers, size, loss):
    base = logistic(seed, workers)
    law = Logistic() if loss is None else PolynomialTail(loss)
    problem = LinearClassification(base.features, base.labels, workers=workers, loss=law, l2=0.1)
    entries, rng, noise = diagonal(seed, 2), numbers(seed, "point"), MiniBatch(size)
    largest = (noise.largest_variances(problem) / entries).sum(axis=1).max()
    for scale in (0.3, 3.0, 30.0):
        points = scale * rng.normal(size=(workers, 2))
        spread = noise.variances(problem, points)
        assert (spread / entries).sum(axis=1).max() <= largest * (1 + 1e-12)
        local = np.stack([problem.worker_gradient(points[0], 0, np.array([i])) for i in range(5)])
        np.testing.assert_allclose(size * spread[0], local.var(axis=0), rtol=1e-9, atol=1e-14)


def test_the_bound_on_the_noise_is_attained_where_half_the_slopes_are_one():
    """x = ±1, far to one side: slopes 1 and 0, gradients −1 and 0, variance 1/4 = range²/16; both at 0: 1/4 too."""
    problem = LinearClassification([[1.0], [1.0]], [1.0, -1.0], loss=Logistic(), l2=0.1)
    far = MiniBatch(1).variances(problem, np.array([[50.0]]))
    assert far.item() == pytest.approx(0.25)
    assert MiniBatch(1).largest_variances(problem).item() == 1.0
    one_sided = LinearClassification([[1.0], [0.0]], [1.0, 1.0], loss=Logistic(), l2=0.1)
    spread = MiniBatch(1).variances(one_sided, np.array([[-50.0]]))
    assert MiniBatch(1).largest_variances(one_sided).item() == pytest.approx(spread.item())


@few
@given(seed=seeds, kind=kinds, workers=st.integers(1, 3))
def test_the_crude_constants_are_never_better(seed, kind, workers):
    problem, noise = drawn(kind, seed, workers, identical=False)
    entries = diagonal(seed, 2)
    aware = metric_constants(problem, entries, noise)
    crude = metric_constants(problem, np.ones(2), noise).crude(entries.min(), entries.max())
    for field in dataclasses.fields(aware):
        small, large = getattr(aware, field.name), getattr(crude, field.name)
        if field.name == "strong_convexity":
            small, large = large, small
        assert small <= large * (1 + 1e-9)
    assert aware.condition >= 1.0


def test_a_multiple_of_the_identity_divides_all_constants_alike():
    problem, noise = drawn("quadratics", 3, 2, identical=False)
    plain, scaled = (metric_constants(problem, d * np.ones(2), noise) for d in (1.0, 4.0))
    assert dataclasses.astuple(scaled) == pytest.approx([c / 4 for c in dataclasses.astuple(plain)])
    assert scaled.condition == pytest.approx(plain.condition)


def test_the_smoothness_in_the_metric_can_exceed_its_wrong_bound():
    """H̄ = L·I has L_D = L/d_min exactly: "L_D ≤ L/d_max" is false."""
    problem, entries = Quadratics([3.0 * np.eye(2)], [[0.0, 0.0]]), np.array([0.5, 4.0])
    assert metric_constants(problem, entries).smoothness == pytest.approx(3.0 / 0.5)


@given(seed=seeds)
def test_jacobi_scaling_makes_diagonal_problems_perfect_and_leaves_constant_diagonals_alone(seed):
    rng = numbers(seed, "jacobi")
    curvatures = 10.0 ** rng.uniform(-2, 2, 3)
    axis_aligned = Quadratics([np.diag(curvatures)], np.zeros((1, 3)))
    assert metric_constants(axis_aligned, curvatures).condition == pytest.approx(1.0)
    off = rng.uniform(0.1, 0.9)
    rotated = Quadratics([[[2.0, 2.0 * off], [2.0 * off, 2.0]]], np.zeros((1, 2)))
    plain, jacobi = (metric_constants(rotated, d * np.ones(2)).condition for d in (1.0, 2.0))
    assert jacobi == pytest.approx(plain) and plain == pytest.approx((1 + off) / (1 - off))


@few
@given(seed=seeds, workers=st.integers(1, 3))
def test_constants_of_a_problem_agree_with_their_definition(seed, workers):
    problem, noise = drawn("quadratics", seed, workers, identical=False)
    rows = np.stack([diagonal(seed + k, 2) for k in range(3)])
    each = [metric_constants(problem, row, noise) for row in rows]
    bounds = {"floor": rows.min(), "ceiling": rows.max(), "lr": 0.01, "local_steps": 4}
    given_ = Constants.of(problem, noise=noise, diagonals=rows, **bounds)
    scaled = given_.scaled
    assert scaled == worst(each)
    assert scaled.smoothness == max(c.smoothness for c in each)
    assert scaled.strong_convexity == min(c.strong_convexity for c in each)
    assert scaled.noise == max(c.noise for c in each)
    x, slopes = minimiser(problem), worker_gradients(problem, minimiser(problem))
    assert np.linalg.norm(slopes.mean(axis=0)) < 1e-9 * (1 + np.linalg.norm(x))
    assert given_.heterogeneity == pytest.approx((slopes**2).sum(axis=1).mean(), abs=1e-15)
    assert given_.identical == (workers == 1) and given_.workers == workers
    crude = Constants.of(problem, noise=noise, **bounds)
    assert crude.metric is None
    assert crude.scaled.smoothness == pytest.approx(problem.smoothness / rows.min())
    assert crude.named()["σ_D²"] == pytest.approx(np.trace(noise.covariance) / rows.min())


def test_workers_are_identical_whatever_the_order_of_their_samples():
    rows, targets = numbers(0).normal(size=(4, 2)), np.array([1.0, -1.0, 1.0, -1.0])
    order = [2, 0, 3, 1]
    twice = np.concatenate([rows, rows[order]])
    labels = np.concatenate([targets, targets[order]])
    assert identical_workers(LinearClassification(twice, labels, workers=2))
    assert identical_workers(LinearRegression(twice, labels, workers=2))
    assert not identical_workers(LinearRegression(twice, np.concatenate([targets, targets]), workers=2))
    assert not identical_workers(LinearClassification(twice, -np.abs(labels), workers=3))
    assert identical_workers(quadratics(1, 3, identical=True))
    assert not identical_workers(quadratics(1, 3))
    # A label goes with its row: (−y, −x) is the same sample.
    assert identical_workers(
        LinearClassification(np.concatenate([rows, -rows]), np.concatenate([targets, -targets]), workers=2)
    )


def test_regression_has_no_uniform_noise_and_says_so():
    problem = regression(0, 2)
    constants = Constants.of(
        problem, floor=0.5, ceiling=2.0, lr=0.01, local_steps=2, noise=MiniBatch(1), diagonals=np.ones(2)
    )
    assert constants.noise == np.inf and np.isfinite(constants.scaled.dissimilarity)
    assert Constants.of(problem, floor=0.5, ceiling=2.0, lr=0.01, local_steps=2).noise == 0.0


class Bumpy(AbstractProblem):
    """|w|⁴/4, known by its gradient alone."""

    dim = workers = 1  # pyright: ignore[reportAssignmentType]

    def worker_loss(self, w, worker):
        return 0.25 * (w**4).sum(axis=-1)

    def worker_gradient(self, w, worker, samples=None):
        return w**3

    def content(self):
        return ()


GOOD = {
    "smoothness": 1.0,
    "strong_convexity": 0.1,
    "noise": 1.0,
    "floor": 0.5,
    "ceiling": 2.0,
    "workers": 2,
    "local_steps": 4,
    "lr": 0.05,
}


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Constants(**{**GOOD, "floor": 0.0}), "floor = 0.0"),
        (lambda: Constants(**{**GOOD, "ceiling": 0.4}), "ceiling = 0.4"),
        (lambda: Constants(**{**GOOD, "noise": float("nan")}), "noise = nan"),
        (lambda: Constants(**{**GOOD, "drift": -0.1}), "drift = -0.1"),
        (lambda: Constants(**{**GOOD, "local_steps": 0}), "local_steps = 0"),
        (lambda: Additive(np.array([[1.0, 2.0], [2.0, 1.0]])), "semidefinite"),
        (lambda: Additive(np.ones((2, 3))), "semidefinite"),
        (lambda: MiniBatch(0), "size = 0"),
        (lambda: metric_constants(quadratics(0, 1), np.array([1.0, 0.0])), "least entry 0"),
        (lambda: metric_constants(quadratics(0, 1), np.ones(2), MiniBatch(1)), "is no problem with samples"),
        (lambda: MiniBatch(1).variances(quadratics(0, 1), np.zeros((1, 2))), "has no samples"),
        (lambda: metric_constants(quadratics(0, 1), np.ones(2), Additive(np.eye(3))), "shape \\(3, 3\\)"),
        (lambda: curvature_bounds(Bumpy()), "Bumpy is no problem with known curvature"),
        (lambda: minimiser(Bumpy()), "needs worker_hvp, which it lacks"),
        (
            lambda: metric_constants(LinearClassification([[1.0]], [1.0], loss=Exponential(), l2=1), np.ones(1)),
            "no L; use Logistic",
        ),
        (
            lambda: Constants.of(
                quadratics(0, 1), floor=0.5, ceiling=2.0, lr=0.1, local_steps=1, diagonals=3 * np.ones(2)
            ),
            "from 3 to 3",
        ),
        (lambda: worst([]), "non-empty"),
    ],
)  # fmt: skip
def test_bad_input_names_value_rule_and_cure(make, said):
    with pytest.raises(BadInput, match=said):
        make()


def test_exact_gradients_have_no_noise():
    problem = logistic(1, 2)
    constants = metric_constants(problem, np.ones(2), Exact())
    assert constants.noise == constants.minimiser_noise == 0.0 < constants.heterogeneity
