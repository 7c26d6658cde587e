"""SCAFFOLD on quadratics, round by round: each control is divided by its own worker's ηH_m."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from implicitbias.recursions import worker_curvatures
from paper_repro.claims import (
    Claim,
    closed_form,
    Curve,
    Falsifier,
    Observation,
    Predicted,
    Prediction,
    Reference,
    Traces,
)
from paper_repro.claims.unlike_workers import (
    FederatedCase,
    PATH,
    path_run,
    path_under,
    ROUNDING,
    ROUNDS,
    seen_path,
)
from paper_repro.papers.karimireddy2020.setting import scaffold_case, ScaffoldKnobs, with_option


Lengths = Float[np.ndarray, " worker"]


def own_lengths(case: FederatedCase) -> Lengths:
    """Return ηH_m."""
    return case.lr * np.array(case.steps)


def recursion(case: FederatedCase, lengths: Lengths) -> Float[np.ndarray, "round dim"]:
    """Return x after every round, with c_m ← c_m − c + (x − w_m)/length_m.

    w_m = x − W_m A_m^{−1}(∇f_m(x) − c_m + c).
    """
    hessians, pulls = worker_curvatures(case.problem)
    reach = case.responses @ np.linalg.inv(hessians)
    x, controls = np.array(case.start), np.zeros_like(pulls)
    path = [x]
    for _ in range(ROUNDS):
        common = case.weights @ controls
        forces = hessians @ x - pulls - controls + common
        moves = np.einsum("mij,mj->mi", reach, forces)
        controls = controls - common + moves / lengths[:, None]
        x = x - case.method.server.rate * (case.weights @ moves)
        path.append(x)
    return np.stack(path)


def path_with(case: FederatedCase, lengths: Lengths, label: str, role: str) -> Prediction:
    """Return the prediction of the path with these lengths."""
    path = recursion(case, lengths)
    allowance = ROUNDING * (1.0 + float(np.abs(recursion(case, own_lengths(case))).max()))
    size = np.linalg.norm(path - case.minimiser, axis=1)
    curve = Curve(np.arange(ROUNDS + 1), size, label, role)
    return Prediction({PATH: Predicted(path, allowance, reason="rounding")}, (curve,))


def observe(case: FederatedCase, traces: Traces) -> Observation:
    """The path."""
    return seen_path(case, traces, "scaffold")


def predict(case: FederatedCase) -> Prediction:
    """The recursion with ηH_m, beside the one with η."""
    right = path_with(case, own_lengths(case), "recursion", "theory")
    return Prediction(right.quantities, right.curves + undivided(case).curves)


def undivided(case: FederatedCase) -> Prediction:
    """Controls that are the sum of a round's gradients."""
    return path_with(case, np.full(len(case.steps), case.lr), "without 1/H_m", "falsifier")


def common_divisor(case: FederatedCase) -> Prediction:
    """Controls divided by η max H_m."""
    return path_with(case, np.full(len(case.steps), own_lengths(case).max()), "max H for H_m", "falsifier")


CLAIM = Claim(
    key="karimireddy2020/path",
    title="SCAFFOLD on quadratics, round by round: controls are divided by the worker's own ηH_m, or it diverges",
    statement=(
        r"SCAFFOLD's steps along $\nabla f_m(v)-c_m+c$ lead, on quadratic losses, to $w_m=x-W_mA_m^{-1}(\nabla "
        r"f_m(x)-c_m+c)$, $W_m=I-(I-\eta A_m)^{H_m}$; then $c_m\leftarrow c_m-c+(x-w_m)/(\eta H_m)$, $c=\sum_mp_mc_m$, "
        r"and $x\leftarrow x+\eta_g\sum_mp_m(w_m-x)$. Without the $1/H_m$ it diverges in general; a common divisor "
        r"$\max_mH_m$ keeps the limit, but not the path."
    ),
    hypotheses=("quadratic losses, A_m > 0, full gradients", "all workers take part, controls 0 at the start"),
    reference=Reference("karimireddy2020", "the algorithm, option II; the recursion is ours", ("arXiv 1910.06378",)),
    source="derived",
    proof=(
        r"A local step is $v\leftarrow v-\eta(A_m(v-b_m)-c_m+c)$, gradient descent on a quadratic whose minimiser is "
        r"$b_m+A_m^{-1}(c_m-c)$; on as for mcmahan2017/path, with $x-b_m-A_m^{-1}(c_m-c)=A_m^{-1}(\nabla "
        r"f_m(x)-c_m+c)$."
    ),
    knobs=ScaffoldKnobs(),
    setup=scaffold_case,
    needs=path_run,
    observe=observe,
    predict=predict,
    judge=closed_form,
    falsifiers=(
        Falsifier("controls without 1/H_m", "x − w_m = η times a sum of gradients", undivided),
        Falsifier("a common divisor max H_m", "the limit is the same", common_divisor),
        Falsifier(
            "controls never updated", "they start at 0: FedAvg",
            path_under(lambda case: replace(case.method, correction=None)),
        ),
        Falsifier(
            "option I for option II", "both estimate the gradient of a worker",
            path_under(lambda case: with_option(case, "gradient").method),
        ),
    ),
    see=("karimireddy2020/limit", "karimireddy2020/rate"),
    axes=("communication rounds r", "|x − x*|", "linear", "log"),
)  # fmt: skip
