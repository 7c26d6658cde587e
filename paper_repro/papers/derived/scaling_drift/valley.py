"""In a valley a scaling D = diag(a, b) divides the slow drift by ab, and shortens the rounds by b alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    statistical,
    Traces,
)
from paper_repro.claims.two_rates import at_two_rates, in_the_limit, joined, Regime, regime
from sde.equations import Convention, SDE
from sde.formulas import drift_factor
from sde.references import flow
from sde.zoo import exponential_valley
from sde.zoo.scaled import ScaledValley


MOVED = "displacement of Φ_x over plain SGD's, η → 0"
# b/a of the scalings, their determinant the knob's: SGD does not tell them apart.
ASPECTS = (0.25, 1.0, 4.0, 16.0)
# b/a of the lines.
SHOWN = np.geomspace(0.15, 27.0, 25)
# Slow time over abB: SGD moves by c/10.
HORIZON = 0.4
# Of the curvature across, ηh/b below which ± a few per cent of ψ are of first order in η.
LARGEST_STEP = 0.06

# (a, b) ↦ the factor of the drift, and that of α: plain Local SGD has 1 and 1.
Factors = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True)
class ScaledValleyKnobs:
    """The method and the size of the scaling, in the valley e^x; η follows. B = 1 is a unit of slow time."""

    workers: int = knob(8, "M", "workers", low=4, high=10)
    round_time: float = knob(0.5, "α", "conventional time of a round, ηH", low=0.3, high=1.0, log=True)
    determinant: float = knob(4.0, "ab", "determinant of D", low=2.0, high=6.0)
    start: float = knob(0.3, "x_0", "start on the floor", low=0.2, high=0.6)


@dataclass(frozen=True)
class ScaledValleyCase:
    """Local SGD under every scaling, the coarser of its two runs each, and the source of noise."""

    knobs: ScaledValleyKnobs
    valleys: tuple[ScaledValley, ...]
    coarse: Regime
    stream: Stream

    def coarser(self, valley: ScaledValley) -> Regime:
        """Return the method under one of the scalings."""
        return replace(self.coarse, scaling=Fixed(valley.diagonal))

    @property
    def unit(self) -> float:
        """Displacement of plain SGD by its slow equation."""
        return float(displaced(self, [(1.0, 1.0)], lambda a, b: (1.0, 0.0))[0])


def setup(knobs: ScaledValleyKnobs, stream: Stream) -> ScaledValleyCase:
    """Return the case of the knobs; only Σ enters the limit, so that the noise is ±1."""
    valley = exponential_valley(1.0, law=TwoPoint())
    valleys = tuple(ScaledValley(valley, diagonal) for diagonal in diagonals(knobs, ASPECTS))
    sharpest = float(np.exp(knobs.start)) / min(v.diagonal[1] for v in valleys)
    steps = int(np.ceil(knobs.round_time * sharpest / LARGEST_STEP))
    time = HORIZON * knobs.determinant
    # Γ is straight and has no noise along it: nothing depends on ηMα beyond the limit.
    coarse = regime(knobs.workers, knobs.round_time, time, spread=np.inf, fewest_steps=steps)
    return ScaledValleyCase(knobs, valleys, coarse, stream.child("scaled-valley"))


def diagonals(
    knobs: ScaledValleyKnobs, aspects: Sequence[float] | Float[np.ndarray, " aspect"]
) -> list[tuple[float, float]]:
    """Return D of the knob's determinant for every b/a."""
    size = knobs.determinant
    return [(float(np.sqrt(size / r)), float(np.sqrt(size * r))) for r in aspects]


def needs(case: ScaledValleyCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Replicas at both rates, under every scaling."""
    gradients = budget.pick(smoke=1.5e7, quick=1.5e8, paper=4e9) / len(case.valleys)
    start = np.array([case.knobs.start, 0.0])
    return tuple(
        run
        for valley in case.valleys
        for run in at_two_rates(valley.landscape, case.coarser(valley), start, gradients, case.stream)
    )


def observe(case: ScaledValleyCase, traces: Traces) -> Observation:
    """Extrapolate the mean displacement of Φ_D under every scaling."""
    pairs = zip(case.valleys, traces[::2], traces[1::2], strict=True)
    found = joined(
        [
            in_the_limit(moved(case, v, coarse), moved(case, v, fine), len(case.valleys))
            for v, coarse, fine in pairs
        ]
    )
    value, error = np.asarray(found.value), np.asarray(found.error)
    label = f"Local SGD along D⁻¹g, M = {case.coarse.workers}, η → 0"
    curve = Curve(np.array(ASPECTS), value, label, "measured", "local_sgd", value - error, value + error)
    return Observation({MOVED: found}, (curve,))


def moved(case: ScaledValleyCase, valley: ScaledValley, trace: Trace) -> Float[np.ndarray, " replica"]:
    """Return the displacement of Φ_D, x at the end less the start, over plain SGD's."""
    return (valley.project(trace.w[:, -1])[:, 0] - case.knobs.start) / case.unit


def displaced(
    case: ScaledValleyCase, scalings: Sequence[tuple[float, float]], factors: Factors
) -> Float[np.ndarray, " scaling"]:
    """Return x at the end less the start by the slow equation, drift and α of plain Local SGD times ``factors``."""
    own, groove = case.coarse, case.valleys[0].valley.groove
    speed, stretch = np.array([factors(a, b) for a, b in scalings]).T

    def drift(x: Float[np.ndarray, " scaling"]) -> Float[np.ndarray, " scaling"]:
        sgd = groove.drift(x, 1, own.total_batch, 0.0)
        return (
            speed * sgd * np.asarray(drift_factor(own.workers, stretch * own.round_time, groove.curvature(x)))
        )

    equation = SDE(
        drift,
        lambda x: np.zeros((*x.shape, 0)),
        dim=len(speed),
        noises=0,
        convention=Convention.ITO,
        name="slow ODEs of a valley, one for each scaling",
    )
    start = np.full(len(speed), case.knobs.start)
    return flow(equation, own.slow_time, start).value - start


def with_factors(factors: Factors) -> Callable[[ScaledValleyCase], Prediction]:
    """Return the prediction with these factors of drift and α."""
    return lambda case: Prediction(
        {MOVED: Predicted(displaced(case, [v.diagonal for v in case.valleys], factors) / case.unit)}
    )


def right(a: float, b: float) -> tuple[float, float]:
    """Return what D makes of the drift, and of the rounds."""
    return 1.0 / (a * b), 1.0 / b


def untransformed(a: float, b: float) -> tuple[float, float]:
    """Return what it makes if the noise across were Σ_yy in the variables y as well."""
    return 1.0 / a, 1.0 / b


def predict(case: ScaledValleyCase) -> Prediction:
    """1/(ab) and ψ(2αh/b); beside it the lines of two that are wrong."""
    shown = diagonals(case.knobs, SHOWN)
    lines = tuple(
        Curve(SHOWN, displaced(case, shown, factors) / case.unit, label, role)
        for factors, label, role in (
            (right, "slow SDE under D: ψ(2αh/b)", "theory"),
            (untransformed, "noise not transformed", "falsifier"),
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
        r"determinant of $D$ only; with local steps the larger $b$ loses. Measured for four $D$ of one determinant, "
        r"in the limit $\eta\to0$ at fixed $\alpha$, as $2E_{\eta/2}-E_\eta$ within $|E_\eta-E_{\eta/2}|$."
    ),
    hypotheses=(
        "D is fixed and diagonal, the same for all workers",
        "independent noise of the workers, none along the valley",
        "α = ηH fixed as η → 0; start on Γ",
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
