"""On a circle noise that is both normal and tangential drives a drift, with the gain ψ(αh) of a mixed pair."""

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
    statistical,
    Traces,
)
from paper_repro.claims.two_rates import in_the_limit, mirrored, paired
from paper_repro.papers.derived.curved_minima.setting import (
    angles,
    circle_case,
    CircleCase,
    CircleKnobs,
    gradients,
    RECORDS,
    START,
)
from sde.formulas import circle_drift


DRIFT = "mean angle per slow time, η → 0"


def needs(case: CircleCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Mirrored pairs from one point."""
    return mirrored(case.circle.landscape, case.coarse, START, gradients(budget), case.stream, RECORDS)


def observe(case: CircleCase, traces: Traces) -> Observation:
    """Extrapolate the mean angle, at the end to judge it, on the way to draw it."""
    coarse, fine = paired(angles(trace)[:, 1:] for trace in traces)
    path = in_the_limit(coarse, fine, comparisons=1)
    end = in_the_limit(*(side[:, -1] / case.coarse.slow_time for side in (coarse, fine)), comparisons=1)
    mean, error = np.asarray(path.value), np.asarray(path.error)
    label = f"Local SGD, M = {case.coarse.workers}, α = {case.coarse.round_time:.3g}, η → 0"
    curve = Curve(case.times[1:], mean, label, "measured", "local_sgd", mean - error, mean + error)
    return Observation({DRIFT: end}, (curve,))


def predict(case: CircleCase) -> Prediction:
    """−(ρ/B)[1 + (M − 1)ψ(αh)]; beside it the lines of two that are wrong."""
    right = _drift(case)
    lines = (
        _line(case, right, "−(ρ/B)(1 + (M − 1)ψ(αh)) t", "theory"),
        _line(case, _drift(case, stretch=2.0), "ψ(2αh), as for normal noise", "falsifier"),
        _line(case, _drift(case, workers=1), "SGD", "reference"),
    )
    return Prediction({DRIFT: Predicted(right)}, lines)


def _drift(case: CircleCase, stretch: float = 1.0, workers: int | None = None) -> float:
    own, noise = case.coarse, case.circle.groove.mixed
    count = own.workers if workers is None else workers
    return float(circle_drift(noise, own.total_batch, count, stretch * own.round_time, case.circle.curvature))


def _line(case: CircleCase, slope: float, label: str, role: str) -> Curve:
    return Curve(case.times, slope * case.times, label, role)


def instead(wrong: Callable[[CircleCase], float]) -> Callable[[CircleCase], Prediction]:
    """Return the prediction of another drift."""
    return lambda case: Prediction({DRIFT: Predicted(wrong(case))})


PROOF = r"""Let $q$ be an invariant of the gradient flow. Along the slow SDE $dq=\frac1{2B}\langle\nabla^2q,\Sigma_{\rm
eff}\rangle dt$ plus a martingale, where in the eigenbasis of $\nabla^2L$ $\Sigma_{{\rm
eff},ij}=\Sigma_{ij}(1+(M-1)\psi(\alpha(\lambda_i+\lambda_j)))$. On the circle the angle $\varphi$ is an
invariant, as the flow is radial. At $|x|=1$ its Hessian in the frame $(n,t)$ has the entries $0$ on the
diagonal and $-1$ off it, since $\varphi=\frac{t}{1+n}+O(3)=t-nt+O(3)$. So
$d\varphi=-\frac1B\Sigma_{nt}(1+(M-1)\psi(\alpha(h+0)))dt+\frac{\sigma_T}{\sqrt B}dW$: the tangential mode has
no curvature, and a mixed pair saturates with $\alpha h$ where a normal one does with $2\alpha h$."""

CLAIM = Claim(
    key="derived/mixed-noise-drift",
    title="On a circle mixed noise drifts, and local steps speed that up by 1 + (M − 1)ψ(αh), not ψ(2αh)",
    statement=(
        r"On $L=\frac h2(|x|-1)^2$ let one sample's noise have covariance $\rho$ between its normal and its "
        r"tangential part. In slow time the angle of Local SGD has the drift $-\frac\rho B\left[1+(M-1)\psi(\alpha "
        r"h)\right]$. Measured in the limit $\eta\to0$ at $\alpha=\eta H$ fixed, as $2E_{\eta/2}-E_\eta$ within "
        r"$|E_\eta-E_{\eta/2}|$."
    ),
    hypotheses=(
        "independent noise of the workers, constant in the frame of the circle",
        "α = ηH fixed as η → 0, slow time O(1), start on Γ",
    ),
    reference=Reference(
        "gu2023", "mixed part of Σ_◇ in drift-I and drift-II; theorem number unknown", ("v2",)
    ),
    source="derived",
    proof=PROOF,
    knobs=CircleKnobs(),
    setup=circle_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier(
            "ψ(2αh)",
            "every normal mode saturates with twice its curvature; here one of the two is tangential",
            instead(lambda case: _drift(case, stretch=2.0)),
        ),
        Falsifier(
            "ρ with the opposite sign",
            "the sign of the Hessian of an angle",
            instead(lambda case: -_drift(case)),
        ),
        Falsifier(
            "the drift of SGD",
            "the mixed part of Σ is of first order already",
            instead(lambda case: _drift(case, workers=1)),
        ),
    ),
    see=(),
    axes=("slow time η²·steps", "mean angle (rad)", "linear", "linear"),
)
