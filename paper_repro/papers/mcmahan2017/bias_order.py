"""The bias of FedAvg is of first order in η and in H − 1, with a known coefficient."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from implicitbias import RunSpec, Stream
from paper_repro.claims import (
    Budget,
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
from paper_repro.claims.unlike_workers import FederatedCase, unlike_case, UnlikeKnobs
from paper_repro.claims.vanishing import coefficient, first_order, order, small_rates, Vanishing


STEPS = (2, 3, 5)
COEFFICIENTS = {h: f"bias/η as η → 0, H = {h}" for h in STEPS}
ORDERS = {h: f"order of the bias in η, H = {h}" for h in STEPS}


@dataclass(frozen=True)
class OrderKnobs:
    """Workers with unlike losses."""

    data: str = knob("quadratics", "f_m", "losses of the workers", choices=("quadratics", "regression"))
    workers: int = knob(4, "M", "workers", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    apart: float = knob(1.0, "ζ", "distance of the workers' minimisers", low=0.3, high=10.0, log=True)


def setup(knobs: OrderKnobs, stream: Stream) -> FederatedCase:
    """Return FedAvg with unequal weights; its H follows."""
    return unlike_case(UnlikeKnobs(knobs.data, knobs.workers, knobs.dim, knobs.apart), stream)


def with_steps(case: FederatedCase, steps: int) -> Vanishing:
    """Return the case with H steps for all, at small rates, about x*."""
    return small_rates(case.with_method(replace(case.method, local_steps=steps)), case.minimiser)


def needs(case: FederatedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One round from d + 1 starts for every H and η."""
    del budget
    return tuple(spec for steps in STEPS for spec in with_steps(case, steps).runs)


def observe(case: FederatedCase, traces: Traces) -> Observation:
    """Solve every measured round for its fixed point, and let η → 0."""
    quantities, curves, each = {}, [], len(traces) // len(STEPS)
    for k, steps in enumerate(STEPS):
        own = with_steps(case, steps)
        bias = own.offsets(traces[k * each : (k + 1) * each])
        quantities[COEFFICIENTS[steps]] = coefficient(own.values, bias, own.rounding)
        quantities[ORDERS[steps]] = order(own.values, bias, own.rounding)
        size = np.linalg.norm(bias, axis=1)
        curves.append(Curve(own.values, size, f"H = {steps}", method=f"fedavg:H={10**k}"))
    return Observation(quantities, tuple(curves))


def bias_like(case: FederatedCase, factor: Callable[[int], float], exponent: float = 1.0) -> Prediction:
    """Return the prediction of factor(H)·½A^{−1} Σ p_m A_m∇f_m for bias/η, and of the order."""
    one = first_order(case.problem, case.weights, np.ones(case.problem.workers))
    limits = {COEFFICIENTS[h]: Predicted(factor(h) * one) for h in STEPS}
    return Prediction({**limits, **{name: Predicted(exponent) for name in ORDERS.values()}})


def predict(case: FederatedCase) -> Prediction:
    """(H − 1)·½A^{−1} Σ p_m A_m∇f_m, and order 1."""
    found, size = bias_like(case, lambda h: h - 1.0), np.linalg.norm
    lines = []
    for h in STEPS:
        rates = with_steps(case, h).values
        slope = float(size(found.quantities[COEFFICIENTS[h]].value))
        lines.append(Curve(rates, rates * slope, "first order", "theory"))
    return Prediction(found.quantities, tuple(lines))


CLAIM = Claim(
    key="mcmahan2017/bias-order",
    title="The bias of FedAvg is of first order in η and in H − 1, with coefficient ½A⁻¹ Σ p_m A_m∇f_m(x*)",
    statement=(
        r"With $H$ local steps on every worker, FedAvg on quadratic losses rests at $x^*+\frac{\eta(H-1)}2A^{-1}"
        r"\sum_mp_mA_m\nabla f_m(x^*)+O(\eta^2)$, $A=\sum_mp_mA_m$: of order 1 in $\eta$, and proportional to $H-1$."
    ),
    hypotheses=(
        "quadratic losses, full gradients, all workers take part, H for all",
        r"η → 0 at fixed H; $\sum_mp_mA_m\nabla f_m(x^*)\ne0$",
    ),
    reference=Reference("mcmahan2017", "the algorithm; the order is ours", ("arXiv 1602.05629",)),
    source="derived",
    proof=(
        r"$W_m=\eta HA_m-\eta^2\frac{H(H-1)}2A_m^2+O(\eta^3)$ and $A_m(x-b_m)=\nabla f_m(x)$ in "
        r"$\sum_mp_mW_m(x-b_m)=0$ (see mcmahan2017/fixed-point), divided by $\eta H$: $\sum_mp_m\nabla f_m(x)="
        r"\frac{\eta(H-1)}2\sum_mp_mA_m\nabla f_m(x)+O(\eta^2)$. The left side is $A(x-x^*)$."
    ),
    knobs=OrderKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=limit,
    falsifiers=(
        Falsifier("H for H − 1", "a round has H steps", lambda case: bias_like(case, lambda h: float(h))),
        Falsifier("(H − 1)²", "drift grows with the square of time",
                  lambda case: bias_like(case, lambda h: (h - 1.0) ** 2)),
        Falsifier("order 2 in η", "as if the workers' drifts cancelled",
                  lambda case: bias_like(case, lambda h: h - 1.0, 2.0)),
    ),
    see=("mcmahan2017/fixed-point", "derived/regression-bias-order", "wang2020/nova-order"),
    axes=("learning rate η", "|x_fix − x*|", "log", "log"),
)  # fmt: skip
