"""Bounds hold where their hypotheses do, are reached where they are sharp, and nearby wrong ones break."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from implicitbias.bounds import Bound, crawshaw_threshold, drift_bound, halpern_bound, path_drift_bound
from implicitbias.errors import BadInput


modest = settings(deadline=None, max_examples=30)
seeds = st.integers(0, 2**32 - 1)
losses = st.sampled_from(["exponential", "logistic"])


def normal(seed, *shape):
    return np.random.Generator(np.random.Philox(seed)).standard_normal(shape)


def value(loss, z):
    return np.exp(-z) if loss == "exponential" else np.logaddexp(0.0, -z)


def gradient(loss, rows, w):
    z = rows @ w
    slope = np.exp(-z) if loss == "exponential" else 1.0 / (1.0 + np.exp(z))
    return -slope @ rows / len(rows)


def drift(loss, workers, w, lr, local_steps):
    """Norms of b_r and of the gradient of f in w <- w - lr·H·(grad f + b_r)."""
    ends = []
    for rows in workers:
        v = w
        for _ in range(local_steps):
            v = v - lr * gradient(loss, rows, v)
        ends.append(v)
    mean_gradient = np.mean([gradient(loss, rows, w) for rows in workers], axis=0)
    b = (w - np.mean(ends, axis=0)) / (lr * local_steps) - mean_gradient
    return np.linalg.norm(b), np.linalg.norm(mean_gradient)


def worker_losses(loss, workers, w):
    return np.array([value(loss, rows @ w).mean() for rows in workers])


def separable(seed, workers, scale):
    """Random workers of four rows with positive margin along the first axis, and their largest norm."""
    rows = normal(seed, workers, 4, 3)
    rows[..., 0] = np.abs(rows[..., 0]) + 0.2
    rows *= scale / np.linalg.norm(rows, axis=-1).max()
    return list(rows)


@modest
@given(seeds, losses, st.integers(1, 4), st.integers(1, 8), st.floats(0.3, 3.0), st.floats(0.01, 0.999))
def test_drift_is_bounded_whatever_the_units(seed, loss, count, local_steps, scale, reach):
    workers, w = separable(seed, count, scale), normal(seed + 1, 3) / scale
    f = worker_losses(loss, workers, w)
    lr = reach / (local_steps * scale**2 * f.max())
    assume(loss == "exponential" or lr * scale**2 <= 8.0)
    measured, _ = drift(loss, workers, w, lr, local_steps)
    simple = drift_bound(f, lr=lr, local_steps=local_steps, row_norm=scale, loss=loss)
    sharp = path_drift_bound(f, lr=lr, local_steps=local_steps, row_norm=scale, loss=loss)
    assert simple.applicable and sharp.applicable
    assert measured <= sharp.value * (1 + 1e-9) + 1e-13 * scale
    assert sharp.value <= simple.value * (1 + 1e-12)


@pytest.mark.parametrize("count, local_steps", [(4, 8), (8, 2), (8, 50)])
def test_one_lagging_worker_shows_the_factors_of_the_drift_bound(count, local_steps):
    workers = list(np.eye(count)[:, None, :])
    w = np.full(count, 60.0)
    w[0] = 0.0
    lr = 1e-4 / local_steps
    measured, _ = drift("exponential", workers, w, lr, local_steps)
    f = worker_losses("exponential", workers, w)
    bound = drift_bound(f, lr=lr, local_steps=local_steps, loss="exponential")
    assert bound.tightness(measured) == pytest.approx((local_steps - 1) / (4 * local_steps), rel=1e-3)
    if local_steps > 5:
        assert measured > bound.value / local_steps  # the same bound without H
    if count > 5 and local_steps > 5:
        assert measured > bound.value / count  # the same bound without M


def test_a_bound_claims_nothing_outside_its_hypotheses():
    f = np.array([0.9, 0.1])
    outside = drift_bound(f, lr=1.0, local_steps=10, loss="exponential")
    assert not outside.applicable and outside.unmet == ("δ_m = ηH b_x² f_m ≤ 1",)
    with pytest.raises(BadInput, match="unmet"):
        outside.tightness(0.0)
    assert not drift_bound(f, lr=9.0, local_steps=1).applicable
    assert path_drift_bound(f, lr=1.0, local_steps=10).applicable
    with pytest.raises(BadInput, match="exponential"):
        drift_bound(f, lr=1.0, local_steps=1, loss="hinge")  # pyright: ignore[reportArgumentType]


@modest
@given(seeds, losses, st.integers(1, 4), st.integers(2, 40), st.floats(0.5, 2.0), st.floats(0.05, 1.0))
def test_below_the_onset_threshold_the_drift_is_a_fifth_of_the_gradient(
    seed, loss, count, steps, scale, part
):
    workers = separable(seed, count, scale)
    margin = min(rows[:, 0].min() for rows in workers)  # of the first axis: a lower bound of the true one
    lr = 1.0 / scale**2
    threshold = crawshaw_threshold(margin, lr=lr, local_steps=steps, workers=count, row_norm=scale)
    low, high = 0.0, 1e4
    for _ in range(100):
        middle = (low + high) / 2
        f = worker_losses(loss, workers, middle * np.eye(3)[0]).mean()
        low, high = (middle, high) if f > part * threshold.value else (low, middle)
    w = high * np.eye(3)[0]
    assert threshold.tightness(worker_losses(loss, workers, w).mean()) <= 1.0
    b, g = drift(loss, workers, w, lr, steps)
    assert b <= g / 5


def test_the_threshold_needs_its_margin_and_its_seventy():
    # Four orthonormal samples, one per worker, one lagging so that f = gamma/(eta H): no harmless drift.
    workers, steps, lr, margin = list(np.eye(4)[:, None, :]), 64, 1.0, 0.5
    w = np.full(4, 60.0)
    w[0] = -np.log(4 * margin / (lr * steps))
    b, g = drift("exponential", workers, w, lr, steps)
    assert worker_losses("exponential", workers, w).mean() == pytest.approx(margin / (lr * steps))
    assert b > g / 5
    threshold = crawshaw_threshold(margin, lr=lr, local_steps=steps, workers=4).value
    assert threshold == pytest.approx(margin / (70 * lr * steps * 4))
    with pytest.raises(BadInput, match="positive"):
        crawshaw_threshold(0.0, lr=1.0, local_steps=1, workers=1)


def halpern(operator, start, rounds):
    u, residuals = start, []
    for r in range(rounds):
        residuals.append(np.linalg.norm(u - operator(u)))
        u = start / (r + 2) + (1 - 1 / (r + 2)) * operator(u)
    return np.array(residuals)


def test_halpern_bound_is_reached_by_the_reflection_at_every_even_round():
    start = np.array([3.0, -4.0])
    residuals = halpern(np.negative, start, 40)
    tightness = np.array([halpern_bound(5.0, r).tightness(m) for r, m in enumerate(residuals)])
    np.testing.assert_allclose(tightness[::2], 1.0, rtol=1e-13)
    assert (tightness <= 1 + 1e-13).all()
    assert (residuals > 5.0 / np.arange(1, 41)).any()  # constant 1 for 2
    assert (residuals > 10.0 / np.arange(1, 41) ** 2).any()  # (r + 1)² for r + 1


@modest
@given(seeds, st.floats(0.0, 1.0))
def test_halpern_bound_holds_for_random_nonexpansive_maps(seed, contraction):
    rotation, _ = np.linalg.qr(normal(seed, 4, 4))
    fixed, start = normal(seed + 1, 2, 4)
    residuals = halpern(lambda u: fixed + contraction * rotation @ (u - fixed), start, 30)
    # Anchored at the start, so shift the fixed point: D = |u⁰ − u*|.
    bounds = [halpern_bound(float(np.linalg.norm(start - fixed)), r).value for r in range(30)]
    assert (residuals <= np.array(bounds) * (1 + 1e-12)).all()


def test_bounds_are_frozen_values_with_honest_ratios():
    bound = Bound("zero", {}, (("always", True),), 0.0)
    assert bound.tightness(0.0) == 0.0 and bound.tightness(1e-300) == np.inf
    assert hash(bound) == hash(Bound("zero", {}, (("always", True),), 0.0))
    with pytest.raises(dataclasses.FrozenInstanceError):
        bound.value = 1.0  # pyright: ignore[reportAttributeAccessIssue]
    assert not halpern_bound(1.0, -1 - 1).applicable
