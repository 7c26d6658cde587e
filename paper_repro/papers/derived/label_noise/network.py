"""Label noise drives the products u_k v_k of a diagonal network to zero, each at the rate of its own feature."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from implicitbias import RunSpec, Stream
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
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import limit_of, mean_curve
from paper_repro.claims.refinement import Refinement
from sde.zoo import diagonal_network, DiagonalNetwork, STANDARD_START


PRODUCTS, TRACE = "E p_k(T)/p_k(0), k = 1 … d", "E Σ_k (u_k² + v_k²)"
# |w|₁ itself is no smooth test function: where a weight crosses 0 its error is not of first order in η.
NORM = "E s·w, s the signs of w on the slow ODE, where it is |w|₁"
# H at the coarser of the two learning rates, and records for the picture.
STEPS, PIECES = 4, 8


@dataclass(frozen=True)
class NetworkKnobs:
    """Local SGD on the standard network; δ = B_loc = 1 are units."""

    workers: int = knob(4, "M", "workers, each with batch 1", low=2, high=5)
    round_time: float = knob(0.4, "α", "conventional time of a round, ηH", low=0.2, high=0.5)
    time: float = knob(0.25, "T/B", "slow time over the total batch", low=0.2, high=0.35)


@dataclass(frozen=True)
class NetworkCase:
    """The network and Local SGD on it."""

    network: DiagonalNetwork
    refinement: Refinement
    stream: Stream

    @property
    def start(self) -> Float[np.ndarray, " dim"]:
        """Return the start, on Γ."""
        return np.array(self.refinement.start)

    @property
    def decisions(self) -> int:
        """Intervals that decide: one a product, trace and norm."""
        return len(self.start) // 2 + 2

    def products(self, theta: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch feature"]:
        """Return p_k = u_k v_k over its value at the start."""
        u, v = np.split(theta, 2, axis=-1)
        first, second = np.split(self.start, 2)
        return u * v / (first * second)

    @cached_property
    def signs(self) -> Float[np.ndarray, " feature"]:
        """Return the signs of w at T on the slow ODE."""
        return np.sign(
            self.network.weights(self.path(np.array([0.0, self.refinement.slow_time]), self.alpha)[-1])
        )

    @property
    def alpha(self) -> float:
        """α."""
        return self.refinement.setting.round_time

    def read(self, zeta: Float[np.ndarray, "*batch dim"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return products, Σ(u² + v²) and s·w at points of Γ."""
        norm = self.network.weights(zeta) @ self.signs
        return self.products(zeta), self.network.magnitudes(zeta).sum(axis=-1), norm

    def path(self, times: Float[np.ndarray, " time"], round_time: float) -> Float[np.ndarray, "time dim"]:
        """Return the slow ODE with rounds of time α, at increasing times from 0 on."""
        of = self.refinement.setting
        kept = self.network.coordinate(self.start)
        return self.network.start(self.network.slow_path(kept, times, of.workers, of.batch, round_time))

    def end(self, round_time: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what is read of its end."""
        return self.read(self.path(np.array([0.0, self.refinement.slow_time]), round_time)[-1])


def setup(knobs: NetworkKnobs, stream: Stream) -> NetworkCase:
    """Return the case of the knobs."""
    network = diagonal_network()
    start = tuple(network.project(np.array(STANDARD_START)).tolist())
    batch = float(knobs.workers)
    refinement = Refinement(
        network.landscape, start, knobs.workers, batch, knobs.round_time / STEPS, STEPS, knobs.time * batch
    )
    return NetworkCase(network, refinement, stream)


def needs(case: NetworkCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Local SGD at η and at η/2."""
    replicas = budget.pick(smoke=100, quick=6_000, paper=60_000)
    return case.refinement.pair(replicas, case.stream, PIECES)


def observe(case: NetworkCase, traces: Traces) -> Observation:
    """Extrapolate the means of products, trace and norm to η → 0."""
    coarse, fine = (case.read(case.network.project(trace.w[:, -1])) for trace in traces)
    names = (PRODUCTS, TRACE, NORM)
    quantities = {
        name: limit_of(rough, sharp, case.decisions)
        for name, rough, sharp in zip(names, coarse, fine, strict=True)
    }
    # The flow keeps products, so that they need no Φ.
    products = case.products(traces[1].w)
    rate = f"η = {case.refinement.lr / 2.0:.3g}"
    shown = ((0, f"k = 1, 3, 5, {rate}", "local_sgd"), (1, f"k = 2, 4, {rate}", "local_sgd:H=1000"))
    curves = tuple(
        mean_curve(traces[1].slow_time, products[..., k], label, name, case.decisions)
        for k, label, name in shown
    )
    return Observation(quantities, curves)


def predict(case: NetworkCase) -> Prediction:
    """The slow ODE, with A = I + (M − 1)ψ(2αG)."""
    grid = np.linspace(0.0, case.refinement.slow_time, 30)
    zeta = case.path(grid, case.alpha)
    products = case.products(zeta)
    lines = [Curve(grid, products[:, k], f"slow ODE, k = {k + 1}", "theory") for k in (0, 1)]
    sgd = case.network.rates(case.start, 1, case.refinement.total_batch, 0.0)[0]
    lines += [
        Curve(grid, np.exp(-gain * sgd * grid), label, "falsifier")
        for gain, label in ((1, "rate of SGD"), (case.refinement.workers, "M times this rate"))
    ]
    return _quantities(case.read(zeta[-1]), tuple(lines))


def with_rounds(round_time: float) -> Callable[[NetworkCase], Prediction]:
    """Return the prediction with rounds of time α."""
    return lambda case: _quantities(case.end(round_time))


def one_rate(case: NetworkCase) -> Prediction:
    """The mean of the products for each of them."""
    products, _, _ = case.end(case.alpha)
    return Prediction({PRODUCTS: Predicted(np.full(len(products), products.mean()))})


def _quantities(values: tuple[np.ndarray, ...], lines: tuple[Curve, ...] = ()) -> Prediction:
    names = (PRODUCTS, TRACE, NORM)
    return Prediction({n: Predicted(v) for n, v in zip(names, values, strict=True)}, lines)


PROOF = r"""The flow of $L=\frac1{2n}|X(u^2-v^2)-y|^2$ has $u_k'=-\frac2nu_kX_k^\top r$ and $v_k'=+\frac2nv_kX_k^\top
r$, $r$ the residual: $p_k=u_kv_k$ is kept. On $\Gamma$, with $J=[2X\,\mathrm{diag}\,u,\,-2X\,\mathrm{diag}\,v]$,
$\nabla^2L= J^\top J/n$ and $\Sigma=\delta^2\nabla^2L$, so that
$\Sigma_{\mathrm{eff}}=\frac{\delta^2}nJ^\top[I+(M-1)\psi(2\alpha G)]J$ with
$G=JJ^\top/n=\frac4nX\,\mathrm{diag}(u^2+v^2)X^\top$, which carries the non-zero spectrum. The invariant $p_k$ has
$\nabla^2p_k$ with the single pair of entries 1 at $(u_k,v_k)$, and the slow SDE moves it by
$\frac1{2B}\langle\nabla^2
p_k,\Sigma_{\mathrm{eff}}\rangle=\frac1B(\Sigma_{\mathrm{eff}})_{u_kv_k}=-\frac{4\delta^2}{nB}u_kv_k\,X_k^\top[I+(M-1)
\psi(2\alpha G)]X_k$; its martingale has the rate $\nabla p_k^\top\Sigma\nabla p_k=0$, $\nabla p_k$ being tangent.
The same for $\kappa\cdot\ln|u|$, $\kappa\in\ker X$, closes the equation."""

CLAIM = Claim(
    key="derived/diagonal-network",
    title="Local SGD with label noise shrinks each u_k v_k of a diagonal network at its own rate, and with them |w|₁",
    statement=(
        r"For $w=u\circ u-v\circ v$ and $L=\frac1{2n}|Xw-y|^2$ with label noise $\pm\delta$, in slow time, "
        r"$p_k'=-\frac{4\delta^2}{nB}X_k^\top[I+(M-1)\psi(2\alpha G)]X_k\,p_k$ for $p_k=u_kv_k$, with "
        r"$G=\frac4nX\mathrm{diag}(u^2+v^2)X^\top$: for SGD $p_k(0)e^{-4\delta^2|X_k|^2t/(nB)}$. As $p\to0$ the "
        r"trace of the Hessian and $|w|_1$ fall. Checked on a network of $n=2$ samples in $d=5$ with all $|X_k|$ "
        r"equal, where $p_k$, $\sum(u^2+v^2)$ and $|w|_1$ follow the ordinary differential equation."
    ),
    hypotheses=("independent rows of X; start on Γ", "η → 0 at fixed α = ηH and T"),
    reference=Reference("derived", "diagonal linear networks with label noise"),
    source="derived",
    proof=PROOF,
    knobs=NetworkKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("one rate for all k", "all |X_k| are equal, and SGD has one rate", one_rate),
        Falsifier("tr ∇²L alone", "the potential of SGD, taken for Local SGD", with_rounds(0.0)),
        Falsifier("M tr ∇²L", "the potential of the limit α → ∞, at finite α", with_rounds(math.inf)),
    ),
    see=("derived/uv-label-noise",),
    axes=("slow time η²·steps", "p_k(t)/p_k(0)", "linear", "linear"),
)
