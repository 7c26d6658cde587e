"""Noise in every gradient: the covariance at rest solves a discrete Lyapunov equation."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import fedavg, RecordAt, Stream
from implicitbias.problems import NoisyQuadratics
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
    sampled_limit,
    Traces,
)
from paper_repro.papers.derived.participation.setting import Drawn, LEFT, means, REASON, spread_curve


COVARIANCE = "covariance at rest, x₁x₁, x₁x₂, x₂x₂, over its trace"
PAIRS = ((0, 0), (0, 1), (1, 1))


@dataclass(frozen=True)
class NoiseKnobs:
    """Workers of different curvature, and their local steps; the noise s² is a unit."""

    workers: int = knob(3, "M", "workers", low=2, high=5)
    least: float = knob(0.05, "μ", "least curvature of every worker; the largest is 1", low=0.03, high=0.1)
    lr: float = knob(0.8, "η", "learning rate", low=0.6, high=0.9)
    local_steps: int = knob(8, "H", "local steps", low=6, high=12)


@dataclass(frozen=True, eq=False)
class NoiseCase:
    """Local SGD in two dimensions, started at its fixed point."""

    problem: NoisyQuadratics
    lr: float
    local_steps: int
    stream: Stream

    @property
    def drawn(self) -> Drawn:
        """The runs and their moments."""
        return Drawn(self.problem, fedavg(self.lr, self.local_steps, None, batch=1), self.stream)

    def entries(self, covariance: Float[np.ndarray, "dim dim"]) -> Float[np.ndarray, " entry"]:
        """Return the entries of a covariance, over the trace of that at rest."""
        return np.array([covariance[pair] for pair in PAIRS]) / self.drawn.spread


def setup(knobs: NoiseKnobs, stream: Stream) -> NoiseCase:
    """Return workers with one steep direction each, at angles π/M apart."""
    draw = stream.at("quadratics").generator()
    angles = draw.uniform(0.0, np.pi) + np.pi * np.arange(knobs.workers) / knobs.workers
    axes = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    steep = draw.uniform(0.5, 1.0, knobs.workers)
    along = (steep - knobs.least)[:, None, None] * axes[:, :, None] * axes[:, None]
    problem = NoisyQuadratics(knobs.least * np.eye(2) + along, draw.normal(size=(knobs.workers, 2)), 1.0)
    return NoiseCase(problem, knobs.lr, knobs.local_steps, stream.child("noise"))


def needs(case: NoiseCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One ensemble."""
    replicas = budget.pick(smoke=300, quick=8_000, paper=200_000)
    return (case.drawn.run(replicas, RecordAt.every(1)),)


def observe(case: NoiseCase, traces: Traces) -> Observation:
    """Products of deviations from the mean, which is known."""
    (trace,), drawn = traces, case.drawn
    away = trace.w[:, -1] - drawn.mean
    products = np.stack([away[:, i] * away[:, j] for i, j in PAIRS], axis=1) / drawn.spread
    curve = spread_curve(trace.rounds[1:], trace.w[:, 1:], drawn.mean, "Local SGD", "local_sgd", len(PAIRS))
    return Observation({COVARIANCE: means(products, len(PAIRS))}, (curve,))


def claimed(case: NoiseCase, covariance: Float[np.ndarray, "dim dim"]) -> Prediction:
    """Return the claim of a covariance."""
    return Prediction({COVARIANCE: Predicted(case.entries(covariance))})


def predict(case: NoiseCase) -> Prediction:
    """The solution of the Lyapunov equation."""
    drawn = case.drawn
    away = drawn.moments.mean_path(rounds=drawn.rounds) - drawn.mean
    second = np.trace(drawn.moments.covariance_path(rounds=drawn.rounds), axis1=1, axis2=2) + (away**2).sum(
        axis=1
    )
    rounds = np.arange(1, drawn.rounds + 1)
    lines = (
        Curve(rounds, second[1:], "second moments", "theory"),
        Curve(rounds, np.full(len(rounds), single_steps(case).spread), "H = 1", "falsifier"),
    )
    left = LEFT * (1.0 + float(drawn.mean @ drawn.mean) / drawn.spread)
    quantities = {COVARIANCE: Predicted(case.entries(drawn.covariance), left, reason=REASON)}
    return Prediction(quantities, lines)


def single_steps(case: NoiseCase) -> Drawn:
    """Return the method with H = 1."""
    return Drawn(case.problem, fedavg(case.lr, 1, None, batch=1), case.stream)


def diffusion(case: NoiseCase) -> Prediction:
    """Return the covariance of dx = −Ax dt + s√(η/M) dB: AC + CA = ηs²/M."""
    mean = case.problem.quadratics.hessians.mean(axis=0)
    return claimed(case, case.lr / (2.0 * case.problem.workers) * np.linalg.inv(mean))


CLAIM = Claim(
    key="derived/additive-noise",
    title="Noise in every gradient: the covariance of Local SGD at rest solves a Lyapunov equation, of order 1/M",
    statement=(
        r"Workers $\frac12(x-b_m)^\top A_m(x-b_m)$ with independent noise of covariance $s^2I$ in every gradient, $H$ "
        r"local steps: with $B_m=I-\eta A_m$ and $T=\frac1M\sum B_m^H$, $\mathrm{Cov}\,x^r$ tends to the solution of "
        r"$C=TCT+\frac{\eta^2s^2}{M^2}\sum_m\sum_{j<H}B_m^{2j}$; the mean is that of Local GD. In one dimension, "
        r"$q_m=B_m^2$: $C=\frac{\eta^2s^2}{M^2}\sum_m\frac{1-q_m^H}{1-q_m}/(1-T^2)$. "
        r"Workers with one and the same $A_m$ rest with the covariance of $H=1$, others do not."
    ),
    hypotheses=("quadratic losses, 0 < ηλ ≤ 1", "noise independent over workers and steps, the same everywhere"),
    reference=Reference("derived", "additive noise"),
    source="derived",
    proof=(
        r"Worker $m$ ends at $b_m+B_m^H(x-b_m)-\eta\sum_{j<H}B_m^{H-1-j}\xi_{m,j}$; the mean over workers adds "
        r"independent noise of covariance $\frac{\eta^2s^2}{M^2}\sum_m\sum_jB_m^{2j}$ to $Tx+\text{const}$, with $x$ "
        r"independent of it and $T$ symmetric. At rest $C=TCT+\dots$, solvable as $\rho(T)<1$; in one dimension the "
        r"sum is geometric. For $B_m=B$ it is $\frac{\eta^2s^2}M(I-B^{2H})(I-B^2)^{-1}$ and $T=B^H$, so that $H$ "
        r"cancels."
    ),
    knobs=NoiseKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        Falsifier(
            "1/M for 1/M²", "the mean over workers is over M",
            lambda case: claimed(case, case.problem.workers * case.drawn.covariance),
        ),
        Falsifier(
            "the covariance of H = 1", "local steps do not touch the noise",
            lambda case: claimed(case, single_steps(case).covariance),
        ),
        Falsifier("the covariance of a diffusion", "it is right as ηH → 0", diffusion),
    ),
    see=("derived/sampled-workers", "li2019/stationary-variance"),
    axes=("communication rounds r", "E|x − x̄|²", "linear", "linear"),
)  # fmt: skip
