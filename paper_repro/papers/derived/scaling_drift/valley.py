"""In a valley a scaling D = diag(a, b) divides the slow drift by ab, and shortens the rounds by b alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import Fixed, Stream, Trace
from implicitbias.problems import TwoPoint
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import ensemble, mean_of
from paper_repro.papers.gu2023.valley import Slide
from paper_repro.papers.gu2023.valley_drift import first_order, LEFT_OUT, points, units
from sde.equations import Convention, SDE
from sde.formulas import drift_factor
from sde.references import flow
from sde.zoo import exponential_valley, valley
from sde.zoo.scaled import ScaledValley


MOVED = "displacement of Φ_x over plain SGD's"
# b/a of the scalings, their determinant the knob's: SGD does not tell them apart.
ASPECTS = (0.25, 1.0, 4.0)
# b/a of the lines.
SHOWN = np.geomspace(0.2, 5.0, 12)
# Slow time over abB: SGD along D^{−1}g moves by a tenth.
HORIZON = 0.4
# ηM and η up to which the slow equation is good to a few per cent: as without a scaling, for b ≥ 1.
LARGEST_NOISE, LARGEST_LR = 0.16, 0.02

Scaling = tuple[float, float]
# (a, b) ↦ the factor of the drift, and that of α: plain Local SGD has 1 and 1.
Factors = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True)
class ScaledValleyKnobs:
    """The method and the size of the scaling, in the valley e^x; η follows. B = 1 is a unit of slow time."""

    workers: int = knob(8, "M", "workers", low=4, high=10)
    round_time: float = knob(0.5, "α", "conventional time of a round, ηH", low=0.3, high=1.0, log=True)
    determinant: float = knob(4.0, "ab", "determinant of D", low=3.0, high=6.0)
    start: float = knob(0.3, "x_0", "start on the floor", low=0.2, high=0.6)


@dataclass(frozen=True)
class ScaledValleyCase:
    """Local SGD without a scaling; D is what is varied."""

    plain: Slide
    diagonals: tuple[Scaling, ...]
    drawn: tuple[Scaling, ...]
    stream: Stream

    @property
    def unit(self) -> float:
        """Displacement of plain SGD by its slow equation."""
        return _unit(self.plain)


def setup(knobs: ScaledValleyKnobs, stream: Stream) -> ScaledValleyCase:
    """Return the case of the knobs; only Σ enters the limit, so that the noise is ±1."""
    steps = int(np.ceil(knobs.round_time / min(LARGEST_NOISE / knobs.workers, LARGEST_LR)))
    lr = knobs.round_time / steps
    rounds = round(HORIZON * knobs.determinant / (lr * knobs.round_time))
    valley = exponential_valley(1.0, law=TwoPoint())
    plain = Slide(valley, knobs.start, 1.0, knobs.workers, lr, steps, rounds)
    tried, drawn = (_diagonals(knobs.determinant, np.array(aspects)) for aspects in (ASPECTS, SHOWN))
    return ScaledValleyCase(plain, tried, drawn, stream.child("scaled-valley"))


def _diagonals(determinant: float, aspects: Float[np.ndarray, " aspect"]) -> tuple[Scaling, ...]:
    """Return D of the determinant for every b/a."""
    return tuple((float(np.sqrt(determinant / r)), float(np.sqrt(determinant * r))) for r in aspects)


def needs(case: ScaledValleyCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return one ensemble for every scaling."""
    replicas, own = budget.pick(smoke=150, quick=3_000, paper=20_000), case.plain
    start = np.array([own.start, 0.0])
    methods = (replace(own.method, scaling=Fixed(d)) for d in case.diagonals)
    return tuple(
        ensemble(own.valley.landscape, method, own.slow_time, start, replicas, case.stream)
        for method in methods
    )


def observe(case: ScaledValleyCase, traces: Traces) -> Observation:
    """Mean displacements of Φ_D under every scaling."""
    found = [
        mean_of(_moved(case, diagonal, trace), comparisons=len(traces))
        for diagonal, trace in zip(case.diagonals, traces, strict=True)
    ]
    measured = Measured(np.array([m.value for m in found]), np.array([m.error for m in found]))
    label = f"Local SGD along D⁻¹g, M = {case.plain.workers}"
    return Observation({MOVED: measured}, (points(measured, np.array(ASPECTS), label, "local_sgd"),))


def _moved(case: ScaledValleyCase, diagonal: Scaling, trace: Trace) -> Float[np.ndarray, " replica"]:
    """Return the displacement of Φ_D over plain SGD's."""
    limit = ScaledValley(case.plain.valley, diagonal).project(trace.w[:, -1])
    return (limit[:, 0] - case.plain.start) / case.unit


def displaced(plain: Slide, diagonals: Sequence[Scaling], factors: Factors) -> Float[np.ndarray, " scaling"]:
    """Return the displacements by the slow equation with drift and α of plain Local SGD times the factors."""
    groove = plain.valley.groove
    speed, stretch = np.array([factors(a, b) for a, b in diagonals]).T

    def drift(x: Float[np.ndarray, " scaling"]) -> Float[np.ndarray, " scaling"]:
        gain = drift_factor(plain.workers, stretch * plain.round_time, groove.curvature(x))
        return speed * groove.drift(x, 1, plain.total_batch, 0.0) * np.asarray(gain)

    equation = SDE(
        drift,
        lambda x: np.zeros((*x.shape, 0)),
        dim=len(speed),
        noises=0,
        convention=Convention.ITO,
        name="slow ODEs of a valley, one for each scaling",
    )
    start = np.full(len(speed), plain.start)
    return flow(equation, plain.slow_time, start).value - start


@lru_cache(maxsize=64)
def _unit(plain: Slide) -> float:
    return float(displaced(plain, ((1.0, 1.0),), lambda a, b: (1.0, 0.0))[0])


def left_out(case: ScaledValleyCase) -> Float[np.ndarray, " scaling"]:
    """Return the size of what the slow equation leaves out at this η: that of plain steps in the valley of D^{1/2}θ."""
    return np.array([_left_out(case.plain, d) for d in case.diagonals]) / abs(case.unit)


def _left_out(plain: Slide, diagonal: Scaling) -> float:
    a, b = diagonal
    x, h = plain.valley.groove.variable, plain.valley.groove.profile
    within = valley(h.subs(x, x / np.sqrt(a)) / b, x, normal=1.0 / np.sqrt(b))
    slides = (replace(plain, valley=within, start=np.sqrt(a) * plain.start),)
    return float(first_order(slides)[0] * abs(units(slides)[0])) / np.sqrt(a)


def with_factors(factors: Factors) -> Callable[[ScaledValleyCase], Prediction]:
    """Return the prediction with these factors of drift and α."""

    def predict(case: ScaledValleyCase) -> Prediction:
        value = displaced(case.plain, case.diagonals, factors) / case.unit
        return Prediction({MOVED: Predicted(value, left_out(case), reason=LEFT_OUT)})

    return predict


def right(a: float, b: float) -> tuple[float, float]:
    """Return what D makes of the drift, and of the rounds."""
    return 1.0 / (a * b), 1.0 / b


def untransformed(a: float, b: float) -> tuple[float, float]:
    """Return what it makes if the noise across were Σ_yy in the variables D^{1/2}θ as well."""
    return 1.0 / a, 1.0 / b


def predict(case: ScaledValleyCase) -> Prediction:
    """1/(ab) and ψ(2αh/b); beside it the lines of what is not so, and of SGD."""
    lines = tuple(
        Curve(SHOWN, displaced(case.plain, case.drawn, factors) / case.unit, label, role)
        for factors, label, role in (
            (right, "slow SDE under D: ψ(2αh/b)/(ab)", "theory"),
            (untransformed, "noise not transformed", "falsifier"),
            (lambda a, b: (1.0 / (a * b), 1.0), "ψ(2αh)/(ab)", "falsifier"),
            (lambda a, b: (1.0 / (a * b), 0.0), "SGD along D⁻¹g", "reference"),
        )
    )
    return replace(with_factors(right)(case), curves=lines)


PROOF = r"""Steps along $D^{-1}g$ are gradient steps in $y=D^{1/2}\theta$ on $L(D^{-1/2}y)$, whose noise has the
covariance $D^{-1/2}\Sigma D^{-1/2}$. For $L=\frac12h(\theta_1)\theta_2^2$ that is $\frac12\tilde h(y_1)y_2^2$ with
$\tilde h(y_1)=h(y_1/\sqrt a)/b$: a valley again, with $\tilde h'/\tilde h=h'/(h\sqrt a)$ and the variance
$\sigma_N^2/b$ across. Its slow equation $\dot y_1=-\frac{\tilde h'}{4B\tilde
h}\frac{\sigma_N^2}b[1+(M-1)\psi(2\alpha\tilde h)]$, divided by $\sqrt a$, is the one stated. The flow
$\theta'=-D^{-1}\nabla L$ keeps $x-\frac{cb}{4a}y^2$ for $h=e^{cx}$, which is $\Phi_D$."""

CLAIM = Claim(
    key="derived/scaled-valley",
    title="A fixed scaling D = diag(a, b) divides the drift in a valley by ab, and its rounds by b alone",
    statement=(
        r"Local SGD with steps along $D^{-1}g$, $D=diag(a,b)$, in the valley $\frac12h(x)y^2$ follows "
        r"$x'=-\frac{h'\sigma_N^2}{4abBh}[1+(M-1)\psi(2\alpha h/b)]$ in slow time $\eta^2\cdot$steps. SGD sees the "
        r"determinant of $D$ only; with local steps the larger $b$ loses. Checked: the mean "
        r"displacement of $\Phi_D$ over that of plain SGD, for three $D$ of one determinant."
    ),
    hypotheses=(
        "D is fixed and diagonal, the same for all workers",
        "independent noise of the workers, none along the valley",
        "η → 0 at fixed α = ηH; here ηM ≤ 0.16",
    ),
    reference=Reference("gu2023", "slow SDE of Local SGD, in the variables D^{1/2}θ", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=ScaledValleyKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(
            "the slow SDE without D",
            "as if a scaling did not matter on Γ",
            with_factors(lambda a, b: (1.0, 1.0)),
        ),
        Falsifier("D in place of D⁻¹", "the other metric", with_factors(lambda a, b: (a * b, b))),
        Falsifier(
            "noise not transformed",
            "Σ in place of D^{−1/2}ΣD^{−1/2}, the curvature alone changed",
            with_factors(untransformed),
        ),
        Falsifier(
            "ψ(2αh)",
            "the drift divided by ab, and rounds as long as without D",
            with_factors(lambda a, b: (1.0 / (a * b), 1.0)),
        ),
    ),
    see=("gu2023/drift-ratio", "derived/scaled-circle"),
    axes=("b/a, at one determinant ab", "displacement over plain SGD's", "log", "linear"),
)
