"""Where SCAFFOLD rests: at x* = argmin Σ p_m f_m exactly, its controls at the workers' gradients there."""

import dataclasses

import numpy as np

from implicitbias import RunSpec, Stream
from implicitbias.recursions import affine_round, worker_curvatures
from paper_repro.claims import (
    AssumptionUnmet,
    Budget,
    Claim,
    closed_form,
    Curve,
    Falsifier,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.unlike_workers import distance, FederatedCase, minimiser, REMAINDER
from paper_repro.papers.karimireddy2020.setting import scaffold_case, ScaffoldKnobs, with_option


OPTIONS = {"path": "option II", "gradient": "option I"}


def setup(knobs: ScaffoldKnobs, stream: Stream) -> FederatedCase | AssumptionUnmet:
    """Return the case, if the rounds of both options contract."""
    case = scaffold_case(knobs, stream)
    for option, name in OPTIONS.items():
        if not with_option(case, option).round.stable:
            return AssumptionUnmet(f"a round with {name} does not contract: curvatures differ too much")
    return case


def needs(case: FederatedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Runs with both options, to rest."""
    del budget
    own = (with_option(case, option) for option in OPTIONS)
    return tuple(one.run(one.rounds_to_rest) for one in own)


def observe(case: FederatedCase, traces: Traces) -> Observation:
    """The last models and controls."""
    quantities, curves = {}, []
    for name, trace, key in zip(OPTIONS.values(), traces, ("H=1", "H=1000"), strict=True):
        assert trace.final is not None and trace.final.controls is not None
        quantities[f"x, {name}"] = Measured(trace.w[0, -1])
        quantities[f"c_m, {name}"] = Measured(trace.final.controls[0].ravel())
        curves.append(dataclasses.replace(distance(case, trace, f"scaffold:{key}"), label=name))
    return Observation(quantities, tuple(curves))


def at(case: FederatedCase, point: np.ndarray) -> Prediction:
    """Return the prediction of a limit, with the gradients there as controls."""
    hessians, pulls = worker_curvatures(case.problem)
    gradients = (hessians @ point - pulls).ravel()
    size = 1.0 + float(np.abs(case.start).max() + np.abs(case.own_minimisers).max())
    reason, quantities = "what is left of the start", {}
    for name in OPTIONS.values():
        quantities[f"x, {name}"] = Predicted(point, REMAINDER * size, reason=reason)
        quantities[f"c_m, {name}"] = Predicted(gradients, REMAINDER * size / case.lr, reason=reason)
    return Prediction(quantities)


def predict(case: FederatedCase) -> Prediction:
    """x* and ∇f_m(x*), beside how far away FedAvg rests."""
    rounds = np.array([0, with_option(case, "path").rounds_to_rest])
    away = np.full(2, np.linalg.norm(fedavg_rest(case) - case.minimiser))
    line = Curve(rounds, away, "where FedAvg rests", "falsifier")
    return Prediction(at(case, case.minimiser).quantities, (line,))


def fedavg_rest(case: FederatedCase) -> np.ndarray:
    """Return the fixed point without controls."""
    return affine_round(case.problem, dataclasses.replace(case.method, correction=None)).fixed_point


CLAIM = Claim(
    key="karimireddy2020/limit",
    title="SCAFFOLD rests at x* = argmin Σ p_m f_m exactly, with c_m = ∇f_m(x*), for unequal H_m and both options",
    statement=(
        r"SCAFFOLD is unaffected by heterogeneity [stated]. On quadratics, wherever its round contracts it converges "
        r"to $x^*=\operatorname{argmin}\sum_mp_mf_m$ exactly at any $\eta$, $H_m$, and $c_m\to\nabla f_m(x^*)$, "
        r"with either update "
        r"of the controls. $c=\sum_mp_mc_m$ carries the weights of the average."
    ),
    hypotheses=(
        "quadratic losses, A_m > 0, full gradients, all workers take part",
        "a round contracts: its matrix on (x, c_1, …, c_M) has spectral radius below 1",
    ),
    reference=Reference("karimireddy2020", "abstract; the fixed point is ours", ("arXiv 1910.06378",)),
    source="derived",
    proof=(
        r"Option II: $c_m=c_m-c+(x-w_m)/(\eta H_m)$ gives $x-w_m=\eta H_mc$ for all $m$, and the server rests iff "
        r"$\sum_mp_mH_mc=0$, so $c=0$ and $w_m=x$. As $w_m=x-W_mA_m^{-1}(\nabla f_m(x)-c_m)$ with $W_m$ invertible "
        r"($0<\eta\lambda<2$), $c_m=\nabla f_m(x)$; and $c=0$ is $\sum_mp_m\nabla f_m(x)=0$. Option I: $c_m=\nabla "
        r"f_m(x)$, so $x-w_m=W_mA_m^{-1}c$, and $\sum_mp_mW_mA_m^{-1}c=0$ only for $c=0$, since $W_mA_m^{-1}>0$. The "
        r"fixed point is the only one, and a round with spectral radius below 1 leads there."
    ),
    knobs=ScaffoldKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("where FedAvg rests", "the server's average is the same", lambda case: at(case, fedavg_rest(case))),
        Falsifier(
            "argmin Σ p_m H_m f_m", "busy workers count more",
            lambda case: at(case, minimiser(case.problem, case.weights * np.array(case.steps))),
        ),
    ),
    see=("karimireddy2020/path", "karimireddy2020/late-gradient", "mcmahan2017/fixed-point"),
    axes=("communication rounds r", "|x − x*|", "linear", "log"),
)  # fmt: skip
