"""For short rounds the average drift is η(H − 1)/2·|Σ p_m A_m∇f_m(x*)|."""

import numpy as np

from implicitbias import RunSpec
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    limit,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.unlike_workers import FederatedCase
from paper_repro.claims.vanishing import coefficient, order, SHARES
from paper_repro.papers.wang2022.setting import (
    drift,
    DriftKnobs,
    from_the_optimum,
    gradients,
    pull,
    rounding,
    unlike,
    with_steps,
)


STEPS = 8
SLOPE, ORDER = "drift/η as η → 0", "order of ρ in η"


def at_rates(case: FederatedCase) -> list[FederatedCase]:
    """Return the case with H = 8 at small learning rates, ascending."""
    return [with_steps(case, STEPS, float(share)) for share in SHARES]


def needs(case: FederatedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One round from x* at every rate."""
    del budget
    return tuple(from_the_optimum(own) for own in at_rates(case))


def observe(case: FederatedCase, traces: Traces) -> Observation:
    """Let η → 0 in drift/η."""
    own = at_rates(case)
    found = np.stack([drift(one, trace) for one, trace in zip(own, traces, strict=True)])
    rates, errors = SHARES * case.lr, np.array([rounding(one) for one in own])
    quantities = {SLOPE: coefficient(rates, found, errors), ORDER: order(rates, found, errors)}
    curve = Curve(rates, np.linalg.norm(found, axis=1), "one round from x*", method="fedavg")
    return Observation(quantities, (curve,))


def law(case: FederatedCase, slope: np.ndarray, exponent: float = 1.0) -> Prediction:
    """Return the prediction of drift/η and of its order."""
    rates = SHARES * case.lr
    line = Curve(rates, rates * np.linalg.norm(slope), "η(H − 1)/2 |Σ p_m A_m∇f_m(x*)|", "theory")
    return Prediction({SLOPE: Predicted(slope), ORDER: Predicted(exponent)}, (line,))


def predict(case: FederatedCase) -> Prediction:
    """(H − 1)/2·Σ p_m A_m∇f_m(x*), and order 1."""
    return law(case, (STEPS - 1.0) * pull(case))


def without_curvature(case: FederatedCase) -> Prediction:
    """(H − 1)/2·Σ p_m |∇f_m(x*)|, in the direction of the drift."""
    size = 0.5 * float(case.weights @ np.linalg.norm(gradients(case), axis=1))
    return law(case, (STEPS - 1.0) * size * pull(case) / np.linalg.norm(pull(case)))


CLAIM = Claim(
    key="wang2022/short-rounds",
    title="For short rounds the average drift is η(H − 1)/2 |Σ p_m A_m∇f_m(x*)|: Hessians and gradients correlate",
    statement=(
        r"As $\eta H\to0$ the average drift at the optimum is $\rho=\frac{\eta(H-1)}2|\sum_mp_mA_m\nabla "
        r"f_m(x^*)|+O(\eta^2)$: not the size of the gradients counts, but how they correlate with the Hessians."
    ),
    hypotheses=("quadratic losses, full gradients, H for all", r"$\sum_mp_mA_m\nabla f_m(x^*)\ne0$"),
    reference=Reference("wang2022", "the average drift; its law is ours", ("arXiv 2206.04723",)),
    source="derived",
    proof=(
        r"$W_m=\eta HA_m-\eta^2\frac{H(H-1)}2A_m^2+O(\eta^3)$ in $-\sum_mp_mW_m(x^*-b_m)/(\eta H)$, with "
        r"$A_m(x^*-b_m)=\nabla f_m(x^*)$ and $\sum_mp_m\nabla f_m(x^*)=0$."
    ),
    knobs=DriftKnobs(),
    setup=unlike,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier("H for H − 1", "a round has H steps", lambda case: law(case, float(STEPS) * pull(case))),
        Falsifier("gradients without Hessians", "steep workers drift far", without_curvature),
        Falsifier(
            "order 0", "ζ does not depend on η", lambda case: law(case, (STEPS - 1.0) * pull(case), 0.0)
        ),
    ),
    see=("wang2022/average-drift", "mcmahan2017/bias-order"),
    axes=("learning rate η", "average drift ρ", "log", "log"),
)
