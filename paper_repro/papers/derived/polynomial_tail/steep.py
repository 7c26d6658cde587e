"""As p grows, the limit of the tail (1+z)^{−p} turns to the max margin like ŵ + w̃/(p+1): p acts as log(ηHr)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import max_margin, MaxMargin, Stream
from implicitbias.asymptotics import rate_constant
from implicitbias.data import Samples
from implicitbias.oracle import residual_limit, tail_direction
from implicitbias.statistics import extrapolated_limit
from paper_repro.claims import (
    AssumptionUnmet,
    Claim,
    Curve,
    Falsifier,
    knob,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.verdict import Relation
from paper_repro.papers.derived.polynomial_tail.setting import tail_samples


CONSTANT = "limit of (p+1)·distance to ŵ/|ŵ|"
ROOT = "limit of √(p+1)·distance to ŵ/|ŵ|"
FARTHEST = "limit of the distance to ŵ/|ŵ|"
SHARE = "distance / √(2(1 − min p_i^{1/p}))"
# The solves cost the same for every p; from about the tenth on the limit is near.
POWERS = 2.0 ** np.arange(-1, 15)
# The extrapolation starts where 1/p is small, and its error of order 1/p² smaller.
STEEP = 32.0


@dataclass(frozen=True)
class SteepKnobs:
    """Data."""

    data: str = knob("A-prime", "X", "data set", choices=("A", "A-prime", "random"))


@dataclass(frozen=True)
class SteepCase:
    """Samples, their separator, and the residual limit of the exponential tail."""

    samples: Samples
    svm: MaxMargin
    residual_limit: Float[np.ndarray, " dim"]

    @property
    def shares(self) -> Float[np.ndarray, " sample"]:
        """p_i = 1/(M n_m)."""
        assert self.samples.workers is not None
        sizes = np.bincount(self.samples.workers)
        return 1.0 / (len(sizes) * sizes[self.samples.workers])


def setup(knobs: SteepKnobs, stream: Stream) -> SteepCase | AssumptionUnmet:
    """Return the case of the knobs, or which hypothesis the data break."""
    samples = tail_samples(knobs.data, stream)
    svm = max_margin(samples)
    if not (svm.nondegenerate and svm.spans):
        return AssumptionUnmet("the support vectors do not span the data with positive multipliers")
    return SteepCase(samples, svm, residual_limit(samples, svm))


def observe(case: SteepCase, traces: Traces) -> Observation:
    """Solve for the limit at every p, and extrapolate its distance to the max margin to p → ∞."""
    del traces
    found = [tail_direction(case.samples, float(p), case.svm) for p in POWERS]
    distance = np.array([np.linalg.norm(f.direction - case.svm.direction) for f in found])
    error = np.array([f.direction_error for f in found])
    bound = np.sqrt(-2.0 * np.expm1(np.log(case.shares.min()) / POWERS))
    scaled, steep = (POWERS + 1.0) * distance, POWERS >= STEEP
    quantities = {
        CONSTANT: _extrapolated(scaled, steep, (POWERS + 1.0) * error),
        ROOT: _extrapolated(scaled / np.sqrt(POWERS + 1.0), steep, np.sqrt(POWERS + 1.0) * error, 0.5),
        FARTHEST: _extrapolated(distance, steep, error),
        SHARE: Measured(distance / bound, error / bound),
    }
    constant = rate_constant(case.svm.weights, case.residual_limit)
    curves = (
        Curve(POWERS + 1.0, distance, "distance of the certified limits"),
        Curve(POWERS + 1.0, bound, "bound √(2(1 − min p_i^{1/p}))", "reference"),
        Curve(POWERS + 1.0, constant / (POWERS + 1.0), "|w̃ across ŵ|/(|ŵ|(p+1))", "theory"),
    )
    return Observation(quantities, curves)


def _extrapolated(
    values: np.ndarray, steep: np.ndarray, error: np.ndarray, exponent: float = 1.0
) -> Measured:
    end = extrapolated_limit(POWERS[steep], values[steep], exponent)
    return Measured(end.value, end.error + float(error[steep].max()))


def predict(case: SteepCase) -> Prediction:
    """|Π_⊥ w̃|/|ŵ|, and never more than the bound."""
    constant = rate_constant(case.svm.weights, case.residual_limit)
    within = Predicted(1.0, relation=Relation.AT_MOST)
    return Prediction({CONSTANT: Predicted(constant), SHARE: within})


def stays_away(case: SteepCase) -> Prediction:
    """The distance at p = 2, for every p."""
    apart = tail_direction(case.samples, 2.0, case.svm).direction - case.svm.direction
    return Prediction({FARTHEST: Predicted(float(np.linalg.norm(apart)))})


def root_rate(case: SteepCase) -> Prediction:
    """√(2 log(1/min p_i)) for the limit of √p times the distance, as the bound has it."""
    return Prediction({ROOT: Predicted(float(np.sqrt(-2.0 * np.log(case.shares.min()))))})


def uniform_weights(case: SteepCase) -> Prediction | AssumptionUnmet:
    """The constant with p_i = 1/n."""
    if np.ptp(case.shares) == 0.0:
        return AssumptionUnmet("equal n_m: 1/n and 1/(M n_m) are the same")
    wrong = residual_limit(case.samples.signed, case.svm)
    return Prediction({CONSTANT: Predicted(rate_constant(case.svm.weights, wrong))})


PROOF = r"""*Bound.* Let $\hat u = \gamma\hat w$ and $S(u) = \sum p_i(x_i\cdot u)^{-p}$. As $x_i\cdot\hat u \ge
\gamma$ and $\sum p_i = 1$, $p_i(x_i\cdot u_p)^{-p} \le S(u_p) \le S(\hat u) \le \gamma^{-p}$, so every margin of $u_p$
is at least $\gamma\, p_i^{1/p}$. With the multipliers, $\hat w = \sum\alpha_ix_i$ and $\sum\alpha_i = 1/\gamma^2$:
$\hat u\cdot u_p = \gamma\sum\alpha_i\,x_i\cdot u_p \ge \min_i p_i^{1/p}$, hence $|u_p-\hat u|^2 = 2(1 - \hat
u\cdot u_p) \le 2(1 - \min p_i^{1/p}) \le \frac2p\log\frac1{\min p_i}$: the limit tends to $\hat w$.

*Rate.* $u_p$ is the direction of the $y$ with $y = \sum p_i(x_i\cdot y)^{-p-1}x_i$ (the length is free: both
sides scale differently). Put $\varepsilon = \frac1{p+1}$ and $y = \hat w + \varepsilon\zeta$. On the support
$(1+\varepsilon x_i\cdot\zeta)^{-1/\varepsilon} \to e^{-x_i\cdot\zeta}$, smoothly in $\varepsilon$ down to $0$;
off it $(\theta_i+\dots)^{-1/ \varepsilon}$ vanishes faster than any power of $\varepsilon$. At $\varepsilon =
0$ the equation is $\hat w = \sum_S p_ie^{-x_i\cdot\zeta}x_i$, which is that of $\tilde w$; its derivative in
$\zeta$ is $-A_S$ (plus $\varepsilon$), invertible on the span of the support vectors. By the implicit function
theorem $\zeta = \tilde w + O(\varepsilon)$: $u_p$ is the direction of $\hat w + \frac{\tilde w}{p+1} +
O(p^{-2})$. That is the path $\hat w\tau + \tilde w$ of the exponential tail at the log-time $\tau = p+1$."""

CLAIM = Claim(
    key="derived/polynomial-tail-steep",
    title="As p → ∞ the limit of the tail (1+z)^{−p} turns to the max margin, like ŵ + w̃/(p+1)",
    statement=(
        r"Let $u_p$ minimise $\sum_ip_i(x_i\cdot u)^{-p}$ over unit vectors. Then $|u_p - \hat w/|\hat w|| \le "
        r"\sqrt{2(1-\min_ip_i^{1/p})} \to 0$, and $(p+1)\,|u_p - \hat w/|\hat w|| \to |\Pi_\perp\tilde w|/|\hat w|$ "
        r"with the residual limit $\tilde w$ of the exponential tail: $u_p$ is where an exponential tail is at "
        r"$\log(\eta Hr) = p+1$, up to $O(p^{-2})$."
    ),
    hypotheses=(
        "separable data",
        "for the constant: positive multipliers, and support vectors that span the data",
    ),
    reference=Reference("derived", "polynomial tails that grow steep"),
    source="derived",
    proof=PROOF,
    knobs=SteepKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier("it stays away from ŵ", "for every single p the limit is another one than ŵ", stays_away),
        Falsifier("a rate of 1/√p", "so it is in the bound, which only knows the smallest weight", root_rate),
        Falsifier("p_i = 1/n", "the weights do not enter ŵ; but they enter the way to it", uniform_weights),
    ),
    see=("derived/polynomial-tail-limit", "zhu2024/residual-limit"),
    axes=("p + 1", "distance between u_p and ŵ/|ŵ|", "log", "log"),
)
