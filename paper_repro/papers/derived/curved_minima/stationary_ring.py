"""On the ring h = 1 + 0.6 sin φ Local SGD gathers where the ring is flat, by the same law as in a valley."""

import numpy as np
from jaxtyping import Float

from implicitbias import RunSpec, Stream
from paper_repro.claims import Budget, Claim, Falsifier, Reference, sampled_limit
from paper_repro.papers.derived.curved_minima.curved_ring import projected_angle, ring_with, START
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
from sde.zoo import Ring


# Slow time: on the circle a Brownian motion of variance 1/B forgets like e^{−t/2}, and has half of it to do so.
SLOW_TIME = 16.0
# Of a periodic density, of which the midpoint rule has all digits; the shares are read between them.
CELLS = 40_000


def setup(knobs: StationaryKnobs, stream: Stream) -> StationaryCase:
    """Return the case of the knobs."""
    ring, workers, alpha = ring_with(mixed=0.0), knobs.workers, knobs.round_time
    coarse = blunt_regime(knobs, SLOW_TIME)
    laws = {
        "slow": law(ring, workers, alpha),
        "sgd": law(ring, 1, 0.0),
        "fold": law(ring, workers, np.inf),
        "hot": law(ring, workers, alpha, temperature=workers),
    }
    moments = {"sin φ": lambda u: u, "sin² φ": np.square}

    def sine(theta: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch"]:
        return np.sin(projected_angle(ring, theta))

    return StationaryCase(ring, START, sine, moments, laws, coarse, stream.child("ring"))


def law(ring: Ring, workers: int, alpha: float, temperature: float = 1.0) -> Law:
    """Return the law of sin φ, which says all: h depends on φ through it; or its power 1/temperature."""
    phi = 2.0 * np.pi * (np.arange(CELLS) + 0.5) / CELLS
    return law_of(ring.stationary_log_density(phi[:, None], workers, alpha) / temperature, np.sin(phi))


def needs(case: StationaryCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Replicas at both rates, long enough to forget where they began."""
    return stationary_runs(case, budget.pick(smoke=2e7, quick=2.5e8, paper=2e10))


PROOF = r"""The angle is an Itô chart without correction, and its slow SDE is
$d\varphi=-\frac{h'}{4Bh}\sigma_N^2(1+(M-1)\psi(2\alpha h))dt+\frac{\sigma_T}{\sqrt B}dW$. Without flux $(\log
p)'=2b/s^2=-\kappa\frac{h'}h(1+(M-1)\psi(2\alpha h))$ with $\kappa=\frac{\sigma_N^2}{2\sigma_T^2}$; $B$ cancels.
As $J'(y)=\psi(y)/y$, $\frac{d}{d\varphi}J(2\alpha h)=\frac{h'}h\psi(2\alpha h)$, which gives the law."""

CLAIM = Claim(
    key="derived/stationary-ring",
    title="On a ring Local SGD gathers where it is flat: exp(−κ(ln h + (M − 1)J(2αh))), SGD has exp(−κ ln h)",
    statement=(
        r"On $L=\frac12h(\varphi)(r-1)^2$, $h=1+0.6\sin\varphi$, with isotropic noise the angle has the stationary "
        r"density $p\propto h^{-\kappa}e^{-(M-1)\kappa J(2\alpha h)}$, $\kappa=\frac{\sigma_N^2}{2\sigma_T^2}$, "
        r"$J(y)=\int_0^y\frac{\psi(z)}zdz$, for every $B$. Measured along long runs, in the limit $\eta\to0$ at "
        r"fixed $\alpha$, as $2E_{\eta/2}-E_\eta$ give or take the largest $|E_\eta-E_{\eta/2}|$ and the "
        r"statistical error."
    ),
    hypotheses=(
        "independent noise of the workers, ρ = 0",
        "α = ηH fixed as η → 0; h periodic, after many relaxation times",
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
        Falsifier("temperature times M", "each worker's noise has covariance MΣ/B", under("hot")),
    ),
    see=("derived/stationary-valley", "derived/slow-sde-special-functions"),
    axes=("sin φ", "probability below", "linear", "linear"),
)
