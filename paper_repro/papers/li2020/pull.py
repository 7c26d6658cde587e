"""The two ends of FedProx: x* to first order in 1/ρ, and the mean of the workers' minimisers to first order in ρ."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from implicitbias import LocalMethod, Proximal, RunSpec, Stream
from implicitbias.recursions import worker_curvatures
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
from paper_repro.claims.unlike_workers import FederatedCase, unlike_case, UnlikeKnobs
from paper_repro.claims.vanishing import coefficient, first_order, order, Vanishing
from paper_repro.papers.mcmahan2017.bias_order import OrderKnobs


STRONG, WEAK = "(rest − x*)ρ as ρ → ∞", "(rest − Σ p_m b_m)/ρ as ρ → 0"
ORDERS = {STRONG: "order of rest − x* in 1/ρ", WEAK: "order of rest − Σ p_m b_m in ρ"}


@dataclass(frozen=True)
class Ends:
    """Exact solves with 1/ρ → 0 about x*, and with ρ → 0 about the mean of the b_m."""

    case: FederatedCase
    ends: dict[str, Vanishing]


def setup(knobs: OrderKnobs, stream: Stream) -> Ends:
    """Return the case of the knobs."""
    case = unlike_case(
        UnlikeKnobs(knobs.data, knobs.workers, knobs.dim, knobs.apart, server_rate=1.0), stream
    )

    def exact(pull: float) -> LocalMethod:
        return LocalMethod(local_solver=Proximal(pull), aggregation=case.method.aggregation)

    strong = Vanishing(case, case.minimiser, 1.0 / case.problem.smoothness, lambda share: exact(1.0 / share))
    least = float(np.linalg.eigvalsh(worker_curvatures(case.problem).hessians).min())
    weak = Vanishing(case, case.weights @ case.own_minimisers, least, exact)
    return Ends(case, {STRONG: strong, WEAK: weak})


def needs(case: Ends, budget: Budget) -> tuple[RunSpec, ...]:
    """One round from d + 1 starts for every ρ."""
    del budget
    return tuple(spec for end in case.ends.values() for spec in end.runs)


def observe(case: Ends, traces: Traces) -> Observation:
    """Solve every measured round for its fixed point."""
    quantities, curves, half = {}, [], len(traces) // 2
    for k, (name, end) in enumerate(case.ends.items()):
        offsets = end.offsets(traces[k * half : (k + 1) * half])
        quantities[name] = coefficient(end.values, offsets, end.rounding)
        quantities[ORDERS[name]] = order(end.values, offsets, end.rounding)
        label = ("|rest − x*|, ε = 1/ρ", "|rest − Σ p_m b_m|, ε = ρ")[k]
        size = np.linalg.norm(offsets, axis=1)
        curves.append(Curve(end.values, size, label, method=f"fedprox:H={1000**k}"))
    return Observation(quantities, tuple(curves))


def away_from_the_minimiser(case: FederatedCase) -> Float[np.ndarray, " dim"]:
    """Return A^{−1} Σ p_m A_m∇f_m(x*)."""
    return first_order(case.problem, case.weights, np.full(case.problem.workers, 2.0))


def away_from_the_mean(case: FederatedCase) -> Float[np.ndarray, " dim"]:
    """Return Σ p_m A_m^{−1}(b̄ − b_m), b̄ = Σ p_m b_m."""
    hessians, _ = worker_curvatures(case.problem)
    apart = case.weights @ case.own_minimisers - case.own_minimisers
    return case.weights @ np.linalg.solve(hessians, apart[..., None])[..., 0]


def expected(
    strong: Callable[[FederatedCase], np.ndarray],
    weak: Callable[[FederatedCase], np.ndarray],
    exponent: float = 1.0,
) -> Callable[[Ends], Prediction]:
    """Return the prediction of both coefficients and orders."""

    def predict(case: Ends) -> Prediction:
        found = {STRONG: strong(case.case), WEAK: weak(case.case)}
        quantities = {name: Predicted(value) for name, value in found.items()}
        values = [end.values for end in case.ends.values()]
        heights = (float(np.linalg.norm(value)) for value in found.values())
        lines = [Curve(x, x * y, "first order", "theory") for x, y in zip(values, heights, strict=True)]
        orders = {name: Predicted(exponent) for name in ORDERS.values()}
        return Prediction(quantities | orders, tuple(lines))

    return predict


CLAIM = Claim(
    key="li2020/pull",
    title="FedProx with exact solves tends to x* like 1/ρ as ρ → ∞, and to the mean of the b_m like ρ as ρ → 0",
    statement=(
        r"On quadratic losses FedProx with exact local solves rests at $x^*+\frac1\rho A^{-1}\sum_mp_mA_m\nabla "
        r"f_m(x^*)+O(\rho^{-2})$ as $\rho\to\infty$, $A=\sum_mp_mA_m$, and at $\bar b+\rho\sum_mp_mA_m^{-1}(\bar "
        r"b-b_m)+O(\rho^2)$, $\bar b=\sum_mp_mb_m$, as $\rho\to0$. A strong pull is a short local gradient step of "
        r"length $1/\rho$: its bias is that of FedAvg with $\eta(H-1)/2=1/\rho$."
    ),
    hypotheses=("quadratic losses, A_m > 0", "exact local solves, all workers take part", "both coefficients ≠ 0"),
    reference=Reference("li2020", "the algorithm; the orders are ours", ("arXiv 1812.06127",)),
    source="derived",
    proof=(
        r"$\sum_mp_mP_m(x-b_m)=0$ (see li2020/fixed-point). $\rho P_m=A_m-A_m^2/\rho+O(\rho^{-2})$ gives "
        r"$\sum_mp_m\nabla f_m(x)=\frac1\rho\sum_mp_mA_m\nabla f_m(x)+O(\rho^{-2})$, and the left side is $A(x-x^*)$. "
        r"$P_m=I-\rho A_m^{-1}+O(\rho^2)$ gives $x-\bar b=\rho\sum_mp_mA_m^{-1}(x-b_m)+O(\rho^2)$."
    ),
    knobs=OrderKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=expected(away_from_the_minimiser, away_from_the_mean),
    judge=limit,
    falsifiers=(
        Falsifier(
            "half the coefficient at ρ → ∞", "the penalty is ρ/2",
            expected(lambda case: 0.5 * away_from_the_minimiser(case), away_from_the_mean),
        ),
        Falsifier(
            "A_m for A_m⁻¹ at ρ → 0", "as at the other end",
            expected(away_from_the_minimiser, lambda case: -away_from_the_minimiser(case)),
        ),
        Falsifier("order 2", "as if the workers' offsets cancelled",
                  expected(away_from_the_minimiser, away_from_the_mean, 2.0)),
    ),
    see=("li2020/fixed-point", "mcmahan2017/bias-order"),
    axes=("ε", "distance of the fixed point", "log", "log"),
)  # fmt: skip
