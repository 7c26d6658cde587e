"""One-step and consensus lemmas by exact conditional expectation: never exceeded, and nearby wrong ones are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import BadInput, Quadratics
from implicitbias.scaled import (
    Additive,
    consensus_bound,
    Exact,
    exact_path,
    expected_consensus,
    expected_step,
    heterogeneous_side,
    heterogeneous_step_bound,
    identical_side,
    identical_step_bound,
    metric_constants,
    MiniBatch,
    minimiser,
    round_consensus_bound,
    round_sums,
)
from tests.scaled_zoo import covariance, diagonal, drawn, logistic, numbers, quadratics


seeds = st.integers(0, 2**20)
few = settings(max_examples=20)
forms = st.booleans()

# Loss differences and squares cancel to a few roundings of their size.
ROUNDING = 1e-12


def states(seed, workers, x, dim=2, count=50):
    """Local models around a mean, at all ratios of disagreement to distance from x*."""
    rng = numbers(seed, "states")
    far, apart = 10.0 ** rng.uniform(-2, 1, (2, count, 1, 1))
    return x + far * rng.normal(size=(count, 1, dim)) + apart * rng.normal(size=(count, workers, dim))


def constants_of(problem, entries, noise, aware):
    if aware:
        return metric_constants(problem, entries, noise)
    return metric_constants(problem, np.ones(len(entries)), noise).crude(entries.min(), entries.max())


def excess(step, side):
    return (step.expected - side) / (step.distance + step.consensus)


@few
@given(
    seed=seeds, kind=st.sampled_from(["quadratics", "logistic"]), workers=st.integers(1, 4), aware=forms,
    share=st.floats(0.01, 1.0),
)  # fmt: skip
def test_one_step_on_identical_data_is_bounded_by_l2(seed, kind, workers, aware, share):
    problem, noise = drawn(kind, seed, workers, identical=True)
    entries, x = diagonal(seed, 2), minimiser(problem)
    constants = constants_of(problem, entries, noise, aware)
    step = expected_step(
        problem, states(seed, workers, x), entries, share / (4 * constants.smoothness), noise, x
    )
    assert excess(step, identical_side(step, constants)).max() <= ROUNDING
    one = expected_step(problem, states(seed, workers, x)[0], entries, step.lr, noise, x)
    bound = identical_step_bound(one, constants, identical=True)
    assert bound.applicable and bound.tightness(float(one.expected)) <= 1.0 + ROUNDING


@few
@given(
    seed=seeds, kind=st.sampled_from(["quadratics", "logistic", "regression"]), workers=st.integers(1, 4),
    aware=forms, share=st.floats(0.01, 1.0),
)  # fmt: skip
def test_one_step_on_heterogeneous_data_is_bounded_by_l4(seed, kind, workers, aware, share):
    problem, noise = drawn(kind, seed, workers, identical=False)
    entries, x = diagonal(seed, 2), minimiser(problem)
    constants = constants_of(problem, entries, noise, aware)
    step = expected_step(
        problem, states(seed, workers, x), entries, share / (8 * constants.sample_smoothness), noise, x
    )
    assert excess(step, heterogeneous_side(step, constants)).max() <= ROUNDING
    one = expected_step(problem, states(seed, workers, x)[0], entries, step.lr, noise, x)
    bound = heterogeneous_step_bound(one, constants)
    assert bound.applicable and bound.tightness(float(one.expected)) <= 1.0 + ROUNDING


@pytest.mark.parametrize(
    "wrong", [{"consensus": 0.0}, {"gap": 5 / 2}, {"noise": 1 / 4}], ids=["without V", "gap 5/2", "σ²/M²"]
)
def test_wrong_one_step_lemmas_for_identical_data_are_exceeded(wrong):
    largest, right = [], []
    for seed in range(6):
        # Quadratics with constant noise attain its term; they do not need V, which curvature that changes does.
        for problem, noise, share in (
            (quadratics(seed, 4, identical=True), covariance(seed, 2), 1e-3),
            (logistic(seed, 2, identical=True, l2=0.01), Exact(), 1.0),
        ):
            entries, x = diagonal(seed, 2, 0.3), minimiser(problem)
            constants = metric_constants(problem, entries, noise)
            points = x + share * (states(seed, problem.workers, x, count=200) - x)
            step = expected_step(problem, points, entries, 1 / (4 * constants.smoothness), noise, x)
            largest.append(excess(step, identical_side(step, constants, **wrong)).max())
            right.append(excess(step, identical_side(step, constants)).max())
    assert max(right) <= ROUNDING < 1e-3 < max(largest)


@pytest.mark.parametrize(
    "wrong", [{"consensus": 0.0}, {"gap": 4.0}, {"noise": 1 / 8}], ids=["without V", "gap 4", "noise 1/8"]
)
def test_wrong_one_step_lemmas_for_heterogeneous_data_are_exceeded(wrong):
    largest, right = [], []
    for seed in range(12):
        problem, noise = logistic(seed, 3, l2=1e-3), MiniBatch(1)
        entries, x = diagonal(seed, 2, 0.3), minimiser(problem)
        for law in (Exact(), noise):
            constants = metric_constants(problem, entries, law)
            points = np.concatenate([states(seed, 3, x, count=200), np.broadcast_to(x, (1, 3, 2))])
            points[-1] += 1e-3
            step = expected_step(problem, points, entries, 1 / (8 * constants.sample_smoothness), law, x)
            largest.append(excess(step, heterogeneous_side(step, constants, **wrong)).max())
            right.append(excess(step, heterogeneous_side(step, constants)).max())
    assert max(right) <= ROUNDING < 1e-3 < max(largest)


@few
@given(seed=seeds, workers=st.integers(1, 3), size=st.integers(1, 2), lr=st.floats(0.01, 2.0))
def test_the_expected_step_is_the_mean_over_all_mini_batches(seed, workers, size, lr):
    problem, entries = logistic(seed, workers), diagonal(seed, 2)
    x, points = minimiser(problem), states(seed, workers, minimiser(problem), count=1)[0]
    step = expected_step(problem, points, entries, lr, MiniBatch(size), x)
    batches = np.stack(np.meshgrid(*[np.arange(5)] * size), axis=-1).reshape(-1, size)
    each = [
        problem.worker_gradient(np.tile(points[m], (len(batches), 1)), m, batches) for m in range(workers)
    ]
    # Workers are independent: all combinations of their batches, by broadcasting.
    total = np.zeros((1, 2))
    for gradients in each:
        total = (total[:, None] + gradients[None]).reshape(-1, 2)
    after = points.mean(axis=0) - lr * total / workers / entries
    assert step.expected == pytest.approx((((after - x) ** 2) @ entries).mean(), rel=1e-9)
    assert step.consensus == pytest.approx(
        np.mean([(points[m] - points.mean(axis=0)) ** 2 @ entries for m in range(workers)])
    )


def test_the_lemmas_claim_nothing_beyond_their_steps_or_for_unlike_workers():
    problem, entries = quadratics(0, 2), np.array([0.5, 2.0])
    constants = metric_constants(problem, entries)
    step = expected_step(problem, np.ones((2, 2)), entries, 0.24 / constants.smoothness)
    assert "f_m = f" in identical_step_bound(step, constants, identical=False).unmet[0]
    assert identical_step_bound(step, constants, identical=True).applicable
    assert heterogeneous_step_bound(step, constants).unmet == ("η L_D ≤ 1/8",)


@few
@given(
    seed=seeds, workers=st.integers(1, 4), steps=st.integers(0, 40), share=st.floats(0.05, 1.0), aware=forms
)
def test_workers_part_no_faster_than_l3(seed, workers, steps, share, aware):
    problem, noise, entries = (
        quadratics(seed, workers, identical=True),
        covariance(seed, 2),
        diagonal(seed, 2),
    )
    constants = constants_of(problem, entries, noise, aware)
    lr = 2.0 * share / constants.smoothness
    measured = expected_consensus(problem, entries, lr, steps, noise)
    for k in (0, steps // 2, steps):
        bound = consensus_bound(k, lr, workers, constants)
        assert bound.applicable and measured[k] <= bound.value * (1 + ROUNDING)


def flat_coordinate(workers):
    """Curvature 1 across, 0 along a coordinate that has the floor and all the noise."""
    problem = Quadratics(np.tile(np.diag([0.0, 1.0]), (workers, 1, 1)), np.zeros((workers, 2)))
    return problem, Additive(np.diag([2.0, 0.0])), np.array([0.5, 0.5])


@pytest.mark.parametrize("workers", [2, 5])
@pytest.mark.parametrize("share", [0.25, 1.0, 1.99])
def test_l3_is_attained_along_a_flat_coordinate(workers, share):
    problem, noise, entries = flat_coordinate(workers)
    constants = metric_constants(problem, entries, noise)
    lr = share / constants.smoothness
    measured = expected_consensus(problem, entries, lr, 32, noise)
    ratios = [consensus_bound(k, lr, workers, constants).tightness(measured[k]) for k in range(1, 33)]
    np.testing.assert_allclose(ratios, 1.0, rtol=1e-12)
    squared = consensus_bound(32, lr, workers, constants, share=(1 - 1 / workers) ** 2)
    assert measured[32] > 1.2 * squared.value


def test_l3_breaks_just_beyond_its_step():
    problem = Quadratics(np.tile(np.eye(1), (3, 1, 1)), np.zeros((3, 1)))
    noise, entries = Additive(np.eye(1)), np.array([0.5])
    constants = metric_constants(problem, entries, noise)
    lr, k = 2.2 / constants.smoothness, 32
    bound = consensus_bound(k, lr, 3, constants)
    assert bound.unmet == ("η L_D ≤ 2",)
    ratio = expected_consensus(problem, entries, lr, k, noise)[k] / bound.value
    assert ratio == pytest.approx((1.44**k - 1) / (0.44 * k), rel=1e-9) and ratio > 8e3


@few
@given(seed=seeds, workers=st.integers(1, 3), steps=st.integers(1, 6), lr=st.floats(0.001, 0.1))
def test_two_ways_to_the_expected_consensus_agree(seed, workers, steps, lr):
    """The covariance of one worker, and that of all of them in one vector."""
    problem, noise, entries = (
        quadratics(seed, workers, identical=True),
        covariance(seed, 2),
        diagonal(seed, 2, 0.3),
    )
    one = expected_consensus(problem, entries, lr, steps - 1, noise)
    path = exact_path(problem, entries[None], lr, steps, np.array([3.0, -1.0]), noise)
    np.testing.assert_allclose(path.consensus, one, rtol=1e-9, atol=1e-13)


def test_consensus_of_unlike_workers_is_refused():
    with pytest.raises(BadInput, match="workers differ"):
        expected_consensus(quadratics(0, 2), np.ones(2), 0.1, 3, covariance(0, 2))


@few
@given(
    seed=seeds, kind=st.sampled_from([quadratics, logistic]), workers=st.integers(2, 4),
    steps=st.integers(1, 20), aware=forms, growth=st.sampled_from([1.0, 8 / 7]), far=st.floats(-2, 1),
)  # fmt: skip
def test_a_round_parts_its_workers_no_farther_than_l5(seed, kind, workers, steps, aware, growth, far):
    problem, entries = kind(seed, workers), diagonal(seed, 2)
    constants, x = constants_of(problem, entries, Exact(), aware), minimiser(problem)
    lr = 1 / (8 * constants.sample_smoothness * max(steps - 1, 1))
    start = x + 10.0**far * numbers(seed, "start").normal(size=2)
    sums = round_sums(problem, start, entries, lr, steps, growth=growth, at=x)
    bound = round_consensus_bound(sums, constants)
    assert bound.applicable and sums.consensus <= bound.value * (1 + ROUNDING) + ROUNDING**2 * (start @ start)
    assert sums.weight == pytest.approx(sum(growth ** (k / max(steps - 1, 1)) for k in range(steps)))


def test_l5_needs_the_square_of_the_local_steps():
    """At x*, on nearly flat f_m that pull apart, V_t = η²ζ²t²: Σ V ~ η²ζ²H³/3, against (H−1)^p·3.15·H."""
    problem = Quadratics(np.tile([[1e-6]], (2, 1, 1)), [[1e6], [-1e6]])
    constants = metric_constants(problem, np.ones(1))
    for steps in (16, 64):
        sums = round_sums(problem, np.zeros(1), np.ones(1), 1e-3, steps)
        assert round_consensus_bound(sums, constants).tightness(sums.consensus) == pytest.approx(
            (2 * steps - 1) / (6 * (steps - 1)) / 3.15, rel=1e-3
        )
        assert sums.consensus > round_consensus_bound(sums, constants, power=1.0).value
    too_far = round_sums(problem, np.zeros(1), np.ones(1), 0.126e6, 2, growth=1.2)
    assert len(round_consensus_bound(too_far, constants).unmet) == 2
