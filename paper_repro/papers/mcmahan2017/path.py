"""FedAvg on quadratic losses is an affine recursion: its path, round by round."""

import dataclasses

import numpy as np

from implicitbias import Average, LocalMethod, Server
from paper_repro.claims import Claim, closed_form, Falsifier, Reference
from paper_repro.claims.unlike_workers import (
    FederatedCase,
    path_beside,
    path_run,
    path_under,
    seen_path,
    unlike_case,
    UnlikeKnobs,
)


def straight(case: FederatedCase) -> LocalMethod:
    """Return one step with the gradient of Σ p_m H_m f_m: W_m = ηH_m A_m."""
    busy = case.weights * np.array(case.steps)
    server = Server(case.method.server.rate * float(busy.sum()))
    weights = Average(tuple(map(float, busy)))
    return dataclasses.replace(case.method, local_steps=1, aggregation=weights, server=server)


def more_steps(case: FederatedCase, more: int) -> LocalMethod:
    """Return H_m + more local steps, one at least."""
    return dataclasses.replace(case.method, local_steps=tuple(max(1, h + more) for h in case.steps))


def uniform(case: FederatedCase) -> LocalMethod:
    """Return weights 1/M."""
    return dataclasses.replace(case.method, aggregation=Average())


PROOF = r"""A local step maps $v - b_m$ to $(I-\eta A_m)(v-b_m)$, so that $H_m$ of them lead from $x$ to $x -
W_m(x-b_m)$. The weights sum to 1, hence the server moves by $\eta_g\sum_mp_m(w_m-x) =
-\eta_g\sum_mp_mW_m(x-b_m)$."""

FALSIFIERS = (
    Falsifier(
        "W_m = ηH_m A_m", "to first order it is; but the path bends with the gradient", path_under(straight)
    ),
    Falsifier(
        "one local step more", "an off-by-one in the loop", path_under(lambda case: more_steps(case, 1))
    ),
    Falsifier(
        "one local step less", "an off-by-one in the loop", path_under(lambda case: more_steps(case, -1))
    ),
    Falsifier("weights 1/M", "the plain mean of the models", path_under(uniform)),
)

CLAIM = Claim(
    key="mcmahan2017/path",
    title="On quadratics FedAvg is x ← x − η_g Σ p_m W_m(x − b_m): every round of the run lies on it",
    statement=(
        r"Workers with $f_m(x) = \frac12(x-b_m)^\top A_m(x-b_m)+\mathrm{const}$, such as least squares on their own "
        r"$n_m$ samples, take $H_m$ full-gradient steps; the server weighs them by $p_m$ ($n_m/n$ on samples) and "
        r"takes the share $\eta_g$ of the move: $x\leftarrow x-\eta_g\sum_mp_mW_m(x-b_m)$, $W_m = I-(I-\eta "
        r"A_m)^{H_m}$. Checked round by round, for unequal $H_m$ and $p_m$."
    ),
    hypotheses=("quadratic losses, full gradients", "all workers take part, constant η and H_m"),
    reference=Reference("mcmahan2017", "the algorithm; the recursion is ours", ("arXiv 1602.05629",)),
    source="derived",
    proof=PROOF,
    knobs=UnlikeKnobs(),
    setup=unlike_case,
    needs=path_run,
    observe=seen_path,
    predict=path_beside(lambda case: more_steps(case, 1), "one local step more"),
    judge=closed_form,
    falsifiers=FALSIFIERS,
    see=("mcmahan2017/fixed-point", "mcmahan2017/rate"),
    axes=("communication rounds r", "|x − x*|", "linear", "log"),
)
