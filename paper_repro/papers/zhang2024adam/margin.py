"""Full-batch Adam without a floor: the ℓ∞ margin gap vanishes like a power of t, the Euclidean one stays."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from implicitbias import Adam, LinearClassification, local_gd, PowerDecay, Stream, Trace
from paper_repro.claims import (
    AssumptionUnmet,
    bound,
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
    Relation,
    RunSpec,
    Traces,
)
from paper_repro.papers.derived.scaled_bias.setting import DATA, problem_of, ScaledCase


LARGEST = "exponent of the ℓ∞ margin gap"
EUCLIDEAN = "exponent of the Euclidean margin gap"
SLOWER = "ℓ∞ margin gap with a = 1 over that with a, at the end"

# Mixes the coordinates of the rows: on the rows themselves the first sign step is the separator already.
MIXED = np.array([[1.0, 0.6, 0.0], [-0.6, 1.0, 0.3], [0.0, -0.3, 1.0]])
# Gaps oscillate where signs flip: the slope of the largest later gap is taken from R/20 to R/2, its error from R/10, …
WINDOW = (20.0, 10.0, 2.0)
# … if the smallest margin is so large at its start that weights decay exponentially.
ASYMPTOTIC = 2.0


@dataclass(frozen=True)
class AdamKnobs:
    """Data, learning rates η_t = η(1 + t)^{−a}, momentum and memory; H = 1, so that the split plays no role."""

    data: str = knob("reference", "X", "data set", choices=DATA)
    lr: float = knob(0.2, "η", "first learning rate", low=0.15, high=0.3)
    power: float = knob(0.5, "a", "power of the decay", low=0.4, high=0.6)
    momentum: float = knob(0.9, "β₁", "momentum", choices=(0.0, 0.9))
    beta: float = knob(0.9, "β", "memory of D", low=0.8, high=0.9)


@dataclass(frozen=True)
class AdamCase(ScaledCase):
    """A run of Adam and the power of its learning rate."""

    power: float = 0.5

    @property
    def exponent_bound(self) -> float:
        """min(1 − a, a/2)."""
        return min(1.0 - self.power, self.power / 2.0)


def mixed(data: str, stream: Stream, workers: int) -> LinearClassification:
    """Return the data with mixed coordinates."""
    problem = problem_of(data, stream, workers)
    features = problem.features @ MIXED
    return LinearClassification(
        features, problem.labels, workers=problem.assignment, loss=problem.loss_function
    )


def setup(knobs: AdamKnobs, stream: Stream) -> AdamCase | AssumptionUnmet:
    """Return full-batch Adam; the step η/(1 − β₁) of momentum is kept."""
    scaling = Adam(beta=knobs.beta, floor=None, pooling="square_of_mean")
    lr = PowerDecay(knobs.lr * (1.0 - knobs.momentum), knobs.power)
    method = local_gd(lr, 1, scaling=scaling, momentum=knobs.momentum)
    return informative(AdamCase(mixed(knobs.data, stream, 1), method, knobs.power))


def informative(case: AdamCase) -> AdamCase | AssumptionUnmet:
    """Return the case if its ℓ∞ separator is not already the direction of all signs."""
    if len(case.largest.support) >= 2:
        return case
    return AssumptionUnmet("one sample alone decides the ℓ∞ margin: sign steps start along its separator")


def needs(case: AdamCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run."""
    rounds = budget.pick(smoke=400, quick=2_000, paper=30_000)
    return (RunSpec(case.problem, case.method, rounds),)


def needs_both(case: AdamCase, budget: Budget) -> tuple[RunSpec, ...]:
    """The run, and that with a = 1."""
    (run,) = needs(case, budget)
    faster = dataclasses.replace(case.method, lr=PowerDecay(case.method.first_lr, 1.0))
    return run, dataclasses.replace(run, method=faster)


def gaps(case: ScaledCase, trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Return the margin gaps in the max norm and the Euclidean norm, each over its margin, at the records."""
    w, best, round = trace.w[0, 1:], case.largest.margin, case.euclidean.margin
    smallest = (w @ case.problem.signed.T).min(axis=1)
    return 1.0 - smallest / (best * np.abs(w).max(axis=1)), 1.0 - smallest / (
        round * np.linalg.norm(w, axis=1)
    )


def _curves(trace: Trace, largest: np.ndarray, euclidean: np.ndarray) -> tuple[Curve, ...]:
    rounds = trace.rounds[1:]
    return (
        Curve(rounds, largest, "ℓ∞ margin gap/γ_∞", method="adam"),
        Curve(rounds, euclidean, "Euclidean margin gap/γ", "falsifier"),
    )


def observe(case: AdamCase, traces: Traces) -> Observation:
    """Fit the exponents of both gaps."""
    trace = traces[0]
    largest, euclidean = gaps(case, trace)
    quantities = {LARGEST: exponent(case, trace, largest), EUCLIDEAN: exponent(case, trace, euclidean)}
    return Observation(quantities, _curves(trace, largest, euclidean))


def exponent(case: ScaledCase, trace: Trace, gap: np.ndarray) -> Measured:
    """Return the slope of the largest later gap between two rounds, unknown if margins are small at the first."""
    rounds, later = trace.rounds[1:], np.maximum.accumulate(gap[::-1])[::-1]
    first, middle, last = (int(np.abs(rounds - rounds[-1] / part).argmin()) for part in WINDOW)
    if (trace.w[0, 1 + first] @ case.problem.signed.T).min() < ASYMPTOTIC:
        return Measured(0.0, np.inf)
    slopes = [np.log(later[last] / later[k]) / np.log(rounds[last] / rounds[k]) for k in (first, middle)]
    return Measured(float(slopes[0]), abs(float(slopes[1] - slopes[0])))


def observe_both(case: AdamCase, traces: Traces) -> Observation:
    """Compare the two runs at their ends as well."""
    first, second = (gaps(case, trace)[0] for trace in traces)
    seen = observe(case, traces)
    quantities = {LARGEST: seen.quantities[LARGEST], SLOWER: Measured(float(second[-1] / first[-1]))}
    curve = Curve(traces[1].rounds[1:], second, "ℓ∞ margin gap/γ_∞ with a = 1", "reference")
    return Observation(quantities, (seen.curves[0], curve))


def at_most(name: str, value: float) -> Prediction:
    """The prediction of a quantity at most so large."""
    return Prediction({name: Predicted(value, relation=Relation.AT_MOST)})


def predict_rate(case: AdamCase) -> Prediction:
    """At most −min(1 − a, a/2)."""
    rounds, power = np.array([30.0, 2_000.0]), case.exponent_bound
    line = Curve(rounds, 0.2 * (rounds / rounds[0]) ** -power, f"t^(−{power:.3g})", "theory")
    return dataclasses.replace(at_most(LARGEST, -power), curves=(line,))


HYPOTHESES = (
    "data that are separable, with ℓ∞ margin γ_∞ > 0; logistic loss",
    "full-batch Adam, no stability constant, H = 1",
    "learning rates η(1 + t)^{−a} with a < 1",
)
EUCLIDEAN_GAP = Falsifier(
    "the Euclidean margin gap vanishes",
    "the bias of gradient descent, and of Adam with a floor",
    lambda case: at_most(EUCLIDEAN, -case.exponent_bound),
)
AXES = ("communication rounds r", "margin gap over the margin", "log", "log")

CLAIM = Claim(
    key="zhang2024adam/max-margin",
    title="Full-batch Adam without a floor finds the ℓ∞ max margin, with and without momentum",
    statement=(
        r"For linearly separable data full-batch Adam with a diminishing learning rate and no stability constant "
        r"tends in direction to the classifier of maximum $\ell_\infty$ margin, in polynomial time [stated]. "
        r"Measured: the $\ell_\infty$ margin gap falls like a power of $t$, the Euclidean one does not."
    ),
    hypotheses=HYPOTHESES,
    reference=Reference("zhang2024adam", "abstract", ("arXiv 2406.10650",)),
    source="stated",
    knobs=AdamKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=lambda case: at_most(LARGEST, 0.0),
    judge=bound,
    falsifiers=(EUCLIDEAN_GAP,),
    see=("zhang2024adam/margin-rate", "derived/no-floor-local-steps", "derived/floor-direction"),
    axes=AXES,
)

CLAIM_RATE = Claim(
    key="zhang2024adam/margin-rate",
    title="The ℓ∞ margin gap of Adam falls at least like t^(−min(1 − a, a/2)) for learning rates t^(−a), a < 1",
    statement=(
        r"With $\eta_t\sim t^{-a}$, $a<1$, the $\ell_\infty$ margin gap of full-batch Adam falls with an "
        r"asymptotic exponent of at most $-\min(1-a,a/2)$ [recalled]; with $a = 1$ it is behind."
    ),
    hypotheses=HYPOTHESES,
    reference=Reference("zhang2024adam", "place of the exponents unknown", ("arXiv 2406.10650",)),
    source="recalled",
    knobs=AdamKnobs(),
    setup=setup,
    needs=needs_both,
    observe=observe_both,
    predict=predict_rate,
    judge=bound,
    falsifiers=(
        Falsifier("a = 1 is as fast", "any diminishing rate might do", lambda case: at_most(SLOWER, 1.0)),
        Falsifier(
            "t^(−2)",
            "the gap might be quadratic in the error of the direction; it is linear",
            lambda case: at_most(LARGEST, -2.0),
        ),
    ),
    see=("zhang2024adam/max-margin",),
    axes=AXES,
)
