"""The mean error of a round of federated linear regression on fresh data: exact fits, one step, and many steps."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

from implicitbias import Stream
from implicitbias.recursions import FreshRegression
from implicitbias.recursions.fresh_regression import Coefficients
from paper_repro.claims import Claim, Falsifier, knob, Prediction, Reference, sampled_limit
from paper_repro.papers.ju2024.setting import FreshCase, observe, predicted


@dataclass(frozen=True)
class ExactKnobs:
    """Workers, their samples, and how many more parameters there are."""

    workers: int = knob(2, "M", "workers", low=2, high=5)
    samples: int = knob(4, "n", "samples of a worker in a round", low=2, high=6)
    spare: int = knob(6, "p − n", "parameters beyond the samples", low=6, high=12)


@dataclass(frozen=True)
class StepKnobs:
    """Workers, sizes and the learning rate."""

    workers: int = knob(2, "M", "workers", low=2, high=5)
    samples: int = knob(3, "n", "samples of a worker in a batch", low=2, high=6)
    dim: int = knob(5, "p", "parameters", low=3, high=8)
    lr: float = knob(0.5, "η", "learning rate", low=0.3, high=0.6)


@dataclass(frozen=True)
class StepsKnobs(StepKnobs):
    """Workers, sizes, the learning rate, and the local steps."""

    lr: float = knob(0.3, "η", "learning rate", low=0.2, high=0.35)
    local_steps: int = knob(3, "H", "local steps", low=2, high=4)


def exact_fits(knobs: ExactKnobs, stream: Stream) -> FreshCase:
    """Return H = ∞."""
    sizes = FreshRegression(knobs.workers, knobs.samples, knobs.samples + knobs.spare)
    return FreshCase(sizes, math.inf, None, stream)


def one_step(knobs: StepKnobs, stream: Stream) -> FreshCase:
    """Return H = 1."""
    return FreshCase(FreshRegression(knobs.workers, knobs.samples, knobs.dim), 1, knobs.lr, stream)


def fresh_steps(knobs: StepsKnobs, stream: Stream) -> FreshCase:
    """Return H steps with a fresh batch each."""
    sizes = FreshRegression(knobs.workers, knobs.samples, knobs.dim)
    return FreshCase(sizes, knobs.local_steps, knobs.lr, stream)


def predict(case: FreshCase) -> Prediction:
    """The three coefficients and their sum."""
    return predicted(case.coefficients)


def without_one(case: FreshCase) -> Prediction:
    """Return the coefficients with E S² = ((n + p)/n) I."""
    sizes, lr, steps = case.sizes, case.lr, int(case.local_steps)
    assert lr is not None
    own, common = 1.0 - 2.0 * lr + lr**2 * (sizes.samples + sizes.dim) / sizes.samples, (1.0 - lr) ** 2
    alone, gathered = 1.0 / sizes.workers, sum(own**j for j in range(steps))
    noise = alone * lr**2 * sizes.dim / sizes.samples * gathered
    kept = alone * own**steps + (1.0 - alone) * common**steps
    return predicted(Coefficients(kept, alone * (own**steps - common**steps), noise))


def spare_noise(case: FreshCase) -> Prediction:
    """Return the coefficients with n/(p − n) for the noise."""
    sizes, own = case.sizes, case.coefficients
    noise = sizes.samples / (sizes.workers * (sizes.dim - sizes.samples))
    return predicted(own._replace(noise=noise))


def changed(setup: Callable[..., FreshCase], **parts: bool) -> Callable[..., FreshCase]:
    """Return the setup with another law of the data."""
    return lambda knobs, stream: dataclasses.replace(setup(knobs, stream), **parts)


SHARED = "workers share one X: the variance part keeps its 1/M no longer"
PLUS_ONE = Falsifier(
    "(n + p)/n for (n + p + 1)/n", "the fourth moment of a Gaussian leaves the 1", without_one
)
HYPOTHESES = (
    "x ~ N(0, I), noise of variance s² in the targets, independent over workers, rounds and steps",
    "optima w* + δ_m with Σ δ_m = 0; loss |Xw − y|²/(2n)",
)
AXES = ("coefficient in closed form", "coefficient, mean over draws of the data", "linear", "linear")
REFERENCE = Reference(
    "ju2024", "the article's own formulas are unknown to us; derived here", ("arXiv 2409.03863",)
)

CLAIM_EXACT = Claim(
    key="ju2024/exact-fits",
    title="Exact fits on fresh data: E|Δ⁺|² in closed form, with noise of order n/(M(p − n − 1))",
    statement=(
        r"Federated linear regression, $M$ workers with $n$ fresh Gaussian samples of $p>n+1$ features per round, "
        r"fitted exactly by the nearest $w$ ($H=\infty$), then averaged: with $r=n/p$ and "
        r"$\zeta^2=\frac1M\sum|\delta_m|^2$, "
        r"$E|\Delta^+|^2=[\frac{1-r}M+(1-\frac1M)(1-r)^2]|\Delta|^2+\frac{r-r^2}M\zeta^2+\frac{n}{M(p-n-1)}s^2$."
    ),
    hypotheses=(*HYPOTHESES, "p > n + 1; p ≥ n + 6 here, for intervals"),
    reference=REFERENCE,
    source="derived",
    proof=(
        r"With $P_m=X_m^+X_m$, $\Delta^+=\frac1M\sum[(I-P_m)\Delta+P_m\delta_m+X_m^+\varepsilon_m]$. The row space is "
        r"uniform: $EP_m=rI$; $P_m$ is a projector, and workers are independent. So "
        r"$E|\frac1M\sum(I-P_m)\Delta|^2=\frac1{M^2}[M(1-r)+M(M-1)(1-r)^2]|\Delta|^2$, $E|\frac1M\sum "
        r"P_m\delta_m|^2=\frac1{M^2}[r\sum|\delta_m|^2+r^2\sum_{m\ne k}\delta_m\cdot\delta_k]=\frac{r-r^2}M\zeta^2$ "
        r"as $\sum\delta_m=0$, $E|X_m^+\varepsilon_m|^2=s^2E\,\mathrm{tr}(X_mX_m^\top)^{-1}=\frac{s^2n}{p-n-1}$ "
        r"(inverse Wishart). $(I-P_m)P_m=0$ and $\sum\delta_m=0$ remove the cross terms."
    ),
    knobs=ExactKnobs(),
    setup=exact_fits,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        Falsifier(
            "n/(p − n) for n/(p − n − 1)", "the mean of an inverse is not the inverse mean", spare_noise
        ),
        Falsifier(SHARED, "the same number of samples", setup=changed(exact_fits, shared=True)),
    ),
    see=("ju2024/one-step", "ju2024/stationary-error"),
    axes=AXES,
)

CLAIM_STEP = Claim(
    key="ju2024/one-step",
    title="One step on fresh data: E|Δ⁺|² in closed form, with the fourth moment (n + p + 1)/n",
    statement=(
        r"Federated linear regression with one step of learning rate $\eta$ per round on $n$ fresh Gaussian samples of "
        r"$p$ features: with $u=1-2\eta+\eta^2\frac{n+p+1}n$, $E|\Delta^+|^2=[\frac "
        r"uM+(1-\frac1M)(1-\eta)^2]|\Delta|^2+\frac{\eta^2}M(\frac{n+p+1}n-1)\zeta^2+\frac{\eta^2p}{nM}s^2$."
    ),
    hypotheses=HYPOTHESES,
    reference=REFERENCE,
    source="derived",
    proof=(
        r"$\Delta^+=\frac1M\sum[(I-\eta S_m)\Delta+\eta S_m\delta_m+\frac\eta nX_m^\top\varepsilon_m]$, $S_m=X_m^\top "
        r"X_m/n$. $ES_m=I$, and from $E[xx^\top xx^\top]=(p+2)I$, $ES_m^2=\frac1n(p+2)I+\frac{n-1}nI=\frac{n+p+1}nI$. "
        r"Independence of workers and $\sum\delta_m=0$ as for exact fits; $E|X_m^\top\varepsilon_m|^2=nps^2$."
    ),
    knobs=StepKnobs(),
    setup=one_step,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        PLUS_ONE,
        Falsifier(SHARED, "the same number of samples", setup=changed(one_step, shared=True)),
    ),
    see=("ju2024/fresh-steps", "ju2024/exact-fits"),
    axes=AXES,
)

CLAIM_STEPS = Claim(
    key="ju2024/fresh-steps",
    title="H steps with a fresh batch each: E|Δ⁺|² in closed form; one batch for all steps is another law",
    statement=(
        r"As ju2024/one-step, with $H$ local steps, each on a fresh batch: $E|\Delta^+|^2=[\frac{u^H}M+(1-\frac1M)"
        r"(1-\eta)^{2H}]|\Delta|^2+\frac{u^H-(1-\eta)^{2H}}M\zeta^2+\frac{\eta^2p}{nM}\frac{1-u^H}{1-u}s^2$."
    ),
    hypotheses=(*HYPOTHESES, "a fresh batch for every local step"),
    reference=REFERENCE,
    source="derived",
    proof=(
        r"Worker $m$: $v_j-\delta_m=(I-\eta S_j)(v_{j-1}-\delta_m)+\frac\eta nX_j^\top\varepsilon_j$ with independent "
        r"$S_j$, so $E|v_H-\delta_m|^2=u^H|\Delta-\delta_m|^2+\frac{\eta^2ps^2}n\sum_{j<H}u^j$, "
        r"$E[v_H-\delta_m]=(1-\eta)^H(\Delta-\delta_m)$. Expand "
        r"$|\frac1M\sum v_m|^2$ with $v_m=\delta_m+(v_m-\delta_m)$ over independent workers, and use $\sum\delta_m=0$."
    ),
    knobs=StepsKnobs(),
    setup=fresh_steps,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        PLUS_ONE,
        Falsifier(
            "one batch for all H steps", "an epoch over the data", setup=changed(fresh_steps, reused=True)
        ),
    ),
    see=("ju2024/one-step", "ju2024/stationary-error"),
    axes=AXES,
)
