"""Paths that are equal to rounding: identical quadratics for every H, and a scaled run on scaled features."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import (
    Fixed,
    Identity,
    LinearClassification,
    Logistic,
    Quadratics,
    RecordAt,
    RMSProp,
    RunSpec,
    savic,
    Stream,
)
from implicitbias.problems import AbstractProblem, TwoPoint
from paper_repro.claims import (
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.papers.derived.scaling.setting import (
    CEILING,
    different_quadratics,
    FLOOR,
    FROZEN,
    pooled_diagonal,
)
from sde.zoo import exponential_valley, Quadratic


GAP = "largest distance of the two paths"
# Rounding of some hundred steps of size 1.
ROUNDING = 1e-12
STEPS = 48
FEATURES, SAMPLES = 4, 24


@dataclass(frozen=True)
class PathKnobs:
    """Workers with noise, and two numbers of local steps."""

    workers: int = knob(3, "M", "workers", low=2, high=8)
    local_steps: int = knob(8, "H", "local steps", choices=(2, 4, 8, 16))
    lr: float = knob(0.2, "η", "learning rate", low=0.05, high=0.3)


@dataclass(frozen=True)
class PathCase:
    """Two runs that should be one, recorded at the same steps, and what makes them comparable."""

    first: RunSpec
    second: RunSpec
    factor: Float[np.ndarray, " dim"]
    labels: tuple[str, str]


def identical_quadratics(knobs: PathKnobs, stream: Stream) -> PathCase:
    """Return H and 1 local steps on one noisy quadratic, scaled."""
    sigma = ((1.0, 0.3), (0.3, 0.5))
    landscape = Quadratic((1.0, 0.4), sigma, TwoPoint(), False).landscape
    return two_lengths(landscape, knobs, stream)


def curved_loss(knobs: PathKnobs, stream: Stream) -> PathCase:
    """Return H and 1 local steps in the valley ½eˣy²."""
    return two_lengths(exponential_valley(1.0, law=TwoPoint()).landscape, knobs, stream)


def unequal_workers(knobs: PathKnobs, stream: Stream) -> PathCase:
    """Return H and 1 local steps on different quadratics."""
    return two_lengths(different_quadratics(knobs.workers, 2, stream), knobs, stream)


def two_lengths(problem: AbstractProblem, knobs: PathKnobs, stream: Stream) -> PathCase:
    """Return runs of equally many steps, recorded at every H of them."""
    noisy = not isinstance(problem, Quadratics)
    scaling = Fixed(tuple(np.linspace(0.7, 1.3, problem.dim)))
    options = {"batch": 1.0, "workers": knobs.workers} if noisy else {}

    def spec(steps: int) -> RunSpec:
        method = savic(knobs.lr, steps, scaling, **options)
        record = RecordAt.every(knobs.local_steps // steps)
        return RunSpec(problem, method, STEPS // steps, record, (0.3,) * problem.dim, stream=stream)

    labels = (f"H = {knobs.local_steps}", "H = 1")
    return PathCase(spec(knobs.local_steps), spec(1), np.ones(problem.dim), labels)


def scaled_features(knobs: PathKnobs, stream: Stream) -> PathCase:
    """Return D̂ frozen after its first sample, and Local SGD on the features D̂^{−1/2}x in y = D̂^{1/2}w."""
    return on_features(knobs, stream, "global", 0.5)


def per_worker(knobs: PathKnobs, stream: Stream) -> PathCase:
    """Return the same with a D̂_m on every worker, and their mean of squares for the features."""
    return on_features(knobs, stream, "worker", 0.5)


def inverse_root(knobs: PathKnobs, stream: Stream) -> PathCase:
    """Return the same with y = D̂^{−1/2}w."""
    return on_features(knobs, stream, "global", -0.5)


def on_features(knobs: PathKnobs, stream: Stream, scope: str, power: float) -> PathCase:
    """Return a scaled run on random data, and a plain one on its scaled features; y = D̂^power w."""
    rows = stream.at("rows").generator().normal(size=(SAMPLES, FEATURES)) * [0.3, 1.0, 2.0, 0.6]
    problem = LinearClassification(rows, np.ones(SAMPLES), workers=knobs.workers, loss=Logistic())
    diagonal = pooled_diagonal(problem)
    options = {"beta": 0.0, "floor": FLOOR, "ceiling": CEILING, "refresh": FROZEN}
    scaling = RMSProp(scope=scope, **options)  # pyright: ignore[reportArgumentType]
    other = LinearClassification(
        rows / np.sqrt(diagonal), problem.labels, workers=knobs.workers, loss=Logistic()
    )
    rounds, record = STEPS // knobs.local_steps, RecordAt.every(1)
    first, second = (
        RunSpec(p, savic(knobs.lr, knobs.local_steps, s), rounds, record)
        for p, s in ((problem, scaling), (other, Identity()))
    )
    labels = ("D̂^½ times the scaled run", "no scaling, scaled features")
    return PathCase(first, second, diagonal**power, labels)


def needs(case: PathCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Both runs."""
    del budget
    return case.first, case.second


def observe(case: PathCase, traces: Traces) -> Observation:
    """Their largest distance at the steps that both record."""
    first, second = traces[0].w[0] * case.factor, traces[1].w[0]
    steps = traces[0].rounds * case.first.method.steps(2, 0)[0]
    curves = (
        Curve(steps, first[:, 0], case.labels[0], method="savic"),
        Curve(steps, second[:, 0], case.labels[1], "reference"),
    )
    return Observation({GAP: Measured(float(np.abs(first - second).max()))}, curves)


def predict(case: PathCase) -> Prediction:
    """0."""
    del case
    return Prediction({GAP: Predicted(0.0, ROUNDING, reason="rounding")})


QUADRATIC = Claim(
    key="derived/local-noise-quadratic",
    title="On identical quadratics x̂ does not depend on H: the (H − 1) term is exactly 0",
    statement=(
        r"One quadratic for all workers, additive noise, one $\hat D$ frozen: with the same noise $\hat x_t$ is the "
        r"same for every $H$, to rounding."
    ),
    hypotheses=("f_m = f quadratic", "noise does not depend on x", "one D̂ for all, frozen"),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"A step $x^m\mapsto x^m-\eta\hat D^{-1}(A(x^m-c)+\xi^m)$ is affine with the same matrix for all $m$, so that "
        r"the average of the workers makes the step $\hat x\mapsto\hat x-\eta\hat D^{-1}(A(\hat "
        r"x-c)+\bar\xi)$, whether "
        r"they were synchronised before or not."
    ),
    knobs=PathKnobs(),
    setup=identical_quadratics,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("a loss that is no quadratic", "near x* every loss is a quadratic", setup=curved_loss),
        Falsifier("different A_m", "their mean is what counts", setup=unequal_workers),
    ),
    see=("derived/local-noise-smooth", "derived/local-noise-jump"),
    axes=("step", "first coordinate of x̂", "linear", "linear"),
)

FEATURE = Claim(
    key="derived/scaled-features",
    title="A frozen D̂ is Local SGD on the features D̂^(−1/2)x in y = D̂^(1/2)w",
    statement=(
        r"While $\hat D$ is frozen and the same for all workers, $y=\hat D^{1/2}w$ runs Local SGD on $f_m(\hat "
        r"D^{-1/2}y)$; for a linear model these are the features $\hat D^{-1/2}x_i$."
    ),
    hypotheses=("one D̂ for all workers, frozen",),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"$\hat D^{1/2}(w-\eta\hat D^{-1}\nabla f_m(w))=y-\eta\hat D^{-1/2}\nabla f_m(\hat D^{-1/2}y)$, the "
        r"gradient of "
        r"$y\mapsto f_m(\hat D^{-1/2}y)$; $\hat D^{1/2}$ commutes with the average. $x_i\cdot\hat D^{-1/2}y=(\hat "
        r"D^{-1/2}x_i)\cdot y$."
    ),
    knobs=PathKnobs(),
    setup=scaled_features,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("a D̂_m on every worker", "each worker has its own features", setup=per_worker),
        Falsifier("y = D̂^(−1/2)w", "the features are divided, and so is w", setup=inverse_root),
    ),
    see=("derived/scaled-fixed-point",),
    axes=("step", "first coordinate of y", "linear", "linear"),
)
