"""Theorem 7: the margin gap of normalised gradient descent is at most (ln n + 1)/(γΣe), hence O(1/t)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import (
    gd,
    LinearClassification,
    LocalMethod,
    max_margin,
    MaxMargin,
    normalised_gd,
    PowerDecay,
    Stream,
    Trace,
)
from implicitbias.bounds import normalised_margin_bound
from paper_repro.claims import (
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
from paper_repro.claims.unit_rows import GAP_ROUNDING, gaps, unit_problem, unit_samples, UnitRowKnobs


LARGEST = "largest margin gap · Σe"
SQUARED = "largest margin gap · (Σe)²"
UNNORMALISED = "largest margin gap · t of gradient descent with η = 1"

# Iterations of the picture.
SHOWN = np.unique(np.geomspace(1, 1e4, 60).astype(int))


@dataclass(frozen=True)
class MarginKnobs(UnitRowKnobs):
    """Data, and the steps e_t = e (t + 1)^(−power)."""

    data: str = knob(
        "random", "X", "data set", choices=("random", "gaussian", "A", "O", "iris-0-1", "wine-0-1")
    )
    rate: float = knob(1.0, "e", "first normalised step e_0 = η_0 f(w_0)", low=0.2, high=1.0)
    power: float = knob(0.0, "a", "e_t = e (t + 1)^(−a)", low=0.0, high=0.5)


@dataclass(frozen=True)
class MarginCase:
    """Rows of length at most 1, their separator, and normalised gradient descent."""

    problem: LinearClassification
    svm: MaxMargin
    method: LocalMethod

    @cached_property
    def constant(self) -> float:
        """(ln n + 1)/γ."""
        return normalised_margin_bound(
            self.svm.margin, len(self.problem.signed), 1.0, self.problem.radius
        ).value

    @cached_property
    def times(self) -> Float[np.ndarray, " shown"]:
        """Σ_{j<t} e_j at the iterations of the picture."""
        return np.cumsum(self.method.schedule(np.arange(SHOWN[-1])))[SHOWN - 1]


def setup(knobs: MarginKnobs, stream: Stream) -> MarginCase:
    """Return the case of the knobs."""
    problem = unit_problem(unit_samples(knobs, stream))
    steps = PowerDecay(knobs.rate, power=knobs.power)
    return MarginCase(problem, max_margin(problem), normalised_gd(steps))


def needs(case: MarginCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Normalised gradient descent, and gradient descent with η = 1 for comparison."""
    rounds = budget.pick(smoke=300, quick=2_000, paper=40_000)
    return RunSpec(case.problem, case.method, rounds), RunSpec(case.problem, gd(1.0), 10 * rounds)


def observe(case: MarginCase, traces: Traces) -> Observation:
    """Take the largest products of gap and time over the records."""
    normalised, plain = traces
    quantities = {
        LARGEST: _largest(case, normalised, 1.0),
        SQUARED: _largest(case, normalised, 2.0),
        UNNORMALISED: _largest(case, plain, 1.0),
    }
    runs = (("normalised_gd", normalised, "normalised steps"), ("gd", plain, "gradient descent, η = 1"))
    curves = tuple(Curve(*_series(case, trace), label, method=method) for method, trace, label in runs)
    return Observation(quantities, curves)


def _series(case: MarginCase, trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    return gaps(trace, case.problem.signed, case.svm.margin)


def _largest(case: MarginCase, trace: Trace, power: float) -> Measured:
    scaled = _series(case, trace)[1] * trace.time[1:] ** power
    worst = int(np.argmax(scaled))
    return Measured(float(scaled[worst]), GAP_ROUNDING * float(trace.time[1 + worst]) ** power)


def predict(case: MarginCase) -> Prediction:
    """(ln n + 1)/γ."""
    line = Curve(SHOWN, case.constant / case.times, "bound (ln n + 1)/(γΣe)", "theory")
    wrong = Curve(SHOWN, case.constant / case.times**2, "the same with (Σe)²", "falsifier")
    return at_most(case, LARGEST, (line, wrong))


def at_most(case: MarginCase, quantity: str, curves: tuple[Curve, ...] = ()) -> Prediction:
    """The constant of the theorem for a product of gap and time."""
    return Prediction({quantity: Predicted(case.constant, 0.0, Relation.AT_MOST)}, curves)


CLAIM = Claim(
    key="ji2021/margin-bound",
    title="Normalised steps bring the margin gap below (ln n + 1)/(γΣe): like 1/t, not 1/log t",
    statement=(
        r"For $w_{t+1} = w_t - e_t\nabla f(w_t)/f(w_t)$ from $w_0 = 0$, $f$ the mean exponential loss of $n$ samples "
        r"of length at most 1 with margin $\gamma$, and $e_t \le 1$ not increasing: $\min_i x_i\cdot w_t/|w_t| \ge "
        r"\gamma - (\ln n + 1)/(\gamma\sum_{j<t}e_j)$."
    ),
    hypotheses=(
        "separable data, margin γ > 0",
        "rows of length at most 1, exponential loss, start 0",
        "e_t = η_t f(w_t) ≤ 1, not increasing",
    ),
    reference=Reference("ji2021", "Theorem 7, exponential loss", ("PMLR 132",)),
    source="stated",
    knobs=MarginKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier(
            "(Σe)² for Σe",
            "dual momentum does reach 1/t²; plain normalised steps do not",
            lambda case: at_most(case, SQUARED),
        ),
        Falsifier(
            "t for Σe, with η = 1",
            "e_j = η f(w_j) is allowed to fall, but then Σe grows like log t only",
            lambda case: at_most(case, UNNORMALISED),
        ),
    ),
    see=("nacson2019/normalised-gd", "ji2021/offset-lower-bound"),
    axes=("iterations t", "margin gap γ − min x_i·w/|w|", "log", "log"),
)
