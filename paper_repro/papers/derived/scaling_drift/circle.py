"""On a circle isotropic noise drives nothing; under a scaling D = diag(a, b) it drives φ to the slower axis."""

from collections.abc import Callable
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
from paper_repro.claims.two_rates import in_the_limit, mirrored, paired, Regime, regime
from sde.equations import Convention, SDE
from sde.references import expectation, Segment
from sde.zoo.scaled import ScaledCircle


MEAN = "mean displacement of the angle of Φ_D, η → 0"
# Half-way between the axes, where the drift is near its largest.
START = np.pi / 4
POINT = np.array([np.cos(START), np.sin(START)])
# σ: paths stay between the axes.
SIGMA = 0.5
SLOW_TIME, RECORDS = 0.8, 8
# Of the Kolmogorov equation: its error is far below that of an ensemble.
POINTS, STEPS = 161, 60
INSIDE = Segment(0.01, np.pi / 2 - 0.01)

# (φ) ↦ drift and diffusion of the angle.
Coefficients = tuple[Callable[..., Float[np.ndarray, "..."]], Callable[..., Float[np.ndarray, "..."]]]


@dataclass(frozen=True)
class ScaledCircleKnobs:
    """The method and the scaling D = (1, b); η follows. B = 1 is a unit of slow time."""

    workers: int = knob(4, "M", "workers", low=3, high=8)
    round_time: float = knob(1.0, "α", "conventional time of a round, ηH", low=0.5, high=1.0, log=True)
    slow: float = knob(2.5, "b", "D of the slower axis; that of the other is 1", low=2.0, high=3.0)


@dataclass(frozen=True)
class ScaledCircleCase:
    """The circle under D, the coarser of the two runs, and the source of noise."""

    circle: ScaledCircle
    coarse: Regime
    stream: Stream

    @property
    def times(self) -> Float[np.ndarray, " record"]:
        """Slow times of the records."""
        return self.coarse.slow_time * np.arange(RECORDS + 1) / RECORDS


def setup(knobs: ScaledCircleKnobs, stream: Stream) -> ScaledCircleCase:
    """Return the case of the knobs; only Σ enters the limit, so that the noise is ±1."""
    circle = ScaledCircle((1.0, knobs.slow), curvature=1.5, sigma=SIGMA, law=TwoPoint())
    coarse = regime(knobs.workers, knobs.round_time, SLOW_TIME, spread=0.2, multiple=RECORDS)
    return ScaledCircleCase(
        circle, replace(coarse, scaling=Fixed(circle.diagonal)), stream.child("scaled-circle")
    )


def needs(case: ScaledCircleCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Mirrored pairs from one point."""
    gradients = budget.pick(smoke=1.5e7, quick=1.5e8, paper=4e9)
    return mirrored(case.circle.landscape, case.coarse, POINT, gradients, case.stream, RECORDS)


def observe(case: ScaledCircleCase, traces: Traces) -> Observation:
    """Extrapolate the mean angle, at the end to judge it, on the way to draw it."""
    coarse, fine = paired(moved(case, trace)[:, 1:] for trace in traces)
    path, end = in_the_limit(coarse, fine, 1), in_the_limit(coarse[:, -1], fine[:, -1], 1)
    mean, error = np.asarray(path.value), np.asarray(path.error)
    label = f"Local SGD along D⁻¹g, M = {case.coarse.workers}, α = {case.coarse.round_time:.3g}, η → 0"
    curve = Curve(case.times[1:], mean, label, "measured", "local_sgd", mean - error, mean + error)
    return Observation({MEAN: end}, (curve,))


def moved(case: ScaledCircleCase, trace: Trace) -> Float[np.ndarray, "replica record"]:
    """Return the angle of Φ_D less that of the start."""
    x, y = np.moveaxis(case.circle.project(trace.w), -1, 0)
    return np.arctan2(y, x) - START


def right(case: ScaledCircleCase) -> Coefficients:
    """Return drift and diffusion under D."""
    return _coefficients(case, case.circle)


def unscaled(case: ScaledCircleCase) -> Coefficients:
    """Return those of plain Local SGD."""
    return _coefficients(case, replace(case.circle, diagonal=(1.0, 1.0)))


def inverted(case: ScaledCircleCase) -> Coefficients:
    """Return those of steps along Dg."""
    a, b = case.circle.diagonal
    return _coefficients(case, replace(case.circle, diagonal=(1.0 / a, 1.0 / b)))


def untransformed(case: ScaledCircleCase) -> Coefficients:
    """Return those with the covariance of the gradient itself in the variables D^{1/2}θ."""
    return _coefficients(case, case.circle, (SIGMA**2, SIGMA**2))


def _coefficients(
    case: ScaledCircleCase, circle: ScaledCircle, covariance: tuple[float, float] | None = None
) -> Coefficients:
    own = case.coarse
    return (
        lambda q: circle.drift(q, own.workers, own.total_batch, own.round_time, covariance),
        lambda q: circle.diffusion(q, own.total_batch, covariance)[..., None],
    )


def mean_angle(case: ScaledCircleCase, coefficients: Coefficients, time: float) -> float:
    """Return the mean displacement of φ at a slow time, by the Kolmogorov equation."""
    drift, diffusion = coefficients
    equation = SDE(drift, diffusion, dim=1, noises=1, convention=Convention.ITO, name="slow SDE of the angle")
    found = expectation(equation, lambda q: q[:, 0] - START, time, START, INSIDE, points=POINTS, steps=STEPS)
    return float(found.value)


def instead(
    coefficients: Callable[[ScaledCircleCase], Coefficients],
) -> Callable[[ScaledCircleCase], Prediction]:
    """Return the prediction of these coefficients at the end."""
    return lambda case: Prediction(
        {MEAN: Predicted(mean_angle(case, coefficients(case), case.coarse.slow_time))}
    )


def predict(case: ScaledCircleCase) -> Prediction:
    """The mean angle by the slow SDE under D; beside it the lines of two that are wrong."""
    lines = tuple(
        Curve(case.times, _path(case, coefficients(case)), label, role)
        for coefficients, label, role in (
            (right, "slow SDE under D", "theory"),
            (untransformed, "noise not transformed", "falsifier"),
            (unscaled, "slow SDE without D", "falsifier"),
        )
    )
    return replace(instead(right)(case), curves=lines)


def _path(case: ScaledCircleCase, coefficients: Coefficients) -> Float[np.ndarray, " record"]:
    return np.array([mean_angle(case, coefficients, float(t)) for t in case.times])


PROOF = r"""The flow $\theta'=-D^{-1}\nabla L$ runs along $x'\propto-x/a$, $y'\propto-y/b$: it keeps $q=a\log x-b\log
y$. In $D^{1/2}\theta$ the noise has the covariance $D^{-1/2}\Sigma D^{-1/2}$ and the Hessian of $q$ is
$diag(-1/x^2,1/y^2)$, so that by the master formula
$dq=\frac1{2B}\langle diag(-\frac1{x^2},\frac1{y^2}),\Sigma_{eff}\rangle dt+\dots$, where $\Sigma_{eff}$ weighs the
pair $nn$ by $A$, $nt$ by $A_m$ and $tt$ by $1$, with the curvature $hw/(ab)$ of $D^{-1/2}\nabla^2LD^{-1/2}$,
$w=b\cos^2\varphi+a\sin^2\varphi$. As $\partial_\varphi q=-w/(\sin\varphi\cos\varphi)$, Itô's formula gives
$d\varphi=-\frac1{2Bw^2}[(a-b)\sin\varphi\cos\varphi(A\Sigma_{nn}+\Sigma_{tt})+2\sqrt{ab}A_m\Sigma_{nt}]dt
+\sqrt{\Sigma_{tt}/(Bw)}\,dW$, and for $\Sigma=\sigma^2I$ the bracket is
$\sigma^2(a-b)\sin\varphi\cos\varphi(A\tilde\Sigma_{nn}+(1+2A_m)/w)$: of the sign of $a-b$."""

CLAIM = Claim(
    key="derived/scaled-circle",
    title="Isotropic noise leaves the angle on a circle alone; under a scaling it drives it to the slower axis",
    statement=(
        r"On $\frac h2(|x|-1)^2$ with isotropic noise plain Local SGD has no drift. With steps along $D^{-1}g$, "
        r"$D=diag(a,b)$, $w=b\cos^2\varphi+a\sin^2\varphi$, it has the drift "
        r"$-\frac{(a-b)\sigma^2\sin\varphi\cos\varphi}{2Bw^2}[A\,\tilde\Sigma_{nn}+\frac{1+2A_m}w]$ and the diffusion "
        r"$\frac{\sigma}{w\sqrt B}$, $A=1+(M-1)\psi(2\alpha hw/(ab))$, $A_m=1+(M-1)\psi(\alpha hw/(ab))$, "
        r"$\tilde\Sigma_{nn}=(\cos^2\varphi/a^2+\sin^2\varphi/b^2)ab/w$: to the axis of the larger entry of $D$. "
        r"Measured in the limit $\eta\to0$ at fixed $\alpha$, as $2E_{\eta/2}-E_\eta$ within $|E_\eta-E_{\eta/2}|$."
    ),
    hypotheses=(
        "D is fixed and diagonal, the same for all workers",
        "independent, isotropic noise of the workers",
        "α = ηH fixed as η → 0; start on Γ, between the axes",
    ),
    reference=Reference("gu2023", "slow SDE of Local SGD, in the variables D^{1/2}θ", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=ScaledCircleKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("the slow SDE without D", "isotropic noise drives nothing on a circle", instead(unscaled)),
        Falsifier("D in place of D⁻¹", "the other metric", instead(inverted)),
        Falsifier("noise not transformed", "Σ in place of D^{−1/2}ΣD^{−1/2}", instead(untransformed)),
    ),
    see=("derived/mixed-noise-drift", "derived/scaled-valley"),
    axes=("slow time η²·steps", "mean displacement of the angle", "linear", "linear"),
)
