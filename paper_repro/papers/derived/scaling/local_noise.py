"""The (H − 1) term on identical data: absent for quadratics, present where curvature is not even about x*."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.scaled.asymmetry import smooth_shift
from paper_repro.claims import (
    Claim,
    Curve,
    Falsifier,
    knob,
    limit,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.papers.derived.scaling.bias import extrapolated


EXPONENT = "exponent of the shift in η"
# ηa for the largest curvature a, over H: each is half of the one before.
SHARES = 0.1 * 0.5 ** np.arange(4)
# Newton steps with difference quotients, and relative size of the last one: rounding.
STEPS, RESOLVED, PROBE = 60, 1e-15, 1e-6

Slope = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class NoiseKnobs:
    """One coordinate with noise ±σ, on many workers."""

    local_steps: int = knob(5, "H", "local steps", low=2, high=6)
    deviation: float = knob(1.0, "σ", "standard deviation of the noise", low=0.5, high=2.0)
    below: float = knob(1.0, "a₋", "curvature left of x*, or f″", low=0.5, high=1.0)
    asymmetry: float = knob(0.5, "a₊ − a₋, f‴", "jump of the curvature, or its slope", low=0.3, high=1.0)


@dataclass(frozen=True)
class NoiseCase:
    """f′ in one coordinate with f′(0) = 0, H, σ, and the rates η/(aH)."""

    knobs: NoiseKnobs
    smooth: bool

    @property
    def rates(self) -> Float[np.ndarray, " rate"]:
        """Learning rates: small against 1/(aH)."""
        return SHARES / (self.knobs.local_steps * (self.knobs.below + self.knobs.asymmetry))

    def slope(self, x: Float[np.ndarray, " path"]) -> Float[np.ndarray, " path"]:
        """f′: ax + f‴x²/2, or a_∓x on either side of 0."""
        own = self.knobs
        if self.smooth:
            return own.below * x + 0.5 * own.asymmetry * x**2
        return np.where(x < 0.0, own.below, own.below + own.asymmetry) * x

    def shift(self, lr: float, local_steps: int) -> float:
        """Return x̂ − x* where the mean over all 2^{H−1} sign paths of H steps brings M = ∞ workers back to x̂."""
        x, previous = 0.0, np.inf
        for _ in range(STEPS):
            move = self._mean_slope(x, lr, local_steps)
            probe = PROBE * lr
            step = move * probe / (self._mean_slope(x + probe, lr, local_steps) - move)
            x -= step
            if abs(step) <= RESOLVED * abs(x) or abs(step) >= previous:
                break
            previous = abs(step)
        return x

    def _mean_slope(self, start: float, lr: float, local_steps: int) -> float:
        """(1/H) Σ_{k<H} E f′(x_k) from x_0 = start: the mean of the noise itself is 0."""
        paths, total = np.array([start]), 0.0
        for _ in range(local_steps):
            slopes = self.slope(paths)
            total += float(slopes.mean())
            kick = lr * self.knobs.deviation
            paths = np.concatenate([paths - lr * slopes - kick, paths - lr * slopes + kick])
        return total / local_steps


def smooth(knobs: NoiseKnobs, stream: Stream) -> NoiseCase:
    """Return the case with a third derivative."""
    del stream
    return NoiseCase(knobs, True)


def jump(knobs: NoiseKnobs, stream: Stream) -> NoiseCase:
    """Return the case with a jump of the curvature."""
    del stream
    return NoiseCase(knobs, False)


def name(case: NoiseCase) -> str:
    """Return the name of the leading coefficient."""
    return "lim shift/(η²σ²(H − 1))" if case.smooth else "lim shift/(ησ)"


def power(case: NoiseCase) -> int:
    """2 for a smooth loss, 1 where the curvature jumps: the exponents of E x̂² are twice these."""
    return 2 if case.smooth else 1


def observe(case: NoiseCase, traces: Traces) -> Observation:
    """Solve for the shift at η, η/2, …, every expectation by enumeration, and extrapolate to η = 0."""
    del traces
    own, rates = case.knobs, case.rates
    shifts = np.array([case.shift(float(lr), own.local_steps) for lr in rates])
    unit = rates * own.deviation
    scale = unit**2 * (own.local_steps - 1) if case.smooth else unit
    quantities = {
        name(case): extrapolated(shifts / scale),
        EXPONENT: extrapolated(np.log2(shifts[:-1] / shifts[1:])),
    }
    points = Curve(rates, np.abs(shifts), f"H = {own.local_steps}", method=f"local_sgd:H={own.local_steps}")
    return Observation(quantities, (points,))


def predict(case: NoiseCase) -> Prediction:
    """−f‴/(4f″) and 2; or the root z of āz + ((a₊ − a₋)/2)(1/H) Σ_{k<H} E|z + S_k| and 1."""
    own = case.knobs
    if case.smooth:
        value = smooth_shift(own.below, own.asymmetry, 1.0, 2, 1.0)
        scale = (case.rates * own.deviation) ** 2 * (own.local_steps - 1)
    else:
        value, scale = walk_root(own), case.rates * own.deviation
    line = Curve(case.rates, np.abs(value) * scale, "leading order", "theory")
    return Prediction({name(case): Predicted(value), EXPONENT: Predicted(float(power(case)))}, (line,))


def walk_root(knobs: NoiseKnobs) -> float:
    """Return z of a walk S_k of k signs; E|z + S_k| = E|S_k| for |z| ≤ 1, and |z| is added where S_k = 0."""
    half, mean = knobs.asymmetry / 2.0, knobs.below + knobs.asymmetry / 2.0
    walk, absolute, resting = np.zeros(1), 0.0, 0.0
    for _ in range(knobs.local_steps):
        absolute += float(np.abs(walk).mean())
        resting += float((walk == 0.0).mean())
        walk = np.concatenate([walk - 1.0, walk + 1.0])
    # z < 0, so that |z| = −z.
    return -half * absolute / (knobs.local_steps * mean - half * resting)


def changed(value: Callable[[NoiseCase], dict[str, float]]) -> Callable[[NoiseCase], Prediction]:
    """Return the prediction with other values of some quantities."""

    def other(case: NoiseCase) -> Prediction:
        values = {key: Predicted(v) for key, v in value(case).items()}
        return replace(predict(case), quantities=dict(predict(case).quantities) | values)

    return other


ARTEFACT = Falsifier(
    "an artefact of the proof",
    "on quadratics x̂ does not depend on H",
    changed(lambda case: {name(case): 0.0}),
)

SMOOTH = Claim(
    key="derived/local-noise-smooth",
    title="A third derivative shifts x̂ by η²(H − 1): the (H − 1) term of E|x̂|² is of order η⁴(H − 1)²",
    statement=(
        r"Identical data in one coordinate, $f'''\neq0$ at $x^*$, additive noise $\sigma^2$, $M\to\infty$: $\hat "
        r"x-x^*=-\frac{f'''}{2f''}\eta^2\sigma^2\frac{H-1}2+o(\eta^2)$."
    ),
    hypotheses=("one coordinate, D̂ frozen (η stands for η/d)", "ηHL → 0", "M → ∞"),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"After $k$ steps a worker is spread by $\eta^2\sigma^2k$ around $\hat x$, which adds "
        r"$\frac{f'''}2\eta^2\sigma^2k$ to its mean gradient. At rest the mean over $k<H$ vanishes: $f''(\hat "
        r"x-x^*)+\frac{f'''}2\eta^2\sigma^2\frac{H-1}2=0$. Only the variance of the noise enters."
    ),
    knobs=NoiseKnobs(),
    setup=smooth,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        ARTEFACT,
        Falsifier("of first order", "where the curvature jumps it is", changed(lambda case: {EXPONENT: 1.0})),
        Falsifier(
            "H for H − 1",
            "there are H steps in a round",
            changed(
                lambda case: {
                    name(case): smooth_shift(case.knobs.below, case.knobs.asymmetry, 1.0, 2, 1.0)
                    * case.knobs.local_steps
                    / (case.knobs.local_steps - 1)
                }
            ),
        ),
    ),
    see=("derived/local-noise-quadratic", "derived/local-noise-jump"),
    axes=("learning rate η", "|x̂ − x*|", "log", "log"),
)

JUMP = Claim(
    key="derived/local-noise-jump",
    title="Where the curvature jumps, x̂ is shifted by ησ√H: the (H − 1) term of the bounds is no artefact",
    statement=(
        r"Identical data in one coordinate, $f''$ jumps from $a_-$ to $a_+$ at $x^*$, noise $\pm\sigma$, $M\to\infty$: "
        r"$\hat x-x^*=\eta\sigma z+o(\eta)$, $\bar az+\frac{a_+-a_-}2\frac1H\sum_{k<H}E|z+S_k|=0$, $S_k$ a sum of $k$ "
        r"signs. So $E|\hat x-x^*|^2$ is of order $\eta^2$, and in $H$ like $(\frac1H\sum_{k<H}\sqrt k)^2\sim H$: the "
        r"powers of the bound."
    ),
    hypotheses=("one coordinate, D̂ frozen (η stands for η/d)", "ηHL → 0", "M → ∞"),
    reference=Reference("derived", "SAVIC-type, proved here"),
    source="derived",
    proof=(
        r"$f'(x)=\bar ax+\frac{a_+-a_-}2|x|$. After $k$ steps a worker stands at $\hat x+\eta\sigma S_k+O(\eta^2)$; at "
        r"rest the mean over $k<H$ of $E f'$ vanishes, which is the equation for $z=\hat x/(\eta\sigma)$. "
        r"Its left side "
        r"grows in $z$ with slope at least $\min(a_-,a_+)$. $E|S_k|\to\sqrt{2k/\pi}$."
    ),
    knobs=NoiseKnobs(),
    setup=jump,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        ARTEFACT,
        Falsifier("of second order", "for a smooth loss it is", changed(lambda case: {EXPONENT: 2.0})),
        Falsifier(
            "a doubled jump",
            "f″ jumps by a₊ − a₋, not by half of it",
            changed(lambda case: {name(case): 2.0 * walk_root(case.knobs)}),
        ),
    ),
    see=("derived/local-noise-quadratic", "derived/local-noise-smooth"),
    axes=("learning rate η", "|x̂ − x*|", "log", "log"),
)
