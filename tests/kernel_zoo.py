"""Random problems and methods inside a row of the coverage table, and rounds by the definition."""

import numpy as np
from hypothesis import strategies as st

from implicitbias import (
    Adaptive,
    Anchored,
    Average,
    Clock,
    Exponential,
    Fixed,
    HeavyBall,
    Identity,
    LinearClassification,
    LinearRegression,
    LocalMethod,
    Logistic,
    PolynomialTail,
    PowerDecay,
    Quadratics,
    round_step,
    Server,
    State,
)
from implicitbias.engine.kernels import Row
from implicitbias.methods import Scaling
from implicitbias.problems import AbstractProblem


# Stated accuracy of a kernel, relative to the size of the model.
RELATIVE = 1e-12

LOSSES = {"Exponential": Exponential(), "Logistic": Logistic(), "PolynomialTail": PolynomialTail(1.5)}
# Every value that a row may name, and how to make it: a row with another value fails its test.
MADE = {
    "local_solver": {"GradientSteps": None},
    "local_steps": {"number": int, "per worker": tuple},
    "correction": {"None": None},
    "participation": {"Full": None},
    "aggregation": {"Average": Average(), "Anchored": Anchored()},
    "rescaling": {"None": None},
    "rate": {"scheduled": PowerDecay},
    "gradients": {"full": None, "with replacement": True, "without replacement": False},
    "server": {"averages": [Server()], "moves": [Server(0.7), Server(1.0, 0.5), Server(0.6, 0.4)]},
    "unknown": {"none": None},
}


@st.composite
def cases(draw, row: Row) -> tuple[AbstractProblem, LocalMethod]:
    """Draw a problem and a method that the row admits."""
    axes = dict(row.axes)
    for axis, made in MADE.items():
        assert set(axes.get(axis, ())) <= set(made), f"no test makes {axis}: {axes[axis]}"
    problem = draw(problems(axes))
    return problem, draw(methods(axes, problem))


@st.composite
def problems(draw, axes: dict[str, tuple[str, ...]]) -> AbstractProblem:
    """Draw data from a seed: unequal workers, features of size about 1."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    workers, dim = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    if axes["problem"] == ("Quadratics",):
        factors = rng.normal(size=(workers, dim, dim)) / np.sqrt(dim)
        return Quadratics(factors @ factors.transpose(0, 2, 1), rng.normal(size=(workers, dim)))
    sizes = draw(st.lists(st.integers(1, 13), min_size=workers, max_size=workers))
    assignment = rng.permutation(np.repeat(np.arange(workers), sizes))
    features = rng.normal(size=(sum(sizes), dim)) / np.sqrt(dim)
    if axes["problem"] == ("LinearRegression",):
        return LinearRegression(features, rng.normal(size=len(features)), workers=assignment)
    loss = LOSSES[draw(st.sampled_from(axes["loss"]))]
    ridge = {"0": 0.0, "positive": draw(st.floats(0.01, 0.3))}[draw(st.sampled_from(axes["l2"]))]
    labels = np.where(features[:, 0] + 0.3 * rng.normal(size=len(features)) > 0, 1.0, -1.0)
    return LinearClassification(features, labels, workers=assignment, loss=loss, l2=ridge)


@st.composite
def methods(draw, axes: dict[str, tuple[str, ...]], problem: AbstractProblem) -> LocalMethod:
    """Draw a stable learning rate, local steps and all other axes."""
    lr = draw(st.floats(0.01, 0.1))
    kind = draw(st.sampled_from(axes["gradients"]))
    smallest = int(min(getattr(problem, "sizes", [1])))
    counts = st.integers(1, 6)
    momentum = {"None": None, "HeavyBall": HeavyBall(draw(st.floats(0.0, 0.8)))}
    scaling = draw(scalings(draw(st.sampled_from(axes["scaling"])), problem.dim))
    steps = {
        "number": draw(counts),
        "per worker": tuple(draw(st.lists(counts, min_size=problem.workers, max_size=problem.workers))),
    }
    return LocalMethod(
        lr=PowerDecay(lr, power=0.6, scale=7.0) if draw(st.booleans()) else lr,
        local_steps=steps[draw(st.sampled_from(axes["local_steps"]))],
        batch=None if kind == "full" else draw(st.integers(1, smallest)),
        replacement=kind != "without replacement",
        momentum=momentum[draw(st.sampled_from(axes["momentum"]))],
        scaling=scaling,
        aggregation=MADE["aggregation"][draw(st.sampled_from(axes["aggregation"]))],
        server=draw(st.sampled_from([s for kind in axes["server"] for s in MADE["server"][kind]])),
    )


@st.composite
def scalings(draw, kind: str, dim: int) -> Scaling:
    """Draw a scaling with D̂ of size about 1, where steps are stable and rounding is not amplified."""
    if kind == "Identity":
        return Identity()
    if kind == "Fixed":
        return Fixed(tuple(draw(st.lists(st.floats(0.7, 3.0), min_size=dim, max_size=dim))))
    assert kind in ("Adaptive", "Adaptive in steps"), f"no test makes {kind}"
    rule = draw(st.sampled_from(["squared", "linear", "sum"]))
    stepwise, floor = kind == "Adaptive in steps", draw(st.floats(0.3, 1.0))
    scope = "worker" if stepwise else draw(st.sampled_from(["global", "worker"]))
    return Adaptive(
        rule,
        draw(st.sampled_from(["gradient", "hessian"])),
        beta=draw(st.sampled_from([0.0, 0.5, 0.9, 0.999, 1.0 - 1e-9])),
        bias_correction=rule != "sum" and draw(st.booleans()),
        floor=floor,
        flooring=draw(st.sampled_from(["max", "plus", "inside"])),
        ceiling=draw(st.none() | st.floats(1.0, 1.5)),
        warmup=draw(st.integers(0, 2)),
        initial=draw(st.sampled_from([0.0, 0.7])),
        scope=scope,
        refresh="step" if stepwise else draw(st.integers(1, 3)),
        pooling="mean_of_squares"
        if rule == "linear" or scope == "worker"
        else draw(st.sampled_from(["mean_of_squares", "square_of_mean"])),
        sample=draw(st.sampled_from(["fresh", "same"])),
    )


def by_definition(problem, method, state, stream, rounds: int) -> State:
    """Apply ``round_step`` again and again."""
    for _ in range(rounds):
        state = round_step(problem, method, state, stream)
    return state


def assert_equal_states(state: State, expected: State, relative: float = RELATIVE) -> None:
    """Compare every array, relative to the size of the models: velocities are differences of them."""
    scale = max(np.abs(expected.w).max(), np.abs(expected.local).max())
    for name in ("w", "local", "velocity", "scaling", "server", "anchor", "replicas"):
        array, other = getattr(state, name), getattr(expected, name)
        assert (array is None) == (other is None), name
        if other is not None:
            assert array.shape == other.shape, name
            size = max(scale, np.abs(other).max()) if name == "scaling" else scale
            assert np.abs(array - other).max() <= relative * size, name
    assert np.array_equal(np.asarray(state.refreshes), np.asarray(expected.refreshes))
    assert_equal_clocks(state.clock, expected.clock)


def assert_equal_clocks(clock: Clock, expected: Clock) -> None:
    """Compare clocks to the bit: both add the same numbers in the same order."""
    assert clock == expected


def assert_same_bytes(state: State, other: State) -> None:
    """Compare every array to the bit."""
    for name in ("w", "local", "velocity", "scaling", "server"):
        array, expected = getattr(state, name), getattr(other, name)
        assert (array is None) == (expected is None), name
        assert array is None or array.tobytes() == expected.tobytes(), name
    assert state.clock == other.clock
