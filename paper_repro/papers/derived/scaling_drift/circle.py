"""On a circle noise across drives nothing along; under a scaling D = diag(a, b) it drives φ to the slower axis."""

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
from sde.references import flow
from sde.zoo.scaled import ScaledCircle


ANGLE = "mean displacement of the angle of Φ_D, η → 0"
# Half-way between the axes, where the drift is near its largest.
START = np.pi / 4
POINT = np.array([np.cos(START), np.sin(START)])
CURVATURE = 1.5
SLOW_TIME, RECORDS = 0.4, 4

# φ ↦ the slow drift of the angle.
Drift = Callable[[Float[np.ndarray, "*batch 1"]], Float[np.ndarray, "*batch 1"]]


@dataclass(frozen=True)
class ScaledCircleKnobs:
    """The method and the scaling D = (1, b); η follows. B = 1 is a unit of slow time."""

    workers: int = knob(4, "M", "workers", low=3, high=8)
    round_time: float = knob(1.0, "α", "conventional time of a round, ηH", low=0.3, high=1.0, log=True)
    slow: float = knob(2.5, "b", "D of the slower axis; that of the other is 1", low=2.0, high=3.5)


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
    circle = ScaledCircle((1.0, knobs.slow), CURVATURE, law=TwoPoint())
    coarse = regime(knobs.workers, knobs.round_time, SLOW_TIME, spread=np.inf, multiple=RECORDS)
    return ScaledCircleCase(
        circle, replace(coarse, scaling=Fixed(circle.diagonal)), stream.child("scaled-circle")
    )


def needs(case: ScaledCircleCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Mirrored pairs from one point."""
    gradients = budget.pick(smoke=5e6, quick=3e7, paper=4e9)
    return mirrored(case.circle.landscape, case.coarse, POINT, gradients, case.stream, RECORDS)


def observe(case: ScaledCircleCase, traces: Traces) -> Observation:
    """Extrapolate the mean angle, at the end to judge it, on the way to draw it."""
    coarse, fine = paired(moved(case, trace)[:, 1:] for trace in traces)
    path, end = in_the_limit(coarse, fine, 1), in_the_limit(coarse[:, -1], fine[:, -1], 1)
    mean, error = np.asarray(path.value), np.asarray(path.error)
    label = f"Local SGD along D⁻¹g, M = {case.coarse.workers}, α = {case.coarse.round_time:.3g}, η → 0"
    curve = Curve(case.times[1:], mean, label, "measured", "local_sgd", mean - error, mean + error)
    return Observation({ANGLE: end}, (curve,))


def moved(case: ScaledCircleCase, trace: Trace) -> Float[np.ndarray, "replica record"]:
    """Return the angle of Φ_D less that of the start."""
    x, y = np.moveaxis(case.circle.project(trace.w), -1, 0)
    return np.arctan2(y, x) - START


def by(circle: ScaledCircle, case: ScaledCircleCase) -> Drift:
    """Return the drift of this method under the scaling of a circle."""
    own = case.coarse
    return lambda q: circle.drift(q, own.workers, own.total_batch, own.round_time)


def right(case: ScaledCircleCase) -> Drift:
    """Return the drift under D."""
    return by(case.circle, case)


def unscaled(case: ScaledCircleCase) -> Drift:
    """Return that of plain Local SGD."""
    return by(replace(case.circle, diagonal=(1.0, 1.0)), case)


def inverted(case: ScaledCircleCase) -> Drift:
    """Return that of steps along Dg."""
    a, b = case.circle.diagonal
    return by(replace(case.circle, diagonal=(1.0 / a, 1.0 / b)), case)


def untransformed(case: ScaledCircleCase) -> Drift:
    """Return that of noise which is across, with its own variance, in the variables D^{1/2}θ."""
    own = case.coarse

    def drift(q: Float[np.ndarray, "*batch 1"]) -> Float[np.ndarray, "*batch 1"]:
        parts = (np.full_like(q, case.circle.normal**2), np.zeros_like(q), np.zeros_like(q))
        return case.circle.drift_by(parts, q, own.workers, own.total_batch, own.round_time)

    return drift


def without_gain(case: ScaledCircleCase) -> Drift:
    """Return that of SGD."""
    return lambda q: case.circle.drift(q, 1, case.coarse.total_batch, 0.0)


def path(case: ScaledCircleCase, drift: Drift) -> Float[np.ndarray, " record"]:
    """Return the displacement of φ at the slow times of the records."""
    equation = SDE(
        drift,
        lambda q: np.zeros((*q.shape, 0)),
        dim=1,
        noises=0,
        convention=Convention.ITO,
        name="slow ODE of the angle",
    )
    return flow(equation, case.times, np.array([START])).value[:, 0] - START


def instead(drift: Callable[[ScaledCircleCase], Drift]) -> Callable[[ScaledCircleCase], Prediction]:
    """Return the prediction of a drift at the end."""
    return lambda case: Prediction({ANGLE: Predicted(float(path(case, drift(case))[-1]))})


def predict(case: ScaledCircleCase) -> Prediction:
    """The angle by the slow equation under D; beside it the lines of what is not so, and of SGD."""
    lines = tuple(
        Curve(case.times, path(case, drift(case)), label, role)
        for drift, label, role in (
            (right, "slow SDE under D", "theory"),
            (untransformed, "noise not transformed", "falsifier"),
            (unscaled, "slow SDE without D", "falsifier"),
            (without_gain, "SGD along D⁻¹g", "reference"),
        )
    )
    return replace(instead(right)(case), curves=lines)


PROOF = r"""The flow $\theta'=-D^{-1}\nabla L$ runs along $x'\propto-x/a$, $y'\propto-y/b$: it keeps $q=a\log x-b\log
y$. In $D^{1/2}\theta$ the Hessian of $q$ is $diag(-1/x^2,1/y^2)$, and noise along $n=(\cos\varphi,\sin\varphi)$
becomes noise along $D^{-1/2}n$, the normal of $D^{1/2}\Gamma$, of variance $\sigma_N^2|D^{-1/2}n|^2$,
$|D^{-1/2}n|^2=\frac w{ab}$, $w=b\cos^2\varphi+a\sin^2\varphi$; the curvature of $L(D^{-1/2}y)$ across is
$\frac{hw}{ab}$. By the master formula $\dot q=\frac1{2B}\langle\nabla^2q,\Sigma_{eff}\rangle
=\frac{\sigma_N^2A}{2B}\langle diag(-\frac1{x^2},\frac1{y^2}),D^{-1/2}nn^TD^{-1/2}\rangle
=\frac{\sigma_N^2A}{2B}(\frac1b-\frac1a)$, and $\partial_\varphi q=-\frac w{\sin\varphi\cos\varphi}$."""

CLAIM = Claim(
    key="derived/scaled-circle",
    title="Noise across a circle leaves the angle alone; under a scaling it drives it to the slower axis",
    statement=(
        r"On $\frac h2(|x|-1)^2$ with noise of variance $\sigma_N^2$ across $\Gamma$ plain Local SGD stays where "
        r"it is. With steps along $D^{-1}g$, $D=diag(a,b)$, its angle follows "
        r"$\varphi'=-\frac{(a-b)\sigma_N^2\sin2\varphi}{4abBw}[1+(M-1)\psi(\frac{2\alpha hw}{ab})]$, "
        r"$w=b\cos^2\varphi+a\sin^2\varphi$, in slow time: to the axis of the larger entry of $D$. "
        r"Measured in the limit $\eta\to0$ at fixed $\alpha$, as $2E_{\eta/2}-E_\eta$ within $|E_\eta-E_{\eta/2}|$."
    ),
    hypotheses=(
        "D is fixed and diagonal, the same for all workers",
        "independent noise of the workers, across the circle alone",
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
        Falsifier("the slow SDE without D", "as if a scaling did not matter on Γ", instead(unscaled)),
        Falsifier("D in place of D⁻¹", "the other metric", instead(inverted)),
        Falsifier(
            "noise not transformed",
            "σ_N² across in the variables D^{1/2}θ, where it is σ_N²w/(ab)",
            instead(untransformed),
        ),
        Falsifier("SGD along D⁻¹g", "local steps add nothing", instead(without_gain)),
    ),
    see=("derived/mixed-noise-drift", "derived/scaled-valley"),
    axes=("slow time η²·steps", "mean displacement of the angle", "linear", "linear"),
)
