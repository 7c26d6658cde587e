"""On a quadratic the first phase takes a logarithm of 1/η in rounds."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import Stream
from paper_repro.claims import (
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
from sde.formulas import first_phase_rounds


COUNT = "rounds until E ȳ² ≤ ησ²/(λB), at η, η/4, η/16"
REFINEMENTS = (1, 4, 16)
# First-order terms in η move the crossing; for ηλ ≤ 0.15 the higher ones add less than half as much.
HIGHER_ORDERS = 1.5


@dataclass(frozen=True)
class FirstPhaseKnobs:
    """The mode and the method; y_0 = 1 and σ = 1 are units."""

    lr: float = knob(0.05, "η", "coarsest learning rate", low=0.01, high=0.1, log=True)
    local_steps: int = knob(
        5, "H", "local steps at the coarsest rate; ηH is the same for all", low=2, high=10
    )
    curvature: float = knob(1.0, "λ", "curvature across Γ", low=0.5, high=1.5)
    workers: int = knob(4, "M", "workers", low=1, high=16)
    total_batch: float = knob(1.0, "B", "total batch", low=1.0, high=16.0)


@dataclass(frozen=True)
class FirstPhaseCase:
    """The knobs, with the learning rates and the time of a round."""

    knobs: FirstPhaseKnobs

    @property
    def rates(self) -> Float[np.ndarray, " rate"]:
        """η at the three refinements."""
        return self.knobs.lr / np.array(REFINEMENTS)

    @property
    def round_time(self) -> float:
        """α = ηH."""
        return self.knobs.lr * self.knobs.local_steps


def setup(knobs: FirstPhaseKnobs, stream: Stream) -> FirstPhaseCase:
    """Return the case of the knobs."""
    del stream
    return FirstPhaseCase(knobs)


def observe(case: FirstPhaseCase, traces: Traces) -> Observation:
    """Follow the exact second moments of Local SGD, and count rounds."""
    del traces
    paths = [_mean_squares(case, n) for n in REFINEMENTS]
    counts = np.array([len(path) - 1.0 for path in paths])
    curves = tuple(
        Curve(np.arange(len(path)), path, f"η = {lr:.3g}", method=f"local_sgd:H={n * case.knobs.local_steps}")
        for n, lr, path in zip(REFINEMENTS, case.rates, paths, strict=True)
    )
    return Observation({COUNT: Measured(counts)}, curves)


def _mean_squares(case: FirstPhaseCase, refinement: int) -> Float[np.ndarray, " round"]:
    """E ȳ_r² of M independent workers on ½λy², round by round, until it is twice its slow stationary value.

    ``own`` is E y_m² and ``cross`` is E y_m y_n, m ≠ n; an averaging makes both E ȳ².
    """
    knobs, lr = case.knobs, case.knobs.lr / refinement
    factor, kick = (1.0 - lr * knobs.curvature) ** 2, lr**2 * knobs.workers / knobs.total_batch
    target = lr / (knobs.curvature * knobs.total_batch)
    path = [1.0]
    while path[-1] > target:
        own = cross = path[-1]
        for _ in range(knobs.local_steps * refinement):
            own, cross = factor * own + kick, factor * cross
        path.append((own + (knobs.workers - 1) * cross) / knobs.workers)
    return np.array(path)


def predict(case: FirstPhaseCase) -> Prediction:
    """⌈log(2λB/η)/(2λα)⌉, one round more or fewer where a shift of order η crosses a whole number."""
    exact = _exact(case)
    shift = HIGHER_ORDERS * _shift(case, exact)
    rounds = np.arange(np.ceil(exact[-1]) + 1.0)
    transient = np.exp(-2.0 * case.knobs.curvature * case.round_time * rounds)
    line = Curve(rounds, transient, "exp(−2λαr)", "theory")
    return replace(_counts(exact, np.ceil(exact + shift) - np.ceil(exact - shift)), curves=(line,))


def twice(case: FirstPhaseCase) -> Prediction:
    """⌈log(2λB/η)/(λα)⌉."""
    return _counts(2.0 * _exact(case), np.zeros(len(REFINEMENTS)))


def like_one_over_eta(case: FirstPhaseCase) -> Prediction:
    """The count at the coarsest rate, times 4 and 16."""
    return _counts(np.ceil(_exact(case)[0]) * np.array(REFINEMENTS), np.zeros(len(REFINEMENTS)))


def _exact(case: FirstPhaseCase) -> Float[np.ndarray, " rate"]:
    knobs = case.knobs
    found = first_phase_rounds(1.0, 1.0, knobs.curvature, case.rates, knobs.total_batch, case.round_time)
    return np.asarray(found)


def _shift(case: FirstPhaseCase, exact: np.ndarray) -> Float[np.ndarray, " rate"]:
    """Terms of first order: −log(1 − ηλ) for ηλ, V/(1 − ηλ/2) for V, and 1 − V for 1 in front of the transient."""
    knobs = case.knobs
    stretched = case.rates * knobs.curvature
    stationary = case.rates / (2.0 * knobs.curvature * knobs.total_batch)
    return exact * stretched / 2.0 + (stretched / 2.0 + stationary) / (
        2.0 * knobs.curvature * case.round_time
    )


def _counts(exact: np.ndarray, allowance: np.ndarray) -> Prediction:
    reason = "a shift of first order in η may cross a whole number"
    return Prediction({COUNT: Predicted(np.maximum(np.ceil(exact), 0.0), allowance, reason=reason)})


PROOF = r"""On $\frac12\lambda y^2$ with step noise of variance $M\sigma^2/B$ per worker the mean of $M$ workers has
$E\bar y^2 = q^{k}y_0^2 + V_\eta(1-q^k)$ after $k$ steps, $q=(1-\eta\lambda)^2$, $V_\eta=\eta\sigma^2/(B(2\lambda-
\eta\lambda^2))$, for every $H$ and $M$: averaging is linear. With $k=rH$, $q^{rH}=e^{-2\lambda\alpha r}(1+O(\eta))$ and
$V=\eta\sigma^2/(2\lambda B)$, it falls to $2V$ when $e^{-2\lambda\alpha r}y_0^2 = V(1+O(\eta))$, that is at
$r=\frac{1}{2\lambda\alpha}\ln\frac{2\lambda By_0^2}{\eta\sigma^2}+O(\eta\ln\frac1\eta)$. The three terms of first order
are $-r\eta\lambda/2$ from $-\ln(1-\eta\lambda)$, and $\pm(\eta\lambda/2)/(2\lambda\alpha)$, $-V/(2\lambda\alpha)$ from
$V_\eta$ and $1-V_\eta$."""

CLAIM = Claim(
    key="gu2023/first-phase",
    title="The first phase takes log(2λB/η)/(2λα) rounds: a quarter of η costs a few rounds, not four times as many",
    statement=(
        r"From a distance of order one, Local SGD with $\alpha=\eta H$ is within $O(\sqrt{\eta\log})$ of the minima "
        r"after $O(\frac1\alpha\log\frac1\eta)$ rounds [recalled]. Ours, exactly on $\frac12\lambda y^2$ with unit "
        r"noise from $y_0=1$: $E\bar y^2\le2\cdot\frac{\eta}{2\lambda B}$ from round "
        r"$\lceil\ln(2\lambda B/\eta)/(2\lambda\alpha)\rceil$ on, whatever $M$ is; $8$, $11$, $13$ at $\eta=.05$, "
        r"$.0125$, $.003125$ for $\alpha=\frac14$, $\lambda=B=1$."
    ),
    hypotheses=("quadratic loss across Γ, constant noise", "the same α = ηH at every η, ηλ ≤ 0.15"),
    reference=Reference("gu2023", "first phase; theorem number unknown", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=FirstPhaseKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier(
            "ln(2λB/η)/(λα) rounds", "the rate of y for the rate of y²; twice as many rounds", predict=twice
        ),
        Falsifier(
            "rounds in proportion to 1/η",
            "a phase of a fixed number of rounds per unit of 1/η steps",
            predict=like_one_over_eta,
        ),
    ),
    axes=("communication rounds r", "E ȳ²", "linear", "log"),
)
