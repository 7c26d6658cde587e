"""What long rounds do to SCAFFOLD: controls that follow the path are slow, controls that are gradients are late."""

from dataclasses import dataclass, replace

import numpy as np

from implicitbias import Stream
from implicitbias.recursions import affine_round, worker_curvatures
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
from paper_repro.claims.unlike_workers import FederatedCase
from paper_repro.papers.karimireddy2020.setting import (
    measured_round,
    radius,
    scaffold_case,
    ScaffoldKnobs,
    with_option,
)


STEPS = 2 ** np.arange(9)
# From these H on every worker arrives: (1 − ηλ)^H is below the share ``ARRIVED`` for 0.3 ≤ ηλ ≤ 1.6.
LONG = (128, 256)
ARRIVED = 1e-8
SLOW, LATE = "ηH(1 − rate), option II", "rate, option I"


@dataclass(frozen=True)
class LongKnobs:
    """Unlike quadratics and the learning rate; H runs to 256."""

    workers: int = knob(4, "M", "workers", low=2, high=5)
    dim: int = knob(3, "d", "dimension", low=1, high=4)
    share: float = knob(0.5, "s", "η as a share of 2/max λ(A_m)", low=0.3, high=0.8)
    server_rate: float = knob(0.8, "η_g", "rate of the server", low=0.5, high=1.0)


def setup(knobs: LongKnobs, stream: Stream) -> FederatedCase:
    """Return SCAFFOLD with unequal weights."""
    sizes = ScaffoldKnobs("quadratics", knobs.workers, knobs.dim, server_rate=knobs.server_rate)
    case = scaffold_case(sizes, stream)
    return case.with_method(replace(case.method, lr=2.0 * knobs.share / case.problem.smoothness))


def with_steps(case: FederatedCase, steps: int, option: str = "path") -> FederatedCase:
    """Return H local steps for all, and that update of the controls."""
    return with_option(case.with_method(replace(case.method, local_steps=steps)), option)


def observe(case: FederatedCase, traces: Traces) -> Observation:
    """Measure the rounds of both options, and read their rates."""
    del traces
    slow, late = (
        np.array([radius(measured_round(with_steps(case, int(h), option))) for h in STEPS])
        for option in ("path", "gradient")
    )
    ends = np.isin(STEPS, LONG)
    quantities = {SLOW: Measured((case.lr * STEPS * (1.0 - slow))[ends]), LATE: Measured(late[ends])}
    curves = (
        Curve(STEPS, slow, "option II", method="scaffold:H=1"),
        Curve(STEPS, late, "option I", method="scaffold:H=1000"),
    )
    return Observation(quantities, curves)


def slowness(case: FederatedCase) -> float:
    """Return θ, the least eigenvalue of u ↦ A_m^{−1}u_m − Σ_l p_l A_l^{−1}u_l on {u: Σ p_m u_m = 0}."""
    hessians, _ = worker_curvatures(case.problem)
    workers, dim = case.problem.workers, case.problem.dim
    # In √p_m u_m the average is an orthogonal projector along the unit vector √p.
    root = np.sqrt(case.weights)
    centred = np.kron(np.eye(workers) - np.outer(root, root), np.eye(dim))
    inverses = np.zeros((workers, dim, workers, dim))
    inverses[np.arange(workers), :, np.arange(workers)] = np.linalg.inv(hessians)
    inner = centred @ inverses.reshape(workers * dim, -1) @ centred
    return float(np.linalg.eigvalsh(0.5 * (inner + inner.T))[dim])


def lateness(case: FederatedCase) -> float:
    """Return the spectral radius of x^{r+1} = (1 − η_g)x^r + η_g(I − Σ p_m A_m^{−1}·A)x^{r−1}."""
    hessians, _ = worker_curvatures(case.problem)
    mean, inverse = (np.tensordot(case.weights, a, axes=1) for a in (hessians, np.linalg.inv(hessians)))
    eye, rate = np.eye(case.problem.dim), case.method.server.rate
    return radius(np.block([[(1.0 - rate) * eye, rate * (eye - inverse @ mean)], [eye, 0.0 * eye]]))


def rates(case: FederatedCase, theta: float, late: float) -> Prediction:
    """Return the prediction of both for long rounds."""
    lengths = case.lr * np.array(LONG)
    reason = "how far the workers are from their minimisers"
    quantities = {
        SLOW: Predicted(np.full(len(LONG), theta), ARRIVED * lengths, reason=reason),
        LATE: Predicted(np.full(len(LONG), late), ARRIVED * case.lr * LONG[0], reason=reason),
    }
    shown = STEPS[case.lr * STEPS > theta]
    lines = (
        Curve(shown, 1.0 - theta / (case.lr * shown), "1 − θ/(ηH)", "theory"),
        Curve(STEPS, np.full(len(STEPS), late), "a gradient one round late", "reference"),
    )
    return Prediction(quantities, lines)


def predict(case: FederatedCase) -> Prediction:
    """θ, and the rate of a gradient that is one round late."""
    return rates(case, slowness(case), lateness(case))


def without_controls(case: FederatedCase) -> Prediction:
    """FedAvg's rates for LATE: controls cost nothing."""
    fedavg = with_steps(case, LONG[-1])
    free = affine_round(case.problem, replace(fedavg.method, correction=None)).radius
    return rates(case, slowness(case), free)


def steepest(case: FederatedCase) -> Prediction:
    """θ = 1/L."""
    return rates(case, 1.0 / case.problem.smoothness, lateness(case))


CLAIM = Claim(
    key="karimireddy2020/long-rounds",
    title="Long rounds slow SCAFFOLD: with option II its rate is 1 − θ/(ηH), with option I that of a late gradient",
    statement=(
        r"Once rounds are so long that workers arrive, $(1-\eta\lambda)^H\approx0$, more local steps make SCAFFOLD's "
        r"option II slower: its rate is $1-\theta/(\eta H)$, $\theta\ge1/\max_m\lambda_{\max}(A_m)$ the least "
        r"eigenvalue of $u\mapsto A_m^{-1}u_m-\sum_lp_lA_l^{-1}u_l$ where $\sum_mp_mu_m=0$. Option I keeps a rate: "
        r"$x^{r+1}=(1-\eta_g)x^r+\eta_g(x^{r-1}-\bar AAx^{r-1})$ about $x^*$, $\bar A=\sum_mp_mA_m^{-1}$, "
        r"$A=\sum_mp_mA_m$, gradient descent with a gradient that is one round late."
    ),
    hypotheses=(
        "quadratic losses, A_m > 0, full gradients, all workers take part, H for all",
        "H → ∞ at a fixed η < 2/max λ(A_m)",
    ),
    reference=Reference(
        "karimireddy2020", "both options of the algorithm; the rates are ours", ("arXiv 1910.06378",)
    ),
    source="derived",
    proof=(
        r"Let $W_m=I$, $u_m=c_m-c$: $w_m=b_m+A_m^{-1}u_m$. Option II: $u_m\leftarrow u_m-(w_m-\sum_lp_lw_l)/(\eta "
        r"H)$, in which $x$ cancels, so errors of $u$ are multiplied by $I-\frac1{\eta H}\Pi A_\bullet^{-1}\Pi$, "
        r"$\Pi$ the centring, self-adjoint for $\sum_mp_mu_m\cdot v_m$; $x$ follows at the rate $1-\eta_g$, which is "
        r"smaller. $\Pi A_\bullet^{-1}\Pi\ge1/L$ there. Option I: $u_m=\nabla f_m(x^{r-1})-\nabla f(x^{r-1})$ gives "
        r"$w_m=x^{r-1}-A_m^{-1}\nabla f(x^{r-1})$."
    ),
    knobs=LongKnobs(),
    setup=setup,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("option I at FedAvg's rate", "its controls are exact gradients", without_controls),
        Falsifier("θ = 1/L", "the steepest worker's control is the slowest", steepest),
    ),
    see=("karimireddy2020/rate", "karimireddy2020/late-gradient"),
    axes=("local steps H", "factor per round", "log", "linear"),
)
