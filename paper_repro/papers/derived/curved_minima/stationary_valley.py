"""In the valley h = 1 + x² Local SGD settles on p ∝ h^{−κ} exp(−(M − 1)κJ(2αh)), narrower than SGD's law."""

import numpy as np
from jaxtyping import Float

from implicitbias import RunSpec, Stream
from implicitbias.problems import TwoPoint
from paper_repro.claims import Budget, Claim, Falsifier, Reference, sampled_limit
from paper_repro.papers.derived.curved_minima.stationary import (
    blunt_regime,
    Law,
    law_of,
    observe,
    predict,
    stationary_runs,
    StationaryCase,
    StationaryKnobs,
    under,
)
from sde.zoo import quadratic_valley, QuadraticValley


# σ_N² = 1, σ_T² = 1/8: κ = 4, a fourth moment for SGD and a variance at twice its temperature.
TANGENTIAL = 8.0**-0.5
# Slow time: the start decays like e^{−t/2} for SGD, faster for Local SGD, and has half of it to do so.
SLOW_TIME = 16.0
# x = sinh u, |u| ≤ 12: tails of power laws decay exponentially in u.
NODES = np.linspace(-12.0, 12.0, 40_001)


def setup(knobs: StationaryKnobs, stream: Stream) -> StationaryCase:
    """Return the case of the knobs; only Σ enters the limit, so that the noise is ±1."""
    valley, workers, alpha = (
        quadratic_valley(normal=1.0, tangential=TANGENTIAL, law=TwoPoint()),
        knobs.workers,
        knobs.round_time,
    )
    # Γ is straight: nothing depends on ηMα beyond the limit.
    coarse = blunt_regime(knobs, SLOW_TIME, spread=np.inf)
    laws = {
        "slow": law(valley, workers, alpha),
        "sgd": law(valley, 1, 0.0),
        "fold": law(valley, workers, np.inf),
        "half": law(valley, workers, 0.5 * alpha),
        "hot": law(valley, workers, alpha, temperature=workers),
    }
    moments = {"1/h": lambda u: 1.0 / (1.0 + u**2)}
    return StationaryCase(valley, np.zeros(2), _distance, moments, laws, coarse, stream.child("valley"))


def _distance(theta: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch"]:
    """Return |Φ_x|: the law is even."""
    return np.abs(quadratic_valley().project(theta)[..., 0])


def law(valley: QuadraticValley, workers: int, alpha: float, temperature: float = 1.0) -> Law:
    """Return the law of |x|, or its power 1/temperature."""
    x = np.sinh(NODES)
    log_density = valley.stationary_log_density(x[:, None], workers, alpha) / temperature
    return law_of(log_density, np.abs(x), np.cosh(NODES))


def needs(case: StationaryCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Replicas at both rates, long enough to forget where they began."""
    return stationary_runs(case, budget.pick(smoke=2e7, quick=2.5e8, paper=2e10))


PROOF = r"""The slow SDE is $dx=-\frac{h'}{4Bh}\sigma_N^2(1+(M-1)\psi(2\alpha h))dt+\frac{\sigma_T}{\sqrt B}dW$. Without
flux $(\log p)'=2b/s^2=-\kappa\frac{h'}h(1+(M-1)\psi(2\alpha h))$ with $\kappa=\frac{\sigma_N^2}{2\sigma_T^2}$;
$B$ cancels. As $J'(y)=\psi(y)/y$, $\frac{d}{dx}J(2\alpha h)=\frac{h'}h\psi(2\alpha h)$, which gives the law."""

CLAIM = Claim(
    key="derived/stationary-valley",
    title="In the valley h = 1 + x² Local SGD settles on exp(−κ(ln h + (M − 1)J(2αh))), SGD on exp(−κ ln h)",
    statement=(
        r"On $L=\frac12(1+x^2)y^2$ with normal noise $\sigma_N^2$ and tangential noise $\sigma_T^2$ the slow "
        r"variable has the stationary density $p\propto h^{-\kappa}e^{-(M-1)\kappa J(2\alpha h)}$, "
        r"$\kappa=\frac{\sigma_N^2}{2\sigma_T^2}$, $J(y)=\int_0^y\frac{\psi(z)}zdz$, for every $B$. Measured along "
        r"long runs, in the limit $\eta\to0$ at fixed $\alpha$, as $2E_{\eta/2}-E_\eta$ give or take the largest "
        r"$|E_\eta-E_{\eta/2}|$ and the statistical error."
    ),
    hypotheses=(
        "independent noise of the workers, ρ = 0",
        "α = ηH fixed as η → 0; after many relaxation times",
    ),
    reference=Reference("gu2023", "stationary law of the slow SDE; derived here", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=StationaryKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        Falsifier("SGD's law", "local steps might only change how fast it is reached", under("sgd")),
        Falsifier("the M-fold law", "rounds look endless", under("fold")),
        Falsifier("ψ(αh) in place of ψ(2αh)", "a single mode might seem to saturate with αh", under("half")),
        Falsifier("temperature times M", "each worker's noise has covariance MΣ/B", under("hot")),
    ),
    see=("derived/stationary-ring", "derived/slow-sde-special-functions"),
    axes=("|x|", "probability below", "linear", "linear"),
)
