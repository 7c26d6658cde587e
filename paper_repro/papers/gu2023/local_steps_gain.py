"""The gain grows with H, saturates at the M-fold drift, and needs H of the order of 1/η."""

from collections.abc import Callable

import numpy as np

from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    Observation,
    Predicted,
    Prediction,
    Reference,
    RunSpec,
    sampled_limit,
    Traces,
)
from paper_repro.claims.halved import at_zero_rate
from paper_repro.papers.gu2023.valley_setting import LR, setup, sharpness_of, ValleyCase, ValleyKnobs


SCAN = (1, 2, 5, 20, 80)
SHARPNESS = f"sharpness at ηH = 0 (SGD), {', '.join(f'{LR * h:g}' for h in SCAN[1:])}, η → 0"
FEW, KEPT = 2, 5
FIXED, SCALED = f"gain at H = {FEW} fixed, η → 0", f"gain at ηH = {LR * KEPT:g} fixed, η → 0"
LINE = np.geomspace(0.02, 10.0, 24)


def needs(case: ValleyCase, budget: Budget) -> tuple[RunSpec, ...]:
    """SGD, and Local SGD with every ηH, at η and at η/2."""
    replicas = budget.pick(smoke=16, quick=128, paper=4000)
    coarse = tuple(case.spec(LR, h, replicas) for h in SCAN)
    return coarse + tuple(case.spec(LR / 2, h if h == 1 else 2 * h, replicas) for h in SCAN)


def observe(case: ValleyCase, traces: Traces) -> Observation:
    """Extrapolate the sharpness at every ηH."""
    del case
    values = [sharpness_of(t) for t in traces]
    coarse, fine = (np.stack(half, axis=1) for half in (values[: len(SCAN)], values[len(SCAN) :]))
    found = at_zero_rate(coarse, fine, len(SCAN))
    mean, error = np.asarray(found.value), np.asarray(found.error)
    curve = Curve(
        LR * np.array(SCAN[1:]),
        mean[1:],
        "Local SGD, η → 0",
        "measured",
        "local_sgd",
        mean[1:] - error[1:],
        mean[1:] + error[1:],
    )
    return Observation({SHARPNESS: found}, (curve,))


def predict(case: ValleyCase) -> Prediction:
    """The slow ODE at every α."""
    return by(lambda alpha: alpha)(case)


def by(alpha_of: Callable[[float], float]) -> Callable[[ValleyCase], Prediction]:
    """Return the prediction of the slow ODE with another α in place of ηH."""

    def predicted(case: ValleyCase) -> Prediction:
        alphas = [0.0, *(alpha_of(LR * h) for h in SCAN[1:])]
        *line, sgd, fastest = case.sharpness(*(alpha_of(alpha) for alpha in LINE), 0.0, np.inf)
        ends = LINE[[0, -1]]
        curves = (
            Curve(LINE, np.array(line), "slow ODE", "theory", "local_sgd"),
            Curve(ends, np.full(2, sgd), "SGD: ψ = 0", "theory", "sgd"),
            Curve(ends, np.full(2, fastest), "M-fold limit: ψ = 1", "reference"),
        )
        return Prediction({SHARPNESS: Predicted(case.sharpness(*alphas))}, curves)

    return predicted


def needs_fixed(case: ValleyCase, budget: Budget) -> tuple[RunSpec, ...]:
    """SGD, Local SGD with H kept and Local SGD with ηH kept, at η and at η/2."""
    replicas = budget.pick(smoke=16, quick=256, paper=4000)
    coarse = tuple(case.spec(LR, h, replicas) for h in (1, FEW, KEPT))
    return coarse + tuple(case.spec(LR / 2, h, replicas) for h in (1, FEW, 2 * KEPT))


def observe_fixed(case: ValleyCase, traces: Traces) -> Observation:
    """Extrapolate the gains 1 + x² of SGD minus that of Local SGD, on the same noise."""
    del case
    values = np.stack([sharpness_of(t) for t in traces], axis=1)
    coarse, fine = (half[:, :1] - half[:, 1:] for half in (values[:, :3], values[:, 3:]))
    return Observation(
        {name: at_zero_rate(coarse[:, k], fine[:, k], 2) for k, name in enumerate((FIXED, SCALED))}
    )


def gains(fixed: float | None, scaled: float | None) -> Callable[[ValleyCase], Prediction]:
    """Return the prediction that these α decide the two limits; ``None`` is no gain."""

    def predicted(case: ValleyCase) -> Prediction:
        def gain(alpha: float | None) -> Predicted:
            sgd, local = case.sharpness(0.0, alpha or 0.0)
            return Predicted(float(sgd - local))

        return Prediction({FIXED: gain(fixed), SCALED: gain(scaled)})

    return predicted


STATEMENT = (
    r"On the valley $\frac12(1+x^2)y^2$ with label noise the sharpness $\mathrm{tr}\,\nabla^2L=1+x^2$ of "
    r"$\Phi(\bar\theta)$ falls by $x'=-\frac{\delta^2}{2B}x\,[1+(M-1)\psi(2\alpha(1+x^2))]$ in slow time. "
)
PROOF = (
    r"$\Sigma=\delta^2\nabla^2L$ on $\Gamma$, $h=1+x^2$, $h'/4h\cdot\delta^2h=\delta^2x/2$, and the factor "
    r"$1+(M-1)\psi(2\alpha h)$ is the round average of what averaging leaves of the M-fold drift of a worker. $\psi$ "
    r"grows from $0$ to $1$, $\psi(x)=x/2+O(x^2)$: nothing at $\alpha=0$, the M-fold drift as $\alpha\to\infty$."
)
HYPOTHESES = (
    "label noise ±δ, fresh at every step",
    "2E_{η/2} − E_η at η = 0.05, all that it moved kept as an error",
)

CLAIM = Claim(
    key="gu2023/gain-grows-with-local-steps",
    title="The loss of sharpness grows with the local steps H and saturates at the M-fold drift, along 1 + (M − 1)ψ",
    statement=STATEMENT
    + r"It grows with $H$, from SGD's at $\eta H\ll1/\lambda$ to that of an $M$-fold drift.",
    hypotheses=HYPOTHESES,
    reference=Reference("gu2023", "slow SDE of Local SGD; the valley is ours", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=ValleyKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=sampled_limit,
    falsifiers=(
        Falsifier("H does not matter", "equal steps, equal batch", by(lambda alpha: 0.0)),
        Falsifier("any H > 1 has the M-fold drift", "a worker alone has it", by(lambda alpha: np.inf)),
        Falsifier("ψ(αh) for ψ(2αh)", "the rate of y for that of y²", by(lambda alpha: alpha / 2.0)),
    ),
    see=("gu2023/local-steps-like-one-over-eta",),
    axes=("time of a round α = ηH", "sharpness tr ∇²L at the end", "log", "linear"),
)

CLAIM_FIXED = Claim(
    key="gu2023/local-steps-like-one-over-eta",
    title="No gain if ηH ≪ 1/λ: at fixed H the gain vanishes with η, at fixed ηH it stays",
    statement=STATEMENT
    + r"As $\eta\to0$ at a fixed $H$ Local SGD has SGD's limit, whatever $H$ is; at a fixed $\eta H$ it keeps its "
    r"gain: the $H$ that pays grows like $1/\eta$.",
    hypotheses=HYPOTHESES,
    reference=Reference("gu2023", "the limit ηH → 0; theorem number unknown", ("v2",)),
    source="derived",
    proof=PROOF,
    knobs=ValleyKnobs(),
    setup=setup,
    needs=needs_fixed,
    observe=observe_fixed,
    predict=gains(None, LR * KEPT),
    judge=sampled_limit,
    falsifiers=(
        Falsifier("two local steps keep their gain", "H, not ηH, decides", gains(LR * FEW, LR * KEPT)),
        Falsifier("any H > 1 has the M-fold drift", "a worker alone has it", gains(np.inf, np.inf)),
        Falsifier("no H has a gain in the limit", "local steps differ by O(η)", gains(None, None)),
    ),
    see=("gu2023/gain-grows-with-local-steps",),
)
