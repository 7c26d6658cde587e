"""The average drift at the optimum in closed form, for short rounds and long ones."""

from collections.abc import Callable

import numpy as np

from implicitbias import RunSpec
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
from paper_repro.claims.unlike_workers import FederatedCase
from paper_repro.papers.wang2022.setting import (
    closed,
    dissimilarity,
    drift,
    DriftKnobs,
    from_the_optimum,
    pull,
    rounding,
    unlike,
    with_steps,
)


STEPS = (2, 8, 32)
DRIFT = {h: f"ρ, H = {h}" for h in STEPS}


def needs(case: FederatedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One round from x* for every H."""
    del budget
    return tuple(from_the_optimum(with_steps(case, h)) for h in STEPS)


def observe(case: FederatedCase, traces: Traces) -> Observation:
    """Measure ρ for every H."""
    found = {
        h: float(np.linalg.norm(drift(with_steps(case, h), trace)))
        for h, trace in zip(STEPS, traces, strict=True)
    }
    curve = Curve(np.array(STEPS), np.array(list(found.values())), "one round from x*", method="fedavg")
    return Observation({DRIFT[h]: Measured(rho) for h, rho in found.items()}, (curve,))


def follows(
    law: Callable[[FederatedCase], float], label: str, role: str = "falsifier"
) -> Callable[[FederatedCase], Prediction]:
    """Return the prediction that ρ follows a law, given the case with H steps."""

    def predict(case: FederatedCase) -> Prediction:
        own = {h: with_steps(case, h) for h in STEPS}
        quantities = {
            DRIFT[h]: Predicted(law(one), rounding(one), reason="rounding") for h, one in own.items()
        }
        lengths = np.unique(np.round(np.geomspace(STEPS[0], STEPS[-1], 20)).astype(int))
        line = np.array([law(with_steps(case, int(h))) for h in lengths])
        return Prediction(quantities, (Curve(lengths, line, label, role),))

    return predict


def short(case: FederatedCase) -> float:
    """Return η(H − 1)/2·|Σ p_m A_m∇f_m(x*)|."""
    return case.lr * (case.steps[0] - 1.0) * float(np.linalg.norm(pull(case)))


def predict(case: FederatedCase) -> Prediction:
    """The closed form, beside the law of short rounds and ζ."""
    found = follows(closed, "closed form", "theory")(case)
    others = (follows(short, "η(H − 1)/2 |Σ p_m A_m∇f_m(x*)|"), follows(dissimilarity, "ζ", "reference"))
    return Prediction(found.quantities, (*found.curves, *(one(case).curves[0] for one in others)))


CLAIM = Claim(
    key="wang2022/average-drift",
    title="On quadratics the average drift at x* is |Σ p_m W_m(x* − b_m)|/(ηH), for short rounds and long ones",
    statement=(
        r"The average drift at the optimum, $\rho=|\sum_mp_m(w_m-x^*)|/(\eta H)$ after one round from $x^*$, governs "
        r"the rate of FedAvg [stated]. On quadratics $\rho=|\sum_mp_mW_m(x^*-b_m)|/(\eta H)$, $W_m=I-(I-\eta "
        r"A_m)^H$; it is no function of $\zeta^2=\sum_mp_m|\nabla f_m(x^*)|^2$, and for long rounds falls like "
        r"$1/(\eta H)$."
    ),
    hypotheses=("quadratic losses, full gradients, H for all", "all workers take part, start at x*"),
    reference=Reference("wang2022", "abstract; the closed form is ours", ("arXiv 2206.04723",)),
    source="derived",
    proof=(
        r"Worker $m$ ends its round from $x^*$ at $x^*-W_m(x^*-b_m)$ (see mcmahan2017/path). As $\eta H\to\infty$, "
        r"$W_m\to I$ and $\rho\eta H\to|x^*-\sum_mp_mb_m|$."
    ),
    knobs=DriftKnobs(),
    setup=unlike,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("ρ = ζ", "the measure of bounded gradient dissimilarity", follows(dissimilarity, "ζ")),
        Falsifier(
            "ρ = η(H − 1)/2 |Σ p_m A_m∇f_m(x*)|", "the law of short rounds", follows(short, "short rounds")
        ),
    ),
    see=("wang2022/equal-hessians", "wang2022/short-rounds"),
    axes=("local steps H", "average drift ρ", "log", "log"),
)
