"""FedNova at finite η: its path is FedAvg's with W_m τ/H_m for W_m, and where it rests does not depend on τ."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from implicitbias import FedNova, LocalMethod, RunSpec, Stream
from paper_repro.claims import (
    Budget,
    Claim,
    closed_form,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.unlike_workers import (
    distance,
    FederatedCase,
    PATH,
    path_of,
    REMAINDER,
    ROUNDS,
    unlike_case,
    UnlikeKnobs,
)


END = "where the run with τ = 1 rests"


@dataclass(frozen=True)
class NovaCase:
    """FedNova with τ = Σ p_m H_m, and with τ = 1."""

    normalised: FederatedCase
    slow: FederatedCase


def setup(knobs: UnlikeKnobs, stream: Stream) -> NovaCase:
    """Return both."""
    case = unlike_case(knobs, stream)
    methods = (replace(case.method, correction=FedNova(tau)) for tau in (None, 1.0))
    return NovaCase(*(case.with_method(method) for method in methods))


def needs(case: NovaCase, budget: Budget) -> tuple[RunSpec, ...]:
    """The path of the first, and the second to rest."""
    del budget
    return case.normalised.run(ROUNDS), case.slow.run(case.slow.rounds_to_rest)


def observe(case: NovaCase, traces: Traces) -> Observation:
    """The path, and the last model."""
    path, rest = traces
    quantities = {PATH: Measured(path.w[0]), END: Measured(rest.w[0, -1])}
    return Observation(quantities, (distance(case.normalised, path, "fednova"),))


def rest(case: FederatedCase) -> Float[np.ndarray, " dim"]:
    """Return (Σ p_m W_m/H_m)^{−1} Σ p_m W_m b_m/H_m."""
    shares = case.weights / np.array(case.steps)
    pull = np.einsum("m,mij,mj->i", shares, case.responses, case.own_minimisers)
    return np.linalg.solve(np.tensordot(shares, case.responses, axes=1), pull)


def predict(case: NovaCase) -> Prediction:
    """The affine recursion, beside FedAvg's, and the fixed point."""
    right = with_end(case, rest(case.normalised))
    return Prediction(right.quantities, right.curves + fedavg_path(case).curves)


def with_end(case: NovaCase, point: Float[np.ndarray, " dim"]) -> Prediction:
    """Return the prediction of where it rests, beside the right path."""
    path = path_of(case.normalised)
    size = 1.0 + float(np.abs(case.slow.start).max() + np.abs(case.slow.own_minimisers).max())
    end = Predicted(point, REMAINDER * size, reason="what is left of the start")
    return Prediction({**path.quantities, END: end}, path.curves)


def on_the_path_of(case: NovaCase, method: LocalMethod, label: str) -> Prediction:
    """Return the prediction of another method's path."""
    return path_of(case.normalised.with_method(method), label, "falsifier")


def fedavg_path(case: NovaCase) -> Prediction:
    """FedAvg's."""
    return on_the_path_of(case, replace(case.normalised.method, correction=None), "FedAvg")


def busiest(case: NovaCase) -> Prediction:
    """τ = max H_m."""
    most = FedNova(float(max(case.normalised.steps)))
    return on_the_path_of(case, replace(case.normalised.method, correction=most), "τ = max H_m")


CLAIM = Claim(
    key="wang2020/fixed-point",
    title="FedNova is FedAvg with τW_m/H_m for W_m, round by round, and rests at one point for every τ",
    statement=(
        r"On quadratic losses $x\leftarrow x+\tau\sum_mp_m(w_m-x)/H_m$ is $x\leftarrow x-\tau\sum_mp_mH_m^{-1} "
        r"W_m(x-b_m)$, $W_m=I-(I-\eta A_m)^{H_m}$; by default $\tau=\sum_mp_mH_m$. It rests at "
        r"$(\sum_mp_mW_m/H_m)^{-1}\sum_mp_mW_mb_m/H_m\ne x^*$ for every $\tau$ with which it is stable."
    ),
    hypotheses=("quadratic losses, A_m > 0, full gradients", "all workers take part, η < 2/max λ(A_m)"),
    reference=Reference("wang2020", "the algorithm; the fixed point is ours", ("arXiv 2007.07481",)),
    source="derived",
    proof=(
        r"A worker moves by $-W_m(x-b_m)$ (see mcmahan2017/path), of which $\tau/H_m$ enters. For $\tau\le\min_mH_m$ "
        r"each $I-\tau W_m/H_m$ has its spectrum in $(-1,1)$; the fixed point solves $\sum_mp_mW_m(x-b_m)/H_m=0$, "
        r"without $\tau$."
    ),
    knobs=UnlikeKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("FedAvg's path", "τ = Σ p_m H_m undoes the division", fedavg_path),
        Falsifier("τ = max H_m", "as many steps as the busiest worker takes", busiest),
        Falsifier(
            "exact at finite η", "normalised workers pull alike",
            lambda case: with_end(case, case.normalised.minimiser),
        ),
    ),
    see=("wang2020/nova-order", "mcmahan2017/path"),
    axes=("communication rounds r", "|x − x*|", "linear", "log"),
)  # fmt: skip
