"""SCAFFOLD with workers drawn at random comes to rest at the minimiser, without any spread."""

from dataclasses import dataclass

import numpy as np

from implicitbias import fedavg, Quadratics, RecordAt, Sampled, scaffold, Stream
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    Traces,
)
from paper_repro.claims.quadratic_workers import random_quadratics
from paper_repro.papers.derived.participation.setting import Drawn


ENDS = "largest distance from x* over replicas"
REPLICAS = 16
# E|z − z*|² is this share of its start in the end, so that no replica is farther than LARGEST from x*, but with
# probability REPLICAS·REMAINDER/LARGEST² (Markov).
REMAINDER, LARGEST = 1e-20, 1e-5
# Slower ones take too many rounds.
SLOWEST = 0.97


@dataclass(frozen=True)
class ControlsKnobs:
    """Workers, how many of them take part, and their local steps."""

    workers: int = knob(4, "M", "workers", low=2, high=5)
    share: float = knob(0.5, "|S|/M", "share that takes part", low=0.3, high=0.8)
    lr: float = knob(0.3, "ηλ_max", "learning rate, of curvatures from 0.3 to 1", low=0.1, high=0.6)
    local_steps: int = knob(4, "H", "local steps", low=2, high=10)


@dataclass(frozen=True, eq=False)
class ControlsCase:
    """SCAFFOLD, and FedAvg, in two dimensions."""

    problem: Quadratics
    controlled: Drawn
    plain: Drawn

    @property
    def rounds(self) -> int:
        """Rounds that leave ``REMAINDER`` of SCAFFOLD's second moments."""
        return int(np.ceil(np.log(REMAINDER) / np.log(self.controlled.moments.mean_square_radius)))


def setup(knobs: ControlsKnobs, stream: Stream) -> ControlsCase | AssumptionUnmet:
    """Return the case of the knobs, if second moments converge."""
    problem = random_quadratics(stream, knobs.workers, 2, least=0.3)
    sampled = Sampled(min(max(1, round(knobs.share * knobs.workers)), knobs.workers - 1))
    methods = (
        scaffold(knobs.lr, knobs.local_steps, participation=sampled),
        fedavg(knobs.lr, knobs.local_steps, None, participation=sampled),
    )
    case = ControlsCase(problem, *(Drawn(problem, method, stream.child("controls")) for method in methods))
    radius = case.controlled.moments.mean_square_radius
    if radius > SLOWEST:
        return AssumptionUnmet(f"second moments shrink by {radius:.4f} per round only")
    return case


def needs(case: ControlsCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Some replicas of both."""
    del budget
    return tuple(
        RunSpec(case.problem, drawn.method, case.rounds, RecordAt.every(1), None, REPLICAS, drawn.stream)
        for drawn in (case.controlled, case.plain)
    )


def observe(case: ControlsCase, traces: Traces) -> Observation:
    """The last models, and distances from the minimiser over rounds."""
    best = case.problem.minimiser
    far = [np.linalg.norm(trace.w - best, axis=2) for trace in traces]
    curves = tuple(
        Curve(trace.rounds, np.sqrt((own**2).mean(axis=0)), name, method=name)
        for trace, own, name in zip(traces, far, ("scaffold", "fedavg"), strict=True)
    )
    return Observation({ENDS: Measured(float(far[0][:, -1].max()))}, curves)


def predict(case: ControlsCase) -> Prediction:
    """No distance; the line is the root of E|x − x*|²."""
    moments, rounds = case.controlled.moments, case.rounds
    away = moments.mean_path(rounds=rounds) - case.problem.minimiser
    second = np.trace(moments.covariance_path(rounds=rounds), axis1=1, axis2=2) + (away**2).sum(axis=1)
    line = Curve(
        np.arange(rounds + 1), np.sqrt(second), "√E|x − x*|², SCAFFOLD: slow replicas are rare", "theory"
    )
    ends = Predicted(0.0, LARGEST, reason="what second moments leave of the start (Markov)")
    return Prediction({ENDS: ends}, (line,))


def spreads(case: ControlsCase) -> Prediction:
    """Return the claim that SCAFFOLD fluctuates as FedAvg does."""
    return Prediction({ENDS: Predicted(np.sqrt(case.plain.spread))})


def rests(case: ControlsCase) -> Prediction:
    """Return the claim that SCAFFOLD rests where FedAvg does."""
    return Prediction({ENDS: Predicted(float(np.linalg.norm(case.plain.mean - case.problem.minimiser)))})


def without(case: ControlsCase, traces: Traces) -> Observation:
    """The last models of FedAvg, of which the same is claimed."""
    far = np.linalg.norm(traces[1].w[:, -1] - case.problem.minimiser, axis=1)
    return Observation({ENDS: Measured(float(far.max()))})


CLAIM = Claim(
    key="derived/sampled-controls",
    title="SCAFFOLD with workers drawn at random comes to rest at the minimiser, where FedAvg goes on fluctuating",
    statement=(
        r"SCAFFOLD on quadratics, $|S|$ of $M$ workers drawn in every round, whose controls alone are updated: if "
        r"second moments of $(x,c_1,\dots,c_M)$ converge, then every run converges to $x^*$ and $c_m\to\nabla "
        r"f_m(x^*)$, almost surely; the spread tends to 0 [stated: unaffected by client sampling]. FedAvg with the "
        r"same draws keeps a spread, around another point."
    ),
    hypotheses=("quadratic losses, equal weights and H", "second moments converge: their radius is below 1"),
    reference=Reference("karimireddy2020", "client sampling; the statement in this form is ours"),
    source="derived",
    proof=(
        r"At $z^*=(x^*,\nabla f_1(x^*),\dots,\nabla f_M(x^*))$ the corrected gradient of every worker is $\nabla "
        r"f_m(x^*)-c_m+c=0$, as $c=\frac1M\sum c_m=\nabla f(x^*)=0$: no local step moves, and controls keep their "
        r"values, whoever takes part. So every round maps $z-z^*$ linearly, $e^+=F_Se$, with nothing added, and "
        r"$E[ee^\top]\mapsto E[F_See^\top F_S^\top]$ shrinks by its radius $\rho<1$ per round. "
        r"$\sum_rE|e^r|^2<\infty$ gives $e^r\to0$ almost surely."
    ),
    knobs=ControlsKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("it spreads as FedAvg does", "the same workers are drawn", spreads),
        Falsifier("it rests where FedAvg does", "the local steps are the same", rests),
        Falsifier("FedAvg comes to rest at the minimiser", "no controls, the same draws", observe=without),
    ),
    see=("derived/sampled-workers",),
    axes=("communication rounds r", "root mean square of |x − x*|", "linear", "log"),
)
