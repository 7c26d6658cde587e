"""As the learning rate decays a constant H loses the gain of local steps; QSR keeps it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicitbias import local_sgd, LocalMethod, Piecewise, qsr, RecordAt, rounds_of, RunSpec, Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Falsifier,
    Observation,
    Predicted,
    Prediction,
    Reference,
    sampled_limit,
    Traces,
)
from paper_repro.claims.halved import at_zero_rate
from paper_repro.papers.gu2023.valley_setting import sharpness_of, slow_sharpness, valley, ValleyKnobs


# η is halved twice, after the same slow time each; H of Local SGD and the rounds of QSR divide every phase.
PEAK, HALVINGS, PHASE_STEPS = 0.1, 3, 96
H, QSR_STEPS = 6, 24
SGD, CONSTANT, QUADRATIC = (
    f"sharpness at the end: {name}, η → 0" for name in ("SGD", "Local SGD, H constant", "QSR")
)
# A round of QSR wants (α_Q/η)² steps; rounding of α_Q must not lose the last.
LAST_STEP = 1e-9


@dataclass(frozen=True)
class DecayCase:
    """The knobs, and the stream that all runs share."""

    knobs: ValleyKnobs
    stream: Stream

    def spec(self, name: str, refinement: int, replicas: int) -> RunSpec:
        """Return a run at every learning rate over ``refinement``, over the same slow time."""
        batch, workers = self.knobs.total_batch / self.knobs.workers, self.knobs.workers
        lengths = [PHASE_STEPS * (refinement * 2**j) ** 2 for j in range(HALVINGS)]
        ends = np.cumsum(lengths).tolist()
        schedule = Piecewise(
            tuple(PEAK / (refinement * 2**j) for j in range(HALVINGS)), tuple(int(e) for e in ends[:-1])
        )
        growth = PEAK * np.sqrt(QSR_STEPS) * (1.0 + LAST_STEP)
        methods: dict[str, LocalMethod] = {
            SGD: local_sgd(schedule, 1, batch, workers=workers),
            CONSTANT: local_sgd(schedule, H * refinement, batch, workers=workers),
            QUADRATIC: qsr(schedule, float(growth), 1, batch, workers=workers),
        }
        return RunSpec(
            valley().landscape,
            methods[name],
            len(rounds_of(methods[name], int(ends[-1]))),
            RecordAt.last(),
            (self.knobs.start, 0.0),
            replicas,
            self.stream,
        )

    def sharpness(self, alphas: tuple[float, ...]) -> float:
        """Return tr ∇²L at the end by the slow ODE, α phase by phase."""
        x = self.knobs.start
        for alpha in alphas:
            time = PEAK**2 * PHASE_STEPS
            found = slow_sharpness(x, time, self.knobs.workers, self.knobs.total_batch, (alpha,))
            x = float(np.sqrt(found[0] - 1.0))
        return 1.0 + x**2


def setup(knobs: ValleyKnobs, stream: Stream) -> DecayCase:
    """Return the case of the knobs."""
    return DecayCase(knobs, stream.child("labels"))


def needs(case: DecayCase, budget: Budget) -> tuple[RunSpec, ...]:
    """SGD, Local SGD and QSR under the schedule and under half of it."""
    replicas = budget.pick(smoke=16, quick=128, paper=4000)
    return tuple(case.spec(name, k, replicas) for k in (1, 2) for name in (SGD, CONSTANT, QUADRATIC))


def observe(case: DecayCase, traces: Traces) -> Observation:
    """Extrapolate the sharpness."""
    del case
    values = [sharpness_of(t) for t in traces]
    return Observation(
        {
            name: at_zero_rate(coarse, fine, 3)
            for name, coarse, fine in zip((SGD, CONSTANT, QUADRATIC), values[:3], values[3:], strict=True)
        }
    )


FADING = tuple(PEAK * H / 2**j for j in range(HALVINGS))
NONE, ALL, FIRST = (0.0,) * HALVINGS, (np.inf,) * HALVINGS, (PEAK * H,) * HALVINGS


def by(
    sgd: tuple[float, ...], constant: tuple[float, ...], quadratic: tuple[float, ...]
) -> Callable[[DecayCase], Prediction]:
    """Return the prediction that the three methods have these α in the phases."""

    def predicted(case: DecayCase) -> Prediction:
        alphas = {SGD: sgd, CONSTANT: constant, QUADRATIC: quadratic}
        return Prediction({name: Predicted(case.sharpness(own)) for name, own in alphas.items()})

    return predicted


CLAIM = Claim(
    key="gu2024/decaying-rate",
    title="As η decays a constant H loses the gain, α = ηH → 0; QSR keeps the M-fold drift to the end",
    statement=(
        r"With $H=(\alpha_Q/\eta)^2$ a round takes the slow time $\alpha_Q^2$ whatever $\eta$ is, and Local SGD "
        r"follows the slow SDE with $M$ times the drift [second-hand]. Under a learning rate that is halved twice a "
        r"constant $H$ has $\alpha=\eta H$ halved with it. Here: on the valley $\frac12(1+x^2)y^2$ with label noise "
        r"the sharpness of SGD, of Local SGD with a constant $H$ and of QSR ends where the slow ODE with $\alpha=0$, "
        r"with $\alpha=\eta H$ phase by phase, and with $\alpha=\infty$ throughout says."
    ),
    hypotheses=(
        "label noise ±δ, fresh at every step; three learning rates, the same slow time each",
        "2E_{η/2} − E_η from the schedule and half of it, all that it moved kept as an error",
    ),
    reference=Reference("gu2024", "the rule and its slow SDE; theorem number unknown"),
    source="derived",
    proof=(
        r"In slow time $dt=\eta_k^2$ per step the ODE of each phase has the coefficient $1+(M-1)\psi(2\alpha h)$ with "
        r"$\alpha=\eta H$. Under the rule $\alpha=\alpha_Q^2/\eta\to\infty$ as $\eta\to0$ at a fixed $\alpha_Q$, so "
        r"$\psi\to1$; without noise along $\Gamma$ workers do not spread along it, and no error in $\alpha_Q^2$ is "
        r"left."
    ),
    knobs=ValleyKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=by(NONE, FADING, ALL),
    judge=sampled_limit,
    falsifiers=(
        Falsifier("a constant H keeps its first α", "H is what it was", by(NONE, FIRST, ALL)),
        Falsifier("QSR gains no more than a constant H", "both average", by(NONE, FADING, FADING)),
        Falsifier("local steps change nothing", "the same gradients", by(NONE, NONE, NONE)),
    ),
    see=("gu2024/scheduler-replay", "gu2024/qsr-error"),
)
