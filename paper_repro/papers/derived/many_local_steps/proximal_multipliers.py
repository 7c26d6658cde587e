r"""A proximal point misses the margin 1 of an active sample by log(n_m Λ β_i)/Λ, exactly."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.data import sweeping_example
from implicitbias.formulas import prox_margin
from implicitbias.local_solvers import proximal_point
from implicitbias.problems import LinearClassification
from paper_repro.claims import (
    AssumptionUnmet,
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
    Traces,
)
from paper_repro.claims.separable import classification
from paper_repro.claims.split_data import drawn_direction


SHORTFALL = "1 − x_i·u of the active samples"

# Newton's step at the proximal point, relative to |u| + |u⁰|, as its solver certifies.
CERTIFIED = 1e-12

# Multipliers below this share of the largest belong to samples that do not push; their logarithm is noise.
ACTIVE = 1e-3

EXAMPLE_START = (-3.0, 1.0)
START_SIZE = 3.0


@dataclass(frozen=True)
class MultiplierKnobs:
    """One worker with at most d samples, so that multipliers are read off the displacement."""

    data: str = knob("sweeping", "X", "data of one worker", choices=("sweeping", "random"))
    samples: int = knob(3, "n_m", "samples, if the data are random", low=1, high=5)
    extra: int = knob(1, "d − n_m", "dimensions beyond the samples, if the data are random", low=0, high=5)
    log_scale: float = knob(100.0, "Λ", "log(1/λ)", low=5.0, high=700.0, log=True)


@dataclass(frozen=True, eq=False)
class MultiplierCase:
    """Proximal point u of u⁰ and its multipliers, u − u⁰ = Σ β_i x_i."""

    problem: LinearClassification
    start: Float[np.ndarray, " dim"]
    log_scale: float
    point: Float[np.ndarray, " dim"]
    multipliers: Float[np.ndarray, " local"]
    active: Float[np.ndarray, " active"]

    @property
    def active_multipliers(self) -> Float[np.ndarray, " active"]:
        """β_i of the samples that push."""
        return self.multipliers[self.active]

    @property
    def error(self) -> float:
        """Error of a margin, and of log(n_m Λ β)/Λ through that of β."""
        sizes = CERTIFIED * float(np.linalg.norm(self.point) + np.linalg.norm(self.start))
        spread = float(np.linalg.norm(np.linalg.pinv(self.problem.signed), 2))
        return sizes * (
            self.problem.radius + spread / (self.log_scale * float(self.active_multipliers.min()))
        )


def setup(knobs: MultiplierKnobs, stream: Stream) -> MultiplierCase | AssumptionUnmet:
    """Solve one proximal problem, and read β off the displacement alone."""
    problem, start = _worker(knobs, stream)
    point = proximal_point(problem, 0, knobs.log_scale * start, float(np.exp(-knobs.log_scale))).rescaled
    beta = np.linalg.lstsq(problem.signed.T, point - start, rcond=None)[0]
    active = np.flatnonzero(beta > ACTIVE * beta.max())
    if not len(active) or beta.max() < ACTIVE:
        return AssumptionUnmet("the start has all its margins above 1: no sample pushes")
    return MultiplierCase(problem, start, knobs.log_scale, point, beta, active)


def _worker(knobs: MultiplierKnobs, stream: Stream) -> tuple[LinearClassification, np.ndarray]:
    if knobs.data == "sweeping":
        return classification(sweeping_example(), "exponential"), np.array(EXAMPLE_START)
    dim = knobs.samples + knobs.extra
    rows = stream.at("rows").generator().standard_normal((knobs.samples, dim))
    start = START_SIZE * drawn_direction(stream, dim)
    # Turned so that the first sample is misclassified, and pushes.
    start *= -1.0 if rows[0] @ start > 0 else 1.0
    return LinearClassification(rows, np.ones(knobs.samples), workers=1), start


def observe(case: MultiplierCase, traces: Traces) -> Observation:
    """Margins that the active samples lack."""
    del traces
    shortfall = 1.0 - case.problem.signed[case.active] @ case.point
    curve = Curve(case.active_multipliers, shortfall, "active samples", method="proximal")
    return Observation({SHORTFALL: Measured(shortfall, case.error)}, (curve,))


def law(case: MultiplierCase, samples: float, factor: float) -> Prediction:
    """The shortfall log(samples·factor·β)/Λ."""
    beta = case.active_multipliers
    value = np.log(samples * factor * beta) / case.log_scale
    return Prediction({SHORTFALL: Predicted(value, 2.0 * case.error, reason="certified error of the solver")})


def predict(case: MultiplierCase) -> Prediction:
    """log(n_m Λ β)/Λ."""
    beta, size = case.active_multipliers, len(case.problem.signed)
    value = 1.0 - prox_margin(size, case.log_scale, beta)
    line = np.geomspace(beta.min() / 2, 2 * beta.max(), 50)
    theory = Curve(line, np.asarray(1.0 - prox_margin(size, case.log_scale, line)), "log(n Λ β)/Λ", "theory")
    at = Predicted(value, 2.0 * case.error, reason="certified error of the solver")
    return Prediction({SHORTFALL: at}, (theory,))


def without_samples(case: MultiplierCase) -> Prediction | AssumptionUnmet:
    """log(Λβ)/Λ."""
    if len(case.problem.signed) == 1:
        return AssumptionUnmet("one sample: n_m = 1")
    return law(case, 1.0, case.log_scale)


PROOF = r"""
Where $f_m(w)+\frac\lambda2|w-w^0|^2$ is stationary, $\lambda(w-w^0) = \frac1{n_m}\sum_i e^{-x_i\cdot w}x_i$. Divide by
$\lambda\Lambda$, $\lambda = e^{-\Lambda}$, $u = w/\Lambda$: $u-u^0 = \sum_i\beta_ix_i$ with
$\beta_i = e^{\Lambda(1-x_i\cdot u)}/(n_m\Lambda)$. Take logarithms. As $\Lambda\to\infty$ with $\beta_i$ bounded below,
$x_i\cdot u\to1$: the projection, approached like $\log\Lambda/\Lambda$. (Along a gradient flow the same computation
has no factor $\Lambda$: $\log(n_mb_i)/\Lambda$.) $\square$
"""

CLAIM = Claim(
    key="derived/proximal-multipliers",
    title="A proximal point misses the margin of an active sample by log(n_m Λ β)/Λ, exactly",
    statement=(
        r"For $u = w/\Lambda$, $w = \operatorname{argmin} f_m + \frac\lambda2|\cdot-\Lambda u^0|^2$, "
        r"$\lambda = e^{-\Lambda}$, with $u-u^0 = \sum\beta_ix_i$: $1-x_i\cdot u = \log(n_m\Lambda\beta_i)/\Lambda$."
    ),
    hypotheses=(
        "exponential loss",
        "independent samples, so that the β_i are determined by the displacement",
    ),
    reference=Reference("derived"),
    source="derived",
    knobs=MultiplierKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "error 1/Λ",
            "Λ is the only scale, so the error seems to be one over it",
            lambda case: Prediction({SHORTFALL: Predicted(1.0 / case.log_scale, 2.0 * case.error)}),
        ),
        Falsifier("without n_m", "f_m is a mean, and its 1/n_m is easily lost", without_samples),
        Falsifier(
            "log(n_m β)/Λ",
            "the law of the gradient flow, whose multipliers are velocities",
            lambda case: law(case, len(case.problem.signed), 1.0),
        ),
    ),
    proof=PROOF,
    see=("derived/proximal-projection",),
    axes=("multiplier β", "1 − x·u", "log", "linear"),
)
