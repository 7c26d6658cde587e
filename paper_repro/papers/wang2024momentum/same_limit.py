"""Momentum does not change where SGD drifts: γ = η(1 − β) leads to the slow limit of SGD with η."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import local_sgd, RecordAt, RunSpec, Stream, Trace
from implicitbias.problems import TwoPoint
from implicitbias.statistics import Moments, student_quantile
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
    share_of_level,
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import mean_of
from sde.zoo import exponential_valley, ExponentialValley


BETAS = (0.0, 0.5, 0.9)
LIMITS = {beta: f"E Φ_x, η → 0, β = {beta:g}" for beta in BETAS}
CLEAN = f"error at η less twice that at η/2, β = {BETAS[-1]:g}"
# η, η/2, η/4, and the weights of their means in the extrapolation that removes η and η².
DIVISORS, RICHARDSON = (1, 2, 4), (1.0 / 3.0, -2.0, 8.0 / 3.0)
DECIDING = len(BETAS) + 1
# Replicas of the three β, as parts of those of the last: fluctuations grow with β.
SHARES = (8, 2, 1)
# δ and B are units, and so is the slow time.
TIME = 1.0


@dataclass(frozen=True)
class MomentumKnobs:
    """The valley with label noise, and the coarsest learning rate."""

    rate: float = knob(1.0, "c", "h = e^{cx}", choices=(0.8, 1.0, 1.25))
    start: float = knob(0.5, "x_0", "start on Γ", low=0.2, high=0.6)
    steps: int = knob(12, "1/η", "at the coarsest learning rate, γ/(1 − β)", low=10, high=13)


@dataclass(frozen=True)
class MomentumCase:
    """The valley, the start, and where the noise comes from."""

    knobs: MomentumKnobs
    valley: ExponentialValley
    stream: Stream

    @property
    def rates(self) -> Float[np.ndarray, " rate"]:
        """η, η/2, η/4."""
        return 1.0 / (self.knobs.steps * np.array(DIVISORS))

    def spec(self, beta: float, divisor: int, replicas: int) -> RunSpec:
        """Return SGD with momentum β and γ = η(1 − β)/divisor, over the slow time 1."""
        steps = self.knobs.steps * divisor
        method = local_sgd((1.0 - beta) / steps, 1, 1.0, momentum=beta, workers=1)
        source = self.stream.child(f"momentum-{beta:g}-{divisor}")
        start = (self.knobs.start, 0.0)
        return RunSpec(self.valley.landscape, method, steps**2, RecordAt.last(), start, replicas, source)

    def seen(self, trace: Trace) -> Float[np.ndarray, " replica"]:
        """Return Φ_x of the last models."""
        return self.valley.project(trace.w[:, -1])[:, 0]

    def limit(self, time: float = TIME) -> float:
        """Return x(t) of the slow ODE of SGD."""
        return self.valley.position(self.knobs.start, time, 1.0)


def setup(knobs: MomentumKnobs, stream: Stream) -> MomentumCase:
    """Return the case of the knobs."""
    return MomentumCase(knobs, exponential_valley(knobs.rate, normal=0.0, label=1.0, law=TwoPoint()), stream)


def needs(case: MomentumCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Three learning rates for every β; strong momentum fluctuates most, and the finest rate least."""
    replicas = budget.pick(smoke=1_000, quick=72_000, paper=500_000)
    shares = {
        beta: budget.pick(smoke=1, quick=share, paper=share)
        for beta, share in zip(BETAS, SHARES, strict=True)
    }
    return tuple(
        case.spec(beta, m, replicas // (shares[beta] * (2 if m == DIVISORS[-1] else 1)))
        for beta in BETAS
        for m in DIVISORS
    )


def observe(case: MomentumCase, traces: Traces) -> Observation:
    """Extrapolate every β from three learning rates."""
    seen = [case.seen(trace) for trace in traces]
    groups = {beta: seen[3 * k : 3 * k + 3] for k, beta in enumerate(BETAS)}
    quantities = {LIMITS[beta]: richardson(group) for beta, group in groups.items()}
    quantities[CLEAN] = _clean(case, groups[BETAS[-1]])
    return Observation(quantities, tuple(_curve(case, beta, group) for beta, group in groups.items()))


def richardson(samples: list[np.ndarray]) -> Measured:
    """Return (E_η − 6E_{η/2} + 8E_{η/4})/3, allowance |E_{η/2} − E_{η/4}|, what halving η last changed."""
    limit, halved = combined(samples, RICHARDSON), combined(samples[1:], (1.0, -1.0))
    return Measured(limit.value, limit.error, np.abs(halved.value))


def combined(samples: list[np.ndarray], weights: tuple[float, ...]) -> Measured:
    """Return Σ_j weight_j·mean_j of independent samples, with its half-width."""
    moments = [Moments.of(sample) for sample in samples]
    value = sum(w * float(m.mean) for w, m in zip(weights, moments, strict=True))
    error = np.sqrt(sum((w * float(m.standard_error)) ** 2 for w, m in zip(weights, moments, strict=True)))
    quantile = student_quantile(share_of_level(DECIDING), min(m.count for m in moments) - 1)
    return Measured(value, float(quantile * error))


def _clean(case: MomentumCase, samples: list[np.ndarray]) -> Measured:
    found = combined(samples[:2], (1.0, -2.0))
    return Measured(float(found.value) + case.limit(), found.error)


def _curve(case: MomentumCase, beta: float, samples: list[np.ndarray]) -> Curve:
    means = [mean_of(sample, DECIDING) for sample in samples]
    value, width = (np.array([getattr(m, part) for m in means]) for part in ("value", "error"))
    method = {0.0: "sgd", 0.5: "momentum:H=1", 0.9: "momentum:H=1000"}[beta]
    return Curve(case.rates, value, f"β = {beta:g}", method=method, low=value - width, high=value + width)


def predict(case: MomentumCase) -> Prediction:
    """x(T) of SGD's slow ODE for every β."""
    limit, rates = case.limit(), np.array([0.0, float(case.rates[0])])
    line = Curve(rates, np.full(2, limit), "slow ODE of SGD", "theory")
    return Prediction({name: Predicted(limit) for name in LIMITS.values()}, (line,))


def own_rate(case: MomentumCase) -> Prediction:
    """Slow time γ²·steps = (1 − β)²T."""
    return Prediction(
        {name: Predicted(case.limit((1.0 - beta) ** 2 * TIME)) for beta, name in LIMITS.items() if beta}
    )


def clean_order(case: MomentumCase) -> Prediction:
    """Halving η halves the error at β = 0.9."""
    del case
    return Prediction({CLEAN: Predicted(0.0)})


CLAIM = Claim(
    key="wang2024momentum/same-limit",
    title="SGD with momentum and γ = η(1 − β) drifts to the limit of SGD with η; at β = 0.9 η must be small to see it",
    statement=(
        r"SGD with momentum $\beta$ and learning rate $\gamma=\eta(1-\beta)$ and SGD with $\eta$ share their limits "
        r"on $O(1/\eta)$ steps and, along a manifold of minima, on $O(1/\eta^2)$ steps, $\beta$ fixed [recalled]. "
        r"Checked on $\frac12e^{cx}y^2$ with label noise: $E\Phi_x$ after $1/\eta^2$ steps, extrapolated from three "
        r"learning rates, is $x(1)$ of $e^{-cx}=e^{-cx_0}+\frac{c^2\delta^2}{4B}t$ for $\beta=0,.5,.9$. The errors "
        r"at finite $\eta$ differ: at $\beta=.9$ two learning rates show no clean first order."
    ),
    hypotheses=("start on Γ, velocity 0", "β fixed as η → 0; H = 1"),
    reference=Reference("wang2024momentum", "the slow limit of SGDM; theorem number unknown"),
    source="recalled",
    knobs=MomentumKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("slow time is γ²·steps", "γ is what the optimiser calls its learning rate", own_rate),
        Falsifier(
            "halving η halves the error at β = .9", "the order 1 of SGD, from two learning rates", clean_order
        ),
    ),
    see=("gu2023/weak-error",),
    axes=("learning rate η = γ/(1 − β)", "E Φ_x after 1/η² steps", "linear", "linear"),
)
