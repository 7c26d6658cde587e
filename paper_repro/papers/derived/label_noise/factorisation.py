"""Label noise balances the factors of a scalar, and Local SGD balances them faster."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream, Trace
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
from paper_repro.claims.ensembles import limit_of, mean_curve
from paper_repro.claims.refinement import Refinement
from sde.zoo import scalar_factorisation, ScalarFactorisation


LOCAL, SGD = "E D(T), Local SGD", "E D(T), SGD"
DECIDING = 2
# H at the coarser of the two learning rates.
STEPS = 10
# Records for the picture.
PIECES = 8


@dataclass(frozen=True)
class BalanceKnobs:
    """The factorisation and the methods; δ = 1 is a unit."""

    product: float = knob(1.0, "y", "the product to be factored", choices=(0.8, 1.0, 1.25))
    start: float = knob(3.0, "D_0", "imbalance at the start", low=2.0, high=3.0)
    workers: int = knob(4, "M", "workers, each with batch 1", low=2, high=6)
    round_time: float = knob(0.4, "α", "conventional time of a round, ηH", low=0.2, high=0.5)
    time: float = knob(0.2, "T/B", "slow time over the total batch", low=0.1, high=0.25)


@dataclass(frozen=True)
class BalanceCase:
    """The factorisation, Local SGD and SGD on it over the same slow time."""

    knobs: BalanceKnobs
    forms: ScalarFactorisation
    methods: tuple[Refinement, Refinement]
    stream: Stream

    @property
    def slow_time(self) -> float:
        """T."""
        return self.methods[0].slow_time

    def imbalance(
        self, times: Float[np.ndarray, " time"], round_time: float, workers: int
    ) -> Float[np.ndarray, " time"]:
        """Return D at increasing slow times, from time 0 on, of M workers with rounds of time α."""
        batch = self.methods[0].total_batch
        return self.forms.slow_path(np.array([self.knobs.start]), times, workers, batch, round_time)[:, 0]

    def at_the_end(self, round_time: float, workers: int, share: float = 1.0) -> float:
        """Return D at T, or at a share of it."""
        return float(self.imbalance(np.array([0.0, share * self.slow_time]), round_time, workers)[-1])

    def seen(self, trace: Trace) -> Float[np.ndarray, "replica record"]:
        """Return D of the recorded models."""
        return self.forms.invariant(trace.w)[..., 0]


def setup(knobs: BalanceKnobs, stream: Stream) -> BalanceCase:
    """Return the case of the knobs."""
    forms = scalar_factorisation(knobs.product, label=1.0, law=TwoPoint())
    start = tuple(forms.start(np.array([knobs.start])).tolist())
    lr, batch = knobs.round_time / STEPS, float(knobs.workers)
    local, sgd = (
        Refinement(forms.landscape, start, knobs.workers, batch, lr, steps, knobs.time * batch)
        for steps in (STEPS, 1)
    )
    return BalanceCase(knobs, forms, (local, sgd), stream)


def needs(case: BalanceCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Both methods at η and at η/2."""
    replicas = budget.pick(smoke=100, quick=6_000, paper=40_000)
    names = ("local", "sgd")
    pairs = (m.pair(replicas, case.stream.child(n), PIECES) for m, n in zip(case.methods, names, strict=True))
    return tuple(spec for pair in pairs for spec in pair)


def observe(case: BalanceCase, traces: Traces) -> Observation:
    """Extrapolate the mean of D to η → 0."""
    seen = [case.seen(trace) for trace in traces]
    ends = [values[:, -1] for values in seen]
    quantities = {LOCAL: limit_of(ends[0], ends[1], DECIDING), SGD: limit_of(ends[2], ends[3], DECIDING)}
    fine = case.methods[0].lr / 2.0
    curves = tuple(
        mean_curve(traces[k].slow_time, seen[k], f"{label}, η = {fine:.3g}", name, DECIDING)
        for k, label, name in ((1, "Local SGD", "local_sgd"), (3, "SGD", "sgd"))
    )
    return Observation(quantities, curves)


def predict(case: BalanceCase) -> Prediction:
    """The solution of D′ = −(δ²/B)D[1 + (M − 1)ψ(2αS)], and of D′ = −(δ²/B)D."""
    of, grid = case.knobs, np.linspace(0.0, case.slow_time, 40)
    local, sgd = case.imbalance(grid, of.round_time, of.workers), case.imbalance(grid, 0.0, 1)
    lines = (
        Curve(grid, local, "slow ODE, Local SGD", "theory"),
        Curve(grid, sgd, "slow ODE, SGD", "theory"),
        Curve(grid, case.imbalance(0.5 * grid, 0.0, 1), "rate δ²/(2B)", "falsifier"),
    )
    return _at_the_end(float(local[-1]), float(sgd[-1]), lines)


def constant(case: BalanceCase) -> Prediction:
    """D_0 for both."""
    return _at_the_end(case.knobs.start, case.knobs.start)


def half_rate(case: BalanceCase) -> Prediction:
    """SGD with the rate δ²/(2B)."""
    return Prediction({SGD: Predicted(case.at_the_end(0.0, 1, share=0.5))})


def no_gain(case: BalanceCase) -> Prediction:
    """SGD's law for Local SGD."""
    return Prediction({LOCAL: Predicted(case.at_the_end(0.0, 1))})


def whole_gain(case: BalanceCase) -> Prediction:
    """The M-fold limit at finite α."""
    return Prediction({LOCAL: Predicted(case.at_the_end(math.inf, case.knobs.workers))})


def _at_the_end(local: float, sgd: float, lines: tuple[Curve, ...] = ()) -> Prediction:
    return Prediction({LOCAL: Predicted(local), SGD: Predicted(sgd)}, lines)


PROOF = r"""The flow of $L=\frac12(uv-y)^2$ has $u'=-rv$, $v'=-ru$ with $r=uv-y$, so $D=u^2-v^2$ is kept, and
$\nabla^2D=\mathrm{diag}(2,-2)$. On $\Gamma$ the only non-zero eigenvalue of $\nabla^2L$ is
$S=u^2+v^2=\sqrt{D^2+4y^2}$, with eigenvector $n=(v,u)/\sqrt S$, and label noise has $\Sigma=\delta^2Snn^\top$. For
an invariant of the flow the slow SDE gives $dD=\frac1{2B}\langle\nabla^2D,\Sigma_{\mathrm{eff}}\rangle dt$ plus a
martingale of rate $\frac1B\nabla D^\top\Sigma\nabla D$, with $\Sigma_{\mathrm{eff}}=\delta^2S[1+(M-1)\psi(2\alpha
S)]nn^\top$. The martingale vanishes, $\nabla D$ being tangent, and
$\langle\nabla^2D,nn^\top\rangle=2(v^2-u^2)/S=-2D/S$: together $D'=-\frac{\delta^2}BD[1+(M-1)\psi(2\alpha S)]$."""

CLAIM = Claim(
    key="derived/uv-label-noise",
    title="Label noise balances the factors of uv = y: SGD at the rate δ²/B, Local SGD up to M times as fast",
    statement=(
        r"On $\frac12(uv-y)^2$ with label noise $\pm\delta$ the imbalance $D=u^2-v^2$, kept by the flow, obeys "
        r"$D'=-\frac{\delta^2}BD\,[1+(M-1)\psi(2\alpha S)]$ in slow time $\eta^2\cdot$steps, $S=\sqrt{D^2+4y^2}$ "
        r"being the sharpness. SGD has $D_0e^{-\delta^2t/B}$."
    ),
    hypotheses=("y ≠ 0, start on Γ", "η → 0 at fixed α = ηH and T"),
    reference=Reference("derived", "scalar factorisation with label noise"),
    source="derived",
    proof=PROOF,
    knobs=BalanceKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("D is constant", "gradient flow keeps it, and the noise has mean zero", constant),
        Falsifier("rate δ²/(2B)", "the factor ½ of Itô's formula, taken twice", half_rate),
        Falsifier("Local SGD has the rate of SGD", "the conventional SDE is the same for both", no_gain),
        Falsifier("Local SGD has M times the rate of SGD", "the limit α → ∞, at finite α", whole_gain),
    ),
    see=("derived/uv-martingale", "derived/diagonal-network"),
    axes=("slow time η²·steps", "E D", "linear", "linear"),
)
