"""A pair of unequal modes saturates with the sum of its curvatures: ψ(α(λ_1 + λ_2)), in a valley whose axes turn."""

from collections.abc import Callable
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
from paper_repro.claims.two_rates import at_two_rates, in_the_limit, Regime, regime
from sde.formulas import psi
from sde.zoo import twisted_valley, TwistedValley


DRIFT = "mean of Φ_x per slow time, η → 0"
CURVATURES, TWIST, MIXED = (2.0, 0.5), 1.0, 0.6
SLOW_TIME, RECORDS = 0.4, 8


@dataclass(frozen=True)
class TwistedKnobs:
    """The method; η follows. B = 1 is a unit of slow time."""

    workers: int = knob(4, "M", "workers", low=2, high=8)
    round_time: float = knob(1.0, "α", "conventional time of a round, ηH", low=0.2, high=2.0, log=True)


@dataclass(frozen=True)
class TwistedCase:
    """The valley, the coarser of the two runs, and the source of noise."""

    valley: TwistedValley
    coarse: Regime
    stream: Stream

    @property
    def times(self) -> Float[np.ndarray, " record"]:
        """Slow times of the records."""
        return self.coarse.slow_time * np.arange(RECORDS + 1) / RECORDS


def setup(knobs: TwistedKnobs, stream: Stream) -> TwistedCase:
    """Return the case of the knobs; only Σ enters the limit, so that the noise is ±1."""
    valley = twisted_valley(CURVATURES, TWIST, normal=1.0, mixed=MIXED, law=TwoPoint())
    # Γ is straight and has no noise along it: nothing depends on ηMα beyond the limit.
    coarse = regime(knobs.workers, knobs.round_time, SLOW_TIME, spread=np.inf, multiple=RECORDS)
    return TwistedCase(valley, coarse, stream.child("twisted"))


def needs(case: TwistedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Replicas at both rates from the origin."""
    gradients = budget.pick(smoke=1e7, quick=8e7, paper=5e9)
    return at_two_rates(case.valley.landscape, case.coarse, np.zeros(3), gradients, case.stream, RECORDS)


def observe(case: TwistedCase, traces: Traces) -> Observation:
    """Extrapolate the mean of Φ_x, at the end to judge it, on the way to draw it."""
    paths = [projected(case.valley, trace)[:, 1:] for trace in traces]
    end = in_the_limit(*(path[:, -1] / case.coarse.slow_time for path in paths), comparisons=1)
    path = in_the_limit(*paths, comparisons=1)
    mean, error = np.asarray(path.value), np.asarray(path.error)
    label = f"Local SGD, M = {case.coarse.workers}, α = {case.coarse.round_time:.3g}, η → 0"
    curve = Curve(case.times[1:], mean, label, "measured", "local_sgd", mean - error, mean + error)
    return Observation({DRIFT: end}, (curve,))


def projected(valley: TwistedValley, trace: Trace) -> Float[np.ndarray, "replica record"]:
    """Return Φ_x = x − k(λ_1 − λ_2)ab/(λ_1 + λ_2) up to O(|y|⁴) = O(η²), which the extrapolation removes as well."""
    x, first, second = np.moveaxis(trace.w, -1, 0)
    cos, sin = np.cos(valley.twist * x), np.sin(valley.twist * x)
    a, b = cos * first + sin * second, cos * second - sin * first
    one, two = valley.curvatures
    return x - valley.twist * (one - two) / (one + two) * a * b


def predict(case: TwistedCase) -> Prediction:
    """−(k(λ_1 − λ_2)ρ/(B(λ_1 + λ_2)))[1 + (M − 1)ψ(α(λ_1 + λ_2))]; beside it the line of the averaged ψ."""
    right, sgd = _drift(case, _of_the_sum(case)), _drift(case, 0.0)
    lines = (
        Curve(case.times, right * case.times, "ψ(α(λ₁ + λ₂))", "theory"),
        Curve(case.times, _drift(case, _averaged(case)) * case.times, "½(ψ(2αλ₁) + ψ(2αλ₂))", "falsifier"),
        Curve(case.times, sgd * case.times, "SGD", "reference"),
    )
    return Prediction({DRIFT: Predicted(right)}, lines)


def _drift(case: TwistedCase, share: float) -> float:
    """Drift with ψ = ``share``."""
    origin, own = np.zeros(1), case.coarse
    sgd = float(case.valley.slow_drift(origin, 1, own.total_batch, 0.0)[0])
    return sgd * (1.0 + (own.workers - 1) * share)


def _of_the_sum(case: TwistedCase) -> float:
    return float(psi(case.coarse.round_time * sum(case.valley.curvatures)))


def _averaged(case: TwistedCase) -> float:
    return float(np.mean(psi(2.0 * case.coarse.round_time * np.array(case.valley.curvatures))))


def _geometric(case: TwistedCase) -> float:
    return float(psi(2.0 * case.coarse.round_time * np.sqrt(np.prod(case.valley.curvatures))))


def with_share(share: Callable[[TwistedCase], float]) -> Callable[[TwistedCase], Prediction]:
    """Return the prediction with another ψ."""
    return lambda case: Prediction({DRIFT: Predicted(_drift(case, share(case)))})


PROOF = r"""With $L=\frac12(\lambda_1a^2+\lambda_2b^2)$ in the turning frame, $\partial_xL=k(\lambda_1-\lambda_2)ab$,
while along the flow $(ab)'=-(\lambda_1+\lambda_2)ab$ up to fourth order. So
$\Phi_x=x-\frac{k(\lambda_1-\lambda_2)}{\lambda_1+\lambda_2}ab+O(|y|^4)$, an invariant whose Hessian on $\Gamma$
has only the pair $(a,b)$. Then $dq=\frac1{2B}\langle\nabla^2q,\Sigma_{\rm eff}\rangle dt$ leaves
$-\frac{k(\lambda_1-\lambda_2)}{\lambda_1+\lambda_2}\frac\rho B(1+(M-1)\psi(\alpha(\lambda_1+\lambda_2)))$: the
disagreement of two modes decays with the sum of their rates."""

CLAIM = Claim(
    key="derived/twisted-valley-pair",
    title="Two unequal modes together gain 1 + (M − 1)ψ(α(λ₁ + λ₂)), no average of what each would gain",
    statement=(
        r"In a valley with curvatures $\lambda_1\ne\lambda_2$ whose axes turn by $k$ per unit of $x$, noise with "
        r"covariance $\rho$ between the two moves $x$ by "
        r"$-\frac{k(\lambda_1-\lambda_2)\rho}{B(\lambda_1+\lambda_2)}(1+(M-1)\psi(\alpha(\lambda_1+\lambda_2)))$ "
        r"per slow time; its variances contribute nothing. Measured in the limit $\eta\to0$ at fixed $\alpha$, as "
        r"$2E_{\eta/2}-E_\eta$ within $|E_\eta-E_{\eta/2}|$."
    ),
    hypotheses=(
        "independent noise of the workers, constant in the turning frame",
        "α = ηH fixed as η → 0; start on Γ",
    ),
    reference=Reference("gu2023", "pairs of modes in hatΨ; theorem number unknown", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=TwistedKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(
            "the average of ψ(2αλ₁) and ψ(2αλ₂)", "each mode by itself saturates so", with_share(_averaged)
        ),
        Falsifier("ψ(2α√(λ₁λ₂))", "a pair has a geometric mean too", with_share(_geometric)),
    ),
    see=("derived/mixed-noise-drift",),
    axes=("slow time η²·steps", "mean of Φ_x", "linear", "linear"),
)
