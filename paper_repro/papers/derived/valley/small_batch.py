"""SGD with a batch M times smaller has M times the drift along the minima, and M times the variance."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from implicitbias import Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    statistical,
    Traces,
)
from paper_repro.papers.gu2023.valley import LARGEST_NOISE, one_step, Slide
from paper_repro.papers.gu2023.valley_diffusion import (
    DiffusionKnobs,
    leak,
    MEAN,
    measured,
    noisy_valley,
    VARIANCE,
)
from paper_repro.papers.gu2023.valley_drift import first_order, LEFT_OUT, ratios, with_gain
from sde.formulas import finite_drift_factor


# Below the largest ηM, so that less leaks into Φ_x from noise across the valley than there is along it.
NOISE = 0.75 * LARGEST_NOISE


@dataclass(frozen=True)
class BatchCase:
    """SGD with batch B/M, and M."""

    slide: Slide
    factor: int
    stream: Stream


def setup(knobs: DiffusionKnobs, stream: Stream) -> BatchCase:
    """Return SGD with batch B/M, for the slow time of batch B."""
    whole = one_step(knobs, noisy_valley(), 1, NOISE / knobs.workers)
    return BatchCase(replace(whole, total_batch=knobs.total_batch / knobs.workers), knobs.workers, stream)


def needs(case: BatchCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return one ensemble."""
    replicas = budget.pick(smoke=800, quick=50_000, paper=300_000)
    return (case.slide.ensemble(replicas, case.stream),)


def observe(case: BatchCase, traces: Traces) -> Observation:
    """Mean and variance of Φ_x, over those of SGD with batch B: those with batch B/M are M times as large."""
    own = measured(case.slide, traces[0])
    return Observation(
        {name: Measured(case.factor * m.value, case.factor * m.error) for name, m in own.items()}
    )


def scaled(mean: float, variance: float) -> Callable[[BatchCase], Prediction]:
    """Return the prediction of mean and variance by powers of M."""

    def predict(case: BatchCase) -> Prediction:
        first, second = case.factor**mean, case.factor**variance
        lr, own = case.slide.lr, (case.slide,)
        # SGD's discrete steps are known exactly; they are no part of what is claimed.
        steps = float(ratios(own, with_gain(own, lambda m, a, h: finite_drift_factor(1, lr, 1, h)))[0])
        drift, leaked = float(first_order(own)[0]), leak(case.slide)
        return Prediction(
            {
                MEAN: Predicted(steps * first, drift * first, reason=LEFT_OUT),
                VARIANCE: Predicted(second, leaked * second, reason="noise across that leaks into Φ_x"),
            }
        )

    return predict


CLAIM = Claim(
    key="derived/small-batch",
    title="A batch M times smaller gives SGD M times the drift along the minima, and M times the variance",
    statement=(
        r"At the same learning rate, SGD with batch $B_{loc}=B/M$ has $M$ times the drift of SGD with batch "
        r"$B$ in slow time, and $M$ times the variance. Local SGD with long rounds has the same drift and the "
        r"variance of batch $B$: that is what it buys. Checked in the valley $\frac12e^xy^2$ with noise along "
        r"it."
    ),
    hypotheses=("η → 0; here ηM ≤ 0.12", "independent noise across and along the valley"),
    reference=Reference("gu2023", "slow SDE of SGD, as a function of the batch", ("v2",)),
    source="derived",
    proof=(
        r"In $d\zeta=P_\zeta(B^{-1/2}\Sigma_\parallel^{1/2}dW-\frac1{2B}\nabla^3L[\hat\Sigma]dt)$ the drift is "
        r"proportional to $1/B$ and the diffusion to $1/\sqrt B$. For $h=e^x$ both are constant along the "
        r"valley: the mean of $\Phi_x$ moves by $-\frac{t}{4B}$ and its variance is $\frac{\sigma_T^2t}{B}$."
    ),
    knobs=DiffusionKnobs(start=0.8),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=scaled(1, 1),
    judge=statistical,
    falsifiers=(
        Falsifier("M times the drift only", "as Local SGD with long rounds", scaled(1, 0)),
        Falsifier("√M times the drift", "drift and diffusion by one factor", scaled(0.5, 1)),
    ),
    see=("gu2023/long-rounds", "derived/learning-rate-squared"),
)
