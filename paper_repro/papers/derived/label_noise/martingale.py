"""Under isotropic noise the imbalance of uv = y is a martingale for SGD: the drift along Γ and Itô's term cancel."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import local_sgd, RecordAt, RunSpec, Stream
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
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import mean_curve, mean_of
from sde.equations import Convention, SDE
from sde.references import expectation, Segment
from sde.zoo import scalar_factorisation, ScalarFactorisation


MEAN, VARIANCE = "E D(T)", "E (D(T) − D_0)²"
DECIDING = 2
# Records for the picture.
PIECES = 6
# Where the grid of the reference ends, in standard deviations at the rate 4S_0/B.
FAR = 7.0


@dataclass(frozen=True)
class MartingaleKnobs:
    """The factorisation and SGD on it; σ = B = 1 are units."""

    product: float = knob(1.0, "y", "the product to be factored", choices=(0.8, 1.0, 1.25))
    start: float = knob(3.0, "D_0", "imbalance at the start", low=2.5, high=3.5)
    lr: float = knob(0.08, "η", "learning rate", low=0.05, high=0.1)
    time: float = knob(0.5, "T", "slow time", low=0.4, high=0.6)


@dataclass(frozen=True)
class MartingaleCase:
    """The factorisation with unit isotropic noise, and one worker with batch 1 on it."""

    knobs: MartingaleKnobs
    forms: ScalarFactorisation
    stream: Stream

    @property
    def rounds(self) -> int:
        """Steps of SGD."""
        return max(PIECES, round(self.knobs.time / self.knobs.lr**2))

    @property
    def slow_time(self) -> float:
        """T."""
        return self.rounds * self.knobs.lr**2

    @property
    def sharpness(self) -> float:
        """S_0."""
        return float(self.forms.sharpness(np.array(self.knobs.start)))

    @property
    def stretch(self) -> float:
        """1/(1 − ηS_0/2), by how much finite steps widen fluctuations across Γ."""
        return 1.0 / (1.0 - 0.5 * self.knobs.lr * self.sharpness)

    @property
    def lost(self) -> float:
        """E D loses η²r² of itself a step, r = uv − y and E r² = η/(2 − ηS): this share of D_0 by the time T."""
        return 0.5 * self.knobs.lr * self.stretch * self.slow_time


def setup(knobs: MartingaleKnobs, stream: Stream) -> MartingaleCase:
    """Return the case of the knobs."""
    forms = scalar_factorisation(knobs.product, label=0.0, sigma=1.0, law=TwoPoint())
    return MartingaleCase(knobs, forms, stream)


def needs(case: MartingaleCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One ensemble."""
    replicas = budget.pick(smoke=4_000, quick=200_000, paper=1_000_000)
    start = tuple(case.forms.start(np.array([case.knobs.start])).tolist())
    method, record = local_sgd(case.knobs.lr, 1, 1.0, workers=1), RecordAt.every(case.rounds // PIECES)
    return (RunSpec(case.forms.landscape, method, case.rounds, record, start, replicas, case.stream),)


def observe(case: MartingaleCase, traces: Traces) -> Observation:
    """Mean of D, and of its squared displacement."""
    (trace,) = traces
    moved = case.forms.invariant(trace.w)[..., 0] - case.knobs.start
    mean, square = mean_of(moved[:, -1] + case.knobs.start, DECIDING), mean_of(moved[:, -1] ** 2, DECIDING)
    curves = (
        mean_curve(trace.slow_time, moved, "SGD: E D − D_0", "sgd", DECIDING),
        mean_curve(trace.slow_time, moved**2, "SGD: E (D − D_0)²", "sgd:H=1000", DECIDING),
    )
    return Observation({MEAN: mean, VARIANCE: square}, curves)


def predict(case: MartingaleCase) -> Prediction:
    """D_0, and (4/B) ∫ E S dt by the backward equation."""
    start, lost = case.knobs.start, case.lost
    grid = np.linspace(0.0, case.slow_time, 7)
    squares = np.array([_squared(case, t) for t in grid])
    quantities = {
        MEAN: Predicted(start * (1.0 - lost), start * lost, reason="E D loses η²r² of itself a step"),
        VARIANCE: Predicted(
            float(squares[-1]),
            float(squares[-1]) * (case.stretch - 1.0),
            reason="fluctuations across Γ are wider by 1/(1 − ηS/2)",
        ),
    }
    lines = (
        Curve(grid, np.zeros(len(grid)), "martingale", "theory"),
        Curve(grid, squares, "4 ∫ E S dt", "theory"),
        Curve(grid, _dragged(case, grid) - start, "drift −D/S", "falsifier"),
    )
    return Prediction(quantities, lines)


def _squared(case: MartingaleCase, time: float) -> float:
    """E(D(t) − D_0)² of dD = 2√S dW."""
    start, reach = case.knobs.start, FAR * np.sqrt(4.0 * case.sharpness * case.slow_time)
    equation = SDE(
        lambda q: case.forms.slow_drift(q, 1, 1.0, 0.0),
        lambda q: case.forms.slow_diffusion(q, 1.0),
        dim=1,
        noises=1,
        convention=Convention.ITO,
    )
    domain = Segment(start - reach, start + reach)
    found = expectation(equation, lambda q: (q[:, 0] - start) ** 2, time, start, domain, points=301, steps=40)
    return float(found.value)


def _dragged(case: MartingaleCase, times: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """D of D′ = −D/S, as long as it moves little: D_0(1 − t/S_0)."""
    return case.knobs.start * (1.0 - times / case.sharpness)


def without_ito(case: MartingaleCase) -> Prediction:
    """D_0 − TD_0/S_0: drift-I without the second derivative of D along Γ."""
    return Prediction({MEAN: Predicted(float(_dragged(case, np.array([case.slow_time]))[0]))})


def half_variance(case: MartingaleCase) -> Prediction:
    """2E S/B for 4E S/B."""
    return Prediction({VARIANCE: Predicted(0.5 * _squared(case, case.slow_time))})


def everywhere_balanced(case: MartingaleCase) -> Prediction:
    """S = 2|y|, its value at D = 0."""
    return Prediction({VARIANCE: Predicted(8.0 * abs(case.knobs.product) * case.slow_time)})


PROOF = r"""$D=u^2-v^2$ is an invariant of the flow with $\nabla^2D=\mathrm{diag}(2,-2)$, so for $M=1$ and $\Sigma=I$
the slow SDE gives $dD=\frac1{2B}\langle\nabla^2D,I\rangle dt+\dots$ with $\langle\nabla^2D,I\rangle=0$: no drift. In
parts, normal noise gives $-D/(BS)$ (drift-I) and tangent noise $+D/(BS)$ (Itô's term), $nn^\top+tt^\top=I$. The
martingale has the rate $\frac1B|\nabla D|^2=\frac4B(u^2+v^2)=\frac4BS$ on $\Gamma$, so
$\mathrm{Var}\,D(T)=\frac4B\int _0^TE S\,dt$. At finite $\eta$, exactly, $u'=u-\eta(rv+\xi_1)$ and
$v'=v-\eta(ru+\xi_2)$ have $E[u'^2-v'^2]=D(1-\eta^2r^2)$, and $r=uv-y$ settles at $E r^2=\eta/(B(2-\eta S))$."""

CLAIM = Claim(
    key="derived/uv-martingale",
    title="Isotropic noise does not balance the factors of uv = y: D is a martingale for SGD, its variance 4 ∫ E S/B",
    statement=(
        r"On $\frac12(uv-y)^2$ with noise $\Sigma=I$, in slow time, SGD has $dD=2\sqrt{S/B}\,dW$, $D=u^2-v^2$, "
        r"$S=\sqrt{D^2+4y^2}$: the drift towards flat minima and Itô's term along the curved $\Gamma$ cancel. So $E "
        r"D(T)=D_0$ and $\mathrm{Var}\,D(T)=\frac4B\int_0^TE S\,dt$."
    ),
    hypotheses=("y ≠ 0, start on Γ", "one worker; ηS < 2"),
    reference=Reference("derived", "scalar factorisation with isotropic noise"),
    source="derived",
    proof=PROOF,
    knobs=MartingaleKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("drift −D/(BS)", "drift-I alone: Itô's term is easily forgotten", without_ito),
        Falsifier("variance rate 2E S/B", "a gradient (u, v) of D without its factor 2", half_variance),
        Falsifier("variance rate 8|y|/B", "S taken at the balanced point", everywhere_balanced),
    ),
    see=("derived/uv-label-noise",),
    axes=("slow time η²·steps", "D − D_0", "linear", "linear"),
)
