"""As η → 0 FedAvg with unequal H_m goes to the minimiser of Σ p_m H_m f_m, FedNova to x*; both with an error O(η)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import FedNova, RunSpec, Stream
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    limit,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.unlike_workers import FederatedCase, minimiser, unlike_case, UnlikeKnobs
from paper_repro.claims.vanishing import coefficient, first_order, order, small_rates, Vanishing


LIMIT = "rest as η → 0"
COEFFICIENT = "(rest − limit)/η as η → 0"
ORDER = "order of rest − limit in η"


@dataclass(frozen=True)
class UnequalKnobs:
    """Workers with unlike losses and unequal numbers of local steps."""

    data: str = knob("quadratics", "f_m", "losses of the workers", choices=("quadratics", "regression"))
    workers: int = knob(4, "M", "workers", low=2, high=6)
    dim: int = knob(3, "d", "dimension", low=1, high=5)
    apart: float = knob(1.0, "ζ", "distance of the workers' minimisers", low=0.3, high=10.0, log=True)
    local_steps: int = knob(8, "H", "local steps of the busiest worker", low=2, high=20, log=True)


@dataclass(frozen=True)
class OrdersCase:
    """A method with unequal H_m at small η, and the weights of what it minimises as η → 0."""

    small: Vanishing
    weights: Float[np.ndarray, " worker"]
    name: str

    @property
    def case(self) -> FederatedCase:
        """Losses, weights and steps."""
        return self.small.case

    @property
    def target(self) -> Float[np.ndarray, " dim"]:
        """Argmin Σ weight_m f_m."""
        return minimiser(self.case.problem, self.weights)


def fedavg_case(knobs: UnequalKnobs, stream: Stream) -> OrdersCase:
    """Return FedAvg, with the weights p_m H_m."""
    case = base(knobs, stream)
    return OrdersCase(small_rates(case, case.minimiser), case.weights * np.array(case.steps), "fedavg")


def fednova_case(knobs: UnequalKnobs, stream: Stream) -> OrdersCase:
    """Return FedNova, with the weights p_m."""
    case = base(knobs, stream)
    case = case.with_method(replace(case.method, correction=FedNova()))
    return OrdersCase(small_rates(case, case.minimiser), case.weights, "fednova")


def base(knobs: UnequalKnobs, stream: Stream) -> FederatedCase:
    """Return FedAvg on the losses of the knobs."""
    sizes = UnlikeKnobs(knobs.data, knobs.workers, knobs.dim, knobs.apart, local_steps=knobs.local_steps)
    return unlike_case(sizes, stream)


def needs(case: OrdersCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One round from d + 1 starts for every η."""
    del budget
    return case.small.runs


def observe(case: OrdersCase, traces: Traces) -> Observation:
    """Solve every measured round for its fixed point, and let η → 0."""
    small, offsets = case.small, case.small.offsets(traces)
    # Offsets are from x*; the limit is read off them, not assumed.
    end = coefficient(small.values, offsets * small.values[:, None], small.rounding * small.values)
    missed = offsets - (case.target - small.about)
    quantities = {
        LIMIT: Measured(small.about + end.value, end.error),
        COEFFICIENT: coefficient(small.values, missed, small.rounding),
        ORDER: order(small.values, missed, small.rounding),
    }
    curve = Curve(small.values, np.linalg.norm(missed, axis=1), "rest from its limit", method=case.name)
    return Observation(quantities, (curve,))


def inconsistency(case: OrdersCase) -> Curve:
    """Return how far argmin Σ p_m H_m f_m is from x*."""
    busy = minimiser(case.case.problem, case.case.weights * np.array(case.case.steps))
    away = np.full(len(case.small.values), np.linalg.norm(busy - case.case.minimiser))
    return Curve(case.small.values, away, "argmin Σ p_m H_m f_m from x*", "reference")


def minimises(
    weights: Callable[[FederatedCase], np.ndarray] | None = None, share: float = 1.0, exponent: float = 1.0
) -> Callable[[OrdersCase], Prediction]:
    """Return the prediction of another limit, coefficient or order."""

    def predict(case: OrdersCase) -> Prediction:
        point = case.target if weights is None else minimiser(case.case.problem, weights(case.case))
        slope = share * first_order(case.case.problem, case.weights, np.array(case.case.steps) - 1.0)
        line = Curve(case.small.values, case.small.values * np.linalg.norm(slope), "first order", "theory")
        quantities = {LIMIT: point, COEFFICIENT: slope, ORDER: exponent}
        found = {name: Predicted(value) for name, value in quantities.items()}
        return Prediction(found, (line, inconsistency(case)))

    return predict


AXES = ("learning rate η", "|x_fix − limit|", "log", "log")
HYPOTHESES = (
    "quadratic losses, A_m > 0, full gradients, all workers take part",
    "η → 0 at fixed H_m, unequal",
    "the coefficient is not 0",
)

AVERAGED = Claim(
    key="wang2020/objective",
    title="As η → 0 FedAvg with unequal H_m minimises Σ p_m H_m f_m, not Σ p_m f_m",
    statement=(
        r"With unequal numbers of local steps FedAvg converges to a stationary point of a mismatched objective "
        r"[stated]. On quadratics it rests at $\tilde x+\frac\eta2\tilde A^{-1}\sum_mp_mH_m(H_m-1)A_m\nabla f_m(\tilde "
        r"x)+O(\eta^2)$, $\tilde x=\operatorname{argmin}\sum_mp_mH_mf_m$, $\tilde A=\sum_mp_mH_mA_m$. No small "
        r"$\eta$ mends that."
    ),
    hypotheses=HYPOTHESES,
    reference=Reference("wang2020", "abstract; the coefficient is ours", ("arXiv 2007.07481",)),
    source="derived",
    proof=(
        r"$W_m=\eta H_mA_m-\eta^2\frac{H_m(H_m-1)}2A_m^2+O(\eta^3)$ in $\sum_mp_mW_m(x-b_m)=0$ (see "
        r"mcmahan2017/fixed-point), divided by $\eta$, is $\sum_mp_mH_m\nabla f_m(x)=\frac\eta2\sum_mp_mH_m(H_m-1) "
        r"A_m\nabla f_m(x)+O(\eta^2)$, and the left side is $\tilde A(x-\tilde x)$."
    ),
    knobs=UnequalKnobs(),
    setup=fedavg_case,
    needs=needs,
    observe=observe,
    predict=minimises(),
    judge=limit,
    falsifiers=(
        Falsifier(
            "it minimises Σ p_m f_m", "the bias vanishes as η → 0", minimises(lambda case: case.weights)
        ),
        Falsifier("order 2 in η", "as if the workers' drifts cancelled", minimises(exponent=2.0)),
    ),
    see=("wang2020/nova-order", "mcmahan2017/bias-order"),
    axes=AXES,
)

NORMALISED = Claim(
    key="wang2020/nova-order",
    title="FedNova with unequal H_m tends to x* as η → 0, to first order in η: at finite η it is not exact",
    statement=(
        r"Normalised averaging, $x\leftarrow x+\tau\sum_mp_m(w_m-x)/H_m$, removes the objective inconsistency "
        r"[stated]. On quadratics it rests at $x^*+\frac\eta2A^{-1}\sum_mp_m(H_m-1)A_m\nabla f_m(x^*)+O(\eta^2)$, "
        r"$A=\sum_mp_mA_m$, whatever $\tau$: drift within a round stays."
    ),
    hypotheses=HYPOTHESES,
    reference=Reference("wang2020", "abstract; the coefficient is ours", ("arXiv 2007.07481",)),
    source="derived",
    proof=(
        r"The fixed point solves $\sum_mp_mW_m(x-b_m)/H_m=0$, where $\tau$ cancels, and $W_m/H_m=\eta "
        r"A_m-\eta^2\frac{H_m-1}2A_m^2+O(\eta^3)$; on as for wang2020/objective."
    ),
    knobs=UnequalKnobs(),
    setup=fednova_case,
    needs=needs,
    observe=observe,
    predict=minimises(),
    judge=limit,
    falsifiers=(
        Falsifier("exact at finite η", "normalised workers pull alike", minimises(share=0.0)),
        Falsifier(
            "it minimises Σ p_m H_m f_m", "as FedAvg does",
            minimises(lambda case: case.weights * np.array(case.steps)),
        ),
        Falsifier("order 2 in η", "the first order is what normalising removes", minimises(exponent=2.0)),
    ),
    see=("wang2020/objective", "wang2020/fixed-point"),
    axes=AXES,
)  # fmt: skip
