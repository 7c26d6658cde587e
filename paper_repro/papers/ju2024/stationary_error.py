"""Where the mean error of federated linear regression on fresh data settles."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from implicitbias.recursions import FreshRegression
from paper_repro.claims import (
    Claim,
    Curve,
    Falsifier,
    knob,
    Observation,
    Predicted,
    Prediction,
    Reference,
    sampled_limit,
    Traces,
)
from paper_repro.claims.ensembles import mean_of
from paper_repro.papers.ju2024.setting import after_round, FreshCase


SETTLED = {"ζ²": "lim E|Δ|² over ζ², s = 0", "s²": "lim E|Δ|² over s², ζ = 0"}
# Errors are at rest when the start weighs so little.
LEFT = 1e-4
REPLICAS = 8_000


@dataclass(frozen=True)
class SettledKnobs:
    """Workers, sizes, the learning rate, and the local steps."""

    workers: int = knob(2, "M", "workers", low=2, high=5)
    samples: int = knob(3, "n", "samples of a worker in a batch", low=2, high=6)
    dim: int = knob(5, "p", "parameters", low=3, high=8)
    lr: float = knob(0.35, "η", "learning rate", low=0.2, high=0.35)
    local_steps: int = knob(2, "H", "local steps", low=1, high=3)


def setup(knobs: SettledKnobs, stream: Stream) -> FreshCase:
    """Return the case of the knobs."""
    sizes = FreshRegression(knobs.workers, knobs.samples, knobs.dim)
    return FreshCase(sizes, knobs.local_steps, knobs.lr, stream)


def rounds_of(case: FreshCase) -> int:
    """Return the rounds that leave ``LEFT`` of the start."""
    return int(np.ceil(np.log(LEFT) / np.log(case.coefficients.distance)))


def path(case: FreshCase) -> Float[np.ndarray, "round part replica"]:
    """Return |Δ^r|² of independent runs from w*, from δ alone and from noise alone."""
    rng, at = case.stream.at("data").generator(), np.zeros((3, REPLICAS, case.sizes.dim))
    squares = []
    for _ in range(rounds_of(case)):
        at = after_round(case, rng, at)
        squares.append((at[1:] ** 2).sum(axis=2))
    return np.stack(squares)


def observe(case: FreshCase, traces: Traces) -> Observation:
    """Mean over replicas of the last |Δ|²; the curves are of every round."""
    del traces
    squares, quantities, curves = path(case), {}, []
    rounds = np.arange(1.0, len(squares) + 1.0)
    for k, (part, style) in enumerate({"ζ²": "fedavg", "s²": "local_sgd"}.items()):
        quantities[SETTLED[part]] = mean_of(squares[-1, k], len(SETTLED))
        curves.append(Curve(rounds, squares[:, k].mean(axis=1), f"{part} alone", method=style))
    return Observation(quantities, tuple(curves))


def settled(case: FreshCase) -> dict[str, float]:
    """Return the constant terms over 1 − coefficient."""
    own = case.coefficients
    return {"ζ²": own.stationary(heterogeneity=1.0), "s²": own.stationary(noise=1.0)}


def predict(case: FreshCase) -> Prediction:
    """The fixed point of E|Δ|² ← coefficient·E|Δ|² + constant terms."""
    rounds, limits = np.arange(1.0, rounds_of(case) + 1.0), settled(case)
    lines = tuple(
        Curve(rounds, value * (1.0 - case.coefficients.distance**rounds), f"recursion, {part}", "theory")
        for part, value in limits.items()
    )
    quantities = {
        SETTLED[part]: Predicted(value, LEFT * value, reason="what is left of the start")
        for part, value in limits.items()
    }
    return Prediction(quantities, lines)


def one_round(case: FreshCase) -> Prediction:
    """Return the constant terms themselves, those of one round from w*."""
    own = case.coefficients
    return Prediction({SETTLED["ζ²"]: Predicted(own.heterogeneity), SETTLED["s²"]: Predicted(own.noise)})


def mean_path(case: FreshCase) -> Prediction:
    """Return the limits if the mean of Δ were all that is carried over, with (1 − η)^{2H}."""
    assert case.lr is not None
    own = case.coefficients
    kept = own._replace(distance=(1.0 - case.lr) ** (2 * int(case.local_steps)))
    carried = kept.stationary(heterogeneity=1.0), kept.stationary(noise=1.0)
    return Prediction(dict(zip(SETTLED.values(), map(Predicted, carried), strict=True)))


CLAIM = Claim(
    key="ju2024/stationary-error",
    title="On fresh data the mean error settles at the constant terms over 1 − coefficient of |Δ|²",
    statement=(
        r"Federated linear regression on fresh Gaussian data: $E|\Delta^{r+1}|^2=aE|\Delta^r|^2+b\zeta^2+cs^2$ with "
        r"the coefficients of ju2024/fresh-steps, exactly in every round. For $a<1$ it settles at "
        r"$\frac{b\zeta^2+cs^2}{1-a}$, for each source of error by itself."
    ),
    hypotheses=(
        "x ~ N(0, I), data independent over workers, rounds and steps",
        "optima w* + δ_m with Σ δ_m = 0",
        "a < 1",
    ),
    reference=Reference(
        "ju2024", "the article's own formulas are unknown to us; derived here", ("arXiv 2409.03863",)
    ),
    source="derived",
    proof=(
        r"Given $\Delta^r$, the data of round $r$ are independent of it, so that the formula of one round holds for "
        r"the conditional mean; take means. An affine recursion with $0\le a<1$ has that limit."
    ),
    knobs=SettledKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        Falsifier("the constant terms of one round", "data are fresh, so nothing adds up", one_round),
        Falsifier("(1 − η)^{2H} for the coefficient", "that is how the mean of Δ shrinks", mean_path),
    ),
    see=("ju2024/fresh-steps", "ju2024/exact-fits"),
    axes=("communication rounds r", "E|Δ|² from w*", "linear", "linear"),
)
