"""How fast SCAFFOLD comes to rest: the spectral radius of its round on (x, c_1, …, c_M)."""

from dataclasses import replace

import numpy as np

from implicitbias import LocalMethod, RunSpec
from implicitbias.recursions import affine_round
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
from paper_repro.claims.unlike_workers import distance, FederatedCase
from paper_repro.papers.karimireddy2020.setting import (
    measured_round,
    radius,
    scaffold_case,
    ScaffoldKnobs,
    with_option,
)


FACTOR = "spectral radius of the measured round"
# Eigenvalues of a matrix measured to 1e-15, times the condition of its eigenvectors.
ROUNDING = 1e-9
# The run's distance is shown while it is above its rounding.
ROUNDS = 40


def needs(case: FederatedCase, budget: Budget) -> tuple[RunSpec, ...]:
    """One run, to be seen beside the rate."""
    del budget
    return (case.run(ROUNDS),)


def observe(case: FederatedCase, traces: Traces) -> Observation:
    """Measure the round at every unit vector, and read its rate."""
    factor = radius(measured_round(case))
    seen = distance(case, traces[0], "scaffold")
    ends = float(np.log(seen.y[-1] / seen.y[ROUNDS // 2]) / (ROUNDS - ROUNDS // 2))
    note = f"the run itself fell by {np.exp(ends):.4g} per round over its last {ROUNDS - ROUNDS // 2} rounds"
    return Observation({FACTOR: Measured(factor)}, (seen,), note=note)


def falls_like(case: FederatedCase, method: LocalMethod, label: str, role: str) -> Prediction:
    """Return the prediction of another method's rate."""
    factor = affine_round(case.problem, method).radius
    # The line is drawn through the end of the path, where the slowest part is alone.
    end = float(np.linalg.norm(case.round.path(np.array(case.start), ROUNDS)[-1] - case.minimiser))
    rounds = np.arange(ROUNDS + 1)
    curve = Curve(rounds, end * factor ** (rounds - ROUNDS), label, role)
    return Prediction({FACTOR: Predicted(factor, ROUNDING, reason="rounding")}, (curve,))


def predict(case: FederatedCase) -> Prediction:
    """The radius of the assembled matrix."""
    return falls_like(case, case.method, "spectral radius", "theory")


def of(change: str) -> Falsifier:
    """Return the falsifier that the rate is another method's."""
    name, why = {
        "fedavg": ("the rate of FedAvg", "controls settle, and then only the model moves"),
        "gradient": ("the rate of option I", "both options have one limit"),
        "max H": ("H_m = max H for all", "the busiest worker sets the pace"),
    }[change]

    def predict(case: FederatedCase) -> Prediction:
        method = {
            "fedavg": replace(case.method, correction=None),
            "gradient": with_option(case, "gradient").method,
            "max H": replace(case.method, local_steps=max(case.steps)),
        }[change]
        return falls_like(case, method, name, "falsifier")

    return Falsifier(name, why, predict)


CLAIM = Claim(
    key="karimireddy2020/rate",
    title="The rate of SCAFFOLD is the spectral radius of its round on (x, c_1, …, c_M)",
    statement=(
        r"On quadratic losses a round of SCAFFOLD (option II) is an affine map of $(x,c_1,\dots,c_M)$: $x\leftarrow "
        r"x-\eta_g\sum_mp_mW_mA_m^{-1}g_m$, $c_m\leftarrow c_m-c+W_mA_m^{-1}g_m/(\eta H_m)$, $g_m=\nabla "
        r"f_m(x)-c_m+c$. Its error shrinks per round, in the end, by the spectral radius of that matrix."
    ),
    hypotheses=("quadratic losses, A_m > 0, full gradients", "all workers take part, constant η and H_m"),
    reference=Reference("karimireddy2020", "the algorithm; the rate is ours", ("arXiv 1910.06378",)),
    source="derived",
    proof=(
        r"See karimireddy2020/path for the map. $|T^r|^{1/r}\to\rho(T)$ (Gelfand), and almost every start has a part "
        r"along the slowest eigenvector."
    ),
    knobs=ScaffoldKnobs(),
    setup=scaffold_case,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(of("fedavg"), of("gradient"), of("max H")),
    see=("karimireddy2020/limit", "karimireddy2020/long-rounds", "mcmahan2017/rate"),
    axes=("communication rounds r", "|x − x*|", "linear", "log"),
)
