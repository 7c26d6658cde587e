"""L_D, μ_D, σ_D²: never worse than the crude constants, and far better on ill-scaled data."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import LinearClassification, Logistic, Stream
from implicitbias.scaled import metric_constants, MetricConstants, MiniBatch, minimiser, worker_hessians
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


SMOOTHNESS, NOISE = "L_D over L/d_min", "σ_D² over σ²/d_min"
CONVEXITY = "μ/d_max over μ_D"
STEP = "L_D over L/d_min for D = diag of the curvature, ill-scaled data"

# Eigenvalues of symmetric matrices, relative to the largest.
ROUNDING = 1e-12
# Drawn D besides that of the curvature, and their decades.
DRAWS, DECADES = 40, 1.5
# Samples; labels are coin flips, so that there is a minimiser.
SAMPLES = 60


@dataclass(frozen=True)
class MetricKnobs:
    """Size of the data, and how their scales spread."""

    dim: int = knob(5, "d", "features", low=2, high=8)
    decades: float = knob(2.0, "s", "decades over which the scales of the features spread", low=1.5, high=3.0)
    ridge: float = knob(1e-2, "λ", "l2 regularisation", low=1e-3, high=1e-1, log=True)


@dataclass(frozen=True)
class MetricCase:
    """Ill-scaled logistic regression, drawn D, and the diagonal of its curvature at x*."""

    problem: LinearClassification
    diagonals: Float[np.ndarray, "draw dim"]
    curvature: Float[np.ndarray, " dim"]
    minimiser: Float[np.ndarray, " dim"]

    def constants(self, diagonal: Float[np.ndarray, " dim"]) -> MetricConstants:
        """Return the constants in the metric of D."""
        return metric_constants(self.problem, diagonal, MiniBatch(1), self.minimiser)


def setup(knobs: MetricKnobs, stream: Stream) -> MetricCase:
    """Draw data whose features have scales 1 … 10^{−s}, and D."""
    numbers = stream.at("scaling/metric").generator()
    features = numbers.normal(size=(SAMPLES, knobs.dim)) * np.logspace(0.0, -knobs.decades, knobs.dim)
    labels = np.where(numbers.uniform(size=SAMPLES) < 0.5, 1.0, -1.0)
    problem = LinearClassification(features, labels, workers=1, loss=Logistic(), l2=knobs.ridge)
    x = minimiser(problem)
    curvature = np.diag(worker_hessians(problem, x).mean(axis=0)).copy()
    diagonals = 10.0 ** numbers.uniform(-DECADES, DECADES, (DRAWS, knobs.dim))
    return MetricCase(problem, diagonals, curvature, x)


def observe(case: MetricCase, traces: Traces) -> Observation:
    """Divide metric-aware by crude constants, D by D."""
    del traces
    plain = case.constants(np.ones(case.problem.dim))
    rows = [(case.constants(d), plain.crude(d.min(), d.max())) for d in (*case.diagonals, case.curvature)]
    smooth = np.array([own.smoothness / crude.smoothness for own, crude in rows])
    convex = np.array([crude.strong_convexity / own.strong_convexity for own, crude in rows])
    noise = np.array([own.noise / crude.noise for own, crude in rows])
    quantities = {
        SMOOTHNESS: Measured(smooth),
        CONVEXITY: Measured(convex),
        NOISE: Measured(noise),
        STEP: Measured(smooth[-1]),
    }
    spread = np.array([d.max() / d.min() for d in (*case.diagonals, case.curvature)])
    curves = (
        Curve(spread[:-1], smooth[:-1], "drawn D"),
        Curve(spread[-1:], smooth[-1:], "D = diagonal of the curvature", method="oasis"),
    )
    note = f"allowed step {1.0 / smooth[-1]:.3g} times larger, noise {1.0 / noise[-1]:.3g} times smaller in its metric"
    return Observation(quantities, curves, note=note)


def predict(case: MetricCase) -> Prediction:
    """At most 1 for every D; on ill-scaled data with the curvature's D far below."""
    one = Predicted(1.0, ROUNDING, Relation.AT_MOST, "rounding of eigenvalues")
    spreads = np.array([d.max() / d.min() for d in case.diagonals])
    grid = np.geomspace(1.0, spreads.max(), 50)
    lines = (
        Curve(grid, np.ones(50), "never worse", "theory"),
        Curve(grid, 1.0 / grid, "L_D ≤ L/d_max", "falsifier"),
    )
    gain = Predicted(_gershgorin(case), ROUNDING, Relation.AT_MOST, "rounding of eigenvalues")
    return Prediction({SMOOTHNESS: one, CONVEXITY: one, NOISE: one, STEP: gain}, lines)


def _gershgorin(case: MetricCase) -> float:
    """Return d·sup ℓ″/min ℓ″(x*)·d_min/L: what L_D ≤ tr(D^{−1/2}H̄D^{−1/2}) gives for D = diag(H)."""
    problem = case.problem
    slopes = problem.loss_function.curvature(problem.signed @ case.minimiser)
    largest = problem.loss_function.smoothness / float(slopes.min())
    plain = case.constants(np.ones(problem.dim))
    return problem.dim * largest * float(case.curvature.min()) / plain.smoothness


def over_ceiling(case: MetricCase) -> Prediction:
    """L_D ≤ L/d_max."""
    ratios = np.array([d.min() / d.max() for d in (*case.diagonals, case.curvature)])
    return Prediction({SMOOTHNESS: Predicted(ratios, ROUNDING, Relation.AT_MOST)})


def no_gain(case: MetricCase) -> Prediction:
    """L_D = L/d_min whatever D is."""
    del case
    return Prediction({STEP: Predicted(1.0, ROUNDING)})


PROOF = r"""$L_D=\sup_x\frac{x^\top\bar Hx}{x^\top Dx}$ and $x^\top Dx\ge d_{\min}|x|^2$ give $L_D\le L/d_{\min}$;
$\mu_D= \inf_x\frac{x^\top\underline Hx}{x^\top Dx}\ge\mu/d_{\max}$; $E|g-\nabla f|^2_{D^{-1}}\le\sigma^2/d_{\min}$.
Equality is possible: $\bar H=L\cdot I$ has $L_D=L/d_{\min}$, so $L/d_{\max}$ is no bound. For
$D=\mathrm{diag}\,\nabla^2f(x^*)$, $L_D\le\mathrm{tr}\,D^{-1}\bar H\le d\max_i\bar H_{ii}/D_{ii}$, and $\bar
H_{ii}/D_{ii}\le\sup\ell''/\min_j\ell''(x_j \cdot x^*)$ because both are sums over the same samples with those weights:
no scale of a feature is left in it, while $L/d_{\min}$ is the ratio of the largest to the smallest."""

CLAIM = Claim(
    key="derived/scaling-metric",
    title="L_D, μ_D, σ_D² are never worse than L/d_min, μ/d_max, σ²/d_min, and free of the scales of features",
    statement=(
        r"$L_D=\lambda_{\max}(D^{-1/2}\bar HD^{-1/2})\le L/d_{\min}$, $\mu_D=\lambda_{\min}(D^{-1/2}\underline H "
        r"D^{-1/2})\ge\mu/d_{\max}$, $\sigma_D^2=\sup E|g-\nabla f|^2_{D^{-1}}\le\sigma^2/d_{\min}$. With "
        r"$D=\mathrm{diag} \nabla^2f(x^*)$, $L_D\le d\,\sup\ell''/\min_j\ell''(x_j\cdot x^*)$ however ill-scaled the "
        r"data are."
    ),
    hypotheses=(
        "D is diagonal and positive",
        "H ≤ ∇²f ≤ H̄ everywhere",
        "linear classification for the last bound",
    ),
    reference=Reference("derived", "constants in the metric of D"),
    source="derived",
    proof=PROOF,
    knobs=MetricKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=bound,
    falsifiers=(
        Falsifier("L_D ≤ L/d_max", "D^{−1} is 1/d_max at least", predict=over_ceiling),
        Falsifier("L_D = L/d_min for every D", "that is what the theorems use", predict=no_gain),
    ),
    see=("derived/scaling-crude-rate", "derived/scaling-constant-diagonal"),
    axes=("d_max/d_min", "L_D over L/d_min", "log", "log"),
)
