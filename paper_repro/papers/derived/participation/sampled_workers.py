"""Some workers at random in every round: FedAvg rests around its fixed point, with a variance known exactly."""

from dataclasses import dataclass

import numpy as np

from implicitbias import fedavg, Quadratics, RecordAt, Sampled, Stream
from implicitbias.recursions import affine_round
from paper_repro.claims import (
    AssumptionUnmet,
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
    sampled_limit,
    Traces,
)
from paper_repro.claims.quadratic_workers import random_quadratics
from paper_repro.papers.derived.participation.setting import (
    Drawn,
    LEFT,
    means,
    REASON,
    spread_about,
    spread_curve,
)


MEAN, SPREAD = "mean at rest less the fixed point, in standard deviations", "E|x − E x|² at rest"


@dataclass(frozen=True)
class SampledKnobs:
    """Workers, how many of them take part, and their local steps."""

    workers: int = knob(5, "M", "workers", low=3, high=7)
    share: float = knob(0.6, "|S|/M", "share that takes part", low=0.2, high=0.7)
    lr: float = knob(0.3, "ηλ_max", "learning rate, of curvatures from 0.2 to 1", low=0.2, high=0.6)
    local_steps: int = knob(4, "H", "local steps", low=2, high=10)


@dataclass(frozen=True, eq=False)
class SampledCase:
    """FedAvg in two dimensions with equal weights, of which |S| workers take part."""

    problem: Quadratics
    lr: float
    local_steps: int
    count: int
    stream: Stream

    def drawn(self, replacement: bool = False, count: int | None = None) -> Drawn:
        """Return the runs and their moments."""
        sampled = Sampled(count or self.count, replacement)
        method = fedavg(self.lr, self.local_steps, None, participation=sampled)
        return Drawn(self.problem, method, self.stream.child("sampled"))

    @property
    def fixed_point(self) -> np.ndarray:
        """Where FedAvg with all workers rests."""
        return affine_round(self.problem, fedavg(self.lr, self.local_steps, None)).fixed_point


def setup(knobs: SampledKnobs, stream: Stream) -> SampledCase:
    """Return the case of the knobs."""
    problem = random_quadratics(stream, knobs.workers, 2, least=0.2)
    count = min(max(1, round(knobs.share * knobs.workers)), knobs.workers - 1)
    return SampledCase(problem, knobs.lr, knobs.local_steps, count, stream)


def needs(case: SampledCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One ensemble."""
    replicas = budget.pick(smoke=400, quick=6_000, paper=200_000)
    return (case.drawn().run(replicas, RecordAt.every(1)),)


def observe(case: SampledCase, traces: Traces) -> Observation:
    """Mean and spread of the last models."""
    (trace,), dim = traces, case.problem.dim
    ends, drawn = trace.w[:, -1], case.drawn()
    scaled = (ends - case.fixed_point) / np.sqrt(drawn.spread)
    quantities = {
        MEAN: means(scaled, dim + 1),
        SPREAD: spread_about(ends, drawn.mean, dim + 1),
    }
    curve = spread_curve(trace.rounds[1:], trace.w[:, 1:], drawn.mean, "FedAvg, sampled", "fedavg", dim + 1)
    return Observation(quantities, (curve,))


def predict(case: SampledCase) -> Prediction:
    """The fixed point of FedAvg, and the solution of the second-moment equation."""
    drawn = case.drawn()
    path = drawn.moments.mean_path(rounds=drawn.rounds) - drawn.mean
    spreads = np.trace(drawn.moments.covariance_path(rounds=drawn.rounds), axis1=1, axis2=2)
    rounds = np.arange(1, drawn.rounds + 1)
    lines = (
        Curve(rounds, (spreads + (path**2).sum(axis=1))[1:], "second moments", "theory"),
        Curve(rounds, np.full(len(rounds), case.drawn(True).spread), "with replacement", "falsifier"),
    )
    quantities = {
        MEAN: Predicted(np.zeros(case.problem.dim), np.sqrt(LEFT), reason=REASON),
        SPREAD: Predicted(
            drawn.spread, LEFT * (drawn.spread + float(drawn.mean @ drawn.mean)), reason=REASON
        ),
    }
    return Prediction(quantities, lines)


def with_replacement(case: SampledCase) -> Prediction | AssumptionUnmet:
    """Return the spread of workers that are drawn with replacement."""
    if case.count == 1:
        return AssumptionUnmet("|S| = 1: one draw is the same with and without replacement")
    return Prediction({SPREAD: Predicted(case.drawn(True).spread)})


def one_over_count(case: SampledCase) -> Prediction | AssumptionUnmet:
    """Return the spread of a single worker over |S|."""
    if case.count == 1:
        return AssumptionUnmet("|S| = 1: there is nothing to divide by")
    return Prediction({SPREAD: Predicted(case.drawn(count=1).spread / case.count)})


def at_the_minimiser(case: SampledCase) -> Prediction:
    """Return the claim that the mean is the minimiser of f."""
    apart = (case.problem.minimiser - case.fixed_point) / np.sqrt(case.drawn().spread)
    return Prediction({MEAN: Predicted(apart)})


CLAIM = Claim(
    key="derived/sampled-workers",
    title="With workers drawn at random FedAvg rests around its fixed point, with a spread that is known",
    statement=(
        r"FedAvg on quadratics with equal weights, of whose $M$ workers $|S|$ are drawn without replacement in every "
        r"round: $Ex^r$ tends to the fixed point $(\sum W_m)^{-1}\sum W_mb_m$ of all workers, $W_m=I-(I-\eta "
        r"A_m)^{H}$, and $\mathrm{Cov}\,x^r$ to the solution of $C=E[(I-W_S)C(I-W_S)^\top]+\mathrm{Cov}(g_S)$, $W_S$ "
        r"the mean of the $W_m$ over $S$, $g_S=-\frac1{|S|}\sum_SW_m(\bar x-b_m)$. It does not shrink to 0. "
        r"Drawing with replacement gives another, larger one."
    ),
    hypotheses=("quadratic losses, 0 < ηλ ≤ 1", "equal weights; S uniform, anew in every round"),
    reference=Reference("derived", "partial participation"),
    source="derived",
    proof=(
        r"A round is $x^+=x-W_Sx+\frac1{|S|}\sum_SW_mb_m$ with $S$ independent of $x$. As $EW_S=\frac1M\sum W_m$, the "
        r"mean takes the round of all workers. With $e=x-\bar x$ at the fixed point $\bar x$ of the mean: "
        r"$e^+=(I-W_S)e+g_S$, $Eg_S=0$, "
        r"$Ee=0$ at rest, so that $E[e^+e^{+\top}]=E[(I-W_S)ee^\top(I-W_S)^\top]+E[g_Sg_S^\top]$: cross terms "
        r"$E[(I-W_S)Ee\,g_S^\top]$ vanish."
    ),
    knobs=SampledKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        Falsifier("the spread of drawing with replacement", "|S| workers either way", with_replacement),
        Falsifier("the spread of one worker over |S|", "as if they were independent draws", one_over_count),
        Falsifier(
            "the mean is the minimiser of f", "sampling is unbiased, but so is nothing else", at_the_minimiser
        ),
    ),
    see=("derived/sampled-weights", "derived/sampled-controls"),
    axes=("communication rounds r", "E|x − x̄|²", "linear", "linear"),
)
