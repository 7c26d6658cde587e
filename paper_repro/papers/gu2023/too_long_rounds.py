"""Where ηMα is not small, workers spread along a curved Γ, and their average leaves it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from implicitbias import local_sgd, RecordAt, RunSpec, Stream
from implicitbias.problems import TwoPoint
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
    sampled_limit,
    Traces,
)
from paper_repro.claims.halved import at_zero_rate
from sde.zoo import Circle, circle


# Variance of a worker's angle in a round, s = ηMα·σ_T²/B.
SPREADS = (0.1, 0.5, 2.0)
LR = 0.08
SQUARE = f"E|θ̄|² after a round with ηMασ²/B = {', '.join(f'{s:g}' for s in SPREADS)}, η → 0"
LINE = np.geomspace(0.02, 5.0, 60)


@dataclass(frozen=True)
class SpreadKnobs:
    """Workers on the unit circle, noise of unit variance in every direction."""

    workers: int = knob(8, "M", "workers", low=2, high=12)
    batch: float = knob(1.0, "B/M", "batch of a worker", low=0.7, high=2.0)


@dataclass(frozen=True)
class SpreadCase:
    """The knobs, and the stream of the noise."""

    knobs: SpreadKnobs
    stream: Stream

    def spec(self, spread: float, lr: float, replicas: int) -> RunSpec:
        """Return one round from a point of the circle, of so many steps that the angles spread by s."""
        local_steps = round(spread * self.knobs.batch / LR**2) * round((LR / lr) ** 2)
        method = local_sgd(lr, local_steps, self.knobs.batch, workers=self.knobs.workers)
        return RunSpec(
            landscape_of().landscape, method, 1, RecordAt.last(), (1.0, 0.0), replicas, self.stream
        )

    def spreads(self) -> Float[np.ndarray, " spread"]:
        """Return s as whole numbers of steps allow it."""
        steps = np.array([round(s * self.knobs.batch / LR**2) for s in SPREADS])
        return LR**2 * steps / self.knobs.batch


@lru_cache(maxsize=1)
def landscape_of() -> Circle:
    """Return the circle (|θ| − 1)²."""
    return circle(2.0, law=TwoPoint())


def setup(knobs: SpreadKnobs, stream: Stream) -> SpreadCase:
    """Return the case of the knobs."""
    return SpreadCase(knobs, stream.child("noise"))


def needs(case: SpreadCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One round for every spread, at η and at η/2: four times the steps, the same slow time."""
    replicas = budget.pick(smoke=64, quick=2000, paper=40_000)
    return tuple(case.spec(s, lr, replicas) for lr in (LR, LR / 2) for s in SPREADS)


def observe(case: SpreadCase, traces: Traces) -> Observation:
    """Measure |θ̄|² after the round."""
    squares = np.stack([(t.w[:, -1] ** 2).sum(axis=1) for t in traces], axis=1)
    found = at_zero_rate(squares[:, : len(SPREADS)], squares[:, len(SPREADS) :], len(SPREADS))
    mean, error = np.asarray(found.value), np.asarray(found.error)
    curve = Curve(
        case.spreads(), mean, "one round, η → 0", "measured", "local_sgd", mean - error, mean + error
    )
    return Observation({SQUARE: found}, (curve,))


Law = Callable[[np.ndarray, int], np.ndarray]


def by(law: Law, label: str, role: str = "theory") -> Callable[[SpreadCase], Prediction]:
    """Return the prediction of a law (s, M) ↦ E|θ̄|²."""

    def predicted(case: SpreadCase) -> Prediction:
        value = law(case.spreads(), case.knobs.workers)
        curve = Curve(LINE, law(LINE, case.knobs.workers), label, role)
        return Prediction({SQUARE: Predicted(value)}, (curve,))

    return predicted


def averaged(spread: np.ndarray, workers: int) -> np.ndarray:
    """Return 1/M + (1 − 1/M)exp(−s)."""
    return 1.0 / workers + (1.0 - 1.0 / workers) * np.exp(-spread)


CLAIM = Claim(
    key="gu2023/too-long-rounds",
    title="If ηMα is not small the average leaves Γ: on the circle E|θ̄|² = 1/M + (1 − 1/M)exp(−s), s = ηMασ²/B",
    statement=(
        r"The slow SDE is a limit in which $\eta M\alpha\sigma_T^2/B\to0$ on a curved $\Gamma$. In a round of time "
        r"$\alpha=\eta H$ the angles of $M$ workers on a circle spread by $s=\eta M\alpha\sigma_T^2/B$ each, and the "
        r"average of the models has $E|\bar\theta|^2=\frac1M+(1-\frac1M)e^{-s}$ up to $O(\eta)$: on the circle, to "
        r"first order in $s$, and near its centre, where the loss is of order one, if $s$ is not small. Too large a "
        r"learning rate at the $\eta H$ that pays is one way there, too many local steps another."
    ),
    hypotheses=("noise along a curved Γ, independent between workers", "the round starts on Γ"),
    reference=Reference("gu2023", "range of the approximation; the circle is ours", ("v2",)),
    source="derived",
    proof=(
        r"As $\eta\to0$ at fixed $s$ each worker is within $O(\sqrt\eta)$ of the circle and its angle a Brownian "
        r"motion of variance $\frac{M\sigma_T^2}{B}\eta^2H=s$; independent workers have "
        r"$E|\frac1M\sum_me^{i\varphi_m}|^2=\frac1M+\frac{1}{M^2}\sum_{m\ne n}E\,e^{i(\varphi_m-\varphi_n)}$ and "
        r"$E\,e^{i(\varphi_m-\varphi_n)}=e^{-s}$. Constant curvature and no mixed noise: no drift of the angles."
    ),
    knobs=SpreadKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=by(averaged, "1/M + (1 − 1/M)exp(−s)"),
    judge=sampled_limit,
    falsifiers=(
        Falsifier(
            "the average stays on Γ",
            "the slow SDE lives on Γ for every α",
            by(lambda s, m: np.ones_like(s), "slow SDE: on Γ", "falsifier"),
        ),
        Falsifier(
            "the average leaves Γ in proportion to s",
            "the first order, on which warnings rest, for the whole",
            by(lambda s, m: 1.0 - (1.0 - 1.0 / m) * s, "first order in s", "falsifier"),
        ),
        Falsifier(
            "workers spread like SGD with the total batch",
            "diffusion is not amplified on Γ",
            by(lambda s, m: averaged(s / m, m), "spread s/M", "falsifier"),
        ),
    ),
    see=("gu2023/removing-either",),
    axes=("spread of a worker's angle s = ηMασ²/B", "E|θ̄|² after a round", "log", "linear"),
)
