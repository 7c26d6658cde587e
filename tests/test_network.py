"""Networks: passes are derivatives, symmetries are exact, replicas do not see each other, bad data are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from implicitbias import (
    BadInput,
    Diverged,
    local_gd,
    local_sgd,
    RecordAt,
    run,
    RunSpec,
    Softplus,
    Stream,
    Tanh,
    TwoLayerNetwork,
)
from implicitbias.engine.kernels import covering_row
from implicitbias.problems import network as network_module


# A complex step has no cancellation; sums of some ten terms round at 1e-16 each.
COMPLEX_STEP = 1e-13
# Fourth-order differences of step 1e-3 along a unit vector: 1e-12 of the fifth derivative, and rounding over the step.
STEP, DIFFERENCE = 1e-3, 1e-10
# Two orders of the same sums.
ROUNDING = 1e-13

seeds = st.integers(0, 10**6)
ACTIVATIONS = pytest.mark.parametrize("activation", [Tanh(), Softplus()], ids=["tanh", "softplus"])


def drawn(seed, activation=None, hidden=4, l2=0.2, **options):
    rng = Stream(seed).at("network").generator()
    inputs, classes = rng.normal(size=(9, 3)), rng.integers(0, 3, 9)
    workers = rng.permutation([0, 0, 0, 0, 0, 1, 1, 1, 2])
    return TwoLayerNetwork(
        inputs, classes, hidden=hidden, outputs=3, workers=workers, activation=activation, l2=l2, **options
    )


def points(problem, seed, *batch):
    return Stream(seed).at("points").generator().normal(size=(*batch, problem.dim))


def plain_loss(problem, w, rows):
    """The loss of some samples, unit by unit, analytic in w."""
    f, h, k = problem.inputs.shape[1], problem.hidden, problem.outputs
    value = np.tanh if problem.activation == Tanh() else lambda z: np.log(1 + np.exp(z))
    total = 0.0
    for i in rows:
        units = [value(problem.inputs[i] @ w[j * f : (j + 1) * f] + w[f * h + j]) for j in range(h)]
        start = (f + 1) * h
        scores = [
            np.array(units) @ w[start + q * h : start + (q + 1) * h] + w[start + k * h + q] for q in range(k)
        ]
        total += np.log(np.sum(np.exp(scores))) - scores[problem.classes[i]]
    return total / len(rows) + 0.5 * problem.l2 * (w @ w)


def plain_gradient(problem, w, rows, step=1e-30):
    moved = w + 1j * step * np.eye(problem.dim)
    return np.array([plain_loss(problem, row, rows).imag / step for row in moved])


@ACTIVATIONS
@given(seed=seeds)
@settings(max_examples=5)
def test_losses_and_gradients_are_those_of_the_formula(activation, seed):
    problem = drawn(seed, activation)
    w = points(problem, seed, 2)
    for worker, members in enumerate(problem.members):
        losses = [plain_loss(problem, row, members) for row in w]
        np.testing.assert_allclose(problem.worker_loss(w, worker), losses, rtol=ROUNDING)
        wanted = [plain_gradient(problem, row, members) for row in w]
        np.testing.assert_allclose(problem.worker_gradient(w, worker), wanted, rtol=0, atol=COMPLEX_STEP)


@ACTIVATIONS
@given(seed=seeds)
@settings(max_examples=5)
def test_the_gradient_of_a_mini_batch_is_that_of_its_samples(activation, seed):
    problem = drawn(seed, activation)
    w, samples = points(problem, seed, 2), np.array([[4, 0, 0], [1, 2, 3]])
    wanted = [plain_gradient(problem, w[r], problem.members[0][samples[r]]) for r in range(2)]
    np.testing.assert_allclose(problem.worker_gradient(w, 0, samples), wanted, rtol=0, atol=COMPLEX_STEP)


@ACTIVATIONS
@given(seed=seeds)
def test_the_hessian_is_the_derivative_of_the_gradient(activation, seed):
    problem = drawn(seed, activation)
    w, v = points(problem, seed, 2, 2)
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    for samples in (None, np.array([[1, 2, 2], [0, 1, 4]])):
        near, far = (
            problem.worker_gradient(w + s * v, 0, samples) - problem.worker_gradient(w - s * v, 0, samples)
            for s in (STEP, 2 * STEP)
        )
        slope = (8 * near - far) / (12 * STEP)
        np.testing.assert_allclose(problem.worker_hvp(w, v, 0, samples), slope, rtol=0, atol=DIFFERENCE)


@ACTIVATIONS
@given(seed=seeds)
def test_the_hessian_is_symmetric_and_linear(activation, seed):
    problem = drawn(seed, activation)
    w, u, v = points(problem, seed, 3, 2)
    bent_u, bent_v = problem.hvp(w, u), problem.hvp(w, v)
    np.testing.assert_allclose(
        (u * bent_v).sum(axis=1), (v * bent_u).sum(axis=1), rtol=0, atol=1e3 * ROUNDING
    )
    np.testing.assert_allclose(
        problem.hvp(w, 2 * u - 3 * v), 2 * bent_u - 3 * bent_v, rtol=0, atol=1e3 * ROUNDING
    )


@ACTIVATIONS
@given(seed=seeds)
def test_a_batch_of_all_samples_is_the_full_derivative(activation, seed):
    problem = drawn(seed, activation)
    w, v = points(problem, seed, 2, 2)
    for worker, size in enumerate(problem.sizes):
        everything = np.broadcast_to(np.arange(size)[::-1], (2, size))
        full, batch = (problem.worker_gradient(w, worker, s) for s in (None, everything))
        np.testing.assert_allclose(batch, full, rtol=0, atol=ROUNDING)
        full, batch = (problem.worker_hvp(w, v, worker, s) for s in (None, everything))
        np.testing.assert_allclose(batch, full, rtol=0, atol=10 * ROUNDING)


@given(seed=seeds)
def test_hidden_units_may_change_places_and_odd_ones_their_sign(seed):
    for activation in (Tanh(), Softplus()):
        problem = drawn(seed, activation)
        w = points(problem, seed, 2)
        order = np.roll(np.arange(problem.hidden), 1 + seed % 3)
        sign = np.array([1.0, -1.0, -1.0, 1.0]) if activation == Tanh() else np.ones(4)

        def moved(vector, layout=problem.layout, order=order, sign=sign):
            parts = layout.split(vector)
            return layout.join(
                parts._replace(
                    hidden_weights=(sign[:, None] * parts.hidden_weights)[:, order],
                    hidden_biases=(sign * parts.hidden_biases)[:, order],
                    output_weights=(sign * parts.output_weights)[..., order],
                )
            )

        assert np.abs(moved(w) - w).max() > 0.1
        np.testing.assert_allclose(problem.loss(moved(w)), problem.loss(w), rtol=ROUNDING)
        np.testing.assert_allclose(
            problem.gradient(moved(w)), moved(problem.gradient(w)), rtol=0, atol=10 * ROUNDING
        )


@given(seed=seeds, shift=st.floats(-100, 100))
def test_only_differences_of_scores_count(seed, shift):
    problem = drawn(seed, l2=0.0)
    w, v = points(problem, seed, 2, 2)
    constant = np.zeros(problem.dim)
    constant[-problem.outputs :] = 1.0
    np.testing.assert_allclose(
        problem.scores(w + shift * constant), problem.scores(w) + shift, rtol=0, atol=1e3 * ROUNDING
    )
    for name in ("loss", "gradient", "log_odds"):
        ask = getattr(problem, name)
        np.testing.assert_allclose(ask(w + shift * constant), ask(w), rtol=0, atol=1e3 * ROUNDING)
    np.testing.assert_allclose(problem.hvp(w, constant + 0 * v), 0.0, rtol=0, atol=10 * ROUNDING)


def test_what_is_asked_of_a_replica_is_the_same_to_the_bit_in_company():
    rng = np.random.default_rng(0)
    inputs, classes = rng.normal(size=(60, 64)), rng.integers(0, 10, 60)
    for activation, hidden in ((Tanh(), 16), (Softplus(), 17)):
        problem = TwoLayerNetwork(inputs, classes, hidden=hidden, workers=2, activation=activation, l2=0.1)
        w, v = points(problem, 1, 2, 33)
        samples = rng.integers(0, 30, (33, 16))
        asked = {
            "loss": lambda k, p=problem, w=w: p.worker_loss(w[k], 1),
            "log loss": lambda k, p=problem, w=w: p.log_loss(w[k]),
            "accuracy": lambda k, p=problem, w=w: p.accuracy(w[k]),
            "scores": lambda k, p=problem, w=w: p.scores(w[k]),
            "gradient": lambda k, p=problem, w=w: p.worker_gradient(w[k], 1),
            "mini-batch": lambda k, p=problem, w=w, s=samples: p.worker_gradient(w[k], 1, s[k]),
            "hvp": lambda k, p=problem, w=w, v=v: p.worker_hvp(w[k], v[k], 0),
            "drawn hvp": lambda k, p=problem, w=w, v=v, s=samples: p.worker_hvp(w[k], v[k], 0, s[k]),
        }
        for name, ask in asked.items():
            together = ask(slice(None))
            for k in (0, 7, 32):
                assert ask(slice(k, k + 1)).tobytes() == together[k : k + 1].tobytes(), name
                if together.ndim > 1:
                    assert ask(k).tobytes() == together[k].tobytes(), name
            assert ask(slice(5, 8)).tobytes() == together[5:8].tobytes(), name


def test_many_models_are_looked_at_in_pieces(monkeypatch):
    problem = drawn(3)
    w = points(problem, 3, 2, 5)
    whole = [problem.scores(w), problem.log_loss(w), problem.accuracy(w), problem.worker_loss(w, 1)]
    assert whole[0].shape == (2, 5, 9, 3) and whole[2].shape == (2, 5)
    monkeypatch.setattr(network_module, "MOST_DOUBLES", 3 * 9 * problem.hidden)
    pieces = [problem.scores(w), problem.log_loss(w), problem.accuracy(w), problem.worker_loss(w, 1)]
    assert all(a.tobytes() == b.tobytes() for a, b in zip(whole, pieces, strict=True))


def test_a_replica_of_a_run_is_the_same_to_the_bit_in_company():
    problem, stream = drawn(0), Stream(1)
    start = problem.initial(stream, np.arange(3))
    alone = run(problem, local_sgd(0.5, 3, 2), 4, start=start[:1], stream=stream)
    company = run(problem, local_sgd(0.5, 3, 2), 4, start=start, replicas=3, stream=stream)
    assert alone.w.tobytes() == company.w[:1].tobytes()
    assert alone.log_loss.tobytes() == company.log_loss[:1].tobytes()
    assert (company.w[1] != company.w[0]).any()


@given(seed=seeds)
def test_the_log_loss_is_the_logarithm_of_the_loss(seed):
    problem = drawn(seed)
    w = points(problem, seed, 3)
    np.testing.assert_allclose(np.exp(problem.log_loss(w)), problem.loss(w), rtol=1e-12)


def saying(scores, l2=0.0):
    """A network of class 0 alone, and parameters that give all inputs these scores."""
    problem = TwoLayerNetwork([[1.0], [2.0]], [0, 0], hidden=1, outputs=len(scores), l2=l2)
    return problem, np.concatenate([np.zeros(problem.dim - len(scores)), scores])[None]


def test_losses_and_gradients_keep_their_relative_accuracy_when_all_is_learnt():
    for gap in (30.0, 300.0):
        problem, w = saying([gap, 0.0])
        share = np.exp(-gap) / (1 + np.exp(-gap))
        np.testing.assert_allclose(problem.loss(w), np.log1p(np.exp(-gap)), rtol=ROUNDING)
        np.testing.assert_allclose(problem.gradient(w)[0, -2:], [-share, share], rtol=ROUNDING)
        moved = problem.hvp(w, np.eye(problem.dim)[-2:-1])
        wanted = share * (1 - share)
        np.testing.assert_allclose(moved[0, -2:], [wanted, -wanted], rtol=ROUNDING)


def test_logarithms_are_finite_where_losses_are_not():
    for gap in (1e4, -1e4):
        problem, w = saying([gap, 0.0, -1.0])
        wanted = (
            np.log(1e4 + np.log1p(np.exp(-1.0))) if gap < 0 else -1e4 + np.log(np.exp(0.0) + np.exp(-1.0))
        )
        assert problem.log_loss(w) == pytest.approx(wanted, rel=1e-12)
        assert np.isfinite(problem.gradient(w)).all() and np.isfinite(problem.hvp(w, w)).all()


def test_accuracy_is_the_share_of_largest_scores():
    problem, w = saying([0.0, 2.0, 1.0])
    assert problem.accuracy(w) == 0.0
    held_out, classes = np.array([[3.0], [4.0]]), np.array([1, 2])
    assert problem.accuracy(np.concatenate([w, -w]), held_out, classes).tolist() == [0.5, 0.0]
    equal, there = saying([1.0, 1.0])
    assert equal.accuracy(there) == 1.0


def test_a_start_is_drawn_by_its_law_at_its_address():
    rng = np.random.default_rng(0)
    problem = TwoLayerNetwork(rng.normal(size=(6, 40)), [0, 1, 2, 3, 4, 5], hidden=30)
    starts = problem.initial(Stream(0), np.arange(20))
    assert starts[7].tobytes() == problem.initial(Stream(0), 7).tobytes()
    parts = problem.layout.split(starts)
    assert not parts.hidden_biases.any() and not parts.output_biases.any()
    for weights, fan_in in ((parts.hidden_weights, 40), (parts.output_weights, 30)):
        scaled = np.sqrt(fan_in) * weights.ravel()
        # Four standard errors of the mean and of the variance of n normals.
        assert abs(scaled.mean()) < 4 / np.sqrt(scaled.size)
        assert abs(scaled.var() - 1) < 4 * np.sqrt(2 / scaled.size)


def test_content_decides_equality():
    assert drawn(0) == drawn(0, Tanh()) and hash(drawn(0)) == hash(drawn(0))
    others = [drawn(1), drawn(0, Softplus()), drawn(0, hidden=5), drawn(0, l2=0.1)]
    assert all(drawn(0) != other for other in others)
    assert repr(drawn(0)) == ("TwoLayerNetwork(n=9, d=31, M=3, hidden=4, K=3, activation=Tanh(), l2=0.2)")


def test_a_run_takes_the_steps_of_its_definition():
    problem = drawn(5)
    start = problem.initial(Stream(5))
    trace = run(problem, local_gd(0.3, 2), 1, start=start)
    reached = []
    for worker in range(3):
        w = start
        for _ in range(2):
            w = w - 0.3 * problem.worker_gradient(w, worker)
        reached.append(w)
    np.testing.assert_allclose(trace.w[0, -1], np.mean(reached, axis=0), rtol=1e-14)
    np.testing.assert_allclose(trace.loss[0], problem.loss(trace.w[0]), rtol=1e-12)
    assert trace.min_margin is None and trace.engine == "definition"


def test_local_steps_learn_and_what_is_observed_is_recorded():
    problem = drawn(2, hidden=8, l2=0.0)
    trace = run(
        problem,
        local_sgd(0.5, 5, 2),
        60,
        start=problem.initial(Stream(0), np.arange(2)),
        replicas=2,
        record=RecordAt.every(20),
        stream=Stream(0),
        observe={"accuracy": problem.accuracy},
    )
    assert (trace.loss[:, -1] < 0.1 * trace.loss[:, 0]).all()
    assert trace.extras["accuracy"].shape == (2, 4) and (trace.extras["accuracy"][:, -1] == 1).all()


def test_a_run_says_what_it_lacks():
    problem = drawn(0)
    with pytest.raises(BadInput, match=r"start = None.*alike.*initial\(Stream\(0\)\)"):
        run(problem, local_gd(0.1, 2), 1)
    with pytest.raises(BadInput, match="hidden units bend"):
        run(problem, local_gd(0.1, 2), 1, start=problem.initial(Stream(0)), engine="kernel")
    assert "hidden units bend" in covering_row(problem, local_gd(0.1, 2)).reason
    with pytest.raises(Diverged, match="overflowed in round.*smaller learning rate"):
        run(problem, local_gd(1e9, 9), 99, start=problem.initial(Stream(0)))


def test_a_described_run_is_the_run():
    problem = drawn(0)
    start = problem.initial(Stream(0))
    spec = RunSpec(problem, local_gd(0.1, 2), 3, start=tuple(start.tolist()))
    assert spec.compute().w.tobytes() == run(problem, local_gd(0.1, 2), 3, start=start).w.tobytes()


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"inputs": [[1.0], [np.inf]]}, r"inputs\[1, 0\] = inf: data must be finite"),
        ({"inputs": [1.0, 2.0]}, "axes"),
        ({"classes": [0]}, "one class for each of the 2 samples"),
        ({"classes": [0, 0]}, r"class 0 alone; give outputs=2"),
        ({"classes": [0, -1]}, r"classes\[1\] = -1: must be ≥ 0; count classes from 0"),
        ({"classes": [0, 5], "outputs": 3}, r"classes\[1\] = 5: must lie in 0 … 2"),
        ({"classes": [0.0, 1.0]}, r"classes\[0\] = .*0\.0.*integers.*return_inverse"),
        ({"classes": ["cat", "dog"]}, r"classes\[0\] = .*cat.*integers.*return_inverse"),
        ({"classes": [False, True]}, "integers"),
        ({"outputs": 1}, "outputs = 1: must be an integer ≥ 2"),
        ({"outputs": 2.0}, "outputs = 2.0"),
        ({"hidden": 0}, "hidden = 0: must be an integer ≥ 1; give the number of hidden units"),
        ({"hidden": 1.5}, "hidden = 1.5"),
        ({"activation": "relu"}, r"activation = 'relu': must be smooth.*Tanh\(\) or Softplus\(\)"),
        ({"activation": Tanh}, "with the brackets"),
        ({"l2": -1.0}, "l2 = -1.0"),
        ({"inputs": np.ones((3, 1)), "classes": [0, 1, 1], "workers": [0, 0, 2]}, "worker 1 has no sample"),
        ({"workers": 3}, "every worker needs a sample"),
    ],
)
def test_bad_data_name_value_rule_and_cure(arguments, rule):
    merged = {"inputs": [[1.0], [2.0]], "classes": [0, 1], "hidden": 2} | arguments
    with pytest.raises(BadInput, match=rule):
        TwoLayerNetwork(merged.pop("inputs"), merged.pop("classes"), **merged)


@pytest.mark.bad_input
def test_points_workers_and_inputs_that_do_not_fit_are_refused():
    problem = drawn(0)
    w = points(problem, 0)
    for ask in (problem.loss, problem.gradient, problem.scores, problem.accuracy, problem.log_loss):
        with pytest.raises(BadInput, match="d = 31"):
            ask(w[:-1])
    with pytest.raises(BadInput, match="d = 31"):
        problem.worker_hvp(w, w[:-1], 0)
    with pytest.raises(BadInput, match="worker = 3"):
        problem.worker_gradient(w, 3)
    with pytest.raises(BadInput, match=r"inputs has shape \(2, 2\): must have shape \(None, 3\)"):
        problem.accuracy(w, np.ones((2, 2)), [0, 1])
    with pytest.raises(BadInput, match="give both"):
        problem.accuracy(w, np.ones((2, 3)))
    with pytest.raises(BadInput, match=r"must lie in 0 … 2"):
        problem.accuracy(w, np.ones((2, 3)), [0, 3])
