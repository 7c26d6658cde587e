"""A sample of D that is the very gradient of the step makes the step biased; a fresh one does not."""

from dataclasses import dataclass

import numpy as np

from implicitbias import RecordAt, RMSProp, RunSpec, savic, Stream
from implicitbias.problems import Skewed
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
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import mean_of
from sde.landscapes import Landscape
from sde.zoo import Quadratic


# Weights of the past at which the bias is looked for; at 0 the same sample makes a sign.
BETAS = (0.0, 0.5, 0.9, 0.99)
BIAS = "E ĝ at x*, for β = 0, 0.5, 0.9, 0.99"
END = "where it rests"
# Samples before the first step, so that D̂ is of the size of the noise at every β.
WARMUP = 30
# Steps so short that x stays at x*: they move it by at most 10⁻³ of the scale of the loss.
SHORT, STEPS = 1e-4, 10
# Share of the bias of the same sample that no fresh one may have.
SHARE = 0.1
# From x* to the median within half of the steps at drift ≥ ½ − p.
RATE, ROUNDS = 0.01, 250
# Signs push back with drift 1 − 2p ≥ 0.2: x stays within some 1/0.2 steps of the median.
HOVERS = 5.0


@dataclass(frozen=True)
class SampleKnobs:
    """The noise √((1−p)/p) with probability p, else −√(p/(1−p))."""

    probability: float = knob(0.2, "p", "probability of the large value of the noise", low=0.1, high=0.3)


@dataclass(frozen=True)
class SampleCase:
    """A parabola with skewed noise, how D is sampled, and the stream."""

    probability: float
    sample: str
    stream: Stream

    @property
    def landscape(self) -> Landscape:
        """½x² with skewed noise of variance 1."""
        return Quadratic((1.0,), ((1.0,),), Skewed(self.probability), False).landscape

    def run(self, beta: float, lr: float, rounds: int, replicas: int, warmup: int) -> RunSpec:
        """Return replicas of RMSProp with one worker and one local step from x* = 0."""
        scaling = RMSProp(beta=beta, floor=1e-3, warmup=warmup, sample=self.sample)  # pyright: ignore[reportArgumentType]
        method = savic(lr, 1, scaling, 1.0, workers=1)
        own = self.stream.child(f"samples-{beta:g}")
        return RunSpec(self.landscape, method, rounds, RecordAt.last(), replicas=replicas, stream=own)


def fresh(knobs: SampleKnobs, stream: Stream) -> SampleCase:
    """Return the case with samples of their own."""
    return SampleCase(knobs.probability, "fresh", stream)


def same(knobs: SampleKnobs, stream: Stream) -> SampleCase:
    """Return the case with the samples of the steps."""
    return SampleCase(knobs.probability, "same", stream)


def short_runs(case: SampleCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return some short steps at every β."""
    replicas = budget.pick(smoke=1_000, quick=12_000, paper=200_000)
    return tuple(case.run(beta, SHORT, STEPS, replicas, WARMUP) for beta in BETAS)


def mean_direction(case: SampleCase, traces: Traces) -> Observation:
    """−(x − x*)/(η·steps), the mean scaled gradient at x*."""
    del case
    found = [mean_of(-trace.w[:, -1, 0] / (SHORT * STEPS), len(BETAS)) for trace in traces]
    value, error = (np.array([getattr(m, part) for m in found]) for part in ("value", "error"))
    betas = np.array(BETAS)
    points = Curve(betas, value, "E D̂⁻¹g at x*", method="rmsprop", low=value - error, high=value + error)
    return Observation({BIAS: Measured(value, error)}, (points,))


def unbiased(case: SampleCase) -> Prediction:
    """0, up to a tenth of E sign ξ = 2p − 1."""
    zero, sign = np.zeros(len(BETAS)), 2.0 * case.probability - 1.0
    reason = "a tenth of the bias of the same sample at β = 0"
    lines = (
        Curve(np.array(BETAS), zero, "fresh: 0", "theory"),
        Curve(np.array(BETAS[:2]), np.full(2, sign), "same at β = 0: 2p − 1", "falsifier"),
    )
    return Prediction({BIAS: Predicted(zero, SHARE * abs(sign), reason=reason)}, lines)


def long_run(case: SampleCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Return a run at β = 0 that forgets its start."""
    replicas = budget.pick(smoke=10, quick=100, paper=1_000)
    return (case.run(0.0, RATE, ROUNDS, replicas, 0),)


def end(case: SampleCase, traces: Traces) -> Observation:
    """The mean of the last models."""
    ends = traces[0].w[:, -1, 0]
    places = (np.arange(len(ends)) + 0.5) / len(ends)
    points = Curve(np.sort(ends), places, "replicas", method="rmsprop")
    return Observation({END: mean_of(ends)}, (points,))


def median(case: SampleCase) -> Prediction:
    """√(p/(1−p)): g = x + ξ changes sign with its more probable value."""
    return at(case, float(np.sqrt(case.probability / (1.0 - case.probability))))


def at(case: SampleCase, point: float) -> Prediction:
    """Return the prediction of a point, up to a few steps."""
    del case
    line = Curve(np.full(2, point), np.array([0.0, 1.0]), "median", "theory")
    zero = Curve(np.zeros(2), np.array([0.0, 1.0]), "x*", "falsifier")
    return Prediction({END: Predicted(point, HOVERS * RATE, reason="signs hover")}, (line, zero))


FRESH = Claim(
    key="derived/fresh-samples",
    title="With fresh samples the scaled gradient is unbiased at x* for every β; with the same sample it is not",
    statement=(
        r"If $\hat D$ is independent of the gradient it divides, $E[\hat D^{-1}g]=E[\hat D^{-1}]\nabla f$, which is 0 "
        r"at $x^*$ for every $\beta$. With the very gradient of the step as sample and $\beta=0$, $\hat D^{-1}g$ is a "
        r"sign, of mean $2p-1$ under noise that is positive with probability $p$."
    ),
    hypotheses=("M = 1, skewed noise", "x at x*"),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"Given the past and the sample of $\hat D$, $g$ has the mean $\nabla f$. With the same sample and $\beta=0$, "
        r"$\hat D=|g|$ and $\hat D^{-1}g=\operatorname{sign}g$."
    ),
    knobs=SampleKnobs(),
    setup=fresh,
    needs=short_runs,
    observe=mean_direction,
    predict=unbiased,
    judge=statistical,
    falsifiers=(Falsifier("the same sample", "both are unbiased gradients", setup=same),),
    see=("derived/same-sample-median",),
    axes=("β", "mean scaled gradient at x*", "linear", "linear"),
)

MEDIAN = Claim(
    key="derived/same-sample-median",
    title="With the same sample and β = 0 RMSProp rests at the coordinatewise median of the noise, not at x*",
    statement=(
        r"$\beta=0$, $M=1$, $\hat D=|g|$ of the very step: $x$ rests where $g(x)=f'(x)+\xi$ is positive as often as "
        r"negative. For $f'=x$ and $\xi=-\sqrt{p/(1-p)}$ with probability $1-p>\frac12$ that is $\sqrt{p/(1-p)}$."
    ),
    hypotheses=("M = 1, H = 1, β = 0", "η small"),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"The step is $-\eta\operatorname{sign}(x+\xi)$, with mean $-\eta(1-2P(\xi<-x))$: towards $\sqrt{p/(1-p)}$ at "
        r"speed $\eta(1-2p)$ from below, and $\eta$ from above."
    ),
    knobs=SampleKnobs(),
    setup=same,
    needs=long_run,
    observe=end,
    predict=median,
    judge=statistical,
    falsifiers=(
        Falsifier("x*", "the gradient is unbiased", lambda case: at(case, 0.0)),
        Falsifier("fresh samples rest there too", "β decides, not the sample", setup=fresh),
    ),
    see=("derived/fresh-samples",),
    axes=("model at the end", "share of the replicas below", "linear", "linear"),
)
