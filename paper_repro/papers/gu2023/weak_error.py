"""The weak error of the slow SDE is of first order in η on a valley, well below the power ¼ that is proved."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from implicitbias import Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    rate,
    Reference,
    Relation,
    RunSpec,
    share_of_level,
    Traces,
)
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.gu2023.label_valley import label_valley_case, LabelValleyCase, LabelValleyKnobs
from sde.comparison import order_fit, OrderFit


SLOPE = "log–log slope of |E Φ_x − x(T)| in η"
FIRST = "e₁ of the fit e₁η + e₂η²"
CHI = {None: "χ² of e₁η + e₂η²", 0.5: "χ² of c·η^½", 0.25: "χ² of c·η^¼"}

# H at the coarsest rate η = α/H, and the slow time.
STEPS, TIME = 10, 1.0
# Intervals and χ² that decide: slope, e₁ and the three fits.
DECIDING = 5


@dataclass(frozen=True)
class WeakErrorCase:
    """The valley, and by which m its learning rate is divided."""

    valley: LabelValleyCase
    divisors: tuple[int, ...] = (1, 2, 3, 4)

    @property
    def rates(self) -> np.ndarray:
        """η/m."""
        return self.valley.refinement.lr / np.array(self.divisors)


def setup(knobs: LabelValleyKnobs, stream: Stream) -> WeakErrorCase:
    """Return the case of the knobs."""
    return WeakErrorCase(label_valley_case(knobs, stream.child("weak-error"), STEPS, TIME))


def needs(case: WeakErrorCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Independent ensembles at every learning rate."""
    replicas = budget.pick(smoke=1_000, quick=8_000, paper=100_000)
    of = case.valley
    return tuple(of.refinement.spec(m, replicas, of.stream) for m in case.divisors)


def observe(case: WeakErrorCase, traces: Traces) -> Observation:
    """Fit the errors by e₁η + e₂η², and by the powers 1, ½ and ¼."""
    samples = [case.valley.seen(trace) - case.valley.limit for trace in traces]
    errors, sigmas = (np.array([f(x) for x in samples]) for f in (np.mean, _standard_error))
    curve = _measured(case, samples)
    if np.count_nonzero(np.abs(errors) > 3.0 * sigmas) < len(errors):
        blunt = {name: Measured(0.0, np.inf) for name in (SLOPE, FIRST, *CHI.values())}
        return Observation(blunt, (curve,), undecided="an error is below three standard errors")
    fit = order_fit(case.rates, errors, sigmas, share_of_level(DECIDING))
    chi = {CHI[None]: fit.chi_square} | {CHI[p]: fit.power(p).chi_square for p in (0.5, 0.25)}
    quantities = {
        SLOPE: _slope(case, fit),
        FIRST: Measured(fit.first, fit.first_interval.half_width),
        **{name: Measured(value) for name, value in chi.items()},
    }
    return Observation(quantities, (curve, *fitted(case, fit)))


def _standard_error(sample: np.ndarray) -> float:
    return float(np.std(sample, ddof=1) / np.sqrt(len(sample)))


def _slope(case: WeakErrorCase, fit: OrderFit) -> Measured:
    """The slope, with its interval and the bend that e₂ gives a line of slope 1 in the middle of the rates."""
    if fit.slope is None:
        return Measured(0.0, np.inf)
    middle = float(np.exp(np.mean(np.log(case.rates))))
    bend = abs(fit.second * middle / (fit.first + fit.second * middle))
    return Measured(fit.slope.slope, fit.slope.interval.half_width + bend)


def _measured(case: WeakErrorCase, samples: list[np.ndarray]) -> Curve:
    means = [mean_of(sample, DECIDING) for sample in samples]
    value, width = np.array([m.value for m in means]), np.array([m.error for m in means])
    size = np.abs(value)
    return Curve(
        case.rates,
        size,
        "Local SGD",
        method="local_sgd",
        low=np.maximum(size - width, size / 10),
        high=size + width,
    )


def fitted(case: WeakErrorCase, fit: OrderFit) -> tuple[Curve, ...]:
    """Return the fit e₁η + e₂η² as a line, and those of the powers ½ and ¼ as what is rejected."""
    grid = np.geomspace(case.rates.min(), case.rates.max(), 40)
    line = np.abs(fit.first * grid + fit.second * grid**2)
    sign = "−" if fit.second < 0.0 else "+"
    label = f"|{fit.first:.3g} η {sign} {abs(fit.second):.3g} η²|, χ² = {fit.chi_square:.1f}"
    lines = [Curve(grid, line, label, "theory")]
    for power, name in ((0.5, "η^½"), (0.25, "η^¼")):
        wrong = fit.power(power)
        shown = np.abs(wrong.coefficient) * grid**power
        lines.append(Curve(grid, shown, f"c·{name}, χ² = {wrong.chi_square:.0f}", "falsifier"))
    return tuple(lines)


def predict(case: WeakErrorCase) -> Prediction:
    """1, and a fit by two coefficients that scatters no more than its errors say."""
    return _order(1.0, None, len(case.divisors) - 2)


def power(exponent: float) -> Callable[[WeakErrorCase], Prediction]:
    """Return the prediction that the error is c·η^exponent."""
    return lambda case: _order(exponent, exponent, len(case.divisors) - 1)


def _order(slope: float, exponent: float | None, degrees: int) -> Prediction:
    from scipy.stats import chi2

    largest = float(chi2.isf(share_of_level(DECIDING), degrees))
    return Prediction({SLOPE: Predicted(slope), CHI[exponent]: Predicted(largest, relation=Relation.AT_MOST)})


def second_order(case: WeakErrorCase) -> Prediction:
    """e₁ = 0."""
    del case
    return Prediction({SLOPE: Predicted(2.0), FIRST: Predicted(0.0)})


CLAIM = Claim(
    key="gu2023/weak-error",
    title="The weak error of the slow SDE on a valley is e₁η + e₂η², of first order; the theorem bounds it by η^¼",
    statement=(
        r"At fixed $\alpha=\eta H$, $T$: $\max_r|E g(\Phi(\bar\theta_r))-E g(\zeta(rH\eta^2))|=\tilde O(\eta^{1/4})$ "
        r"for every $C^3$ function $g$ [recalled]: an upper bound. Observed here, not proved: on $\frac12e^{cx}y^2$ "
        r"with label noise the error of $E\Phi_x$ at $T$ is $e_1\eta+e_2\eta^2$ with $e_1\ne0$, and neither "
        r"$\eta^{1/2}$ nor $\eta^{1/4}$ fits. The limit is the solution of an ordinary differential equation, so "
        r"that nothing else errs."
    ),
    hypotheses=(
        "start on Γ; α = ηH and T fixed as η → 0",
        "label noise: Σ = δ²∇²L on Γ, no diffusion along it",
        "learning rates at which η³ is not seen",
    ),
    reference=Reference("gu2023", "weak approximation; theorem number unknown", ("v2",)),
    source="recalled",
    knobs=LabelValleyKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=rate,
    falsifiers=(
        Falsifier("the error is c·η^½", "fluctuations across Γ have this size", power(0.5)),
        Falsifier(
            "the error is c·η^¼", "the upper bound of the theorem read as the error itself", power(0.25)
        ),
        Falsifier(
            "the error is of second order", "the mean is unbiased, so that e₁ seems to vanish", second_order
        ),
    ),
    see=("gu2023/slow-horizon",),
    axes=("learning rate η", "|E Φ_x − x(T)|", "log", "log"),
)
