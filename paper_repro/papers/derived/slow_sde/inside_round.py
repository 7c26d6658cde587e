"""Inside a round: how far workers disagree, how one of them fluctuates, and what loss it has on average."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from implicitbias import local_sgd, RecordAt, RunSpec, Stream
from implicitbias.problems import TwoPoint
from paper_repro.claims import (
    Budget,
    Claim,
    Curve,
    Falsifier,
    knob,
    Measured,
    Observation,
    Predicted,
    Prediction,
    Reference,
    statistical,
    Traces,
)
from paper_repro.claims.ensembles import mean_curve, mean_of
from sde.formulas import (
    disagreement,
    mean_covariance,
    round_disagreement,
    round_excess_loss,
    worker_covariance,
)
from sde.landscapes import Landscape
from sde.within_round import disagreement_matrix, within_round
from sde.zoo import quadratic


END, AVERAGE = "disagreement at the end of a round, pairs", "disagreement averaged over a round, pairs"
WORKER, LOSS = (
    "covariance of one worker at the end of a round",
    "excess loss of a worker, averaged over a round",
)
# Two normal modes and a flat one; pairs of normal modes, and normal with flat.
CURVATURES = (1.5, 1.0, 0.0)
SIGMA = ((1.0, 0.8, 0.8), (0.8, 1.0, 0.7), (0.8, 0.7, 1.0))
PAIRS = ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2))
NORMAL = PAIRS[:3]
DECIDING = 2 * len(PAIRS) + len(NORMAL) + 1
# H, and conventional times 1/λ of the slowest mode after which its start is forgotten.
STEPS, FORGOTTEN = 8, 5.0

Pairs = tuple[tuple[int, int], ...]
OfPair = Callable[[float, float, float], Any]


@dataclass(frozen=True)
class RoundKnobs:
    """Local SGD on a quadratic with correlated noise; B = 1 is a unit."""

    workers: int = knob(4, "M", "workers", low=3, high=6)
    round_time: float = knob(0.8, "α", "conventional time of a round, ηH", low=0.6, high=1.0)


@dataclass(frozen=True)
class RoundCase:
    """The quadratic, Local SGD on it, and where its noise comes from."""

    knobs: RoundKnobs
    landscape: Landscape
    stream: Stream

    @property
    def lr(self) -> float:
        """η."""
        return self.knobs.round_time / STEPS

    @property
    def spec(self) -> RunSpec:
        """Return one replica, from 0 until its start is forgotten."""
        workers = self.knobs.workers
        method = local_sgd(self.lr, STEPS, 1.0 / workers, workers=workers)
        rounds = int(np.ceil(FORGOTTEN / self.knobs.round_time))
        return RunSpec(self.landscape, method, rounds, RecordAt.last(), (0.0,) * 3, 1, self.stream)

    def of_pairs(self, formula: OfPair, pairs: Pairs = PAIRS) -> Float[np.ndarray, " pair"]:
        """Return a formula of (Σ_ij, λ_i, λ_j) for every pair."""
        return np.array([float(formula(SIGMA[i][j], CURVATURES[i], CURVATURES[j])) for i, j in pairs])


def setup(knobs: RoundKnobs, stream: Stream) -> RoundCase:
    """Return the case of the knobs."""
    return RoundCase(knobs, quadratic(CURVATURES, SIGMA, law=TwoPoint()).landscape, stream)


def needs(case: RoundCase, budget: Budget) -> tuple[RunSpec, ...]:
    """Many replicas at the end of a round."""
    return (replace(case.spec, replicas=budget.pick(smoke=800, quick=40_000, paper=400_000)),)


def observe(case: RoundCase, traces: Traces) -> Observation:
    """Go one more round, step by step."""
    (trace,) = traces
    local = within_round(case.landscape, case.spec.method, trace, case.stream, range(STEPS + 1))
    apart = disagreement_matrix(local)
    own = np.einsum("krmi,krmj->krij", local, local) / case.knobs.workers
    loss = 0.5 * np.einsum("i,krii->kr", CURVATURES, own)[:-1].mean(axis=0)
    quantities = {
        END: _of_pairs(apart[-1], PAIRS),
        AVERAGE: _of_pairs(apart[:-1].mean(axis=0), PAIRS),
        WORKER: _of_pairs(own[-1], NORMAL),
        LOSS: mean_of(loss, DECIDING),
    }
    times = case.lr * np.arange(STEPS + 1)
    shown = (((0, 0), "C₁₁", "local_sgd"), ((0, 2), "C₁₃, normal with flat", "local_sgd:H=1000"))
    curves = tuple(mean_curve(times, apart[..., i, j].T, label, m, DECIDING) for (i, j), label, m in shown)
    return Observation(quantities, curves)


def _of_pairs(matrices: Float[np.ndarray, "replica dim dim"], pairs: Pairs) -> Measured:
    means = [mean_of(matrices[:, i, j], DECIDING) for i, j in pairs]
    return Measured(np.array([m.value for m in means]), np.array([m.error for m in means]))


def predict(case: RoundCase) -> Prediction:
    """The formulas at finite η, each within what finite steps change at first order, 1/(1 − ηλ/2) − 1."""
    first_order = 1.0 / (1.0 - 0.5 * case.lr * max(CURVATURES)) - 1.0
    quantities = {
        name: Predicted(value, first_order * np.abs(value), reason="terms of first order in ηλ")
        for name, value in moments(case).items()
    }
    k = np.arange(STEPS + 1)
    lines = [
        Curve(case.lr * k, _disagreement(case, k, i, j), "at finite η", "theory") for i, j in ((0, 0), (0, 2))
    ]
    wrong = case.knobs.workers / (case.knobs.workers - 1.0)
    lines.append(Curve(case.lr * k, wrong * _disagreement(case, k, 0, 0), "M for M − 1", "falsifier"))
    return Prediction(quantities, tuple(lines))


def _disagreement(case: RoundCase, k: np.ndarray, i: int, j: int) -> np.ndarray:
    inner = disagreement(SIGMA[i][j], case.lr, 1.0, case.knobs.workers, CURVATURES[i], CURVATURES[j], k[1:])
    return np.append(0.0, inner)


def moments(case: RoundCase) -> dict[str, Float[np.ndarray, "..."]]:
    """Return the moments at finite η."""
    lr, workers = case.lr, case.knobs.workers
    averaged = case.of_pairs(lambda s, a, b: round_disagreement(s, lr, 1.0, workers, a, b, STEPS))
    mean = case.of_pairs(lambda s, a, b: mean_covariance(s, lr, 1.0, a, b), NORMAL)
    diagonal = [mean[0] + averaged[0], mean[2] + averaged[2]]
    return {
        END: case.of_pairs(lambda s, a, b: disagreement(s, lr, 1.0, workers, a, b, STEPS)),
        AVERAGE: averaged,
        WORKER: case.of_pairs(lambda s, a, b: worker_covariance(s, lr, 1.0, workers, a, b, STEPS), NORMAL),
        LOSS: np.asarray(0.5 * np.dot(CURVATURES[:2], diagonal)),
    }


def all_workers(case: RoundCase) -> Prediction:
    """M for M − 1."""
    exact, factor = moments(case), case.knobs.workers / (case.knobs.workers - 1.0)
    return Prediction({name: Predicted(factor * exact[name]) for name in (END, AVERAGE)})


def end_for_average(case: RoundCase) -> Prediction:
    """The disagreement at the end of a round for its average."""
    return Prediction({AVERAGE: Predicted(moments(case)[END])})


def half_rate(case: RoundCase) -> Prediction:
    """ψ(αλ) for ψ(2αλ) in the excess loss."""
    lr, workers, alpha = case.lr, case.knobs.workers, case.knobs.round_time
    loss = sum(round_excess_loss(SIGMA[i][i], lr, 1.0, workers, CURVATURES[i], alpha / 2.0) for i in (0, 1))
    return Prediction({LOSS: Predicted(np.asarray(loss))})


PROOF = r"""On a quadratic, in the eigenbasis, a worker has $\theta_{m,i}'=(1-\eta\lambda_i)\theta_{m,i}-\eta
z_{m,i}$ with independent $z_m$ of covariance $M\Sigma/B$. The mean has noise $\Sigma/B$ whatever $H$ is, as
averaging is linear: its stationary covariance solves $V_{ij}=q_{ij}V_{ij}+\eta^2\Sigma_{ij}/B$,
$q_{ij}=(1-\eta\lambda_i)(1-\eta\lambda_j)$, so
$V_{ij}=\eta\Sigma_{ij}/(B(\lambda_i+\lambda_j-\eta\lambda_i\lambda_j))$. The deviations $\theta_m-\bar\theta$ start
a round at 0 and have noise of covariance $(1-\frac1M)M\Sigma/B=(M-1)\Sigma/B$: after $k$ steps
$C_{ij}=(M-1)\frac{\eta^2 \Sigma_{ij}}B\sum_{s<k}q_{ij}^s=(M-1)V_{ij}(1-q_{ij}^k)$, for a flat $j$ with
$q=1-\eta\lambda_i$. They are independent of the mean, so one worker has the covariance $V+C$. The average of $1-q^k$
over $k=0\dots H-1$ is $\psi_d(q,H)=1-\frac{1-q^H} {H(1-q)}$, and the excess loss
$\frac12\sum_i\lambda_i(V_{ii}+C_{ii})$. As $\eta\to0$ at fixed $\alpha$, $1-q^{H}\to1-e^{
-\alpha(\lambda_i+\lambda_j)}$, $\psi_d\to\psi(\alpha(\lambda_i+\lambda_j))$, and the loss is
$\frac\eta{4B}\sum_i\Sigma_{ii} [1+(M-1)\psi(2\alpha\lambda_i)]$."""

CLAIM = Claim(
    key="derived/inside-round",
    title="Between averagings workers part by (M − 1)V(1 − q^k); averaged over the round this is the ψ of the slow SDE",
    statement=(
        r"On a quadratic, $k$ local steps after an averaging, the workers' covariance about their mean is "
        r"$C_{ij}=(M-1)V_{ij}(1-q_{ij}^k)$, $q_{ij}=(1-\eta\lambda_i)(1-\eta\lambda_j)$, "
        r"$V_{ij}=\eta\Sigma_{ij}/(B(\lambda_i+\lambda_j-\eta\lambda_i\lambda_j))$, and one worker has the "
        r"covariance $V+C$. Averaged over the round $C$ is $(M-1)V\psi_d$, to leading order "
        r"$\eta\frac{M-1}B\hat\Psi$, and the excess loss of a worker is "
        r"$\frac\eta{4B}\sum_i\Sigma_{ii}[1+(M-1)\psi(2\alpha\lambda_i)]$: the weights of the drift. A normal mode "
        r"with a flat one has $\lambda_j=0$."
    ),
    hypotheses=("quadratic loss, constant noise, independent over workers", "the start is forgotten"),
    reference=Reference("derived", "moments inside a round"),
    source="derived",
    proof=PROOF,
    knobs=RoundKnobs(),
    setup=setup,
    needs=needs,
    observe=observe,
    predict=predict,
    judge=statistical,
    falsifiers=(
        Falsifier("M for M − 1", "the mean moves with the workers: one degree of freedom less", all_workers),
        Falsifier(
            "the end of the round for its average", "it is what a synchronisation sees", end_for_average
        ),
        Falsifier("ψ(αλ) for ψ(2αλ)", "the rate of y for the rate of y²", half_rate),
    ),
    see=("derived/slow-sde-special-functions", "derived/drift-from-disagreement"),
    axes=("conventional time since the averaging, ηk", "disagreement", "linear", "linear"),
)
