"""At steps near stability label noise decreases −(1/2η) tr log(1 − (η/2)∇²L), not ¼ tr ∇²L."""

from collections.abc import Callable
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
from paper_repro.claims.ensembles import limit_of, mean_curve
from sde.zoo import exponential_valley


POSITION = "E Φ_x after s/(η²δ²) steps, δ → 0"
# δ² of the two runs: the fluctuations, of size ηδ², vanish and leave the step alone.
VARIANCES = (0.02, 0.01)
# η²δ²·steps, and records for the picture.
LENGTH, PIECES = 0.6, 6


@dataclass(frozen=True)
class RegulariserKnobs:
    """The learning rate on ½e^x y²; B = 1 is a unit."""

    lr: float = knob(0.7, "η", "learning rate; the curvature starts at e^{x_0}", low=0.5, high=0.8)
    start: float = knob(0.3, "x_0", "start on Γ", low=0.1, high=0.4)


@dataclass(frozen=True)
class RegulariserCase:
    """The knobs, and where the noise comes from."""

    knobs: RegulariserKnobs
    stream: Stream

    def path(self, lengths: Float[np.ndarray, " length"], share: float = 1.0) -> Float[np.ndarray, " length"]:
        """Return x at s = η²δ²·steps of dx/ds = −h/(4(1 − share·ηh/2)): e^{−x} + share·ηx/2 grows by s/4."""
        from scipy.optimize import brentq

        slope, start = 0.5 * share * self.knobs.lr, self.knobs.start

        def grown(x: float) -> float:
            return np.exp(-x) - np.exp(-start) + slope * (x - start)

        return np.array([brentq(lambda x, s=s: grown(x) - s / 4.0, start - 3.0, start) for s in lengths])

    def spec(self, number: int, replicas: int) -> RunSpec:
        """Return SGD with the label noise of that number."""
        valley = exponential_valley(1.0, normal=0.0, label=float(np.sqrt(VARIANCES[number])), law=TwoPoint())
        steps = self.steps(number)
        return RunSpec(
            valley.landscape,
            local_sgd(self.knobs.lr, 1, 1.0, workers=1),
            steps,
            RecordAt.every(max(1, steps // PIECES)),
            (self.knobs.start, 0.0),
            replicas,
            self.stream.child(f"label-noise-{number}"),
        )

    def steps(self, number: int) -> int:
        """Return the number of steps; twice as many at half the variance."""
        return (number + 1) * round(LENGTH / (self.knobs.lr**2 * VARIANCES[0]))

    @property
    def fluctuation(self) -> float:
        """E y² at the start, at the smaller of the two noises."""
        return self.knobs.lr * VARIANCES[1] / (2.0 - self.knobs.lr * np.exp(self.knobs.start))

    @property
    def length(self) -> float:
        """Return s as whole steps make it."""
        return self.steps(0) * self.knobs.lr**2 * VARIANCES[0]


def setup(knobs: RegulariserKnobs, stream: Stream) -> RegulariserCase:
    """Return the case of the knobs."""
    return RegulariserCase(knobs, stream)


def needs(case: RegulariserCase, budget: Budget) -> tuple[RunSpec, ...]:
    """SGD with two sizes of label noise."""
    replicas = budget.pick(smoke=1_000, quick=20_000, paper=400_000)
    return case.spec(0, replicas), case.spec(1, 2 * replicas)


def observe(case: RegulariserCase, traces: Traces) -> Observation:
    """Extrapolate the mean of Φ_x = x − y²/4 to δ → 0."""
    seen = [trace.w[..., 0] - 0.25 * trace.w[..., 1] ** 2 for trace in traces]
    found = limit_of(seen[0][:, -1], seen[1][:, -1])
    lengths = traces[1].slow_time * VARIANCES[1]
    curve = mean_curve(lengths, seen[1], f"SGD, δ² = {VARIANCES[1]:g}", "sgd")
    return Observation({POSITION: found}, (curve,))


def predict(case: RegulariserCase) -> Prediction:
    """The flow of −(1/2η) log(1 − ηh/2)."""
    grid = np.linspace(0.0, case.length, 30)
    lines = (
        Curve(grid, case.path(grid), "flow of −(1/2η) log(1 − ηh/2)", "theory"),
        Curve(grid, case.path(grid, 0.0), "flow of h/4", "falsifier"),
    )
    end = _end(case, 1.0)
    allowance = case.fluctuation * abs(end - case.knobs.start)
    reason = "terms smaller by the fluctuations E y² = ηδ²/(2 − ηh)"
    return Prediction({POSITION: Predicted(end, allowance, reason=reason)}, lines)


def with_share(share: float) -> Callable[[RegulariserCase], Prediction]:
    """Return the prediction with 1 − share·ηh/2 for 1 − ηh/2."""
    return lambda case: Prediction({POSITION: Predicted(_end(case, share))})


def _end(case: RegulariserCase, share: float) -> float:
    return float(case.path(np.array([case.length]), share)[0])


CLAIM = Claim(
    key="damian2021/regulariser",
    title="Near stability label noise decreases −(1/2η) tr log(1 − (η/2)∇²L), well beyond a quarter of the trace",
    statement=(
        r"SGD with label noise of size $\delta$ goes towards stationary points of $L+\lambda R$, "
        r"$\lambda=\eta\delta^2/B$, "
        r"$R=-\frac1{2\eta}\mathrm{tr}\log(1-\frac\eta2\nabla^2L)=\frac14\mathrm{tr}\nabla^2L+O(\eta)$ [recalled]. "
        r"Checked on $\frac12e^xy^2$ at $\eta h$ near 1: as $\delta\to0$ at fixed $\eta$, after $s/(\eta^2\delta^2)$ "
        r"steps $x$ is where the flow of $R$ takes it, $e^{-x}+\frac\eta2x=e^{-x_0}+\frac\eta2x_0+\frac s4$. The "
        r"factor $1/(1-\eta h/2)$ is that of the fluctuations across $\Gamma$."
    ),
    hypotheses=("ηh < 2 along the path", "δ → 0 at fixed η and η²δ²·steps"),
    reference=Reference("damian2021", "explicit regulariser of label noise; theorem number unknown"),
    source="recalled",
    knobs=RegulariserKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("R = ¼ tr ∇²L", "its limit of small steps, which the slow SDE uses", with_share(0.0)),
        Falsifier("R = −(1/4η) tr log(1 − η∇²L)", "a step η for half a step", with_share(2.0)),
    ),
    see=("derived/uv-label-noise",),
    axes=("η²δ²·steps", "E Φ_x", "linear", "linear"),
)
