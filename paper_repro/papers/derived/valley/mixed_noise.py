"""In a straight valley noise that is correlated across and along causes no drift: it takes a curved Γ."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicitbias import Stream
from paper_repro.claims import (
    Budget,
    Claim,
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
from paper_repro.papers.gu2023.valley import slide, StartKnobs
from paper_repro.papers.gu2023.valley_diffusion import (
    DiffusionCase,
    MEAN,
    measured,
    noisy_valley,
    of_sgd,
    slow_moments,
    TANGENTIAL,
)
from paper_repro.papers.gu2023.valley_drift import first_order, LEFT_OUT
from sde.formulas import mixed_factor


# ρ over σ_Nσ_T, as large as leaves two noises.
CORRELATION = 0.9


@dataclass(frozen=True)
class MixedKnobs(StartKnobs):
    """The same with a method, in the valley e^x."""

    workers: int = knob(8, "M", "workers", low=2, high=12)
    round_time: float = knob(1.0, "α", "time of a round", low=0.3, high=1.0)


def setup(knobs: MixedKnobs, stream: Stream) -> DiffusionCase:
    """Return Local SGD under noise correlated across and along."""
    valley = noisy_valley(mixed=CORRELATION * TANGENTIAL)
    return DiffusionCase(slide(knobs, valley, knobs.workers, knobs.round_time), stream)


def needs(case: DiffusionCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return one ensemble."""
    replicas = budget.pick(smoke=300, quick=6_000, paper=60_000)
    return (case.slide.ensemble(replicas, case.stream),)


def observe(case: DiffusionCase, traces: Traces) -> Observation:
    """Mean displacement of Φ_x."""
    return Observation({MEAN: measured(case.slide, traces[0])[MEAN]})


def with_bend(bend: float) -> Callable[[DiffusionCase], Prediction]:
    """Return the mean by the slow SDE without ρ, and the drift −(ρ/B)A_m of a curve of this curvature."""

    def predict(case: DiffusionCase) -> Prediction:
        run, (unit, _) = case.slide, of_sgd(case.slide)
        h = run.valley.groove.curvature(np.array(run.start))
        gain = float(mixed_factor(run.workers, run.round_time, h))
        turning = -bend * run.valley.groove.mixed / run.total_batch * gain * run.slow_time
        value = slow_moments(run)[0] + turning / unit
        return Prediction({MEAN: Predicted(value, float(first_order((run,))[0]), reason=LEFT_OUT)})

    return predict


CLAIM = Claim(
    key="derived/straight-valley",
    title="In a straight valley noise correlated across and along it causes no drift: that takes a curved Γ",
    statement=(
        r"The covariance $\rho$ of the noise across and along the valley $\frac12e^xy^2$ does not enter its "
        r"slow SDE: $dx=-\frac{1}{4B}[1+(M-1)\psi(2\alpha h)]dt+\frac{\sigma_T}{\sqrt B}dW$ for every $\rho$. "
        r"On a circle of the same curvature it would add $-\frac\rho B[1+(M-1)\psi(\alpha h)]$."
    ),
    hypotheses=("Γ is a straight line", "η → 0 at fixed α; here ηM ≤ 0.16, ρ = 0.9 σ_N σ_T"),
    reference=Reference("gu2023", "slow SDE, the mixed part of the noise", ("v2",)),
    source="derived",
    proof=(
        r"By the master formula $d\Phi_x=\frac1{2B}\langle\nabla^2\Phi_x,\Sigma_{eff}\rangle dt+\dots$, and "
        r"for $h=e^{cx}$ the Hessian of $\Phi_x=x-\frac c4y^2$ is $diag(0,-\frac c2)$: the entry that $\rho$ "
        r"multiplies is $0$."
    ),
    knobs=MixedKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=with_bend(0.0),
    judge=statistical,
    falsifiers=(
        Falsifier("−(ρ/B)A_m", "the drift that mixed noise has on a circle", with_bend(1.0)),
        Falsifier("+(ρ/B)A_m", "the same, with Γ bent the other way", with_bend(-1.0)),
    ),
    see=("gu2023/drift-ratio",),
)
