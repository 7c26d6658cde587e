"""Unequal weights and workers drawn at random: renormalised shares move the mean, unbiased ones do not."""

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
from paper_repro.claims.ensembles import mean_curve
from paper_repro.claims.quadratic_workers import random_quadratics
from paper_repro.papers.derived.participation.setting import Drawn, LEFT, means, REASON, spread_about


WEIGHTINGS = ("renormalised", "unbiased")
MEAN = {w: f"{w}: mean at rest less FedAvg's fixed point, in standard deviations" for w in WEIGHTINGS}
SPREAD = {w: f"{w}: E|x − E x|² at rest" for w in WEIGHTINGS}
# Weights p_m ∝ 1, …, 1 and ``HEAVY`` for the last worker.
HEAVY = 3.0


@dataclass(frozen=True)
class WeightsKnobs:
    """Workers of unequal weight, how many of them take part, and their local steps."""

    workers: int = knob(4, "M", "workers", low=3, high=6)
    count: int = knob(1, "|S|", "workers that take part", low=1, high=2)
    lr: float = knob(0.3, "ηλ_max", "learning rate, of curvatures from 0.2 to 1", low=0.2, high=0.5)
    local_steps: int = knob(3, "H", "local steps", low=1, high=5)


@dataclass(frozen=True, eq=False)
class WeightsCase:
    """FedAvg in two dimensions, whose last worker weighs more than the others."""

    problem: Quadratics
    knobs: WeightsKnobs
    stream: Stream

    @property
    def weights(self) -> tuple[float, ...]:
        """p_m, up to a factor."""
        return (1.0,) * (self.knobs.workers - 1) + (HEAVY,)

    def drawn(self, weighting: str) -> Drawn:
        """Return the runs of a weighting, and their moments."""
        sampled = Sampled(self.knobs.count, weighting=weighting)  # pyright: ignore[reportArgumentType]
        method = fedavg(self.knobs.lr, self.knobs.local_steps, self.weights, participation=sampled)
        return Drawn(self.problem, method, self.stream.child(weighting))

    def fixed_point(self, weights: tuple[float, ...] | None) -> np.ndarray:
        """Return where FedAvg with all workers rests."""
        method = fedavg(self.knobs.lr, self.knobs.local_steps, weights)
        return affine_round(self.problem, method).fixed_point

    def place(self, points: np.ndarray) -> np.ndarray:
        """Return 0 at the fixed point of FedAvg with p_m, 1 at that of FedAvg with 1/M, and the like between."""
        first, last = self.fixed_point(self.weights), self.fixed_point(None)
        return (points - first) @ (last - first) / ((last - first) @ (last - first))

    def scaled(self, weighting: str, points: np.ndarray) -> np.ndarray:
        """Return the distance from FedAvg's fixed point, in standard deviations at rest."""
        return (points - self.fixed_point(self.weights)) / np.sqrt(self.drawn(weighting).spread)


def setup(knobs: WeightsKnobs, stream: Stream) -> WeightsCase | AssumptionUnmet:
    """Return the case of the knobs, if covariances converge."""
    case = WeightsCase(random_quadratics(stream, knobs.workers, 2, least=0.2), knobs, stream)
    if not case.drawn("unbiased").moments.mean_square_radius < 1.0 - LEFT:
        return AssumptionUnmet("the unbiased weighting takes so long steps that its covariance grows")
    return case


def needs(case: WeightsCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One ensemble for every weighting."""
    replicas = budget.pick(smoke=300, quick=6_000, paper=200_000)
    return tuple(case.drawn(weighting).run(replicas, RecordAt.every(1)) for weighting in WEIGHTINGS)


def observe(case: WeightsCase, traces: Traces) -> Observation:
    """Mean and spread of the last models."""
    quantities, deciding, curves = {}, 2 * (case.problem.dim + 1), []
    for weighting, trace, style in zip(WEIGHTINGS, traces, ("fedavg", "fedavg"), strict=True):
        ends = trace.w[:, -1]
        quantities[MEAN[weighting]] = means(case.scaled(weighting, ends), deciding)
        quantities[SPREAD[weighting]] = spread_about(ends, case.drawn(weighting).mean, deciding)
        curves.append(mean_curve(trace.rounds[1:], case.place(trace.w[:, 1:]), weighting, style, deciding))
    return Observation(quantities, tuple(curves))


def predict(case: WeightsCase) -> Prediction:
    """Means and covariances of both weightings."""
    quantities, lines = {}, []
    apart = {
        "renormalised": case.scaled("renormalised", case.drawn("renormalised").mean),
        "unbiased": np.zeros(case.problem.dim),
    }
    for weighting in WEIGHTINGS:
        drawn = case.drawn(weighting)
        quantities[MEAN[weighting]] = Predicted(apart[weighting], np.sqrt(LEFT), reason=REASON)
        far = drawn.spread + float(drawn.mean @ drawn.mean)
        quantities[SPREAD[weighting]] = Predicted(drawn.spread, LEFT * far, reason=REASON)
        rounds = np.arange(1, drawn.rounds + 1)
        way = case.place(drawn.moments.mean_path(rounds=drawn.rounds)[1:])
        lines.append(Curve(rounds, way, f"mean, {weighting}", "theory"))
    return Prediction(quantities, tuple(lines))


def same_mean(case: WeightsCase) -> Prediction:
    """Return the claim that renormalised shares leave the mean alone."""
    return Prediction({MEAN["renormalised"]: Predicted(np.zeros(case.problem.dim))})


def same_spread(case: WeightsCase) -> Prediction:
    """Return the claim that both weightings fluctuate alike."""
    return Prediction({SPREAD["unbiased"]: Predicted(case.drawn("renormalised").spread)})


CLAIM = Claim(
    key="derived/sampled-weights",
    title="With unequal weights and workers drawn at random, renormalised shares rest elsewhere than FedAvg",
    statement=(
        r"FedAvg on quadratics with weights $p_m$, of whose workers $|S|$ are drawn uniformly in every round. With "
        r"shares $\frac{M}{|S|}p_m$ the mean rests where FedAvg with all workers does. With shares $p_m/\sum_Sp_k$ it "
        r"rests elsewhere, for $|S|=1$ exactly where FedAvg with equal weights does: $p$ does not enter at all. "
        r"In both the covariance solves a linear equation of its own."
    ),
    hypotheses=("quadratic losses", "S uniform, anew in every round", "second moments converge"),
    reference=Reference("derived", "partial participation"),
    source="derived",
    proof=(
        r"A round is $x^+=x-\sum_Ss_mW_m(x-b_m)$, with $S$ independent of $x$: the mean rests where $\sum "
        r"q_mW_m(x-b_m)=0$, $q_m=E[s_m1_{m\in S}]$. As $P(m\in S)=|S|/M$, $q_m=p_m$ for $s_m=\frac M{|S|}p_m$. For "
        r"$|S|=1$ and $s_m=p_m/p_m=1$, $q_m=1/M$. Second moments: as in derived/sampled-workers with $s_m$ for $1/|S|$."
    ),
    knobs=WeightsKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        Falsifier(
            "renormalised sampling rests where FedAvg does", "its shares sum to 1 in every round", same_mean
        ),
        Falsifier("both weightings spread alike", "the same workers are drawn", same_spread),
    ),
    see=("derived/sampled-workers",),
    axes=("communication rounds r", "mean model: 0 is FedAvg with p_m, 1 with 1/M", "linear", "linear"),
)
