"""Where FedAvg rests on unlike quadratics: at the W-weighted mean of the workers' minimisers, not at x*."""

import dataclasses

import numpy as np
from jaxtyping import Float

from implicitbias import RunSpec, Server
from paper_repro.claims import (
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
from paper_repro.claims.unlike_workers import (
    distance,
    FederatedCase,
    minimiser,
    REMAINDER,
    unlike_case,
    UnlikeKnobs,
)


END = "where both runs rest"
SHARES = (1.0, 0.5)


def at_server_rates(case: FederatedCase) -> tuple[FederatedCase, ...]:
    """Return the case at η_g and at η_g/2."""
    rates = (share * case.method.server.rate for share in SHARES)
    return tuple(case.with_method(dataclasses.replace(case.method, server=Server(rate))) for rate in rates)


def needs(case: FederatedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Runs at two rates of the server, to rest."""
    del budget
    return tuple(own.run(own.rounds_to_rest) for own in at_server_rates(case))


def observe(case: FederatedCase, traces: Traces) -> Observation:
    """The last models."""
    curves = (
        dataclasses.replace(distance(case, trace, key), label=f"η_g = {trace.method.server.rate:.2g}")
        for trace, key in zip(traces, ("fedavg:H=1", "fedavg:H=1000"), strict=True)
        if trace.method is not None
    )
    ends = np.concatenate([trace.w[0, -1] for trace in traces])
    return Observation({END: Measured(ends)}, tuple(curves))


def rest(case: FederatedCase) -> Float[np.ndarray, " dim"]:
    """Return (Σ p_m W_m)^{−1} Σ p_m W_m b_m."""
    pull = np.einsum("m,mij,mj->i", case.weights, case.responses, case.own_minimisers)
    return np.linalg.solve(np.tensordot(case.weights, case.responses, axes=1), pull)


def at(case: FederatedCase, point: Float[np.ndarray, " dim"], role: str = "theory") -> Prediction:
    """Return the prediction that both rest at the point."""
    allowance = REMAINDER * (1.0 + float(np.abs(case.start).max() + np.abs(case.own_minimisers).max()))
    size = np.full(2, np.linalg.norm(point - case.minimiser))
    rounds = np.array([0, at_server_rates(case)[-1].rounds_to_rest])
    line = Curve(rounds, size, "|x_fix − x*|", role)
    target = np.tile(point, len(SHARES))
    return Prediction({END: Predicted(target, allowance, reason="what is left of the start")}, (line,))


def predict(case: FederatedCase) -> Prediction:
    """The fixed point in closed form, for both."""
    return at(case, rest(case))


PROOF = r"""By the recursion (see mcmahan2017/path) the error $x-x_{fix}$ is multiplied by $I-\eta_g\sum_mp_mW_m$.
For $\eta\lambda_{\max}(A_m)<2$ and $A_m>0$ each $I-W_m$ has its spectrum in $(-1,1)$, so that their mean is a
contraction, as is its mixture with $I$ for $\eta_g\le1$. The fixed point solves $\sum_mp_mW_m(x-b_m)=0$, where
$\eta_g$ cancels; $x^*$ solves the same equation with $A_m$ in the place of $W_m$."""

CLAIM = Claim(
    key="mcmahan2017/fixed-point",
    title="FedAvg rests at the mean of the b_m with matrix weights p_m W_m, not at x*, for every server rate",
    statement=(
        r"On unlike quadratics FedAvg converges to $x_{fix} = (\sum_mp_mW_m)^{-1}\sum_mp_mW_mb_m$, $W_m=I-(I-\eta "
        r"A_m)^{H_m}$, whatever the server rate $\eta_g\le1$. It is no minimiser of $\sum_mp_mf_m$ in general."
    ),
    hypotheses=(
        r"quadratic losses, $A_m>0$, $\eta<2/\max_m\lambda_{\max}(A_m)$, $\eta_g\le1$",
        "full gradients, all workers take part",
    ),
    reference=Reference("mcmahan2017", "the algorithm; the fixed point is ours", ("arXiv 1602.05629",)),
    source="derived",
    proof=PROOF,
    knobs=UnlikeKnobs(),
    setup=unlike_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("x_fix = x*", "FedAvg is meant to minimise Σ p_m f_m", lambda case: at(case, case.minimiser)),
        Falsifier(
            "argmin Σ p_m H_m f_m",
            "the limit η → 0, from any start",
            lambda case: at(case, minimiser(case.problem, case.weights * np.array(case.steps))),
        ),
        Falsifier(
            "Σ p_m b_m", "the limit H → ∞: every worker arrives",
            lambda case: at(case, case.weights @ case.own_minimisers),
        ),
    ),
    see=("mcmahan2017/path", "mcmahan2017/no-bias", "wang2020/objective", "derived/regression-bias"),
    axes=("communication rounds r", "|x − x*|", "linear", "log"),
)  # fmt: skip
