"""L5: how far workers with different data part, summed over a round of exact gradients."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from implicitbias import LinearClassification, Logistic, Quadratics, Stream
from implicitbias.scaled import (
    metric_constants,
    MetricConstants,
    minimiser,
    round_consensus_bound,
    round_sums,
    RoundSums,
)
from implicitbias.scaled.consensus import WEIGHT_GROWTH
from paper_repro.claims import (
    bound,
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
    Traces,
)


RATIO = "Σ V over its bound"

LOCAL_STEPS = (2, 4, 8, 16, 32)
# Distances of starts from x*, in decades.
FAR = (-2.0, 1.5)
ROUNDING = 1e-12


@dataclass(frozen=True)
class RoundKnobs:
    """Sizes of the drawn problems, and how far the step condition is used."""

    workers: int = knob(3, "M", "workers", low=2, high=5)
    dim: int = knob(2, "d", "dimension", low=1, high=4)
    share: float = knob(1.0, "s", "largest η as a share of d_min/(8L(H − 1))", low=0.3, high=1.0)
    problems: int = knob(3, "n", "drawn problems of each kind", low=1, high=3)


@dataclass(frozen=True)
class Round:
    """One round: its sums, the constants in the metric of its D, and whether it began at x* of f_m of one curvature."""

    sums: RoundSums
    constants: MetricConstants
    flat: bool

    def bound(self, **changed: float) -> float:
        """Return L5, with other coefficients or another power of H − 1 if they are given."""
        theorem = round_consensus_bound(self.sums, self.constants, **changed)
        assert theorem.applicable, theorem.unmet
        return theorem.value


@dataclass(frozen=True)
class RoundCase:
    """All rounds."""

    rounds: tuple[Round, ...]

    def over_bound(self, **changed: float) -> np.ndarray:
        """Return the bound with other constants in units of L5."""
        return np.array([r.bound(**changed) / r.bound() for r in self.rounds])


def setup(knobs: RoundKnobs, stream: Stream) -> RoundCase:
    """Draw problems, starts, D and η, and run a round of each number of local steps."""
    numbers = stream.at("scaling/round-consensus").generator()
    return RoundCase(tuple(_rounds(knobs, numbers)))


def _rounds(knobs: RoundKnobs, numbers: np.random.Generator) -> Iterator[Round]:
    for kind in (_logistic, _quadratics, _flat) * knobs.problems:
        problem, flat = kind(knobs, numbers), kind is _flat
        x, diagonal = minimiser(problem), 10.0 ** numbers.uniform(-1.0, 1.0, knobs.dim)
        away = 0.0 if flat else 10.0 ** numbers.uniform(*FAR)
        start, constants = (
            x + away * numbers.normal(size=knobs.dim),
            metric_constants(problem, diagonal, at=x),
        )
        for local_steps in LOCAL_STEPS:
            share = knobs.share if flat else knobs.share * numbers.uniform(0.2, 1.0)
            lr = share / (8.0 * constants.sample_smoothness * (local_steps - 1))
            growth = float(numbers.choice([1.0, WEIGHT_GROWTH]))
            sums = round_sums(problem, start, diagonal, lr, local_steps, growth=growth, at=x)
            yield Round(sums, constants, flat)


def _logistic(knobs: RoundKnobs, numbers: np.random.Generator) -> LinearClassification:
    count = 5 * knobs.workers
    labels = np.where(numbers.uniform(size=count) < 0.5, 1.0, -1.0)
    features = numbers.normal(size=(count, knobs.dim))
    return LinearClassification(features, labels, workers=knobs.workers, loss=Logistic(), l2=0.05)


def _quadratics(knobs: RoundKnobs, numbers: np.random.Generator) -> Quadratics:
    roots = numbers.normal(size=(knobs.workers, knobs.dim, knobs.dim))
    centres = numbers.normal(size=(knobs.workers, knobs.dim))
    return Quadratics(roots @ roots.swapaxes(1, 2) + 0.1 * np.eye(knobs.dim), centres)


def _flat(knobs: RoundKnobs, numbers: np.random.Generator) -> Quadratics:
    """Return ½|x − c_m|²: over ηH ≤ H/(8(H − 1)) the gradient of each hardly changes."""
    hessians = np.tile(np.eye(knobs.dim), (knobs.workers, 1, 1))
    return Quadratics(hessians, numbers.normal(size=(knobs.workers, knobs.dim)))


def observe(case: RoundCase, traces: Traces) -> Observation:
    """Divide Σ V by L5."""
    del traces
    ratio = np.array([r.sums.consensus / r.bound() for r in case.rounds])
    steps, flat = np.array([r.sums.local_steps for r in case.rounds]), np.array([r.flat for r in case.rounds])
    curves = (
        Curve(steps[~flat], ratio[~flat], "drawn problems and starts"),
        Curve(steps[flat], ratio[flat], "one curvature for all f_m, from x*"),
    )
    return Observation({RATIO: Measured(ratio)}, curves)


def predict(case: RoundCase) -> Prediction:
    """At most 1."""
    del case
    grid = np.geomspace(LOCAL_STEPS[0], LOCAL_STEPS[-1], 50)
    lines = (
        Curve(grid, np.ones(50), "bound", "theory"),
        Curve(grid, 1.0 / (grid - 1.0), "with H − 1 instead of (H − 1)²", "falsifier"),
    )
    return Prediction({RATIO: Predicted(1.0, ROUNDING, Relation.AT_MOST, "rounding of sums")}, lines)


def first_power(case: RoundCase) -> Prediction:
    """H − 1 instead of (H − 1)²."""
    return Prediction({RATIO: Predicted(case.over_bound(power=1.0), relation=Relation.AT_MOST)})


def no_dissimilarity(case: RoundCase) -> Prediction:
    """Without the term of σ_dif²."""
    return Prediction({RATIO: Predicted(case.over_bound(dissimilarity=0.0), relation=Relation.AT_MOST)})


PROOF = r"""In $y=\hat D^{1/2}x$: $V_t\le\frac1M\sum_m|y_t^m-y_{t_p}|^2\le\eta^2(t-t_p)\sum_{s<t}\frac1M\sum_m|\nabla
f_m(y_s^m)|^2$, and $\frac1M\sum_m|\nabla f_m(y^m)|^2\le3L_D^2V+6L_D\Delta+3\sigma_{dif,D}^2$ by way of $\hat y$ and
$y^*$. Sum over the round with $\sum_t(t-t_p)\le\frac{H(H-1)}2\le(H-1)^2$: $\sum V\le\eta^2(H-1)^2\sum(3L_D^2V+
6L_D\Delta+3\sigma_{dif,D}^2)$; with $\eta L_D(H-1)\le\frac18$ the $V$ on the right is at most $\frac3{64}\sum V$, and
$6/(1-\frac3{64})\le6.3$, $3/(1-\frac3{64})\le3.15$. Weights that grow by at most $\frac87$ inside the round multiply
every bound on earlier steps by that: $7.25$ and $3.63$."""

CLAIM = Claim(
    key="derived/scaling-round-consensus",
    title="Over a round, different data part workers by η²(H − 1)²·Σ(6.3 LΔ + 3.15 σ_dif²) at most, not like H − 1",
    statement=(
        r"L5: $f_m$ convex and $L_D$-smooth, exact gradients, $\eta L_D(H-1)\le\frac18$. Over one round, in the norm "
        r"of $\hat D$, $\sum_tV_t\le\eta^2(H-1)^2\sum_t(6.3\,L_D\Delta_t+3.15\,\sigma_{dif,D}^2)$, with $7.25$ and "
        r"$3.63$ for weights that grow by at most $\frac87$ inside it."
    ),
    hypotheses=(
        "every f_m is convex and L_D-smooth in the norm of D̂",
        "exact gradients",
        "η L_D (H − 1) ≤ 1/8",
    ),
    reference=Reference("derived", "L5, consensus on heterogeneous data"),
    source="derived",
    proof=PROOF,
    knobs=RoundKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier("H − 1 instead of (H − 1)²", "so it is for noise (L3)", predict=first_power),
        Falsifier("without σ_dif²", "at x* the mean gradient vanishes", predict=no_dissimilarity),
    ),
    see=("derived/scaling-consensus", "derived/worst-case-heterogeneity"),
    axes=("local steps H", "Σ V over the bound", "log", "log"),
)
